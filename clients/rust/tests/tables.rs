//! The tables of this crate against the texts that are the authority: `protocol/imaged.proto` and
//! `protocol/README.md`.

mod support;

use std::collections::BTreeMap;

use imaged::reflect::{descriptors, Label};
use imaged::{visit_operation, Again, Operation, OperationVisitor, StatusCode, OPERATIONS};

use support::protocol;

/// A line a field, as the .proto file has it: `optional int32 size = 2`.
type Schema = BTreeMap<String, Vec<String>>;

/// The messages of `imaged.proto`.
fn schema() -> Schema {
    let mut messages = Schema::new();
    let mut current = None;
    for line in protocol("imaged.proto").lines() {
        let line = line.split("//").next().unwrap_or_default().trim();
        if let Some(name) = line.strip_prefix("message ") {
            let name = name.split_whitespace().next().unwrap().to_owned();
            current = (!line.ends_with('}')).then(|| name.clone());
            messages.insert(name, Vec::new());
        } else if line == "}" {
            current = None;
        } else if let (Some(name), Some(field)) = (&current, line.strip_suffix(';')) {
            messages.get_mut(name).unwrap().push(field.to_owned());
        }
    }
    messages
}

#[test]
fn every_message_and_field_is_that_of_the_proto_file() {
    let ours: Schema = descriptors()
        .map(|message| {
            let fields = message.fields.iter().map(|field| {
                let label = match field.label {
                    Label::Implicit => "",
                    Label::Optional => "optional ",
                    Label::Repeated => "repeated ",
                };
                format!("{label}{} {} = {}", field.kind.name(), field.name(), field.number)
            });
            (message.name.to_owned(), fields.collect())
        })
        .collect();
    let theirs = schema();
    assert!(theirs.len() >= 177, "{} messages were found", theirs.len());
    assert_eq!(ours.keys().collect::<Vec<_>>(), theirs.keys().collect::<Vec<_>>());
    for (name, fields) in &theirs {
        assert_eq!(&ours[name], fields, "{name}");
    }
}

#[test]
fn messages_come_in_the_order_of_the_proto_file_and_fields_by_number() {
    let text = protocol("imaged.proto");
    let names = text.lines().filter_map(|line| line.strip_prefix("message "));
    let theirs: Vec<&str> = names.map(|line| line.split(' ').next().unwrap()).collect();
    assert_eq!(descriptors().map(|message| message.name).collect::<Vec<_>>(), theirs);
    for message in descriptors() {
        let numbers: Vec<u32> = message.fields.iter().map(|field| field.number).collect();
        assert!(numbers.windows(2).all(|pair| pair[0] < pair[1]), "{}", message.name);
    }
}

#[test]
fn operations_are_those_of_the_readme() {
    let text = protocol("README.md");
    let rows = text.lines().filter(|line| line.starts_with("| `imaged.v1.")).map(|line| {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        let name = |cell: &str| cell.trim_matches('`').to_owned();
        (name(cells[0]), name(cells[1]), cells[3].to_owned(), cells[4].starts_with("yes"))
    });
    let ours = OPERATIONS.iter().map(|operation| {
        let again = match operation.again {
            Again::Reads => "reads",
            Again::Token => "token",
            Again::Never => "",
        };
        let (service, name) = (operation.service.to_owned(), operation.name.to_owned());
        (service, name, again.to_owned(), operation.streaming)
    });
    let theirs: Vec<_> = rows.collect();
    assert!(theirs.len() >= 70, "{} operations were found", theirs.len());
    assert_eq!(ours.collect::<Vec<_>>(), theirs);
}

/// `CreateImage(CreateImageRequest) returns (CreateImageResponse)`.
struct Signature;

impl OperationVisitor for Signature {
    type Output = String;

    fn visit<O: Operation>(self) -> String {
        use imaged::Message;
        format!("{}({}) returns ({})", O::INFO.name, O::NAME, <O::Answer as Message>::NAME)
    }
}

#[test]
fn operations_take_and_give_what_the_proto_file_says() {
    let text = protocol("imaged.proto");
    let lines = text.lines().filter_map(|line| line.trim().strip_prefix("rpc "));
    let theirs: Vec<&str> = lines.map(|line| line.trim_end_matches(';')).collect();
    assert_eq!(theirs.len(), OPERATIONS.len());
    for (line, operation) in theirs.into_iter().zip(OPERATIONS) {
        match visit_operation(operation.name, Signature) {
            Some(signature) => assert_eq!(signature, line),
            None => assert_eq!(line, "Watch(WatchRequest) returns (stream EventsResponse)"),
        }
    }
}

#[test]
fn a_token_decides_exactly_where_the_request_has_one() {
    for operation in OPERATIONS {
        let request = descriptors()
            .find(|message| message.name == format!("{}Request", operation.name))
            .unwrap();
        let has_token = request.field("client_token").is_some();
        // A fault rule names the token of others.
        let is_own = operation.name != "AddFaultRule";
        assert_eq!(operation.again == Again::Token, has_token && is_own, "{}", operation.name);
    }
}

#[test]
fn statuses_are_those_of_the_readme() {
    let text = protocol("README.md");
    let section = text.split("## Errors").nth(1).unwrap().split("\n## ").next().unwrap();
    let mut count = 0;
    for line in section.lines().filter(|line| line.starts_with("| ")) {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        let is_code = |cell: &&&str| {
            cell.len() > 3 && cell.chars().all(|it| it.is_ascii_uppercase() || it == '_')
        };
        let name = cells.iter().find(is_code);
        let number = cells.iter().skip(1).find_map(|cell| cell.parse::<i32>().ok());
        if let (Some(name), Some(number)) = (name, number) {
            assert_eq!(StatusCode(number).to_string(), **name);
            count += 1;
        }
    }
    assert!(count >= 12, "{count} statuses were found");
}
