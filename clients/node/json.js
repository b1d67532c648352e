// Messages in the JSON form of protocol/vectors/README.md: the names of the .proto file, 64-bit
// numbers as strings, bytes as lower-case hexadecimal, absent and default fields left out.

/** A decoded message of `type` as JSON. */
export function toJson(type, value) {
  const json = {};
  for (const field of type.fields) {
    const item = value[field.name];
    if (item === undefined) continue;
    if (field.isRepeated) {
      if (item.length > 0) json[field.protoName] = item.map((element) => toScalar(field, element));
    } else if (field.hasPresence || !isDefault(field, item)) {
      json[field.protoName] = toScalar(field, item);
    }
  }
  return json;
}

function toScalar(field, value) {
  switch (field.type) {
    case 'int64': return String(value);
    case 'bytes': return Buffer.from(value).toString('hex');
    case 'message': return toJson(field.message, value);
    default: return value;
  }
}

function isDefault(field, value) {
  return field.type === 'bytes' ? value.length === 0 : value === field.default;
}

/**
 * JSON as a message of `type` that can be encoded.
 *
 * @throws {TypeError} A member is not a field of the message.
 */
export function fromJson(type, json) {
  const value = {};
  const byProtoName = new Map(type.fields.map((field) => [field.protoName, field]));
  for (const [name, item] of Object.entries(json)) {
    const field = byProtoName.get(name);
    if (!field) throw new TypeError(`${type.name} has no field ${name}`);
    value[field.name] = field.isRepeated
      ? item.map((element) => fromScalar(field, element)) : fromScalar(field, item);
  }
  return value;
}

function fromScalar(field, value) {
  switch (field.type) {
    case 'int64': return BigInt(value);
    case 'bytes': return new Uint8Array(Buffer.from(value, 'hex'));
    case 'message': return fromJson(field.message, value);
    default: return value;
  }
}
