//! The reading port: what people, clients and dashboards ask. It changes nothing.

use super::Pace;
use crate::{Attempt, Job, JobId, QueueName, Result, State, TaskName, Timestamp};

/// Read-only questions about jobs.
pub trait Inspect: Send + Sync {
    /// The records of these jobs, in order.
    fn jobs(&self, ids: &[JobId]) -> Result<Vec<Option<Job>>>;

    /// The states of these jobs, in order: what a waiting client asks, again and again.
    fn states(&self, ids: &[JobId]) -> Result<Vec<Option<State>>>;

    /// The attempts of a job that did not succeed, oldest first.
    fn attempts(&self, id: JobId) -> Result<Vec<Attempt>>;

    /// Jobs that match, newest first by id.
    fn list(&self, filter: &Filter, page: &Page) -> Result<Vec<Job>>;

    /// How many jobs match, by state, in the order of `State::ALL`.
    fn count(&self, filter: &Filter) -> Result<[u64; 5]>;

    /// The queues that hold or held jobs or are paused, by name.
    fn queues(&self) -> Result<Vec<QueueCounts>>;

    /// Records that could not be read and were moved out of the way. Stores whose records cannot be damaged one by one
    /// have none.
    fn damaged(&self) -> Result<Vec<Damaged>> {
        Ok(Vec::new())
    }
}

/// A record that was moved out of the way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Damaged {
    /// Where a person finds it.
    pub place: String,
    /// What is wrong with it.
    pub reason: String,
}

/// Which jobs. An empty list of a kind does not restrict.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// In one of these states.
    pub states: Vec<State>,
    /// Of one of these tasks.
    pub tasks: Vec<TaskName>,
    /// In one of these queues.
    pub queues: Vec<QueueName>,
}

impl Filter {
    /// Whether a job matches.
    pub fn admits(&self, job: &Job) -> bool {
        (self.states.is_empty() || self.states.contains(&job.state))
            && (self.tasks.is_empty() || self.tasks.contains(&job.task))
            && (self.queues.is_empty() || self.queues.contains(&job.queue))
    }
}

/// A part of a listing.
#[derive(Debug, Clone, Copy)]
pub struct Page {
    /// Only jobs older than this one: the last id of the page before.
    pub before: Option<JobId>,
    /// At most so many.
    pub limit: usize,
}

/// What waits and runs in a queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueueCounts {
    /// The queue.
    pub queue: QueueName,
    /// Jobs that wait, due or not.
    pub pending: u64,
    /// Jobs that run.
    pub running: u64,
    /// The earliest `run_at` of those that wait.
    pub oldest: Option<Timestamp>,
    /// Whether nobody takes jobs from it.
    pub paused: bool,
    /// How fast jobs come and go. None where the store has no quick way to tell.
    pub pace: Option<Pace>,
}
