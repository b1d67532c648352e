// protobuf's wire format as protocol/README.md § Payloads has it: one reader and one writer for
// all messages, driven by the tables in messages/.
import { WireType } from './schema.js';

/** A payload or envelope is level 1, a message or group inside is one more. */
const LEVEL_MAX = 32;
const INT64_MAX = 2n ** 63n - 1n;
const INT64_MIN = -(2n ** 63n);

/** Bytes that are not a message. */
export class DecodeError extends Error {
  /**
   * @param {string} kind - The rule that they break, as protocol/vectors/README.md names it.
   * @param {string} [path] - The field, `DiskDeviceMapping.2.Size`; empty: none.
   */
  constructor(kind, path = '') {
    super();
    this.kind = kind;
    this.path = path;
  }

  get name() { return 'DecodeError'; }
  get message() { return this.path ? `${this.path}: ${this.kind}` : this.kind; }

  /** The same error, seen from the message around. */
  within(name) {
    this.path = this.path ? `${name}.${this.path}` : name;
    return this;
  }
}

/**
 * Decodes a message.
 *
 * Fields without presence are always there, with their defaults; optional fields and messages only
 * if they were sent. 64-bit integers are bigints, bytes are Uint8Arrays of their own.
 *
 * @param {import('./schema.js').MessageType} type
 * @param {Uint8Array} data
 * @returns {object}
 * @throws {DecodeError}
 */
export function decode(type, data) {
  const buffer = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  const value = type.create();
  new Reader(buffer).message(type, value, buffer.length, 1);
  return value;
}

/** A place in a buffer. Each method reads up to `end`, the end of the message around it. */
class Reader {
  #buffer;
  #at = 0;
  /** The two halves of the varint read last, as unsigned 32-bit numbers. */
  #low = 0;
  #high = 0;

  constructor(buffer) {
    this.#buffer = buffer;
  }

  /** Reads fields up to `end` into `value`, over what is there already. */
  message(type, value, end, level) {
    while (this.#at < end) {
      const tag = this.#tag(end);
      const number = tag >>> 3;
      const wireType = tag & 7;
      const field = type.field(number);
      if (field) this.#field(field, wireType, value, end, level);
      else this.#skip(number, wireType, end, level);
    }
  }

  #field(field, wireType, value, end, level) {
    const list = field.isRepeated ? value[field.name] : undefined;
    try {
      if (list && field.isNumber && wireType === WireType.BYTES) {
        const packEnd = this.#length(end);
        while (this.#at < packEnd) list.push(this.#number(field, packEnd));
        return;
      }
      if (wireType !== field.wireType) throw new DecodeError('wrong_wire_type');
      const before = list ? undefined : value[field.name];
      const read = this.#value(field, before, end, level);
      if (list) list.push(read);
      else value[field.name] = read;
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      // An element that was not read has the place behind those that were.
      if (list) error.within(`${list.length + 1}`);
      throw error.within(field.pathName);
    }
  }

  /** Reads a value; a message that is there already is merged with it. */
  #value(field, before, end, level) {
    if (field.isNumber) return this.#number(field, end);
    const valueEnd = this.#length(end);
    if (field.type === 'message') {
      if (level === LEVEL_MAX) throw new DecodeError('too_deep');
      const value = before ?? field.message.create();
      this.message(field.message, value, valueEnd, level + 1);
      return value;
    }
    const start = this.#at;
    this.#at = valueEnd;
    if (field.type === 'string') return utf8(this.#buffer, start, valueEnd);
    return new Uint8Array(this.#buffer.subarray(start, valueEnd));
  }

  #number(field, end) {
    this.#varint(end);
    switch (field.type) {
      case 'int32': return this.#low | 0;
      case 'bool': return this.#low !== 0 || this.#high !== 0;
      default: return (BigInt(this.#high | 0) << 32n) | BigInt(this.#low);
    }
  }

  /** Reads a tag: a field number of 29 bits before a wire type of 3. */
  #tag(end) {
    this.#varint(end);
    const tag = this.#low;
    if (this.#high !== 0 || tag >>> 3 === 0) throw new DecodeError('invalid_field_number');
    if ((tag & 7) > WireType.FIXED32) throw new DecodeError('invalid_wire_type');
    return tag;
  }

  /** Reads a length; returns where what it measures ends. */
  #length(end) {
    this.#varint(end);
    if (this.#high !== 0 || this.#low > end - this.#at) throw new DecodeError('truncated');
    return this.#at + this.#low;
  }

  #varint(end) {
    let low = 0;
    let high = 0;
    for (let index = 0; index < 10; index++) {
      if (this.#at === end) throw new DecodeError('truncated');
      const byte = this.#buffer[this.#at++];
      const bits = byte & 0x7f;
      if (index < 4) low |= bits << (7 * index);
      else if (index === 4) {
        low |= bits << 28;
        high = bits >>> 4;
      } else if (index < 9) high |= bits << (7 * index - 32);
      else if (byte > 1) throw new DecodeError('varint_too_long');
      else high |= bits << 31;
      if (byte < 0x80) {
        this.#low = low >>> 0;
        this.#high = high >>> 0;
        return;
      }
    }
    throw new DecodeError('varint_too_long');
  }

  /** Skips the value of an unknown field, a group with all that it holds. */
  #skip(number, wireType, end, level) {
    const groups = [];
    for (;;) {
      switch (wireType) {
        case WireType.VARINT: this.#varint(end); break;
        case WireType.FIXED64: this.#advance(8, end); break;
        case WireType.FIXED32: this.#advance(4, end); break;
        case WireType.BYTES: this.#at = this.#length(end); break;
        case WireType.GROUP_START:
          groups.push(number);
          if (level + groups.length > LEVEL_MAX) throw new DecodeError('too_deep');
          break;
        default:
          if (groups.pop() !== number) throw new DecodeError('group_mismatch');
      }
      if (groups.length === 0) return;
      const tag = this.#tag(end);
      number = tag >>> 3;
      wireType = tag & 7;
    }
  }

  #advance(count, end) {
    if (end - this.#at < count) throw new DecodeError('truncated');
    this.#at += count;
  }
}

/** Node's reader puts U+FFFD where bytes are wrong: only then they are looked at again. */
function utf8(buffer, start, end) {
  const text = buffer.toString('utf8', start, end);
  if (!text.includes('\ufffd')) return text;
  if (Buffer.from(text).compare(buffer, start, end) !== 0) throw new DecodeError('invalid_utf8');
  return text;
}

/**
 * Encodes a message. Fields that are `undefined` are absent.
 *
 * @param {import('./schema.js').MessageType} type
 * @param {object} value - Numbers for int32, numbers or bigints for int64, Uint8Arrays for bytes.
 * @param {string} [what] - How an error names the whole.
 * @returns {Buffer}
 * @throws {TypeError|RangeError} It names the field.
 */
export function encode(type, value, what = type.name) {
  const writer = new Writer();
  writer.message(type, value, what, 1);
  return writer.bytes();
}

class Writer {
  #buffer = Buffer.allocUnsafe(256);
  #at = 0;

  bytes() {
    return this.#buffer.subarray(0, this.#at);
  }

  message(type, value, what, level) {
    if (level > LEVEL_MAX) throw new TypeError(`${what}: more than ${LEVEL_MAX} levels`);
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw new TypeError(`${what}: ${describe(value)} instead of an object with its fields`);
    }
    for (const name of Object.keys(value)) {
      if (!type.byName.has(name) && value[name] !== undefined) {
        throw new TypeError(`${what}: it has no field ${name}${suggestion(type, name)}`);
      }
    }
    for (const field of type.fields) {
      const item = value[field.name];
      if (item === undefined) continue;
      if (field.isRepeated) this.#list(field, item, `${what}.${field.name}`, level);
      else this.#single(field, item, `${what}.${field.name}`, level);
    }
  }

  #single(field, value, what, level) {
    check(field, value, what);
    if (!field.hasPresence && isDefault(field, value)) return;
    this.#tag(field);
    this.#value(field, value, what, level);
  }

  #list(field, list, what, level) {
    if (!Array.isArray(list)) throw new TypeError(`${what}: ${describe(list)} instead of an array`);
    if (list.length === 0) return;
    if (field.isNumber) {
      this.#varint(field.number * 8 + WireType.BYTES, 0);
      this.#measured(() => this.#elements(field, list, what, level));
    } else {
      this.#elements(field, list, what, level);
    }
  }

  #elements(field, list, what, level) {
    // Not forEach: it would pass over holes.
    for (let index = 0; index < list.length; index++) {
      const place = `${what}[${index}]`;
      check(field, list[index], place);
      if (!field.isNumber) this.#tag(field);
      this.#value(field, list[index], place, level);
    }
  }

  #value(field, value, what, level) {
    switch (field.type) {
      case 'int32': return this.#varint(value >>> 0, value < 0 ? 0xffffffff : 0);
      case 'bool': return this.#varint(value ? 1 : 0, 0);
      case 'int64': {
        const bits = BigInt.asUintN(64, BigInt(value));
        return this.#varint(Number(bits & 0xffffffffn), Number(bits >> 32n));
      }
      case 'string': {
        const length = Buffer.byteLength(value);
        this.#varint(length, 0);
        this.#ensure(length);
        this.#at += this.#buffer.write(value, this.#at, length, 'utf8');
        return undefined;
      }
      case 'bytes':
        this.#varint(value.length, 0);
        this.#ensure(value.length);
        this.#buffer.set(value, this.#at);
        this.#at += value.length;
        return undefined;
      default:
        return this.#measured(() => this.message(field.message, value, what, level + 1));
    }
  }

  /** Writes what `body` writes behind its length. */
  #measured(body) {
    this.#ensure(1);
    const start = ++this.#at;
    body();
    const end = this.#at;
    const length = end - start;
    // One byte was left for the length; a longer one moves what was written.
    this.#at = start - 1;
    const shift = varintBytes(length) - 1;
    if (shift > 0) {
      this.#ensure(length + shift + 1);
      this.#buffer.copyWithin(start + shift, start, end);
    }
    this.#varint(length, 0);
    this.#at = end + shift;
  }

  #tag(field) {
    this.#varint(field.number * 8 + field.wireType, 0);
  }

  /** Writes a number of 64 bits, given as two unsigned halves. */
  #varint(low, high) {
    this.#ensure(10);
    while (high !== 0 || low > 0x7f) {
      this.#buffer[this.#at++] = (low & 0x7f) | 0x80;
      low = ((low >>> 7) | (high << 25)) >>> 0;
      high >>>= 7;
    }
    this.#buffer[this.#at++] = low;
  }

  #ensure(count) {
    if (this.#buffer.length - this.#at >= count) return;
    const larger = Buffer.allocUnsafe(Math.max(this.#buffer.length * 2, this.#at + count));
    this.#buffer.copy(larger, 0, 0, this.#at);
    this.#buffer = larger;
  }
}

function varintBytes(value) {
  let count = 1;
  for (let rest = Math.floor(value / 128); rest > 0; rest = Math.floor(rest / 128)) count++;
  return count;
}

/** Whether an absent field would say the same. */
function isDefault(field, value) {
  switch (field.type) {
    case 'string': case 'bytes': return value.length === 0;
    case 'int64': return BigInt(value) === 0n;
    default: return value === field.default || value === 0;
  }
}

/** What a caller may give for a field; anything else is refused by its name. */
function check(field, value, what) {
  switch (field.type) {
    case 'string':
      if (typeof value !== 'string') break;
      if (/\p{Surrogate}/u.test(value)) {
        throw new TypeError(`${what}: half of a surrogate pair, which is no character`);
      }
      return;
    case 'bool':
      if (typeof value !== 'boolean') break;
      return;
    case 'int32':
      if (typeof value !== 'number') break;
      if ((value | 0) !== value) throw new RangeError(`${what}: ${value} is no 32-bit integer`);
      return;
    case 'int64':
      if (typeof value === 'number') {
        if (Number.isSafeInteger(value)) return;
        throw new RangeError(`${what}: ${value} is not exact; give a bigint`);
      }
      if (typeof value !== 'bigint') break;
      if (value < INT64_MIN || value > INT64_MAX) {
        throw new RangeError(`${what}: ${value} is no 64-bit integer`);
      }
      return;
    case 'bytes':
      if (!(value instanceof Uint8Array)) break;
      return;
    default:
      // The writer looks at a message itself.
      return;
  }
  const wanted = {
    string: 'a string', bool: 'true or false', int32: 'a number', int64: 'a number or a bigint',
    bytes: 'a Uint8Array',
  };
  throw new TypeError(`${what}: ${describe(value)} instead of ${wanted[field.type]}`);
}

function describe(value) {
  if (value === null) return 'null';
  if (value === undefined) return 'undefined';
  if (Array.isArray(value)) return 'an array';
  if (value instanceof Uint8Array) return 'a Uint8Array';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}

/** The field that was probably meant: `instance_id` and `InstanceID` are `instanceId` here. */
function suggestion(type, name) {
  const key = (text) => text.replaceAll('_', '').toLowerCase();
  const meant = type.fields.find((field) => key(field.name) === key(name));
  return meant ? `; ${meant.name} is meant?` : '';
}
