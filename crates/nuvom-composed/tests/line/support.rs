//! A line, a result store and what is made of both.

use std::sync::Arc;
use std::time::Duration;

use nuvom_composed::LineStore;
use nuvom_core::ports::{Claim, Ended, LinePromises, Stores};
use nuvom_core::{End, Job, JobId, NewJob, Outcome, State};
use nuvom_memory::MemoryStore;
use nuvom_testkit::FakeClock;
use nuvom_testkit::builders::worker;
use nuvom_testkit::faulty::{Faults, faulty};

use crate::queue::{Queue, VISIBILITY};

/// Two workers in two processes that share a line and a result store.
pub(crate) struct Bench {
    pub(crate) line: Arc<Queue>,
    pub(crate) clock: Arc<FakeClock>,
    pub(crate) here: Stores,
    pub(crate) there: Stores,
    /// What goes wrong with the result store.
    pub(crate) faults: Arc<Faults>,
}

impl Bench {
    pub(crate) fn over(promises: LinePromises) -> Self {
        let clock = FakeClock::new();
        let line = Queue::new(promises, Arc::clone(&clock) as _);
        let (beside, faults) = faulty(MemoryStore::new(Arc::clone(&clock) as _).stores());
        let store = || {
            let store = LineStore::new(
                Arc::clone(&line) as _,
                Arc::clone(&beside.results),
                None,
                Arc::clone(&clock) as _,
            );
            store.stores(Arc::clone(&beside.schedules))
        };
        let (here, there) = (store(), store());
        Self { line, clock, here, there, faults }
    }

    pub(crate) fn enqueue(&self, job: impl Into<NewJob>) -> JobId {
        let job = job.into();
        self.here.jobs.enqueue(std::slice::from_ref(&job)).unwrap();
        job.id
    }

    pub(crate) fn state(&self, id: JobId) -> Option<State> {
        self.here.inspect.states(&[id]).unwrap()[0]
    }

    /// The takers of all that is out die, and their time passes.
    pub(crate) fn takers_die(&self) {
        self.clock.advance(VISIBILITY);
        self.line.forget_takers();
    }
}

pub(crate) fn claim(stores: &Stores) -> Vec<Job> {
    stores.jobs.exchange(&[], Some(&wish(9))).unwrap().claimed
}

pub(crate) fn claim_one(stores: &Stores) -> Job {
    let mut claimed = claim(stores);
    assert_eq!(claimed.len(), 1);
    claimed.remove(0)
}

pub(crate) fn end(stores: &Stores, job: &Job, outcome: Outcome) -> Ended {
    let end = End { id: job.id, lease: job.lease, outcome };
    stores.jobs.exchange(&[end], None).unwrap().ended[0]
}

pub(crate) fn wish(limit: usize) -> Claim {
    Claim {
        worker: worker("worker-1"),
        queues: Vec::new(),
        limit,
        shares: Vec::new(),
        lease_for: Duration::from_secs(30),
    }
}
