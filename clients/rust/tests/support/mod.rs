//! What the tests share.
#![allow(dead_code)] // Each test program uses a part of it.

use std::fs;
use std::io::{Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::time::Duration;

use imaged::frame::{Found, FrameDecoder, FrameHeader, DATA, RESPONSE};
use imaged::messages::envelope::{Request, Response, Status};
use imaged::testing::Daemon;
use imaged::{Client, Message};

pub mod json;

use json::Json;

/// How long a test waits for what must come.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// A file of `protocol/`.
pub fn protocol(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../protocol").join(name);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The vectors of a file.
pub fn vectors(name: &str) -> Vec<Json> {
    let file = Json::parse(&protocol(&format!("vectors/{name}"))).unwrap();
    file.get("vectors").and_then(Json::array).unwrap().to_vec()
}

/// A daemon; none, and a word about it, where there is no program and nobody insists on one.
pub fn daemon() -> Option<Daemon> {
    if Daemon::program().is_none() && std::env::var_os("IMAGED_REQUIRE_TOOLS").is_none() {
        let name = std::thread::current().name().unwrap_or("a test").to_owned();
        eprintln!("{name} is skipped: IMAGED names no daemon");
        return None;
    }
    Some(Daemon::start().unwrap())
}

/// A program among this package's examples, which plain `cargo test` has built.
pub fn example(name: &str) -> PathBuf {
    let mut path = std::env::current_exe().unwrap();
    path.pop();
    path.pop();
    let path = path.join("examples").join(name);
    assert!(path.is_file(), "{} is missing: cargo build --examples", path.display());
    path
}

/// Numbers that are the same each time (splitmix64).
pub struct Random(pub u64);

impl Random {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `limit`, which is not zero.
    pub fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit as u64) as usize
    }
}

// ---------------------------------------------------------------- a daemon that does as it is told

/// A listening socket in a directory of its own.
pub struct Fake {
    listener: Option<UnixListener>,
    directory: PathBuf,
}

impl Fake {
    pub fn new(name: &str) -> Fake {
        let name = format!("imaged-fake-{}-{name}", std::process::id());
        let directory = std::env::temp_dir().join(name);
        fs::create_dir(&directory).unwrap();
        let listener = Some(UnixListener::bind(directory.join("s")).unwrap());
        Fake { listener, directory }
    }

    pub fn socket(&self) -> PathBuf {
        self.directory.join("s")
    }

    pub fn client(&self) -> Client {
        Client::connect_to(self.socket()).unwrap()
    }

    /// The next connection.
    pub fn accept(&self) -> Peer {
        let (socket, _) = self.listener.as_ref().unwrap().accept().unwrap();
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        Peer { socket, decoder: FrameDecoder::new() }
    }

    /// Whether a client is waiting to be accepted.
    pub fn has_caller(&self) -> bool {
        let listener = self.listener.as_ref().unwrap();
        listener.set_nonblocking(true).unwrap();
        let is_there = listener.accept().is_ok();
        listener.set_nonblocking(false).unwrap();
        is_there
    }

    /// A new client, and the connection that it made.
    pub fn pair(&self) -> (Client, Peer) {
        let client = self.client();
        let peer = self.accept();
        (client, peer)
    }

    /// Listens no more.
    pub fn stop(&mut self) {
        self.listener = None;
    }
}

impl Drop for Fake {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.directory).unwrap();
    }
}

/// The daemon's end of a connection.
pub struct Peer {
    pub socket: UnixStream,
    decoder: FrameDecoder,
}

impl Peer {
    /// The next request: its header, and what is in it.
    pub fn request(&mut self) -> (FrameHeader, Request) {
        loop {
            match self.decoder.next() {
                Some(Found::Frame(header, data)) => {
                    return (header, Request::decode(&data).unwrap());
                }
                Some(found) => panic!("{found:?}"),
                None => assert_ne!(self.decoder.fill(&mut self.socket).unwrap(), 0, "closed"),
            }
        }
    }

    /// The next request's stream id; `None`: the client has gone.
    pub fn next_stream_id(&mut self) -> Option<u32> {
        loop {
            match self.decoder.next() {
                Some(Found::Frame(header, _)) => return Some(header.stream_id),
                Some(found) => panic!("{found:?}"),
                None if matches!(self.decoder.fill(&mut self.socket), Ok(1..)) => {}
                None => return None,
            }
        }
    }

    /// The next request, of which only the stream id matters.
    pub fn stream_id(&mut self) -> u32 {
        self.request().0.stream_id
    }

    /// Whether the client has closed its end, after all that is still to be read.
    pub fn is_closed(&mut self) -> bool {
        let mut rest = Vec::new();
        self.socket.read_to_end(&mut rest).is_ok()
    }

    pub fn send(&mut self, bytes: &[u8]) {
        self.socket.write_all(bytes).unwrap();
    }

    pub fn respond(&mut self, stream_id: u32, answer: &impl Message) {
        self.send(&response(stream_id, answer));
    }

    pub fn refuse(&mut self, stream_id: u32, status: Status) {
        let response = Response { status: Some(status), ..Default::default() };
        self.send(&frame(stream_id, RESPONSE, 0, &response.encode()));
    }

    /// A data frame.
    pub fn data(&mut self, stream_id: u32, flags: u8, message: &impl Message) {
        self.send(&frame(stream_id, DATA, flags, &message.encode()));
    }
}

pub fn frame(stream_id: u32, kind: u8, flags: u8, data: &[u8]) -> Vec<u8> {
    let header = FrameHeader { data_length: data.len() as u32, stream_id, kind, flags };
    let mut bytes = header.encode().to_vec();
    bytes.extend_from_slice(data);
    bytes
}

/// The frame of a success.
pub fn response(stream_id: u32, answer: &impl Message) -> Vec<u8> {
    let response = Response { payload: answer.encode(), ..Default::default() };
    frame(stream_id, RESPONSE, 0, &response.encode())
}
