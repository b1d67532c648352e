//! What a call can end with.

use std::fmt;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

use crate::codec::Message;
use crate::messages::envelope;

/// Why a call has no answer. Only [`Error::OutcomeUnknown`] leaves open whether the request was
/// carried out; after every other error nothing has happened.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// The service refused the request, in ECS's terms. Decide by its `code`.
    Ecs(Box<EcsError>),
    /// The daemon refused the request with a status that is not an ECS error: an unknown
    /// operation, a deadline, Cancel, too many streams, events that are no longer kept.
    Status(StatusError),
    /// The request was sent, and what became of it is not known: it was carried out whole, or not
    /// at all. The same request with the same `client_token` tells, or does it now.
    OutcomeUnknown {
        /// The operation's name.
        operation: &'static str,
        /// Why the answer is missing.
        reason: UnknownReason,
    },
    /// No daemon could be reached, so nothing was sent.
    Connect {
        /// What was tried, in order.
        attempts: Vec<ConnectAttempt>,
    },
    /// The request never left this process whole, so nothing has happened.
    NotSent {
        /// The operation's name.
        operation: &'static str,
        /// Why not, for people.
        reason: String,
    },
    /// The connection ended under a [`Watch`](crate::Watch). Watch again from the last
    /// `sequence` on.
    WatchLost {
        /// What ended it, for people.
        reason: String,
    },
    /// A [`Watch`](crate::Watch) was read too slowly, and events are missing. Describe afresh,
    /// and watch again.
    EventsLost,
}

/// Why it is not known what became of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum UnknownReason {
    /// The connection ended before the answer came; why, for people.
    ConnectionLost(String),
    /// No answer came within this time of the client's own clock.
    NoAnswer(Duration),
    /// What came is not the protocol; what, for people.
    NotTheProtocol(String),
    /// The answer was lost, and the request, sent once more, refused for a reason that says
    /// nothing of the first time: a deadline, a failure of the service. The refusal, for people.
    RefusedAgain(String),
}

/// A place where a daemon might have been.
#[derive(Debug)]
pub struct ConnectAttempt {
    /// The socket's path.
    pub path: PathBuf,
    /// Why no connection came about.
    pub error: io::Error,
}

/// A refusal by the service, in ECS's terms. It is definite: nothing has happened.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct EcsError {
    /// The status of the response.
    pub status: StatusCode,
    /// The HTTP status that ECS gives this error: 400, 403, 404, 500, 503.
    pub http_status: i32,
    /// ECS's code, `QuotaExceed.Image`: what to decide by. There may be new ones.
    pub code: String,
    /// ECS's message.
    pub message: String,
    /// The parameter at fault as ECS spells it (`DiskDeviceMapping.2.Size`); empty if none is.
    pub parameter: String,
    /// What would be right, or how to go on. For people; it may change.
    pub hint: String,
    /// The request that was refused: the daemon's log names it.
    pub request_id: String,
    /// The other errors that the request would have met, if
    /// [`CallOptions::explain`](crate::CallOptions::explain) asked for them.
    pub further: Vec<EcsError>,
}

/// A refusal that is not ECS's. It is definite: nothing has happened.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct StatusError {
    /// What to decide by.
    pub code: StatusCode,
    /// For people.
    pub message: String,
    /// The request that was refused; empty if the daemon could not even read it as one.
    pub request_id: String,
}

/// A status as google.rpc.Code numbers it. There may be others than those named here.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct StatusCode(pub i32);

macro_rules! status_codes {
    ($($(#[$about:meta])* $name:ident = $number:literal;)*) => {
        impl StatusCode {
            $( $(#[$about])* pub const $name: StatusCode = StatusCode($number); )*

            fn name(self) -> Option<&'static str> {
                match self {
                    $( StatusCode::$name => Some(stringify!($name)), )*
                    _ => None,
                }
            }
        }
    };
}

status_codes! {
    /// Success.
    OK = 0;
    /// `Cancel` ended the call.
    CANCELLED = 1;
    /// ECS's 400, or a faulty frame.
    INVALID_ARGUMENT = 3;
    /// The deadline passed, and nothing happened.
    DEADLINE_EXCEEDED = 4;
    /// ECS's 404.
    NOT_FOUND = 5;
    /// ECS's 403 with the code `Forbidden`.
    PERMISSION_DENIED = 7;
    /// A frame too large, or too many waiting streams.
    RESOURCE_EXHAUSTED = 8;
    /// ECS's 403 with any other code.
    FAILED_PRECONDITION = 9;
    /// Events that are no longer kept: describe afresh.
    OUT_OF_RANGE = 11;
    /// An operation that this daemon does not have.
    UNIMPLEMENTED = 12;
    /// ECS's 500.
    INTERNAL = 13;
    /// ECS's 503.
    UNAVAILABLE = 14;
}

impl Error {
    /// Whether the request may have been carried out.
    pub fn is_outcome_unknown(&self) -> bool {
        matches!(self, Error::OutcomeUnknown { .. })
    }

    /// ECS's code, if the service refused the request with one.
    pub fn ecs_code(&self) -> Option<&str> {
        match self {
            Error::Ecs(error) => Some(&error.code),
            _ => None,
        }
    }

    /// The status that the daemon answered with, if it did.
    pub fn status(&self) -> Option<StatusCode> {
        match self {
            Error::Ecs(error) => Some(error.status),
            Error::Status(error) => Some(error.code),
            _ => None,
        }
    }

    /// The error that a response's status stands for.
    pub(crate) fn from_status(status: envelope::Status) -> Error {
        const TYPE_URL: &str = "type.googleapis.com/imaged.v1.Error";
        let code = StatusCode(status.code);
        let details = status.details.iter().filter(|detail| detail.type_url == TYPE_URL);
        // A detail that cannot be read is passed over: the status alone is definite too.
        let mut errors = details
            .filter_map(|detail| envelope::Error::decode(&detail.value).ok())
            .map(|detail| EcsError::new(code, detail));
        match errors.next() {
            Some(mut first) if !first.code.is_empty() => {
                first.further = errors.collect();
                Error::Ecs(Box::new(first))
            }
            // A detail without a code says only which request it was.
            first => Error::Status(StatusError {
                code,
                message: status.message,
                request_id: first.map(|detail| detail.request_id).unwrap_or_default(),
            }),
        }
    }
}

impl EcsError {
    fn new(status: StatusCode, detail: envelope::Error) -> EcsError {
        EcsError {
            status,
            http_status: detail.http_status,
            code: detail.code,
            message: detail.message,
            parameter: detail.parameter,
            hint: detail.hint,
            request_id: detail.request_id,
            further: Vec::new(),
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Ecs(error) => error.fmt(f),
            Error::Status(error) => error.fmt(f),
            Error::OutcomeUnknown { operation, reason } => write!(
                f,
                "{operation}: outcome unknown: {reason}. It was carried out whole, or not at all: \
                 the same request with the same client_token tells, or describe the resource"
            ),
            Error::Connect { attempts } => {
                f.write_str("no daemon to connect to: ")?;
                for (place, attempt) in attempts.iter().enumerate() {
                    write!(f, "{}{attempt}", if place > 0 { "; " } else { "" })?;
                }
                f.write_str(". Start imaged, or name its socket in IMAGED_SOCKET")
            }
            Error::NotSent { operation, reason } => {
                write!(f, "{operation} was not sent, so nothing has happened: {reason}")
            }
            Error::WatchLost { reason } => {
                write!(f, "the events ended: {reason}. Watch again after the last sequence")
            }
            Error::EventsLost => {
                f.write_str("events came faster than they were read: describe afresh, watch again")
            }
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Error::Ecs(error) => Some(error.as_ref()),
            Error::Status(error) => Some(error),
            Error::Connect { attempts } => match attempts.last() {
                Some(attempt) => Some(&attempt.error),
                None => None,
            },
            _ => None,
        }
    }
}

impl fmt::Display for UnknownReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            UnknownReason::ConnectionLost(reason) => {
                write!(f, "the connection was lost before the answer came ({reason})")
            }
            UnknownReason::NoAnswer(time) => write!(f, "no answer came within {time:?}"),
            UnknownReason::NotTheProtocol(what) => {
                write!(f, "what came is not the protocol ({what})")
            }
            UnknownReason::RefusedAgain(refusal) => {
                write!(f, "the answer was lost, and the repeated request refused ({refusal})")
            }
        }
    }
}

impl fmt::Display for ConnectAttempt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.path.display();
        match self.error.kind() {
            io::ErrorKind::NotFound => write!(f, "{path}: nothing is there"),
            io::ErrorKind::ConnectionRefused => {
                write!(f, "{path}: the socket is there, but no daemon listens on it")
            }
            io::ErrorKind::PermissionDenied => write!(f, "{path}: this user may not"),
            io::ErrorKind::InvalidInput => {
                write!(f, "{path}: a socket's path has 1 to 107 bytes, none of them zero")
            }
            _ => write!(f, "{path}: {}", self.error),
        }
    }
}

impl fmt::Display for EcsError {
    /// "QuotaExceed.Image: The Image Quota exceeds. \[parameter\] (hint)"
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.message)?;
        if !self.parameter.is_empty() {
            write!(f, " [{}]", self.parameter)?;
        }
        if !self.hint.is_empty() {
            write!(f, " ({})", self.hint)?;
        }
        Ok(())
    }
}

impl std::error::Error for EcsError {}

impl fmt::Display for StatusError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.message)
    }
}

impl std::error::Error for StatusError {}

impl fmt::Display for StatusCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "status {}", self.0),
        }
    }
}
