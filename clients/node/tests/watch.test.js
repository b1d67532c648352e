import assert from 'node:assert/strict';
import test from 'node:test';
import { OutcomeUnknownError } from '../errors.js';
import { Flag, FrameType, encodeFrame } from '../frames.js';
import { fake } from './support/fake.js';

async function until(condition) {
  while (!condition()) await new Promise((resolve) => { setTimeout(resolve, 1); });
}

/** An answer of the stream: events `from` to `to`. */
function answer(from, to) {
  const events = [];
  for (let sequence = from; sequence <= to; sequence++) {
    events.push({ sequence, kind: 'ImageChanged', image: { imageId: `m-${sequence}` } });
  }
  return { requestId: 'R', events, sequence: to };
}

function sequences(events) {
  return events.map(({ sequence }) => Number(sequence));
}

test('events one by one, until the stream ends', async (t) => {
  for (const end of ['last message', 'no message']) {
    const { daemon, client } = await fake(t, (peer, call) => {
      peer.stream(call, answer(1, 2));
      peer.stream(call, { requestId: 'R', sequence: 5 });
      if (end === 'last message') peer.stream(call, answer(6, 6), Flag.REMOTE_CLOSED);
      else peer.endStream(call);
    });
    const watch = client.watch({ afterSequence: 0, resourceId: ['m-1'] });
    const events = [];
    for await (const event of watch) events.push(event);
    const expected = end === 'last message' ? [1, 2, 6] : [1, 2];
    assert.deepEqual(sequences(events), expected, end);
    assert.equal(events[0].image.imageId, 'm-1');
    assert.equal(watch.sequence, end === 'last message' ? 6n : 5n);
    assert.deepEqual(await watch.next(), { value: undefined, done: true });
    const [{ flags, request, timeoutNano }] = daemon.calls;
    assert.equal(flags, Flag.REMOTE_CLOSED);
    assert.deepEqual(request, { afterSequence: 0n, resourceId: ['m-1'] });
    assert.equal(timeoutNano, 0n);
  }
});

test('it begins when it is made, before what is called afterwards', async (t) => {
  const { daemon, client } = await fake(t, (peer, call) => {
    if (call.operation.name === 'Version') peer.answer(call);
  });
  const watch = client.watch();
  await client.version();
  assert.deepEqual(daemon.calls.map(({ operation }) => operation.name), ['Watch', 'Version']);
  assert.equal(watch.sequence, undefined);
});

test('calls of next that overlap are answered in their order', async (t) => {
  let send;
  const { client } = await fake(t, (peer, call) => {
    send = () => peer.stream(call, answer(1, 2), Flag.REMOTE_CLOSED);
  });
  const watch = client.watch();
  const all = Promise.all([watch.next(), watch.next(), watch.next()]);
  await until(() => send);
  send();
  assert.deepEqual((await all).map(({ value, done }) => (done ? 'done' : Number(value.sequence))),
    [1, 2, 'done']);
});

test('an error comes behind the events that came before it', async (t) => {
  const { client } = await fake(t, (peer, call) => {
    peer.stream(call, answer(1, 2));
    peer.refuse(call, 11, 'too slow');
  });
  const events = [];
  await assert.rejects(async () => {
    for await (const event of client.watch()) events.push(event);
  }, { name: 'StatusError', status: 11, message: 'too slow' });
  assert.deepEqual(sequences(events), [1, 2]);
});

test('an error that nobody waits for is no unhandled rejection', async (t) => {
  const { client } = await fake(t, (peer, call) => {
    if (call.operation.name === 'Watch') peer.refuse(call, 3);
    else peer.answer(call);
  });
  client.watch();
  await client.version();
});

test('a lost connection ends it: there may have been more', async (t) => {
  const { client, daemon } = await fake(t, (peer, call) => {
    if (call.operation.name === 'Version') return peer.answer(call);
    peer.stream(call, answer(1, 1));
    return peer.socket.end();
  });
  const watch = client.watch();
  assert.deepEqual(sequences([(await watch.next()).value]), [1]);
  await assert.rejects(watch.next(), OutcomeUnknownError);
  assert.equal((await watch.next()).done, true);
  await client.version();
  assert.equal(daemon.peers.length, 2);
});

test('one that finds the connection gone begins on a new one', async (t) => {
  const { client, daemon } = await fake(t, (peer, call) => {
    if (call.operation.name === 'Version') peer.answer(call);
    else peer.stream(call, answer(1, 1), Flag.REMOTE_CLOSED);
  });
  await client.version();
  daemon.peers[0].hangUp();
  await daemon.peers[0].closed;
  assert.equal((await client.watch().next()).value.sequence, 1n);
});

test('events that cannot be read end it', async (t) => {
  const { client, daemon } = await fake(t, (peer, call) => {
    if (call.operation.name !== 'Watch') return peer.answer(call);
    const data = Buffer.from('0a80', 'hex');
    return peer.send(encodeFrame(call.streamId, FrameType.DATA, 0, data));
  });
  await assert.rejects(client.watch().next(), /the answer is no EventsResponse: RequestId: trunc/);
  await until(() => daemon.calls.some(({ operation }) => operation.name === 'Cancel'));
});

/** A daemon whose stream of events goes on until Cancel. */
function cancellable(events = answer(1, 3)) {
  const streams = new Map();
  return (peer, call) => {
    if (call.operation.name === 'Watch') {
      streams.set(call.streamId, call);
      peer.stream(call, events);
    } else {
      peer.answer(call);
    }
    if (call.operation.name === 'Cancel') {
      peer.refuse(streams.get(Number(call.request.streamId)), 1, 'cancelled');
    }
  };
}

test('leaving the loop ends the stream at the daemon', async (t) => {
  const { daemon, client } = await fake(t, cancellable());
  const changes = client.watch();
  for await (const event of changes) {
    if (event.sequence === 2n) break;
  }
  assert.equal(changes.sequence, 2n, 'the third event was not taken');
  const [watch, cancel] = daemon.calls;
  assert.equal(cancel.operation.name, 'Cancel');
  assert.equal(cancel.request.streamId, BigInt(watch.streamId));
});

test('return twice, and with a next that waits', async (t) => {
  const { client, daemon } = await fake(t, cancellable(answer(1, 0)));
  const watch = client.watch();
  const waiting = watch.next();
  await until(() => daemon.calls.length === 1);
  await Promise.all([watch.return(), watch.return()]);
  assert.equal((await waiting).done, true);
  assert.equal((await watch.next()).done, true);
  assert.equal(daemon.calls.length, 2);
});

test('a signal ends it: what waits is dropped', async (t) => {
  const { client, daemon } = await fake(t, cancellable());
  const controller = new AbortController();
  const watch = client.watch({}, { signal: controller.signal });
  await watch.next();
  controller.abort('enough');
  await assert.rejects(watch.next(), { name: 'AbortError', cause: 'enough' });
  assert.equal((await watch.next()).done, true);
  await until(() => daemon.calls.length === 2);
  const before = client.watch({}, { signal: controller.signal });
  await assert.rejects(before.next(), { name: 'AbortError' });
  await client.version();
  assert.equal(daemon.calls.length, 3, 'one that was aborted before it began is not sent');
});

test('a deadline: the daemon\'s, and the client\'s own a little later', async (t) => {
  const { client, daemon } = await fake(t, (peer, call) => {
    if (call.timeoutNano === 1_000_000n) peer.refuse(call, 4, 'over');
  });
  await assert.rejects(client.watch({}, { timeoutMs: 1 }).next(), { status: 4 });
  const options = { timeoutMs: 2, giveUpMs: 20 };
  await assert.rejects(client.watch({}, options).next(), OutcomeUnknownError);
  assert.deepEqual(daemon.calls.slice(0, 2).map(({ timeoutNano }) => timeoutNano),
    [1_000_000n, 2_000_000n]);
});

test('a connection that is lost while a slow reader reads', async (t) => {
  const streams = new Map();
  const { client, daemon } = await fake(t, (peer, call) => {
    if (call.operation.name === 'Watch') {
      streams.set(call.streamId, call);
      peer.stream(call, answer(1, 5_000));
    } else {
      peer.answer(call);
    }
    if (call.operation.name === 'Cancel') {
      peer.refuse(streams.get(Number(call.request.streamId)), 1, 'cancelled');
    }
  });
  const watch = client.watch({ afterSequence: 0 });
  await until(() => daemon.calls.length === 2);
  await client.version();
  daemon.peers[0].hangUp();
  await daemon.peers[0].closed;
  await client.version();
  assert.equal(watch.sequence, 0n);
  for (let sequence = 1n; sequence <= 5_000n; sequence++) {
    assert.equal((await watch.next()).value.sequence, sequence);
  }
  await assert.rejects(watch.next(), /outcome unknown: the connection was lost: while events/);
  assert.equal(watch.sequence, 5_000n);
});

test('a slow reader: the stream is left and begun again, and no event is missing', async (t) => {
  const total = 20_000;
  const streams = new Map();
  const { client, daemon } = await fake(t, (peer, call) => {
    if (call.operation.name === 'Watch') {
      streams.set(call.streamId, call);
      // As fast as it can: a hundred a message.
      for (let at = Number(call.request.afterSequence); at < total; at += 100) {
        peer.stream(call, answer(at + 1, Math.min(at + 100, total)));
      }
    } else {
      peer.answer(call);
    }
    if (call.operation.name === 'Cancel') {
      peer.refuse(streams.get(Number(call.request.streamId)), 1, 'cancelled');
    }
  });
  const watch = client.watch({ afterSequence: 0 });
  await until(() => daemon.calls.length >= 2);
  assert.equal(daemon.calls[1].operation.name, 'Cancel');
  await client.version();
  let expected = 1;
  for await (const { sequence } of watch) {
    assert.equal(sequence, BigInt(expected));
    if (expected++ === total) break;
  }
  const begun = daemon.calls.filter(({ operation }) => operation.name === 'Watch');
  assert.ok(begun.length >= 2, `begun ${begun.length} times`);
  assert.equal(daemon.peers.length, 1);
});
