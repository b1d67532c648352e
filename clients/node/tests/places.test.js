import assert from 'node:assert/strict';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import test from 'node:test';
import { connect } from '../client.js';
import { goesOn, places } from '../places.js';

function paths(explicit, environment, uid = 1000) {
  return places(explicit, environment, uid).map(({ path, isOwn }) => (isOwn ? path : `${path}?`));
}

test('the places, in the order of the protocol', () => {
  const all = {
    IMAGED_SOCKET: '/s', XDG_RUNTIME_DIR: '/run/user/1000', XDG_STATE_HOME: '/state',
    HOME: '/home/a',
  };
  assert.deepEqual(paths('/x', all), ['/x']);
  assert.deepEqual(paths(undefined, all), ['/s']);
  assert.deepEqual(paths(undefined, { ...all, IMAGED_SOCKET: '' }), [
    '/run/user/1000/imaged/imaged.sock', '/run/imaged/imaged.sock?', '/state/imaged/imaged.sock',
  ]);
  assert.deepEqual(paths(undefined, { HOME: '/home/a' }), [
    '/run/imaged/imaged.sock?', '/home/a/.local/state/imaged/imaged.sock',
  ]);
  assert.deepEqual(paths(undefined, { HOME: '/root', XDG_STATE_HOME: '/state' }, 0), [
    '/run/imaged/imaged.sock?', '/var/lib/imaged/imaged.sock',
  ]);
  assert.deepEqual(paths(undefined, { XDG_RUNTIME_DIR: 'run', XDG_STATE_HOME: 'state' }), [
    '/run/imaged/imaged.sock?',
  ]);
});

test('where a search goes on', () => {
  assert.ok(goesOn('ENOENT', true));
  assert.ok(goesOn('ECONNREFUSED', true));
  assert.ok(goesOn('EACCES', false));
  assert.ok(!goesOn('EACCES', true));
  assert.ok(!goesOn('EAGAIN', false));
});

/** Runs `body` with an environment in which only `directory` is looked at. */
async function withEnvironment(changes, body) {
  const before = { ...process.env };
  Object.assign(process.env, changes);
  try {
    await body();
  } finally {
    process.env = before;
  }
}

test('the first that listens is taken; what nobody listens on is passed over', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'imaged-places-'));
  const server = createServer((socket) => socket.on('error', () => {}));
  t.after(() => {
    server.close();
    rmSync(directory, { recursive: true, force: true });
  });
  const [runtime, socket] = ['run', 'run/imaged/imaged.sock'].map((name) => join(directory, name));
  mkdirSync(join(runtime, 'imaged'), { recursive: true });
  server.listen(socket);
  await once(server, 'listening');
  await withEnvironment({ XDG_RUNTIME_DIR: runtime, IMAGED_SOCKET: '' }, async () => {
    const client = await connect();
    assert.equal(client.socketPath, socket);
    await client.close();
  });
  await withEnvironment({ XDG_RUNTIME_DIR: runtime, IMAGED_SOCKET: '/nowhere' }, async () => {
    await assert.rejects(connect(), { name: 'NoDaemonError', message: /\/nowhere \(nothing/ });
  });
});

test('no daemon: the error names each place that was tried, and why it is none', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'imaged-places-'));
  try {
    await withEnvironment({ XDG_RUNTIME_DIR: directory, IMAGED_SOCKET: '' }, async () => {
      const error = await connect().catch((each) => each);
      assert.equal(error.name, 'NoDaemonError');
      assert.deepEqual(error.tried[0], {
        path: `${directory}/imaged/imaged.sock`, code: 'ENOENT', reason: 'nothing is there',
      });
      assert.ok(error.tried.length >= 2);
      for (const { path } of error.tried) assert.ok(error.message.includes(path), path);
    });
    for (const [path, code] of [
      [`/${'x'.repeat(107)}`, 'ENAMETOOLONG'], ['', 'EINVAL'], ['/a\0b', 'EINVAL'],
      [directory, 'ECONNREFUSED'],
    ]) {
      const error = await connect({ socket: path }).catch((each) => each);
      assert.deepEqual([error.name, error.tried?.[0].code], ['NoDaemonError', code]);
    }
  } finally {
    rmSync(directory, { recursive: true });
  }
});

const needsUser = process.getuid() === 0 ? { skip: 'root may enter everything' } : {};

test('an own directory that may not be entered ends the search', needsUser, async () => {
  const directory = mkdtempSync(join(tmpdir(), 'imaged-places-'));
  mkdirSync(join(directory, 'imaged'), { mode: 0 });
  try {
    await withEnvironment({ XDG_RUNTIME_DIR: directory, IMAGED_SOCKET: '' }, async () => {
      const error = await connect().catch((each) => each);
      assert.deepEqual(error.tried.map(({ code }) => code), ['EACCES']);
    });
  } finally {
    chmodSync(join(directory, 'imaged'), 0o700);
    rmSync(directory, { recursive: true });
  }
});
