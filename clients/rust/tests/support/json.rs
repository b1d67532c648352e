//! As much JSON as vectors and scenarios need, and messages in their form: names of the .proto
//! file, 64-bit numbers as strings, bytes as lower-case hexadecimal.

use std::fmt;

use imaged::reflect::{Descriptor, Field, Kind, Label, Value};

#[derive(Clone, Debug, PartialEq)]
pub enum Json {
    Null,
    Bool(bool),
    Number(i64),
    String(String),
    Array(Vec<Json>),
    Object(Vec<(String, Json)>),
}

impl Json {
    pub fn get(&self, name: &str) -> Option<&Json> {
        match self {
            Json::Object(members) => members.iter().find(|(key, _)| key == name).map(|(_, it)| it),
            _ => None,
        }
    }

    pub fn text(&self) -> Option<&str> {
        match self {
            Json::String(text) => Some(text),
            _ => None,
        }
    }

    pub fn number(&self) -> Option<i64> {
        match self {
            Json::Number(number) => Some(*number),
            _ => None,
        }
    }

    pub fn array(&self) -> Option<&[Json]> {
        match self {
            Json::Array(elements) => Some(elements),
            _ => None,
        }
    }

    pub fn is_true(&self) -> bool {
        *self == Json::Bool(true)
    }

    /// An object of these members.
    pub fn object<const N: usize>(members: [(&str, Json); N]) -> Json {
        Json::Object(members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
    }

    pub fn parse(text: &str) -> Result<Json, String> {
        let mut parser = Parser { text, position: 0 };
        let value = parser.value(0)?;
        parser.skip_space();
        if parser.position < text.len() {
            return Err(parser.error("more after the end"));
        }
        Ok(value)
    }
}

impl From<&str> for Json {
    fn from(text: &str) -> Json {
        Json::String(text.to_owned())
    }
}

struct Parser<'a> {
    text: &'a str,
    position: usize,
}

impl Parser<'_> {
    fn error(&self, what: &str) -> String {
        format!("{what} at byte {}", self.position)
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.position).copied()
    }

    fn skip_space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\n' | b'\r' | b'\t')) {
            self.position += 1;
        }
    }

    fn take(&mut self, token: &str) -> bool {
        let is_there = self.text.as_bytes()[self.position..].starts_with(token.as_bytes());
        self.position += if is_there { token.len() } else { 0 };
        is_there
    }

    fn value(&mut self, depth: usize) -> Result<Json, String> {
        if depth > 128 {
            return Err(self.error("too deep"));
        }
        self.skip_space();
        match self.peek() {
            Some(b'{') => self.members(depth),
            Some(b'[') => self.elements(depth),
            Some(b'"') => self.string().map(Json::String),
            Some(b'-' | b'0'..=b'9') => self.number(),
            _ if self.take("true") => Ok(Json::Bool(true)),
            _ if self.take("false") => Ok(Json::Bool(false)),
            _ if self.take("null") => Ok(Json::Null),
            _ => Err(self.error("no value")),
        }
    }

    fn members(&mut self, depth: usize) -> Result<Json, String> {
        let mut members = Vec::new();
        self.position += 1;
        self.skip_space();
        if self.take("}") {
            return Ok(Json::Object(members));
        }
        loop {
            self.skip_space();
            let name = self.string()?;
            self.skip_space();
            if !self.take(":") {
                return Err(self.error("no colon"));
            }
            members.push((name, self.value(depth + 1)?));
            self.skip_space();
            if self.take("}") {
                return Ok(Json::Object(members));
            }
            if !self.take(",") {
                return Err(self.error("no comma"));
            }
        }
    }

    fn elements(&mut self, depth: usize) -> Result<Json, String> {
        let mut elements = Vec::new();
        self.position += 1;
        self.skip_space();
        if self.take("]") {
            return Ok(Json::Array(elements));
        }
        loop {
            elements.push(self.value(depth + 1)?);
            self.skip_space();
            if self.take("]") {
                return Ok(Json::Array(elements));
            }
            if !self.take(",") {
                return Err(self.error("no comma"));
            }
        }
    }

    fn number(&mut self) -> Result<Json, String> {
        let start = self.position;
        while matches!(self.peek(), Some(b'-' | b'0'..=b'9')) {
            self.position += 1;
        }
        let number = self.text[start..self.position].parse();
        number.map(Json::Number).map_err(|_| self.error("no whole number"))
    }

    fn string(&mut self) -> Result<String, String> {
        if !self.take("\"") {
            return Err(self.error("no string"));
        }
        let mut string = String::new();
        loop {
            let rest = &self.text[self.position..];
            let end = rest.find(&['"', '\\'][..]).unwrap_or(rest.len());
            string.push_str(&rest[..end]);
            self.position += end;
            if self.take("\"") {
                return Ok(string);
            }
            if !self.take("\\") {
                return Err(self.error("an unfinished string"));
            }
            string.push(self.escaped()?);
        }
    }

    fn escaped(&mut self) -> Result<char, String> {
        let escape = self.peek().ok_or_else(|| self.error("an unfinished string"))?;
        self.position += 1;
        Ok(match escape {
            b'"' | b'\\' | b'/' => char::from(escape),
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => {
                let unit = self.unit()?;
                let mut units = vec![unit];
                if (0xd800..0xdc00).contains(&unit) && self.take("\\u") {
                    units.push(self.unit()?);
                }
                let letter = String::from_utf16(&units).ok().and_then(|it| it.chars().next());
                letter.ok_or_else(|| self.error("half a character"))?
            }
            _ => return Err(self.error("an unknown escape")),
        })
    }

    fn unit(&mut self) -> Result<u16, String> {
        let digits = self.text.get(self.position..self.position + 4);
        let unit = digits.and_then(|digits| u16::from_str_radix(digits, 16).ok());
        self.position += 4;
        unit.ok_or_else(|| self.error("no four hexadecimal digits"))
    }
}

/// On one line.
impl fmt::Display for Json {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Json::Null => f.write_str("null"),
            Json::Bool(value) => write!(f, "{value}"),
            Json::Number(value) => write!(f, "{value}"),
            Json::String(text) => write_string(f, text),
            Json::Array(elements) => {
                f.write_str("[")?;
                for (place, element) in elements.iter().enumerate() {
                    write!(f, "{}{element}", if place > 0 { ", " } else { "" })?;
                }
                f.write_str("]")
            }
            Json::Object(members) => {
                f.write_str("{")?;
                for (place, (name, value)) in members.iter().enumerate() {
                    f.write_str(if place > 0 { ", " } else { "" })?;
                    write_string(f, name)?;
                    write!(f, ": {value}")?;
                }
                f.write_str("}")
            }
        }
    }
}

fn write_string(f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    f.write_str("\"")?;
    for letter in text.chars() {
        match letter {
            '"' | '\\' => write!(f, "\\{letter}")?,
            '\0'..='\x1f' => write!(f, "\\u{:04x}", u32::from(letter))?,
            _ => write!(f, "{letter}")?,
        }
    }
    f.write_str("\"")
}

// ---------------------------------------------------------------- messages

/// The fields that a message has, as `Message::present_fields` tells them.
pub fn from_fields(fields: Vec<(&'static str, Value)>) -> Json {
    let member = |(name, value): (&str, Value)| (name.to_owned(), from_value(value));
    Json::Object(fields.into_iter().map(member).collect())
}

fn from_value(value: Value) -> Json {
    match value {
        Value::Int32(number) => Json::Number(number.into()),
        Value::Int64(number) => Json::String(number.to_string()),
        Value::Bool(value) => Json::Bool(value),
        Value::String(text) => Json::String(text),
        Value::Bytes(bytes) => Json::String(to_hex(&bytes)),
        Value::Message(fields) => {
            let member = |(name, value)| (name, from_value(value));
            Json::Object(fields.into_iter().map(member).collect())
        }
        Value::List(values) => Json::Array(values.into_iter().map(from_value).collect()),
    }
}

/// What `Message::set_field` takes for each member of `json`.
pub fn to_fields(descriptor: &Descriptor, json: &Json) -> Result<Vec<(String, Value)>, String> {
    let members = match json {
        Json::Object(members) => members,
        other => return Err(format!("{}: no object: {other}", descriptor.name)),
    };
    let mut fields = Vec::new();
    for (name, json) in members {
        let field = descriptor.field(name);
        let field = field.ok_or_else(|| format!("{}: no field {name}", descriptor.name))?;
        fields.push((name.clone(), to_value(field, json)?));
    }
    Ok(fields)
}

fn to_value(field: &Field, json: &Json) -> Result<Value, String> {
    match (field.label, json) {
        (Label::Repeated, Json::Array(elements)) => {
            let values = elements.iter().map(|json| to_single(field, json));
            Ok(Value::List(values.collect::<Result<_, _>>()?))
        }
        (Label::Repeated, other) => Err(format!("{}: no list: {other}", field.name())),
        _ => to_single(field, json),
    }
}

fn to_single(field: &Field, json: &Json) -> Result<Value, String> {
    let value = match (field.kind, json) {
        (Kind::Int32, Json::Number(number)) => i32::try_from(*number).ok().map(Value::Int32),
        (Kind::Int64, Json::String(text)) => text.parse().ok().map(Value::Int64),
        (Kind::Bool, Json::Bool(value)) => Some(Value::Bool(*value)),
        (Kind::String, Json::String(text)) => Some(Value::String(text.clone())),
        (Kind::Bytes, Json::String(text)) => from_hex(text).map(Value::Bytes),
        (Kind::Message(inner), json) => Some(Value::Message(to_fields(inner(), json)?)),
        _ => None,
    };
    value.ok_or_else(|| format!("{}: no {}: {json}", field.name(), field.kind.name()))
}

pub fn to_hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

pub fn from_hex(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| char::from(byte).to_digit(16).map(|digit| digit as u8);
    let pair = |pair: &[u8]| Some(digit(pair[0])? << 4 | digit(*pair.get(1)?)?);
    text.as_bytes().chunks(2).map(pair).collect()
}
