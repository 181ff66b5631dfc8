//! What this worker holds: every claim whose end the store does not know yet, and how long it may be trusted.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use nuvom_core::{Held, Job, JobId, Lease, TaskName};

/// One claim.
#[derive(Debug, Clone)]
pub(crate) struct Holding {
    pub(crate) lease: Lease,
    pub(crate) task: TaskName,
    pub(crate) attempt: u32,
    /// When it was claimed, on the monotonic clock.
    pub(crate) claimed_at: Duration,
    /// When the last good beat, or the claim, was sent.
    pub(crate) sent_at: Duration,
}

/// All claims of a worker.
#[derive(Debug, Default)]
pub(crate) struct Holdings(Mutex<HashMap<JobId, Holding>>);

impl Holdings {
    /// Adds claims that were asked for at `sent_at`.
    pub(crate) fn add(&self, jobs: &[Job], sent_at: Duration) {
        let mut held = self.lock();
        for job in jobs {
            let holding = Holding {
                lease: job.lease,
                task: job.task.clone(),
                attempt: job.attempt(),
                claimed_at: sent_at,
                sent_at,
            };
            held.insert(job.id, holding);
        }
    }

    /// Forgets claims, and answers what was known of each.
    pub(crate) fn remove(&self, claims: impl Iterator<Item = Held>) -> Vec<Option<Holding>> {
        let mut held = self.lock();
        claims
            .map(|claim| match held.get(&claim.id) {
                Some(holding) if holding.lease == claim.lease => held.remove(&claim.id),
                _ => None,
            })
            .collect()
    }

    /// Notes that a beat sent at `sent_at` was good.
    pub(crate) fn renewed(&self, claim: Held, sent_at: Duration) {
        if let Some(holding) = self.lock().get_mut(&claim.id)
            && holding.lease == claim.lease
        {
            holding.sent_at = sent_at;
        }
    }

    /// The claims whose last good beat was sent at or before `moment`.
    pub(crate) fn sent_by(&self, moment: Duration) -> Vec<Held> {
        let held = self.lock();
        let due = held.iter().filter(|(_, holding)| holding.sent_at <= moment);
        due.map(|(id, holding)| Held { id: *id, lease: holding.lease }).collect()
    }

    pub(crate) fn all(&self) -> Vec<Held> {
        self.sent_by(Duration::MAX)
    }

    pub(crate) fn len(&self) -> usize {
        self.lock().len()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<JobId, Holding>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
