//! The queue port: every change of a job's state goes through here.

use std::time::Duration;

use super::{Claim, Subscription, Topic, Waker};
use crate::{
    Capability, End, Held, Job, JobId, NewJob, QueueBound, QueueName, Result, Retention, State, TaskName,
    Timestamp,
};

/// Where jobs wait and change state. Each method is atomic: all of its batch happens, or none.
pub trait JobStore: Send + Sync {
    /// What this store promises.
    fn capability(&self) -> Capability;

    /// Accepts jobs; durable, as far as promised, before it returns. One answer a job, in order. A job whose
    /// id is known is left as it is, so a repeated request is harmless.
    fn enqueue(&self, jobs: &[NewJob]) -> Result<Vec<Enqueued>> {
        self.enqueue_within(jobs, None)
    }

    /// The same, unless more jobs than the bound would wait in a queue then: all are refused with
    /// [`ErrorKind::Full`](crate::ErrorKind::Full). Jobs whose id is known take no room.
    fn enqueue_within(&self, jobs: &[NewJob], bound: Option<QueueBound>) -> Result<Vec<Enqueued>>;

    /// Applies the ends of attempts, then claims. Both in one commit, so a busy worker pays for one.
    fn exchange(&self, ends: &[End], claim: Option<&Claim>) -> Result<Exchanged>;

    /// Extends leases. One answer a claim, in order.
    fn renew(&self, held: &[Held], lease_for: Duration) -> Result<Vec<Renewal>>;

    /// Takes at most `limit` jobs whose lease has run out from their holders.
    fn reap(&self, limit: usize) -> Result<Vec<Reaped>>;

    /// Asks for the end of jobs. One answer a job, in order.
    fn cancel(&self, ids: &[JobId]) -> Result<Vec<Cancelled>>;

    /// Gives FAILED and CANCELLED jobs a fresh budget. One answer a job, in order.
    fn retry(&self, ids: &[JobId]) -> Result<Vec<Revived>>;

    /// Pauses queues, or resumes them; durable, as far as promised, before it returns. From then on nobody takes jobs
    /// from a paused queue, and `next_due_in` does not count it. All else goes on: jobs enter it, wait in it again and
    /// are cancelled in it, and what runs may end. A queue may be paused before it has its first job. One answer a
    /// queue, in order: whether this changed anything.
    fn pause(&self, queues: &[QueueName], paused: bool) -> Result<Vec<bool>>;

    /// Forgets at most `limit` ended jobs that are older than their retention. Answers which: results kept in a
    /// store of their own go after them.
    fn prune(&self, retention: &Retention, limit: usize) -> Result<Vec<JobId>>;

    /// Calls `waker` after each change of this topic, by whatever process, until the subscription is dropped.
    /// It may also be called for nothing.
    fn subscribe(&self, topic: Topic, waker: Waker) -> Result<Subscription>;
}

/// The answer to one enqueued job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Enqueued {
    /// Accepted now.
    New,
    /// Accepted earlier under the same id; this is where it is.
    Existing(State),
}

/// The answer to an exchange.
#[derive(Debug, Default)]
pub struct Exchanged {
    /// One answer an end, in order.
    pub ended: Vec<Ended>,
    /// The jobs claimed, in the order in which they should start.
    pub claimed: Vec<Job>,
    /// How long until the next waiting job of these queues is due. None if none waits, or if the limit was
    /// reached, so that more may be due already.
    pub next_due_in: Option<Duration>,
}

/// The answer to one end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// Applied; the job is in this state now.
    Applied(State),
    /// The lease had moved on: nothing changed.
    Stale,
}

/// The answer to one renewal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Renewal {
    /// Held until then, by the store's clock.
    Kept {
        /// The new end of the lease.
        until: Timestamp,
        /// Whether a client asked for the job's end.
        cancel: bool,
    },
    /// Not held any more.
    Lost,
}

/// A job taken from a lost holder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reaped {
    /// The claim that ran out.
    pub held: Held,
    /// The job's task.
    pub task: TaskName,
    /// The job's queue.
    pub queue: QueueName,
    /// Where the job is now.
    pub state: State,
}

/// The answer to one request to cancel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cancelled {
    /// It had not started, and never will.
    Done,
    /// It runs; its holder has been asked to end it.
    Requested,
    /// It had ended already, in this state.
    Ended(State),
    /// No such job.
    Unknown,
}

/// The answer to one request to retry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Revived {
    /// It waits again, with a fresh budget.
    Done,
    /// Its state does not allow it.
    Refused(State),
    /// No such job.
    Unknown,
}
