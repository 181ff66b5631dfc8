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
        let count = held.len() - lost.len();
        if count > 0 {
            shared.events.emit(vec![Event::Renewed { count }]);
        }
        shared.interrupt(&cancelled, Interrupt::Cancel);
        shared.lost(&lost);
        true
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
        with_jitter(next)
    }
}
