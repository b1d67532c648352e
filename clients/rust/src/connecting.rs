//! Connecting: one thread for each path that somebody wants to connect to.
//!
//! A connect waits for as long as the daemon's queue of callers is full, and there is no way to end
//! it. So a thread of its own waits, and whoever it is for may give up. All that want to go to the
//! same path share one, because each that gave up would leave a thread and a socket behind.

use std::collections::VecDeque;
use std::io::{self, ErrorKind};
use std::net::TcpStream;
use std::os::unix::io::OwnedFd;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError, SendError, SyncSender};
use std::sync::Mutex;
use std::thread;
use std::time::{Duration, Instant};

use crate::connection::{after, Connection, STACK_BYTES};
use crate::mailbox::lock;

/// How often a wait for a connection looks whether its call was cancelled.
pub(crate) const CANCEL_LOOK: Duration = Duration::from_millis(20);

/// Who waits for connections; a thread is at work on each line. The lock is held for moments.
static LINES: Mutex<Vec<Line>> = Mutex::new(Vec::new());

struct Line {
    path: PathBuf,
    /// A process forked off this one has its lines, but not the threads.
    process: u32,
    waiting: VecDeque<Waiter>,
}

struct Waiter {
    number: usize,
    told: SyncSender<io::Result<Connection>>,
}

/// Connects, within `limit`, and until `is_cancelled` says that nobody wants it any more.
pub(crate) fn open(
    path: &Path,
    limit: Duration,
    is_cancelled: Option<&AtomicBool>,
) -> io::Result<Connection> {
    let until = after(Instant::now(), Some(limit));
    let (told, result) = mpsc::sync_channel(1);
    let number = enter(path, told);
    let error = loop {
        if is_cancelled.map_or(false, |it| it.load(Ordering::SeqCst)) {
            break io::Error::new(ErrorKind::Other, "the call was cancelled");
        }
        let left = until.map(|until| until.saturating_duration_since(Instant::now()));
        let left = left.unwrap_or(Duration::MAX);
        let turn = if is_cancelled.is_some() { left.min(CANCEL_LOOK) } else { left };
        match result.recv_timeout(turn) {
            Ok(result) => return result,
            Err(RecvTimeoutError::Timeout) if turn < left => {}
            Err(_) => {
                let text = format!("the daemon has taken no connection within {limit:?}");
                break io::Error::new(ErrorKind::TimedOut, text);
            }
        }
    };
    if let Some(line) = find(&mut lock(&LINES), path) {
        line.waiting.retain(|waiter| waiter.number != number);
    }
    Err(error)
}

fn find<'a>(lines: &'a mut [Line], path: &Path) -> Option<&'a mut Line> {
    let process = process::id();
    lines.iter_mut().find(|line| line.path == path && line.process == process)
}

/// Joins the line for this path, or begins one; the waiter's number.
fn enter(path: &Path, told: SyncSender<io::Result<Connection>>) -> usize {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let waiter = Waiter { number, told };
    let mut lines = lock(&LINES);
    if let Some(line) = find(&mut lines, path) {
        line.waiting.push_back(waiter);
    } else {
        let waiting = VecDeque::from([waiter]);
        lines.push(Line { path: path.to_owned(), process: process::id(), waiting });
        drop(lines);
        start(path.to_owned());
    }
    number
}

/// Lets a thread work on the line for this path, which is there.
fn start(path: PathBuf) {
    let theirs = path.clone();
    let thread = thread::Builder::new().name("imaged-client".to_owned());
    if let Err(error) = thread.stack_size(STACK_BYTES).spawn(move || serve(theirs)) {
        while let Some(waiter) = next(&path) {
            // Fails if nobody waits any more.
            let _ = waiter.told.send(Err(io::Error::new(error.kind(), error.to_string())));
        }
    }
}

/// Connects until it has a connection for the first in line, and goes on as its reader. Those
/// behind get a thread of their own.
fn serve(path: PathBuf) {
    loop {
        let mut result = connect(&path).and_then(Connection::new);
        let reader = result.as_ref().ok().map(Connection::reader);
        loop {
            let waiter = match next(&path) {
                Some(waiter) => waiter,
                None => return, // And with it the connection that nobody wants any more.
            };
            match waiter.told.send(result) {
                Ok(()) => break,
                Err(SendError(back)) => result = back, // It has just given up.
            }
        }
        let is_wanted = is_wanted(&path);
        if let Some(read) = reader {
            if is_wanted {
                start(path);
            }
            return read();
        }
        if !is_wanted {
            return;
        }
    }
}

/// Takes the first in line; if there is none, the line has ended.
fn next(path: &Path) -> Option<Waiter> {
    let mut lines = lock(&LINES);
    let waiter = find(&mut lines, path)?.waiting.pop_front();
    if waiter.is_none() {
        remove(&mut lines, path);
    }
    waiter
}

/// Whether somebody waits still; if not, the line has ended.
fn is_wanted(path: &Path) -> bool {
    let mut lines = lock(&LINES);
    let is_wanted = find(&mut lines, path).map_or(false, |line| !line.waiting.is_empty());
    if !is_wanted {
        remove(&mut lines, path);
    }
    is_wanted
}

fn remove(lines: &mut Vec<Line>, path: &Path) {
    let process = process::id();
    lines.retain(|line| line.path != path || line.process != process);
}

/// A connected socket. As a `TcpStream`, because that one writes with MSG_NOSIGNAL: a program with
/// SIGPIPE left at its default must not die of a daemon that went away.
fn connect(path: &Path) -> io::Result<TcpStream> {
    loop {
        match UnixStream::connect(path) {
            Ok(socket) => return Ok(TcpStream::from(OwnedFd::from(socket))),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}
