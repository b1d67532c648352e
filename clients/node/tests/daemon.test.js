// Against the real daemon.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { mkdtemp, rm, truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { ECSError, OutcomeUnknownError, Status, StatusError } from '../index.js';
import { streamIdsFrom } from '../client.js';
import { imagedWorld, startDaemon } from '../testing.js';
import { usesDaemon } from './support/tools.js';

const UUID = /^[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}$/;

/** A test with a world of its own. */
function inWorld(name, body) {
  test(name, usesDaemon, async (t) => body(await imagedWorld(t), t));
}

/** Resolves when a request is held by a fault rule. */
async function isHeld(client) {
  for (;;) {
    const { heldRequests } = await client.describeFaultRules();
    if (heldRequests.length > 0) return;
  }
}

inWorld('an image, from the instance to its end', async ({ client, regionId }) => {
  const { version, protocol, requestId } = await client.version();
  assert.match(version, /^\d+\.\d+\.\d+/);
  assert.equal(protocol, 1);
  assert.match(requestId, UUID);
  const { instanceId } = await client.registerInstance({ regionId, disk: [{ size: 40 }] });
  const { imageId } = await client.createImage({
    regionId, instanceId, imageName: 'web', tag: [{ key: 'stage', value: '' }],
    clientToken: randomUUID(),
  });
  await client.finishJobs();
  const { image } = await client.waitForImage({ regionId, imageId });
  assert.equal(image.status, 'Available');
  assert.equal(image.size, 40);
  assert.deepEqual(image.tags, [{ tagKey: 'stage', tagValue: '' }]);
  assert.equal(image.diskDeviceMappings.length, 1);
  assert.equal(image.secureBootOptions, undefined);
  const { images, totalCount } = await client.describeImages({ regionId, imageName: 'web' });
  assert.deepEqual([totalCount, images[0].imageId], [1, imageId]);
  await client.deleteImage({ regionId, imageId });
  const error = await client.waitForImage({ regionId, imageId }).catch((each) => each);
  assert.ok(error instanceof ECSError);
  assert.deepEqual([error.code, error.httpStatus, error.status],
    ['InvalidImageId.NotFound', 404, Status.NOT_FOUND]);
  assert.match(error.requestId, UUID);
});

inWorld('errors name the parameter; explain lists further ones', async ({ client, regionId }) => {
  const request = {
    regionId, instanceId: 'i-none', imageName: 'x', tag: [{ key: 'a' }, { key: 'a' }],
  };
  await assert.rejects(client.createImage(request), (error) => {
    assert.deepEqual([error.code, error.parameter], ['InvalidImageName.Malformed', 'ImageName']);
    assert.equal(error.further.length, 0);
    return true;
  });
  await assert.rejects(client.createImage(request, { explain: true }), (error) => {
    assert.ok(error.further.length > 0);
    assert.ok(error.further.every((each) => each instanceof ECSError && each.code !== ''));
    return true;
  });
});

inWorld('64-bit numbers are exact', async ({ client }) => {
  for (const balance of [9_007_199_254_740_993n, 9_223_372_036_854_775_807n, 0n]) {
    await client.setAccount({ balance });
    assert.equal((await client.describeAccount()).standing.balance, balance);
  }
  await client.setAccount({ balance: 12 });
  assert.equal((await client.describeAccount()).standing.balance, 12n);
});

inWorld('a thousand calls under way at once', async ({ client, regionId }) => {
  const names = Array.from({ length: 1_000 }, (_, index) => `vm-${index}`);
  const made = await Promise.all(names.map((instanceName) => (
    client.registerInstance({ regionId, instanceName, disk: [{ size: 40 }] })
  )));
  assert.equal(new Set(made.map(({ instanceId }) => instanceId)).size, 1_000);
  const found = await Promise.all(made.map(({ instanceId }) => (
    client.describeInstances({ regionId, instanceIds: [instanceId] })
  )));
  assert.deepEqual(found.map(({ instances }) => instances[0].instanceName), names);
});

inWorld('waits by the hundred, ended by one signal', async ({ client, regionId }) => {
  await client.holdJobs();
  const { instanceId } = await client.registerInstance({ regionId, disk: [{ size: 40 }] });
  const { imageId } = await client.createImage({ regionId, instanceId, imageName: 'held' });
  const controller = new AbortController();
  const waits = Array.from({ length: 100 }, () => (
    client.waitForImage({ regionId, imageId }, { signal: controller.signal })
  ));
  await client.version();
  controller.abort();
  for (const { status, reason } of await Promise.allSettled(waits)) {
    assert.equal(status, 'rejected');
    assert.equal(reason.name, 'AbortError');
    assert.match(reason.requestId, UUID);
  }
});

inWorld('a deadline: nothing happened', async ({ client, regionId }) => {
  const { instanceId } = await client.registerInstance({ regionId, disk: [{ size: 40 }] });
  await client.addFaultRule({ action: 'hold' });
  const request = { regionId, instanceId, imageName: 'late', clientToken: 'late' };
  const error = await client.createImage(request, { timeoutMs: 20 }).catch((each) => each);
  assert.ok(error instanceof StatusError);
  assert.equal(error.status, Status.DEADLINE_EXCEEDED);
  await assert.rejects(client.version({}, { timeoutMs: 0 }), { status: Status.DEADLINE_EXCEEDED });
  const { images } = await client.describeImages({ regionId, imageName: 'late', status: 'ALL' });
  assert.deepEqual(images, []);
});

inWorld('an unknown outcome, and the same token again', async ({ client, regionId }) => {
  const { instanceId } = await client.registerInstance({ regionId, disk: [{ size: 40 }] });
  const { faultRuleId } = await client.addFaultRule({ action: 'hold' });
  assert.equal(typeof faultRuleId, 'bigint');
  const request = { regionId, instanceId, imageName: 'once', clientToken: 'once' };
  await assert.rejects(client.createImage(request, { giveUpMs: 20 }), OutcomeUnknownError);
  await client.removeFaultRule({ faultRuleId });
  const { imageId } = await client.createImage(request);
  const { images } = await client.describeImages({ regionId, imageName: 'once', status: 'ALL' });
  assert.deepEqual(images.map((image) => image.imageId), [imageId]);
});

inWorld('an abort of a held request: it is not carried out', async ({ client, regionId }) => {
  const { instanceId } = await client.registerInstance({ regionId, disk: [{ size: 40 }] });
  await client.addFaultRule({ action: 'hold' });
  const controller = new AbortController();
  const pending = client.createImage(
    { regionId, instanceId, imageName: 'never' }, { signal: controller.signal },
  );
  await isHeld(client);
  controller.abort();
  await assert.rejects(pending, { name: 'AbortError' });
  const { images } = await client.describeImages({ regionId, imageName: 'never', status: 'ALL' });
  assert.deepEqual(images, []);
});

inWorld('a watch: what happens after it, and from a sequence on', async ({ client, regionId }) => {
  await client.holdJobs();
  const watch = client.watch();
  const { instanceId } = await client.registerInstance({ regionId, disk: [{ size: 40 }] });
  const { imageId } = await client.createImage({ regionId, instanceId, imageName: 'seen' });
  const kinds = [];
  let first;
  for await (const event of watch) {
    first ??= event.sequence;
    kinds.push(event.kind);
    if (event.image?.imageId === imageId) break;
  }
  const expected = ['DiskChanged', 'InstanceChanged', 'SnapshotChanged', 'ImageChanged'];
  assert.deepEqual(kinds, expected);
  const again = [];
  for await (const { kind } of client.watch({ afterSequence: first })) {
    if (again.push(kind) === 3) break;
  }
  assert.deepEqual(again, expected.slice(1));
  const one = client.watch({ afterSequence: 0, resourceId: [imageId] });
  assert.equal((await one.next()).value.image.imageName, 'seen');
  await client.deleteImage({ regionId, imageId, force: true });
  for await (const { kind } of one) if (kind === 'ImageDeleted') break;
});

inWorld('what is watched is over when it is left: hundreds of times', async ({ client }) => {
  for (let count = 0; count < 300; count++) await client.watch().return();
  const controller = new AbortController();
  const options = { signal: controller.signal };
  const watches = Array.from({ length: 100 }, () => client.watch({}, options));
  const pending = watches.map((watch) => watch.next());
  controller.abort();
  for (const { reason } of await Promise.allSettled(pending)) {
    assert.equal(reason.name, 'AbortError');
  }
  await Promise.all(watches.map((watch) => watch.return()));
  assert.equal((await client.version()).protocol, 1);
});

inWorld('more waits than a connection may have', async ({ client, regionId }) => {
  await client.holdJobs();
  const { instanceId } = await client.registerInstance({ regionId, disk: [{ size: 40 }] });
  const { imageId } = await client.createImage({ regionId, instanceId, imageName: 'held' });
  const waits = Array.from({ length: 130 }, () => client.waitForImage({ regionId, imageId }));
  const outcomes = Promise.allSettled(waits);
  await client.version();
  await client.finishJobs();
  const refused = (await outcomes).filter(({ status }) => status === 'rejected');
  assert.deepEqual(refused.map(({ reason }) => reason.status),
    [Status.RESOURCE_EXHAUSTED, Status.RESOURCE_EXHAUSTED]);
});

inWorld('accounts do not see each other; a RAM user may what its policy says', async (world, t) => {
  const { client, regionId } = world;
  const other = await imagedWorld(t);
  await client.registerInstance({ regionId, disk: [{ size: 40 }] });
  assert.equal((await other.client.describeInstances({ regionId })).totalCount, 0);
  const account = other.account;
  assert.equal((await client.describeInstances({ regionId }, { account })).totalCount, 0);
  await client.setRamUser({ ramUser: 'nobody' });
  const error = await client.describeInstances({ regionId }, { ramUser: 'nobody' })
    .catch((each) => each);
  assert.deepEqual([error.status, error.code], [Status.PERMISSION_DENIED, 'Forbidden']);
  await assert.rejects(client.version({}, { account: 'none' }).then(
    () => client.describeImages({ regionId }, { account: 'none' }),
  ), { code: 'Forbidden' });
});

inWorld('stream ids run out', async ({ client, regionId }) => {
  streamIdsFrom(client, 4294967285);
  const waits = client.readEvents({}, { timeoutMs: 10_000 });
  for (let count = 0; count < 20; count++) await client.version();
  await client.registerInstance({ regionId, disk: [{ size: 40 }] });
  assert.ok((await waits).events.length > 0, 'what the old connection had is not lost');
});

test('the daemon dies and comes back', usesDaemon, async () => {
  const directory = await mkdtemp(join(tmpdir(), 'imaged-node-'));
  const daemon = await startDaemon({ dataDir: join(directory, 'data') });
  const client = await daemon.connect();
  try {
    const regionId = 'cn-hangzhou';
    const { instanceId } = await client.registerInstance({
      regionId, disk: [{ size: 40 }], clientToken: 'vm',
    });
    await client.addFaultRule({ operation: 'DeleteSnapshot', action: 'hold' });
    const held = client.deleteSnapshot({ snapshotId: 's-none' }).catch((error) => error);
    await isHeld(client);
    await daemon.kill();
    assert.ok(await held instanceof OutcomeUnknownError);
    await assert.rejects(client.version(), { name: 'NoDaemonError' });
    await daemon.start();
    const { instances } = await client.describeInstances({ regionId });
    assert.deepEqual(instances.map((each) => each.instanceId), [instanceId]);
    await daemon.kill();
    await daemon.start();
    const again = await client.registerInstance({
      regionId, disk: [{ size: 40 }], clientToken: 'vm',
    });
    assert.equal(again.instanceId, instanceId, 'as idle as it was, it goes over a new connection');
  } finally {
    await client.close();
    await daemon.stop();
    await rm(directory, { recursive: true, force: true });
  }
});

test('bytes of a real disk', usesDaemon, async () => {
  const directory = await mkdtemp(join(tmpdir(), 'imaged-node-'));
  const path = join(directory, 'disk.raw');
  writeFileSync(path, Buffer.alloc(1 << 16));
  await truncate(path, 1 << 20);
  const bytes = Buffer.alloc(1 << 16, 'imaged');
  writeFileSync(path, Buffer.concat([Buffer.alloc(1 << 16), bytes, Buffer.alloc(14 << 16)]));
  const daemon = await startDaemon({ dataDir: join(directory, 'data') });
  const client = await daemon.connect();
  try {
    const { diskIds: [diskId] } = await client.registerInstance({
      regionId: 'cn-hangzhou', disk: [{ path, format: 'raw' }],
    });
    const { snapshotId } = await client.createSnapshot({ diskId });
    const watch = client.watch({ afterSequence: 0, resourceId: [snapshotId] });
    for await (const { snapshot } of watch) if (snapshot.status === 'accomplished') break;
    const hole = await client.readSnapshot({ snapshotId, length: 1 << 16 });
    assert.deepEqual([hole.holeBytes, hole.sizeBytes, hole.data.length], [65_536n, 1_048_576n, 0]);
    const read = await client.readSnapshot({ snapshotId, offset: 65_536n, length: 1 << 20 });
    assert.ok(Buffer.from(read.data).equals(bytes));
    assert.equal(read.data.constructor, Uint8Array);
    const target = join(directory, 'out.raw');
    const exported = await client.exportSnapshot({ snapshotId, path: target });
    assert.deepEqual([exported.sizeBytes, exported.storedBytes], [1_048_576n, 65_536n]);
  } finally {
    await client.close();
    await daemon.stop();
    await rm(directory, { recursive: true, force: true });
  }
});
