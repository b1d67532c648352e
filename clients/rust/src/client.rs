//! The client: connecting, and making calls.

use std::fmt;
use std::path::{Path, PathBuf};
use std::process;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

use crate::codec::Message;
use crate::connecting::{self, CANCEL_LOOK};
use crate::connection::{after, Connection, Outgoing, Refusal};
use crate::errors::{ConnectAttempt, Error};
use crate::mailbox::{is_over, lock, wait, Mailbox};
use crate::messages::daemon::WatchRequest;
use crate::messages::envelope::KeyValue;
use crate::operations::{Operation, OperationInfo};
use crate::pending::Pending;
use crate::places;
use crate::watch::Watch;

/// How much longer than a call's deadline the client's own clock waits for the answer.
pub const GRACE: Duration = Duration::from_secs(2);

/// How to connect.
#[derive(Clone, Debug)]
pub struct Options {
    /// The daemon's socket, at most 107 bytes. `None`: what `IMAGED_SOCKET` names; without that,
    /// the first at which a daemon listens of `$XDG_RUNTIME_DIR/imaged/imaged.sock`,
    /// `/run/imaged/imaged.sock`, and `imaged.sock` in the daemon's default data directory.
    pub socket: Option<PathBuf>,
    /// How long a connect may take; 5 seconds unless said.
    pub connect_timeout: Duration,
    /// How calls are made, unless [`Client::with`] says otherwise.
    pub calls: CallOptions,
}

impl Default for Options {
    fn default() -> Options {
        let connect_timeout = Duration::from_secs(5);
        Options { socket: None, connect_timeout, calls: CallOptions::default() }
    }
}

/// How a call is made. There may be more of these, so write `..Default::default()`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallOptions {
    /// The deadline: so long after the request reached it, the daemon refuses what it has not
    /// applied (`DEADLINE_EXCEEDED`: nothing happened). The client's own clock waits [`GRACE`]
    /// longer. 60 seconds unless said; `None`: no deadline.
    pub timeout: Option<Duration>,
    /// The client's own clock, where it is to be another: after this time the outcome is unknown.
    pub give_up: Option<Duration>,
    /// The account to act in; `None`: `default`.
    pub account: Option<String>,
    /// The RAM user to act as, in a daemon with `--fixture`.
    pub ram_user: Option<String>,
    /// Whether an error lists the further ones that the same request would have met.
    pub explain: bool,
    /// Whether a request whose answer was lost with the connection is sent once more, if it reads
    /// only or has a `client_token`. True unless said.
    pub again: bool,
}

impl Default for CallOptions {
    fn default() -> CallOptions {
        CallOptions {
            timeout: Some(Duration::from_secs(60)),
            give_up: None,
            account: None,
            ram_user: None,
            explain: false,
            again: true,
        }
    }
}

impl CallOptions {
    /// What goes with each request.
    pub(crate) fn metadata(&self) -> Vec<KeyValue> {
        let entries = [
            ("account", self.account.as_deref()),
            ("ram-user", self.ram_user.as_deref()),
            ("explain", self.explain.then_some("true")),
        ];
        let entry = |(key, value): (&str, Option<&str>)| {
            Some(KeyValue { key: key.into(), value: value?.into() })
        };
        entries.into_iter().filter_map(entry).collect()
    }
}

/// A client of the daemon: a handle, cheap to clone, for any number of threads.
///
/// All handles share one connection, on which any number of calls may be under way. If it is lost,
/// or its stream ids have run out, the next call makes a new one.
///
/// ```
/// use imaged::{Client, CreateImageRequest, Error, Options};
///
/// # use imaged::testing::Daemon;
/// # if Daemon::program().is_none() { return Ok(()); }
/// # let daemon = Daemon::start().unwrap();
/// # std::env::set_var("IMAGED_SOCKET", daemon.socket());
/// let client = Client::connect(Options::default())?;
/// let request = CreateImageRequest {
///     region_id: "cn-hangzhou".into(),
///     instance_id: "i-bp1g6zv0ce8oghu7k3qv".into(),
///     ..Default::default()
/// };
/// match client.create_image(&request) {
///     Ok(answer) => println!("{}", answer.image_id),
///     Err(Error::Ecs(error)) if error.code == "InvalidInstanceId.NotFound" => {}
///     Err(error) => return Err(error),
/// }
/// # Ok::<(), Error>(())
/// ```
///
/// # Errors
///
/// Each call ends with its answer or with an [`Error`], which says whether anything may have
/// happened.
///
/// # Processes
///
/// A client changes nothing of its process: no signal handler, no SIGPIPE, descriptors closed on
/// exec. It is not shared over a fork: in the child its calls are refused.
#[derive(Clone)]
pub struct Client {
    pub(crate) shared: Arc<Shared>,
    pub(crate) options: Arc<CallOptions>,
}

/// What a client's handles have in common.
pub(crate) struct Shared {
    socket: PathBuf,
    connect_timeout: Duration,
    process: u32,
    slot: Mutex<Slot>,
    changed: Condvar,
}

struct Slot {
    connection: Option<Arc<Connection>>,
    /// Somebody connects; the others wait for that.
    is_connecting: bool,
    is_closed: bool,
}

impl Client {
    /// Connects to the daemon.
    ///
    /// # Errors
    /// [`Error::Connect`], with each place that was tried.
    pub fn connect(options: Options) -> Result<Client, Error> {
        let variable = |name: &str| std::env::var_os(name);
        let places = places::places(options.socket.as_deref(), variable, places::is_root());
        let mut attempts = Vec::new();
        for place in places {
            match connecting::open(&place.path, options.connect_timeout, None) {
                Ok(connection) => return Ok(Client::new(place.path, connection, options)),
                Err(error) => {
                    let goes_on = place.goes_on(&error);
                    attempts.push(ConnectAttempt { path: place.path, error });
                    if !goes_on {
                        break;
                    }
                }
            }
        }
        Err(Error::Connect { attempts })
    }

    /// Connects to the daemon at this socket.
    ///
    /// # Errors
    /// [`Error::Connect`].
    pub fn connect_to(socket: impl Into<PathBuf>) -> Result<Client, Error> {
        Client::connect(Options { socket: Some(socket.into()), ..Default::default() })
    }

    fn new(socket: PathBuf, connection: Connection, options: Options) -> Client {
        let connection = Some(Arc::new(connection));
        let shared = Shared {
            socket,
            connect_timeout: options.connect_timeout,
            process: process::id(),
            slot: Mutex::new(Slot { connection, is_connecting: false, is_closed: false }),
            changed: Condvar::new(),
        };
        Client { shared: Arc::new(shared), options: Arc::new(options.calls) }
    }

    /// The socket that this client connects to.
    pub fn socket(&self) -> &Path {
        &self.shared.socket
    }

    /// How this handle makes calls.
    pub fn options(&self) -> &CallOptions {
        &self.options
    }

    /// A handle of the same connection that makes its calls in another way:
    ///
    /// ```no_run
    /// # use imaged::{CallOptions, Client, DescribeImagesRequest, Options};
    /// # let client = Client::connect(Options::default())?;
    /// let explained = CallOptions { explain: true, ..client.options().clone() };
    /// client.with(explained).describe_images(&DescribeImagesRequest::default())?;
    /// # Ok::<(), imaged::Error>(())
    /// ```
    #[must_use]
    pub fn with(&self, options: CallOptions) -> Client {
        Client { shared: self.shared.clone(), options: Arc::new(options) }
    }

    /// The same, with this deadline; see [`CallOptions::timeout`].
    #[must_use]
    pub fn with_timeout(&self, timeout: Duration) -> Client {
        self.with(CallOptions { timeout: Some(timeout), ..self.options().clone() })
    }

    /// The same, in this account.
    #[must_use]
    pub fn with_account(&self, account: impl Into<String>) -> Client {
        self.with(CallOptions { account: Some(account.into()), ..self.options().clone() })
    }

    /// Makes the call that the request is for. The same as the method of that name.
    ///
    /// # Errors
    /// Any [`Error`].
    pub fn call<O: Operation>(&self, request: &O) -> Result<O::Answer, Error> {
        self.begin(request)?.wait()
    }

    /// Begins a call, and waits for its answer later: so one thread has many under way.
    ///
    /// ```no_run
    /// # use imaged::{Client, DescribeImagesRequest, DescribeSnapshotsRequest, Options};
    /// # let client = Client::connect(Options::default())?;
    /// let images = client.begin(&DescribeImagesRequest::default())?;
    /// let snapshots = client.begin(&DescribeSnapshotsRequest::default())?;
    /// println!("{} {}", images.wait()?.total_count, snapshots.wait()?.total_count);
    /// # Ok::<(), imaged::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Connect`] and [`Error::NotSent`]: what keeps the request from being sent.
    pub fn begin<O: Operation>(&self, request: &O) -> Result<Pending<O::Answer>, Error> {
        Pending::begin(self, O::INFO, request.encode(), !request.client_token().is_empty())
    }

    /// The changes of the account's resources, as they become durable. Neither
    /// [`CallOptions::timeout`] nor [`CallOptions::give_up`] count for it.
    ///
    /// ```no_run
    /// # use imaged::{Client, Options, WatchRequest};
    /// # let client = Client::connect(Options::default())?;
    /// for answer in client.watch(&WatchRequest::default())? {
    ///     for event in answer?.events {
    ///         println!("{} {}", event.sequence, event.kind);
    ///     }
    /// }
    /// # Ok::<(), imaged::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Connect`] and [`Error::NotSent`]; all others come from the iterator.
    pub fn watch(&self, request: &WatchRequest) -> Result<Watch, Error> {
        Watch::begin(self, &request.encode())
    }

    /// Ends the connection. Calls under way end with [`Error::OutcomeUnknown`], later ones with
    /// [`Error::NotSent`], of all handles. Dropping the last handle does the same.
    pub fn close(&self) {
        if self.shared.is_foreign() {
            return;
        }
        let mut slot = lock(&self.shared.slot);
        slot.is_closed = true;
        if let Some(connection) = slot.connection.take() {
            connection.close();
        }
    }

    pub(crate) fn skip_stream_ids(&self, next: u32) {
        if let Some(connection) = &lock(&self.shared.slot).connection {
            connection.skip_ids(next);
        }
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("socket", &self.shared.socket)
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}

/// A request under way, on the connection that it was sent on.
pub(crate) struct Stream {
    pub connection: Arc<Connection>,
    pub id: u32,
    pub mailbox: Arc<Mailbox>,
}

impl Shared {
    pub fn is_foreign(&self) -> bool {
        process::id() != self.process
    }

    /// Sends a request, over a new connection if the one there is takes none any more. The wait for
    /// that ends when `is_cancelled` says so.
    pub fn send(
        &self,
        request: &Outgoing<'_>,
        until: Option<Instant>,
        is_cancelled: Option<&AtomicBool>,
    ) -> Result<Stream, Error> {
        let not_sent = |reason| Error::NotSent { operation: request.operation.name, reason };
        if self.is_foreign() {
            let reason = "a client is not shared over a fork: connect anew in the child";
            return Err(not_sent(reason.to_owned()));
        }
        let mut last_reason = String::new();
        // A connection can be lost between being found usable and being used: seldom, and hardly
        // ever twice.
        for _ in 0..3 {
            let connection = self.connection(request.operation, until, is_cancelled)?;
            let mailbox = Arc::new(Mailbox::default());
            match connection.begin(request, mailbox.clone()) {
                Ok(id) => match mailbox.take_not_sent() {
                    None => return Ok(Stream { connection, id, mailbox }),
                    Some(reason) => last_reason = reason,
                },
                Err(Refusal::Unusable(reason)) => last_reason = reason,
                Err(Refusal::Impossible(reason)) => return Err(not_sent(reason)),
            }
        }
        Err(not_sent(last_reason))
    }

    /// A usable connection: the one there is, or a new one.
    fn connection(
        &self,
        operation: &'static OperationInfo,
        until: Option<Instant>,
        is_cancelled: Option<&AtomicBool>,
    ) -> Result<Arc<Connection>, Error> {
        let not_sent =
            |reason: &str| Error::NotSent { operation: operation.name, reason: reason.to_owned() };
        let is_unwanted = || is_cancelled.map_or(false, |it| it.load(Ordering::SeqCst));
        let mut slot = lock(&self.slot);
        loop {
            if slot.is_closed {
                return Err(not_sent("the client was closed"));
            }
            match slot.connection.take() {
                Some(connection) if connection.is_usable() => {
                    slot.connection = Some(connection.clone());
                    return Ok(connection);
                }
                // Given up by this, it lives on with the calls that are under way on it.
                Some(_) | None => {}
            }
            if !slot.is_connecting {
                break;
            }
            if is_over(until) {
                return Err(not_sent("there was no connection in time"));
            }
            if is_unwanted() {
                return Err(not_sent("it was cancelled"));
            }
            let look = is_cancelled.and_then(|_| after(Instant::now(), Some(CANCEL_LOOK)));
            slot = wait(&self.changed, slot, until.into_iter().chain(look).min());
        }
        slot.is_connecting = true;
        drop(slot);
        let left = until.map(|until| until.saturating_duration_since(Instant::now()));
        let limit = self.connect_timeout.min(left.unwrap_or(self.connect_timeout));
        let result = connecting::open(&self.socket, limit, is_cancelled).map(Arc::new);
        let mut slot = lock(&self.slot);
        slot.is_connecting = false;
        self.changed.notify_all();
        match result {
            Ok(_) if slot.is_closed => Err(not_sent("the client was closed")),
            Ok(connection) => {
                slot.connection = Some(connection.clone());
                Ok(connection)
            }
            Err(_) if is_unwanted() => Err(not_sent("it was cancelled")),
            Err(error) => {
                let attempt = ConnectAttempt { path: self.socket.clone(), error };
                Err(Error::Connect { attempts: vec![attempt] })
            }
        }
    }
}

/// When a call began, and until when the client itself waits.
pub(crate) struct CallClock {
    start: Instant,
    timeout: Option<Duration>,
    patience: Option<Duration>,
}

impl CallClock {
    pub fn start(options: &CallOptions) -> CallClock {
        let timeout = options.timeout;
        let patience = options.give_up.or_else(|| timeout.and_then(|it| it.checked_add(GRACE)));
        CallClock { start: Instant::now(), timeout, patience }
    }

    /// What is left of the deadline.
    pub fn timeout_left(&self) -> Option<Duration> {
        self.timeout.map(|timeout| timeout.saturating_sub(self.start.elapsed()))
    }

    /// Whether the deadline has passed.
    pub fn is_late(&self) -> bool {
        self.timeout.map_or(false, |timeout| self.start.elapsed() >= timeout)
    }

    /// Until when the client waits.
    pub fn until(&self) -> Option<Instant> {
        after(self.start, self.patience)
    }

    /// How long the client waits.
    pub fn patience(&self) -> Duration {
        self.patience.unwrap_or(Duration::MAX)
    }
}
