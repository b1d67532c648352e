//! What a connection knows: the streams that are open on it, and what is still to be sent. A value
//! that makes no system call.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use crate::mailbox::{Ending, Mailbox};

/// How much is written with one call.
const BATCH_BYTES: usize = 64 << 10;

/// A connection's streams.
pub(crate) struct Streams {
    /// The next request's stream id: odd, and above `u32::MAX` when they have run out.
    pub next_id: u64,
    pub open: HashMap<u32, Open>,
    /// Frames nobody has begun to write, in the order of their ids.
    queue: VecDeque<Frame>,
    pub queued_bytes: usize,
    /// Somebody writes, and will look into the queue again.
    pub is_writing: bool,
    /// Why nothing more is sent.
    pub unusable: Option<String>,
    /// Why nothing more comes.
    pub lost: Option<Lost>,
}

#[derive(Clone)]
pub(crate) enum Lost {
    Connection(String),
    Protocol(String),
}

impl Lost {
    pub fn ending(self) -> Ending {
        match self {
            Lost::Connection(reason) => Ending::Lost(reason),
            Lost::Protocol(what) => Ending::NotTheProtocol(what),
        }
    }
}

pub(crate) struct Open {
    /// Nobody waits for the answer of a Cancel.
    pub mailbox: Option<Arc<Mailbox>>,
    pub phase: Phase,
    pub is_streaming: bool,
    pub is_cancelled: bool,
}

impl Open {
    pub fn end(self, ending: Ending) {
        if let Some(mailbox) = self.mailbox {
            mailbox.end(ending);
        }
    }
}

/// How far a request has come. Until it is sent whole, the daemon does not know it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    Queued,
    Writing,
    Sent,
}

pub(crate) struct Frame {
    id: u32,
    bytes: Vec<u8>,
}

/// Frames that are written as one.
pub(crate) struct Batch {
    pub bytes: Vec<u8>,
    /// Each frame's id, and where it ends in the bytes.
    ends: Vec<(u32, usize)>,
    pub written: usize,
}

impl Streams {
    pub fn new(first_id: u32) -> Streams {
        Streams {
            next_id: u64::from(first_id | 1),
            open: HashMap::new(),
            queue: VecDeque::new(),
            queued_bytes: 0,
            is_writing: false,
            unusable: None,
            lost: None,
        }
    }

    /// Whether the ids left are needed to cancel what is open. Each call takes two: its own, and
    /// one for its Cancel.
    pub fn is_exhausted(&self) -> bool {
        let left = (u64::from(u32::MAX) + 2).saturating_sub(self.next_id) / 2;
        left < 2 + self.open.len() as u64
    }

    pub fn enqueue(
        &mut self,
        bytes: &mut Vec<u8>,
        mailbox: Option<Arc<Mailbox>>,
        is_streaming: bool,
    ) -> u32 {
        let id = self.next_id as u32; // Checked by whoever asked for this.
        self.next_id += 2;
        bytes[4..8].copy_from_slice(&id.to_be_bytes());
        self.queued_bytes += bytes.len();
        self.queue.push_back(Frame { id, bytes: std::mem::take(bytes) });
        let is_cancelled = mailbox.is_none(); // A Cancel is not to be cancelled.
        self.open.insert(id, Open { mailbox, phase: Phase::Queued, is_streaming, is_cancelled });
        id
    }

    /// Takes a request back, if nobody has begun to write it.
    pub fn withdraw(&mut self, id: u32) -> Option<Open> {
        if self.open.get(&id)?.phase != Phase::Queued {
            return None;
        }
        if let Ok(place) = self.queue.binary_search_by_key(&id, |frame| frame.id) {
            let frame = self.queue.remove(place);
            self.queued_bytes -= frame.map_or(0, |frame| frame.bytes.len());
        }
        self.open.remove(&id)
    }

    pub fn next_batch(&mut self) -> Option<Batch> {
        let first = self.queue.pop_front()?;
        let mut batch =
            Batch { ends: vec![(first.id, first.bytes.len())], bytes: first.bytes, written: 0 };
        while let Some(next) = self.queue.front() {
            if batch.bytes.len() + next.bytes.len() > BATCH_BYTES {
                break;
            }
            batch.bytes.extend_from_slice(&next.bytes);
            batch.ends.push((next.id, batch.bytes.len()));
            self.queue.pop_front();
        }
        self.queued_bytes -= batch.bytes.len();
        for (id, _) in &batch.ends {
            if let Some(open) = self.open.get_mut(id) {
                open.phase = Phase::Writing;
            }
        }
        Some(batch)
    }

    /// Notes what of a batch was written: all of it, or `failure` says why not.
    pub fn settle(&mut self, batch: &Batch, failure: Option<&str>) {
        for (id, end) in &batch.ends {
            let is_sent = *end <= batch.written;
            match (is_sent, self.lost.clone()) {
                (true, None) => {
                    if let Some(open) = self.open.get_mut(id) {
                        open.phase = Phase::Sent;
                    }
                }
                (true, Some(lost)) => self.end(*id, lost.ending()),
                // The daemon acts on whole frames only.
                (false, _) => self.end(*id, Ending::NotSent(failure.unwrap_or("").to_owned())),
            }
        }
    }

    pub fn end(&mut self, id: u32, ending: Ending) {
        if let Some(open) = self.open.remove(&id) {
            open.end(ending);
        }
    }

    /// Gives up all that is queued.
    pub fn fail_queue(&mut self, reason: &str) {
        self.unusable.get_or_insert_with(|| reason.to_owned());
        self.queued_bytes = 0;
        for frame in std::mem::take(&mut self.queue) {
            self.end(frame.id, Ending::NotSent(reason.to_owned()));
        }
    }

    /// Ends all streams: nothing more comes. What is being written is ended by `settle`.
    pub fn fail(&mut self, lost: Lost) {
        let lost = self.lost.get_or_insert(lost).clone();
        let (Lost::Connection(reason) | Lost::Protocol(reason)) = &lost;
        self.fail_queue(reason);
        let sent = self.open.iter().filter(|(_, open)| open.phase == Phase::Sent);
        let sent: Vec<u32> = sent.map(|(id, _)| *id).collect();
        for id in sent {
            self.end(id, lost.clone().ending());
        }
    }

    /// Whether a frame may come on this stream.
    pub fn check(&self, id: u32) -> Result<(), String> {
        if id % 2 == 1 && u64::from(id) < self.next_id {
            return Ok(());
        }
        Err(format!("a frame on stream {id}, which was never opened"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mailbox::Delivery;
    use std::time::Instant;

    /// A request of so many bytes, and where its end is told.
    fn begin(streams: &mut Streams, size: usize) -> (u32, Arc<Mailbox>) {
        let mailbox = Arc::new(Mailbox::default());
        (streams.enqueue(&mut vec![0; size], Some(mailbox.clone()), false), mailbox)
    }

    fn told(mailbox: &Mailbox) -> Option<Ending> {
        match mailbox.take(Some(Instant::now())) {
            Delivery::Ending(ending) => Some(ending),
            _ => None,
        }
    }

    #[test]
    fn ids_are_odd_and_rise_and_stand_in_the_frames() {
        let mut streams = Streams::new(8);
        let ids = [begin(&mut streams, 10).0, begin(&mut streams, 10).0];
        assert_eq!(ids, [9, 11]);
        let batch = streams.next_batch().unwrap();
        assert_eq!(
            (batch.bytes[4..8].to_vec(), batch.bytes[14..18].to_vec()),
            (vec![0, 0, 0, 9], vec![0, 0, 0, 11])
        );
        assert!(streams.check(9).is_ok() && streams.check(11).is_ok());
        assert!(streams.check(13).is_err() && streams.check(8).is_err());
    }

    #[test]
    fn an_id_is_kept_for_the_cancel_of_each_call() {
        let mut streams = Streams::new(u32::MAX - 6);
        assert!(!streams.is_exhausted()); // Four are left: two calls, and their Cancels.
        begin(&mut streams, 10);
        assert!(!streams.is_exhausted());
        let (last, _) = begin(&mut streams, 10);
        assert!(streams.is_exhausted());
        assert!(streams.withdraw(last).is_some());
        streams.next_id = u64::from(u32::MAX);
        assert!(streams.is_exhausted());
        streams.next_id += 2;
        assert!(streams.is_exhausted());
    }

    #[test]
    fn a_batch_is_of_small_frames_or_of_one_large_one() {
        let mut streams = Streams::new(1);
        for size in [20_000, 20_000, 30_000, 200_000, 10] {
            begin(&mut streams, size);
        }
        let mut sizes = Vec::new();
        while let Some(batch) = streams.next_batch() {
            sizes.push((batch.bytes.len(), batch.ends.len()));
        }
        assert_eq!(sizes, [(40_000, 2), (30_000, 1), (200_000, 1), (10, 1)]);
        assert_eq!(streams.queued_bytes, 0);
    }

    #[test]
    fn what_nobody_has_begun_to_write_can_be_taken_back() {
        let mut streams = Streams::new(1);
        let ids: Vec<u32> = (0..4).map(|_| begin(&mut streams, 40_000).0).collect();
        let batch = streams.next_batch().unwrap();
        assert!(streams.withdraw(ids[0]).is_none());
        assert!(streams.withdraw(ids[2]).is_some());
        assert!(streams.withdraw(ids[2]).is_none());
        assert_eq!(streams.queued_bytes, 80_000);
        drop(batch);
        assert_eq!(streams.next_batch().unwrap().ends, [(ids[1], 40_000)]);
        assert_eq!(streams.next_batch().unwrap().ends, [(ids[3], 40_000)]);
    }

    #[test]
    fn a_lost_connection_tells_apart_what_was_sent() {
        let mut streams = Streams::new(1);
        let (_, sent) = begin(&mut streams, 10);
        let batch = streams.next_batch().unwrap();
        streams.settle(&Batch { written: 10, ..batch }, None);
        let (_, written) = begin(&mut streams, 10);
        let (_, cut) = begin(&mut streams, 10);
        let batch = streams.next_batch().unwrap();
        let (_, queued) = begin(&mut streams, 10);
        streams.fail(Lost::Connection("gone".to_owned()));
        assert!(matches!(told(&sent), Some(Ending::Lost(_))));
        assert!(matches!(told(&queued), Some(Ending::NotSent(_))));
        assert!(told(&written).is_none() && told(&cut).is_none());
        // Whoever writes finds out how far it came.
        streams.settle(&Batch { written: 19, ..batch }, Some("no more"));
        assert!(matches!(told(&written), Some(Ending::Lost(_))));
        assert!(matches!(told(&cut), Some(Ending::NotSent(_))));
        assert!(streams.open.is_empty() && streams.unusable.is_some());
    }
}
