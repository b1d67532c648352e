// The client: one method an operation, over one connection.
import { Call } from './call.js';
import { encode } from './codec.js';
import { withStack } from './errors.js';
import { Link } from './link.js';
import { operations, operationsByName } from './operations.js';
import { Watch } from './watch.js';

const TIMEOUT_MS = 60_000;
const GRACE_MS = 2_000;

/** What the options of `connect` and of a call must be. */
const IN_ALL = { account: 'string', ramUser: 'string', timeoutMs: 'number' };
const OF_CONNECT = { ...IN_ALL, socket: 'string', graceMs: 'number' };
const OF_CALL = { ...IN_ALL, giveUpMs: 'number', explain: 'boolean', signal: 'AbortSignal' };

/** Only `connect` makes clients. */
const FROM_CONNECT = Symbol('connect');

/** For tests of where stream ids end: the client's next stream has this id, if it can. */
export let streamIdsFrom;

/**
 * Connects to the daemon.
 *
 * @param {object} [options]
 * @param {string} [options.socket] - The path of its socket. Without it: `$IMAGED_SOCKET` alone if
 *   that is set; else the first that listens of `$XDG_RUNTIME_DIR/imaged/imaged.sock`,
 *   `/run/imaged/imaged.sock` and `imaged.sock` in the daemon's default data directory.
 * @param {string} [options.account] - What calls act in; without it `default`.
 * @param {string} [options.ramUser] - With `--fixture`: whom the account's owner acts as.
 * @param {number} [options.timeoutMs] - Of each call that does not say; 60,000 without it.
 * @param {number} [options.graceMs] - How much longer than the daemon's deadline the client waits
 *   for the answer to what was done in time; 2,000 without it.
 * @returns {Promise<Client>}
 * @throws {NoDaemonError} It names the places that were tried.
 */
export async function connect(options = {}) {
  checkOptions('connect', options, OF_CONNECT);
  return new Client(FROM_CONNECT, await Link.find(options.socket), options);
}

/**
 * A connection to the daemon, for any number of calls at once. Its methods are the operations:
 * `client.createImage(request, options)`. A lost connection is made anew by the next call.
 */
export class Client {
  #link;
  #options;

  static {
    streamIdsFrom = (client, id) => client.#link.streamIdsFrom(id);
  }

  constructor(proof, link, options) {
    if (proof !== FROM_CONNECT) throw new TypeError('a Client comes from connect()');
    this.#link = link;
    this.#options = { ...options };
  }

  /** The socket that this client is connected to. */
  get socketPath() {
    return this.#link.path;
  }

  /**
   * Calls the operation with this name: `call('CreateImage', ...)` is `createImage(...)`.
   *
   * @param {string} name
   * @param {object} [request]
   * @param {object} [options]
   * @param {number} [options.timeoutMs] - The deadline: what the daemon has not begun by then it
   *   refuses with DEADLINE_EXCEEDED. Infinity: none; 0 or less: it is over already.
   * @param {number} [options.giveUpMs] - When the client stops waiting, whatever the deadline;
   *   without it `graceMs` after the deadline.
   * @param {AbortSignal} [options.signal] - Asks the daemon to end the call.
   * @param {boolean} [options.explain] - An error also lists the `further` ones of the request.
   * @param {string} [options.account] - Instead of the client's.
   * @param {string} [options.ramUser] - Instead of the client's.
   * @returns {Promise<object>}
   * @throws {ECSError|StatusError|AbortError|NotSentError|OutcomeUnknownError}
   */
  async call(name, request = {}, options = {}) {
    const operation = operationsByName.get(name);
    if (!operation) throw new TypeError(`there is no operation ${name}`);
    if (operation.isStreaming) throw new TypeError(`${name} is a stream: use watch()`);
    const settings = this.#settings(operation.method, options);
    const payload = encode(operation.request, request, operation.method);
    const { again } = operation;
    const mayRepeat = again === 'reads' || (again === 'token' && Boolean(request.clientToken));
    try {
      return await Call.make(this.#link, operation, payload, mayRepeat, settings);
    } catch (error) {
      throw withStack(error);
    }
  }

  /**
   * Watches the changes of the account's resources: `for await (const event of client.watch())`.
   * The watch begins at once. It ends when the loop is left, with an error, or with `signal`.
   *
   * @param {object} [request] - `afterSequence`: events after this one; absent: from now on.
   *   `resourceId`: only events of these.
   * @param {object} [options] - As for `call`; without `timeoutMs` there is no deadline.
   * @returns {Watch}
   */
  watch(request = {}, options = {}) {
    return new Watch(this.#link, request, this.#settings('watch', options, Infinity));
  }

  /** Ends the connection. The outcome of calls still under way is unknown. */
  async close() {
    this.#link.close();
  }

  #settings(method, options, timeoutDefault = this.#options.timeoutMs ?? TIMEOUT_MS) {
    checkOptions(method, options, OF_CALL);
    const { timeoutMs = timeoutDefault, signal } = options;
    const giveUpMs = options.giveUpMs ?? Infinity;
    const grace = this.#options.graceMs ?? GRACE_MS;
    const metadata = [];
    const add = (key, value) => { if (value) metadata.push({ key, value }); };
    add('account', options.account ?? this.#options.account);
    add('explain', options.explain ? 'true' : '');
    add('ram-user', options.ramUser ?? this.#options.ramUser);
    const own = Math.max(0, timeoutMs) + grace;
    return { metadata, timeoutMs, giveUpMs: Math.min(giveUpMs, own), signal };
  }
}

for (const { name, method, isStreaming } of operations) {
  if (isStreaming) continue;
  const call = { [method](request, options) { return this.call(name, request, options); } };
  Object.defineProperty(Client.prototype, method, {
    value: call[method], writable: true, configurable: true,
  });
}

if (Symbol.asyncDispose) {
  Object.defineProperty(Client.prototype, Symbol.asyncDispose, {
    value: async function dispose() { await this.close(); },
  });
}

/** Refuses an option that nobody knows, so that a slip of the pen is no missing deadline. */
function checkOptions(method, options, known) {
  if (typeof options !== 'object' || options === null) {
    throw new TypeError(`${method}: the options must be an object`);
  }
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined) continue;
    const type = known[name];
    if (!type) {
      const others = Object.keys(known).join(', ');
      throw new TypeError(`${method}: there is no option ${name}; these are: ${others}`);
    }
    const isRight = type === 'AbortSignal'
      ? typeof value?.addEventListener === 'function' && typeof value.aborted === 'boolean'
      : typeof value === type && !Number.isNaN(value);
    const article = type === 'AbortSignal' ? 'an' : 'a';
    if (!isRight) throw new TypeError(`${method}: the option ${name} must be ${article} ${type}`);
  }
}
