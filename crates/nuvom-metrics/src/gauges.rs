//! What is asked for at the moment of a look: the worker's pools and health, and the queues of its store.

use std::time::Duration;

use nuvom_core::ports::QueueCounts;
use nuvom_core::{Clock, Result, Timestamp};

use crate::families::{
    DEPTH, Family, HEALTHY, OLDEST, POOL_QUEUED, POOL_RUNNING, POOL_SLOTS, POOL_STUCK, QUEUES_READ,
};
use crate::labels::OTHER;
use crate::sample::Sample;

/// So long an answer of the store is good for: however often somebody looks, the store is asked once a second.
const FRESH: Duration = Duration::from_secs(1);

/// The worker, as far as metrics look at it.
pub trait Worker: Send + Sync {
    /// What its pools are doing.
    fn pools(&self) -> Vec<PoolGauges>;

    /// The queues of its store.
    fn queues(&self) -> Result<Vec<QueueCounts>>;

    /// Whether it can go on.
    fn is_healthy(&self) -> bool;
}

/// What a pool is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PoolGauges {
    /// What it is called.
    pub name: &'static str,
    /// How many attempts can run at once.
    pub slots: usize,
    /// How many do.
    pub running: usize,
    /// Jobs that have not started.
    pub queued: usize,
    /// Attempts that nothing can end.
    pub stuck: usize,
}

/// The last answer of the store.
#[derive(Default)]
pub(crate) struct Queues {
    asked_at: Option<Duration>,
    answer: Option<Vec<QueueCounts>>,
}

impl Queues {
    /// The queues, unless the store cannot say.
    pub(crate) fn ask(&mut self, worker: &dyn Worker, clock: &dyn Clock) -> Option<&[QueueCounts]> {
        let now = clock.monotonic();
        if self.asked_at.is_none_or(|asked_at| now.saturating_sub(asked_at) >= FRESH) {
            // The error itself is told as a call that failed.
            self.answer = worker.queues().ok();
            self.asked_at = Some(now);
        }
        self.answer.as_deref()
    }
}

/// The samples of a worker's pools and health; none stands for a worker that is gone, or not there yet.
pub(crate) fn of_worker(worker: Option<&dyn Worker>) -> Vec<(Family, Vec<Sample>)> {
    let pools = worker.map(Worker::pools).unwrap_or_default();
    let each = |number: fn(&PoolGauges) -> usize| {
        let samples =
            pools.iter().map(|pool| gauge(vec![("pool", pool.name.to_owned())], number(pool) as f64));
        samples.collect()
    };
    vec![
        (HEALTHY, vec![gauge(Vec::new(), f64::from(u8::from(worker.is_some_and(Worker::is_healthy))))]),
        (POOL_SLOTS, each(|pool| pool.slots)),
        (POOL_RUNNING, each(|pool| pool.running)),
        (POOL_QUEUED, each(|pool| pool.queued)),
        (POOL_STUCK, each(|pool| pool.stuck)),
    ]
}

/// The samples of the queues; those without a label of their own are told as one.
pub(crate) fn of_queues(
    queues: Option<&[QueueCounts]>,
    now: Timestamp,
    mut has_label: impl FnMut(&QueueCounts) -> bool,
) -> Vec<(Family, Vec<Sample>)> {
    let readable = f64::from(u8::from(queues.is_some()));
    let mut lines: Vec<(&str, u64, u64, Duration)> = Vec::new();
    let mut others: Option<(u64, u64, Duration)> = None;
    for counts in queues.unwrap_or_default() {
        let age = counts.oldest.map_or(Duration::ZERO, |oldest| now.since(oldest));
        if counts.queue.as_str() != OTHER && has_label(counts) {
            lines.push((counts.queue.as_str(), counts.pending, counts.running, age));
        } else {
            let (waiting, running, oldest) = others.unwrap_or_default();
            others = Some((waiting + counts.pending, running + counts.running, oldest.max(age)));
        }
    }
    lines.extend(others.map(|(waiting, running, oldest)| (OTHER, waiting, running, oldest)));
    let (mut depth, mut ages) = (Vec::new(), Vec::new());
    for (queue, waiting, running, age) in lines {
        let label = || ("queue", queue.to_owned());
        depth.push(gauge(vec![label(), ("state", "waiting".to_owned())], waiting as f64));
        depth.push(gauge(vec![label(), ("state", "running".to_owned())], running as f64));
        ages.push(gauge(vec![label()], age.as_secs_f64()));
    }
    vec![(QUEUES_READ, vec![gauge(Vec::new(), readable)]), (DEPTH, depth), (OLDEST, ages)]
}

pub(crate) fn gauge(labels: Vec<(&'static str, String)>, value: f64) -> Sample {
    Sample { suffix: "", labels, value }
}
