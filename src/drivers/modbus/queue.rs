//! Writes that wait for the line: whose turn it is. Pure.

use super::schedule::DeviceKey;
use crate::runtime::commands::{Batch, WriteError};
use std::collections::{HashSet, VecDeque};
use std::sync::Arc;

/// Writes that may wait in all, and of one asker: who floods the line is refused, others are not.
const MOST: usize = 256;
const MOST_OF_ONE: usize = 64;
/// Writes in a row while reads are due; then they take turns, so that a flood of writes cannot stop the polls.
const IN_A_ROW: u32 = 8;

/// Batches by asker; askers take turns.
#[derive(Debug)]
pub(super) struct Writes {
    askers: VecDeque<(Arc<str>, VecDeque<Batch>)>,
    waiting: usize,
    /// Devices with a write under way: writes to one device are done one after the other.
    writing: HashSet<DeviceKey>,
    credit: u32,
}

impl Writes {
    pub(super) fn new() -> Self {
        Self { askers: VecDeque::new(), waiting: 0, writing: HashSet::new(), credit: IN_A_ROW }
    }

    /// One more; refused at once when its asker, or all together, have too many.
    pub(super) fn push(&mut self, batch: Batch) {
        let Some(asker) = batch.first().map(|command| Arc::clone(&command.asker)) else { return };
        let of_one = self.askers.iter_mut().find(|(name, _)| *name == asker);
        let queued = of_one.as_ref().map_or(0, |(_, queue)| queue.len());
        if MOST <= self.waiting || MOST_OF_ONE <= queued {
            for command in batch {
                command.answer(Err(WriteError::Busy));
            }
            return;
        }
        self.waiting += 1;
        match of_one {
            Some((_, queue)) => queue.push_back(batch),
            None => self.askers.push_back((asker, VecDeque::from([batch]))),
        }
    }

    /// The next to be done, if writes have a turn; `device_of` knows the device of a group, if there is one.
    pub(super) fn next(&mut self, read_is_due: bool, device_of: impl Fn(&str) -> Option<DeviceKey>) -> Option<Batch> {
        if read_is_due && self.credit == 0 {
            return None;
        }
        let free = |queue: &VecDeque<Batch>| {
            let command = queue.front().and_then(|batch| batch.first());
            let device = command.and_then(|command| device_of(command.tag.group()));
            device.is_none_or(|device| !self.writing.contains(&device))
        };
        let turn = self.askers.iter().position(|(_, queue)| free(queue))?;
        let (asker, mut queue) = self.askers.remove(turn)?;
        let batch = queue.pop_front()?;
        self.waiting -= 1;
        if !queue.is_empty() {
            self.askers.push_back((asker, queue));
        }
        // Not given back by a moment without reads: a write makes its tags due again, so a flood has many of those.
        self.credit -= u32::from(read_is_due);
        Some(batch)
    }

    /// What did not fit into one message has its asker's next turn.
    pub(super) fn put_back(&mut self, batch: Batch) {
        let Some(asker) = batch.first().map(|command| Arc::clone(&command.asker)) else { return };
        self.waiting += 1;
        match self.askers.iter_mut().find(|(name, _)| *name == asker) {
            Some((_, queue)) => queue.push_front(batch),
            None => self.askers.push_back((asker, VecDeque::from([batch]))),
        }
    }

    /// Whether a read that is under way, and counted as a turn of the reads, may be overtaken: a flood of writes must
    /// not stop the polls.
    pub(super) fn may_overtake(&self) -> bool {
        1 < self.credit && 0 < self.waiting
    }

    /// It was overtaken: it had no turn.
    pub(super) fn overtook(&mut self) {
        self.credit -= 1;
    }

    /// A read had its turn.
    pub(super) fn read_done(&mut self) {
        self.credit = (self.credit + 1).min(IN_A_ROW);
    }

    pub(super) fn begins(&mut self, device: DeviceKey) {
        self.writing.insert(device);
    }

    pub(super) fn ends(&mut self, device: DeviceKey) {
        self.writing.remove(&device);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.waiting == 0
    }

    /// Nothing of it can be done.
    pub(super) fn refuse_all(&mut self, why: impl Fn(String) -> WriteError) {
        self.waiting = 0;
        for command in self.askers.drain(..).flat_map(|(_, queue)| queue).flatten() {
            let tag = command.tag.to_string();
            command.answer(Err(why(tag)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runtime::commands::Command;
    use crate::tag::id::TagName;
    use crate::tag::value::Value;
    use tokio::sync::oneshot;

    type Reply = oneshot::Receiver<Result<Value, WriteError>>;

    fn write(asker: &str, tag: &str) -> (Batch, Reply) {
        let (reply, answer) = oneshot::channel();
        let tag = TagName::parse(tag).unwrap();
        (
            vec![Command {
                tag,
                attribute: crate::tag::attribute::Attribute::Value,
                value: Value::U64(1),
                asker: asker.into(),
                reply,
            }],
            answer,
        )
    }

    fn device_of(group: &str) -> Option<DeviceKey> {
        group.strip_prefix('d')?.parse().ok().map(DeviceKey)
    }

    fn said(batch: Option<Batch>) -> Option<String> {
        batch.map(|batch| format!("{} {}", batch[0].asker, batch[0].tag))
    }

    #[test]
    fn askers_take_turns() {
        let mut writes = Writes::new();
        let mut replies = Vec::new();
        for (asker, tag) in [("a", "d1/x"), ("a", "d1/y"), ("a", "d1/z"), ("b", "d2/x"), ("c", "d1/v")] {
            let (batch, reply) = write(asker, tag);
            writes.push(batch);
            replies.push(reply);
        }
        let order: Vec<String> = std::iter::from_fn(|| said(writes.next(false, device_of))).collect();
        assert_eq!(order, ["a d1/x", "b d2/x", "c d1/v", "a d1/y", "a d1/z"]);
        assert!(writes.is_empty());
    }

    #[test]
    fn who_floods_the_line_is_refused_and_others_are_not() {
        let mut writes = Writes::new();
        let mut flood: Vec<Reply> = Vec::new();
        for _ in 0..=MOST_OF_ONE {
            let (batch, reply) = write("a", "d1/x");
            writes.push(batch);
            flood.push(reply);
        }
        assert_eq!(flood.pop().unwrap().try_recv(), Ok(Err(WriteError::Busy)));
        let (batch, mut reply) = write("b", "d1/x");
        writes.push(batch);
        assert!(reply.try_recv().is_err(), "it waits");
        assert!(said(writes.next(false, device_of)).unwrap().starts_with('a'));
        assert!(said(writes.next(false, device_of)).unwrap().starts_with('b'));
    }

    #[test]
    fn a_flood_of_writes_takes_turns_with_reads_that_are_due() {
        let mut writes = Writes::new();
        let mut replies = Vec::new();
        for _ in 0..40 {
            let (batch, reply) = write("a", "d1/x");
            writes.push(batch);
            replies.push(reply);
        }
        let mut text = String::new();
        for _ in 0..16 {
            if writes.next(true, device_of).is_some() {
                text.push('w');
            } else {
                writes.read_done();
                text.push('r');
            }
        }
        assert_eq!(text, "wwwwwwwwrwrwrwrw");
        assert!(writes.next(false, device_of).is_some(), "nobody else wants the line");
        assert!(writes.next(true, device_of).is_none(), "that earned it nothing");
    }

    #[test]
    fn writes_to_one_device_are_done_one_after_the_other() {
        let mut writes = Writes::new();
        let mut replies = Vec::new();
        for (asker, tag) in [("a", "d1/x"), ("b", "d2/x")] {
            let (batch, reply) = write(asker, tag);
            writes.push(batch);
            replies.push(reply);
        }
        writes.begins(DeviceKey(1));
        assert_eq!(said(writes.next(false, device_of)).as_deref(), Some("b d2/x"));
        assert_eq!(said(writes.next(false, device_of)), None);
        writes.ends(DeviceKey(1));
        assert_eq!(said(writes.next(false, device_of)).as_deref(), Some("a d1/x"));
    }
}
