//! The client against daemons that answer late, wrongly, in pieces, or not at all.

mod support;

use std::io::ErrorKind;
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use imaged::frame::{DATA, NO_DATA, REMOTE_CLOSED, REQUEST, RESPONSE};
use imaged::messages::envelope::{Any, Error as Detail, KeyValue, Status};
use imaged::testing::set_next_stream_id;
use imaged::{
    CallOptions, CancelRequest, CancelResponse, Client, CreateDiskRequest, CreateImageRequest,
    CreateImageResponse, Error, EventsResponse, HealthRequest, HealthResponse, Message, Options,
    StatusCode, UnknownReason, VersionRequest, VersionResponse, WatchRequest,
};

use support::{frame, response, Fake, Peer};

fn version(text: &str) -> VersionResponse {
    VersionResponse { version: text.to_owned(), ..Default::default() }
}

fn image(id: &str) -> CreateImageResponse {
    CreateImageResponse { image_id: id.to_owned(), ..Default::default() }
}

fn create(token: &str) -> CreateImageRequest {
    CreateImageRequest { client_token: token.to_owned(), ..Default::default() }
}

fn is_lost(error: &Error) -> bool {
    matches!(error, Error::OutcomeUnknown { reason: UnknownReason::ConnectionLost(_), .. })
}

/// Answers one call of a client with `answer`, on a new connection if the old one is gone.
fn serve(peer: &mut Peer, answer: &VersionResponse) {
    let id = peer.stream_id();
    peer.respond(id, answer);
}

// ---------------------------------------------------------------- requests

#[test]
fn a_request_has_its_deadline_and_metadata() {
    let fake = Fake::new("request");
    let (client, mut peer) = fake.pair();
    let options = CallOptions {
        timeout: Some(Duration::from_millis(1500)),
        account: Some("ci".into()),
        ram_user: Some("reader".into()),
        explain: true,
        ..Default::default()
    };
    let pending = client.with(options).begin(&create("t")).unwrap();
    let (header, request) = peer.request();
    assert_eq!((header.stream_id, header.kind, header.flags), (1, REQUEST, 0));
    assert_eq!((&*request.service, &*request.method), ("imaged.v1.ECS", "CreateImage"));
    assert_eq!(CreateImageRequest::decode(&request.payload), Ok(create("t")));
    assert_eq!(request.timeout_nano, 1_500_000_000);
    let entry = |key: &str, value: &str| KeyValue { key: key.into(), value: value.into() };
    let metadata = [entry("account", "ci"), entry("ram-user", "reader"), entry("explain", "true")];
    assert_eq!(request.metadata, metadata);
    peer.respond(1, &image("m-1"));
    assert_eq!(pending.wait().unwrap(), image("m-1"));
}

#[test]
fn no_deadline_is_absent_and_a_deadline_of_nothing_is_over() {
    let fake = Fake::new("deadlines");
    let (client, mut peer) = fake.pair();
    let cases = [(None, 0), (Some(Duration::ZERO), -1), (Some(Duration::MAX), i64::MAX)];
    for (timeout, nanoseconds) in cases {
        let options = CallOptions { timeout, ..Default::default() };
        let pending = client.with(options).begin(&VersionRequest {}).unwrap();
        let (header, request) = peer.request();
        assert_eq!(request.timeout_nano, nanoseconds);
        assert!(request.metadata.is_empty());
        peer.respond(header.stream_id, &version("1"));
        pending.wait().unwrap();
    }
}

#[test]
fn a_request_of_more_than_4_mib_is_not_sent_and_harms_no_other() {
    let fake = Fake::new("large");
    let (client, mut peer) = fake.pair();
    let large = CreateImageRequest { description: "x".repeat(4 << 20), ..Default::default() };
    let error = client.create_image(&large).unwrap_err();
    assert!(matches!(error, Error::NotSent { operation: "CreateImage", .. }), "{error}");
    let pending = client.begin(&VersionRequest {}).unwrap();
    serve(&mut peer, &version("1"));
    assert_eq!(pending.wait().unwrap(), version("1"));
}

// ---------------------------------------------------------------- answers

#[test]
fn answers_come_in_any_order_and_in_any_pieces() {
    let fake = Fake::new("pieces");
    let (client, mut peer) = fake.pair();
    let pending: Vec<_> = (0..3).map(|_| client.begin(&VersionRequest {}).unwrap()).collect();
    let ids = [peer.stream_id(), peer.stream_id(), peer.stream_id()];
    assert_eq!(ids, [1, 3, 5]);
    let answers =
        [response(5, &version("5")), response(1, &version("1")), response(3, &version("3"))];
    for byte in answers.concat() {
        peer.send(&[byte]);
    }
    let versions: Vec<String> =
        pending.into_iter().map(|pending| pending.wait().unwrap().version).collect();
    assert_eq!(versions, ["1", "3", "5"]);
}

#[test]
fn an_answer_of_4_mib_is_taken() {
    let fake = Fake::new("4-mib");
    let (client, mut peer) = fake.pair();
    let pending = client.begin(&VersionRequest {}).unwrap();
    let id = peer.stream_id();
    let text = "x".repeat((4 << 20) - 8); // Two tags and two lengths of four bytes.
    let bytes = response(id, &version(&text[4..]));
    peer.send(&bytes);
    assert_eq!(pending.wait().unwrap().version.len(), text.len() - 4);
}

#[test]
fn a_refusal_says_all_that_the_daemon_said() {
    let fake = Fake::new("refusal");
    let (client, mut peer) = fake.pair();
    let detail = |code: &str| Detail {
        http_status: 403,
        code: code.into(),
        message: "The quota exceeds.".into(),
        request_id: "R".into(),
        parameter: "ImageName".into(),
        hint: "delete one".into(),
    };
    let any = |url: &str, value| Any { type_url: format!("type.googleapis.com/{url}"), value };
    let pending = client.begin(&create("")).unwrap();
    let id = peer.stream_id();
    peer.refuse(
        id,
        Status {
            code: 9,
            message: "QuotaExceed.Image: The quota exceeds.".into(),
            details: vec![
                any("google.rpc.Help", vec![0xff]),
                any("imaged.v1.Error", detail("QuotaExceed.Image").encode()),
                any("imaged.v1.Error", detail("Another").encode()),
            ],
        },
    );
    let error = pending.wait().unwrap_err();
    assert_eq!(error.status(), Some(StatusCode::FAILED_PRECONDITION));
    assert_eq!(error.ecs_code(), Some("QuotaExceed.Image"));
    let text = "QuotaExceed.Image: The quota exceeds. [ImageName] (delete one)";
    assert_eq!(error.to_string(), text);
    let error = match error {
        Error::Ecs(error) => error,
        other => panic!("{other}"),
    };
    assert_eq!((error.http_status, &*error.request_id), (403, "R"));
    assert_eq!(error.further.iter().map(|error| &*error.code).collect::<Vec<_>>(), ["Another"]);
}

#[test]
fn a_status_without_a_code_stays_a_status_even_an_unknown_one() {
    let fake = Fake::new("status");
    let (client, mut peer) = fake.pair();
    for (code, text) in [(4, "DEADLINE_EXCEEDED: late"), (99, "status 99: late")] {
        let pending = client.begin(&create("")).unwrap();
        let id = peer.stream_id();
        let detail = Detail { request_id: "R".into(), ..Default::default() };
        let detail =
            Any { type_url: "type.googleapis.com/imaged.v1.Error".into(), value: detail.encode() };
        peer.refuse(id, Status { code, message: "late".into(), details: vec![detail] });
        match pending.wait().unwrap_err() {
            Error::Status(error) => {
                assert_eq!((error.code.0, &*error.request_id), (code, "R"));
                assert_eq!(error.to_string(), text);
            }
            other => panic!("{other}"),
        }
    }
}

#[test]
fn an_answer_that_cannot_be_read_is_an_unknown_outcome_of_that_call_alone() {
    let fake = Fake::new("payload");
    let (client, mut peer) = fake.pair();
    let bad = client.begin(&VersionRequest {}).unwrap();
    let good = client.begin(&VersionRequest {}).unwrap();
    let (bad_id, good_id) = (peer.stream_id(), peer.stream_id());
    peer.send(&frame(bad_id, RESPONSE, 0, &[0x12, 2, 0x08, 1])); // A number as request_id.
    peer.respond(good_id, &version("1"));
    let error = bad.wait().unwrap_err();
    let reason = match &error {
        Error::OutcomeUnknown { reason: UnknownReason::NotTheProtocol(reason), .. } => reason,
        other => panic!("{other}"),
    };
    assert!(reason.contains("RequestId"), "{reason}");
    assert_eq!(good.wait().unwrap(), version("1"));
}

/// What comes for a call on stream 1 and is not the protocol: all calls of the connection end
/// with an unknown outcome, and the next one goes over a new connection.
#[test]
fn what_is_not_the_protocol_ends_the_connection() {
    let fake = Fake::new("garbage");
    let client = fake.client();
    let garbage: Vec<(&str, Vec<u8>)> = vec![
        ("text", b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec()),
        ("too long", [&[0, 0x40, 0, 1][..], &[0, 0, 0, 1, 2, 0]].concat()),
        ("a stream never opened", frame(9, RESPONSE, 0, &[])),
        ("an even stream", frame(2, RESPONSE, 0, &[])),
        ("a request", frame(1, REQUEST, 0, &[])),
        ("an unknown type", frame(1, 7, 0, &[])),
        ("a flag", frame(1, RESPONSE, 1, &[])),
        ("no response", frame(1, RESPONSE, 0, &[0x08, 3])),
        ("data for a unary call", frame(1, DATA, 0, &[])),
        ("no data with data", frame(1, DATA, REMOTE_CLOSED | NO_DATA, &[0])),
    ];
    for (name, bytes) in garbage {
        let pending: Vec<_> = (0..2).map(|_| client.begin(&create("t")).unwrap()).collect();
        let mut peer = fake.accept();
        assert_eq!((peer.stream_id(), peer.stream_id()), (1, 3), "{name}");
        peer.send(&bytes);
        for pending in pending {
            let error = pending.wait().unwrap_err();
            let is_expected = matches!(
                &error,
                Error::OutcomeUnknown { reason: UnknownReason::NotTheProtocol(_), .. }
            );
            assert!(is_expected, "{name}: {error}");
        }
        assert!(peer.is_closed(), "{name}");
    }
}

// ---------------------------------------------------------------- lost connections

#[test]
fn a_lost_answer_is_asked_for_once_more_where_that_is_safe() {
    let fake = Fake::new("again");
    let (client, mut first) = fake.pair();
    let reading = client.begin(&VersionRequest {}).unwrap();
    let with_token = client.begin(&create("t")).unwrap();
    let (_, sent) = (first.request(), first.request());
    drop(first);
    let answers = thread::spawn(move || (reading.wait(), with_token.wait()));
    let mut second = fake.accept();
    let (header, request) = second.request();
    assert_eq!((header.stream_id, &*request.method), (1, "Version"));
    second.respond(1, &version("2"));
    let (header, again) = second.request();
    assert_eq!((header.stream_id, &again.payload), (3, &sent.1.payload));
    assert!(again.timeout_nano > 0 && again.timeout_nano < sent.1.timeout_nano);
    second.respond(3, &image("m-1"));
    let (reading, with_token) = answers.join().unwrap();
    assert_eq!(reading.unwrap(), version("2"));
    assert_eq!(with_token.unwrap(), image("m-1"));
}

#[test]
fn a_lost_answer_is_an_unknown_outcome_where_it_is_not_safe() {
    let fake = Fake::new("unknown");
    let client = fake.client();
    let off = CallOptions { again: false, ..Default::default() };
    for (client, token) in [(client.clone(), ""), (client.with(off), "t")] {
        let pending = client.begin(&create(token)).unwrap();
        let mut peer = fake.accept();
        peer.stream_id();
        drop(peer);
        let error = pending.wait().unwrap_err();
        assert!(is_lost(&error) && error.is_outcome_unknown(), "{error}");
        assert!(error.to_string().contains("client_token"), "{error}");
    }
    assert!(!fake.has_caller(), "nothing may have been sent again");
}

#[test]
fn a_request_is_sent_again_once_and_no_more() {
    let fake = Fake::new("once");
    let (client, mut first) = fake.pair();
    let pending = client.begin(&create("t")).unwrap();
    first.stream_id();
    drop(first);
    let answer = thread::spawn(move || pending.wait());
    let mut second = fake.accept();
    second.stream_id();
    drop(second);
    assert!(is_lost(&answer.join().unwrap().unwrap_err()));
    assert!(!fake.has_caller());
}

#[test]
fn refused_when_it_is_sent_again_may_say_nothing_of_the_first_time() {
    let fake = Fake::new("refused-again");
    for (status, http_status, code, is_known) in [
        (1, 0, "", false),
        (8, 400, "Throttling.User", false),
        (4, 0, "", false),
        (8, 0, "", false),
        (14, 0, "", false),
        (3, 0, "", true),
        (12, 0, "", true),
        (13, 500, "InternalError", false),
        (14, 503, "ServiceUnavailable", false),
        (9, 403, "IdempotentProcessing", false),
        (9, 403, "LastTokenProcessing", false),
        (9, 403, "QuotaExceed.Image", true),
        (4, 403, "QuotaExceed.Image", true),
    ] {
        let (client, mut first) = fake.pair();
        let pending = client.begin(&create("t")).unwrap();
        first.stream_id();
        drop(first);
        let answer = thread::spawn(move || pending.wait());
        let mut second = fake.accept();
        let id = second.stream_id();
        let detail = Detail { http_status, code: code.into(), ..Default::default() };
        let detail =
            Any { type_url: "type.googleapis.com/imaged.v1.Error".into(), value: detail.encode() };
        second.refuse(id, Status { code: status, message: "no".into(), details: vec![detail] });
        let error = answer.join().unwrap().unwrap_err();
        assert_eq!(error.is_outcome_unknown(), !is_known, "{status} {code}: {error}");
        assert_eq!(error.status(), is_known.then_some(StatusCode(status)));
        assert_eq!(error.ecs_code(), (is_known && !code.is_empty()).then_some(code));
    }
}

#[test]
fn what_was_sent_once_stays_unknown_if_the_second_sending_comes_to_nothing() {
    let fake = Fake::new("second");
    let (client, mut first) = fake.pair();
    let patience = Duration::from_millis(300);
    let options = CallOptions { timeout: None, give_up: Some(patience), ..Default::default() };
    let pending = client.with(options).begin(&create("t")).unwrap();
    first.stream_id();
    drop(first);
    // The new connection is stuck with a request of its own, so the second sending is taken back.
    let caller = client.clone();
    let other = thread::spawn(move || caller.version(&VersionRequest {}));
    let mut second = fake.accept();
    serve(&mut second, &version("1"));
    other.join().unwrap().unwrap();
    let large = CreateImageRequest { description: "x".repeat(3 << 20), ..Default::default() };
    let stuck = client.begin(&large).unwrap();
    let error = pending.wait().unwrap_err();
    assert!(is_lost(&error), "{error}");
    let id = second.stream_id();
    second.respond(id, &image("m-1"));
    assert_eq!(stuck.wait().unwrap(), image("m-1"));
}

#[test]
fn what_was_sent_and_cannot_be_sent_again_stays_unknown() {
    let mut fake = Fake::new("gone");
    let (client, mut peer) = fake.pair();
    let pending = client.begin(&create("t")).unwrap();
    peer.stream_id();
    fake.stop();
    drop(peer);
    assert!(is_lost(&pending.wait().unwrap_err()));
    let error = client.create_image(&create("t")).unwrap_err();
    assert!(matches!(error, Error::Connect { .. }), "{error}");
    assert!(error.to_string().contains("no daemon listens on it"), "{error}");
}

#[test]
fn after_an_idle_connection_is_lost_any_request_goes_over_a_new_one() {
    let fake = Fake::new("idle");
    let (client, first) = fake.pair();
    drop(first);
    let answer = thread::spawn(move || client.create_image(&create("")));
    let mut second = fake.accept();
    let id = second.stream_id();
    second.respond(id, &image("m-1"));
    assert_eq!(answer.join().unwrap().unwrap(), image("m-1"));
}

/// Whether or not the client has noticed yet that the old connection is gone.
#[test]
fn a_call_that_is_only_begun_goes_over_a_new_connection_too() {
    let fake = Fake::new("begun");
    for _ in 0..20 {
        let (client, first) = fake.pair();
        drop(first);
        let pending = client.begin(&create("")).unwrap();
        let mut watch = client.watch(&WatchRequest::default()).unwrap();
        let mut second = fake.accept();
        let (created, watched) = (second.stream_id(), second.stream_id());
        second.respond(created, &image("m-1"));
        second.data(watched, 0, &events(1));
        assert_eq!(pending.wait().unwrap(), image("m-1"));
        assert_eq!(watch.next().unwrap().unwrap(), events(1));
    }
}

#[test]
fn many_threads_make_one_new_connection() {
    let fake = Fake::new("one");
    let (client, first) = fake.pair();
    drop(first);
    let threads: Vec<_> = (0..8)
        .map(|_| {
            let client = client.clone();
            thread::spawn(move || client.version(&VersionRequest {}).unwrap())
        })
        .collect();
    let mut second = fake.accept();
    for _ in 0..8 {
        serve(&mut second, &version("1"));
    }
    for thread in threads {
        assert_eq!(thread.join().unwrap(), version("1"));
    }
    assert!(!fake.has_caller());
}

#[test]
fn closed_it_says_so() {
    let fake = Fake::new("closed");
    let (client, mut peer) = fake.pair();
    let pending = client.begin(&create("")).unwrap();
    peer.stream_id();
    client.clone().close();
    assert!(is_lost(&pending.wait().unwrap_err()));
    assert!(peer.is_closed());
    let error = client.version(&VersionRequest {}).unwrap_err();
    assert!(matches!(error, Error::NotSent { .. }), "{error}");
}

#[test]
fn the_last_handle_closes_the_connection() {
    let fake = Fake::new("dropped");
    let (client, mut peer) = fake.pair();
    let other = client.with_account("a");
    drop(client);
    let pending = other.begin(&VersionRequest {}).unwrap();
    drop(other);
    serve(&mut peer, &version("1"));
    assert_eq!(pending.wait().unwrap(), version("1")); // A call is a handle too.
    assert!(peer.is_closed());
}

// ---------------------------------------------------------------- time

#[test]
fn its_own_clock_ends_a_call_and_a_late_answer_is_passed_over() {
    let fake = Fake::new("late");
    let (client, mut peer) = fake.pair();
    let patience = Duration::from_millis(20);
    let options = CallOptions { timeout: None, give_up: Some(patience), ..Default::default() };
    let hasty = client.with(options);
    let error = hasty.version(&VersionRequest {}).unwrap_err();
    match error {
        Error::OutcomeUnknown { operation: "Version", reason } => {
            assert_eq!(reason, UnknownReason::NoAnswer(patience));
        }
        other => panic!("{other}"),
    }
    let (header, request) = peer.request();
    assert_eq!(request.timeout_nano, 0);
    peer.respond(header.stream_id, &version("late"));
    let pending = client.begin(&VersionRequest {}).unwrap();
    serve(&mut peer, &version("1"));
    assert_eq!(pending.wait().unwrap(), version("1"));
}

#[test]
fn a_daemon_that_reads_nothing_blocks_no_caller() {
    let fake = Fake::new("deaf");
    let (client, mut peer) = fake.pair();
    let options = CallOptions {
        timeout: None,
        give_up: Some(Duration::from_millis(50)),
        ..Default::default()
    };
    let hasty = client.with(options);
    let large = CreateImageRequest { description: "x".repeat(1 << 20), ..Default::default() };
    // More than the socket takes: the first is stuck half way, and the next wait behind it.
    let stuck: Vec<_> = (0..4).map(|_| hasty.begin(&large).unwrap()).collect();
    let cancelled = client.begin(&create("never")).unwrap();
    cancelled.cancel();
    let error = cancelled.wait().unwrap_err();
    assert_eq!(error.status(), Some(StatusCode::CANCELLED), "{error}");
    let mut errors = stuck.into_iter().map(|pending| pending.wait().unwrap_err());
    assert!(errors.next().unwrap().is_outcome_unknown());
    for error in errors {
        assert!(matches!(error, Error::NotSent { .. }), "{error}");
    }
    // What was taken back is not sent: after the first comes what is asked now.
    let pending = client.begin(&VersionRequest {}).unwrap();
    assert_eq!(peer.request().1.method, "CreateImage");
    let (header, request) = peer.request();
    assert_eq!(request.method, "Version");
    peer.respond(header.stream_id, &version("1"));
    assert_eq!(pending.wait().unwrap(), version("1"));
}

#[test]
fn no_more_than_16_mib_wait_for_a_daemon_that_reads_nothing() {
    let fake = Fake::new("queue");
    let (client, mut peer) = fake.pair();
    let large = CreateImageRequest { description: "x".repeat(3 << 20), ..Default::default() };
    let mut pending = Vec::new();
    let error = loop {
        match client.begin(&large) {
            Ok(call) => pending.push(call),
            Err(error) => break error,
        }
        assert!(pending.len() < 20);
    };
    assert!(matches!(error, Error::NotSent { .. }), "{error}");
    let count = pending.len();
    assert!(count >= 5, "{count}");
    let answering = thread::spawn(move || {
        for _ in 0..count {
            let id = peer.stream_id();
            peer.respond(id, &image("m-1"));
        }
    });
    for call in pending {
        assert_eq!(call.wait().unwrap(), image("m-1"));
    }
    answering.join().unwrap();
}

#[test]
fn a_daemon_that_answers_before_it_reads_on_is_no_deadlock() {
    let fake = Fake::new("crossing");
    let (client, mut peer) = fake.pair();
    const CALLS: usize = 200;
    let answering = thread::spawn(move || {
        // Answers of half a MiB each fill the socket long before the requests are read.
        let answer = version(&"y".repeat(512 << 10));
        for _ in 0..CALLS {
            serve(&mut peer, &answer);
        }
    });
    let large = "x".repeat(256 << 10);
    let calls: Vec<_> = (0..CALLS / 4)
        .map(|_| {
            let client = client.clone();
            let request = CreateDiskRequest { description: large.clone(), ..Default::default() };
            thread::spawn(move || {
                for _ in 0..4 {
                    client.create_disk(&request).unwrap();
                }
            })
        })
        .collect();
    for call in calls {
        call.join().unwrap();
    }
    answering.join().unwrap();
}

#[test]
fn connecting_to_a_daemon_whose_queue_is_full_ends_in_time() {
    let fake = Fake::new("backlog");
    // The queue of a Unix socket has room for a fixed number of callers. This fills it, until the
    // listening socket goes.
    let path = fake.socket();
    let filling = thread::spawn(move || {
        let mut sockets = Vec::new();
        while let Ok(socket) = UnixStream::connect(&path) {
            sockets.push(socket);
        }
    });
    let options = Options {
        socket: Some(fake.socket()),
        connect_timeout: Duration::from_millis(100),
        ..Default::default()
    };
    let error = loop {
        if let Err(error) = Client::connect(options.clone()) {
            break error;
        }
    };
    drop(fake);
    filling.join().unwrap();
    match error {
        Error::Connect { attempts } => {
            assert_eq!(attempts.len(), 1);
            assert_eq!(attempts[0].error.kind(), ErrorKind::TimedOut);
        }
        other => panic!("{other}"),
    }
}

// ---------------------------------------------------------------- stream ids

#[test]
fn a_new_connection_comes_before_the_ids_run_out_and_the_old_one_serves_its_calls() {
    let fake = Fake::new("ids");
    let (client, mut first) = fake.pair();
    set_next_stream_id(&client, 4_294_967_290);
    let old = client.begin(&HealthRequest {}).unwrap();
    assert_eq!(first.stream_id(), 4_294_967_291);
    let next = client.begin(&VersionRequest {}).unwrap();
    let mut second = fake.accept();
    assert_eq!(second.stream_id(), 1, "an id is kept for the Cancel of the call under way");
    second.respond(1, &version("2"));
    assert_eq!(next.wait().unwrap(), version("2"));
    old.cancel();
    let (header, request) = first.request();
    assert_eq!((header.stream_id, &*request.method), (4_294_967_293, "Cancel"));
    let stream_id = 4_294_967_291;
    assert_eq!(CancelRequest::decode(&request.payload), Ok(CancelRequest { stream_id }));
    first.respond(4_294_967_293, &CancelResponse::default());
    first.respond(4_294_967_291, &HealthResponse { ready: true, ..Default::default() });
    assert!(old.wait().unwrap().ready); // It was done all the same.
    assert!(first.is_closed());
    set_next_stream_id(&client, 1); // Ids do not fall.
    let last = client.begin(&VersionRequest {}).unwrap();
    assert_eq!(second.stream_id(), 3);
    second.respond(3, &version("2"));
    last.wait().unwrap();
}

#[test]
fn the_last_id_is_used() {
    let fake = Fake::new("last");
    let (client, mut first) = fake.pair();
    set_next_stream_id(&client, 4_294_967_293);
    for expected in [4_294_967_293, 1] {
        let pending = client.begin(&VersionRequest {}).unwrap();
        if expected == 1 {
            first = fake.accept();
        }
        assert_eq!(first.stream_id(), expected);
        first.respond(expected, &version("1"));
        pending.wait().unwrap();
    }
}

// ---------------------------------------------------------------- watch

fn events(sequence: i64) -> EventsResponse {
    EventsResponse { sequence, ..Default::default() }
}

#[test]
fn a_watch_gives_what_comes_until_the_last_frame() {
    let fake = Fake::new("watch");
    let (client, mut peer) = fake.pair();
    for last in [Some(3), None] {
        let watch = client.watch(&WatchRequest::default()).unwrap();
        let (header, request) = peer.request();
        assert_eq!((header.flags, request.timeout_nano), (REMOTE_CLOSED, 0));
        peer.data(header.stream_id, 0, &events(1));
        peer.data(header.stream_id, 0, &events(2));
        match last {
            Some(sequence) => peer.data(header.stream_id, REMOTE_CLOSED, &events(sequence)),
            None => peer.data(header.stream_id, REMOTE_CLOSED | NO_DATA, &events(0)),
        }
        let sequences: Vec<i64> = watch.map(|answer| answer.unwrap().sequence).collect();
        assert_eq!(sequences, [1, 2].into_iter().chain(last).collect::<Vec<i64>>());
    }
}

#[test]
fn a_watch_ends_with_the_daemons_error_or_with_the_connection() {
    let fake = Fake::new("watch-end");
    let (client, mut peer) = fake.pair();
    let mut watch = client.watch(&WatchRequest::default()).unwrap();
    let id = peer.stream_id();
    peer.refuse(id, Status { code: 11, message: "gone".into(), ..Default::default() });
    let error = watch.next().unwrap().unwrap_err();
    assert_eq!(error.status(), Some(StatusCode::OUT_OF_RANGE));
    assert!(watch.next().is_none());
    let mut watch = client.watch(&WatchRequest::default()).unwrap();
    let id = peer.stream_id();
    peer.data(id, 0, &events(7));
    drop(peer);
    assert_eq!(watch.next().unwrap().unwrap(), events(7));
    let error = watch.next().unwrap().unwrap_err();
    assert!(matches!(error, Error::WatchLost { .. }), "{error}");
    assert!(watch.next().is_none());
}

#[test]
fn a_dropped_watch_ends_at_the_daemon() {
    let fake = Fake::new("watch-drop");
    let (client, mut peer) = fake.pair();
    let mut watch = client.watch(&WatchRequest::default()).unwrap();
    let id = peer.stream_id();
    assert!(watch.next_timeout(Duration::from_millis(1)).is_none());
    peer.data(id, 0, &events(1));
    assert_eq!(watch.next_timeout(support::PATIENCE).unwrap().unwrap(), events(1));
    drop(watch);
    let (_, request) = peer.request();
    let cancel = CancelRequest::decode(&request.payload).unwrap();
    assert_eq!((&*request.method, cancel.stream_id), ("Cancel", i64::from(id)));
}

#[test]
fn a_watch_that_is_not_read_says_that_events_are_missing() {
    let fake = Fake::new("watch-slow");
    let (client, mut peer) = fake.pair();
    let mut watch = client.watch(&WatchRequest::default()).unwrap();
    let id = peer.stream_id();
    for sequence in 0..2000 {
        peer.data(id, 0, &events(sequence));
    }
    // An answer behind them: all of them have come.
    let pending = client.begin(&VersionRequest {}).unwrap();
    serve(&mut peer, &version("1"));
    pending.wait().unwrap();
    let mut sequences = Vec::new();
    let error = loop {
        match watch.next().unwrap() {
            Ok(answer) => sequences.push(answer.sequence),
            Err(error) => break error,
        }
    };
    assert!(matches!(error, Error::EventsLost), "{error}");
    assert_eq!(sequences, (0..1024).collect::<Vec<i64>>());
    assert_eq!(peer.request().1.method, "Cancel");
}

// ---------------------------------------------------------------- processes

/// In a forked child, calls are refused and nothing that it drops touches its parent's connection.
#[test]
fn a_forked_child_is_refused_and_harms_nothing() {
    let fake = Fake::new("fork");
    let (client, mut peer) = fake.pair();
    let pending = client.begin(&VersionRequest {}).unwrap();
    let watch = client.watch(&WatchRequest::default()).unwrap();
    let (called, watched) = (peer.stream_id(), peer.stream_id());
    let mut childs = Some((client.clone(), pending.canceller(), watch.canceller()));
    let mut command = Command::new("true");
    let in_child = move || {
        let (client, call, watch) = childs.take().unwrap();
        call.cancel();
        watch.cancel();
        let error = client.version(&VersionRequest {}).unwrap_err();
        client.close();
        match error {
            Error::NotSent { .. } => Ok(()),
            other => Err(std::io::Error::new(ErrorKind::Other, other.to_string())),
        }
    };
    // Safe as far as a test goes: the child does little more than to ask for its process id.
    unsafe { command.pre_exec(in_child) };
    assert!(command.status().unwrap().success());
    peer.respond(called, &version("1"));
    assert_eq!(pending.wait().unwrap(), version("1"));
    peer.data(watched, 0, &events(1));
    let mut watch = watch;
    assert_eq!(watch.next().unwrap().unwrap(), events(1));
}

#[test]
fn no_daemon_is_told_with_each_place_and_what_to_do() {
    let started = Instant::now();
    let error = Client::connect_to("/nowhere/at/all.sock").unwrap_err();
    assert_eq!(
        error.to_string(),
        "no daemon to connect to: /nowhere/at/all.sock: nothing is there. \
         Start imaged, or name its socket in IMAGED_SOCKET"
    );
    let error = Client::connect_to("x".repeat(108)).unwrap_err();
    assert!(error.to_string().contains("1 to 107 bytes"), "{error}");
    assert!(started.elapsed() < support::PATIENCE);
}
