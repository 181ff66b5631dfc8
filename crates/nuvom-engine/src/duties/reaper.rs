//! Takes jobs from holders that stopped renewing their lease. Every worker does it; there is no leader.

use std::sync::Arc;
use std::time::Duration;

use nuvom_core::{Event, Timestamp};

use super::with_jitter;
use crate::service::Duty;
use crate::worker::Shared;

/// Recovered in one commit.
const LIMIT: usize = 500;

/// Finds expired leases.
pub struct Reaper {
    shared: Arc<Shared>,
    last: Option<(Timestamp, Duration)>,
}

impl Reaper {
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        Self { shared, last: None }
    }

    /// Whether the wall clock ran ahead of the monotonic one since the last look: a step forward, or a machine
    /// that slept. Live holders must have the chance to beat before anyone is declared lost.
    fn clock_jumped(&mut self) -> bool {
        let (wall, monotonic) = (self.shared.clock.now(), self.shared.clock.monotonic());
        let jumped = self.last.is_some_and(|(last_wall, last_monotonic)| {
            wall.since(last_wall) > monotonic.saturating_sub(last_monotonic) + self.shared.config.lease / 2
        });
        self.last = Some((wall, monotonic));
        jumped
    }
}

impl Duty for Reaper {
    fn name(&self) -> &'static str {
        "reaper"
    }

    fn run_once(&mut self) -> Duration {
        if self.clock_jumped() {
            return self.shared.config.lease;
        }
        match self.shared.stores.jobs.reap(LIMIT) {
            Ok(reaped) => {
                let full = reaped.len() == LIMIT;
                let events = reaped.into_iter().map(|reaped| Event::Reaped {
                    id: reaped.held.id,
                    lease: reaped.held.lease,
                    task: reaped.task,
                    queue: reaped.queue,
                    state: reaped.state,
                });
                let events: Vec<Event> = events.collect();
                if !events.is_empty() {
                    self.shared.events.emit(events);
                }
                if full { Duration::ZERO } else { with_jitter(self.shared.config.reap) }
            }
            Err(error) => {
                self.shared.store_failed("reaper", error);
                with_jitter(self.shared.config.reap)
            }
        }
    }
}
