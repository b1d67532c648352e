//! Every file of `protocol/vectors/`.

mod support;

use imaged::frame::{Found, FrameDecoder, FrameHeader, HEADER_BYTES};
use imaged::reflect::{visit_message, MessageVisitor};
use imaged::{DecodeError, DecodeReason, Message};

use support::json::{from_fields, from_hex, to_fields, to_hex, Json};
use support::{vectors, Random};

imaged::messages! {
    /// `vectors/sample.proto`.
    Sample {
        int32_value: i32 = 1,
        int64_value: i64 = 2,
        bool_value: bool = 3,
        string_value: String = 4,
        bytes_value: Vec<u8> = 5,
        message_value: Option<Box<Sample>> = 6,
        string_list: Vec<String> = 7,
        message_list: Vec<Sample> = 8,
        optional_int32: Option<i32> = 9,
        optional_int64: Option<i64> = 10,
        optional_bool: Option<bool> = 11,
        optional_string: Option<String> = 12,
        number_list: Vec<i64> = 13,
        two_byte_tag: i32 = 16,
        last_number: i32 = 536_870_911,
    }
}

fn text<'a>(vector: &'a Json, name: &str) -> Option<&'a str> {
    vector.get(name).and_then(Json::text)
}

fn hex(vector: &Json, name: &str) -> Option<Vec<u8>> {
    text(vector, name).map(|text| from_hex(text).unwrap())
}

// ---------------------------------------------------------------- messages

struct Check<'a>(&'a Json);

impl MessageVisitor for Check<'_> {
    type Output = ();

    fn visit<M: Message>(self) {
        let vector = self.0;
        let name = text(vector, "name").unwrap();
        let bytes = hex(vector, "hex").unwrap();
        let decoded = M::decode(&bytes);
        if let Some(rule) = text(vector, "refused") {
            let error = decoded.expect_err(name);
            assert_eq!(reason(&error), rule, "{name}");
            assert_eq!(error.field(), text(vector, "field").unwrap(), "{name}");
            return;
        }
        let fields = vector.get("fields").unwrap();
        let decoded = decoded.unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(sorted(&from_fields(decoded.present_fields())), sorted(fields), "{name}");
        let canonical = hex(vector, "canonical").unwrap_or(bytes);
        assert_eq!(to_hex(&decoded.encode()), to_hex(&canonical), "{name}");
        let mut built = M::default();
        for (field, value) in to_fields(M::descriptor(), fields).unwrap() {
            built.set_field(&field, value).unwrap();
        }
        assert_eq!(to_hex(&built.encode()), to_hex(&canonical), "{name}");
    }
}

fn reason(error: &DecodeError) -> &'static str {
    match error.reason() {
        DecodeReason::Truncated => "truncated",
        DecodeReason::VarintTooLong => "varint_too_long",
        DecodeReason::WrongWireType => "wrong_wire_type",
        DecodeReason::InvalidWireType => "invalid_wire_type",
        DecodeReason::GroupMismatch => "group_mismatch",
        DecodeReason::InvalidFieldNumber => "invalid_field_number",
        DecodeReason::InvalidUtf8 => "invalid_utf8",
        DecodeReason::TooDeep => "too_deep",
        other => panic!("{other:?} has no name in the vectors"),
    }
}

/// The same with the members of objects by name: their order means nothing.
fn sorted(json: &Json) -> Json {
    match json {
        Json::Array(elements) => Json::Array(elements.iter().map(sorted).collect()),
        Json::Object(members) => {
            let mut members: Vec<_> =
                members.iter().map(|(name, value)| (name.clone(), sorted(value))).collect();
            members.sort_by(|a, b| a.0.cmp(&b.0));
            Json::Object(members)
        }
        other => other.clone(),
    }
}

fn check_messages(file: &str, count_min: usize) {
    let vectors = vectors(file);
    assert!(vectors.len() >= count_min, "{} vectors in {file}", vectors.len());
    for vector in &vectors {
        match text(vector, "message").unwrap() {
            "Sample" => Check(vector).visit::<Sample>(),
            name => visit_message(name, Check(vector)).unwrap_or_else(|| panic!("no {name}")),
        }
    }
}

#[test]
fn requests() {
    check_messages("request.json", 39);
}

#[test]
fn responses() {
    check_messages("response.json", 28);
}

#[test]
fn messages() {
    check_messages("messages.json", 876);
}

#[test]
fn edge_cases() {
    check_messages("proto.json", 159);
}

// ---------------------------------------------------------------- bytes of all kinds

/// Reads what was made of a vector: it must not panic, and what it accepts it must write in a way
/// that says the same.
struct Fuzz<'a>(&'a [u8]);

impl MessageVisitor for Fuzz<'_> {
    type Output = bool;

    fn visit<M: Message>(self) -> bool {
        match M::decode(self.0) {
            Ok(message) => {
                assert_eq!(M::decode(&message.encode()).as_ref(), Ok(&message));
                true
            }
            Err(error) => {
                assert!(!error.to_string().is_empty());
                false
            }
        }
    }
}

#[test]
fn no_bytes_make_it_panic() {
    let mut random = Random(20_261_126);
    let mut counts = [0, 0];
    for file in ["request.json", "response.json", "proto.json", "messages.json"] {
        for vector in vectors(file) {
            let original = hex(&vector, "hex").unwrap();
            for _ in 0..40 {
                let mut bytes = original.clone();
                for _ in 0..=random.below(3) {
                    mutate(&mut bytes, &mut random);
                }
                let is_read = match text(&vector, "message").unwrap() {
                    "Sample" => Fuzz(&bytes).visit::<Sample>(),
                    name => visit_message(name, Fuzz(&bytes)).unwrap(),
                };
                counts[usize::from(is_read)] += 1;
            }
        }
    }
    assert!(counts.iter().all(|count| *count > 1000), "too one-sided: {counts:?}");
}

fn mutate(bytes: &mut Vec<u8>, random: &mut Random) {
    let place = random.below(bytes.len() + 1);
    match random.below(5) {
        0 => bytes.truncate(place),
        1 => bytes.insert(place, random.next() as u8),
        2 if place < bytes.len() => bytes[place] ^= 1 << random.below(8),
        3 if place < bytes.len() => bytes[place] = [0, 0x7f, 0x80, 0xff][random.below(4)],
        _ => {
            let copied = bytes[place..].to_vec();
            bytes.extend_from_slice(&copied);
        }
    }
}

// ---------------------------------------------------------------- frames

/// What a decoder finds in pieces that end where `cut` says.
fn find(bytes: &[u8], mut cut: impl FnMut(usize) -> usize) -> (Vec<Found>, usize) {
    let mut decoder = FrameDecoder::new();
    let mut found = Vec::new();
    let mut start = 0;
    while start < bytes.len() {
        let end = cut(start).clamp(start + 1, bytes.len());
        decoder.push(&bytes[start..end]);
        found.extend(&mut decoder);
        start = end;
    }
    (found, decoder.left())
}

fn bytes_of(vector: &Json) -> Vec<u8> {
    let mut bytes = Vec::new();
    for part in vector.get("parts").and_then(Json::array).unwrap() {
        let times = part.get("times").and_then(Json::number).unwrap_or(1);
        bytes.extend(hex(part, "hex").unwrap().repeat(usize::try_from(times).unwrap()));
    }
    bytes
}

fn check_found(name: &str, found: &[Found], expected: &[Json]) {
    assert_eq!(found.len(), expected.len(), "{name}");
    for (found, expected) in found.iter().zip(expected) {
        let (kind, header, data) = match found {
            Found::Frame(header, data) => ("frame", header, Some(data)),
            Found::TooLong(header) => ("too_long", header, None),
            Found::Reserved(header) => ("reserved", header, None),
        };
        let number =
            |key| u32::try_from(expected.get(key).and_then(Json::number).unwrap()).unwrap();
        let wanted = FrameHeader {
            data_length: number("data_length"),
            stream_id: number("stream_id"),
            kind: number("type") as u8,
            flags: number("flags") as u8,
        };
        assert_eq!((Some(kind), *header), (text(expected, "found"), wanted), "{name}");
        if let Some(data) = data {
            assert_eq!(data.len(), header.data_length as usize, "{name}");
            assert!(hex(expected, "data").map_or(true, |wanted| wanted == *data), "{name}");
        }
    }
}

#[test]
fn frames_whole_byte_by_byte_and_joined() {
    let vectors = vectors("frames.json");
    assert!(vectors.len() >= 53);
    let mut random = Random(1);
    let (mut joined, mut joined_expected) = (Vec::new(), Vec::new());
    for vector in &vectors {
        let name = text(vector, "name").unwrap();
        let expected = vector.get("frames").and_then(Json::array).unwrap();
        let left = vector.get("left").and_then(Json::number).unwrap();
        let bytes = bytes_of(vector);
        let whole = find(&bytes, |_| bytes.len());
        check_found(name, &whole.0, expected);
        assert_eq!(i64::try_from(whole.1), Ok(left), "{name}");
        // In the middle of large data, single bytes take long and show nothing more.
        let is_middle = |start| start > 1000 && start + 6000 < bytes.len();
        let single = |start| start + if is_middle(start) { 4096 } else { 1 };
        assert_eq!(find(&bytes, single), whole, "{name}");
        assert_eq!(find(&bytes, |start| start + random.below(70_000)), whole, "{name}");
        // What ends inside data that are dropped cannot be followed by others.
        let followed = [&bytes[..], &[0; HEADER_BYTES]].concat();
        let is_at_end = find(&followed, |_| usize::MAX).0.len() == expected.len() + 1;
        if left == 0 && is_at_end && bytes.len() < 100_000 {
            joined.extend(bytes);
            joined_expected.extend_from_slice(expected);
        }
    }
    assert!(joined_expected.len() > 60, "{} frames were joined", joined_expected.len());
    for cut in [usize::MAX, 100, 7] {
        let (found, left) = find(&joined, |start| start.saturating_add(cut));
        check_found("joined", &found, &joined_expected);
        assert_eq!(left, 0);
    }
}

#[test]
fn headers_are_written_as_they_are_read() {
    for vector in vectors("frames.json") {
        for found in find(&bytes_of(&vector), |_| usize::MAX).0 {
            let (Found::Frame(header, _) | Found::TooLong(header) | Found::Reserved(header)) =
                found;
            assert_eq!(FrameHeader::decode(header.encode()), header);
        }
    }
}
