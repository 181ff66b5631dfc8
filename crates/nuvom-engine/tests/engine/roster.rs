//! The roster: when a worker is listed, what it says, and that no job depends on it.

use nuvom_core::ports::Listed;
use nuvom_core::{ErrorKind, Event, ListedWorker, State, WorkerStatus};
use nuvom_engine::{Duty, Exit};
use nuvom_testkit::builders::{a_job, failure, queue, success};
use nuvom_testkit::faulty::{Fault, Method};

use crate::support::{BEAT, Bench, ScriptedExecutor};

fn listed(bench: &Bench) -> Listed {
    bench.truth.roster.list_workers().unwrap()
}

/// The only worker on the roster.
fn only(bench: &Bench) -> ListedWorker {
    let mut workers = listed(bench).workers;
    assert_eq!(workers.len(), 1);
    workers.remove(0)
}

fn told(bench: &Bench) -> usize {
    let events = bench.events.seen();
    events.iter().filter(|event| matches!(event, Event::StoreFailed { duty: "roster", .. })).count()
}

#[test]
fn a_worker_is_listed_with_what_it_serves_and_what_it_does() {
    let mut bench = Bench::with(ScriptedExecutor::holding(4));
    bench.config.queues = vec![queue("mail")];
    bench.enqueue(a_job("add").queue("mail"));
    bench.enqueue(a_job("add").queue("mail"));
    let mut duties = bench.duties();
    duties.exchange.run_once();

    duties.roster.run_once();

    let report = only(&bench).report;
    assert_eq!((report.worker.as_str(), report.host.as_str()), ("worker-1", "alpha"));
    assert_eq!((report.pid, report.beat), (std::process::id(), BEAT));
    assert_eq!((report.queues, report.pool.as_str()), (vec![queue("mail")], "pool"));
    assert_eq!((report.slots, report.busy, report.stuck, report.is_stopping), (4, 2, 0, false));
}

#[test]
fn an_attempt_that_is_stuck_is_listed_as_such() {
    let bench = Bench::with(ScriptedExecutor::holding(2));
    let job = bench.enqueue(a_job("add"));
    let mut duties = bench.duties();
    duties.exchange.run_once();
    bench.executor.gets_stuck(job, failure("past its limit"));

    duties.roster.run_once();

    assert_eq!(only(&bench).report.stuck, 1);
}

#[test]
fn a_worker_reports_at_every_beat_and_keeps_the_time_of_its_start() {
    let bench = Bench::with(ScriptedExecutor::holding(1));
    let mut duties = bench.duties();
    duties.roster.run_once();
    let first = only(&bench);
    bench.clock.advance(BEAT);

    let next = duties.roster.run_once();

    let second = only(&bench);
    assert_eq!(second.seen_at, first.seen_at + BEAT);
    assert_eq!(second.report.started_at, first.report.started_at);
    assert!(next >= BEAT.mul_f64(0.9) && next <= BEAT.mul_f64(1.1), "{next:?}");
}

#[test]
fn a_report_is_one_call_to_the_store() {
    let bench = Bench::with(ScriptedExecutor::holding(1));
    let mut duties = bench.duties();
    let before = bench.faults.calls();

    duties.roster.run_once();

    assert_eq!(bench.faults.calls() - before, 1);
}

#[test]
fn a_worker_is_listed_before_it_claims() {
    let bench = Bench::with(ScriptedExecutor::holding(1));
    let truth = bench.truth.clone();
    bench.faults.set(move |call| {
        let is_first_claim = call.method == Method::Exchange;
        let is_listed = !truth.roster.list_workers().unwrap().workers.is_empty();
        if is_first_claim && !is_listed { Fault::Before(ErrorKind::Internal) } else { Fault::None }
    });
    let job = bench.enqueue(a_job("add"));

    let worker = bench.worker();

    assert_eq!(bench.executor.started.expect("a start"), job);
    bench.executor.end(job, success(b"value"));
    assert_eq!(bench.events.expect_end(job), State::Success);
    worker.drain();
    assert_eq!(worker.wait(), Exit::Drained);
}

#[test]
fn a_worker_that_stops_is_listed_as_stopping_and_then_no_more() {
    let bench = Bench::with(ScriptedExecutor::holding(1));
    let (reported, truth) = (nuvom_testkit::Probe::new(), bench.truth.clone());
    let signal = std::sync::Mutex::new(reported.signal());
    let job = bench.enqueue(a_job("add"));
    let worker = bench.worker();
    bench.executor.started.expect("a start");
    // What the report that is under way says is seen at the look after it.
    bench.faults.set(move |call| {
        if matches!(call.method, Method::Report | Method::Leave) {
            let stops = || truth.roster.list_workers().unwrap().workers[0].report.is_stopping;
            let _ = signal.lock().unwrap().send((call.method, stops()));
        }
        Fault::None
    });

    worker.drain();
    assert_eq!(reported.expect("a report of the stop").0, Method::Report);
    bench.executor.end(job, success(b"value"));
    assert_eq!(worker.wait(), Exit::Drained);

    assert_eq!(reported.expect("that it leaves"), (Method::Leave, true));
    assert!(listed(&bench).workers.is_empty());
}

#[test]
fn a_worker_that_dies_is_silent_after_three_beats() {
    let bench = Bench::with(ScriptedExecutor::holding(1));
    let mut duties = bench.duties();
    duties.roster.run_once();
    drop(duties);

    bench.clock.advance(BEAT * 3);

    let Listed { now, workers } = listed(&bench);
    assert_eq!(workers[0].status(now), WorkerStatus::Silent);
}

#[test]
fn reports_that_fail_are_told_once_and_again_only_after_one_that_did_not() {
    let bench = Bench::with(ScriptedExecutor::holding(1));
    let mut duties = bench.duties();
    bench.faults.fail(Method::Report, ErrorKind::Unavailable);
    for _ in 0..5 {
        duties.roster.run_once();
    }
    let first = told(&bench);

    bench.faults.heal();
    duties.roster.run_once();
    bench.faults.fail(Method::Report, ErrorKind::Unavailable);
    for _ in 0..5 {
        duties.roster.run_once();
    }

    assert_eq!((first, told(&bench)), (1, 1));
}

#[test]
fn a_roster_that_fails_for_good_harms_no_job() {
    let bench = Bench::with(ScriptedExecutor::holding(1));
    bench.faults.set(|call| match call.method {
        Method::Report | Method::Leave => Fault::Before(ErrorKind::Corrupt),
        _ => Fault::None,
    });
    let job = bench.enqueue(a_job("add"));
    let worker = bench.worker();
    bench.executor.started.expect("a start");

    bench.executor.end(job, success(b"value"));

    assert_eq!(bench.events.expect_end(job), State::Success);
    assert!(!worker.is_broken());
    worker.drain();
    assert_eq!(worker.wait(), Exit::Drained);
}
