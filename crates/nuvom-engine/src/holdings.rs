//! What this worker holds: every claim whose end the store does not know yet, and how long it may be trusted.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use nuvom_core::{Held, Job, JobId, Lease, QueueName, SignatureHash, TaskName};

/// One claim.
#[derive(Debug, Clone)]
pub(crate) struct Holding {
    pub(crate) lease: Lease,
    pub(crate) task: TaskName,
    pub(crate) queue: QueueName,
    pub(crate) signature: Option<SignatureHash>,
    pub(crate) attempt: u32,
    /// The place of the pool that runs it.
    pub(crate) pool: usize,
    /// How long it had been due when it was claimed, by the store's clock.
    pub(crate) waited: Duration,
    /// When it was claimed, on the monotonic clock.
    pub(crate) claimed_at: Duration,
    /// When the last good beat, or the claim, was sent.
    pub(crate) sent_at: Duration,
    /// Whether its attempt has ended, and only the store does not know.
    pub(crate) ended: bool,
    /// The job as it was claimed, where a result store wants to be told of it.
    pub(crate) job: Option<Box<Job>>,
}

/// All claims of a worker.
#[derive(Debug, Default)]
pub(crate) struct Holdings(Mutex<Claims>);

type Claims = HashMap<JobId, Holding, BuildHasherDefault<Tail>>;

/// The last eight bytes of an id are random (version 7) or a hash (version 8), so they serve as they are. The
/// ids come from our own store, where nobody gains from choosing them.
#[derive(Debug, Default)]
struct Tail(u64);

impl Hasher for Tail {
    fn write(&mut self, bytes: &[u8]) {
        if let Some(tail) = bytes.last_chunk() {
            self.0 = u64::from_ne_bytes(*tail);
        }
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

impl Holdings {
    /// Adds claims that were asked for at `sent_at`.
    pub(crate) fn add(
        &self,
        jobs: &[Job],
        sent_at: Duration,
        pool: impl Fn(&Job) -> usize,
        keeps_jobs: bool,
    ) {
        let mut held = self.lock();
        for job in jobs {
            let holding = Holding {
                lease: job.lease,
                task: job.task.clone(),
                queue: job.queue.clone(),
                signature: job.signature,
                attempt: job.attempt(),
                pool: pool(job),
                waited: job.started_at.map_or(Duration::ZERO, |claimed| claimed.since(job.run_at)),
                claimed_at: sent_at,
                sent_at,
                ended: false,
                job: keeps_jobs.then(|| Box::new(job.clone())),
            };
            held.insert(job.id, holding);
        }
    }

    /// How many of these claims each of so many pools has.
    pub(crate) fn by_pool(&self, claims: impl Iterator<Item = Held>, pools: usize) -> Vec<usize> {
        let held = self.lock();
        let mut counts = vec![0; pools];
        for claim in claims {
            counts[held.get(&claim.id).map_or(0, |holding| holding.pool)] += 1;
        }
        counts
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

    /// Notes that attempts ended: from here on only the answer of the store to their end says what became of them.
    pub(crate) fn ended(&self, claims: impl Iterator<Item = Held>) {
        let mut held = self.lock();
        for claim in claims {
            if let Some(holding) = held.get_mut(&claim.id)
                && holding.lease == claim.lease
            {
                holding.ended = true;
            }
        }
    }

    /// Forgets those of the claims whose attempts still run, and answers which they are.
    pub(crate) fn remove_running(&self, claims: &[Held]) -> Vec<Held> {
        let mut held = self.lock();
        let runs = |claim: &&Held| {
            held.get(&claim.id).is_some_and(|holding| holding.lease == claim.lease && !holding.ended)
        };
        let running: Vec<Held> = claims.iter().filter(runs).copied().collect();
        for claim in &running {
            held.remove(&claim.id);
        }
        running
    }

    /// When the oldest of the last good beats was sent, of those for attempts that run.
    pub(crate) fn oldest(&self) -> Option<Duration> {
        self.lock().values().filter(|holding| !holding.ended).map(|holding| holding.sent_at).min()
    }

    /// The task of a claim, and the signature that its job was made for.
    pub(crate) fn task(&self, claim: Held) -> Option<(TaskName, Option<SignatureHash>)> {
        self.lock().get(&claim.id).map(|holding| (holding.task.clone(), holding.signature))
    }

    /// The job of a claim as it was claimed, where jobs are kept.
    pub(crate) fn job(&self, claim: Held) -> Option<Job> {
        let held = self.lock();
        let holding = held.get(&claim.id).filter(|holding| holding.lease == claim.lease)?;
        holding.job.as_deref().cloned()
    }

    /// The claims whose attempts have not ended.
    pub(crate) fn running(&self) -> Vec<Held> {
        let held = self.lock();
        let running = held.iter().filter(|(_, holding)| !holding.ended);
        running.map(|(id, holding)| Held { id: *id, lease: holding.lease }).collect()
    }

    pub(crate) fn all(&self) -> Vec<Held> {
        self.sent_by(Duration::MAX)
    }

    pub(crate) fn len(&self) -> usize {
        self.lock().len()
    }

    fn lock(&self) -> MutexGuard<'_, Claims> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
