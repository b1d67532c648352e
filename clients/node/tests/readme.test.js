// The examples of README.md, run as they stand.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import test from 'node:test';
import { fileURLToPath } from 'node:url';
import { imagedWorld, startDaemon } from '../testing.js';
import { usesDaemon } from './support/tools.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const readme = readFileSync(join(root, 'README.md'), 'utf8');

/** The JavaScript below a heading. */
function example(heading) {
  const section = readme.split(/^## /m).find((each) => each.startsWith(`${heading}\n`)) ?? '';
  const blocks = [...section.matchAll(/```js\n(.*?)```/gs)];
  assert.equal(blocks.length, 1, heading);
  return blocks[0][1];
}

/** What an example that does not connect by itself has: a client, and an image being made. */
const PRELUDE = `
  import { connect } from 'imaged';
  const client = await connect({ account: process.env.ACCOUNT });
  await client.holdJobs();
  const { instanceId } = await client.registerInstance({
    regionId: 'cn-hangzhou', disk: [{ size: 40 }],
  });
  const { imageId } = await client.createImage({ regionId: 'cn-hangzhou', instanceId });
`;

/** Runs a program that has this package as a dependency; what it prints. */
async function run(program, environment, args = []) {
  const directory = mkdtempSync(join(tmpdir(), 'imaged-readme-'));
  try {
    mkdirSync(join(directory, 'node_modules'));
    symlinkSync(root, join(directory, 'node_modules/imaged'));
    const file = join(directory, 'example.test.mjs');
    writeFileSync(file, program);
    // The outer test runner's own mark would make the inner one speak its language.
    const env = { ...process.env, ...environment, NODE_TEST_CONTEXT: undefined };
    return await new Promise((resolve, reject) => {
      execFile(process.execPath, [...args, file], { env }, (error, output, said) => {
        if (error) reject(new Error(`${error.message}\n${output}\n${said}`));
        else resolve(output);
      });
    });
  } finally {
    rmSync(directory, { recursive: true });
  }
}

test('First call', usesDaemon, async (t) => {
  const { daemon } = await imagedWorld(t);
  const output = await run(example('First call'), { IMAGED_SOCKET: daemon.socketPath });
  assert.match(output, /^imaged \d+\.\d+\.\d+\nrefused: InvalidInstanceId.NotFound, .+\n$/);
});

for (const [heading, expected] of [
  ['Errors', /^MissingParameter /],
  ['Cancellation', /^no longer waited for\n$/],
]) {
  test(heading, usesDaemon, async (t) => {
    const { daemon, account } = await imagedWorld(t);
    const environment = { IMAGED_SOCKET: daemon.socketPath, ACCOUNT: account };
    assert.match(await run(`${PRELUDE}\n${example(heading)}`, environment), expected);
  });
}

test('Watching', usesDaemon, async () => {
  const daemon = await startDaemon();
  try {
    const output = await run(example('Watching'), { IMAGED_SOCKET: daemon.socketPath });
    assert.match(output, /^(ImageChanged \w+ \d+%\n)*ImageChanged Available 100%\n$/);
  } finally {
    await daemon.stop();
  }
});

test('Tests with node:test', usesDaemon, async () => {
  const output = await run(example('Tests with node:test'), {}, ['--test']);
  assert.match(output, /^# pass 2$|^ℹ pass 2$/m);
  assert.match(output, /^# fail 0$|^ℹ fail 0$/m);
});

test('the places and numbers that it tells are those of the code', () => {
  const all = ['client.js', 'watch.js', 'connection.js', 'places.js']
    .map((name) => readFileSync(join(root, name), 'utf8')).join('');
  for (const constant of [
    'TIMEOUT_MS = 60_000', 'GRACE_MS = 2_000', 'BUFFERED_MAX = 4_096',
    'UNSENT_BYTES_MAX = 16 << 20', '/run/imaged/imaged.sock',
  ]) assert.ok(all.includes(constant), constant);
  const { engines } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  assert.ok(readme.includes(`Node ${engines.node.slice(2)} or newer`));
});
