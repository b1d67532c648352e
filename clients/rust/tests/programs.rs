//! The programs in `examples/`, as processes of their own.

mod support;

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use imaged::OPERATIONS;

use support::json::Json;
use support::{daemon, example};

/// A program that is fed and read line by line.
struct Program {
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
}

impl Program {
    fn start(command: &mut Command) -> Program {
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        Program { input: child.stdin.take(), child, output }
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.output.read_line(&mut line).unwrap();
        line.trim_end().to_owned()
    }

    /// What the conformance program answers.
    fn ask(&mut self, command: &str) -> Json {
        writeln!(self.input.as_mut().unwrap(), "{command}").unwrap();
        Json::parse(&self.line()).unwrap()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill(); // Fails if it has ended, as most have.
        self.child.wait().unwrap();
    }
}

fn at<'a>(json: &'a Json, path: &[&str]) -> &'a Json {
    path.iter().fold(json, |json, name| json.get(name).unwrap_or(&Json::Null))
}

#[test]
fn conformance_answers_each_command() {
    let daemon = match daemon() {
        Some(daemon) => daemon,
        None => return,
    };
    let socket = daemon.socket();
    let mut program =
        Program::start(Command::new(example("conformance")).arg("--socket").arg(socket));
    let register = r#""call": "RegisterInstance", "request": {"disk": [{"size": 40}], "#;
    let answer = program.ask(&format!(r#"{{{register}"region_id": "cn-hangzhou"}}}}"#));
    let vm = at(&answer, &["response", "instance_id"]).text().unwrap().to_owned();
    assert_eq!(at(&answer, &["response", "disk_ids"]).array().unwrap().len(), 1);

    let answer = program.ask(r#"{"watch": "w", "request": {"after_sequence": "0"}}"#);
    assert_eq!(answer.to_string(), r#"{"begun": "w"}"#);
    let answer = program.ask(r#"{"next": "w", "count": 1}"#);
    assert_eq!(at(&answer, &["events"]).array().unwrap().len(), 1);
    let answer = program.ask(r#"{"leave": "w"}"#);
    assert_eq!(answer.to_string(), r#"{"left": "w"}"#);

    assert_eq!(program.ask(r#"{"stream_ids_from": 4294967293}"#).to_string(), "{}");
    let answer = program
        .ask(r#"{"together": [{"call": "Version"}, {"call": "Health"}, {"call": "Version"}]}"#);
    let outcomes = at(&answer, &["outcomes"]).array().unwrap();
    let protocol = |outcome: &Json| at(outcome, &["response", "protocol"]).number();
    assert_eq!(outcomes.iter().map(protocol).collect::<Vec<_>>(), [Some(1), None, Some(1)]);

    let answer = program.ask(r#"{"call": "CreateImage", "request": {}, "explain": true}"#);
    assert_eq!(at(&answer, &["error", "http_status"]).number(), Some(400));
    assert!(!at(&answer, &["error", "further"]).array().unwrap().is_empty());
    let answer = program.ask(r#"{"call": "DescribeRegions", "account": "nobody"}"#);
    assert_eq!(at(&answer, &["error", "code"]).text(), Some("Forbidden"));

    program.ask(r#"{"call": "AddFaultRule", "request": {"action": "hold"}}"#);
    let create = format!(
        r#""call": "CreateImage", "request": {{"region_id": "cn-hangzhou", "instance_id": "{vm}"}}"#
    );
    let answer = program.ask(&format!(r#"{{{create}, "give_up_ms": 20}}"#));
    assert_eq!(answer.to_string(), r#"{"unknown": true}"#);
    program.ask(r#"{"call": "AddFaultRule", "request": {"action": "hold"}}"#);
    let answer = program.ask(&format!(r#"{{{create}, "timeout_ms": 20}}"#));
    assert_eq!(at(&answer, &["error", "status"]).number(), Some(4));
    let answer = program.ask(r#"{"begin": "a", "call": "ReadEvents"}"#);
    assert_eq!(answer.to_string(), r#"{"begun": "a"}"#);
    assert_eq!(program.ask(r#"{"cancel": "a"}"#).to_string(), r#"{"asked": "a"}"#);
    let answer = program.ask(r#"{"end": "a"}"#);
    assert_eq!(at(&answer, &["error", "status"]).number(), Some(1));

    let answer = program.ask(r#"{"operations": true}"#);
    let operations = at(&answer, &["operations"]).array().unwrap();
    assert_eq!(operations.len(), OPERATIONS.len());
    let first = r#""name": "CreateImage", "again": "token", "streaming": false"#;
    assert_eq!(operations[0].to_string(), format!(r#"{{"service": "imaged.v1.ECS", {first}}}"#));

    drop(program.input.take());
    assert!(program.child.wait().unwrap().success());
}

#[test]
fn bake_makes_an_image_and_says_what_is_wrong() {
    let daemon = match daemon() {
        Some(daemon) => daemon,
        None => return,
    };
    let bake = || {
        let mut command = Command::new(example("bake"));
        command.env("IMAGED_SOCKET", daemon.socket());
        command
    };
    let output = bake().output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.starts_with("m-") && text.ends_with(": Available\n"), "{text}");
    let output = bake().arg("i-none").output().unwrap();
    let text = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(text.starts_with("bake: InvalidInstanceId.NotFound: "), "{text}");
    let output = bake().env("IMAGED_SOCKET", "/nowhere.sock").output().unwrap();
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(text.starts_with("bake: no daemon to connect to: /nowhere.sock: "), "{text}");
}

#[test]
fn watch_prints_events() {
    let daemon = match daemon() {
        Some(daemon) => daemon,
        None => return,
    };
    let output =
        Command::new(example("bake")).env("IMAGED_SOCKET", daemon.socket()).output().unwrap();
    assert!(output.status.success());
    let mut watch =
        Program::start(Command::new(example("watch")).env("IMAGED_SOCKET", daemon.socket()));
    let line = watch.line();
    assert_eq!(line.split(' ').count(), 3, "{line}");
    while !watch.line().ends_with(" ImageChanged") {}
}
