//! The queue port.

use std::collections::HashSet;
use std::sync::{Arc, PoisonError, Weak};
use std::time::Duration;

use nuvom_core::ports::{
    Cancelled, Claim, Enqueued, Exchanged, JobStore, Lined, Page, Reaped, Receipt, Record, Renewal, Revived,
    StoredResult, Subscription, Topic, Waker,
};
use nuvom_core::{
    Capability, End, Held, Job, JobId, NewJob, QueueBound, QueueName, Result, Retention, State, Timestamp,
    Trigger, decide,
};

use crate::store::{LineStore, unsupported};

impl JobStore for LineStore {
    fn capability(&self) -> Capability {
        self.capability_of_line()
    }

    /// A line that others fill at the same moment may become longer than the bound by what they bring.
    fn enqueue_within(&self, jobs: &[NewJob], bound: Option<QueueBound>) -> Result<Vec<Enqueued>> {
        if let Some(bound) = bound {
            bound.hold(jobs.iter().map(|job| &job.queue), |_, _| self.line.length())?;
        }
        let now = self.now();
        let lined: Vec<Lined> = jobs
            .iter()
            .map(|new| {
                let job = Job::accepted(new, now);
                let delay = job.run_at.since(now);
                Lined { record: Record { job, attempts: Vec::new() }, delay }
            })
            .collect();
        if !self.promises.delays && lined.iter().any(|lined| !lined.delay.is_zero()) {
            return Err(unsupported("cannot keep a job for later").during("enqueue"));
        }
        self.put(&lined)?;
        Ok(vec![Enqueued::New; jobs.len()])
    }

    fn exchange(&self, ends: &[End], claim: Option<&Claim>) -> Result<Exchanged> {
        let now = self.now();
        let ended = if ends.is_empty() { Vec::new() } else { self.finish(ends, now)? };
        let claimed = match claim.map(|claim| self.claim(claim, now)).transpose() {
            Ok(claimed) => claimed.unwrap_or_default(),
            // The ends are applied, and to be told so must not wait for the line.
            Err(_) if !ended.is_empty() => Vec::new(),
            Err(error) => return Err(error),
        };
        let next_due_in = self.desk().next_due().map(|due| due.since(now));
        Ok(Exchanged { ended, claimed, next_due_in })
    }

    fn renew(&self, held: &[Held], lease_for: Duration) -> Result<Vec<Renewal>> {
        let until = self.now() + lease_for;
        let receipts: Vec<Option<Receipt>> = {
            let desk = self.desk();
            held.iter().map(|held| desk.receipt(*held)).collect()
        };
        let lost = if self.promises.extend {
            let known: Vec<Receipt> = receipts.iter().flatten().copied().collect();
            let unclaimed = self.desk().unclaimed_receipts();
            if !unclaimed.is_empty() {
                self.line.extend(&unclaimed, lease_for)?;
            }
            let kept = if known.is_empty() { Vec::new() } else { self.line.extend(&known, lease_for)? };
            known.into_iter().zip(kept).filter(|(_, kept)| !kept).map(|(receipt, _)| receipt).collect()
        } else {
            Vec::new()
        };
        let mut desk = self.desk();
        let answers = held.iter().zip(receipts).map(|(held, receipt)| match receipt {
            Some(receipt) if !lost.contains(&receipt) => Renewal::Kept { until, cancel: false },
            _ => {
                desk.take(*held);
                Renewal::Lost
            }
        });
        Ok(answers.collect())
    }

    /// A line that acknowledges takes jobs from lost holders by itself; one that does not, cannot.
    fn reap(&self, _limit: usize) -> Result<Vec<Reaped>> {
        Ok(Vec::new())
    }

    fn cancel(&self, ids: &[JobId]) -> Result<Vec<Cancelled>> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        Err(unsupported("keeps no records, so a job in it cannot be cancelled").during("cancel"))
    }

    fn retry(&self, ids: &[JobId]) -> Result<Vec<Revived>> {
        let now = self.now();
        let kept = self.results.get(ids)?;
        let mut revived = HashSet::new();
        kept.into_iter()
            .map(|kept| match kept.as_ref().filter(|kept| !revived.insert(kept.id)) {
                Some(_) => Ok(Revived::Refused(State::Pending)),
                None => self.revive(kept, now),
            })
            .collect()
    }

    fn pause(&self, queues: &[QueueName], _paused: bool) -> Result<Vec<bool>> {
        if queues.is_empty() {
            return Ok(Vec::new());
        }
        Err(unsupported("gives its jobs out by itself, so it cannot be paused").during("pause"))
    }

    fn prune(&self, retention: &Retention, limit: usize) -> Result<Vec<JobId>> {
        if !self.results.result_capability().deletes {
            return Ok(Vec::new());
        }
        let now = self.now();
        let mut pruned_to = self.pruned_to.lock().unwrap_or_else(PoisonError::into_inner);
        // An id begins with the time in milliseconds at which its job was made, which is not after its end.
        let shortest = retention.done.min(retention.failed);
        let youngest = JobId::floor(now - shortest + Duration::from_millis(1));
        let page = Page { before: Some(pruned_to.unwrap_or(youngest)), limit };
        let listed = self.results.list_results(&page)?;
        *pruned_to = if listed.len() == limit { listed.last().map(|kept| kept.id) } else { None };
        drop(pruned_to);
        let old = |kept: &StoredResult| {
            kept.record
                .as_ref()
                .is_some_and(|record| decide(&record.job, &Trigger::Prune(retention), now).is_ok())
        };
        let gone: Vec<JobId> = listed.iter().filter(|kept| old(kept)).map(|kept| kept.id).collect();
        self.results.delete(&gone)?;
        Ok(gone)
    }

    fn subscribe(&self, topic: Topic, waker: Waker) -> Result<Subscription> {
        let subscription = self.wakers.subscribe(topic, waker);
        if topic != Topic::Ready {
            return Ok(subscription);
        }
        // In one process, whoever enqueues tells.
        self.waiter.join(&self.me, self.promises.cross_process)?;
        Ok(Subscription::new(Listener { store: Weak::clone(&self.me), _subscription: subscription }))
    }
}

/// A worker that listens for jobs. With the last of them goes what was taken from the line for nobody.
struct Listener {
    store: Weak<LineStore>,
    _subscription: Subscription,
}

impl Drop for Listener {
    fn drop(&mut self) {
        let Some(store) = self.store.upgrade() else { return };
        if store.waiter.leave() {
            let unclaimed = store.desk().take_unclaimed();
            // A line that cannot be reached gives them out again by itself, if it promises to.
            let _ = store.give_back(unclaimed);
        }
    }
}

impl LineStore {
    fn revive(&self, kept: Option<StoredResult>, now: Timestamp) -> Result<Revived> {
        let Some(StoredResult { id, lease, record: Some(record), .. }) = kept else {
            return Ok(Revived::Unknown);
        };
        let mut record = Record::clone(&record);
        let Ok(decision) = decide(&record.job, &Trigger::Retry, now) else {
            return Ok(Revived::Refused(record.job.state));
        };
        decision.transition.apply(&mut record.job);
        if self.keeps_records {
            let revived = StoredResult { id, lease, value: None, record: Some(Arc::new(record.clone())) };
            self.results.put(&[revived])?;
        } else if self.results.result_capability().deletes {
            // Its end on record would keep it from running.
            self.results.delete(&[id])?;
        } else {
            return Err(unsupported(
                "keeps its results where nothing can be forgotten, so no job can be retried",
            )
            .during("retry"));
        }
        self.put(&[Lined { record, delay: Duration::ZERO }])?;
        Ok(Revived::Done)
    }
}
