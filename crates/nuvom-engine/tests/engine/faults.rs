//! The store fails once, at each call of a job's whole life in turn: nothing is lost, and the job ends well.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use nuvom_core::{ErrorKind, RetryPolicy, State};
use nuvom_engine::Duty;
use nuvom_testkit::builders::{a_job, failure, success};
use nuvom_testkit::faulty::Fault;

use crate::support::{BEAT, Bench, ScriptedExecutor};

/// More calls than a life has; a life that needs more does not end.
const LONG_LIFE: usize = 60;

/// A job that fails once and then succeeds, run by duties that are called by hand. Answers how many calls the
/// store got.
fn live(results_apart: bool, fault: impl Fn(usize) -> Fault + Send + Sync + 'static) -> usize {
    let attempts = AtomicUsize::new(0);
    let script = move |_: &nuvom_core::Job| match attempts.fetch_add(1, Ordering::SeqCst) {
        0 => Some(failure("the first attempt")),
        _ => None,
    };
    let executor = ScriptedExecutor::scripted(1, script);
    let bench = if results_apart { Bench::with_results_apart(executor) } else { Bench::with(executor) };
    let retry = RetryPolicy { delay: Duration::from_secs(1), ..RetryPolicy::default() };
    // A claim whose answer is lost costs a lease and no failure.
    let job = bench.enqueue(a_job("add").retries(1).retry(retry));
    bench.faults.set(move |call| fault(call.number));
    let mut duties = bench.duties();

    for _ in 0..LONG_LIFE {
        duties.exchange.run_once();
        bench.clock.advance(BEAT);
        duties.heartbeat.run_once();
        duties.reaper.run_once();
        duties.pruner.run_once();
        bench.executor.end_all(&success(b"value"));
        if bench.state(job).is_terminal() {
            break;
        }
    }

    let ended = bench.job(job);
    assert_eq!(ended.state, State::Success);
    assert_eq!((ended.failures, bench.executor.running().len()), (1, 0));
    assert_eq!(bench.result(job).unwrap().value.unwrap().as_ref(), b"value");
    assert_eq!(ended.lease.0, u64::from(ended.failures + ended.losses + ended.handbacks) + 1);
    assert_eq!(bench.attempts(job).len(), usize::try_from(ended.lease.0 - 1).unwrap());
    bench.faults.calls()
}

fn sweep(results_apart: bool, fault: Fault) {
    let calls = live(results_apart, |_| Fault::None);
    assert!((8..LONG_LIFE).contains(&calls), "{calls} calls");

    for nth in 1..=calls {
        let count = live(results_apart, move |number| if number == nth { fault } else { Fault::None });
        assert!(count >= calls, "call {nth} failed, and the life ended after {count} of {calls} calls");
    }
}

#[test]
fn no_call_that_does_not_reach_the_store_loses_a_job() {
    sweep(false, Fault::Before(ErrorKind::Unavailable));
}

#[test]
fn no_call_whose_answer_is_lost_loses_a_job() {
    sweep(false, Fault::After(ErrorKind::Unavailable));
}

#[test]
fn no_call_that_is_refused_for_good_loses_a_job() {
    sweep(false, Fault::Before(ErrorKind::Internal));
}

#[test]
fn no_call_that_does_not_reach_one_of_two_stores_loses_a_job() {
    sweep(true, Fault::Before(ErrorKind::Unavailable));
}

#[test]
fn no_call_whose_answer_from_one_of_two_stores_is_lost_loses_a_job() {
    sweep(true, Fault::After(ErrorKind::Unavailable));
}
