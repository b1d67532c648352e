//! The messages' bytes: proto3 as `protocol/README.md` § Payloads has it.
//!
//! A message is a struct that the [`messages!`](crate::messages) table makes. What a field is on
//! the wire follows from its Rust type alone:
//!
//! | Type | In the .proto file |
//! |---|---|
//! | `i32`, `i64`, `bool`, `String`, `Vec<u8>` | `int32`, `int64`, `bool`, `string`, `bytes` |
//! | `Option` of one of these | the same, `optional` |
//! | `Option<M>` | a message |
//! | `Vec<M>`, `Vec<String>`, `Vec<i64>` | `repeated` |

use std::fmt;

use crate::reflect::{Descriptor, Value, ValueError};

/// How deep messages and groups may nest; the outermost is level 1.
pub const DEPTH_MAX: usize = 32;
const FIELD_NUMBER_MAX: u64 = (1 << 29) - 1;

/// A message of `imaged.proto`.
///
/// ```
/// use imaged::{CreateImageRequest, Message};
///
/// let request = CreateImageRequest { region_id: "cn-hangzhou".into(), ..Default::default() };
/// let bytes = request.encode();
/// assert_eq!(CreateImageRequest::decode(&bytes)?, request);
/// # Ok::<(), imaged::DecodeError>(())
/// ```
pub trait Message: Clone + fmt::Debug + Default + PartialEq + Send + Sync + 'static {
    /// The name in the .proto file.
    const NAME: &'static str;

    /// What fields there are.
    fn descriptor() -> &'static Descriptor;

    /// The message's bytes: fields by number, defaults left out.
    fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        self.write_fields(&mut bytes);
        bytes
    }

    /// Reads a whole message. Never panics, whatever the bytes.
    ///
    /// # Errors
    /// The first rule that the bytes break, and the field.
    fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut message = Self::default();
        merge_message(&mut message, &mut Reader::new(bytes))?;
        Ok(message)
    }

    /// The fields that are present, in the order of their numbers: for programs that deal with
    /// any message.
    fn present_fields(&self) -> Vec<(&'static str, Value)>;

    /// Sets a field by its name in the .proto file.
    ///
    /// # Errors
    /// There is no such field, or it is of another type.
    fn set_field(&mut self, name: &str, value: Value) -> Result<(), ValueError> {
        match Self::descriptor().field(name) {
            Some(field) => self.set_number(field.number, value).map_err(|error| error.inside(name)),
            None => Err(ValueError::unknown_field(name)),
        }
    }

    #[doc(hidden)]
    fn set_number(&mut self, number: u32, value: Value) -> Result<(), ValueError>;

    #[doc(hidden)]
    fn write_fields(&self, bytes: &mut Vec<u8>);

    /// Takes a field's value; false: the number is unknown.
    #[doc(hidden)]
    fn merge_field(
        &mut self,
        number: u32,
        wire: WireType,
        reader: &mut Reader<'_>,
    ) -> Result<bool, DecodeError>;
}

/// A message that holds its own kind needs a box.
impl<M: Message> Message for Box<M> {
    const NAME: &'static str = M::NAME;
    fn descriptor() -> &'static Descriptor {
        M::descriptor()
    }
    fn present_fields(&self) -> Vec<(&'static str, Value)> {
        M::present_fields(self)
    }
    fn set_number(&mut self, number: u32, value: Value) -> Result<(), ValueError> {
        M::set_number(self, number, value)
    }
    fn write_fields(&self, bytes: &mut Vec<u8>) {
        M::write_fields(self, bytes)
    }
    fn merge_field(
        &mut self,
        number: u32,
        wire: WireType,
        reader: &mut Reader<'_>,
    ) -> Result<bool, DecodeError> {
        M::merge_field(self, number, wire, reader)
    }
}

// ---------------------------------------------------------------- errors

/// The rule that bytes break (`protocol/vectors/README.md`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DecodeReason {
    /// The message ends inside a tag, value or group, or a length reaches past its end.
    Truncated,
    /// More than 10 bytes or 64 bits.
    VarintTooLong,
    /// A known field with a wire type other than its own.
    WrongWireType,
    /// Wire type 6 or 7.
    InvalidWireType,
    /// A group's end without its start, or with another number.
    GroupMismatch,
    /// 0, or more than 2^29 − 1.
    InvalidFieldNumber,
    /// A string that is not UTF-8.
    InvalidUtf8,
    /// More than [`DEPTH_MAX`] levels.
    TooDeep,
}

/// Why bytes are not a message, and in which field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecodeError {
    reason: DecodeReason,
    /// The field's path, innermost part first.
    pub(crate) path: Vec<String>,
}

impl DecodeError {
    pub(crate) fn new(reason: DecodeReason) -> DecodeError {
        DecodeError { reason, path: Vec::new() }
    }

    /// The rule that is broken.
    pub fn reason(&self) -> DecodeReason {
        self.reason
    }

    /// The field's path as ECS spells it, with list places from 1 (`DiskDeviceMapping.2.Size`); in
    /// an envelope as the .proto file does (`metadata.1.key`). Empty: the outermost message
    /// itself.
    pub fn field(&self) -> String {
        let parts: Vec<&str> = self.path.iter().rev().map(String::as_str).collect();
        parts.join(".")
    }
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.path.is_empty() {
            write!(f, "{}: ", self.field())?;
        }
        f.write_str(match self.reason {
            DecodeReason::Truncated => "the message ends inside it",
            DecodeReason::VarintTooLong => "a varint of more than 10 bytes or 64 bits",
            DecodeReason::WrongWireType => "a wire type other than the field's own",
            DecodeReason::InvalidWireType => "wire type 6 or 7, which do not exist",
            DecodeReason::GroupMismatch => "a group's end that fits no start",
            DecodeReason::InvalidFieldNumber => "a field number of 0 or above 2^29 - 1",
            DecodeReason::InvalidUtf8 => "a string that is not UTF-8",
            DecodeReason::TooDeep => "messages nested more than 32 deep",
        })
    }
}

impl std::error::Error for DecodeError {}

/// The messages whose fields are named as in the .proto file: ECS knows nothing of them.
pub(crate) const ENVELOPES: [&str; 5] = ["Request", "Response", "KeyValue", "Status", "Any"];

/// A field's name as ECS spells it: `kms_key_id` is KMSKeyId.
pub(crate) fn ecs_name(name: &str) -> String {
    let mut spelled = String::new();
    for word in name.split('_') {
        match word {
            "kms" | "os" | "oss" | "sn" => spelled.push_str(&word.to_ascii_uppercase()),
            _ => {
                let mut letters = word.chars();
                spelled.extend(letters.next().map(|first| first.to_ascii_uppercase()));
                spelled.push_str(letters.as_str());
            }
        }
    }
    spelled
}

// ---------------------------------------------------------------- reading

/// How a field's value is laid out.
#[doc(hidden)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WireType {
    Varint,
    Fixed64,
    Bytes,
    GroupStart,
    GroupEnd,
    Fixed32,
}

/// Reads one message's bytes.
#[doc(hidden)]
pub struct Reader<'a> {
    bytes: &'a [u8],
    position: usize,
    depth: usize,
}

impl<'a> Reader<'a> {
    fn new(bytes: &'a [u8]) -> Reader<'a> {
        Reader { bytes, position: 0, depth: 1 }
    }

    /// Reads a list of numbers in `bytes`, which is no level of its own.
    pub(crate) fn pack(&self, bytes: &'a [u8]) -> Reader<'a> {
        Reader { bytes, position: 0, depth: self.depth }
    }

    pub(crate) fn left(&self) -> usize {
        self.bytes.len() - self.position
    }

    /// Up to 10 bytes, the lowest 7 bits first.
    pub(crate) fn varint(&mut self) -> Result<u64, DecodeError> {
        let mut value = 0;
        let mut shift = 0;
        while let Some(&byte) = self.bytes.get(self.position) {
            self.position += 1;
            if shift == 63 && byte > 1 {
                return Err(DecodeError::new(DecodeReason::VarintTooLong));
            }
            value |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Ok(value);
            }
            shift += 7;
        }
        Err(DecodeError::new(DecodeReason::Truncated))
    }

    fn tag(&mut self) -> Result<(u32, WireType), DecodeError> {
        let key = self.varint()?;
        let number = key >> 3;
        if number == 0 || number > FIELD_NUMBER_MAX {
            return Err(DecodeError::new(DecodeReason::InvalidFieldNumber));
        }
        let wire = match key & 7 {
            0 => WireType::Varint,
            1 => WireType::Fixed64,
            2 => WireType::Bytes,
            3 => WireType::GroupStart,
            4 => WireType::GroupEnd,
            5 => WireType::Fixed32,
            _ => return Err(DecodeError::new(DecodeReason::InvalidWireType)),
        };
        Ok((number as u32, wire)) // At most 29 bits.
    }

    /// A length and that many bytes.
    pub(crate) fn delimited(&mut self) -> Result<&'a [u8], DecodeError> {
        let length = self.varint()?;
        match usize::try_from(length) {
            Ok(length) => self.take(length),
            Err(_) => Err(DecodeError::new(DecodeReason::Truncated)),
        }
    }

    fn take(&mut self, count: usize) -> Result<&'a [u8], DecodeError> {
        if count > self.left() {
            return Err(DecodeError::new(DecodeReason::Truncated));
        }
        let start = self.position;
        self.position += count;
        Ok(&self.bytes[start..self.position])
    }

    /// A message one level deeper, and its bytes.
    pub(crate) fn nested(&mut self) -> Result<Reader<'a>, DecodeError> {
        let bytes = self.delimited()?;
        if self.depth >= DEPTH_MAX {
            return Err(DecodeError::new(DecodeReason::TooDeep));
        }
        Ok(Reader { bytes, position: 0, depth: self.depth + 1 })
    }

    /// Passes over a field that is not known here, at `depth`.
    fn skip(&mut self, number: u32, wire: WireType, depth: usize) -> Result<(), DecodeError> {
        match wire {
            WireType::Varint => self.varint().map(drop),
            WireType::Fixed64 => self.take(8).map(drop),
            WireType::Bytes => self.delimited().map(drop),
            WireType::Fixed32 => self.take(4).map(drop),
            WireType::GroupStart => self.skip_group(number, depth + 1),
            WireType::GroupEnd => Err(DecodeError::new(DecodeReason::GroupMismatch)),
        }
    }

    fn skip_group(&mut self, group: u32, depth: usize) -> Result<(), DecodeError> {
        if depth > DEPTH_MAX {
            return Err(DecodeError::new(DecodeReason::TooDeep));
        }
        while self.left() > 0 {
            match self.tag()? {
                (number, WireType::GroupEnd) if number == group => return Ok(()),
                (number, wire) => self.skip(number, wire, depth)?,
            }
        }
        Err(DecodeError::new(DecodeReason::Truncated))
    }
}

pub(crate) fn merge_message<M: Message>(
    message: &mut M,
    reader: &mut Reader<'_>,
) -> Result<(), DecodeError> {
    while reader.left() > 0 {
        let (number, wire) = reader.tag()?;
        if !message.merge_field(number, wire, reader)? {
            reader.skip(number, wire, reader.depth)?;
        }
    }
    Ok(())
}

// ---------------------------------------------------------------- writing

pub(crate) fn write_varint(mut value: u64, bytes: &mut Vec<u8>) {
    while value >= 0x80 {
        bytes.push(value as u8 | 0x80); // The low 7 bits and "more".
        value >>= 7;
    }
    bytes.push(value as u8);
}

fn write_tag(number: u32, wire: u64, bytes: &mut Vec<u8>) {
    write_varint(u64::from(number) << 3 | wire, bytes);
}

pub(crate) fn write_bytes_field(number: u32, value: &[u8], bytes: &mut Vec<u8>) {
    write_tag(number, 2, bytes);
    write_varint(value.len() as u64, bytes);
    bytes.extend_from_slice(value);
}

pub(crate) fn write_varint_field(number: u32, value: u64, bytes: &mut Vec<u8>) {
    write_tag(number, 0, bytes);
    write_varint(value, bytes);
}

/// A field of wire type 2 whose content `write` makes. One byte is kept for the length; longer
/// contents, which are fewer, are moved.
pub(crate) fn write_nested(number: u32, bytes: &mut Vec<u8>, write: impl FnOnce(&mut Vec<u8>)) {
    write_tag(number, 2, bytes);
    let start = bytes.len();
    bytes.push(0);
    write(bytes);
    let length = bytes.len() - start - 1;
    if length < 0x80 {
        bytes[start] = length as u8;
    } else {
        let mut prefix = Vec::with_capacity(10);
        write_varint(length as u64, &mut prefix);
        bytes.splice(start..=start, prefix);
    }
}
