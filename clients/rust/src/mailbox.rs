//! Where a call waits for what comes on its stream.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use crate::messages::envelope::Status;

/// How a stream ended.
#[derive(Debug)]
pub(crate) enum Ending {
    /// With success; the payload.
    Answer(Vec<u8>),
    /// With a status other than success.
    Refused(Status),
    /// Its request never left whole: nothing has happened.
    NotSent(String),
    /// The request was sent, and then the connection ended.
    Lost(String),
    /// The request was sent, and then something came that is not the protocol.
    NotTheProtocol(String),
    /// More came than the reader took.
    Overflow,
}

/// What a wait brings.
#[derive(Debug)]
pub(crate) enum Delivery {
    /// A message of the stream.
    Item(Vec<u8>),
    /// The end, told once.
    Ending(Ending),
    /// Neither came in time.
    Nothing,
}

/// How much a stream's reader may be behind: so many messages, and so many bytes.
const ITEMS_MAX: usize = 1024;
const ITEM_BYTES_MAX: usize = 16 << 20;

#[derive(Default)]
pub(crate) struct Mailbox {
    mail: Mutex<Mail>,
    changed: Condvar,
}

#[derive(Default)]
struct Mail {
    items: VecDeque<Vec<u8>>,
    item_bytes: usize,
    ending: Option<Ending>,
}

/// The lock, whether or not somebody panicked with it: what it guards is whole at all times.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Waits until `changed` is notified or the time has come; `None`: there is no such time.
pub(crate) fn wait<'a, T>(
    changed: &Condvar,
    guard: MutexGuard<'a, T>,
    until: Option<Instant>,
) -> MutexGuard<'a, T> {
    match until {
        None => changed.wait(guard).unwrap_or_else(PoisonError::into_inner),
        Some(until) => {
            let left = until.saturating_duration_since(Instant::now());
            changed.wait_timeout(guard, left).unwrap_or_else(PoisonError::into_inner).0
        }
    }
}

pub(crate) fn is_over(until: Option<Instant>) -> bool {
    until.map_or(false, |until| Instant::now() >= until)
}

impl Mailbox {
    /// Puts a message in. False: the reader is too far behind, which has ended the stream.
    pub fn put(&self, item: Vec<u8>) -> bool {
        let mut mail = lock(&self.mail);
        if mail.ending.is_some() {
            return false;
        }
        let fits = mail.items.len() < ITEMS_MAX && mail.item_bytes + item.len() <= ITEM_BYTES_MAX;
        if fits {
            mail.item_bytes += item.len();
            mail.items.push_back(item);
        } else {
            mail.ending = Some(Ending::Overflow);
        }
        self.changed.notify_all();
        fits
    }

    /// Puts the end in; only the first one counts.
    pub fn end(&self, ending: Ending) {
        lock(&self.mail).ending.get_or_insert(ending);
        self.changed.notify_all();
    }

    /// Whether the next take has something.
    pub fn is_ready(&self) -> bool {
        let mail = lock(&self.mail);
        mail.ending.is_some() || !mail.items.is_empty()
    }

    /// Takes the end if it is that the request was not sent; why.
    pub fn take_not_sent(&self) -> Option<String> {
        let mut mail = lock(&self.mail);
        match mail.ending.take() {
            Some(Ending::NotSent(reason)) => Some(reason),
            other => {
                mail.ending = other;
                None
            }
        }
    }

    /// Waits for the next message, or for the end after all of them.
    pub fn take(&self, until: Option<Instant>) -> Delivery {
        let mut mail = lock(&self.mail);
        loop {
            if let Some(item) = mail.items.pop_front() {
                mail.item_bytes -= item.len();
                return Delivery::Item(item);
            }
            if let Some(ending) = mail.ending.take() {
                return Delivery::Ending(ending);
            }
            if is_over(until) {
                return Delivery::Nothing;
            }
            mail = wait(&self.changed, mail, until);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_come_in_order_and_before_the_end() {
        let mailbox = Mailbox::default();
        assert!(mailbox.put(vec![1]) && mailbox.put(vec![2]));
        mailbox.end(Ending::Lost("gone".to_owned()));
        mailbox.end(Ending::Overflow);
        assert!(matches!(mailbox.take(None), Delivery::Item(item) if item == [1]));
        assert!(matches!(mailbox.take(None), Delivery::Item(item) if item == [2]));
        assert!(matches!(mailbox.take(None), Delivery::Ending(Ending::Lost(_))));
    }

    #[test]
    fn a_reader_too_far_behind_is_told_after_what_was_kept() {
        for (size, count) in [(0, ITEMS_MAX), (ITEM_BYTES_MAX / 4, 4)] {
            let mailbox = Mailbox::default();
            assert!((0..count).all(|_| mailbox.put(vec![0; size])));
            assert!(!mailbox.put(vec![0]));
            for _ in 0..count {
                assert!(matches!(mailbox.take(None), Delivery::Item(_)));
            }
            assert!(matches!(mailbox.take(None), Delivery::Ending(Ending::Overflow)));
        }
    }

    #[test]
    fn only_that_nothing_was_sent_is_taken_by_itself() {
        let mailbox = Mailbox::default();
        assert_eq!(mailbox.take_not_sent(), None);
        mailbox.end(Ending::NotSent("gone".to_owned()));
        assert_eq!(mailbox.take_not_sent(), Some("gone".to_owned()));
        mailbox.end(Ending::Lost("gone".to_owned()));
        assert_eq!(mailbox.take_not_sent(), None);
        assert!(mailbox.is_ready());
    }

    #[test]
    fn a_wait_ends_in_time() {
        assert!(matches!(Mailbox::default().take(Some(Instant::now())), Delivery::Nothing));
    }
}
