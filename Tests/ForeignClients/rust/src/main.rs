//! Somebody else's client: ttrpc-rust, with messages that rust-protobuf's generator made of
//! `protocol/imaged.proto`. Calls every unary operation of the daemon at the socket that it is
//! given, and prints how many; panics at the first answer that is not what it should be.

use std::os::unix::io::IntoRawFd;
use std::os::unix::net::UnixStream;
use std::thread;

use protobuf::Message;
use ttrpc::{Client, Code, Error, Request, Response};

#[allow(clippy::all, dead_code, non_snake_case, non_upper_case_globals, unused_imports)]
#[allow(trivial_casts, non_camel_case_types, unused_mut, unused_results, box_pointers)]
mod messages {
    include!(concat!(env!("OUT_DIR"), "/messages.rs"));
}

use messages::*;

const ECS: &str = "imaged.v1.ECS";
const DAEMON: &str = "imaged.v1.Daemon";

/// A refusal: its status, and the detail that the daemon put in.
struct Refused {
    code: Code,
    message: String,
    detail: Option<messages::Error>,
}

fn send(
    client: &Client,
    service: &str,
    method: &str,
    payload: Vec<u8>,
    account: &str,
) -> Result<Response, Refused> {
    let mut request = Request::new();
    request.set_service(service.to_owned());
    request.set_method(method.to_owned());
    request.set_payload(payload);
    request.set_timeout_nano(60_000_000_000);
    if !account.is_empty() {
        let mut entry = ttrpc::ttrpc::KeyValue::new();
        entry.set_key("account".to_owned());
        entry.set_value(account.to_owned());
        request.mut_metadata().push(entry);
    }
    match client.request(request) {
        Ok(response) => Ok(response),
        Err(Error::RpcStatus(status)) => {
            let detail = status.get_details().first().map(|detail| {
                assert_eq!(detail.get_type_url(), "type.googleapis.com/imaged.v1.Error");
                messages::Error::parse_from_bytes(detail.get_value()).unwrap()
            });
            let message = status.get_message().to_owned();
            Err(Refused { code: status.get_code(), message, detail })
        }
        Err(error) => panic!("{method}: {error}"),
    }
}

fn call<A: Message>(
    client: &Client,
    service: &str,
    method: &str,
    request: &impl Message,
) -> Result<A, Refused> {
    let payload = request.write_to_bytes().unwrap();
    let response = send(client, service, method, payload, "")?;
    Ok(A::parse_from_bytes(response.get_payload()).unwrap())
}

fn expect<A>(result: Result<A, Refused>) -> A {
    result.unwrap_or_else(|refused| panic!("{:?}: {}", refused.code, refused.message))
}

/// An operation's name, and what calls it with an empty request.
macro_rules! unary {
    ($service:literal, $name:literal, $request:ident, $answer:ident) => {
        (
            $name,
            (|client| {
                let answer = call::<$answer>(client, $service, $name, &$request::new())?;
                Ok(answer.get_request_id().to_owned())
            }) as fn(&Client) -> Result<String, Refused>,
        )
    };
}

fn main() {
    let socket = std::env::args().nth(1).expect("usage: foreign SOCKET");
    // Its own `connect` knows only Linux's abstract sockets.
    let client = Client::new(UnixStream::connect(socket).unwrap().into_raw_fd());
    let image = makes_an_image(&client);
    understands_errors(&client, &image);
    let (answered, refused) = calls_every_operation(&client);
    shares_the_connection(&client);
    println!("{answered} operations answered, {refused} refused");
}

fn makes_an_image(client: &Client) -> String {
    let mut disk = RegisteredDisk::new();
    disk.set_size(40);
    let mut register = RegisterInstanceRequest::new();
    register.set_region_id("cn-hangzhou".to_owned());
    register.mut_disk().push(disk);
    let vm: RegisterInstanceResponse = expect(call(client, DAEMON, "RegisterInstance", &register));
    assert_eq!(vm.get_disk_ids().len(), 1);

    let mut create = CreateImageRequest::new();
    create.set_region_id("cn-hangzhou".to_owned());
    create.set_instance_id(vm.get_instance_id().to_owned());
    create.set_image_name("from-rust".to_owned());
    let image: CreateImageResponse = expect(call(client, ECS, "CreateImage", &create));

    let mut wait = WaitForImageRequest::new();
    wait.set_region_id("cn-hangzhou".to_owned());
    wait.set_image_id(image.get_image_id().to_owned());
    let waited: WaitForImageResponse = expect(call(client, DAEMON, "WaitForImage", &wait));
    assert_eq!(waited.get_image().get_status(), "Available");
    assert_eq!(waited.get_image().get_disk_device_mappings()[0].get_size(), "40");

    let mut describe = DescribeImagesRequest::new();
    describe.set_region_id("cn-hangzhou".to_owned());
    describe.set_image_name("from-*".to_owned());
    let images: DescribeImagesResponse = expect(call(client, ECS, "DescribeImages", &describe));
    assert_eq!(images.get_total_count(), 1);
    assert_eq!(images.get_images()[0].get_image_id(), image.get_image_id());
    image.get_image_id().to_owned()
}

fn understands_errors(client: &Client, image: &str) {
    let mut create = CreateImageRequest::new();
    create.set_region_id("cn-hangzhou".to_owned());
    create.set_instance_id("i-none".to_owned());
    let result = call::<CreateImageResponse>(client, ECS, "CreateImage", &create);
    let refused = result.expect_err("an instance that does not exist");
    let detail = refused.detail.unwrap();
    assert_eq!(refused.code, Code::NOT_FOUND);
    assert_eq!((detail.get_http_status(), detail.get_code()), (404, "InvalidInstanceId.NotFound"));
    assert_eq!(refused.message, format!("{}: {}", detail.get_code(), detail.get_message()));
    assert_eq!(detail.get_request_id().len(), 36);

    // A list's element that cannot be read is named: a tag whose key is a number.
    let payload = vec![0x72, 0x03, 0x0a, 0x01, 0x6b, 0x72, 0x02, 0x08, 0x01];
    let refused = send(client, ECS, "CreateImage", payload, "").expect_err("a wrong wire type");
    assert_eq!(refused.detail.unwrap().get_parameter(), "Tag.2.Key");

    let mut describe = DescribeImagesRequest::new();
    describe.set_region_id("cn-hangzhou".to_owned());
    let payload = describe.write_to_bytes().unwrap();
    let refused = send(client, ECS, "DescribeImages", payload, "nobody").expect_err("an account");
    assert_eq!(refused.code, Code::PERMISSION_DENIED);

    let mut delete = DeleteImageRequest::new();
    delete.set_region_id("cn-hangzhou".to_owned());
    delete.set_image_id(image.to_owned());
    let _: DeleteImageResponse = expect(call(client, ECS, "DeleteImage", &delete));

    for (service, method) in [(ECS, "Nope"), ("imaged.v1.Nope", "Version")] {
        let refused = send(client, service, method, Vec::new(), "").expect_err("no operation");
        assert_eq!(refused.code, Code::UNIMPLEMENTED);
        assert_eq!(refused.detail.unwrap().get_request_id().len(), 36);
    }
    // ttrpc 1.0 knows no streams, and cannot ask for one.
    let refused = send(client, DAEMON, "Watch", Vec::new(), "").expect_err("a stream");
    assert_eq!(refused.code, Code::INVALID_ARGUMENT);
}

/// Each with an empty request, which some answer and most refuse: with an ECS error, or with a
/// status that has a request id.
fn calls_every_operation(client: &Client) -> (usize, usize) {
    let operations = include!(concat!(env!("OUT_DIR"), "/operations.rs"));
    let mut counts = (0, 0);
    for (name, call_empty) in &operations {
        if *name == "ReadEvents" {
            let mut read = ReadEventsRequest::new();
            read.set_after_sequence(1); // Without it, it would wait for an event.
            let events: EventsResponse = expect(call(client, DAEMON, name, &read));
            assert!(events.get_sequence() > 1 && !events.get_events().is_empty());
            counts.0 += 1;
            continue;
        }
        match call_empty(client) {
            Ok(request_id) => {
                assert_eq!(request_id.len(), 36, "{name}");
                counts.0 += 1;
            }
            Err(refused) => {
                let detail = refused.detail.unwrap_or_else(|| panic!("{name} has no detail"));
                assert!(!detail.get_code().is_empty(), "{name}: {}", refused.message);
                assert!([400, 403, 404].contains(&detail.get_http_status()), "{name}");
                assert_eq!(detail.get_request_id().len(), 36, "{name}");
                counts.1 += 1;
            }
        }
    }
    assert_eq!(counts.0 + counts.1, operations.len());
    assert!(operations.len() >= 69, "{} operations", operations.len());
    counts
}

/// ttrpc's client lets many calls be under way at once.
fn shares_the_connection(client: &Client) {
    let threads: Vec<_> = (0..8)
        .map(|_| {
            let client = client.clone();
            thread::spawn(move || {
                for _ in 0..50 {
                    let version: VersionResponse =
                        expect(call(&client, DAEMON, "Version", &VersionRequest::new()));
                    assert_eq!(version.get_protocol(), 1);
                }
            })
        })
        .collect();
    for thread in threads {
        thread.join().unwrap();
    }
}
