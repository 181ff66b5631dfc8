//! What a worker is told. There are no defaults here: they exist once, in the settings.

use std::time::Duration;

use nuvom_core::{QueueName, Retention, WorkerName};

/// Everything that shapes a worker.
#[derive(Debug, Clone)]
pub struct WorkerConfig {
    /// Its name, unique among those alive.
    pub worker: WorkerName,
    /// The machine that it runs on, as that calls itself.
    pub host: String,
    /// The queues it serves; none named means all.
    pub queues: Vec<QueueName>,
    /// How long a claim lasts unless renewed.
    pub lease: Duration,
    /// How often claims are renewed; at most a third of the lease, so that one lost beat costs nothing.
    pub beat: Duration,
    /// How often expired claims are looked for.
    pub reap: Duration,
    /// The most jobs that one exchange with the store claims.
    pub batch: usize,
    /// How long an idle worker sleeps when nobody wakes it.
    pub poll: Duration,
    /// How long ended jobs are kept.
    pub retention: Retention,
    /// How often ended jobs are looked through.
    pub prune: Duration,
    /// A part of the worker that gives no sign of life for so long ends it.
    pub watchdog: Duration,
    /// How long a stop waits for running jobs.
    pub stop_grace: Duration,
    /// How long it waits again after it has interrupted them.
    pub cut_grace: Duration,
}

impl WorkerConfig {
    /// Until this long after a beat was sent does a holder trust its lease: a tenth is left for the way to
    /// the store and for clocks that differ a little.
    pub fn trust(&self) -> Duration {
        self.lease.mul_f64(0.9)
    }

    /// The longest sleep of what the watchdog watches closely, however seldom it has to do something: three signs of life
    /// in the time in which the watchdog expects one, so that one may be late and one missed.
    pub fn longest_sleep(&self) -> Duration {
        self.watchdog / 3
    }
}
