// The way to the daemon: a connection, and a new one when that is lost or used up.
import { Connection } from './connection.js';
import { NoDaemonError, NotSentError } from './errors.js';
import { goesOn, places, reasonOf } from './places.js';

/** What a client's calls go over. */
export class Link {
  #connection;
  #opening = null;
  #isClosed = false;

  /**
   * Connects to the first daemon that is found.
   *
   * @param {string} [socket] - Its path; no other is tried then.
   * @throws {NoDaemonError}
   */
  static async find(socket) {
    const tried = [];
    for (const { path, isOwn } of places(socket)) {
      try {
        return new Link(path, await Connection.open(path));
      } catch (error) {
        tried.push(attempt(path, error));
        if (!goesOn(error.code, isOwn)) break;
      }
    }
    throw new NoDaemonError(tried);
  }

  constructor(path, connection) {
    this.path = path;
    this.#connection = connection;
  }

  get isClosed() {
    return this.#isClosed;
  }

  /** The connection, if a call can begin on it now; else null. */
  usable() {
    return !this.#isClosed && this.#connection.isUsable ? this.#connection : null;
  }

  /**
   * A new connection; whoever asks meanwhile gets the same.
   *
   * @returns {Promise<Connection>}
   * @throws {NotSentError}
   */
  open() {
    if (this.#isClosed) return Promise.reject(new NotSentError('the client is closed'));
    this.#opening ??= this.#connect().finally(() => { this.#opening = null; });
    return this.#opening;
  }

  async #connect() {
    let fresh;
    try {
      fresh = await Connection.open(this.path);
    } catch (error) {
      throw new NoDaemonError([attempt(this.path, error)]);
    }
    if (this.#isClosed) {
      fresh.close();
      throw new NotSentError('the client is closed');
    }
    this.#connection.closeWhenIdle();
    this.#connection = fresh;
    return fresh;
  }

  close() {
    this.#isClosed = true;
    this.#connection.close();
  }

  /** For tests of where stream ids end. */
  streamIdsFrom(id) {
    this.#connection.streamIdsFrom(id);
  }
}

function attempt(path, error) {
  return { path, code: error.code ?? 'EIO', reason: reasonOf(error.code ?? error.message) };
}
