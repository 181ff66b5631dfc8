//! An opened store with the verbs that cases are written in: each does one thing to one job, so that a case
//! reads as its story. Cases that are about batches call the ports themselves.

use std::any::Any;
use std::sync::Arc;
use std::time::Duration;

use nuvom_core::ports::{
    Cancelled, Claim, Ended, Enqueued, Exchanged, Inspect, JobStore, Reaped, ResultCapability, ResultStore,
    Revived, Roster, ScheduleStore, StoredResult, Stores,
};
use nuvom_core::{Attempt, Capability, Clock, End, Job, JobId, NewJob, Outcome, State, Timestamp};

use super::run::note_not_promised;
use super::{Harness, Opened};
use crate::FakeClock;
use crate::builders::{payload, queue, worker};

/// How long claims last in these cases, unless one says otherwise.
pub(crate) const LEASE: Duration = Duration::from_secs(30);

/// More than any store's page, statement or chunk is likely to hold at once.
pub(crate) const MANY: usize = 2_500;

/// An opened store.
pub(crate) struct Bench {
    pub(crate) stores: Stores,
    pub(crate) clock: Arc<FakeClock>,
    keep: Arc<dyn Any + Send + Sync>,
}

impl Bench {
    /// A fresh, empty store.
    pub(crate) fn open(harness: &dyn Harness) -> Self {
        Self::over(harness.open())
    }

    /// A fresh store, if it promises what the case needs.
    pub(crate) fn promising(harness: &dyn Harness, needs: impl Fn(&Capability) -> bool) -> Option<Self> {
        let bench = Self::open(harness);
        let promised = needs(&bench.capability());
        if !promised {
            note_not_promised();
        }
        promised.then_some(bench)
    }

    /// A fresh store, if its result store promises what the case needs.
    pub(crate) fn keeping(harness: &dyn Harness, needs: impl Fn(&ResultCapability) -> bool) -> Option<Self> {
        let bench = Self::open(harness);
        let promised = needs(&bench.results().result_capability());
        if !promised {
            note_not_promised();
        }
        promised.then_some(bench)
    }

    /// A fresh store that goes by the test's clock, if it promises what the case needs.
    pub(crate) fn in_fake_time(harness: &dyn Harness, needs: impl Fn(&Capability) -> bool) -> Option<Self> {
        Self::promising(harness, |can| !can.store_clock && needs(can))
    }

    /// The same data after the store was closed.
    pub(crate) fn reopened(self, harness: &dyn Harness) -> Self {
        let Self { stores, clock, keep } = self;
        drop(stores);
        Self::over(harness.reopen(&clock, &keep).expect("a durable store can be opened again"))
    }

    /// The same data as another process has it, at the same time.
    pub(crate) fn beside(&self, harness: &dyn Harness) -> Self {
        Self::over(
            harness.reopen(&self.clock, &self.keep).expect("a cross-process store can be opened twice"),
        )
    }

    fn over(opened: Opened) -> Self {
        Self { stores: opened.stores, clock: opened.clock, keep: opened.keep }
    }

    pub(crate) fn capability(&self) -> Capability {
        self.stores.jobs.capability()
    }

    pub(crate) fn jobs(&self) -> &dyn JobStore {
        &*self.stores.jobs
    }

    pub(crate) fn inspect(&self) -> &dyn Inspect {
        &*self.stores.inspect
    }

    pub(crate) fn results(&self) -> &dyn ResultStore {
        &*self.stores.results
    }

    pub(crate) fn schedules(&self) -> &dyn ScheduleStore {
        &*self.stores.schedules
    }

    pub(crate) fn roster(&self) -> &dyn Roster {
        &*self.stores.roster
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub(crate) fn advance(&self, span: Duration) {
        self.clock.advance(span);
    }

    /// Enqueues a new job.
    pub(crate) fn enqueue(&self, job: impl Into<NewJob>) -> JobId {
        let job = job.into();
        assert_eq!(self.enqueue_again(&job), Enqueued::New);
        job.id
    }

    /// Enqueues a job that may be known.
    pub(crate) fn enqueue_again(&self, job: &NewJob) -> Enqueued {
        only(self.jobs().enqueue(std::slice::from_ref(job)).unwrap())
    }

    /// Claims the next job, which must exist.
    pub(crate) fn claim(&self) -> Job {
        only(self.claim_up_to(1))
    }

    /// Claims from all queues.
    pub(crate) fn claim_up_to(&self, limit: usize) -> Vec<Job> {
        self.exchange(&[], Some(&wish(limit))).claimed
    }

    pub(crate) fn exchange(&self, ends: &[End], claim: Option<&Claim>) -> Exchanged {
        self.jobs().exchange(ends, claim).unwrap()
    }

    /// Enqueues a job and claims it; nothing else may be waiting.
    pub(crate) fn running(&self, job: impl Into<NewJob>) -> Job {
        let id = self.enqueue(job);
        let claimed = self.claim();
        assert_eq!(claimed.id, id, "another job was waiting");
        claimed
    }

    /// Runs a job to this outcome; nothing else may be waiting.
    pub(crate) fn ended(&self, job: impl Into<NewJob>, outcome: Outcome) -> JobId {
        let running = self.running(job);
        let Ended::Applied(_) = self.end(&running, outcome) else { panic!("the holder was refused") };
        running.id
    }

    /// Reports the end of an attempt, under the lease by which it was claimed.
    pub(crate) fn end(&self, job: &Job, outcome: Outcome) -> Ended {
        only(self.exchange(&[end_of(job, outcome)], None).ended)
    }

    pub(crate) fn reap(&self) -> Vec<Reaped> {
        self.jobs().reap(MANY).unwrap()
    }

    /// Lets the lease of a claimed job run out and has it reaped.
    pub(crate) fn lose(&self, job: &Job) -> State {
        self.advance(LEASE);
        let reaped = only(self.reap());
        assert_eq!(reaped.held, job.held());
        reaped.state
    }

    pub(crate) fn cancel(&self, id: JobId) -> Cancelled {
        only(self.jobs().cancel(&[id]).unwrap())
    }

    pub(crate) fn retry(&self, id: JobId) -> Revived {
        only(self.jobs().retry(&[id]).unwrap())
    }

    /// The record of a job, which must exist.
    pub(crate) fn job(&self, id: JobId) -> Job {
        only(self.inspect().jobs(&[id]).unwrap()).expect("the job is known")
    }

    pub(crate) fn state(&self, id: JobId) -> Option<State> {
        only(self.inspect().states(&[id]).unwrap())
    }

    pub(crate) fn attempts(&self, id: JobId) -> Vec<Attempt> {
        self.inspect().attempts(id).unwrap()
    }

    /// The value of a job, with its lease.
    pub(crate) fn result(&self, id: JobId) -> Option<StoredResult> {
        let kept = self.kept(id)?;
        kept.value.is_some().then_some(StoredResult { record: None, ..kept })
    }

    /// All that the result store keeps of a job.
    pub(crate) fn kept(&self, id: JobId) -> Option<StoredResult> {
        only(self.results().get(&[id]).unwrap())
    }
}

/// The only answer to a batch of one.
#[track_caller]
pub(crate) fn only<T>(answers: Vec<T>) -> T {
    let count = answers.len();
    let mut answers = answers.into_iter();
    match (answers.next(), count) {
        (Some(answer), 1) => answer,
        _ => panic!("expected one answer, found {count}"),
    }
}

/// A claim from all queues.
pub(crate) fn wish(limit: usize) -> Claim {
    Claim { worker: worker("worker-1"), queues: Vec::new(), limit, shares: Vec::new(), lease_for: LEASE }
}

/// A claim from the named queues.
pub(crate) fn wish_from(queues: &[&str], limit: usize) -> Claim {
    Claim { queues: queues.iter().map(|name| queue(name)).collect(), ..wish(limit) }
}

/// The end of an attempt as its holder reports it.
pub(crate) fn end_of(job: &Job, outcome: Outcome) -> End {
    End { id: job.id, lease: job.lease, outcome }
}

/// A value under the lease of a claimed job.
pub(crate) fn result_of(job: &Job, value: &[u8]) -> StoredResult {
    StoredResult::of_value(job.id, job.lease, payload(value))
}

/// The longest time that is shorter than this one, as stores count.
pub(crate) fn just_under(span: Duration) -> Duration {
    span.saturating_sub(Duration::from_micros(1))
}

pub(crate) fn ids(jobs: &[Job]) -> Vec<JobId> {
    jobs.iter().map(|job| job.id).collect()
}

pub(crate) fn ids_of_new(jobs: &[NewJob]) -> Vec<JobId> {
    jobs.iter().map(|job| job.id).collect()
}
