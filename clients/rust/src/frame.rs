//! Frames: what travels on the socket (`protocol/README.md` § Frame).

use std::io::{self, Read};

/// How long a header is.
pub const HEADER_BYTES: usize = 10;
/// The most data that a frame may have: 4 MiB.
pub const DATA_BYTES_MAX: usize = 4 << 20;

/// The type of a frame that begins a stream.
pub const REQUEST: u8 = 1;
/// The type of a frame that ends a stream.
pub const RESPONSE: u8 = 2;
/// The type of a frame with one message of a stream.
pub const DATA: u8 = 3;
/// Flag of a request: the answer may be a stream. Of a data frame: it is the last one.
pub const REMOTE_CLOSED: u8 = 1;
/// Flag of a data frame: it carries no message.
pub const NO_DATA: u8 = 4;

/// What stands before a frame's data.
///
/// ```text
/// offset  bytes  field
///      0      4  data length  big-endian, 0 to 4,194,304
///      4      4  stream id    big-endian, odd
///      8      1  type         1, 2 or 3
///      9      1  flags        their meaning depends on the type
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FrameHeader {
    /// How many bytes follow.
    pub data_length: u32,
    /// The call that the frame belongs to.
    pub stream_id: u32,
    /// The frame's type.
    pub kind: u8,
    /// The frame's flags.
    pub flags: u8,
}

impl FrameHeader {
    /// The header's bytes.
    pub fn encode(&self) -> [u8; HEADER_BYTES] {
        let mut bytes = [0; HEADER_BYTES];
        bytes[..4].copy_from_slice(&self.data_length.to_be_bytes());
        bytes[4..8].copy_from_slice(&self.stream_id.to_be_bytes());
        bytes[8] = self.kind;
        bytes[9] = self.flags;
        bytes
    }

    /// Reads a header; whether its values are allowed is for others to judge.
    pub fn decode(bytes: [u8; HEADER_BYTES]) -> FrameHeader {
        let [a, b, c, d, e, f, g, h, kind, flags] = bytes;
        FrameHeader {
            data_length: u32::from_be_bytes([a, b, c, d]),
            stream_id: u32::from_be_bytes([e, f, g, h]),
            kind,
            flags,
        }
    }
}

/// What a [`FrameDecoder`] finds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// A whole frame and its data.
    Frame(FrameHeader, Vec<u8>),
    /// A data length over the limit. The data are dropped as they come.
    TooLong(FrameHeader),
    /// A first byte other than zero. Nothing is found after it.
    Reserved(FrameHeader),
}

/// Finds the frames in bytes that come in pieces of any size.
#[derive(Debug, Default)]
pub struct FrameDecoder {
    /// Read bytes are at `start..end`; the rest is room for more.
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    /// How many bytes of a frame that is too long are still to come.
    dropping: usize,
    is_reserved: bool,
}

/// How much is read at once, and how much room is kept between frames.
const ROOM_BYTES: usize = 64 << 10;

impl FrameDecoder {
    /// A decoder that has seen nothing.
    pub fn new() -> FrameDecoder {
        FrameDecoder::default()
    }

    /// Takes bytes.
    pub fn push(&mut self, bytes: &[u8]) {
        self.make_room(bytes.len());
        self.buffer[self.end..self.end + bytes.len()].copy_from_slice(bytes);
        self.end += bytes.len();
    }

    /// Reads once from `source`, and returns how many bytes came: 0 at its end.
    ///
    /// # Errors
    /// Those of `source`.
    pub fn fill(&mut self, source: &mut impl Read) -> io::Result<usize> {
        self.make_room(ROOM_BYTES);
        let count = source.read(&mut self.buffer[self.end..])?;
        self.end += count;
        Ok(count)
    }

    /// How many bytes have been taken and not consumed.
    pub fn left(&self) -> usize {
        self.end - self.start
    }

    fn make_room(&mut self, count: usize) {
        if self.start > 0 {
            self.buffer.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.start = 0;
        }
        if self.end + count > self.buffer.len() {
            self.buffer.resize(self.end + count, 0);
        } else if self.end == 0 && self.buffer.len() > 4 * ROOM_BYTES.max(count) {
            self.buffer = vec![0; ROOM_BYTES.max(count)]; // A large frame has come and gone.
        }
    }
}

/// The frames that are whole by now. After `None`, more bytes may bring more.
impl Iterator for FrameDecoder {
    type Item = Found;

    fn next(&mut self) -> Option<Found> {
        let dropped = self.dropping.min(self.left());
        self.start += dropped;
        self.dropping -= dropped;
        if self.dropping > 0 || self.is_reserved || self.left() < HEADER_BYTES {
            return None;
        }
        let mut bytes = [0; HEADER_BYTES];
        bytes.copy_from_slice(&self.buffer[self.start..self.start + HEADER_BYTES]);
        let header = FrameHeader::decode(bytes);
        if bytes[0] != 0 {
            self.is_reserved = true;
            return Some(Found::Reserved(header));
        }
        let length = header.data_length as usize; // Below 2^24.
        if length > DATA_BYTES_MAX {
            self.start += HEADER_BYTES;
            self.dropping = length;
            return Some(Found::TooLong(header));
        }
        if self.left() < HEADER_BYTES + length {
            return None;
        }
        let data = self.start + HEADER_BYTES;
        self.start = data + length;
        Some(Found::Frame(header, self.buffer[data..data + length].to_vec()))
    }
}
