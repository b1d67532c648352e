// For tests: a daemon of their own, and an account of its own for each test.
import { spawn } from 'node:child_process';
import {
  closeSync, existsSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { connect } from './client.js';

const STOP_MS = 10_000;

/**
 * Ends the daemon when whoever started it is gone, however that ended: its standard input is a pipe
 * whose other end closes with the process, and with SIGKILL too. Signals of the terminal, which
 * reach all of a process group, do not end it before.
 */
const WATCHDOG = 'trap "" INT TERM HUP QUIT; cat >/dev/null; kill -KILL "$1"; rm -rf "$2"';

/** The daemons that were not stopped, for the end of this process. @type {Set<Daemon>} */
const running = new Set();

process.on('exit', () => {
  for (const daemon of running) daemon.end();
});

/**
 * Starts a daemon: `--ephemeral --fixture`, with its socket in a directory of its own.
 *
 * It does not keep this process alive, and is gone when this process is, however it ends.
 *
 * @param {object} [options]
 * @param {string} [options.imaged] - The program; without it `$IMAGED`, else `imaged` in PATH.
 * @param {string} [options.dataDir] - Where it keeps its data; without it nothing is kept.
 * @param {string[]} [options.args] - Further arguments.
 * @returns {Promise<Daemon>} It answers.
 * @throws {Error} It did not start; the message has what it said.
 */
export async function startDaemon({ imaged, dataDir, args = [] } = {}) {
  const program = imaged ?? (process.env.IMAGED || 'imaged');
  const keeping = dataDir === undefined ? ['--ephemeral'] : ['--data-dir', dataDir];
  const daemon = new Daemon(program, ['--fixture', ...keeping, ...args]);
  await daemon.start();
  return daemon;
}

/** A daemon that this process started. */
class Daemon {
  #program;
  #args;
  #directory = mkdtempSync(join(tmpdir(), 'imaged-'));
  /** Not after it has ended. */
  #hasDirectory = true;
  #logPath = join(this.#directory, 'log');
  #child = null;
  #watchdog = null;

  /** Its socket, the same after another start. */
  socketPath = join(this.#directory, 's');

  constructor(program, args) {
    this.#program = program;
    this.#args = ['--socket', this.socketPath, '--ready-fd', '3', ...args];
  }

  get #runs() {
    const child = this.#child;
    return child !== null && child.exitCode === null && child.signalCode === null;
  }

  /** Its process id; undefined: it does not run. */
  get pid() {
    return this.#child?.pid;
  }

  /**
   * Starts it, or, after `kill` or `stop`, starts it again.
   *
   * @throws {Error} It runs, which this does not change, or it did not start.
   */
  async start() {
    if (this.#runs) throw new Error('the daemon runs already: stop or kill it first');
    // One that ended by itself has its watchdog still.
    this.#dismiss();
    if (!this.#hasDirectory) mkdirSync(this.#directory, { mode: 0o700 });
    this.#hasDirectory = true;
    running.add(this);
    const before = this.log().length;
    const log = openSync(this.#logPath, 'a');
    this.#child = spawn(this.#program, this.#args, { stdio: ['ignore', 'ignore', log, 'pipe'] });
    closeSync(log);
    try {
      if (this.#child.pid !== undefined) this.#watch();
      await readiness(this.#child, this.#program);
      this.#child.unref();
    } catch (error) {
      const said = this.log().slice(before).trim();
      this.end();
      throw said ? new Error(`${error.message}: ${said}`) : error;
    }
  }

  #watch() {
    const args = ['-c', WATCHDOG, 'sh', `${this.#child.pid}`, this.#directory];
    this.#watchdog = spawn('/bin/sh', args, { stdio: ['pipe', 'ignore', 'ignore'] });
    this.#watchdog.unref();
    this.#watchdog.stdin.unref();
  }

  /** What it has written to standard error: a line for each change. */
  log() {
    return existsSync(this.#logPath) ? readFileSync(this.#logPath, 'utf8') : '';
  }

  /** A client of it; `options` as for the package's `connect`. */
  connect(options = {}) {
    return connect({ ...options, socket: this.socketPath });
  }

  /** Ends it with SIGKILL, as a crash would. `start` starts it again. */
  async kill() {
    await this.#signal('SIGKILL');
  }

  /**
   * Ends it with SIGTERM, after 10 seconds with SIGKILL, and removes its directory. `start` starts
   * it again.
   */
  async stop() {
    const timer = setTimeout(() => this.#child?.kill('SIGKILL'), STOP_MS);
    await this.#signal('SIGTERM');
    clearTimeout(timer);
    this.end();
  }

  async #signal(signal) {
    if (!this.#runs) return;
    const child = this.#child;
    // The watchdog goes first: the process id means nothing any more when the daemon is gone.
    this.#dismiss();
    child.ref();
    const exited = new Promise((resolve) => { child.once('exit', resolve); });
    child.kill(signal);
    await exited;
    this.#child = null;
  }

  #dismiss() {
    this.#watchdog?.kill('SIGKILL');
    this.#watchdog?.stdin.destroy();
    this.#watchdog = null;
  }

  /** Ends it at once, without waiting, and removes its directory. */
  end() {
    running.delete(this);
    this.#dismiss();
    this.#child?.kill('SIGKILL');
    this.#child = null;
    rmSync(this.#directory, { recursive: true, force: true });
    this.#hasDirectory = false;
  }
}

/** Resolves when the daemon has written to its descriptor 3; rejects when it ends before. */
async function readiness(child, program) {
  const pipe = child.stdio[3];
  await new Promise((resolve, reject) => {
    pipe.once('data', resolve);
    child.once('error', (error) => {
      reject(new Error(`${program} cannot be started (${error.code}): name it with IMAGED`));
    });
    child.once('exit', (status, signal) => {
      reject(new Error(`${program} ended with ${signal ?? status} instead of serving`));
    });
  });
  pipe.destroy();
}

/** The daemon that all worlds of this process share. @type {Promise<Daemon>|undefined} */
let shared;

/**
 * An account of its own, in a daemon that the tests of this process share.
 *
 *     test('bakes an image', async (t) => {
 *       const world = await imagedWorld(t);
 *       const { instanceId } = await world.registerInstance();
 *       ...
 *     });
 *
 * @param {{after(fn: () => Promise<void>): void}} [t] - The test: the account goes with its end.
 *   Without it, call `close`.
 * @param {object} [options]
 * @param {Daemon} [options.daemon] - One that `startDaemon` gave, instead of the shared one.
 * @returns {Promise<World>}
 */
export async function imagedWorld(t, { daemon } = {}) {
  const own = daemon ?? await (shared ??= startDaemon());
  const owner = await own.connect();
  const { accountId } = await owner.createAccount();
  const client = await own.connect({ account: accountId });
  const world = new World(own, owner, client, accountId);
  t?.after(() => world.close());
  return world;
}

/** An account for a test, empty when it begins. */
class World {
  #owner;
  #clients;

  /** A region that is there. */
  regionId = 'cn-hangzhou';

  constructor(daemon, owner, client, account) {
    this.#owner = owner;
    this.#clients = [client];
    this.daemon = daemon;
    /** A client that acts in the account. */
    this.client = client;
    this.account = account;
  }

  /** Another client that acts in the account; `options` as for the package's `connect`. */
  async connect(options = {}) {
    const client = await this.daemon.connect({ account: this.account, ...options });
    this.#clients.push(client);
    return client;
  }

  /**
   * Registers an instance with a simulated system disk of 40 GiB, Stopped.
   *
   * @param {object} [request] - What else is asked of RegisterInstance, or otherwise.
   * @returns {Promise<{instanceId: string, diskIds: string[]}>}
   */
  registerInstance(request = {}) {
    return this.client.registerInstance({
      regionId: this.regionId, disk: [{ size: 40 }], ...request,
    });
  }

  /** Drops the account with all that it holds, and closes its clients. */
  async close() {
    for (const client of this.#clients) await client.close();
    try {
      await this.#owner.dropAccount({ accountId: this.account });
    } catch {
      // The daemon is gone, and the account with it.
    }
    await this.#owner.close();
  }
}

if (Symbol.asyncDispose) {
  for (const [type, end] of [[Daemon, 'stop'], [World, 'close']]) {
    Object.defineProperty(type.prototype, Symbol.asyncDispose, {
      value: async function dispose() { await this[end](); },
    });
  }
}
