// The vocabulary of the message tables, and what is worked out from them once.

/**
 * A field as the tables write it.
 *
 * @typedef {object} Column
 * @property {number} number
 * @property {'int32'|'int64'|'bool'|'string'|'bytes'|'message'} type
 * @property {string} [of] - The message's name, of type `message`.
 * @property {'optional'|'repeated'} [label]
 */

export const int32 = (number) => ({ number, type: 'int32' });
export const int64 = (number) => ({ number, type: 'int64' });
export const bool = (number) => ({ number, type: 'bool' });
export const string = (number) => ({ number, type: 'string' });
export const bytes = (number) => ({ number, type: 'bytes' });
export const message = (number, of) => ({ number, type: 'message', of });
/** Presence means something: a zero that is given is written. */
export const optional = (column) => ({ ...column, label: 'optional' });
export const repeated = (column) => ({ ...column, label: 'repeated' });

/** Wire types of protobuf. */
export const WireType = Object.freeze({
  VARINT: 0, FIXED64: 1, BYTES: 2, GROUP_START: 3, GROUP_END: 4, FIXED32: 5,
});

/** What an absent field without presence reads as; bytes and lists are made anew each time. */
const DEFAULTS = { int32: 0, int64: 0n, bool: false, string: '' };

/** Words that ECS writes in capitals throughout. */
const CAPITALS = { kms: 'KMS', os: 'OS', oss: 'OSS', sn: 'SN' };

/** Messages around payloads: errors name their fields as imaged.proto does. */
const ENVELOPES = new Set(['Request', 'Response', 'KeyValue', 'Status', 'Any']);

/** `kmsKeyId` as imaged.proto has it: `kms_key_id`. */
export function protoName(name) {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** `kms_key_id` as ECS has it: `KMSKeyId`. */
function ecsName(name) {
  const words = name.split('_');
  return words.map((word) => CAPITALS[word] ?? word[0].toUpperCase() + word.slice(1)).join('');
}

/** One field of a message. */
class Field {
  constructor(name, { number, type, of, label = '' }, inEnvelope) {
    this.name = name;
    this.number = number;
    this.type = type;
    /** The name of the message, of type `message`, else undefined; and the message itself. */
    this.of = of;
    this.message = undefined;
    this.isRepeated = label === 'repeated';
    /** Whether absent differs from zero: such a field is left out of what is decoded. */
    this.hasPresence = label === 'optional' || (type === 'message' && !this.isRepeated);
    this.protoName = protoName(name);
    /** How errors name it. */
    this.pathName = inEnvelope ? this.protoName : ecsName(this.protoName);
    this.isNumber = type === 'int32' || type === 'int64' || type === 'bool';
    this.wireType = this.isNumber ? WireType.VARINT : WireType.BYTES;
    this.default = DEFAULTS[type];
  }
}

/** One message. */
export class MessageType {
  constructor(name, columns) {
    this.name = name;
    /** By number, lowest first: the order in which they are written. */
    this.fields = Object.entries(columns)
      .map(([field, column]) => new Field(field, column, ENVELOPES.has(name)))
      .sort((a, b) => a.number - b.number);
    this.byName = new Map(this.fields.map((field) => [field.name, field]));
    // Nearly all numbers are small; an array finds them faster than a map.
    this.low = [];
    this.high = new Map();
    for (const field of this.fields) {
      if (field.number < 64) this.low[field.number] = field;
      else this.high.set(field.number, field);
    }
  }

  /** The field with this number, or undefined. */
  field(number) {
    return number < 64 ? this.low[number] : this.high.get(number);
  }

  /** A message of this type in which every field is absent. */
  create() {
    const value = {};
    for (const field of this.fields) {
      if (field.isRepeated) value[field.name] = [];
      else if (field.hasPresence) continue;
      else value[field.name] = field.type === 'bytes' ? new Uint8Array(0) : field.default;
    }
    return value;
  }
}

/**
 * The message types of tables like those in `messages/`.
 *
 * @param {Record<string, Record<string, Column>>} tables - Fields by name, by message.
 * @returns {Map<string, MessageType>} By name.
 */
export function compile(tables) {
  const types = new Map();
  for (const [name, columns] of Object.entries(tables)) {
    types.set(name, new MessageType(name, columns));
  }
  for (const type of types.values()) {
    for (const field of type.fields) {
      if (field.of === undefined) continue;
      field.message = types.get(field.of);
      if (!field.message) throw new Error(`${type.name}.${field.name}: no message ${field.of}`);
    }
  }
  return types;
}
