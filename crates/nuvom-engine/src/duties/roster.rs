//! Reports this worker to the roster: at the start, at each beat, when it begins to stop, and at its end. It has a thread
//! of its own, so that a store that is slow to list workers delays no renewal of a lease.

use std::sync::Arc;
use std::time::Duration;

use nuvom_core::{Error, Timestamp, WorkerReport};

use super::with_jitter;
use crate::service::Duty;
use crate::worker::Shared;

/// Says that this worker lives, and what it does.
pub struct RosterDuty {
    shared: Arc<Shared>,
    started_at: Timestamp,
    /// How long it may sleep after a report that was made before it had its thread.
    made: Option<Duration>,
    is_listed: bool,
    fails: bool,
}

impl RosterDuty {
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        let started_at = shared.clock.now();
        Self { shared, started_at, made: None, is_listed: false, fails: false }
    }

    /// Makes the first report, so that the worker is listed before it claims.
    pub(crate) fn enter(&mut self) {
        self.made = Some(self.run_once());
    }

    fn report(&self) -> WorkerReport {
        let config = &self.shared.config;
        let pools = self.shared.pools.states();
        let names: Vec<&str> = pools.iter().map(|pool| pool.name).collect();
        WorkerReport {
            worker: config.worker.clone(),
            host: config.host.clone(),
            pid: std::process::id(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            pool: names.join(", "),
            slots: count(pools.iter().map(|pool| pool.slots).sum()),
            queues: config.queues.clone(),
            started_at: self.started_at,
            busy: count(pools.iter().map(|pool| pool.load.running).sum()),
            stuck: count(pools.iter().map(|pool| pool.stuck).sum()),
            is_stopping: self.shared.is_stopping(),
            beat: config.beat,
        }
    }

    /// One that goes on failing is told once: no job depends on it.
    fn failed(&mut self, error: Error) {
        if !std::mem::replace(&mut self.fails, true) {
            self.shared.store_failed("roster", error);
        }
    }
}

impl Duty for RosterDuty {
    fn name(&self) -> &'static str {
        "roster"
    }

    fn run_once(&mut self) -> Duration {
        if let Some(span) = self.made.take() {
            return span;
        }
        match self.shared.stores.roster.report(&[self.report()]) {
            Ok(()) => (self.is_listed, self.fails) = (true, false),
            Err(error) => self.failed(error),
        }
        with_jitter(self.shared.config.beat)
    }

    fn end(&mut self) {
        if self.is_listed
            && let Err(error) =
                self.shared.stores.roster.leave(std::slice::from_ref(&self.shared.config.worker))
        {
            self.failed(error);
        }
    }
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
