//! One socket, the streams on it, and the thread that reads it.
//!
//! Whoever makes a request writes it, and whatever others have queued meanwhile; if the daemon
//! does not take it at once, a thread goes on with that. The reading thread never writes, so that
//! neither direction ever waits for the other.

use std::io::{self, ErrorKind, Write};
use std::net::{Shutdown, TcpStream};
use std::process;
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread;
use std::time::{Duration, Instant};

use crate::codec::{write_bytes_field, write_varint_field, Message};
use crate::frame::{
    Found, FrameDecoder, FrameHeader, DATA, DATA_BYTES_MAX, HEADER_BYTES, NO_DATA, REMOTE_CLOSED,
    REQUEST, RESPONSE,
};
use crate::mailbox::{lock, Ending, Mailbox};
use crate::messages::daemon::CancelRequest;
use crate::messages::envelope::{KeyValue, Response, Status};
use crate::streams::{Batch, Lost, Streams};
use crate::{OperationInfo, StatusCode};

/// How many bytes may wait for a daemon that does not read.
const QUEUED_BYTES_MAX: usize = 16 << 20;
/// How long a caller waits for room in the socket before a thread goes on for it.
const WRITE_PATIENCE: Duration = Duration::from_millis(20);
/// How many batches a caller writes, its own and others', before a thread goes on for it.
const CALLER_BATCHES: usize = 16;
pub(crate) const STACK_BYTES: usize = 256 << 10;

/// A request to be sent.
pub(crate) struct Outgoing<'a> {
    pub operation: &'static OperationInfo,
    pub payload: &'a [u8],
    pub metadata: &'a [KeyValue],
    /// The deadline; zero: it is over already.
    pub timeout: Option<Duration>,
}

/// Why a request could not be begun: nothing has happened.
#[derive(Debug)]
pub(crate) enum Refusal {
    /// This connection takes no more requests; another may.
    Unusable(String),
    /// No connection would take it.
    Impossible(String),
}

/// What became of a request that nobody waits for any more.
pub(crate) enum Abandoned {
    /// It was taken back: nothing has happened.
    NotSent,
    /// It was sent.
    Sent,
    /// It has ended, and its mailbox says how.
    Ended,
}

/// The owner's handle. When it goes, the connection ends, and with it what is open on it.
pub(crate) struct Connection {
    inner: Arc<Inner>,
}

struct Inner {
    socket: TcpStream,
    process: u32,
    streams: Mutex<Streams>,
}

enum Progress {
    /// The queue is empty, and nobody writes any more.
    Done,
    /// This is still to be written.
    Blocked(Option<Batch>),
}

impl Connection {
    /// A connection over this socket; its reader is to be run.
    pub fn new(socket: TcpStream) -> io::Result<Connection> {
        socket.set_write_timeout(Some(WRITE_PATIENCE))?;
        let streams = Mutex::new(Streams::new(1));
        Ok(Connection { inner: Arc::new(Inner { socket, process: process::id(), streams }) })
    }

    /// What reads until the connection ends, on a thread of its own.
    pub fn reader(&self) -> impl FnOnce() {
        let inner = self.inner.clone();
        move || inner.read()
    }

    /// Whether it can take another request.
    pub fn is_usable(&self) -> bool {
        let streams = lock(&self.inner.streams);
        streams.unusable.is_none() && !streams.is_exhausted()
    }

    /// Lets the next stream have this id, if it is odd and above those used: for tests of where
    /// ids end.
    pub fn skip_ids(&self, next: u32) {
        let mut streams = lock(&self.inner.streams);
        streams.next_id = streams.next_id.max(u64::from(next | 1));
    }

    /// Whether this process is not the one that connected, but forked off it: the socket is not
    /// its own, and its locks may never be released.
    pub fn is_foreign(&self) -> bool {
        self.inner.is_foreign()
    }

    /// Ends the connection and what is open on it.
    pub fn close(&self) {
        let mut streams = lock(&self.inner.streams);
        let reason = "the client was closed".to_owned();
        streams.unusable.get_or_insert(reason.clone());
        streams.lost.get_or_insert(Lost::Connection(reason));
        drop(streams);
        self.inner.shut_down();
    }

    // ------------------------------------------------------------ requests

    /// Sends a request on a stream of its own, and returns its id.
    pub fn begin(&self, request: &Outgoing<'_>, mailbox: Arc<Mailbox>) -> Result<u32, Refusal> {
        let mut bytes = encode_request(request);
        if bytes.len() > HEADER_BYTES + DATA_BYTES_MAX {
            return Err(Refusal::Impossible("a request has at most 4 MiB".to_owned()));
        }
        let inner = &self.inner;
        let mut streams = lock(&inner.streams);
        if let Some(reason) = &streams.unusable {
            return Err(Refusal::Unusable(reason.clone()));
        }
        if streams.is_exhausted() {
            return Err(Refusal::Unusable("its stream ids have run out".to_owned()));
        }
        if streams.queued_bytes + bytes.len() > QUEUED_BYTES_MAX {
            let reason = "the daemon reads nothing, and 16 MiB wait for it already";
            return Err(Refusal::Impossible(reason.to_owned()));
        }
        let is_streaming = request.operation.streaming;
        let id = streams.enqueue(&mut bytes, Some(mailbox), is_streaming);
        inner.write_from(streams);
        Ok(id)
    }

    /// Asks the daemon to end a call; its mailbox tells when it has.
    pub fn cancel(&self, id: u32, metadata: &[KeyValue]) {
        if self.is_foreign() {
            return;
        }
        let payload = CancelRequest { stream_id: i64::from(id) }.encode();
        let request = Outgoing {
            operation: <CancelRequest as crate::Operation>::INFO,
            payload: &payload,
            metadata,
            timeout: None,
        };
        let mut bytes = encode_request(&request);
        let inner = &self.inner;
        let mut streams = lock(&inner.streams);
        match streams.open.get_mut(&id) {
            None => return,
            Some(open) if open.is_cancelled => return,
            Some(open) => open.is_cancelled = true,
        }
        if let Some(open) = streams.withdraw(id) {
            let message = "cancelled before it was sent".to_owned();
            let code = StatusCode::CANCELLED.0;
            return open.end(Ending::Refused(Status { code, message, ..Default::default() }));
        }
        let has_id = streams.next_id <= u64::from(u32::MAX);
        if streams.unusable.is_none() && has_id && bytes.len() <= HEADER_BYTES + DATA_BYTES_MAX {
            streams.enqueue(&mut bytes, None, false);
            inner.write_from(streams);
        }
    }

    /// Forgets a call: what still comes for it is passed over.
    pub fn abandon(&self, id: u32) -> Abandoned {
        let mut streams = lock(&self.inner.streams);
        if streams.withdraw(id).is_some() {
            return Abandoned::NotSent;
        }
        match streams.open.remove(&id) {
            Some(_) => Abandoned::Sent,
            None => Abandoned::Ended,
        }
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.inner.shut_down();
    }
}

/// A request's frame, with a stream id still to be filled in.
fn encode_request(request: &Outgoing<'_>) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(HEADER_BYTES + 128 + request.payload.len());
    bytes.resize(HEADER_BYTES, 0);
    write_bytes_field(1, request.operation.service.as_bytes(), &mut bytes);
    write_bytes_field(2, request.operation.name.as_bytes(), &mut bytes);
    if !request.payload.is_empty() {
        write_bytes_field(3, request.payload, &mut bytes);
    }
    if let Some(timeout) = request.timeout {
        // 0 would mean that there is no deadline; below 0 it is over already.
        let nanoseconds = match i64::try_from(timeout.as_nanos()) {
            Ok(0) => -1,
            Ok(nanoseconds) => nanoseconds,
            Err(_) => i64::MAX,
        };
        write_varint_field(4, nanoseconds as u64, &mut bytes);
    }
    for entry in request.metadata {
        write_bytes_field(5, &entry.encode(), &mut bytes);
    }
    let header = FrameHeader {
        // Longer ones are refused by whoever asked for this.
        data_length: u32::try_from(bytes.len() - HEADER_BYTES).unwrap_or(u32::MAX),
        stream_id: 0,
        kind: REQUEST,
        flags: if request.operation.streaming { REMOTE_CLOSED } else { 0 },
    };
    bytes[..HEADER_BYTES].copy_from_slice(&header.encode());
    bytes
}

// ---------------------------------------------------------------- writing

impl Inner {
    fn is_foreign(&self) -> bool {
        process::id() != self.process
    }

    /// Ends the connection for both sides; in a process forked off the owner's it does nothing,
    /// for the socket is still the owner's.
    fn shut_down(&self) {
        if !self.is_foreign() {
            let _ = self.socket.shutdown(Shutdown::Both); // It fails if that has happened already.
        }
    }

    /// Writes what is queued, unless somebody does.
    fn write_from(self: &Arc<Inner>, mut streams: MutexGuard<'_, Streams>) {
        if streams.is_writing {
            return;
        }
        streams.is_writing = true;
        drop(streams);
        let rest = match self.write(None, CALLER_BATCHES) {
            Progress::Done => return,
            Progress::Blocked(rest) => rest,
        };
        let inner = self.clone();
        let rest = Arc::new(Mutex::new(Some(rest)));
        let theirs = rest.clone();
        let thread = thread::Builder::new().name("imaged-client-write".to_owned());
        let spawned = thread.stack_size(STACK_BYTES).spawn(move || {
            let batch = lock(&theirs).take();
            if let Some(batch) = batch {
                inner.write_all(batch);
            }
        });
        if spawned.is_err() {
            // No thread is to be had, so the caller does it.
            let batch = lock(&rest).take();
            if let Some(batch) = batch {
                self.write_all(batch);
            }
        }
    }

    /// Writes until the queue is empty, however long that takes.
    fn write_all(&self, mut rest: Option<Batch>) {
        while let Progress::Blocked(batch) = self.write(rest, usize::MAX) {
            rest = batch;
        }
    }

    /// Writes `rest` and then what is queued, at most `count` batches, as long as there is room.
    fn write(&self, mut rest: Option<Batch>, count: usize) -> Progress {
        for _ in 0..count {
            let next = match rest.take() {
                Some(batch) => Some(batch),
                None => {
                    let mut streams = lock(&self.streams);
                    let batch = streams.next_batch();
                    streams.is_writing = batch.is_some();
                    batch
                }
            };
            let mut batch = match next {
                Some(batch) => batch,
                None => return Progress::Done,
            };
            match self.write_batch(&mut batch) {
                Ok(()) => lock(&self.streams).settle(&batch, None),
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    return Progress::Blocked(Some(batch));
                }
                Err(error) => {
                    // What the daemon said before it went is still to be read.
                    let reason = format!("the daemon takes no more: {error}");
                    let mut streams = lock(&self.streams);
                    streams.settle(&batch, Some(&reason));
                    streams.fail_queue(&reason);
                    streams.is_writing = false;
                    return Progress::Done;
                }
            }
        }
        Progress::Blocked(None)
    }

    fn write_batch(&self, batch: &mut Batch) -> io::Result<()> {
        while batch.written < batch.bytes.len() {
            match (&self.socket).write(&batch.bytes[batch.written..]) {
                Ok(0) => return Err(ErrorKind::WriteZero.into()),
                Ok(count) => batch.written += count,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    // ------------------------------------------------------------ reading

    /// Reads and deals with each frame until the connection ends.
    fn read(&self) {
        let mut decoder = FrameDecoder::new();
        let mut has_answered = false;
        let lost = 'reading: loop {
            match decoder.fill(&mut &self.socket) {
                Ok(0) if has_answered => {
                    break Lost::Connection("the daemon closed it".to_owned());
                }
                Ok(0) => {
                    let reason = "the daemon closed it without a word, as it does with a user \
                                  who has no account, or when it has too many connections";
                    break Lost::Connection(reason.to_owned());
                }
                Ok(_) => {}
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => break Lost::Connection(error.to_string()),
            }
            for found in &mut decoder {
                if let Err(what) = self.take(found) {
                    break 'reading Lost::Protocol(what);
                }
                has_answered = true;
            }
        };
        lock(&self.streams).fail(lost);
        self.shut_down();
    }

    /// Deals with what came; the error says why it is not the protocol.
    fn take(&self, found: Found) -> Result<(), String> {
        let (header, data) = match found {
            Found::Frame(header, data) => (header, data),
            Found::TooLong(header) => return Err(format!("{} bytes of data", header.data_length)),
            Found::Reserved(_) => return Err("a first byte other than zero".to_owned()),
        };
        match (header.kind, header.flags) {
            (RESPONSE, 0) => self.take_response(header.stream_id, &data),
            (DATA, 0) | (DATA, REMOTE_CLOSED) => self.take_data(header, Some(data)),
            (DATA, flags) if flags == REMOTE_CLOSED | NO_DATA && data.is_empty() => {
                self.take_data(header, None)
            }
            (kind, flags) => Err(format!("a frame of type {kind} with flags {flags}")),
        }
    }

    fn take_response(&self, id: u32, data: &[u8]) -> Result<(), String> {
        let response =
            Response::decode(data).map_err(|error| format!("a response that is none: {error}"))?;
        let open = {
            let mut streams = lock(&self.streams);
            streams.check(id)?;
            streams.open.remove(&id)
        };
        if let Some(open) = open {
            open.end(match response.status {
                Some(status) if status.code != StatusCode::OK.0 => Ending::Refused(status),
                _ => Ending::Answer(response.payload),
            });
        }
        Ok(())
    }

    fn take_data(&self, header: FrameHeader, data: Option<Vec<u8>>) -> Result<(), String> {
        let id = header.stream_id;
        let is_last = header.flags & REMOTE_CLOSED != 0;
        let mut streams = lock(&self.streams);
        streams.check(id)?;
        let mailbox = match streams.open.get(&id) {
            None => return Ok(()),
            Some(open) if !open.is_streaming => {
                return Err(format!("a data frame on stream {id}, which is unary"));
            }
            Some(open) => open.mailbox.clone(),
        };
        if is_last {
            streams.open.remove(&id);
        }
        drop(streams);
        if let (Some(mailbox), Some(data)) = (&mailbox, data) {
            mailbox.put(data);
        }
        if let (Some(mailbox), true) = (mailbox, is_last) {
            mailbox.end(Ending::Answer(Vec::new()));
        }
        Ok(())
    }
}

/// The time at which `duration` from now is over; `None`: never.
pub(crate) fn after(start: Instant, duration: Option<Duration>) -> Option<Instant> {
    duration.and_then(|duration| start.checked_add(duration))
}
