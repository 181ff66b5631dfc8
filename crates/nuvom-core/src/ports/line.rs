//! The line port: a queue that only lines jobs up. It takes them in and gives them out, and keeps no record of what
//! became of them. Queues of plugins are lines; `nuvom-line` makes a store of one.

use std::time::Duration;

use super::Record;
use crate::{QueueName, Result};

/// A queue that only lines jobs up.
pub trait Line: Send + Sync {
    /// What it promises beyond taking in and giving out.
    fn promises(&self) -> LinePromises;

    /// Takes jobs in.
    fn put(&self, jobs: &[Lined]) -> Result<()>;

    /// Gives out at most `limit` jobs, and waits for the first of them at most so long. Jobs of these queues only,
    /// where it knows queues and some are named.
    fn take(&self, limit: usize, queues: &[QueueName], wait: Duration) -> Result<Vec<Taken>>;

    /// Forgets what was given out, for it has ended. Answers, in order, whether it was still the caller's.
    fn acknowledge(&self, taken: &[Receipt]) -> Result<Vec<bool>>;

    /// Keeps what was given out from others for so long from now on. Answers whether it is still the caller's.
    fn extend(&self, taken: &[Receipt], lease_for: Duration) -> Result<Vec<bool>>;

    /// Takes back what was given out, to give it to someone else after a delay.
    fn release(&self, taken: &[(Receipt, Duration)]) -> Result<()>;

    /// How many jobs stand in it, about.
    fn length(&self) -> Result<u64>;

    /// Throws away all that stands in it; answers how many.
    fn clear(&self) -> Result<u64>;
}

/// What a line promises.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[expect(clippy::struct_excessive_bools, reason = "a table of promises, each of which is independent")]
pub struct LinePromises {
    /// What was taken in survives the death of every process.
    pub durable: bool,
    /// Several processes may use it at once.
    pub cross_process: bool,
    /// What was given out and not acknowledged is given out again, once its time is over.
    pub acknowledge: bool,
    /// That time can be extended.
    pub extend: bool,
    /// What was given out can be taken back.
    pub release: bool,
    /// A job can be taken in for later.
    pub delays: bool,
    /// More urgent jobs are given out first.
    pub priorities: bool,
    /// It knows named queues.
    pub queues: bool,
    /// It tells how often a job was given out, so that losses are counted.
    pub deliveries: bool,
    /// Its delays and times go by its own clock.
    pub own_clock: bool,
}

/// A job as it is taken in.
#[derive(Debug, Clone)]
pub struct Lined {
    /// The job, and its attempts so far.
    pub record: Record,
    /// After so long; zero means at once, and is what a line without delays is given.
    pub delay: Duration,
}

/// What a line calls a job that it has given out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Receipt(pub u64);

/// A job as it is given out.
#[derive(Debug, Clone)]
pub struct Taken {
    /// By which it is acknowledged, extended and released.
    pub receipt: Receipt,
    /// The job as it was taken in.
    pub record: Record,
    /// How often it was given out, this time included, since it was taken in; none if the line does not count.
    pub deliveries: Option<u64>,
}
