// The stream of Watch as an async iterator.
import { onAbort } from './abort.js';
import { after, timeoutNano } from './clock.js';
import { DecodeError, decode, encode } from './codec.js';
import { ConnectionLost } from './connection.js';
import { AbortError, OutcomeUnknownError, Status, withStack } from './errors.js';
import { operationsByName } from './operations.js';

const WATCH = operationsByName.get('Watch');

/** So many events wait for a slow reader; then the daemon is asked to keep the others. */
const BUFFERED_MAX = 4_096;
/** How often a request that never left is tried on a new connection. */
const UNSENT_TRIES = 3;

/**
 * The changes of an account, event by event.
 *
 * It begins when it is made, so what is called afterwards is seen. A reader that is slow does not
 * hold up the connection: the stream is left when too much waits, and begun again behind the last
 * event that came once the reader has caught up.
 */
export class Watch {
  #link;
  #request;
  #settings;
  /** Events not yet taken, from `#taken` on. */
  #events = [];
  #taken = 0;
  /** Whoever called `next` before there was an event. */
  #waiting = [];
  #sequence;

  #connection = null;
  #stream = null;
  /** The stream was left because the buffer was full. */
  #isPaused = false;
  #isDone = false;
  /** What the next `next` throws. */
  #error = null;
  #left = null;
  #tries = 0;
  #hasBegun = false;
  #deadline;
  #stopClock;
  #stopListening = () => {};

  /**
   * @param {import('./link.js').Link} link
   * @param {object} request - A `WatchRequest`.
   * @param {import('./call.js').Settings} settings
   * @throws {TypeError|RangeError} The request is none.
   */
  constructor(link, request, settings) {
    // It is encoded again when the stream is begun again; wrong ones are refused now.
    encode(WATCH.request, request, WATCH.method);
    this.#link = link;
    this.#request = { ...request };
    this.#settings = settings;
    this.#sequence = request.afterSequence;
    this.#deadline = performance.now() + settings.timeoutMs;
    const { signal, giveUpMs } = settings;
    this.#stopClock = after(giveUpMs, () => {
      this.#fail(new OutcomeUnknownError(`the daemon did not end the watch in ${giveUpMs} ms`));
    });
    const abort = () => this.#fail(new AbortError(signal.reason));
    if (signal?.aborted) {
      abort();
      return;
    }
    this.#stopListening = onAbort(signal, abort);
    this.#attempt();
  }

  /**
   * Where another watch would go on: the newest change that was looked at, but for events that are
   * here and were not taken.
   */
  get sequence() {
    if (this.#taken < this.#events.length) return this.#events[this.#taken].sequence - 1n;
    return this.#sequence === undefined ? undefined : BigInt(this.#sequence);
  }

  [Symbol.asyncIterator]() {
    return this;
  }

  /** The next event. Calls may overlap; they are answered in their order. */
  async next() {
    if (this.#taken < this.#events.length) {
      const value = this.#events[this.#taken++];
      if (this.#taken === this.#events.length) this.#caughtUp();
      return { value, done: false };
    }
    if (this.#error) {
      const error = this.#error;
      this.#error = null;
      throw withStack(error);
    }
    if (this.#isDone) return { value: undefined, done: true };
    try {
      return await new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }));
    } catch (error) {
      throw withStack(error);
    }
  }

  /** Leaves the stream, and waits until it has ended at the daemon too. */
  async return(value) {
    this.#finish();
    this.#drop();
    this.#error = null;
    await this.#leave();
    return { value, done: true };
  }

  // The stream

  #attempt() {
    this.#tries++;
    const connection = this.#link.usable();
    if (connection) {
      this.#begin(connection);
      return;
    }
    this.#link.open().then((fresh) => this.#begin(fresh), (error) => this.#fail(error));
  }

  #begin(connection) {
    if (this.#isDone) return;
    const { timeoutMs, metadata } = this.#settings;
    const ms = this.#hasBegun ? this.#deadline - performance.now() : timeoutMs;
    this.#hasBegun = true;
    const payload = encode(WATCH.request, { ...this.#request, afterSequence: this.#sequence });
    const receiver = {
      data: (message) => this.#take(message),
      end: (error) => this.#ended(error),
    };
    try {
      const request = { payload, timeoutNano: timeoutNano(ms), metadata };
      this.#stream = connection.begin(WATCH, request, receiver);
      this.#connection = connection;
    } catch (error) {
      this.#ended(error);
    }
  }

  #take(message) {
    if (this.#isDone || this.#isPaused) return;
    let answer;
    try {
      answer = decode(WATCH.response, message);
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      const reason = `the answer is no ${WATCH.response.name}: ${error.message}`;
      this.#fail(new OutcomeUnknownError(reason, { cause: error }));
      return;
    }
    this.#tries = 0;
    this.#sequence = answer.sequence;
    for (const event of answer.events) {
      if (this.#waiting.length > 0) this.#waiting.shift().resolve({ value: event, done: false });
      else this.#events.push(event);
    }
    if (this.#events.length - this.#taken >= BUFFERED_MAX) {
      this.#isPaused = true;
      if (this.#connection.cancel(this.#stream)) this.#stream = null;
    }
  }

  #caughtUp() {
    this.#events = [];
    this.#taken = 0;
    if (!this.#isPaused || this.#stream !== null || this.#isDone) return;
    this.#isPaused = false;
    // Another daemon may have begun to count anew.
    if (this.#connection.isLost) this.#ended(new ConnectionLost('while events waited', true));
    else this.#attempt();
  }

  #ended(error) {
    this.#stream = null;
    this.#left?.resolve();
    if (this.#isDone) return;
    if (this.#isPaused && error?.status === Status.CANCELLED) {
      if (this.#taken === this.#events.length) this.#caughtUp();
    } else if (error instanceof ConnectionLost && !error.wasSent && this.#tries < UNSENT_TRIES) {
      this.#attempt();
    } else if (error instanceof ConnectionLost) {
      this.#fail(new OutcomeUnknownError(`the connection was lost: ${error.message}`));
    } else if (error === null) {
      this.#finish();
    } else {
      this.#fail(error);
    }
  }

  /** Asks the daemon to end the stream; resolves when it has. */
  #leave() {
    if (this.#stream === null) return undefined;
    if (!this.#left) {
      this.#left = {};
      this.#left.promise = new Promise((resolve) => { this.#left.resolve = resolve; });
      if (this.#connection.cancel(this.#stream)) {
        this.#stream = null;
        this.#left.resolve();
      }
    }
    return this.#left.promise;
  }

  /** Ends the iteration with an error, behind the events that are there already. */
  #fail(error) {
    if (this.#isDone) return;
    const [first] = this.#waiting;
    if (first) {
      this.#waiting.shift();
      first.reject(error);
    } else {
      this.#error = error;
    }
    // An abort wants nothing more.
    if (error instanceof AbortError) this.#drop();
    this.#finish();
    this.#leave();
  }

  /** Forgets the events that nobody has taken. */
  #drop() {
    this.#sequence = this.sequence;
    this.#events = [];
    this.#taken = 0;
  }

  #finish() {
    this.#isDone = true;
    this.#stopClock();
    this.#stopListening();
    for (const { resolve } of this.#waiting.splice(0)) resolve({ value: undefined, done: true });
  }
}

if (Symbol.asyncDispose) {
  Object.defineProperty(Watch.prototype, Symbol.asyncDispose, {
    value: async function dispose() { await this.return(); },
  });
}
