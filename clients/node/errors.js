// Errors. What they mean for the request is their class: refused, not sent, or unknown.
import { decode } from './codec.js';
import { messages } from './messages.js';

/** Codes of google.rpc.Status that this service uses. There may be more. */
export const Status = Object.freeze({
  CANCELLED: 1,
  INVALID_ARGUMENT: 3,
  DEADLINE_EXCEEDED: 4,
  NOT_FOUND: 5,
  PERMISSION_DENIED: 7,
  RESOURCE_EXHAUSTED: 8,
  FAILED_PRECONDITION: 9,
  OUT_OF_RANGE: 11,
  UNIMPLEMENTED: 12,
  INTERNAL: 13,
  UNAVAILABLE: 14,
});

/** What every error of this client is, but for a TypeError or RangeError of wrong arguments. */
export class ImagedError extends Error {
  get name() { return 'ImagedError'; }
}

/** A refusal in ECS's terms. It is definite: nothing has happened. Decide by `code`. */
export class ECSError extends ImagedError {
  /**
   * @param {object} detail - A decoded `Error`.
   * @param {number} status
   * @param {ECSError[]} further
   */
  constructor(detail, status, further) {
    super(detail.message);
    /** ECS's code, `QuotaExceed.Image`. There are more than anyone knows. */
    this.code = detail.code;
    /** The HTTP status that ECS gives this error: 400, 403, 404, 500, 503. */
    this.httpStatus = detail.httpStatus;
    /** The parameter at fault as ECS spells it (`DiskDeviceMapping.2.Size`), or empty. */
    this.parameter = detail.parameter;
    /** What would be right, or how to go on; for people, and it may change. May be empty. */
    this.hint = detail.hint;
    this.requestId = detail.requestId;
    /** The code of google.rpc.Status. */
    this.status = status;
    /** With `explain`: the other errors that the same request would have met. */
    this.further = further;
  }

  get name() { return 'ECSError'; }

  /** "ECSError: QuotaExceed.Image: The Image Quota exceeds. (hint)" */
  toString() {
    const parameter = this.parameter ? ` [${this.parameter}]` : '';
    const hint = this.hint ? ` (${this.hint})` : '';
    return `${this.name}: ${this.code}: ${this.message}${parameter}${hint}`;
  }
}

/** A status that is no ECS error. It is definite: with DEADLINE_EXCEEDED, too, nothing happened. */
export class StatusError extends ImagedError {
  constructor(status, message, requestId) {
    super(message);
    /** One of `Status`, or a later one. */
    this.status = status;
    /** Empty if the daemon could not read the request. */
    this.requestId = requestId;
  }

  get name() { return 'StatusError'; }
}

/**
 * Whether the request was carried out is not known: there is no answer to it. The same request with
 * the same `clientToken` gives the same result, or does it now; without a token, describe and see.
 */
export class OutcomeUnknownError extends ImagedError {
  constructor(reason, options) {
    super(`outcome unknown: ${reason}`, options);
    this.reason = reason;
  }

  get name() { return 'OutcomeUnknownError'; }
}

/** The request never left this process, so nothing has happened. */
export class NotSentError extends ImagedError {
  constructor(reason, message = `not sent: ${reason}`) {
    super(message);
    this.reason = reason;
  }

  get name() { return 'NotSentError'; }
}

/** There is no daemon where one was looked for. Nothing was sent. */
export class NoDaemonError extends NotSentError {
  /** @param {{path: string, code: string, reason: string}[]} tried - In the order of the search. */
  constructor(tried) {
    const places = tried.map(({ path, reason }) => `${path} (${reason})`).join(', ');
    const reason = `no daemon at ${places}`;
    super(reason, reason);
    this.tried = tried;
  }

  get name() { return 'NoDaemonError'; }
}

/**
 * The call's AbortSignal ended it, and the daemon says so, or never got the request: nothing has
 * happened. As of Node's own functions, `name` is "AbortError", `code` "ABORT_ERR" and `cause` the
 * signal's reason.
 */
export class AbortError extends ImagedError {
  constructor(reason, requestId = '') {
    super('The call was aborted', { cause: reason });
    this.code = 'ABORT_ERR';
    this.status = Status.CANCELLED;
    this.requestId = requestId;
  }

  get name() { return 'AbortError'; }
}

/**
 * Gives an error of this client the stack of whoever calls this: errors are made where the socket
 * is read, and that says nothing of where the call came from.
 */
export function withStack(error) {
  if (error instanceof ImagedError) Error.captureStackTrace(error, withStack);
  return error;
}

const DETAIL = messages.get('Error');
const DETAIL_URL = 'type.googleapis.com/imaged.v1.Error';

/**
 * The error that a response's status stands for.
 *
 * @throws {import('./codec.js').DecodeError} A detail cannot be read.
 */
export function errorOf(status) {
  const details = status.details
    .filter(({ typeUrl }) => typeUrl === DETAIL_URL)
    .map(({ value }) => decode(DETAIL, value));
  const [first, ...others] = details;
  // A detail without a code only says which request it was.
  if (!first?.code) return new StatusError(status.code, status.message, first?.requestId ?? '');
  const further = others.map((detail) => new ECSError(detail, status.code, []));
  return new ECSError(first, status.code, further);
}
