//! Waiting for jobs to end.

use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Instant;

use nuvom_core::{ErrorKind, JobId, Result, State};
use nuvom_engine::{Callback, Waits};
use nuvom_testkit::builders::{a_job, a_job_id};
use nuvom_testkit::faulty::{Fault, Method};
use nuvom_testkit::{PATIENCE, Probe};

use crate::support::{Bench, ScriptedExecutor};

fn bench() -> Bench {
    Bench::with(ScriptedExecutor::holding(1))
}

/// A callback that signals the probe.
fn telling(probe: &Probe<Result<Option<State>>>) -> Callback {
    let signal = probe.signal();
    Box::new(move |state| signal.send(state).unwrap())
}

#[test]
fn a_wait_returns_when_the_job_ends() {
    let bench = bench();
    let job = bench.enqueue(a_job("add"));
    let looked = Probe::new();
    let signal = looked.signal();
    bench.faults.set(move |_| {
        let _ = signal.send(());
        Fault::None
    });
    let waits = Waits::new(bench.stores.clone());
    let waiting = std::thread::spawn(move || waits.wait(job, Some(Instant::now() + PATIENCE), &mut || false));
    looked.expect("the subscription");
    looked.expect("the first look");

    bench.cancel(job);

    assert_eq!(waiting.join().unwrap().unwrap(), Some(State::Cancelled));
}

#[test]
fn a_wait_for_a_job_that_has_ended_returns_at_once() {
    let bench = bench();
    let job = bench.enqueue(a_job("add"));
    bench.cancel(job);
    let waits = Waits::new(bench.stores.clone());

    let state = waits.wait(job, None, &mut || panic!("asked whether to give up")).unwrap();

    assert_eq!(state, Some(State::Cancelled));
}

#[test]
fn a_wait_ends_at_its_deadline_with_the_state_of_the_moment() {
    let bench = bench();
    let job = bench.enqueue(a_job("add"));
    let waits = Waits::new(bench.stores.clone());

    let state = waits.wait(job, Some(Instant::now()), &mut || false).unwrap();

    assert_eq!(state, Some(State::Pending));
}

#[test]
fn a_wait_ends_when_it_is_given_up() {
    let bench = bench();
    let job = bench.enqueue(a_job("add"));
    let waits = Waits::new(bench.stores.clone());
    let mut asked = 0;

    let state = waits.wait(job, None, &mut || {
        asked += 1;
        asked == 3
    });

    assert_eq!(state.unwrap(), Some(State::Pending));
}

#[test]
fn a_wait_for_a_job_that_is_not_there_says_so() {
    let waits = Waits::new(bench().stores);

    assert_eq!(waits.wait(a_job_id(), None, &mut || false).unwrap(), None);
}

#[test]
fn a_store_that_cannot_wake_anyone_is_asked_now_and_then() {
    let bench = bench();
    let job = bench.enqueue(a_job("add"));
    let looked = Probe::new();
    let signal = looked.signal();
    bench.faults.set(move |call| {
        if call.method == Method::Subscribe {
            return Fault::Before(ErrorKind::Unsupported);
        }
        let _ = signal.send(());
        Fault::None
    });
    let waits = Waits::new(bench.stores.clone());
    let waiting = std::thread::spawn(move || waits.wait(job, Some(Instant::now() + PATIENCE), &mut || false));
    looked.expect("the first look");

    bench.cancel(job);

    assert_eq!(waiting.join().unwrap().unwrap(), Some(State::Cancelled));
}

#[test]
fn a_callback_is_called_once_with_the_state() {
    let bench = bench();
    let job = bench.enqueue(a_job("add"));
    let other = bench.enqueue(a_job("add"));
    let waits = Waits::new(bench.stores.clone());
    let (called, of_other) = (Probe::new(), Probe::new());
    waits.call_back(job, telling(&called)).unwrap();
    waits.call_back(other, telling(&of_other)).unwrap();

    bench.cancel(job);
    assert_eq!(called.expect("the callback").unwrap(), Some(State::Cancelled));
    bench.cancel(other);
    of_other.expect("the other callback").unwrap();

    assert!(called.seen().is_empty());
}

#[test]
fn a_callback_for_a_job_that_has_ended_comes_at_once() {
    let bench = bench();
    let job = bench.enqueue(a_job("add"));
    bench.cancel(job);
    let waits = Waits::new(bench.stores.clone());
    let called = Probe::new();

    waits.call_back(job, telling(&called)).unwrap();

    assert_eq!(called.expect("the callback").unwrap(), Some(State::Cancelled));
}

#[test]
fn a_callback_for_a_job_that_is_not_there_says_so() {
    let waits = Waits::new(bench().stores);
    let called = Probe::new();

    waits.call_back(a_job_id(), telling(&called)).unwrap();

    assert_eq!(called.expect("the callback").unwrap(), None);
}

#[test]
fn hundreds_of_callbacks_are_all_called() {
    let bench = bench();
    let jobs = bench.enqueue_many(500);
    let waits = Waits::new(bench.stores.clone());
    let called = Probe::<JobId>::new();
    for job in &jobs {
        let (signal, id) = (called.signal(), *job);
        waits.call_back(id, Box::new(move |_| signal.send(id).unwrap())).unwrap();
    }

    bench.truth.jobs.cancel(&jobs).unwrap();

    let mut ended: Vec<JobId> = jobs.iter().map(|_| called.expect("a callback")).collect();
    ended.sort_unstable();
    assert_eq!(ended, jobs);
}

#[test]
fn every_callback_for_one_job_is_called() {
    let bench = bench();
    let job = bench.enqueue(a_job("add"));
    let waits = Waits::new(bench.stores.clone());
    let called = Probe::new();
    (0..3).for_each(|_| waits.call_back(job, telling(&called)).unwrap());

    bench.cancel(job);

    (0..3).for_each(|_| drop(called.expect("a callback")));
}

#[test]
fn callbacks_outlast_a_store_that_is_away_for_a_moment() {
    let bench = bench();
    let job = bench.enqueue(a_job("add"));
    let waits = Waits::new(bench.stores.clone());
    let failed = Probe::new();
    let signal = failed.signal();
    bench.faults.set(move |_| {
        let _ = signal.send(());
        Fault::Before(ErrorKind::Unavailable)
    });
    let called = Probe::new();
    waits.call_back(job, telling(&called)).unwrap();
    failed.expect("a look that failed");

    bench.faults.heal();
    bench.cancel(job);

    assert_eq!(called.expect("the callback").unwrap(), Some(State::Cancelled));
}

#[test]
fn callbacks_hear_of_a_store_that_is_damaged() {
    let bench = bench();
    let job = bench.enqueue(a_job("add"));
    let waits = Waits::new(bench.stores.clone());
    bench.faults.fail(Method::States, ErrorKind::Corrupt);
    let called = Probe::new();

    waits.call_back(job, telling(&called)).unwrap();

    assert_eq!(called.expect("the callback").unwrap_err().kind(), ErrorKind::Corrupt);
}

#[test]
fn a_callback_that_panics_does_not_silence_the_others() {
    let bench = bench();
    let (bad, good) = (bench.enqueue(a_job("add")), bench.enqueue(a_job("add")));
    let waits = Waits::new(bench.stores.clone());
    let (reached, called) = (Probe::new(), Probe::new());
    let signal = reached.signal();
    waits
        .call_back(
            bad,
            Box::new(move |_| {
                signal.send(()).unwrap();
                panic!("a defect of a callback, on purpose");
            }),
        )
        .unwrap();
    bench.cancel(bad);
    reached.expect("the bad callback");

    waits.call_back(good, telling(&called)).unwrap();
    bench.cancel(good);

    assert_eq!(called.expect("the good callback").unwrap(), Some(State::Cancelled));
}

#[test]
fn callbacks_that_nobody_can_serve_any_more_are_dropped() {
    let bench = bench();
    let job = bench.enqueue(a_job("add"));
    let waits = Waits::new(bench.stores.clone());
    let (signal, dropped) = channel::<()>();
    waits.call_back(job, Box::new(move |_| drop(signal))).unwrap();

    drop(waits);

    assert_eq!(dropped.recv_timeout(PATIENCE), Err(RecvTimeoutError::Disconnected));
}
