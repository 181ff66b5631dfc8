//! A store fails once, at each call of a job's whole life in turn, and whoever called does what a careful caller does:
//! calls again. However the call failed, the job ends well, and everything that happened to it has its record.

use std::time::Duration;

use nuvom_conformance::builders::{a_job, failure, success, worker};
use nuvom_conformance::conformance::{Harness, Opened};
use nuvom_core::ports::{Claim, Ended, Renewal, Stores};
use nuvom_core::{End, ErrorKind, Held, Job, NewJob, Outcome, Result, Retention, RetryPolicy, State};

use crate::faulty::{Fault, faulty};

/// More rounds than a life has; a life that needs more does not end.
const LONG_LIFE: usize = 60;
const LEASE: Duration = Duration::from_secs(30);

/// No call that does not reach the store loses a job.
pub fn calls_that_do_not_arrive(harness: &dyn Harness) {
    sweep(harness, Fault::Before(ErrorKind::Unavailable));
}

/// No call whose answer is lost loses a job.
pub fn answers_that_are_lost(harness: &dyn Harness) {
    sweep(harness, Fault::After(ErrorKind::Unavailable));
}

fn sweep(harness: &dyn Harness, fault: Fault) {
    let calls = live(harness, |_| Fault::None);
    assert!((8..LONG_LIFE * 4).contains(&calls), "{calls} calls");

    for nth in 1..=calls {
        let count = live(harness, move |number| if number == nth { fault } else { Fault::None });
        assert!(count >= calls, "call {nth} failed, and the life ended after {count} of {calls} calls");
    }
}

/// A job that fails once and then succeeds. Answers how many calls the store got.
fn live(harness: &dyn Harness, fault: impl Fn(usize) -> Fault + Send + Sync + 'static) -> usize {
    let Opened { stores: truth, clock, keep: _keep } = harness.open();
    let (stores, faults) = faulty(truth.clone());
    faults.set(move |call| fault(call.number));
    let retry = RetryPolicy { delay: Duration::from_secs(1), ..RetryPolicy::default() };
    let job = a_job("add").retries(1).retry(retry).build();
    accept(&stores, &job);
    let mut holder = Holder::default();

    for _ in 0..LONG_LIFE {
        holder.run_once(&stores);
        clock.advance(LEASE / 3);
        holder.beat(&stores);
        let _ = stores.jobs.reap(10);
        let _ = stores.jobs.prune(&Retention::default(), 10);
        if truth.inspect.states(&[job.id]).unwrap()[0].is_some_and(State::is_terminal) {
            break;
        }
    }

    let ended = truth.inspect.jobs(&[job.id]).unwrap().remove(0).expect("the job is known");
    assert_eq!((ended.state, ended.failures), (State::Success, 1));
    let kept = truth.results.get(&[job.id]).unwrap().remove(0).expect("its value is kept");
    assert_eq!(kept.value.as_deref(), Some(b"value".as_slice()));
    assert_eq!(ended.lease.0, u64::from(ended.failures + ended.losses + ended.handbacks) + 1);
    let attempts = truth.inspect.attempts(job.id).unwrap();
    assert_eq!(attempts.len() as u64, ended.lease.0 - 1, "each repeat has its cause");
    faults.calls()
}

/// Enqueues until it is told that the job is there; the id makes that harmless.
fn accept(stores: &Stores, job: &NewJob) {
    let mut tries = (0..LONG_LIFE).map(|_| stores.jobs.enqueue(std::slice::from_ref(job)));
    assert!(tries.any(|answer| answer.is_ok()), "the job was never accepted");
}

/// A worker with what it holds, and the ends that it has to report.
#[derive(Default)]
struct Holder {
    held: Vec<Job>,
    ends: Vec<End>,
}

impl Holder {
    /// Reports and claims. What could not be reported is reported with the next call.
    fn run_once(&mut self, stores: &Stores) {
        if self.exchange(stores).is_err() {
            return;
        }
        self.ends =
            self.held.iter().map(|job| End { id: job.id, lease: job.lease, outcome: outcome(job) }).collect();
    }

    fn exchange(&mut self, stores: &Stores) -> Result<()> {
        let claim = Claim {
            worker: worker("worker-1"),
            queues: Vec::new(),
            limit: 1,
            shares: Vec::new(),
            lease_for: LEASE,
        };
        let answer = stores.jobs.exchange(&self.ends, Some(&claim))?;
        assert!(answer.ended.iter().all(|ended| matches!(ended, Ended::Applied(_) | Ended::Stale)));
        self.held = answer.claimed;
        self.ends.clear();
        Ok(())
    }

    /// Drops what is held no more.
    fn beat(&mut self, stores: &Stores) {
        let held: Vec<Held> = self.held.iter().map(Job::held).collect();
        let Ok(answers) = stores.jobs.renew(&held, LEASE) else { return };
        let mut answers = answers.into_iter();
        self.held.retain(|_| matches!(answers.next(), Some(Renewal::Kept { .. })));
    }
}

fn outcome(job: &Job) -> Outcome {
    if job.failures == 0 { failure("the first attempt") } else { success(b"value") }
}
