//! What messages are made of, for programs that deal with any of them: tests, loggers, bridges to
//! JSON. Who makes calls needs none of it.

use std::fmt;

use crate::codec::Message;
use crate::messages;

/// A message of `imaged.proto`.
#[derive(Debug)]
pub struct Descriptor {
    /// The name in the .proto file.
    pub name: &'static str,
    /// By number, lowest first.
    pub fields: &'static [Field],
}

impl Descriptor {
    /// The field of that name in the .proto file.
    pub fn field(&self, name: &str) -> Option<&'static Field> {
        self.fields.iter().find(|field| field.name() == name)
    }
}

/// A field of a message.
#[derive(Debug)]
pub struct Field {
    /// The field's number.
    pub number: u32,
    #[doc(hidden)]
    pub identifier: &'static str,
    /// Whether it is a list, and what its absence means.
    pub label: Label,
    /// What it holds.
    pub kind: Kind,
}

impl Field {
    /// The name in the .proto file: `type`, not `r#type`.
    pub fn name(&self) -> &'static str {
        plain(self.identifier)
    }
}

/// An identifier without the `r#` by which Rust keeps it apart from its own words.
#[doc(hidden)]
pub fn plain(identifier: &'static str) -> &'static str {
    identifier.strip_prefix("r#").unwrap_or(identifier)
}

/// Whether a field is a list, and what its absence means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Label {
    /// One value. A number, a string or bytes that are absent are zero or empty; a message may be
    /// absent.
    Implicit,
    /// One value, which may be absent: `optional`.
    Optional,
    /// A list.
    Repeated,
}

/// What a field holds.
#[derive(Clone, Copy)]
#[allow(missing_docs)]
pub enum Kind {
    Int32,
    Int64,
    Bool,
    String,
    Bytes,
    Message(fn() -> &'static Descriptor),
}

impl Kind {
    /// The type in the .proto file: `int32`, or a message's name.
    pub fn name(&self) -> &'static str {
        match self {
            Kind::Int32 => "int32",
            Kind::Int64 => "int64",
            Kind::Bool => "bool",
            Kind::String => "string",
            Kind::Bytes => "bytes",
            Kind::Message(descriptor) => descriptor().name,
        }
    }
}

impl fmt::Debug for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A field's value.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Value {
    Int32(i32),
    Int64(i64),
    Bool(bool),
    String(String),
    Bytes(Vec<u8>),
    /// The fields that are present, by their names.
    Message(Vec<(String, Value)>),
    List(Vec<Value>),
}

impl Value {
    fn kind_name(&self) -> &'static str {
        match self {
            Value::Int32(_) => "int32",
            Value::Int64(_) => "int64",
            Value::Bool(_) => "bool",
            Value::String(_) => "string",
            Value::Bytes(_) => "bytes",
            Value::Message(_) => "message",
            Value::List(_) => "list",
        }
    }
}

/// Why a field cannot be set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ValueError {
    path: Vec<String>,
    reason: String,
}

impl ValueError {
    #[doc(hidden)]
    pub fn unknown_field(name: &str) -> ValueError {
        ValueError { path: vec![name.to_owned()], reason: "there is no such field".to_owned() }
    }

    pub(crate) fn wrong_kind(value: &Value, kind: Kind) -> ValueError {
        let reason = format!("{} where {} is right", value.kind_name(), kind.name());
        ValueError { path: Vec::new(), reason }
    }

    pub(crate) fn no_list(value: &Value) -> ValueError {
        let reason = format!("{} where a list is right", value.kind_name());
        ValueError { path: Vec::new(), reason }
    }

    #[doc(hidden)]
    pub fn inside(mut self, name: &str) -> ValueError {
        self.path.insert(0, name.to_owned());
        self
    }
}

impl fmt::Display for ValueError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path.join("."), self.reason)
    }
}

impl std::error::Error for ValueError {}

/// All messages of `imaged.proto`, in its order.
pub fn descriptors() -> impl Iterator<Item = &'static Descriptor> {
    messages::tables().into_iter().flatten().map(|descriptor| descriptor())
}

/// Does something with a message whose name is known only when the program runs.
pub trait MessageVisitor {
    /// What comes of it.
    type Output;
    /// Is told the message's type.
    fn visit<M: Message>(self) -> Self::Output;
}

/// Shows `visitor` the message of `imaged.proto` that has this name; `None`: there is none.
pub fn visit_message<V: MessageVisitor>(name: &str, visitor: V) -> Option<V::Output> {
    messages::visit(name, visitor).ok()
}
