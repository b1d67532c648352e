//! One command a line from standard input, one answer a line to standard output, each a JSON
//! object: see `protocol/scenarios/README.md`.
//!
//!     conformance --socket PATH

use std::collections::{HashMap, VecDeque};
use std::io::{self, BufRead, Write};
use std::time::Duration;

use imaged::{
    testing, visit_operation, Again, CallOptions, Canceller, Client, EcsError, Error, Event,
    Message, Operation, OperationVisitor, Watch, WatchRequest, OPERATIONS,
};

#[allow(dead_code)] // The tests use all of it.
#[path = "../tests/support/json.rs"]
mod json;

use json::Json;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let socket = match &arguments[..] {
        [option, path] if option == "--socket" => path,
        _ => return Err("usage: conformance --socket PATH".into()),
    };
    let mut program = Program {
        client: Client::connect_to(socket)?,
        calls: HashMap::new(),
        watches: HashMap::new(),
    };
    let mut output = io::stdout().lock();
    for line in io::stdin().lock().lines() {
        let answer = program.answer(&Json::parse(&line?)?)?;
        writeln!(output, "{answer}")?;
        output.flush()?;
    }
    Ok(())
}

struct Program {
    client: Client,
    calls: HashMap<String, Begun>,
    watches: HashMap<String, Watched>,
}

/// A call under way, whatever its operation.
struct Begun {
    canceller: Option<Canceller>,
    wait: Box<dyn FnOnce() -> Json>,
}

/// A watch, and the events that came with those asked for.
struct Watched {
    watch: Watch,
    events: VecDeque<Event>,
}

impl Program {
    fn answer(&mut self, command: &Json) -> Result<Json, String> {
        let name = |key: &str| command.get(key).and_then(Json::text);
        if let Some(key) = name("begin") {
            let begun = self.begin(command)?;
            self.calls.insert(key.to_owned(), begun);
            return Ok(Json::object([("begun", key.into())]));
        }
        if let Some(key) = name("cancel") {
            let begun = self.calls.get(key).ok_or_else(|| format!("no call {key}"))?;
            if let Some(canceller) = &begun.canceller {
                canceller.cancel();
            }
            return Ok(Json::object([("asked", key.into())]));
        }
        if let Some(key) = name("end") {
            let begun = self.calls.remove(key).ok_or_else(|| format!("no call {key}"))?;
            return Ok((begun.wait)());
        }
        if name("call").is_some() {
            return Ok((self.begin(command)?.wait)());
        }
        if let Some(commands) = command.get("together").and_then(Json::array) {
            let begun: Result<Vec<Begun>, String> =
                commands.iter().map(|command| self.begin(command)).collect();
            let outcomes = begun?.into_iter().map(|begun| (begun.wait)()).collect();
            return Ok(Json::object([("outcomes", Json::Array(outcomes))]));
        }
        if let Some(key) = name("watch") {
            let request: WatchRequest = message(command.get("request"))?;
            let watch = self.client.watch(&request).map_err(|error| error.to_string())?;
            self.watches.insert(key.to_owned(), Watched { watch, events: VecDeque::new() });
            return Ok(Json::object([("begun", key.into())]));
        }
        if let Some(key) = name("next") {
            let count = command.get("count").and_then(Json::number).unwrap_or(1);
            let watched = self.watches.get_mut(key).ok_or_else(|| format!("no watch {key}"))?;
            return Ok(watched.next(usize::try_from(count).map_err(|error| error.to_string())?));
        }
        if let Some(key) = name("leave") {
            self.watches.remove(key).ok_or_else(|| format!("no watch {key}"))?;
            return Ok(Json::object([("left", key.into())]));
        }
        if let Some(id) = command.get("stream_ids_from").and_then(Json::number) {
            let id = u32::try_from(id).map_err(|error| error.to_string())?;
            testing::set_next_stream_id(&self.client, id);
            return Ok(Json::object([]));
        }
        if command.get("operations").is_some() {
            return Ok(operations());
        }
        Err(format!("an unknown command: {command}"))
    }

    fn begin(&self, command: &Json) -> Result<Begun, String> {
        let name = command.get("call").and_then(Json::text).ok_or("no operation's name")?;
        let time = |key: &str| {
            let milliseconds = command.get(key).and_then(Json::number);
            milliseconds.and_then(|it| u64::try_from(it).ok()).map(Duration::from_millis)
        };
        let mut options = CallOptions {
            account: command.get("account").and_then(Json::text).map(str::to_owned),
            explain: command.get("explain").map_or(false, Json::is_true),
            give_up: time("give_up_ms"),
            ..CallOptions::default()
        };
        if let Some(timeout) = time("timeout_ms") {
            options.timeout = Some(timeout);
        } else if options.give_up.is_some() {
            options.timeout = None;
        }
        let client = self.client.with(options);
        let begin = Begin { client, request: command.get("request") };
        visit_operation(name, begin).ok_or_else(|| format!("no operation {name}"))?
    }
}

struct Begin<'a> {
    client: Client,
    request: Option<&'a Json>,
}

impl OperationVisitor for Begin<'_> {
    type Output = Result<Begun, String>;

    fn visit<O: Operation>(self) -> Self::Output {
        let request: O = message(self.request)?;
        Ok(match self.client.begin(&request) {
            Ok(pending) => Begun {
                canceller: Some(pending.canceller()),
                wait: Box::new(move || outcome(pending.wait())),
            },
            Err(error) => {
                Begun { canceller: None, wait: Box::new(move || outcome::<O::Answer>(Err(error))) }
            }
        })
    }
}

impl Watched {
    fn next(&mut self, count: usize) -> Json {
        while self.events.len() < count {
            match self.watch.next() {
                Some(Ok(answer)) => self.events.extend(answer.events),
                Some(Err(error)) => return failure(&error),
                None => break,
            }
        }
        let events = self.events.drain(..count.min(self.events.len()));
        let events = events.map(|event| json::from_fields(event.present_fields())).collect();
        Json::object([("events", Json::Array(events))])
    }
}

/// The message that a command gives; none given: an empty one.
fn message<M: Message>(json: Option<&Json>) -> Result<M, String> {
    let mut message = M::default();
    if let Some(json) = json {
        for (name, value) in json::to_fields(M::descriptor(), json)? {
            message.set_field(&name, value).map_err(|error| error.to_string())?;
        }
    }
    Ok(message)
}

fn outcome<A: Message>(result: Result<A, Error>) -> Json {
    match result {
        Ok(answer) => Json::object([("response", json::from_fields(answer.present_fields()))]),
        Err(error) => failure(&error),
    }
}

fn failure(error: &Error) -> Json {
    let members = match error {
        Error::Ecs(error) => {
            let mut members = ecs_members(error);
            let further = error.further.iter().map(|it| present(ecs_members(it))).collect();
            members.push(("further", Json::Array(further)));
            members.insert(0, ("status", Json::Number(error.status.0.into())));
            members
        }
        Error::Status(error) => vec![
            ("status", Json::Number(error.code.0.into())),
            ("message", error.message.as_str().into()),
            ("request_id", error.request_id.as_str().into()),
        ],
        error if error.is_outcome_unknown() => {
            return Json::object([("unknown", Json::Bool(true))]);
        }
        error => vec![("message", error.to_string().as_str().into())],
    };
    Json::object([("error", present(members))])
}

fn ecs_members(error: &EcsError) -> Vec<(&'static str, Json)> {
    vec![
        ("http_status", Json::Number(error.http_status.into())),
        ("code", error.code.as_str().into()),
        ("message", error.message.as_str().into()),
        ("parameter", error.parameter.as_str().into()),
        ("hint", error.hint.as_str().into()),
        ("request_id", error.request_id.as_str().into()),
    ]
}

/// An object of the members that are neither zero nor empty.
fn present(members: Vec<(&str, Json)>) -> Json {
    let empty = [Json::Number(0), Json::from(""), Json::Array(Vec::new())];
    let members = members.into_iter().filter(|(_, value)| !empty.contains(value));
    Json::Object(members.map(|(name, value)| (name.to_owned(), value)).collect())
}

fn operations() -> Json {
    let operations = OPERATIONS.iter().map(|operation| {
        let again = match operation.again {
            Again::Reads => "reads",
            Again::Token => "token",
            Again::Never => "",
        };
        Json::object([
            ("service", operation.service.into()),
            ("name", operation.name.into()),
            ("again", again.into()),
            ("streaming", Json::Bool(operation.streaming)),
        ])
    });
    Json::object([("operations", Json::Array(operations.collect()))])
}
