//! Connecting to a daemon whose queue of callers is full: each connect waits there until the daemon
//! takes it.

mod support;

use std::fs;
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{mpsc, Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use imaged::{Client, CreateImageRequest, Error, Options, VersionRequest, VersionResponse};

use support::Fake;

/// These tests count the process's threads, so that there is one at a time.
fn alone() -> MutexGuard<'static, ()> {
    static ONE: Mutex<()> = Mutex::new(());
    ONE.lock().unwrap_or_else(PoisonError::into_inner)
}

const LONG: Duration = Duration::from_secs(20);

fn connect(fake: &Fake, limit: Duration) -> Result<Client, Error> {
    let socket = Some(fake.socket());
    Client::connect(Options { socket, connect_timeout: limit, ..Default::default() })
}

/// Fills the queue. What fills it is gone already but for one connect, which ends with the test.
fn fill(fake: &Fake) -> JoinHandle<()> {
    let path = fake.socket();
    let is_full = Arc::new(AtomicBool::new(false));
    let theirs = is_full.clone();
    let filling = thread::spawn(move || {
        while !theirs.load(Ordering::SeqCst) && UnixStream::connect(&path).is_ok() {}
    });
    while connect(fake, Duration::from_millis(50)).is_ok() {}
    is_full.store(true, Ordering::SeqCst);
    filling
}

/// How many threads this crate has in this process.
fn threads() -> usize {
    let names = fs::read_dir("/proc/self/task").unwrap();
    let names = names.filter_map(|task| fs::read_to_string(task.unwrap().path().join("comm")).ok());
    names.filter(|name| name.trim_end() == "imaged-client").count()
}

#[test]
fn connects_that_gave_up_leave_one_thread_behind() {
    let _alone = alone();
    let fake = Fake::new("gave-up");
    let filling = fill(&fake);
    for _ in 0..30 {
        let error = connect(&fake, Duration::from_millis(20)).unwrap_err();
        assert!(matches!(error, Error::Connect { .. }), "{error}");
    }
    let count = threads();
    drop(fake);
    filling.join().unwrap();
    assert!(count <= 1, "{count} threads connect");
}

#[test]
fn all_that_wait_are_served_once_the_daemon_accepts() {
    let _alone = alone();
    let fake = Fake::new("served");
    let path = fake.socket();
    let filling = fill(&fake);
    let callers: Vec<_> = (0..4)
        .map(|_| {
            let options =
                Options { socket: Some(path.clone()), connect_timeout: LONG, ..Default::default() };
            thread::spawn(move || Client::connect(options)?.version(&VersionRequest {}))
        })
        .collect();
    let is_over = Arc::new(AtomicBool::new(false));
    let theirs = is_over.clone();
    let accepting = thread::spawn(move || {
        while !theirs.load(Ordering::SeqCst) {
            let mut peer = fake.accept();
            thread::spawn(move || {
                while let Some(id) = peer.next_stream_id() {
                    peer.respond(id, &VersionResponse::default());
                }
            });
        }
    });
    let answers: Vec<_> = callers.into_iter().map(|caller| caller.join().unwrap()).collect();
    is_over.store(true, Ordering::SeqCst);
    let _ = UnixStream::connect(&path); // It may be past its last accept already.
    accepting.join().unwrap();
    filling.join().unwrap();
    for answer in answers {
        answer.unwrap();
    }
}

#[test]
fn cancel_does_not_wait_for_a_connection() {
    let _alone = alone();
    let fake = Fake::new("cancel");
    let client = connect(&fake, LONG).unwrap();
    let mut peer = fake.accept();
    let request = CreateImageRequest { client_token: "t".into(), ..Default::default() };
    let pending = client.begin(&request).unwrap();
    peer.stream_id();
    let filling = fill(&fake);
    let canceller = pending.canceller();
    let (told, end) = mpsc::channel();
    thread::spawn(move || told.send(pending.wait()));
    // The call wants a new connection, and gets none; most likely it waits for one by then.
    drop(peer);
    thread::sleep(Duration::from_millis(200));
    let (told, done) = mpsc::channel();
    thread::spawn(move || {
        canceller.cancel();
        told.send(())
    });
    let is_done = done.recv_timeout(LONG / 2).is_ok();
    let end = end.recv_timeout(LONG / 2);
    drop(fake);
    filling.join().unwrap();
    assert!(is_done, "cancel waits for the connect");
    let error = end.expect("the call waits for the connect").unwrap_err();
    assert!(error.is_outcome_unknown(), "{error}");
}
