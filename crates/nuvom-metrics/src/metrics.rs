//! The metrics of one worker: counted as it tells, and completed by a look at it when somebody asks.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use nuvom_core::{Clock, Event, TaskName, Timestamp};

use crate::counts::{Counts, Known};
use crate::families::{FAMILIES, Family, STARTED, WORKER};
use crate::gauges::{self, Queues, Worker, gauge};
use crate::sample::{Sample, Snapshot};
use crate::text;

/// What a worker says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct About {
    /// Its name.
    pub worker: String,
    /// The version of Nuvom.
    pub version: String,
    /// The word for its deployment.
    pub environment: String,
}

/// Counts, and answers what was counted. Safe to use from any thread.
pub struct Metrics {
    known: Box<Known>,
    clock: Arc<dyn Clock>,
    began_at: Timestamp,
    /// Guards the counters, for as long as it takes to add a batch of events or to copy them.
    counts: Mutex<Counts>,
    /// Guards whose metrics these are.
    watched: Mutex<Option<(About, Weak<dyn Worker>)>>,
    /// Guards the last answer of the store; held while it is asked, so that two lookers ask once.
    queues: Mutex<Queues>,
}

impl Metrics {
    /// Metrics of a worker that is not there yet. A task of which `known` says no has no series of its own: names
    /// come with jobs, from whoever may enqueue.
    pub fn new(clock: Arc<dyn Clock>, known: impl Fn(&TaskName) -> bool + Send + Sync + 'static) -> Self {
        let began_at = clock.now();
        Self {
            known: Box::new(known),
            clock,
            began_at,
            counts: Mutex::new(Counts::new()),
            watched: Mutex::default(),
            queues: Mutex::default(),
        }
    }

    /// From now on looks at this worker.
    pub fn watch(&self, about: About, worker: Weak<dyn Worker>) {
        *lock(&self.watched) = Some((about, worker));
    }

    /// Counts what happened.
    pub fn count(&self, events: &[Event]) {
        let mut counts = lock(&self.counts);
        for event in events {
            counts.add(event, &*self.known);
        }
    }

    /// Counts a hook of a plugin that raised.
    pub fn hook_failed(&self, plugin: &str, hook: &str) {
        lock(&self.counts).hook_failed(plugin, hook);
    }

    /// Counts a hook of a plugin that took too long.
    pub fn hook_slow(&self, plugin: &str, hook: &str) {
        lock(&self.counts).hook_slow(plugin, hook);
    }

    /// Whether the worker can go on; no if it is gone, or not there yet.
    pub fn is_healthy(&self) -> bool {
        self.worker().is_some_and(|worker| worker.is_healthy())
    }

    /// All metrics as they are now. The store is asked for its queues, at most once a second; what it does not
    /// answer is missing.
    pub fn snapshot(&self) -> Snapshot {
        let about = lock(&self.watched).as_ref().map(|(about, _)| about.clone());
        let worker = self.worker();
        let mut found = vec![
            (WORKER, about.map(info).into_iter().collect()),
            (STARTED, vec![gauge(Vec::new(), self.began_at.as_micros() as f64 / 1e6)]),
        ];
        found.extend(gauges::of_worker(worker.as_deref()));
        {
            let mut queues = lock(&self.queues);
            let answer = worker.as_deref().and_then(|worker| queues.ask(worker, &*self.clock));
            let mut counts = lock(&self.counts);
            let has_label = |line: &nuvom_core::ports::QueueCounts| counts.queues.admits(&line.queue);
            found.extend(gauges::of_queues(answer, self.clock.now(), has_label));
        }
        found.extend(lock(&self.counts).samples());
        Snapshot { families: in_order(found) }
    }

    /// The same as `OpenMetrics` text.
    pub fn openmetrics(&self) -> String {
        text::page(&self.snapshot())
    }

    fn worker(&self) -> Option<Arc<dyn Worker>> {
        lock(&self.watched).as_ref().and_then(|(_, worker)| worker.upgrade())
    }
}

impl std::fmt::Debug for Metrics {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Metrics").finish_non_exhaustive()
    }
}

fn info(about: About) -> Sample {
    let About { worker, version, environment } = about;
    let labels = vec![("worker", worker), ("version", version), ("environment", environment)];
    Sample { suffix: "_info", labels, value: 1.0 }
}

fn in_order(mut found: Vec<(Family, Vec<Sample>)>) -> Vec<(Family, Vec<Sample>)> {
    found.sort_by_key(|(family, _)| FAMILIES.iter().position(|row| row.name == family.name));
    found
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
