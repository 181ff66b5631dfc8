//! Renews the leases of what this worker holds, on a thread that never waits for Python.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use nuvom_core::ports::Renewal;
use nuvom_core::{Event, Held};

use super::with_jitter;
use crate::executor::Interrupt;
use crate::service::Duty;
use crate::worker::Shared;

/// Renewed in one commit: large enough to be cheap, small enough to leave others their turn.
const CHUNK: usize = 500;

/// Keeps leases alive, and learns which jobs should end.
pub struct Heartbeat {
    shared: Arc<Shared>,
    /// Set when somebody asked for the end of a running job: all claims are looked at, not only those due.
    urgent: Arc<AtomicBool>,
}

impl Heartbeat {
    pub(crate) fn new(shared: Arc<Shared>, urgent: Arc<AtomicBool>) -> Self {
        Self { shared, urgent }
    }

    fn renew(&self, held: &[Held]) {
        let shared = &self.shared;
        let sent_at = shared.clock.monotonic();
        let renewals = match shared.stores.jobs.renew(held, shared.config.lease) {
            Ok(renewals) => renewals,
            Err(error) => return shared.store_failed("heartbeat", error),
        };
        let (mut cancelled, mut lost) = (Vec::new(), Vec::new());
        for (claim, renewal) in held.iter().zip(renewals) {
            match renewal {
                Renewal::Kept { cancel, .. } => {
                    shared.holdings.renewed(*claim, sent_at);
                    if cancel {
                        cancelled.push(*claim);
                    }
                }
                Renewal::Lost => lost.push(*claim),
            }
        }
        shared.executor.interrupt(&cancelled, Interrupt::Cancel);
        self.lost(&lost);
    }

    /// What the store says is lost may only have ended since the beat was sent; then it is not held any more.
    fn lost(&self, lost: &[Held]) {
        if lost.is_empty() {
            return;
        }
        let shared = &self.shared;
        shared.executor.interrupt(lost, Interrupt::LeaseLost);
        let known = shared.holdings.remove(lost.iter().copied());
        let events = lost.iter().zip(known).filter(|(_, holding)| holding.is_some());
        shared
            .events
            .emit(events.map(|(claim, _)| Event::LeaseLost { id: claim.id, lease: claim.lease }).collect());
    }

    /// A lease that could not be renewed in time is given up before another worker can hold it.
    fn fence(&self) {
        let shared = &self.shared;
        if let Some(moment) = shared.clock.monotonic().checked_sub(shared.config.trust()) {
            self.lost(&shared.holdings.sent_by(moment));
        }
    }
}

impl Duty for Heartbeat {
    fn name(&self) -> &'static str {
        "heartbeat"
    }

    fn run_once(&mut self) -> Duration {
        let beat = self.shared.config.beat;
        let due = if self.urgent.swap(false, Ordering::AcqRel) {
            self.shared.holdings.all()
        } else {
            // What was claimed or renewed a moment ago, as most short jobs were, can wait for the next beat.
            let moment = self.shared.clock.monotonic().saturating_sub(beat / 2);
            self.shared.holdings.sent_by(moment)
        };
        for chunk in due.chunks(CHUNK) {
            self.renew(chunk);
        }
        self.fence();
        with_jitter(beat)
    }
}
