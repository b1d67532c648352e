// A daemon that does what a test tells it to.
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from '../../client.js';
import { decode, encode } from '../../codec.js';
import { Flag, FrameDecoder, FrameType, encodeFrame } from '../../frames.js';
import { messages } from '../../messages.js';
import { operationsByName } from '../../operations.js';

const REQUEST = messages.get('Request');
const RESPONSE = messages.get('Response');

/** One connection, as the fake daemon sees it. */
export class Peer {
  constructor(socket) {
    this.socket = socket;
    this.closed = new Promise((resolve) => { socket.once('close', resolve); });
  }

  /** Sends bytes as they are. */
  send(bytes) {
    this.socket.write(bytes);
  }

  /** Answers a call with a response message. */
  answer(call, response = {}) {
    const payload = encode(call.operation.response, response);
    this.send(encodeFrame(call.streamId, FrameType.RESPONSE, 0, encode(RESPONSE, { payload })));
  }

  /** Answers a call with a status. */
  refuse(call, code, message = 'no', details = []) {
    const status = { code, message, details };
    this.send(encodeFrame(call.streamId, FrameType.RESPONSE, 0, encode(RESPONSE, { status })));
  }

  /** Sends a message on a stream. */
  stream(call, response, flags = 0) {
    const data = encode(call.operation.response, response);
    this.send(encodeFrame(call.streamId, FrameType.DATA, flags, data));
  }

  /** Ends a stream without a message. */
  endStream(call) {
    const flags = Flag.REMOTE_CLOSED | Flag.NO_DATA;
    this.send(encodeFrame(call.streamId, FrameType.DATA, flags, Buffer.alloc(0)));
  }

  /** Closes the connection. */
  hangUp() {
    this.socket.destroy();
  }
}

/**
 * Listens, and hands each request to `handler(peer, call, number)`: `call` has `streamId`, `flags`,
 * `operation`, `request`, `metadata`, `timeoutNano`; `number` counts them from 1.
 */
export class FakeDaemon {
  #server;
  #directory = mkdtempSync(join(tmpdir(), 'imaged-fake-'));
  #sockets = new Set();

  path = join(this.#directory, 's');
  /** The calls received so far. */
  calls = [];
  /** The connections so far. */
  peers = [];

  constructor(handler, { reads = true } = {}) {
    this.#server = createServer((socket) => {
      this.#sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => this.#sockets.delete(socket));
      const peer = new Peer(socket);
      this.peers.push(peer);
      if (!reads) return;
      const decoder = new FrameDecoder();
      socket.on('data', (chunk) => {
        for (const frame of decoder.push(chunk)) this.#take(peer, frame, handler);
      });
    });
  }

  #take(peer, { streamId, flags, data }, handler) {
    const { method, payload, metadata, timeoutNano } = decode(REQUEST, data);
    const operation = operationsByName.get(method);
    const request = decode(operation.request, payload);
    const call = { streamId, flags, operation, request, metadata, timeoutNano };
    this.calls.push(call);
    handler(peer, call, this.calls.length);
  }

  async listen() {
    this.#server.listen(this.path);
    await once(this.#server, 'listening');
  }

  async close() {
    // The socket goes first, so that nobody can connect anew.
    const isOpen = this.#server.listening;
    if (isOpen) this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    if (isOpen) await once(this.#server, 'close');
    rmSync(this.#directory, { recursive: true, force: true });
  }
}

/** A fake daemon and a client of it, both gone with the end of the test `t`. */
export async function fake(t, handler, options = {}) {
  const daemon = new FakeDaemon(handler, options);
  await daemon.listen();
  const client = await connect({ socket: daemon.path, ...options.client });
  t.after(async () => {
    await client.close();
    await daemon.close();
  });
  return { daemon, client };
}
