// Client of imaged, a local image service for Alibaba Cloud ECS.
import type { Event, OperationTypes, Operations, WatchRequest } from './types.js';

export * from './types.js';

declare global {
  // As @types/node and TypeScript's own `esnext.disposable` declare it.
  interface SymbolConstructor {
    readonly asyncDispose: unique symbol;
  }
}

export interface ConnectOptions {
  /**
   * The path of the daemon's socket. Without it: `$IMAGED_SOCKET` alone if that is set; else the
   * first that listens of `$XDG_RUNTIME_DIR/imaged/imaged.sock`, `/run/imaged/imaged.sock` and
   * `imaged.sock` in the daemon's default data directory.
   */
  socket?: string | undefined;
  /** What calls act in; without it `default`. */
  account?: string | undefined;
  /** In a daemon with `--fixture`: the RAM user that the account's owner acts as. */
  ramUser?: string | undefined;
  /** Of each call that does not say, in milliseconds; 60,000 without it. */
  timeoutMs?: number | undefined;
  /**
   * How much longer than the daemon's deadline, in milliseconds, the client waits for the answer to
   * what was done in time; 2,000 without it.
   */
  graceMs?: number | undefined;
}

export interface CallOptions {
  /**
   * The deadline in milliseconds: what the daemon has not begun by then it refuses with
   * DEADLINE_EXCEEDED, and nothing has happened. Infinity: none; 0 or less: it is over already.
   */
  timeoutMs?: number | undefined;
  /**
   * When the client stops waiting, in milliseconds, whatever the deadline: OutcomeUnknownError.
   * Without it `graceMs` after the deadline.
   */
  giveUpMs?: number | undefined;
  /**
   * Asks the daemon to end the call. AbortError comes when it has; a call that was done all the
   * same gives its result.
   */
  signal?: AbortSignal | undefined;
  /** An error also lists the `further` ones that the same request would have met. */
  explain?: boolean | undefined;
  /** Instead of the client's. */
  account?: string | undefined;
  /** Instead of the client's. */
  ramUser?: string | undefined;
}

/**
 * Connects to the daemon.
 *
 * @throws {NoDaemonError} It names the places that were tried.
 */
export function connect(options?: ConnectOptions): Promise<Client>;

/**
 * A connection to the daemon, for any number of calls at once. Its methods are the operations. A
 * lost connection is made anew by the next call. It keeps the process alive only while a call or a
 * watch is under way.
 *
 * A call is refused ({@link ECSError}, {@link StatusError}), ended by its signal
 * ({@link AbortError}), never sent ({@link NotSentError}, {@link NoDaemonError}): in each case
 * nothing has happened; or its outcome is unknown ({@link OutcomeUnknownError}). Wrong arguments
 * are a TypeError or RangeError that names the field.
 */
export class Client {
  private constructor();
  /** The socket that this client is connected to. */
  readonly socketPath: string;
  /** Calls an operation by its name on the wire: `call('CreateImage', ...)` is `createImage`. */
  call<Name extends Exclude<keyof OperationTypes, 'Watch'>>(
    name: Name, request?: OperationTypes[Name]['request'], options?: CallOptions,
  ): Promise<OperationTypes[Name]['response']>;
  /**
   * Watches the changes of the account's resources: `for await (const event of client.watch())`.
   * It begins at once, so what is called afterwards is seen. It ends when the loop is left, with an
   * error, or with `signal`; without `timeoutMs` it has no deadline.
   */
  watch(request?: WatchRequest, options?: CallOptions): Watch;
  /** Ends the connection. The outcome of calls still under way is unknown. */
  close(): Promise<void>;
  /** The same as `close`, for `await using`. */
  [Symbol.asyncDispose](): Promise<void>;
}
export interface Client extends Operations {}

/** The changes of an account, event by event. */
export interface Watch extends AsyncIterableIterator<Event> {
  /**
   * `afterSequence` of another watch that goes on behind the events that you have taken. Undefined
   * until the daemon has said something.
   */
  readonly sequence: bigint | undefined;
  next(): Promise<IteratorResult<Event, undefined>>;
  /** Leaves the stream, and waits until it has ended at the daemon too. */
  return(): Promise<IteratorResult<Event, undefined>>;
  [Symbol.asyncIterator](): Watch;
  /** The same as `return`, for `await using`. */
  [Symbol.asyncDispose](): Promise<void>;
}

/** What every error of this client is, but for a TypeError or RangeError of wrong arguments. */
export class ImagedError extends Error {
  readonly name: string;
}

/** A refusal in ECS's terms. It is definite: nothing has happened. Decide by `code`. */
export class ECSError extends ImagedError {
  /** ECS's code, `QuotaExceed.Image`. There are more than anyone knows. */
  readonly code: string;
  /** The HTTP status that ECS gives this error: 400, 403, 404, 500, 503. */
  readonly httpStatus: number;
  /** The parameter at fault as ECS spells it (`DiskDeviceMapping.2.Size`), or empty. */
  readonly parameter: string;
  /** What would be right, or how to go on; for people, and it may change. May be empty. */
  readonly hint: string;
  readonly requestId: string;
  /** The code of google.rpc.Status. */
  readonly status: number;
  /** With `explain`: the other errors that the same request would have met. */
  readonly further: readonly ECSError[];
}

/** A status that is no ECS error. It is definite: with DEADLINE_EXCEEDED, too, nothing happened. */
export class StatusError extends ImagedError {
  /** One of {@link Status}, or a later one. */
  readonly status: number;
  /** Empty if the daemon could not read the request. */
  readonly requestId: string;
}

/**
 * Whether the request was carried out is not known: there is no answer to it. The same request with
 * the same `clientToken` gives the same result, or does it now; without a token, describe and see.
 */
export class OutcomeUnknownError extends ImagedError {
  readonly reason: string;
}

/** The request never left this process, so nothing has happened. */
export class NotSentError extends ImagedError {
  readonly reason: string;
}

/** There is no daemon where one was looked for. Nothing was sent. */
export class NoDaemonError extends NotSentError {
  /** In the order of the search; `code` is connect's, `ENOENT`. */
  readonly tried: readonly { path: string; code: string; reason: string }[];
}

/**
 * The call's AbortSignal ended it, and the daemon says so, or never got the request: nothing has
 * happened. `cause` is the signal's reason.
 */
export class AbortError extends ImagedError {
  readonly code: 'ABORT_ERR';
  readonly status: number;
  readonly cause: unknown;
  readonly requestId: string;
}

/** Codes of google.rpc.Status that this service uses. There may be more. */
export const Status: {
  readonly CANCELLED: 1;
  readonly INVALID_ARGUMENT: 3;
  readonly DEADLINE_EXCEEDED: 4;
  readonly NOT_FOUND: 5;
  readonly PERMISSION_DENIED: 7;
  readonly RESOURCE_EXHAUSTED: 8;
  readonly FAILED_PRECONDITION: 9;
  readonly OUT_OF_RANGE: 11;
  readonly UNIMPLEMENTED: 12;
  readonly INTERNAL: 13;
  readonly UNAVAILABLE: 14;
};

/** What is known of an operation. */
export interface Operation {
  /** As the wire and ECS spell it, `CreateImage`. */
  readonly name: keyof OperationTypes;
  /** The client's method, `createImage`. */
  readonly method: keyof Client & string;
  /** `imaged.v1.ECS`, `imaged.v1.Daemon`, `imaged.v1.Fixture`. */
  readonly service: string;
  /** When it is sent again after a lost answer: always, with a client token, never. */
  readonly again: 'reads' | 'token' | '';
  readonly isStreaming: boolean;
}

/** All operations, in the order of the protocol. */
export const operations: readonly Operation[];
