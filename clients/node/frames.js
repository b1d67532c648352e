// Frames: a header of 10 bytes and its data (protocol/README.md § Frame).
//
//     offset  bytes  field
//          0      4  data length   big-endian, 0 to DATA_BYTES_MAX
//          4      4  stream id     odd: the client chose it
//          8      1  type          FrameType
//          9      1  flags         their meaning depends on the type

export const HEADER_BYTES = 10;
export const DATA_BYTES_MAX = 4 << 20;

export const FrameType = Object.freeze({ REQUEST: 1, RESPONSE: 2, DATA: 3 });
/** `REMOTE_CLOSED`: the last of its sender on this stream. `NO_DATA`: it carries no message. */
export const Flag = Object.freeze({ REMOTE_CLOSED: 1, NO_DATA: 4 });

/** A frame's bytes. */
export function encodeFrame(streamId, type, flags, data) {
  const frame = Buffer.allocUnsafe(HEADER_BYTES + data.length);
  frame.writeUInt32BE(data.length, 0);
  frame.writeUInt32BE(streamId, 4);
  frame[8] = type;
  frame[9] = flags;
  frame.set(data, HEADER_BYTES);
  return frame;
}

/**
 * Finds frames in bytes, however these are cut.
 *
 * Each one found is an object with `found` and the header's `dataLength`, `streamId`, `type` and
 * `flags`:
 *
 * - `frame`: a whole frame, with its `data`;
 * - `too_long`: a data length over the limit; its data are dropped as they come;
 * - `reserved`: a first byte other than zero; nothing is found after it.
 */
export class FrameDecoder {
  /** Bytes of the frame that is not whole yet, and of what follows. */
  #parts = [];
  #bytes = 0;
  /** Nothing new can be found before so many bytes are there. */
  #needed = HEADER_BYTES;
  #dropping = 0;
  #isReserved = false;

  /** How many bytes wait without having been consumed. */
  get left() {
    return this.#bytes;
  }

  /** Takes bytes, and returns what they complete. The bytes must not change afterwards. */
  push(chunk) {
    if (this.#dropping > 0) {
      const count = Math.min(this.#dropping, chunk.length);
      this.#dropping -= count;
      chunk = chunk.subarray(count);
    }
    if (chunk.length === 0) return [];
    this.#parts.push(chunk);
    this.#bytes += chunk.length;
    if (this.#isReserved || this.#bytes < this.#needed) return [];
    const bytes = this.#parts.length === 1 ? this.#parts[0] : Buffer.concat(this.#parts);
    return this.#find(bytes);
  }

  #find(bytes) {
    const found = [];
    let at = 0;
    this.#needed = HEADER_BYTES;
    while (bytes.length - at >= HEADER_BYTES) {
      const frame = readHeader(bytes, at);
      if (bytes[at] !== 0) {
        this.#isReserved = true;
        found.push({ found: 'reserved', ...frame });
        break;
      }
      if (frame.dataLength > DATA_BYTES_MAX) {
        found.push({ found: 'too_long', ...frame });
        at += HEADER_BYTES;
        const count = Math.min(frame.dataLength, bytes.length - at);
        this.#dropping = frame.dataLength - count;
        at += count;
        continue;
      }
      const end = at + HEADER_BYTES + frame.dataLength;
      if (end > bytes.length) {
        this.#needed = HEADER_BYTES + frame.dataLength;
        break;
      }
      found.push({ found: 'frame', ...frame, data: bytes.subarray(at + HEADER_BYTES, end) });
      at = end;
    }
    const rest = bytes.subarray(at);
    this.#parts = rest.length > 0 ? [rest] : [];
    this.#bytes = rest.length;
    return found;
  }
}

function readHeader(bytes, at) {
  return {
    dataLength: bytes.readUInt32BE(at),
    streamId: bytes.readUInt32BE(at + 4),
    type: bytes[at + 8],
    flags: bytes[at + 9],
  };
}
