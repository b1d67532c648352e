//! The stream of events.

use std::fmt;
use std::iter::FusedIterator;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::client::{Client, Stream};
use crate::codec::Message;
use crate::connection::{after, Outgoing};
use crate::errors::Error;
use crate::mailbox::{Delivery, Ending};
use crate::messages::daemon::EventsResponse;
use crate::operations::WATCH;
use crate::pending::Canceller;

/// The changes of an account's resources, as they become durable: an endless iterator, until it
/// is dropped (which ends it at the daemon too), cancelled, or ends with an error.
pub struct Watch {
    stream: Stream,
    canceller: Canceller,
    is_over: bool,
}

impl Watch {
    pub(crate) fn begin(client: &Client, payload: &[u8]) -> Result<Watch, Error> {
        let metadata: Arc<[_]> = client.options().metadata().into();
        let request = Outgoing { operation: WATCH, payload, metadata: &metadata, timeout: None };
        let stream = client.shared.send(&request, None, None)?;
        let canceller = Canceller::new(&stream, metadata);
        Ok(Watch { stream, canceller, is_over: false })
    }

    /// The next answer if it comes within this time; `None` if not, or after the end.
    pub fn next_timeout(&mut self, timeout: Duration) -> Option<Result<EventsResponse, Error>> {
        self.next_until(after(Instant::now(), Some(timeout)))
    }

    /// What ends the watch from elsewhere: the iterator then ends with the status `CANCELLED`.
    pub fn canceller(&self) -> Canceller {
        self.canceller.clone()
    }

    fn next_until(&mut self, until: Option<Instant>) -> Option<Result<EventsResponse, Error>> {
        if self.is_over {
            return None;
        }
        if self.stream.connection.is_foreign() {
            self.is_over = true;
            let reason = "the process was forked, and the watch is its parent's".to_owned();
            return Some(Err(Error::WatchLost { reason }));
        }
        let result = match self.stream.mailbox.take(until) {
            Delivery::Nothing => return None,
            Delivery::Item(data) => match EventsResponse::decode(&data) {
                Ok(answer) => return Some(Ok(answer)),
                Err(error) => {
                    self.canceller.cancel();
                    Some(Error::WatchLost { reason: format!("what came is no answer: {error}") })
                }
            },
            Delivery::Ending(ending) => match ending {
                Ending::Answer(_) => None,
                Ending::Refused(status) => Some(Error::from_status(status)),
                Ending::NotSent(reason) => Some(Error::NotSent { operation: WATCH.name, reason }),
                Ending::Lost(reason) | Ending::NotTheProtocol(reason) => {
                    Some(Error::WatchLost { reason })
                }
                Ending::Overflow => {
                    self.canceller.cancel();
                    Some(Error::EventsLost)
                }
            },
        };
        self.is_over = true;
        result.map(Err)
    }
}

impl Iterator for Watch {
    type Item = Result<EventsResponse, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        self.next_until(None)
    }
}

impl FusedIterator for Watch {}

impl Drop for Watch {
    fn drop(&mut self) {
        if !self.is_over {
            self.canceller.cancel();
        }
    }
}

impl fmt::Debug for Watch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watch").field("is_over", &self.is_over).finish_non_exhaustive()
    }
}
