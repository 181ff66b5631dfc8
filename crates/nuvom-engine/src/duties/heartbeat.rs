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

/// After a beat that did not reach the store the next one comes in this part of the usual time: several more
/// fit in before the leases end, and a store in trouble is not flooded.
const MISSED: f64 = 0.2;

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

    /// Answers whether the store did.
    fn renew(&self, held: &[Held]) -> bool {
        let shared = &self.shared;
        let sent_at = shared.clock.monotonic();
        let renewals = match shared.stores.jobs.renew(held, shared.config.lease) {
            Ok(renewals) => renewals,
            Err(error) => {
                shared.store_failed("heartbeat", error);
                return false;
            }
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
        shared.pools.interrupt(&cancelled, Interrupt::Cancel);
        self.lost(&lost);
        true
    }

    /// What the store says is lost may only have ended since the beat was sent; the exchange knows of those.
    fn lost(&self, lost: &[Held]) {
        let shared = &self.shared;
        let lost = shared.holdings.remove_running(lost);
        if lost.is_empty() {
            return;
        }
        shared.pools.interrupt(&lost, Interrupt::LeaseLost);
        let events = lost.iter().map(|claim| Event::LeaseLost { id: claim.id, lease: claim.lease });
        shared.events.emit(events.collect());
    }

    /// A lease that could not be renewed in time is given up before another worker can hold it. Answers how
    /// long the next one may be trusted.
    fn fence(&self) -> Duration {
        let shared = &self.shared;
        let (now, trust) = (shared.clock.monotonic(), shared.config.trust());
        if let Some(moment) = now.checked_sub(trust) {
            self.lost(&shared.holdings.sent_by(moment));
        }
        shared.holdings.oldest().map_or(Duration::MAX, |sent_at| (sent_at + trust).saturating_sub(now))
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
        let failed = due.chunks(CHUNK).filter(|chunk| !self.renew(chunk)).count();
        if failed > 0 {
            // Whoever asked for the end of a job is heard at the next beat that reaches the store.
            self.urgent.store(true, Ordering::Release);
        }
        let next = if failed == 0 { beat } else { beat.mul_f64(MISSED) };
        // A beat may come late, the end of trust may not.
        with_jitter(next).min(self.fence())
    }
}
