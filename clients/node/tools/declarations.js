// Writes types.d.ts to standard output: the types of messages/ and operations.js, with the
// comments of protocol/imaged.proto. A test compares the file with this.
import { readFileSync } from 'node:fs';
import process from 'node:process';
import { pathToFileURL } from 'node:url';
import { messages } from '../messages.js';
import { operations } from '../operations.js';
import { parseProto } from './proto.js';

const PROTO = new URL('../../../protocol/imaged.proto', import.meta.url);

/** All messages that `types` hold, at any depth, and themselves. */
function reachable(types) {
  const found = new Set();
  const visit = (type) => {
    if (found.has(type)) return;
    found.add(type);
    for (const { message } of type.fields) if (message) visit(message);
  };
  types.forEach(visit);
  return found;
}

const given = reachable(operations.map(({ request }) => request));
const read = reachable(operations.map(({ response }) => response));

/** The name of a message's type as a caller gives it; one that is also read has another shape. */
function givenName(type) {
  return read.has(type) ? `${type.name}Input` : type.name;
}

function typeOf(field, isGiven) {
  switch (field.type) {
    case 'int32': return 'number';
    case 'int64': return isGiven ? 'number | bigint' : 'bigint';
    case 'bool': return 'boolean';
    case 'string': return 'string';
    case 'bytes': return 'Uint8Array';
    default: return isGiven ? givenName(field.message) : field.of;
  }
}

function declaration(field, isGiven) {
  const one = typeOf(field, isGiven);
  if (isGiven) {
    const list = one.includes(' ') ? `readonly (${one})[]` : `readonly ${one}[]`;
    return `${field.name}?: ${field.isRepeated ? list : one} | undefined;`;
  }
  if (field.isRepeated) return `${field.name}: ${one}[];`;
  return `${field.name}${field.hasPresence ? '?' : ''}: ${one};`;
}

/** A comment in lines of at most 100 columns; none if there is nothing to say. */
function doc(text, indent) {
  if (text === '') return [];
  if (indent.length + text.length + 7 <= 100) return [`${indent}/** ${text} */`];
  const lines = [''];
  for (const word of text.split(' ')) {
    const line = lines[lines.length - 1];
    if (indent.length + 3 + line.length + 1 + word.length > 100) lines.push(word);
    else lines[lines.length - 1] = line === '' ? word : `${line} ${word}`;
  }
  return [`${indent}/**`, ...lines.map((line) => `${indent} * ${line}`), `${indent} */`];
}

function messageLines(type, { comment, fields }, isGiven) {
  const name = isGiven ? givenName(type) : type.name;
  const said = new Map(fields.map((field) => [field.name, field.comment]));
  const body = type.fields.flatMap((field) => [
    ...doc(said.get(field.protoName) ?? '', '  '),
    `  ${declaration(field, isGiven)}`,
  ]);
  const end = body.length > 0 ? ['{', ...body, '}'] : ['{}'];
  return ['', ...doc(comment, ''), `export interface ${name} ${end.join('\n')}`];
}

function operationLines({ name, method, again, request, response, isStreaming }, comment) {
  if (isStreaming) return [];
  const repeats = {
    reads: 'Changes nothing: sent again if its answer was lost.',
    token: 'With a `clientToken` sent again if its answer was lost.',
    '': 'Never sent again by itself.',
  };
  const parameters = `request?: ${givenName(request)}, options?: CallOptions`;
  const line = `  ${method}(${parameters}): Promise<${response.name}>;`;
  const wrapped = [
    `  ${method}(`, `    request?: ${givenName(request)}, options?: CallOptions,`,
    `  ): Promise<${response.name}>;`,
  ];
  const text = `${name}. ${comment ? `${comment} ` : ''}${repeats[again]}`;
  return [...doc(text, '  '), ...(line.length <= 100 ? [line] : wrapped)];
}

/** The text of types.d.ts. */
export function declarations() {
  const proto = parseProto(readFileSync(PROTO, 'utf8'));
  const comments = new Map(proto.services.flatMap((service) => service.operations)
    .map(({ name, comment }) => [name, comment]));
  const lines = [
    '// The messages and operations of imaged. Made by: npm run declarations.',
    "import type { CallOptions } from './index.js';",
  ];
  for (const message of proto.messages) {
    // Those that no operation has are frames' envelopes, of no use to callers.
    const type = messages.get(message.name);
    if (!type) throw new Error(`messages/ has no ${message.name}`);
    if (read.has(type)) lines.push(...messageLines(type, message, false));
    if (given.has(type)) lines.push(...messageLines(type, message, true));
  }
  lines.push('', '/** A method for each operation. */', 'export interface Operations {');
  for (const entry of operations) lines.push(...operationLines(entry, comments.get(entry.name)));
  lines.push('}', '', "/** The operations' messages, by the names of the wire. */");
  lines.push('export interface OperationTypes {');
  for (const { name, request, response } of operations) {
    const body = `request: ${givenName(request)}; response: ${response.name}`;
    if (name.length + body.length <= 90) lines.push(`  ${name}: { ${body} };`);
    else lines.push(`  ${name}: {`, `    ${body};`, '  };');
  }
  lines.push('}', '');
  return lines.join('\n');
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) process.stdout.write(declarations());
