//! Results in a store of their own: never a finish without its result.

use std::sync::{Arc, Mutex};

use nuvom_core::{ErrorKind, Event, State};
use nuvom_engine::Duty;
use nuvom_testkit::builders::{a_job, failure, success};
use nuvom_testkit::faulty::{Fault, Method};

use crate::support::{Bench, ScriptedExecutor};

#[test]
fn a_result_is_written_before_its_job_is_finished() {
    let bench = Bench::with_results_apart(ScriptedExecutor::holding(1));
    let job = bench.enqueue(a_job("add"));
    let mut duties = bench.duties();
    duties.exchange.run_once();
    bench.executor.end(job, success(b"value"));
    let order: Arc<Mutex<Vec<Method>>> = Arc::default();
    let noted = Arc::clone(&order);
    bench.faults.set(move |call| {
        noted.lock().unwrap().push(call.method);
        Fault::None
    });

    duties.exchange.run_once();

    assert_eq!(*order.lock().unwrap(), [Method::Put, Method::Exchange]);
    assert_eq!(bench.state(job), State::Success);
    assert_eq!(bench.result(job).unwrap().value.unwrap().as_ref(), b"value");
}

#[test]
fn a_job_is_not_finished_while_its_result_cannot_be_written() {
    let bench = Bench::with_results_apart(ScriptedExecutor::holding(1));
    let job = bench.enqueue(a_job("add"));
    let mut duties = bench.duties();
    duties.exchange.run_once();
    bench.executor.end(job, success(b"value"));

    bench.faults.fail(Method::Put, ErrorKind::Unavailable);
    duties.exchange.run_once();
    assert_eq!(bench.state(job), State::Running);

    bench.faults.heal();
    duties.exchange.run_once();
    assert_eq!(bench.state(job), State::Success);
    assert_eq!(bench.result(job).unwrap().value.unwrap().as_ref(), b"value");
}

#[test]
fn a_job_is_not_finished_when_its_result_is_refused_for_good() {
    let bench = Bench::with_results_apart(ScriptedExecutor::holding(1));
    let job = bench.enqueue(a_job("add"));
    let mut duties = bench.duties();
    duties.exchange.run_once();
    bench.executor.end(job, success(b"value"));

    bench.faults.fail(Method::Put, ErrorKind::Corrupt);
    duties.exchange.run_once();

    assert_ne!(bench.state(job), State::Success);
}

#[test]
fn a_result_that_is_refused_for_good_does_not_hold_up_other_ends() {
    let bench = Bench::with_results_apart(ScriptedExecutor::holding(2));
    let good = bench.enqueue(a_job("add"));
    let failed = bench.enqueue(a_job("add"));
    let mut duties = bench.duties();
    duties.exchange.run_once();
    bench.executor.end(good, success(b"value"));
    bench.executor.end(failed, failure("it broke"));

    bench.faults.fail(Method::Put, ErrorKind::Corrupt);
    duties.exchange.run_once();

    assert_eq!(bench.state(failed), State::Failed);
}

#[test]
fn the_lease_of_a_job_whose_result_cannot_be_written_is_kept() {
    let bench = Bench::with_results_apart(ScriptedExecutor::holding(1));
    let job = bench.enqueue(a_job("add"));
    let mut duties = bench.duties();
    duties.exchange.run_once();
    bench.executor.end(job, success(b"value"));
    bench.faults.fail(Method::Put, ErrorKind::Unavailable);
    duties.exchange.run_once();

    for _ in 0..10 {
        bench.clock.advance(crate::support::BEAT);
        duties.heartbeat.run_once();
        duties.reaper.run_once();
    }

    let kept = bench.job(job);
    assert_eq!((kept.state, kept.lease.0, kept.losses), (State::Running, 1, 0));
}

#[test]
fn the_result_of_a_pruned_job_goes_after_it() {
    let bench = Bench::with_results_apart(ScriptedExecutor::holding(1));
    let job = bench.enqueue(a_job("add"));
    let mut duties = bench.duties();
    duties.exchange.run_once();
    bench.executor.end(job, success(b"value"));
    duties.exchange.run_once();
    bench.clock.advance(std::time::Duration::from_hours(24 * 365));

    duties.pruner.run_once();

    assert!(bench.result(job).is_none());
}

#[test]
fn after_five_minutes_a_job_whose_result_cannot_be_written_goes_back_unharmed() {
    let bench = Bench::with_results_apart(ScriptedExecutor::holding(1));
    let job = bench.enqueue(a_job("add"));
    let mut duties = bench.duties();
    duties.exchange.run_once();
    bench.executor.end(job, success(b"value"));
    bench.faults.fail(Method::Put, ErrorKind::Unavailable);
    duties.exchange.run_once();

    for _ in 0..30 {
        bench.clock.advance(crate::support::BEAT);
        duties.heartbeat.run_once();
    }
    bench.clock.advance(std::time::Duration::from_mins(5));
    duties.exchange.run_once();

    let back = bench.job(job);
    assert_eq!((back.state, back.handbacks, back.failures, back.losses), (State::Pending, 1, 0, 0));
    assert!(bench.result(job).is_none());
}

#[test]
fn a_stop_hands_back_what_cannot_be_finished_for_want_of_its_result() {
    let bench = Bench::with_results_apart(ScriptedExecutor::holding(1));
    let job = bench.enqueue(a_job("add"));
    bench.faults.fail(Method::Put, ErrorKind::Unavailable);
    let worker = bench.worker();
    bench.executor.started.expect("the start");
    bench.executor.end(job, success(b"value"));
    bench.events.expect("the failed write", |event| matches!(event, Event::StoreFailed { .. }).then_some(()));

    worker.cut();
    let exit = worker.wait();

    assert_eq!(exit, nuvom_engine::Exit::HandedBack(1));
    assert_eq!(bench.state(job), State::Pending);
}
