import assert from 'node:assert/strict';
import test from 'node:test';
import { DecodeError, decode, encode } from '../codec.js';
import { DATA_BYTES_MAX, FrameDecoder, HEADER_BYTES, encodeFrame } from '../frames.js';
import { fromJson, toJson } from '../json.js';
import { messageType, vectors } from './support/vectors.js';

for (const file of ['request', 'response', 'messages', 'proto']) {
  test(`vectors: ${file}.json`, () => {
    const all = vectors(file);
    assert.ok(all.length > 10, 'there are vectors');
    for (const vector of all) {
      const type = messageType(vector.message);
      const data = Buffer.from(vector.hex, 'hex');
      if (vector.refused) {
        const expected = { name: 'DecodeError', kind: vector.refused, path: vector.field };
        assert.throws(() => decode(type, data), expected, vector.name);
        continue;
      }
      assert.deepEqual(toJson(type, decode(type, data)), vector.fields, vector.name);
      const written = encode(type, fromJson(type, vector.fields)).toString('hex');
      assert.equal(written, vector.canonical ?? vector.hex, vector.name);
    }
  });
}

test('every prefix of a message is read or refused, and nothing else is thrown', () => {
  for (const vector of vectors('messages')) {
    const type = messageType(vector.message);
    const data = Buffer.from(vector.hex, 'hex');
    // Of the few long ones every seventh.
    for (let length = 0; length < data.length; length += data.length > 500 ? 7 : 1) {
      try {
        decode(type, data.subarray(0, length));
      } catch (error) {
        assert.ok(error instanceof DecodeError, `${vector.name}, ${length} bytes: ${error}`);
      }
    }
  }
});

/** What the vectors say of a frame. */
function described({ found, dataLength, streamId, type, flags, data }) {
  const header = { found, data_length: dataLength, stream_id: streamId, type, flags };
  return data ? { ...header, data: data.toString('hex') } : header;
}

/** The frames found in `bytes`, cut into pieces of `size`. */
function framesIn(bytes, size) {
  const decoder = new FrameDecoder();
  const frames = [];
  for (let at = 0; at < bytes.length; at += size) {
    frames.push(...decoder.push(bytes.subarray(at, at + size)).map(described));
  }
  return { frames, left: decoder.left };
}

function bytesOf(vector) {
  return Buffer.concat(vector.parts.map(({ hex, times = 1 }) => {
    const part = Buffer.from(hex, 'hex');
    return Buffer.alloc(part.length * times, part);
  }));
}

/** Those of a vector; the data of very large frames are left out in it. */
function expectedFrames(vector, frames) {
  return vector.frames.map((frame, index) => {
    if (frame.found === 'frame' && frame.data === undefined) {
      return { ...frame, data: frames[index]?.data };
    }
    return frame;
  });
}

test('vectors: frames.json, whole, byte by byte and in threes', () => {
  for (const vector of vectors('frames')) {
    const bytes = bytesOf(vector);
    const sizes = bytes.length > 100_000 ? [bytes.length, 65_536, 4_099] : [bytes.length, 1, 3];
    for (const size of sizes) {
      const { frames, left } = framesIn(bytes, Math.max(size, 1));
      const name = `${vector.name}, ${size} bytes a piece`;
      assert.deepEqual(frames, expectedFrames(vector, frames), name);
      assert.equal(left, vector.left, name);
    }
  }
});

test('vectors: frames.json, joined', () => {
  const whole = vectors('frames').filter((vector) => {
    const isDone = vector.left === 0 && !vector.name.startsWith('cut:');
    return isDone && vector.frames.every(({ found }) => found !== 'reserved');
  });
  const bytes = Buffer.concat(whole.map(bytesOf));
  for (const size of [bytes.length, 4_099]) {
    const { frames, left } = framesIn(bytes, size);
    let index = 0;
    for (const vector of whole) {
      const own = frames.slice(index, index + vector.frames.length);
      assert.deepEqual(own, expectedFrames(vector, own), vector.name);
      index += vector.frames.length;
    }
    assert.equal(index, frames.length);
    assert.equal(left, 0);
  }
});

test('a written frame is the vector', () => {
  const [first] = vectors('frames');
  const data = Buffer.from(first.frames[0].data, 'hex');
  assert.equal(encodeFrame(1, 1, 0, data).toString('hex'), first.parts[0].hex);
});

test('the largest frame in single reads of 64 KiB is joined once', () => {
  const frame = encodeFrame(1, 2, 0, Buffer.alloc(DATA_BYTES_MAX, 7));
  const { frames, left } = framesIn(frame, 65_536);
  assert.equal(frames.length, 1);
  assert.equal(frames[0].data_length, DATA_BYTES_MAX);
  assert.equal(left, 0);
  assert.equal(frame.length, HEADER_BYTES + DATA_BYTES_MAX);
});

test('what a caller gives is checked, and the error names the field', () => {
  const image = messageType('CreateImageRequest');
  const sample = messageType('Sample');
  const refused = (type, value, error) => assert.throws(() => encode(type, value), error);
  refused(image, { instance_id: 'i-1' }, {
    name: 'TypeError',
    message: 'CreateImageRequest: it has no field instance_id; instanceId is meant?',
  });
  refused(image, { InstanceID: 'i-1' }, /no field InstanceID; instanceId is meant\?/);
  refused(image, { colour: 'red' }, /^TypeError: CreateImageRequest: it has no field colour$/);
  refused(image, { imageName: 7 }, /CreateImageRequest\.imageName: a number instead of a string/);
  refused(image, { imageName: null }, /imageName: null instead of a string/);
  refused(image, { imageName: '\ud83d' }, /imageName: half of a surrogate pair/);
  refused(image, { dryRun: 'yes' }, /dryRun: a string instead of true or false/);
  refused(image, { tag: { key: 'a' } }, /tag: an object instead of an array/);
  refused(image, { tag: [{ key: 'a' }, { key: 1 }] }, /tag\[1\]\.key: a number instead/);
  refused(image, { tag: [, { key: 'a' }] }, /tag\[0\]: undefined instead of an object/);
  refused(image, { diskDeviceMapping: [{ size: 1.5 }] }, /\[0\]\.size: 1\.5 is no 32-bit integer/);
  refused(image, { diskDeviceMapping: [{ size: 2 ** 31 }] }, { name: 'RangeError' });
  refused(image, 'i-1', /CreateImageRequest: a string instead of an object/);
  refused(image, null, /CreateImageRequest: null instead of an object/);
  refused(sample, { int64Value: 2 ** 53 }, /int64Value: 9007199254740992 is not exact/);
  refused(sample, { int64Value: 2n ** 63n }, /is no 64-bit integer/);
  refused(sample, { int64Value: '1' }, /a string instead of a number or a bigint/);
  refused(sample, { bytesValue: [1, 2] }, /an array instead of a Uint8Array/);
  assert.equal(encode(image, { imageName: undefined, colour: undefined }).length, 0);
});

test('numbers and bigints are the same int64', () => {
  const sample = messageType('Sample');
  for (const [given, hex] of [[-1, '10ffffffffffffffffff01'], [300, '10ac02'], [0, '']]) {
    assert.equal(encode(sample, { int64Value: given }).toString('hex'), hex);
    assert.equal(encode(sample, { int64Value: BigInt(given) }).toString('hex'), hex);
  }
});

test('what is nested in itself is refused, not followed for ever', () => {
  const value = {};
  value.messageValue = value;
  assert.throws(() => encode(messageType('Sample'), value), /more than 32 levels/);
});

test('decoded bytes are their own: the frame may change', () => {
  const data = Buffer.from('2a03010203', 'hex');
  const { bytesValue } = decode(messageType('Sample'), data);
  data.fill(0);
  assert.deepEqual(bytesValue, new Uint8Array([1, 2, 3]));
});
