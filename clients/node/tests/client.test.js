import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import process from 'node:process';
import { setImmediate as turn } from 'node:timers/promises';
import test from 'node:test';
import { fileURLToPath } from 'node:url';
import { connect, streamIdsFrom } from '../client.js';
import { encode } from '../codec.js';
import { Connection } from '../connection.js';
import { AbortError, ECSError, NotSentError, OutcomeUnknownError, StatusError } from '../errors.js';
import { FrameType, encodeFrame } from '../frames.js';
import { messages } from '../messages.js';
import { fake } from './support/fake.js';

const VERSION = { requestId: 'A', version: '1', protocol: 1 };

/** Answers Version, and whatever else is asked with an empty message. */
function answers(peer, call) {
  peer.answer(call, call.operation.name === 'Version' ? VERSION : {});
}

/** Resolves when `condition` holds; the test's own time limit ends it otherwise. */
async function until(condition) {
  while (!condition()) await new Promise((resolve) => { setTimeout(resolve, 1); });
}

function names(daemon) {
  return daemon.calls.map(({ operation }) => operation.name);
}

test('what goes over the wire', async (t) => {
  const { daemon, client } = await fake(t, answers, {
    client: { account: 'ci', timeoutMs: 1_500 },
  });
  await client.version();
  const options = { timeoutMs: Infinity, explain: true, ramUser: 'r' };
  await client.deleteImage({ imageId: 'm-1' }, options);
  await client.version({}, { timeoutMs: 0, account: 'other' });
  await client.version({}, { timeoutMs: -3 });
  await client.version({}, { timeoutMs: 1e300 });
  await client.version({}, { timeoutMs: 0.5, account: '' });
  await client.version({}, { timeoutMs: Number.MAX_VALUE });
  const wire = daemon.calls.map(({ streamId, flags, timeoutNano, metadata }) => ({
    streamId, flags, timeoutNano, metadata: metadata.map(({ key, value }) => `${key}=${value}`),
  }));
  assert.deepEqual(wire, [
    { streamId: 1, flags: 0, timeoutNano: 1_500_000_000n, metadata: ['account=ci'] },
    {
      streamId: 3, flags: 0, timeoutNano: 0n,
      metadata: ['account=ci', 'explain=true', 'ram-user=r'],
    },
    { streamId: 5, flags: 0, timeoutNano: -1n, metadata: ['account=other'] },
    { streamId: 7, flags: 0, timeoutNano: -1n, metadata: ['account=ci'] },
    { streamId: 9, flags: 0, timeoutNano: 2n ** 63n - 1n, metadata: ['account=ci'] },
    { streamId: 11, flags: 0, timeoutNano: 500_000n, metadata: [] },
    { streamId: 13, flags: 0, timeoutNano: 2n ** 63n - 1n, metadata: ['account=ci'] },
  ]);
  assert.deepEqual(daemon.calls[1].request, { regionId: '', imageId: 'm-1' });
});

test('answers come in any order, and are matched by stream', async (t) => {
  const waiting = [];
  const { client } = await fake(t, (peer, call) => {
    waiting.push(call);
    if (waiting.length < 100) return;
    for (const each of waiting.reverse()) {
      peer.answer(each, { requestId: each.request.imageId, imageId: each.request.imageId });
    }
  });
  const ids = Array.from({ length: 100 }, (_, index) => `m-${index}`);
  const found = await Promise.all(ids.map((imageId) => client.copyImage({ imageId })));
  assert.deepEqual(found.map(({ imageId }) => imageId), ids);
});

test('calls of one turn go in one piece', async (t) => {
  let chunks = 0;
  const { daemon, client } = await fake(t, answers);
  await client.version();
  daemon.peers[0].socket.on('data', () => { chunks++; });
  await Promise.all(Array.from({ length: 200 }, () => client.version()));
  assert.equal(daemon.calls.length, 201);
  assert.ok(chunks <= 2, `${chunks} reads`);
});

test('an answer in single bytes', async (t) => {
  const { client } = await fake(t, async (peer, call) => {
    const payload = encode(call.operation.response, VERSION);
    const data = encode(messages.get('Response'), { payload });
    for (const byte of encodeFrame(call.streamId, FrameType.RESPONSE, 0, data)) {
      peer.send(Buffer.from([byte]));
      await turn();
    }
  });
  assert.deepEqual(await client.version(), VERSION);
});

// Errors

function detail(error, typeUrl = 'type.googleapis.com/imaged.v1.Error') {
  return { typeUrl, value: encode(messages.get('Error'), error) };
}

test('an ECS error, with further ones and details of another type', async (t) => {
  const { client } = await fake(t, (peer, call) => peer.refuse(call, 9, 'QuotaExceed.Image: no', [
    detail({ code: 'Skipped' }, 'type.googleapis.com/google.rpc.Help'),
    detail({
      httpStatus: 403, code: 'QuotaExceed.Image', message: 'The Image Quota exceeds.',
      requestId: 'R', parameter: 'ImageName', hint: 'Delete some.',
    }),
    detail({ httpStatus: 400, code: 'NewCode', message: 'Nobody knows it.', requestId: 'R' }),
  ]));
  const error = await client.createImage().catch((each) => each);
  assert.ok(error instanceof ECSError);
  const { name, message, code, httpStatus, parameter, hint, requestId, status, further } = error;
  assert.deepEqual({ name, message, code, httpStatus, parameter, hint, requestId, status }, {
    name: 'ECSError', message: 'The Image Quota exceeds.', code: 'QuotaExceed.Image',
    httpStatus: 403, parameter: 'ImageName', hint: 'Delete some.', requestId: 'R', status: 9,
  });
  assert.deepEqual(further.map((each) => each.code), ['NewCode']);
  assert.ok(further[0] instanceof ECSError);
  assert.equal(`${error}`,
    'ECSError: QuotaExceed.Image: The Image Quota exceeds. [ImageName] (Delete some.)');
});

test('a status without an ECS code, with and without a request id', async (t) => {
  const { client } = await fake(t, (peer, call, number) => {
    const details = number === 1 ? [detail({ message: 'unknown', requestId: 'R' })] : [];
    peer.refuse(call, 12, 'unknown method', details);
  });
  for (const requestId of ['R', '']) {
    await assert.rejects(client.version(), {
      name: 'StatusError', message: 'unknown method', status: 12, requestId,
    });
  }
});

test('the stack of an error leads to who made the call', async (t) => {
  const { client } = await fake(t, (peer, call) => peer.refuse(call, 12));
  async function whoever() {
    await client.version();
  }
  const error = await whoever().catch((each) => each);
  assert.match(error.stack, /^StatusError: no\n/);
  assert.match(error.stack, /at async whoever /);
});

test('arguments that are wrong are refused before anything is sent', async (t) => {
  const { daemon, client } = await fake(t, answers);
  const refused = (promise, message) => assert.rejects(promise, { name: 'TypeError', message });
  await refused(client.createImage({ imagename: 'x' }),
    'createImage: it has no field imagename; imageName is meant?');
  await refused(client.version({}, { timeout: 5 }), /^version: there is no option timeout; these/);
  await refused(client.version({}, { timeoutMs: '5' }), 
    'version: the option timeoutMs must be a number');
  await refused(client.version({}, { timeoutMs: NaN }), /timeoutMs must be a number/);
  await refused(client.version({}, { signal: {} }), /signal must be an AbortSignal/);
  await refused(client.version({}, null), 'version: the options must be an object');
  await refused(client.call('Reboot'), 'there is no operation Reboot');
  await refused(client.call('Watch'), 'Watch is a stream: use watch()');
  await refused(connect({ path: '/x' }), /^connect: there is no option path/);
  assert.throws(() => client.watch({ resourceId: 'm-1' }), /watch\.resourceId: a string instead/);
  assert.throws(() => new client.constructor(), /a Client comes from connect\(\)/);
  assert.deepEqual(daemon.calls, []);
});

test('a request of more than 4 MiB is not sent', async (t) => {
  const { daemon, client } = await fake(t, answers);
  const description = 'x'.repeat(4 << 20);
  await assert.rejects(client.createImage({ description }), {
    name: 'NotSentError', reason: 'the request has more than 4 MiB',
  });
  await client.version();
  assert.deepEqual(names(daemon), ['Version']);
});

// Lost connections

/** Loses the answers of the first `count` requests. */
function loses(count) {
  return (peer, call, number) => {
    if (number <= count) peer.hangUp();
    else answers(peer, call);
  };
}

test('what only reads is sent once more when its answer was lost', async (t) => {
  const { daemon, client } = await fake(t, loses(1));
  assert.deepEqual(await client.version(), VERSION);
  assert.deepEqual(names(daemon), ['Version', 'Version']);
  assert.equal(daemon.peers.length, 2);
});

test('but not twice', async (t) => {
  const { daemon, client } = await fake(t, loses(2));
  await assert.rejects(client.version(), (error) => {
    assert.ok(error instanceof OutcomeUnknownError);
    assert.match(error.message, /^outcome unknown: the connection was lost before the answer: /);
    return true;
  });
  assert.equal(daemon.calls.length, 2);
  assert.deepEqual(await client.version(), VERSION);
});

test('a request with a client token is sent once more, the same', async (t) => {
  const { daemon, client } = await fake(t, loses(1));
  await client.createImage({ imageName: 'web', clientToken: 't' });
  assert.equal(daemon.calls.length, 2);
  assert.deepEqual(daemon.calls[0].request, daemon.calls[1].request);
  const [first, again] = daemon.calls.map(({ timeoutNano }) => timeoutNano);
  assert.equal(first, 60_000_000_000n);
  assert.ok(again > 0n && again < first, 'what is left of the deadline goes with it');
});

test('refused when it is sent again: that may say nothing of the first time', async (t) => {
  const refusals = [
    [1, '', 0, false],
    [8, 'Throttling.User', 400, false],
    [4, '', 0, false],
    [8, '', 0, false],
    [14, '', 0, false],
    [3, '', 0, true],
    [12, '', 0, true],
    [13, 'InternalError', 500, false],
    [14, 'ServiceUnavailable', 503, false],
    [9, 'IdempotentProcessing', 403, false],
    [9, 'LastTokenProcessing', 403, false],
    [9, 'QuotaExceed.Image', 403, true],
    [4, 'QuotaExceed.Image', 403, true],
  ];
  for (const [status, code, httpStatus, isKnown] of refusals) {
    const { client } = await fake(t, (peer, call, number) => {
      if (number === 1) peer.hangUp();
      else peer.refuse(call, status, 'no', [detail({ code, httpStatus, message: 'no' })]);
    });
    const error = await client.createImage({ clientToken: 't' }).catch((each) => each);
    const expected = !isKnown ? OutcomeUnknownError : code ? ECSError : StatusError;
    assert.ok(error instanceof expected, `${status} ${code}: ${error}`);
    const refusal = isKnown ? error : error.cause;
    assert.equal(refusal.status, status);
    assert.equal(refusal.code ?? '', code);
  }
  const { client } = await fake(t, (peer, call, number) => {
    if (number === 1) peer.hangUp();
    else peer.refuse(call, 4);
  });
  await assert.rejects(client.version(), StatusError, 'what reads changes nothing anyway');
});

test('any other is not: its outcome is unknown', async (t) => {
  const { daemon, client } = await fake(t, (peer) => peer.hangUp());
  await assert.rejects(client.createImage({ imageName: 'web' }), OutcomeUnknownError);
  await assert.rejects(client.createImage({ clientToken: '' }), OutcomeUnknownError);
  await assert.rejects(client.deleteImage({ imageId: 'm-1' }), OutcomeUnknownError);
  assert.deepEqual(names(daemon), ['CreateImage', 'CreateImage', 'DeleteImage']);
});

test('a call that finds the connection gone goes over a new one', async (t) => {
  const { daemon, client } = await fake(t, answers);
  await client.version();
  daemon.peers[0].hangUp();
  await daemon.peers[0].closed;
  // The client may not have heard of it yet: it is looked at before anything is sent.
  await client.deleteImage({ imageId: 'm-1' });
  assert.deepEqual(names(daemon), ['Version', 'DeleteImage']);
});

test('no daemon any more: nothing was sent, or its outcome is unknown', async (t) => {
  const { daemon, client } = await fake(t, (peer, call) => {
    if (call.operation.name === 'Version') return answers(peer, call);
    return daemon.close();
  });
  await client.version();
  await assert.rejects(client.health(), (error) => {
    assert.ok(error instanceof OutcomeUnknownError);
    assert.equal(error.cause.name, 'NoDaemonError');
    return true;
  });
  await assert.rejects(client.deleteImage(), {
    name: 'NoDaemonError',
    tried: [{ path: client.socketPath, code: 'ENOENT', reason: 'nothing is there' }],
  });
});

test('closed at once, unheard: the error says what that may be', async (t) => {
  const { client } = await fake(t, (peer) => peer.hangUp());
  await assert.rejects(client.deleteImage(), /perhaps this user has no account/);
});

test('half of an answer, then the end', async (t) => {
  const { client } = await fake(t, (peer, call) => {
    const frame = encodeFrame(call.streamId, FrameType.RESPONSE, 0, Buffer.alloc(9));
    peer.socket.end(frame.subarray(0, 15));
  });
  await assert.rejects(client.deleteImage(), OutcomeUnknownError);
});

const RUBBISH = {
  'a first byte other than 0': () => Buffer.from('GET / HTTP/1.1\r\n\r\n'),
  'a data length over the limit': () => Buffer.from('00400001000000010200', 'hex'),
  'a frame type that nobody knows': ({ streamId }) => encodeFrame(streamId, 9, 0, Buffer.alloc(0)),
  'a request': ({ streamId }) => encodeFrame(streamId, FrameType.REQUEST, 0, Buffer.alloc(0)),
  'a stream that was never opened': () => encodeFrame(99, FrameType.RESPONSE, 0, Buffer.alloc(0)),
  'an even stream': () => encodeFrame(2, FrameType.RESPONSE, 0, Buffer.alloc(0)),
  'data on a unary stream': ({ streamId }) => (
    encodeFrame(streamId, FrameType.DATA, 0, Buffer.alloc(0))
  ),
  'an answer that cannot be read': ({ streamId }) => (
    encodeFrame(streamId, FrameType.RESPONSE, 0, Buffer.from('0801', 'hex'))
  ),
  'an error that cannot be read': ({ streamId }) => encodeFrame(
    streamId, FrameType.RESPONSE, 0, encode(messages.get('Response'), {
      status: {
        code: 3,
        details: [{
          typeUrl: 'type.googleapis.com/imaged.v1.Error', value: Buffer.from('12ff', 'hex'),
        }],
      },
    }),
  ),
};

for (const [what, bytes] of Object.entries(RUBBISH)) {
  test(`not the protocol: ${what}`, async (t) => {
    const { daemon, client } = await fake(t, (peer, call) => {
      if (call.operation.name === 'DeleteImage') peer.send(bytes(call));
      else answers(peer, call);
    });
    await assert.rejects(client.deleteImage(), (error) => {
      assert.ok(error instanceof OutcomeUnknownError);
      assert.match(error.message, /what came is not the protocol: /);
      return true;
    });
    await daemon.peers[0].closed;
    assert.deepEqual(await client.version(), VERSION, 'over a new connection');
    assert.equal(daemon.peers.length, 2);
  });
}

test('a payload that cannot be read: the outcome is unknown, the connection lives', async (t) => {
  const { daemon, client } = await fake(t, (peer, call) => {
    if (call.operation.name === 'Version') return answers(peer, call);
    const data = encode(messages.get('Response'), { payload: Buffer.from('0801', 'hex') });
    return peer.send(encodeFrame(call.streamId, FrameType.RESPONSE, 0, data));
  });
  await assert.rejects(client.createImage(), (error) => {
    assert.ok(error instanceof OutcomeUnknownError);
    assert.equal(error.reason,
      'the answer is no CreateImageResponse: RequestId: wrong_wire_type');
    return true;
  });
  await client.version();
  assert.equal(daemon.peers.length, 1);
});

test('close: what is under way is unknown, and nothing more is sent', async (t) => {
  const { daemon, client } = await fake(t, () => {});
  const pending = client.version();
  await until(() => daemon.calls.length === 1);
  const unsent = client.health();
  await client.close();
  await assert.rejects(pending, /outcome unknown: .*: the client was closed/);
  await assert.rejects(unsent, { name: 'NotSentError', reason: 'the client was closed' });
  await assert.rejects(client.version(), { name: 'NotSentError', reason: 'the client is closed' });
  await client.close();
});

// Time

test('a daemon that says nothing: the client gives up a little after the deadline', async (t) => {
  const { daemon, client } = await fake(t, () => {}, { client: { graceMs: 30 } });
  await assert.rejects(client.version({}, { timeoutMs: 20 }), {
    name: 'OutcomeUnknownError', reason: 'no answer within 50 ms',
  });
  assert.equal(daemon.calls[0].timeoutNano, 20_000_000n);
  await assert.rejects(client.version({}, { timeoutMs: Infinity, giveUpMs: 20 }), {
    name: 'OutcomeUnknownError', reason: 'no answer within 20 ms',
  });
  assert.equal(daemon.calls[1].timeoutNano, 0n);
});

test('an answer after that is passed over', async (t) => {
  const late = [];
  const { daemon, client } = await fake(t, (peer, call) => {
    if (call.operation.name === 'Version') return answers(peer, call);
    return late.push(() => peer.answer(call));
  });
  await assert.rejects(client.deleteImage({}, { giveUpMs: 10 }), OutcomeUnknownError);
  late.forEach((answer) => answer());
  assert.deepEqual(await client.version(), VERSION);
  assert.equal(daemon.peers.length, 1);
});

test('an answer that is there counts, however busy the program was', async (t) => {
  const { daemon, client } = await fake(t, answers);
  const promise = client.version({}, { giveUpMs: 200 });
  while (daemon.calls.length === 0) await turn();
  const end = performance.now() + 250;
  while (performance.now() < end);
  assert.deepEqual(await promise, VERSION);
});

test('a daemon that does not read: what it cannot take is refused, not kept', async (t) => {
  const { client } = await fake(t, () => {}, { reads: false });
  const description = 'x'.repeat(1 << 20);
  const outcomes = await Promise.allSettled(Array.from({ length: 20 }, () => (
    client.createImage({ description }, { giveUpMs: 300 })
  )));
  const errors = outcomes.map(({ reason }) => reason);
  assert.ok(errors.every((error) => (
    error instanceof NotSentError || error instanceof OutcomeUnknownError
  )));
  assert.ok(errors.at(-1) instanceof NotSentError);
  assert.match(errors.at(-1).reason, /16 MiB wait for it already/);
  assert.equal(errors[0].reason, 'no answer within 300 ms');
  assert.ok(errors[0] instanceof OutcomeUnknownError, 'a part of it may have arrived');
  assert.equal(errors[5].reason, 'the daemon took no request within 300 ms');
});

// Abort

test('abort before the call, and before it is sent: nothing is', async (t) => {
  const { daemon, client } = await fake(t, answers);
  const reason = new Error('enough');
  await assert.rejects(client.version({}, { signal: AbortSignal.abort(reason) }), {
    name: 'AbortError', code: 'ABORT_ERR', cause: reason,
  });
  const controller = new AbortController();
  const pending = client.deleteImage({}, { signal: controller.signal });
  await Promise.resolve();
  controller.abort(reason);
  await assert.rejects(pending, { name: 'AbortError', cause: reason });
  await client.version();
  assert.deepEqual(names(daemon), ['Version']);
});

test('abort asks the daemon, and its answer counts', async (t) => {
  const under = new Map();
  const { daemon, client } = await fake(t, (peer, call) => {
    if (call.operation.name !== 'Cancel') return under.set(call.streamId, call);
    const cancelled = under.get(Number(call.request.streamId));
    peer.answer(call);
    if (cancelled.request.imageId === 'm-done') return peer.answer(cancelled, { requestId: 'D' });
    return peer.refuse(cancelled, 1, 'cancelled', [detail({ requestId: 'R' })]);
  });
  const abort = async (imageId) => {
    const controller = new AbortController();
    const { length } = daemon.calls;
    const pending = client.waitForImage({ imageId }, { signal: controller.signal });
    await until(() => daemon.calls.length > length);
    controller.abort('why');
    return pending;
  };
  const error = await abort('m-waits').catch((each) => each);
  assert.ok(error instanceof AbortError);
  assert.deepEqual([error.cause, error.requestId, error.status], ['why', 'R', 1]);
  assert.deepEqual(await abort('m-done'), { requestId: 'D' }, 'it was done all the same');
  assert.deepEqual(names(daemon), ['WaitForImage', 'Cancel', 'WaitForImage', 'Cancel']);
});

test('CANCELLED without an abort is a status like others', async (t) => {
  const { client } = await fake(t, (peer, call) => peer.refuse(call, 1));
  await assert.rejects(client.version({}, { signal: new AbortController().signal }), StatusError);
});

test('an abort after the end does nothing, and no listener stays', async (t) => {
  const { daemon, client } = await fake(t, answers);
  const controller = new AbortController();
  let listeners = 0;
  const { signal } = controller;
  for (const [name, step] of [['addEventListener', 1], ['removeEventListener', -1]]) {
    const method = signal[name].bind(signal);
    signal[name] = (...parameters) => {
      listeners += step;
      method(...parameters);
    };
  }
  process.on('warning', assert.fail);
  await Promise.all(Array.from({ length: 30 }, () => client.version({}, { signal })));
  await turn();
  process.off('warning', assert.fail);
  assert.equal(listeners, 0);
  controller.abort();
  await client.version();
  assert.equal(daemon.calls.length, 31);
});

test('a daemon that does not answer Cancel: unknown after a while', async (t) => {
  const before = Connection.cancelMs;
  t.after(() => { Connection.cancelMs = before; });
  assert.equal(before, 5_000);
  Connection.cancelMs = 50;
  const { client, daemon } = await fake(t, () => {});
  const controller = new AbortController();
  const pending = client.waitForImage({}, { signal: controller.signal });
  await until(() => daemon.calls.length === 1);
  controller.abort();
  await assert.rejects(pending, {
    name: 'OutcomeUnknownError', reason: 'no answer to Cancel within 50 ms',
  });
});

// Stream ids

test('stream ids run out: a new connection, and the old one goes when it is idle', async (t) => {
  const held = [];
  const { daemon, client } = await fake(t, (peer, call) => {
    if (call.operation.name === 'WaitForImage') held.push({ peer, call });
    else answers(peer, call);
  });
  streamIdsFrom(client, 4294967291);
  const controller = new AbortController();
  const waits = client.waitForImage({}, { signal: controller.signal });
  await client.version();
  await client.version();
  await client.version();
  const seen = daemon.calls.map(({ streamId }) => streamId);
  assert.deepEqual(seen, [4294967291, 1, 3, 5], 'the last ids are kept for Cancel');
  assert.equal(daemon.peers.length, 2);
  const [{ peer, call }] = held;
  controller.abort();
  await until(() => daemon.calls.some(({ operation }) => operation.name === 'Cancel'));
  assert.equal(daemon.calls.at(-1).streamId, 4294967293);
  peer.refuse(call, 1);
  await assert.rejects(waits, AbortError);
  await daemon.peers[0].closed;
  await client.version();
  assert.equal(daemon.peers.length, 2);
});

// The process

/** Runs `script` in a process of its own, with `connect` and `path`; its exit code and output. */
async function run(script, path) {
  const program = `
    import { connect } from ${JSON.stringify(new URL('../index.js', import.meta.url).href)};
    const path = ${JSON.stringify(path)};
    ${script}
  `;
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'], timeout: 20_000,
  });
  let output = '';
  child.stdout.on('data', (chunk) => { output += chunk; });
  const [code] = await once(child, 'close');
  return { code, output };
}

test('no call leaves a clock behind, however it ends', async (t) => {
  const { daemon } = await fake(t, answers);
  const long = await run(`
    const client = await connect({ socket: path });
    const answer = await client.version({}, { timeoutMs: Number.MAX_VALUE });
    console.log(answer.protocol);
  `, daemon.path);
  assert.deepEqual(long, { code: 0, output: '1\n' });
  const wrong = await run(`
    const client = await connect({ socket: path });
    globalThis.BigInt = () => { throw new RangeError('no number'); };
    console.log(await client.version().catch((error) => error.message));
  `, daemon.path);
  assert.deepEqual(wrong, { code: 0, output: 'no number\n' });
});

test('an idle client does not keep its process alive, a call does', async (t) => {
  const { daemon } = await fake(t, (peer, call) => {
    if (call.operation.name === 'Version') setTimeout(() => answers(peer, call), 50);
    else answers(peer, call);
  });
  const idle = await run(`
    const client = await connect({ socket: path });
    await client.health();
    console.log('idle');
  `, daemon.path);
  assert.deepEqual(idle, { code: 0, output: 'idle\n' });
  const pending = await run(`
    const client = await connect({ socket: path });
    client.version().then(({ version }) => console.log(version));
  `, daemon.path);
  assert.deepEqual(pending, { code: 0, output: '1\n' });
});

test('the program in the package answers the scenarios\' commands', async (t) => {
  const { daemon } = await fake(t, (peer, call) => {
    const gone = { httpStatus: 404, code: 'NotFound', message: 'gone' };
    if (call.operation.name === 'Version') answers(peer, call);
    else peer.refuse(call, 5, 'x', [detail(gone)]);
  });
  const program = fileURLToPath(new URL('../conformance.js', import.meta.url));
  const child = spawn(process.execPath, [program, '--socket', daemon.path], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  child.stdin.end([
    { call: 'Version' }, { call: 'DeleteImage', request: { image_id: 'm-1' }, account: 'a' },
    { together: [{ call: 'Version' }, { call: 'Health' }] }, { operations: true },
  ].map((command) => `${JSON.stringify(command)}\n`).join(''));
  let output = '';
  child.stdout.on('data', (chunk) => { output += chunk; });
  const [code] = await once(child, 'close');
  assert.equal(code, 0);
  const version = { response: { request_id: 'A', version: '1', protocol: 1 } };
  const error = { error: { status: 5, http_status: 404, code: 'NotFound', message: 'gone' } };
  const lines = output.trim().split('\n').map((line) => JSON.parse(line));
  assert.deepEqual(lines.slice(0, 3), [version, error, { outcomes: [version, error] }]);
  assert.deepEqual(lines[3].operations[0], {
    service: 'imaged.v1.ECS', name: 'CreateImage', again: 'token', streaming: false,
  });
});
