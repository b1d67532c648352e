// The helper for tests.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import process from 'node:process';
import test from 'node:test';
import { imagedWorld, startDaemon } from '../testing.js';
import { usesDaemon } from './support/tools.js';

/** Whether a process runs; one that nobody has waited for yet does not. */
function isAlive(pid) {
  try {
    return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

async function until(condition) {
  while (!condition()) await new Promise((resolve) => { setTimeout(resolve, 5); });
}

test('worlds share a daemon, and nothing else', usesDaemon, async (t) => {
  const [one, other] = [await imagedWorld(t), await imagedWorld(t)];
  assert.equal(one.daemon, other.daemon);
  assert.notEqual(one.account, other.account);
  const { instanceId, diskIds } = await one.registerInstance({ status: 'Running' });
  assert.equal(diskIds.length, 1);
  const { instances } = await one.client.describeInstances({ regionId: one.regionId });
  assert.deepEqual(instances.map((each) => each.instanceId), [instanceId]);
  assert.equal(instances[0].status, 'Running');
  assert.equal((await other.client.describeInstances({ regionId: other.regionId })).totalCount, 0);
  const second = await one.connect();
  assert.equal((await second.describeInstances({ regionId: one.regionId })).totalCount, 1);
});

test('a world goes with its test', usesDaemon, async (t) => {
  const ends = [];
  const world = await imagedWorld({ after: (end) => ends.push(end) });
  const outside = await imagedWorld(t);
  assert.equal(ends.length, 1);
  await ends[0]();
  const { account } = world;
  await assert.rejects(outside.client.describeAccount({}, { account }), { code: 'Forbidden' });
  await assert.rejects(world.client.version(), { name: 'NotSentError' });
});

test('a daemon of one\'s own: killed, started again, stopped', usesDaemon, async () => {
  const daemon = await startDaemon();
  const directory = dirname(daemon.socketPath);
  const world = await imagedWorld(undefined, { daemon });
  await world.registerInstance();
  assert.match(daemon.log(), /RegisterInstance/);
  const { pid } = daemon;
  await daemon.kill();
  assert.equal(daemon.pid, undefined);
  assert.equal(isAlive(pid), false);
  await daemon.start();
  assert.equal((await (await daemon.connect()).version()).protocol, 1);
  await world.close();
  await daemon.stop();
  await daemon.stop();
  assert.equal(existsSync(directory), false);
});

test('a daemon that was stopped starts again, and one that runs does not', usesDaemon, async () => {
  const daemon = await startDaemon();
  const { socketPath } = daemon;
  const directory = dirname(socketPath);
  await daemon.stop();
  assert.equal(existsSync(directory), false);
  await daemon.start();
  const { pid } = daemon;
  await assert.rejects(daemon.start(), /^Error: the daemon runs already: stop or kill it first$/);
  assert.equal(daemon.pid, pid);
  assert.equal(daemon.socketPath, socketPath);
  const client = await daemon.connect();
  assert.equal((await client.version()).protocol, 1);
  await client.close();
  await daemon.stop();
  assert.equal(isAlive(pid), false);
  assert.equal(existsSync(directory), false);
});

test('one that does not start: the error has what it said', usesDaemon, async () => {
  await assert.rejects(startDaemon({ args: ['--no-such-option'] }),
    /ended with 64 instead of serving: .*--no-such-option/);
  await assert.rejects(startDaemon({ imaged: '/no/such/imaged' }),
    /\/no\/such\/imaged cannot be started \(ENOENT\): name it with IMAGED/);
});

/** A process that has a world, and then runs `script`; its daemon's id and directory. */
async function processWithWorld(script) {
  const program = `
    import { imagedWorld } from ${JSON.stringify(new URL('../testing.js', import.meta.url).href)};
    const world = await imagedWorld();
    console.log(JSON.stringify([world.daemon.pid, world.daemon.socketPath]));
    ${script}
  `;
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = await once(child.stdout, 'data');
  const [pid, socketPath] = JSON.parse(line);
  return { child, pid, directory: dirname(socketPath) };
}

test('no daemon is left behind, however the process ends', usesDaemon, async () => {
  const forever = 'setInterval(() => {}, 1000)';
  await Promise.all([
    ['', null], ['process.exit(3)', null], [forever, 'SIGTERM'], [forever, 'SIGKILL'],
  ].map(async ([script, signal]) => {
    const { child, pid, directory } = await processWithWorld(script);
    assert.ok(signal === null || isAlive(pid), 'the daemon lives as long as its process');
    if (signal) child.kill(signal);
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    await until(() => !isAlive(pid) && !existsSync(directory));
  }));
});

test('await using: clients, watches, worlds and daemons end themselves', usesDaemon, async (t) => {
  if (!Symbol.asyncDispose) {
    t.skip('this Node has no Symbol.asyncDispose');
    return;
  }
  const daemon = await startDaemon();
  const world = await imagedWorld(undefined, { daemon });
  const client = await world.connect();
  const watch = client.watch();
  for (const each of [watch, client, world, daemon]) await each[Symbol.asyncDispose]();
  assert.equal((await watch.next()).done, true);
  await assert.rejects(client.version(), { name: 'NotSentError', reason: 'the client is closed' });
  await assert.rejects(world.client.version(), { name: 'NotSentError' });
  assert.equal(daemon.pid, undefined);
});
