// For tests: a daemon of their own, and an account of its own for each test.
import type {
  Client, ConnectOptions, RegisterInstanceRequest, RegisterInstanceResponse,
} from './index.js';

export interface DaemonOptions {
  /** The program; without it `$IMAGED`, else `imaged` in PATH. */
  imaged?: string | undefined;
  /** Where it keeps its data; without it nothing is kept (`--ephemeral`). */
  dataDir?: string | undefined;
  /** Further arguments. */
  args?: readonly string[] | undefined;
}

/**
 * Starts a daemon with `--fixture`, in a directory of its own. It does not keep this process alive,
 * and is gone when this process is, however it ends.
 */
export function startDaemon(options?: DaemonOptions): Promise<Daemon>;

/** A daemon that this process started. */
export interface Daemon {
  /** Its socket, the same after another start. */
  readonly socketPath: string;
  /** Its process id; undefined: it does not run. */
  readonly pid: number | undefined;
  /** What it has written to standard error: a line for each change. */
  log(): string;
  /** A client of it. */
  connect(options?: Omit<ConnectOptions, 'socket'>): Promise<Client>;
  /** Ends it with SIGKILL, as a crash would. */
  kill(): Promise<void>;
  /**
   * Starts it again after `kill` or `stop`: with its `dataDir` where there is one, else empty. An
   * error if it runs.
   */
  start(): Promise<void>;
  /** Ends it with SIGTERM, and removes its directory. */
  stop(): Promise<void>;
  /** The same as `stop`, for `await using`. */
  [Symbol.asyncDispose](): Promise<void>;
}

/** What is used of node:test's test context. */
export interface TestContext {
  after(fn: () => Promise<void>): void;
}

export interface WorldOptions {
  /** One that `startDaemon` gave, instead of the one that all worlds of a process share. */
  daemon?: Daemon | undefined;
}

/**
 * An account of its own, in a daemon that the tests of this process share. It goes when the test
 * `t` ends; without `t`, call `close`.
 */
export function imagedWorld(t?: TestContext, options?: WorldOptions): Promise<World>;

/** An account for a test, empty when it begins. */
export interface World {
  readonly daemon: Daemon;
  readonly account: string;
  /** A client that acts in the account. */
  readonly client: Client;
  /** A region that is there. */
  readonly regionId: string;
  /** Another client that acts in the account. */
  connect(options?: Omit<ConnectOptions, 'socket'>): Promise<Client>;
  /** Registers an instance with a simulated system disk of 40 GiB, Stopped, or as asked. */
  registerInstance(request?: RegisterInstanceRequest): Promise<RegisterInstanceResponse>;
  /** Drops the account with all that it holds, and closes its clients. */
  close(): Promise<void>;
  /** The same as `close`, for `await using`. */
  [Symbol.asyncDispose](): Promise<void>;
}
