//! How a field of each Rust type travels, and how it is shown as a [`Value`].

use crate::codec::{
    ecs_name, merge_message, write_bytes_field, write_nested, write_varint, write_varint_field,
    DecodeError, DecodeReason, Message, Reader, WireType, ENVELOPES,
};
use crate::reflect::{plain, Kind, Label, Value, ValueError};

/// Adds a field to those of its message that are present.
#[doc(hidden)]
pub fn show<F: FieldValue>(
    field: &F,
    identifier: &'static str,
    fields: &mut Vec<(&'static str, Value)>,
) {
    fields.extend(field.get().map(|value| (plain(identifier), value)));
}

/// How a field of this Rust type travels.
#[doc(hidden)]
pub trait FieldValue: Sized {
    const LABEL: Label;
    const KIND: Kind;
    /// Writes the field, or nothing if it is absent.
    fn write(&self, number: u32, bytes: &mut Vec<u8>);
    /// Takes one value from the wire.
    fn merge(&mut self, wire: WireType, reader: &mut Reader<'_>) -> Result<(), DecodeError>;
    /// Of a list: the place, from 1, of the element that would come next.
    fn next_place(&self) -> Option<usize> {
        None
    }
    fn get(&self) -> Option<Value>;
    fn set(&mut self, value: Value) -> Result<(), ValueError>;
}

/// A value that is not a message: what the three ways to hold it have in common.
#[doc(hidden)]
pub trait Scalar: Sized + Default + PartialEq + Clone {
    const KIND: Kind;
    const WIRE: WireType;
    fn write(&self, number: u32, bytes: &mut Vec<u8>);
    fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError>;
    fn to_value(&self) -> Value;
    fn from_value(value: Value) -> Result<Self, ValueError>;
}

/// Takes the value of a field that is known: checks its wire type, and names it in an error.
#[doc(hidden)]
pub fn merge_known<F: FieldValue>(
    field: &mut F,
    message: &'static str,
    identifier: &'static str,
    wire: WireType,
    reader: &mut Reader<'_>,
) -> Result<bool, DecodeError> {
    match field.merge(wire, reader) {
        Ok(()) => Ok(true),
        Err(mut error) => {
            error.path.extend(field.next_place().map(|place| place.to_string()));
            let name = plain(identifier);
            error.path.push(match ENVELOPES.contains(&message) {
                true => name.to_owned(),
                false => ecs_name(name),
            });
            Err(error)
        }
    }
}

fn expect(wire: WireType, expected: WireType) -> Result<(), DecodeError> {
    if wire == expected {
        return Ok(());
    }
    Err(DecodeError::new(DecodeReason::WrongWireType))
}

macro_rules! scalars {
    ($($type:ty, $kind:ident, $wire:ident,
        write: |$value:ident, $number:ident, $bytes:ident| $write:expr,
        read: |$reader:ident| $read:expr;)*) => { $(
        impl Scalar for $type {
            const KIND: Kind = Kind::$kind;
            const WIRE: WireType = WireType::$wire;
            fn write(&self, $number: u32, $bytes: &mut Vec<u8>) {
                let $value = self;
                $write
            }
            fn read($reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
                $read
            }
            fn to_value(&self) -> Value {
                Value::$kind(self.clone())
            }
            fn from_value(value: Value) -> Result<Self, ValueError> {
                match value {
                    Value::$kind(value) => Ok(value),
                    other => Err(ValueError::wrong_kind(&other, <$type as Scalar>::KIND)),
                }
            }
        }

        impl FieldValue for $type {
            const LABEL: Label = Label::Implicit;
            const KIND: Kind = <$type as Scalar>::KIND;
            fn write(&self, number: u32, bytes: &mut Vec<u8>) {
                if *self != <$type>::default() {
                    Scalar::write(self, number, bytes);
                }
            }
            fn merge(
                &mut self,
                wire: WireType,
                reader: &mut Reader<'_>,
            ) -> Result<(), DecodeError> {
                expect(wire, Self::WIRE)?;
                *self = Scalar::read(reader)?;
                Ok(())
            }
            fn get(&self) -> Option<Value> {
                if *self == <$type>::default() { None } else { Some(self.to_value()) }
            }
            fn set(&mut self, value: Value) -> Result<(), ValueError> {
                *self = Scalar::from_value(value)?;
                Ok(())
            }
        }

        impl FieldValue for Option<$type> {
            const LABEL: Label = Label::Optional;
            const KIND: Kind = <$type as Scalar>::KIND;
            fn write(&self, number: u32, bytes: &mut Vec<u8>) {
                if let Some(value) = self {
                    Scalar::write(value, number, bytes);
                }
            }
            fn merge(
                &mut self,
                wire: WireType,
                reader: &mut Reader<'_>,
            ) -> Result<(), DecodeError> {
                expect(wire, <$type as Scalar>::WIRE)?;
                *self = Some(Scalar::read(reader)?);
                Ok(())
            }
            fn get(&self) -> Option<Value> {
                self.as_ref().map(Scalar::to_value)
            }
            fn set(&mut self, value: Value) -> Result<(), ValueError> {
                *self = Some(Scalar::from_value(value)?);
                Ok(())
            }
        }
    )* };
}

scalars! {
    i32, Int32, Varint,
        write: |value, number, bytes| write_varint_field(number, i64::from(*value) as u64, bytes),
        read: |reader| Ok(reader.varint()? as i32); // The low 32 bits, as the protocol says.
    i64, Int64, Varint,
        write: |value, number, bytes| write_varint_field(number, *value as u64, bytes),
        read: |reader| Ok(reader.varint()? as i64);
    bool, Bool, Varint,
        write: |value, number, bytes| write_varint_field(number, u64::from(*value), bytes),
        read: |reader| Ok(reader.varint()? != 0);
    String, String, Bytes,
        write: |value, number, bytes| write_bytes_field(number, value.as_bytes(), bytes),
        read: |reader| match std::str::from_utf8(reader.delimited()?) {
            Ok(text) => Ok(text.to_owned()),
            Err(_) => Err(DecodeError::new(DecodeReason::InvalidUtf8)),
        };
    Vec<u8>, Bytes, Bytes,
        write: |value, number, bytes| write_bytes_field(number, value, bytes),
        read: |reader| Ok(reader.delimited()?.to_vec());
}

/// What lists of all kinds have in common.
macro_rules! list_value {
    ($item:ident, $to_value:expr, $from_value:expr) => {
        fn next_place(&self) -> Option<usize> {
            Some(self.len() + 1)
        }
        fn get(&self) -> Option<Value> {
            let to_value: fn(&$item) -> Value = $to_value;
            if self.is_empty() {
                None
            } else {
                Some(Value::List(self.iter().map(to_value).collect()))
            }
        }
        fn set(&mut self, value: Value) -> Result<(), ValueError> {
            let from_value: fn(Value) -> Result<$item, ValueError> = $from_value;
            match value {
                Value::List(values) => {
                    *self = values.into_iter().map(from_value).collect::<Result<_, _>>()?;
                    Ok(())
                }
                other => Err(ValueError::no_list(&other)),
            }
        }
    };
}

impl FieldValue for Vec<String> {
    const LABEL: Label = Label::Repeated;
    const KIND: Kind = Kind::String;
    fn write(&self, number: u32, bytes: &mut Vec<u8>) {
        for value in self {
            Scalar::write(value, number, bytes);
        }
    }
    fn merge(&mut self, wire: WireType, reader: &mut Reader<'_>) -> Result<(), DecodeError> {
        expect(wire, WireType::Bytes)?;
        self.push(Scalar::read(reader)?);
        Ok(())
    }
    list_value!(String, String::to_value, String::from_value);
}

/// Numbers are written packed, and read in either form.
impl FieldValue for Vec<i64> {
    const LABEL: Label = Label::Repeated;
    const KIND: Kind = Kind::Int64;
    fn write(&self, number: u32, bytes: &mut Vec<u8>) {
        if self.is_empty() {
            return;
        }
        write_nested(number, bytes, |bytes| {
            for value in self {
                write_varint(*value as u64, bytes);
            }
        });
    }
    fn merge(&mut self, wire: WireType, reader: &mut Reader<'_>) -> Result<(), DecodeError> {
        if wire != WireType::Bytes {
            expect(wire, WireType::Varint)?;
            self.push(Scalar::read(reader)?);
            return Ok(());
        }
        let bytes = reader.delimited()?;
        let mut pack = reader.pack(bytes);
        while pack.left() > 0 {
            self.push(Scalar::read(&mut pack)?);
        }
        Ok(())
    }
    list_value!(i64, i64::to_value, i64::from_value);
}

fn message_value<M: Message>(message: &M) -> Value {
    let fields = message.present_fields().into_iter();
    Value::Message(fields.map(|(name, value)| (name.to_owned(), value)).collect())
}

fn message_from_value<M: Message>(value: Value) -> Result<M, ValueError> {
    match value {
        Value::Message(fields) => {
            let mut message = M::default();
            for (name, value) in fields {
                message.set_field(&name, value)?;
            }
            Ok(message)
        }
        other => Err(ValueError::wrong_kind(&other, Kind::Message(M::descriptor))),
    }
}

impl<M: Message> FieldValue for Vec<M> {
    const LABEL: Label = Label::Repeated;
    const KIND: Kind = Kind::Message(M::descriptor);
    fn write(&self, number: u32, bytes: &mut Vec<u8>) {
        for message in self {
            write_nested(number, bytes, |bytes| message.write_fields(bytes));
        }
    }
    fn merge(&mut self, wire: WireType, reader: &mut Reader<'_>) -> Result<(), DecodeError> {
        expect(wire, WireType::Bytes)?;
        let mut message = M::default();
        merge_message(&mut message, &mut reader.nested()?)?;
        self.push(message);
        Ok(())
    }
    list_value!(M, message_value::<M>, message_from_value::<M>);
}

impl<M: Message> FieldValue for Option<M> {
    const LABEL: Label = Label::Implicit;
    const KIND: Kind = Kind::Message(M::descriptor);
    fn write(&self, number: u32, bytes: &mut Vec<u8>) {
        if let Some(message) = self {
            write_nested(number, bytes, |bytes| message.write_fields(bytes));
        }
    }
    fn merge(&mut self, wire: WireType, reader: &mut Reader<'_>) -> Result<(), DecodeError> {
        expect(wire, WireType::Bytes)?;
        let mut nested = reader.nested()?;
        merge_message(self.get_or_insert_with(M::default), &mut nested)
    }
    fn get(&self) -> Option<Value> {
        self.as_ref().map(message_value)
    }
    fn set(&mut self, value: Value) -> Result<(), ValueError> {
        *self = Some(message_from_value(value)?);
        Ok(())
    }
}
