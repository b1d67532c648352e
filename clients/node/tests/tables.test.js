import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { fileURLToPath } from 'node:url';
import { Client } from '../client.js';
import { Status } from '../errors.js';
import { messages } from '../messages.js';
import { operations } from '../operations.js';
import { declarations } from '../tools/declarations.js';
import { parseProto } from '../tools/proto.js';
import { protocolFile } from './support/vectors.js';
import { uses } from './support/tools.js';

const proto = parseProto(protocolFile('imaged.proto'));

/** A field of the tables as imaged.proto would write it. */
function line(field) {
  const { type, of, number, protoName, isRepeated, hasPresence } = field;
  const isOptional = hasPresence && type !== 'message';
  const label = isRepeated ? 'repeated ' : isOptional ? 'optional ' : '';
  return `${label}${of ?? type} ${protoName} = ${number}`;
}

test('the tables have each field of imaged.proto, and no other', () => {
  assert.ok(proto.messages.length > 150, 'imaged.proto is read');
  const expected = Object.fromEntries(proto.messages.map(({ name, fields }) => [
    name, fields.map(({ label, type, name: field, number }) => (
      `${label ? `${label} ` : ''}${type} ${field} = ${number}`
    )).sort(),
  ]));
  const actual = Object.fromEntries([...messages].map(([name, { fields }]) => (
    [name, fields.map(line).sort()]
  )));
  assert.deepEqual(actual, expected);
});

test('an object with the fields of a message keeps the order of imaged.proto', () => {
  for (const { name, fields } of proto.messages) {
    const written = messages.get(name).fields.map(({ protoName }) => protoName);
    const byNumber = [...fields].sort((a, b) => a.number - b.number);
    assert.deepEqual(written, byNumber.map((field) => field.name), name);
  }
});

/** The rows of README.md § Operations, as the client has them. */
function documented() {
  const row = /^\| `(imaged\.v1\.\w+)` \| `(\w+)` \| \d+ \| (\w*) ?\| (yes)?.*\|$/gm;
  return [...protocolFile('README.md').matchAll(row)].map(([, service, name, again, streaming]) => (
    { service, name, again, isStreaming: streaming === 'yes' }
  ));
}

test('the operations are those of README.md, in its order', () => {
  const expected = documented();
  const names = operations.map(({ name }) => name);
  const missing = expected.map(({ name }) => name).filter((name) => !names.includes(name));
  assert.deepEqual(missing, [], 'operations that this client lacks');
  assert.deepEqual(operations.map(({ service, name, again, isStreaming }) => (
    { service, name, again, isStreaming }
  )), expected);
});

test('the operations have the messages of imaged.proto', () => {
  const expected = proto.services.flatMap(({ name: service, operations: all }) => (
    all.map(({ name, request, response, isStreaming }) => (
      { service: `imaged.v1.${service}`, name, request, response, isStreaming }
    ))
  ));
  assert.ok(expected.length > 60, 'imaged.proto is read');
  assert.deepEqual(operations.map(({ service, name, request, response, isStreaming }) => (
    { service, name, request: request?.name, response: response?.name, isStreaming }
  )), expected);
});

test('"token" is said of operations that have one, and of no other', () => {
  for (const { name, service, again, request } of operations) {
    // A fault rule's is the token of the requests that it is for.
    if (service === 'imaged.v1.Fixture') continue;
    assert.equal(again === 'token', request.byName.has('clientToken'), name);
  }
});

test('the status codes are those of README.md', () => {
  const rows = protocolFile('README.md').matchAll(/^\|(?: [^|]* \|)? ([A-Z_]+) \| (\d+) \|/gm);
  const expected = [...rows].map(([, name, number]) => [name, Number(number)]);
  assert.ok(expected.length >= 12, 'the tables are read');
  const sorted = Object.entries(Object.fromEntries(expected)).sort(([, a], [, b]) => a - b);
  assert.deepEqual(Object.entries(Status), sorted);
});

test('the client has a method for each operation', () => {
  for (const { name, method } of operations) {
    assert.equal(typeof Client.prototype[method], 'function', name);
    assert.equal(Client.prototype[method].name, method);
  }
});

test('types.d.ts is what tools/declarations.js makes', () => {
  const file = readFileSync(new URL('../types.d.ts', import.meta.url), 'utf8');
  assert.equal(file, declarations(), 'run: node tools/declarations.js > types.d.ts');
});

/** What the sample uses of Node's own types, which are not everywhere. */
const GLOBALS = `
  interface AbortSignal { readonly aborted: boolean; readonly reason: any }
  declare class AbortController { readonly signal: AbortSignal; abort(reason?: any): void }
  declare const console: { log(...values: unknown[]): void };
`;

/** Compiles the sample, with the package as `imaged`; returns what tsc says. */
function tsc() {
  const directory = mkdtempSync(join(tmpdir(), 'imaged-types-'));
  const root = fileURLToPath(new URL('..', import.meta.url));
  const paths = {
    imaged: [join(root, 'index.d.ts')], 'imaged/testing': [join(root, 'testing.d.ts')],
  };
  const compilerOptions = {
    noEmit: true, strict: true, exactOptionalPropertyTypes: true, noUncheckedIndexedAccess: true,
    target: 'es2022', module: 'es2022', moduleResolution: 'node', lib: ['es2022'],
    types: [], skipDefaultLibCheck: true, baseUrl: directory, paths,
  };
  try {
    const globals = join(directory, 'globals.d.ts');
    const config = { compilerOptions, files: [join(root, 'tests/sample.ts'), globals] };
    writeFileSync(globals, GLOBALS);
    writeFileSync(join(directory, 'tsconfig.json'), JSON.stringify(config));
    execFileSync('tsc', ['--project', directory], { encoding: 'utf8', stdio: 'pipe' });
    return '';
  } catch (error) {
    if (error.code === 'ENOENT') throw error;
    return error.stdout;
  } finally {
    rmSync(directory, { recursive: true });
  }
}

test('a strict TypeScript compiler tells what is right from what is wrong', uses('tsc'), () => {
  assert.equal(tsc(), '');
});
