// One socket, the streams under way on it, and what is still to be sent.
import { createConnection } from 'node:net';
import { clearTimeout, setImmediate, setTimeout } from 'node:timers';
import { setTimeout as sleep } from 'node:timers/promises';
import { DecodeError, decode, encode } from './codec.js';
import { NotSentError, OutcomeUnknownError, errorOf } from './errors.js';
import { DATA_BYTES_MAX, Flag, FrameDecoder, FrameType, encodeFrame } from './frames.js';
import { messages } from './messages.js';
import { operationsByName } from './operations.js';
import { faultOf } from './places.js';

const REQUEST = messages.get('Request');
const RESPONSE = messages.get('Response');
const CANCEL = operationsByName.get('Cancel');

const STREAM_ID_MAX = 2 ** 32 - 1;
/** How many bytes may wait for a daemon that does not read. */
const UNSENT_BYTES_MAX = 16 << 20;
/** How many are handed to the socket at once; no more before it has passed them on. */
const BATCH_BYTES = 64 << 10;
/** A daemon to which many connect at once takes no more for a moment. */
const CONNECT_TRIES = 100;
const CONNECT_PAUSE_MS = 20;

/** How a stream ended without the daemon's word on it. */
export class ConnectionLost extends Error {
  /** @param {boolean} wasSent - Whether any byte of the request may have reached the daemon. */
  constructor(reason, wasSent) {
    super(reason);
    this.wasSent = wasSent;
  }
}

/** One call and its answers. */
class Stream {
  isCancelled = false;
  /** Runs while the daemon's answer to Cancel is awaited. */
  timer = undefined;

  /**
   * @param {number} id
   * @param {Buffer} frame
   * @param {Receiver} receiver
   */
  constructor(id, frame, receiver) {
    this.id = id;
    /** The request, until it is handed to the socket; then null. */
    this.frame = frame;
    this.receiver = receiver;
  }
}

/**
 * Who waits for what comes on a stream.
 *
 * @typedef {object} Receiver
 * @property {(message: Buffer) => void} [data] - Takes a data frame's message; with it the request
 *   is one for a stream of them.
 * @property {(error: Error|null, payload?: Uint8Array) => void} end - Called once: with a
 *   response's payload, with nothing at the end of a stream, or with why there is neither.
 */

/** A connection. It keeps the process alive only while a stream is under way. */
export class Connection {
  /** How long a cancelled call still waits for the daemon's word; only tests change it. */
  static cancelMs = 5_000;

  #socket;
  #decoder = new FrameDecoder();
  /** The streams under way by id, in the order of their ids. @type {Map<number, Stream>} */
  #streams = new Map();
  #nextId = 1;
  /** What was not handed to the socket yet; withdrawn ones have no frame any more. */
  #unsent = [];
  #unsentBytes = 0;
  #isFlushing = false;
  #isBlocked = false;
  #hasHeard = false;
  #failure = null;
  #closesWhenIdle = false;

  /**
   * Connects.
   *
   * @param {string} path
   * @throws {Error} With the `code` of connect(2).
   */
  static async open(path) {
    const fault = faultOf(path);
    if (fault) throw Object.assign(new Error(fault), { code: fault });
    for (let tries = 1; ; tries++) {
      try {
        return new Connection(await connected(path));
      } catch (error) {
        if (error.code !== 'EAGAIN' || tries === CONNECT_TRIES) throw error;
        await sleep(CONNECT_PAUSE_MS);
      }
    }
  }

  constructor(socket) {
    this.#socket = socket;
    socket.unref();
    socket.on('data', (chunk) => this.#receive(chunk));
    socket.on('drain', () => {
      this.#isBlocked = false;
      this.#flush();
    });
    socket.on('error', (error) => this.#fail(error.code ?? error.message));
    socket.on('end', () => this.#fail(this.#hasHeard
      ? 'the daemon closed it'
      : 'the daemon closed it unheard: perhaps this user has no account, or too many connections'));
    socket.on('close', () => this.#fail('it was closed'));
  }

  /**
   * Whether another call can begin here. An id is kept back for the Cancel of each call, so that
   * the last ones can be cancelled too.
   */
  get isUsable() {
    const idsLeft = (STREAM_ID_MAX - this.#nextId) / 2 + 1;
    return this.#failure === null && idsLeft >= this.#streams.size + 2;
  }

  /** Whether it has ended. */
  get isLost() {
    return this.#failure !== null;
  }

  /** For tests of where ids end: the next stream has this id, or the next possible one. */
  streamIdsFrom(id) {
    this.#nextId = Math.max(this.#nextId, (id | 1) >>> 0);
  }

  /**
   * Begins a call. It is sent in this turn of the event loop, with all others that are.
   *
   * @param {import('./operations.js').Operation} operation
   * @param {object} request - What goes into `Request` beside the operation's names.
   * @param {Receiver} receiver
   * @returns {Stream} For `cancel` and `abandon`.
   * @throws {ConnectionLost|NotSentError} Nothing was sent.
   */
  begin(operation, request, receiver) {
    if (this.#failure) throw new ConnectionLost(this.#failure, false);
    const { service, name: method } = operation;
    const data = encode(REQUEST, { service, method, ...request });
    if (data.length > DATA_BYTES_MAX) throw new NotSentError('the request has more than 4 MiB');
    const id = this.#nextId;
    const flags = receiver.data ? Flag.REMOTE_CLOSED : 0;
    const frame = encodeFrame(id, FrameType.REQUEST, flags, data);
    if (this.#unsentBytes + frame.length > UNSENT_BYTES_MAX) {
      throw new NotSentError('the daemon does not read, and 16 MiB wait for it already');
    }
    this.#nextId += 2;
    const stream = new Stream(id, frame, receiver);
    if (this.#streams.size === 0) this.#socket.ref();
    this.#streams.set(id, stream);
    this.#unsent.push(stream);
    this.#unsentBytes += frame.length;
    this.#scheduleFlush();
    return stream;
  }

  /**
   * Ends a stream at its caller's wish. If no byte of it was sent, it is gone, its receiver is not
   * called, and the answer is true. Else the daemon is asked to end it, and the receiver is told.
   */
  cancel(stream) {
    if (this.#streams.get(stream.id) !== stream || stream.isCancelled) return false;
    if (this.#withdraw(stream)) return true;
    stream.isCancelled = true;
    const ms = Connection.cancelMs;
    stream.timer = setTimeout(() => {
      this.#end(stream, new OutcomeUnknownError(`no answer to Cancel within ${ms} ms`));
    }, ms);
    const payload = encode(CANCEL.request, { streamId: stream.id });
    try {
      this.begin(CANCEL, { payload }, { end() {} });
    } catch {
      // It could not be sent: the timer ends the stream.
    }
    return false;
  }

  /** No longer waits for a stream's end; true: no byte of it was sent. */
  abandon(stream) {
    if (this.#withdraw(stream)) return true;
    this.#remove(stream);
    return false;
  }

  /** Ends the connection and what is open on it. */
  close() {
    this.#fail('the client was closed');
  }

  /** Closes as soon as the calls under way have ended. */
  closeWhenIdle() {
    this.#closesWhenIdle = true;
    if (this.#streams.size === 0) this.close();
  }

  // Sending

  /**
   * Sends after what the event loop has ready: so what it has read of the socket's end is known,
   * and all requests of one turn go with one call of the kernel.
   */
  #scheduleFlush() {
    if (this.#isFlushing || this.#isBlocked) return;
    this.#isFlushing = true;
    setImmediate(() => {
      this.#isFlushing = false;
      this.#flush();
    });
  }

  #flush() {
    let next = 0;
    while (!this.#isBlocked && !this.#failure && next < this.#unsent.length) {
      const batch = [];
      let bytes = 0;
      for (; next < this.#unsent.length && bytes < BATCH_BYTES; next++) {
        const stream = this.#unsent[next];
        if (stream.frame === null) continue;
        batch.push(stream.frame);
        bytes += stream.frame.length;
        stream.frame = null;
      }
      this.#unsentBytes -= bytes;
      if (bytes > 0) this.#isBlocked = !this.#socket.write(Buffer.concat(batch, bytes));
    }
    this.#unsent.splice(0, next);
  }

  #withdraw(stream) {
    if (stream.frame === null) return false;
    this.#unsentBytes -= stream.frame.length;
    stream.frame = null;
    this.#remove(stream);
    return true;
  }

  // Answers

  #receive(chunk) {
    this.#hasHeard = true;
    try {
      for (const frame of this.#decoder.push(chunk)) {
        // Whoever was told the end before may have closed the connection.
        if (this.#failure) return;
        this.#take(frame);
      }
    } catch (error) {
      if (!(error instanceof Violation) && !(error instanceof DecodeError)) throw error;
      this.#fail(`what came is not the protocol: ${error.message}`);
    }
  }

  #take({ found, streamId, type, flags, data }) {
    if (found === 'reserved') throw new Violation('a frame that does not begin with 0');
    if (found === 'too_long') throw new Violation('a frame of more than 4 MiB');
    if (streamId % 2 === 0 || streamId >= this.#nextId) {
      throw new Violation(`a frame on stream ${streamId}, which was never opened`);
    }
    // One that is not there was abandoned.
    const stream = this.#streams.get(streamId);
    if (type === FrameType.RESPONSE) this.#respond(stream, decode(RESPONSE, data));
    else if (type === FrameType.DATA) this.#takeData(stream, flags, data);
    else throw new Violation(`a frame of type ${type}`);
  }

  #respond(stream, response) {
    const isSuccess = response.status === undefined || response.status.code === 0;
    const error = isSuccess ? null : errorOf(response.status);
    if (stream) this.#end(stream, error, response.payload);
  }

  #takeData(stream, flags, data) {
    if (stream && !stream.receiver.data) {
      throw new Violation(`a data frame on the unary stream ${stream.id}`);
    }
    if (!stream) return;
    if (!(flags & Flag.NO_DATA) && !stream.isCancelled) stream.receiver.data(data);
    if (flags & Flag.REMOTE_CLOSED) this.#end(stream, null);
  }

  // Ends

  #end(stream, error, payload) {
    this.#remove(stream);
    stream.receiver.end(error, payload);
  }

  #remove(stream) {
    clearTimeout(stream.timer);
    if (!this.#streams.delete(stream.id) || this.#streams.size > 0) return;
    this.#socket.unref();
    if (this.#closesWhenIdle) this.close();
  }

  /** Ends every stream; those of which no byte was sent say so. */
  #fail(reason) {
    if (this.#failure) return;
    this.#failure = reason;
    this.#socket.destroy();
    const streams = [...this.#streams.values()];
    this.#streams.clear();
    this.#unsent = [];
    for (const stream of streams) {
      clearTimeout(stream.timer);
      stream.receiver.end(new ConnectionLost(reason, stream.frame === null));
    }
  }
}

/** What came breaks the protocol: the connection is of no use any more. */
class Violation extends Error {}

function connected(path) {
  return new Promise((resolve, reject) => {
    const socket = createConnection({ path });
    socket.once('error', reject);
    socket.once('connect', () => {
      socket.off('error', reject);
      resolve(socket);
    });
  });
}
