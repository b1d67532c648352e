//! A call under way.

use std::fmt;
use std::marker::PhantomData;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, Weak};

use crate::client::{CallClock, CallOptions, Client, Shared, Stream};
use crate::codec::Message;
use crate::connection::{Abandoned, Connection, Outgoing};
use crate::errors::{Error, StatusCode, UnknownReason};
use crate::mailbox::{lock, Delivery, Ending};
use crate::messages::envelope::KeyValue;
use crate::operations::{Again, OperationInfo};

/// A call that was begun and is not yet waited for.
///
/// Dropped, it goes on at the daemon, and its answer is passed over: [`cancel`](Pending::cancel)
/// ends it.
#[must_use = "the answer, or why there is none, comes from `wait`"]
pub struct Pending<A> {
    shared: Arc<Shared>,
    operation: &'static OperationInfo,
    payload: Vec<u8>,
    metadata: Arc<[KeyValue]>,
    clock: CallClock,
    /// It may still be sent once more if its answer is lost.
    may_repeat: bool,
    stream: Stream,
    target: Arc<Target>,
    answer: PhantomData<fn() -> A>,
}

/// What a Cancel is about.
struct Target {
    is_cancelled: AtomicBool,
    /// Another one once the request was sent again. The lock is not held over a connect or a write.
    stream: Mutex<(Weak<Connection>, u32)>,
}

/// Ends a call or a watch from elsewhere: another thread, a signal handler's thread.
#[derive(Clone)]
pub struct Canceller {
    target: Arc<Target>,
    metadata: Arc<[KeyValue]>,
    process: u32,
}

impl Canceller {
    pub(crate) fn new(stream: &Stream, metadata: Arc<[KeyValue]>) -> Canceller {
        let target = Arc::new(Target::new(stream));
        Canceller { target, metadata, process: std::process::id() }
    }

    /// Asks the daemon to end the call. If it still can, the call ends with the status
    /// `CANCELLED`, and nothing has happened; if not, it ends as it would have.
    pub fn cancel(&self) {
        if std::process::id() != self.process {
            return; // Forked off: the lock may be held for ever.
        }
        self.target.is_cancelled.store(true, Ordering::SeqCst);
        self.target.cancel(&self.metadata);
    }
}

impl fmt::Debug for Canceller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Canceller").finish_non_exhaustive()
    }
}

impl Target {
    fn new(stream: &Stream) -> Target {
        let stream = Mutex::new((Arc::downgrade(&stream.connection), stream.id));
        Target { is_cancelled: AtomicBool::new(false), stream }
    }

    fn is_cancelled(&self) -> bool {
        self.is_cancelled.load(Ordering::SeqCst)
    }

    /// Asks the daemon, if the connection is there still.
    fn cancel(&self, metadata: &[KeyValue]) {
        let (connection, id) = lock(&self.stream).clone();
        if let Some(connection) = connection.upgrade() {
            connection.cancel(id, metadata);
        }
    }

    /// The request was sent again, on this stream, and perhaps cancelled meanwhile.
    fn move_to(&self, stream: &Stream, metadata: &[KeyValue]) {
        *lock(&self.stream) = (Arc::downgrade(&stream.connection), stream.id);
        if self.is_cancelled() {
            self.cancel(metadata);
        }
    }
}

impl<A: Message> Pending<A> {
    pub(crate) fn begin(
        client: &Client,
        operation: &'static OperationInfo,
        payload: Vec<u8>,
        has_token: bool,
    ) -> Result<Pending<A>, Error> {
        let options: &CallOptions = client.options();
        let clock = CallClock::start(options);
        let metadata: Arc<[KeyValue]> = options.metadata().into();
        let request = Outgoing {
            operation,
            payload: &payload,
            metadata: &metadata,
            timeout: options.timeout,
        };
        let stream = client.shared.send(&request, clock.until(), None)?;
        let may_repeat = options.again
            && match operation.again {
                Again::Reads => true,
                Again::Token => has_token,
                Again::Never => false,
            };
        Ok(Pending {
            shared: client.shared.clone(),
            operation,
            payload,
            metadata,
            clock,
            may_repeat,
            target: Arc::new(Target::new(&stream)),
            stream,
            answer: PhantomData,
        })
    }

    /// Whether `wait` will not have to wait: there is an answer or an error.
    pub fn is_done(&self) -> bool {
        self.stream.mailbox.is_ready()
    }

    /// Asks the daemon to end the call; `wait` tells what came of it. See [`Canceller::cancel`].
    pub fn cancel(&self) {
        self.canceller().cancel();
    }

    /// What ends this call from elsewhere, while `wait` waits.
    pub fn canceller(&self) -> Canceller {
        Canceller {
            target: self.target.clone(),
            metadata: self.metadata.clone(),
            process: std::process::id(),
        }
    }

    /// Waits for the answer.
    ///
    /// # Errors
    /// Any [`Error`].
    pub fn wait(mut self) -> Result<A, Error> {
        if self.shared.is_foreign() {
            let reason = "the process was forked, and the call is its parent's";
            return Err(self.unknown(UnknownReason::ConnectionLost(reason.to_owned())));
        }
        let mut tries_left = 3;
        // Why an earlier answer is missing: from then on, that nothing happened is not known.
        let mut lost = None;
        loop {
            match self.next_ending(&lost)? {
                Ending::Answer(payload) => {
                    return A::decode(&payload).map_err(|error| {
                        self.unknown(UnknownReason::NotTheProtocol(format!("its answer: {error}")))
                    });
                }
                Ending::Refused(status) => {
                    let error = Error::from_status(status);
                    let is_repeated = lost.is_some() && self.operation.again == Again::Token;
                    if is_repeated && leaves_open(&error) {
                        return Err(self.unknown(UnknownReason::RefusedAgain(error.to_string())));
                    }
                    return Err(error);
                }
                Ending::NotSent(reason) => {
                    tries_left -= 1;
                    if tries_left == 0 || self.clock.is_late() {
                        return Err(self.not_sent(reason, &lost));
                    }
                    match self.send_again() {
                        Ok(true) => {}
                        Ok(false) => return Err(self.not_sent(reason, &lost)),
                        Err(error) => return Err(lost.map_or(error, |it| self.unknown(it))),
                    }
                }
                Ending::Lost(reason) => {
                    let reason = UnknownReason::ConnectionLost(reason);
                    let may_repeat = std::mem::take(&mut self.may_repeat) && !self.clock.is_late();
                    if !may_repeat || !matches!(self.send_again(), Ok(true)) {
                        return Err(self.unknown(reason));
                    }
                    lost = Some(reason);
                }
                Ending::NotTheProtocol(what) => {
                    return Err(self.unknown(UnknownReason::NotTheProtocol(what)));
                }
                Ending::Overflow => {} // Only streams of data frames overflow.
            }
        }
    }

    /// Waits for the end of the stream, or for the client's own clock.
    fn next_ending(&self, lost: &Option<UnknownReason>) -> Result<Ending, Error> {
        let mut until = self.clock.until();
        loop {
            match self.stream.mailbox.take(until) {
                Delivery::Ending(ending) => return Ok(ending),
                // Data frames on a unary stream are no protocol: the connection refuses them.
                Delivery::Item(_) => {}
                Delivery::Nothing => match self.stream.connection.abandon(self.stream.id) {
                    Abandoned::NotSent => {
                        let reason = "the daemon took no request in time".to_owned();
                        return Err(self.not_sent(reason, lost));
                    }
                    Abandoned::Sent => {
                        return Err(self.unknown(UnknownReason::NoAnswer(self.clock.patience())));
                    }
                    Abandoned::Ended => until = None, // It is told this very moment.
                },
            }
        }
    }

    /// Sends the request once more, over a new connection; false: it was cancelled meanwhile.
    fn send_again(&mut self) -> Result<bool, Error> {
        if self.target.is_cancelled() {
            return Ok(false);
        }
        let request = Outgoing {
            operation: self.operation,
            payload: &self.payload,
            metadata: &self.metadata,
            timeout: self.clock.timeout_left(),
        };
        let is_cancelled = Some(&self.target.is_cancelled);
        self.stream = self.shared.send(&request, self.clock.until(), is_cancelled)?;
        self.target.move_to(&self.stream, &self.metadata);
        Ok(true)
    }

    /// The error of a request that was not sent, unless an earlier sending of it was.
    fn not_sent(&self, reason: String, lost: &Option<UnknownReason>) -> Error {
        match lost {
            Some(lost) => self.unknown(lost.clone()),
            None => Error::NotSent { operation: self.operation.name, reason },
        }
    }

    fn unknown(&self, reason: UnknownReason) -> Error {
        Error::OutcomeUnknown { operation: self.operation.name, reason }
    }
}

/// Whether a request with a token may have been carried out the first time, although it is refused
/// the second time. It would have its token then, and the same answer: but for errors that come
/// before anyone looks at the token, or while the first is still under way.
fn leaves_open(error: &Error) -> bool {
    const BUSY: [&str; 5] = [
        "IdempotentProcessing",
        "LastTokenProcessing",
        "Throttling",
        "Throttling.User",
        "Rejected.Throttling",
    ];
    match error {
        Error::Ecs(error) => error.http_status >= 500 || BUSY.contains(&&*error.code),
        Error::Status(error) => matches!(
            error.code,
            StatusCode::CANCELLED
                | StatusCode::DEADLINE_EXCEEDED
                | StatusCode::RESOURCE_EXHAUSTED
                | StatusCode::UNAVAILABLE
        ),
        _ => true,
    }
}

impl<A> fmt::Debug for Pending<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pending")
            .field("operation", &self.operation.name)
            .field("stream_id", &self.stream.id)
            .finish_non_exhaustive()
    }
}
