//! How many jobs may wait in a queue.

use std::collections::BTreeMap;
use std::num::NonZeroU64;

use crate::{Error, ErrorKind, QueueName, Result};

/// The most jobs that may wait in a queue for producers to be let in. It holds back those who bring new jobs, and
/// nobody else: a retry, a job that is handed back and the tick of a schedule belong to what was promised before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QueueBound(NonZeroU64);

impl QueueBound {
    /// So many jobs; none, which is no bound, for 0.
    pub fn new(jobs: u64) -> Option<Self> {
        NonZeroU64::new(jobs).map(Self)
    }

    /// How many jobs.
    pub fn get(self) -> u64 {
        self.0.get()
    }

    /// Whether new jobs may enter their queues, of which one is told for each job: all of them, or else
    /// [`ErrorKind::Full`]. `waiting` says how many jobs wait in a queue besides so many new ones; it need not count
    /// beyond the bound.
    pub fn hold<'a>(
        self,
        new: impl Iterator<Item = &'a QueueName>,
        mut waiting: impl FnMut(&QueueName, u64) -> Result<u64>,
    ) -> Result<()> {
        let mut arriving = BTreeMap::<_, u64>::new();
        new.for_each(|queue| *arriving.entry(queue).or_default() += 1);
        for (queue, new) in arriving {
            let before = waiting(queue, new)?;
            if before.saturating_add(new) > self.get() {
                return Err(self.full(queue, before, new));
            }
        }
        Ok(())
    }

    fn full(self, queue: &QueueName, before: u64, new: u64) -> Error {
        let most = self.get();
        let message = if before >= most {
            format!("the queue is full: {most} of at most {most} jobs wait in it")
        } else {
            let room = most - before;
            format!("the queue has room for {room} of {new} new jobs; none of them was accepted")
        };
        Error::new(ErrorKind::Full, message).with("queue", queue)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn held(bound: u64, waiting: u64, new: &[&str]) -> Result<()> {
        let queues: Vec<QueueName> = new.iter().map(|name| QueueName::new(name).unwrap()).collect();
        QueueBound::new(bound).unwrap().hold(queues.iter(), |_, _| Ok(waiting))
    }

    #[test]
    fn nothing_is_no_bound() {
        assert_eq!(QueueBound::new(0), None);
    }

    #[test]
    fn jobs_enter_up_to_the_bound() {
        held(3, 1, &["mail", "mail"]).unwrap();
    }

    #[test]
    fn each_queue_has_the_bound_for_itself() {
        held(3, 2, &["mail", "other"]).unwrap();
    }

    #[test]
    fn a_batch_beyond_the_bound_is_refused_with_the_room_that_there_is() {
        let error = held(3, 2, &["mail", "mail"]).unwrap_err();

        assert_eq!(error.kind(), ErrorKind::Full);
        let expected = "the queue has room for 1 of 2 new jobs; none of them was accepted (queue: mail)";
        assert_eq!(error.to_string(), expected);
    }

    #[test]
    fn a_queue_that_grew_beyond_a_bound_is_full() {
        let error = held(3, 9, &["mail"]).unwrap_err();

        let expected = "the queue is full: 3 of at most 3 jobs wait in it (queue: mail)";
        assert_eq!(error.to_string(), expected);
    }

    #[test]
    fn nothing_new_is_never_too_much() {
        held(3, 9, &[]).unwrap();
    }
}
