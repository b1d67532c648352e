//! The messages of `imaged.proto`: one table, cut into files by what they are about.
//!
//! Fields are added within a protocol version, so write requests with `..Default::default()`.

use crate::reflect::{Descriptor, MessageVisitor};

/// Makes messages: the structs, their codec, and `DESCRIPTORS`, what they are made of.
///
/// Only for this crate and its tests.
#[doc(hidden)]
#[macro_export]
macro_rules! messages {
    ($(
        $(#[$about:meta])*
        $name:ident {
            $( $(#[$field_about:meta])* $field:ident: $type:ty = $number:literal, )*
        }
    )*) => {
        $(
            $(#[$about])*
            #[derive(Clone, Debug, Default, PartialEq, Eq)]
            #[allow(missing_docs)] // A field without a comment is what ECS's of that name is.
            pub struct $name {
                $( $(#[$field_about])* pub $field: $type, )*
            }

            impl $crate::codec::Message for $name {
                const NAME: &'static str = stringify!($name);

                fn descriptor() -> &'static $crate::reflect::Descriptor {
                    static DESCRIPTOR: $crate::reflect::Descriptor =
                        $crate::reflect::Descriptor {
                            name: stringify!($name),
                            fields: &[$(
                                $crate::reflect::Field {
                                    number: $number,
                                    identifier: stringify!($field),
                                    label: <$type as $crate::fields::FieldValue>::LABEL,
                                    kind: <$type as $crate::fields::FieldValue>::KIND,
                                },
                            )*],
                        };
                    &DESCRIPTOR
                }

                fn write_fields(&self, _bytes: &mut Vec<u8>) {
                    $( $crate::fields::FieldValue::write(&self.$field, $number, _bytes); )*
                }

                fn merge_field(
                    &mut self,
                    number: u32,
                    _wire: $crate::codec::WireType,
                    _reader: &mut $crate::codec::Reader<'_>,
                ) -> Result<bool, $crate::codec::DecodeError> {
                    match number {
                        $(
                            $number => $crate::fields::merge_known(
                                &mut self.$field, Self::NAME, stringify!($field), _wire, _reader,
                            ),
                        )*
                        _ => Ok(false),
                    }
                }

                fn present_fields(&self) -> Vec<(&'static str, $crate::reflect::Value)> {
                    let mut _fields = Vec::new();
                    $( $crate::fields::show(&self.$field, stringify!($field), &mut _fields); )*
                    _fields
                }

                fn set_number(
                    &mut self,
                    number: u32,
                    _value: $crate::reflect::Value,
                ) -> Result<(), $crate::reflect::ValueError> {
                    match number {
                        $( $number => $crate::fields::FieldValue::set(&mut self.$field, _value), )*
                        _ => Ok(()),
                    }
                }
            }
        )*

        /// Shows `visitor` the message of that name; the visitor comes back if there is none.
        pub(crate) fn visit<V: $crate::reflect::MessageVisitor>(
            name: &str,
            visitor: V,
        ) -> Result<V::Output, V> {
            match name {
                $( stringify!($name) => Ok(visitor.visit::<$name>()), )*
                _ => Err(visitor),
            }
        }

        /// The messages of this table, in its order.
        pub(crate) static DESCRIPTORS: &[fn() -> &'static $crate::reflect::Descriptor] =
            &[$( <$name as $crate::codec::Message>::descriptor ),*];
    };
}

pub mod daemon;
pub mod envelope;
pub mod fixture;
pub mod images;
pub mod jobs;
pub mod machines;
pub mod resources;
pub mod snapshots;
pub mod tags;

/// The tables in the order of `imaged.proto`.
pub(crate) fn tables() -> [&'static [fn() -> &'static Descriptor]; 9] {
    [
        envelope::DESCRIPTORS,
        resources::DESCRIPTORS,
        images::DESCRIPTORS,
        snapshots::DESCRIPTORS,
        machines::DESCRIPTORS,
        tags::DESCRIPTORS,
        daemon::DESCRIPTORS,
        fixture::DESCRIPTORS,
        jobs::DESCRIPTORS,
    ]
}

/// Shows `visitor` the message of that name, of any table.
pub(crate) fn visit<V: MessageVisitor>(name: &str, visitor: V) -> Result<V::Output, V> {
    envelope::visit(name, visitor)
        .or_else(|visitor| resources::visit(name, visitor))
        .or_else(|visitor| images::visit(name, visitor))
        .or_else(|visitor| snapshots::visit(name, visitor))
        .or_else(|visitor| machines::visit(name, visitor))
        .or_else(|visitor| tags::visit(name, visitor))
        .or_else(|visitor| daemon::visit(name, visitor))
        .or_else(|visitor| fixture::visit(name, visitor))
        .or_else(|visitor| jobs::visit(name, visitor))
}
