// One call, over as many connections as it takes.
import { onAbort } from './abort.js';
import { after, timeoutNano } from './clock.js';
import { DecodeError, decode } from './codec.js';
import { ConnectionLost } from './connection.js';
import {
  AbortError, ECSError, NoDaemonError, NotSentError, OutcomeUnknownError, Status, StatusError,
} from './errors.js';

/** How often a request that never left is tried on a new connection. */
const UNSENT_TRIES = 3;

/**
 * How a call is made.
 *
 * @typedef {object} Settings
 * @property {{key: string, value: string}[]} metadata
 * @property {number} timeoutMs - The deadline at the daemon; Infinity: none.
 * @property {number} giveUpMs - By the client's own clock; Infinity: never.
 * @property {AbortSignal} [signal]
 */

/** A call under way. */
export class Call {
  #link;
  #operation;
  #payload;
  #settings;
  #mayRepeat;
  #resolve;
  #reject;

  #deadline;
  #connection = null;
  #stream = null;
  #isDone = false;
  #isAborted = false;
  /** Whether any byte of it may have reached the daemon, over a connection that was lost. */
  #wasSent = false;
  #tries = 0;
  #stopClock = () => {};
  #stopListening = () => {};

  /**
   * Makes a call.
   *
   * @param {import('./link.js').Link} link
   * @param {import('./operations.js').Operation} operation
   * @param {Uint8Array} payload
   * @param {boolean} mayRepeat - Whether it may be sent once more when its answer was lost.
   * @param {Settings} settings
   * @returns {Promise<object>} The decoded response.
   */
  static make(link, operation, payload, mayRepeat, settings) {
    return new Promise((resolve, reject) => {
      const call = new Call(link, operation, payload, mayRepeat, settings, resolve, reject);
      call.#start();
    });
  }

  constructor(link, operation, payload, mayRepeat, settings, resolve, reject) {
    this.#link = link;
    this.#operation = operation;
    this.#payload = payload;
    this.#mayRepeat = mayRepeat;
    this.#settings = settings;
    this.#resolve = resolve;
    this.#reject = reject;
    this.#deadline = performance.now() + settings.timeoutMs;
  }

  #start() {
    const { signal, giveUpMs } = this.#settings;
    if (signal?.aborted) {
      this.#finish(new AbortError(signal.reason));
      return;
    }
    this.#stopListening = onAbort(signal, () => this.#abort());
    this.#stopClock = after(giveUpMs, () => this.#giveUp());
    this.#attempt();
  }

  #attempt() {
    this.#tries++;
    const connection = this.#link.usable();
    if (connection) {
      this.#begin(connection);
      return;
    }
    this.#link.open().then((fresh) => this.#begin(fresh), (error) => this.#unreachable(error));
  }

  #begin(connection) {
    if (this.#isDone) return;
    const { timeoutMs, metadata } = this.#settings;
    const ms = this.#tries > 1 ? this.#deadline - performance.now() : timeoutMs;
    const receiver = { end: (error, payload) => this.#ended(error, payload) };
    try {
      const request = { payload: this.#payload, timeoutNano: timeoutNano(ms), metadata };
      this.#stream = connection.begin(this.#operation, request, receiver);
      this.#connection = connection;
    } catch (error) {
      this.#ended(error);
    }
  }

  #unreachable(error) {
    if (this.#isDone) return;
    if (this.#wasSent) this.#finish(lost('no new connection', error));
    // Each call has an error of its own: many may wait for one connection.
    else if (error instanceof NoDaemonError) this.#finish(new NoDaemonError(error.tried));
    else if (error instanceof NotSentError) this.#finish(new NotSentError(error.reason));
    else this.#finish(error);
  }

  /** The stream has ended, or never began. */
  #ended(error, payload) {
    this.#stream = null;
    if (error === null) {
      this.#succeed(payload);
    } else if (error instanceof ConnectionLost) {
      this.#lost(error);
    } else if (this.#wasSent && this.#operation.again !== 'reads' && leavesOpen(error)) {
      const reason = `the answer was lost, and the repeated request refused: ${error.message}`;
      this.#finish(new OutcomeUnknownError(reason, { cause: error }));
    } else if (this.#isAborted && error.status === Status.CANCELLED) {
      this.#finish(new AbortError(this.#settings.signal.reason, error.requestId));
    } else {
      this.#finish(error);
    }
  }

  #succeed(payload) {
    let response;
    try {
      response = decode(this.#operation.response, payload);
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      const reason = `the answer is no ${this.#operation.response.name}: ${error.message}`;
      this.#finish(new OutcomeUnknownError(reason, { cause: error }));
      return;
    }
    this.#finish(null, response);
  }

  #lost({ message: reason, wasSent }) {
    if (!wasSent) {
      if (this.#tries < UNSENT_TRIES && !this.#link.isClosed && !this.#isAborted) this.#attempt();
      else this.#finish(this.#wasSent ? lost(reason) : new NotSentError(reason));
      return;
    }
    const isFirst = !this.#wasSent;
    this.#wasSent = true;
    if (isFirst && this.#mayRepeat && !this.#link.isClosed && !this.#isAborted) this.#attempt();
    else this.#finish(lost(reason));
  }

  #abort() {
    const { signal } = this.#settings;
    this.#isAborted = true;
    const isGone = this.#stream === null || this.#connection.cancel(this.#stream);
    if (!isGone) return;
    if (this.#wasSent) this.#finish(lost('aborted while connecting anew'));
    else this.#finish(new AbortError(signal.reason));
  }

  #giveUp() {
    const isGone = this.#stream === null || this.#connection.abandon(this.#stream);
    const ms = this.#settings.giveUpMs;
    if (isGone && !this.#wasSent) {
      this.#finish(new NotSentError(`the daemon took no request within ${ms} ms`));
    } else {
      this.#finish(new OutcomeUnknownError(`no answer within ${ms} ms`));
    }
  }

  #finish(error, response) {
    if (this.#isDone) return;
    this.#isDone = true;
    this.#stopClock();
    this.#stopListening();
    if (error) this.#reject(error);
    else this.#resolve(response);
  }
}

function lost(reason, cause) {
  const options = cause ? { cause } : undefined;
  return new OutcomeUnknownError(`the connection was lost before the answer: ${reason}`, options);
}

/** What is answered, without a code of ECS, before anyone looks at the token. */
const OPEN_STATUSES = new Set([
  Status.CANCELLED, Status.DEADLINE_EXCEEDED, Status.RESOURCE_EXHAUSTED, Status.UNAVAILABLE,
]);
/** The same with a code, or while the first sending is under way. */
const OPEN_CODES = new Set([
  'IdempotentProcessing', 'LastTokenProcessing', 'Throttling', 'Throttling.User',
  'Rejected.Throttling',
]);

/**
 * Whether a request with a client token that was sent again may have been carried out the first
 * time, although it is refused now. Its token would be known then, and the answer the same: but for
 * errors that come before anyone looks, or while the first is still under way.
 */
function leavesOpen(error) {
  if (error instanceof ECSError) return error.httpStatus >= 500 || OPEN_CODES.has(error.code);
  if (error instanceof StatusError) return OPEN_STATUSES.has(error.status);
  return true; // Not the daemon's word on this request.
}
