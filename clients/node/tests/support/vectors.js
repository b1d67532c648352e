// The files of protocol/, as the tests read them.
import { readFileSync } from 'node:fs';
import { messages } from '../../messages.js';
import {
  bool, bytes, compile, int32, int64, message, optional, repeated, string,
} from '../../schema.js';

/** The text of a file of protocol/. */
export function protocolFile(name) {
  return readFileSync(new URL(`../../../../protocol/${name}`, import.meta.url), 'utf8');
}

/** The vectors of a file of protocol/vectors/. */
export function vectors(name) {
  return JSON.parse(protocolFile(`vectors/${name}.json`)).vectors;
}

/** The message of protocol/vectors/sample.proto. */
const samples = compile({
  Sample: {
    int32Value: int32(1),
    int64Value: int64(2),
    boolValue: bool(3),
    stringValue: string(4),
    bytesValue: bytes(5),
    messageValue: message(6, 'Sample'),
    stringList: repeated(string(7)),
    messageList: repeated(message(8, 'Sample')),
    optionalInt32: optional(int32(9)),
    optionalInt64: optional(int64(10)),
    optionalBool: optional(bool(11)),
    optionalString: optional(string(12)),
    numberList: repeated(int64(13)),
    twoByteTag: int32(16),
    lastNumber: int32(536870911),
  },
});

/** A message type by its name, of imaged.proto or sample.proto. */
export function messageType(name) {
  const type = messages.get(name) ?? samples.get(name);
  if (!type) throw new Error(`no message ${name}`);
  return type;
}
