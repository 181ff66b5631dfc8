//! Claiming: the line gives jobs out in its order; what a worker has no room for is set aside.

use std::time::Duration;

use nuvom_core::ports::{Claim, Receipt, Record, Room, StoredResult, Taken, Topic};
use nuvom_core::{Job, JobId, Result, Timestamp, Trigger, decide};

use crate::arrival::{Arrival, arrive};
use crate::desk::{Holding, Waiting};
use crate::store::{LineStore, unsupported};

/// So many jobs may be set aside before no more are taken.
const ASIDE_MOST: usize = 256;

impl LineStore {
    /// Claims jobs, at first those that are here already.
    pub(crate) fn claim(&self, claim: &Claim, now: Timestamp) -> Result<Vec<Job>> {
        if !claim.queues.is_empty() && !self.promises.queues {
            return Err(unsupported(
                "does not know named queues, so a worker cannot serve only some of them",
            ));
        }
        let mut room = claim.room();
        let mut claimed = Vec::new();
        let ready = self.desk().take_ready(now);
        for waiting in ready {
            self.offer(waiting, claim, &mut room, &mut claimed, now);
        }
        loop {
            let wanted = room.least();
            if wanted == 0 || self.desk().aside_count() >= ASIDE_MOST {
                break;
            }
            let taken = match self.line.take(wanted, &claim.queues, Duration::ZERO) {
                Ok(taken) => taken,
                // What was claimed before is the caller's; the line says the same at the next call.
                Err(_) if !claimed.is_empty() => break,
                Err(error) => return Err(error),
            };
            let count = taken.len();
            let aside = self.desk().aside_count();
            for waiting in self.received(taken, now)? {
                self.offer(waiting, claim, &mut room, &mut claimed, now);
            }
            if count < wanted || self.desk().aside_count() > aside {
                break;
            }
        }
        self.waiter.wants(room.left() > 0, &claim.queues);
        Ok(claimed)
    }

    /// What the line gave out, as it stands with what is on record. What is over goes no further.
    pub(crate) fn received(&self, taken: Vec<Taken>, now: Timestamp) -> Result<Vec<Waiting>> {
        let kept = self.on_record(&taken)?;
        let since = self.clock.monotonic();
        let (mut waiting, mut over, mut given_up) = (Vec::new(), Vec::<Receipt>::new(), Vec::new());
        for (taken, kept) in taken.into_iter().zip(kept) {
            let kept: Option<&Record> = kept.as_ref().and_then(|kept| kept.record.as_deref());
            match arrive(taken.record, taken.deliveries, kept, now) {
                Arrival::Waiting(record) => {
                    waiting.push(Waiting { record, receipt: taken.receipt, since });
                }
                Arrival::Over => over.push(taken.receipt),
                Arrival::GivenUp(record) => {
                    over.push(taken.receipt);
                    given_up.push(record);
                }
            }
        }
        if !given_up.is_empty() {
            let results: Vec<StoredResult> = given_up.into_iter().map(on_record).collect();
            self.results.put(&results)?;
            self.wakers.call(&[Topic::Ended]);
        }
        self.acknowledge(&over)?;
        Ok(waiting)
    }

    fn on_record(&self, taken: &[Taken]) -> Result<Vec<Option<StoredResult>>> {
        if !self.promises.acknowledge || taken.is_empty() {
            return Ok(vec![None; taken.len()]);
        }
        let ids: Vec<JobId> = taken.iter().map(|taken| taken.record.job.id).collect();
        self.results.get(&ids)
    }

    /// Claims a job if it is due and there is room; else it waits here.
    fn offer(
        &self,
        waiting: Waiting,
        claim: &Claim,
        room: &mut Room<'_>,
        claimed: &mut Vec<Job>,
        now: Timestamp,
    ) {
        let job = &waiting.record.job;
        let mut desk = self.desk();
        if desk.holds(job.id).is_some_and(|held| held.lease > job.lease) {
            // It is the job that runs here already, lined up twice or given out again too early.
            return;
        }
        if job.run_at > now {
            desk.keep_for_later(waiting);
        } else if room.take(&job.task, job.signature, job.is_suspect()) {
            let Waiting { mut record, receipt, .. } = waiting;
            let trigger = Trigger::Claim { worker: &claim.worker, lease_for: claim.lease_for };
            if let Ok(decision) = decide(&record.job, &trigger, now) {
                decision.transition.apply(&mut record.job);
                claimed.push(record.job.clone());
                desk.hold(Holding { record, receipt });
            }
        } else {
            desk.set_aside(waiting);
        }
    }
}

fn on_record(record: Record) -> StoredResult {
    StoredResult {
        id: record.job.id,
        lease: record.job.lease,
        value: None,
        record: Some(std::sync::Arc::new(record)),
    }
}
