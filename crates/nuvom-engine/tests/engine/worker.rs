//! A whole worker on its threads: that it is woken, and how it stops.

use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use nuvom_core::{ErrorKind, Event, EventSink, JobId, Outcome, State};
use nuvom_engine::{Duties, Exit, Interrupt, Worker};
use nuvom_testkit::builders::{a_job, failure, success, unknown_task};
use nuvom_testkit::faulty::{Fault, Method};
use nuvom_testkit::{PATIENCE, Probe};

use crate::support::{AT_ONCE, Bench, ScriptedExecutor};

/// A worker with one running job.
fn running(bench: &Bench) -> (Worker, JobId) {
    let job = bench.enqueue(a_job("add"));
    let worker = bench.worker();
    assert_eq!(bench.executor.started.expect("the start of the job"), job);
    (worker, job)
}

fn stop(worker: &Worker) -> Exit {
    worker.drain();
    worker.wait()
}

#[test]
fn an_idle_worker_is_woken_by_a_new_job() {
    let bench = Bench::with(ScriptedExecutor::succeeding(1));
    let worker = bench.worker();
    bench.events.expect("the start", |event| matches!(event, Event::WorkerStarted { .. }).then_some(()));

    let job = bench.enqueue(a_job("add"));

    assert_eq!(bench.events.expect_end(job), State::Success);
    assert_eq!(stop(&worker), Exit::Drained);
}

#[test]
fn thousands_of_jobs_all_end() {
    let bench = Bench::with(ScriptedExecutor::succeeding(4));
    let worker = bench.worker();

    let jobs = bench.enqueue_many(5_000);
    bench.events.expect_ends(5_000);

    assert_eq!(bench.count(&jobs, State::Success), 5_000);
    assert_eq!(stop(&worker), Exit::Drained);
}

#[test]
fn a_job_of_an_unknown_task_goes_back_and_leaves_the_worker_drained() {
    let bench = Bench::with(ScriptedExecutor::holding(1));
    let (worker, job) = running(&bench);

    bench.executor.end(job, unknown_task());
    bench.events.expect_end(job);

    assert_eq!(bench.state(job), State::Pending);
    assert_eq!(stop(&worker), Exit::Drained);
}

#[test]
fn a_request_to_cancel_is_heard_at_once_and_not_at_the_next_beat() {
    let bench = Bench::with(ScriptedExecutor::holding(1));
    let (worker, job) = running(&bench);

    bench.cancel(job);

    assert_eq!(bench.executor.interrupted.expect("the interrupt"), (job, Interrupt::Cancel));
    assert_eq!(bench.events.expect_end(job), State::Cancelled);
    assert_eq!(stop(&worker), Exit::Drained);
}

#[test]
fn after_a_drain_nothing_is_claimed_and_what_runs_may_finish() {
    let bench = Bench::with(ScriptedExecutor::holding(2));
    let (worker, job) = running(&bench);

    worker.drain();
    let late = bench.enqueue(a_job("add"));
    bench.executor.end(job, success(b"value"));

    assert_eq!(worker.wait(), Exit::Drained);
    assert_eq!(bench.state(job), State::Success);
    assert_eq!((bench.state(late), bench.job(late).lease.0), (State::Pending, 0));
}

#[test]
fn what_had_not_started_goes_back_unharmed_and_leaves_the_worker_drained() {
    let bench = Bench::with(ScriptedExecutor::holding(4).starting(1));
    let jobs = bench.enqueue_many(4);
    let worker = bench.worker();
    bench.executor.started.expect("the start of the first job");

    worker.drain();
    bench.events.expect_ends(3);
    bench.executor.end(jobs[0], success(b"value"));

    assert_eq!(worker.wait(), Exit::Drained);
    assert_eq!(bench.states(&jobs), [State::Success, State::Pending, State::Pending, State::Pending]);
    let returned = bench.job(jobs[3]);
    assert_eq!((returned.failures, returned.losses, returned.handbacks), (0, 0, 1));
}

#[test]
fn a_failure_while_draining_is_recorded() {
    let bench = Bench::with(ScriptedExecutor::holding(1));
    let (worker, job) = running(&bench);

    worker.drain();
    bench.executor.end(job, failure("it broke"));

    assert_eq!(worker.wait(), Exit::Drained);
    assert_eq!(bench.state(job), State::Failed);
}

#[test]
fn a_cut_interrupts_what_runs_and_gives_it_back_unharmed() {
    let bench = Bench::with(ScriptedExecutor::holding(1));
    let (worker, job) = running(&bench);

    worker.cut();

    assert_eq!(bench.executor.interrupted.expect("the interrupt"), (job, Interrupt::Stop));
    assert_eq!(worker.wait(), Exit::HandedBack(1));
    let returned = bench.job(job);
    assert_eq!((returned.state, returned.failures, returned.handbacks), (State::Pending, 0, 1));
}

#[test]
fn the_end_of_the_grace_period_interrupts_what_runs() {
    let mut bench = Bench::with(ScriptedExecutor::holding(1));
    bench.config.stop_grace = AT_ONCE;
    let (worker, job) = running(&bench);

    assert_eq!(stop(&worker), Exit::HandedBack(1));

    assert_eq!(bench.executor.interrupted.seen(), [(job, Interrupt::Stop)]);
    assert_eq!(bench.state(job), State::Pending);
}

#[test]
fn an_attempt_that_ends_in_its_own_way_when_it_is_interrupted_is_not_handed_back() {
    let bench = Bench::with(ScriptedExecutor::holding(1).stubborn());
    let (worker, job) = running(&bench);

    worker.cut();
    bench.executor.interrupted.expect("the interrupt");
    bench.executor.end(job, success(b"value"));

    assert_eq!(worker.wait(), Exit::Drained);
    assert_eq!(bench.state(job), State::Success);
}

#[test]
fn what_cannot_be_interrupted_goes_back_when_the_last_grace_is_over() {
    let mut bench = Bench::with(ScriptedExecutor::holding(1).stubborn());
    bench.config.stop_grace = AT_ONCE;
    // The hand-back has to reach the store in this time.
    bench.config.cut_grace = Duration::from_millis(300);
    let (worker, job) = running(&bench);

    assert_eq!(stop(&worker), Exit::HandedBack(1));

    let returned = bench.job(job);
    assert_eq!((returned.state, returned.failures, returned.handbacks), (State::Pending, 0, 1));
}

#[test]
fn what_a_job_returns_after_it_was_given_back_is_void() {
    let mut bench = Bench::with(ScriptedExecutor::holding(1).stubborn());
    bench.config.stop_grace = AT_ONCE;
    bench.config.cut_grace = Duration::from_millis(300);
    let (worker, job) = running(&bench);
    stop(&worker);

    bench.executor.end(job, success(b"too late"));

    assert_eq!((bench.state(job), bench.result(job)), (State::Pending, None));
}

#[test]
fn a_worker_stops_in_time_although_its_store_is_away() {
    let mut bench = Bench::with(ScriptedExecutor::holding(1));
    (bench.config.stop_grace, bench.config.cut_grace) = (AT_ONCE, AT_ONCE);
    let (worker, job) = running(&bench);
    bench.faults.set(|_| Fault::Before(ErrorKind::Unavailable));

    assert_eq!(stop(&worker), Exit::HandedBack(1));

    // Nobody could tell the store; the lease runs out by itself.
    assert_eq!(bench.state(job), State::Running);
    bench.lose_everything();
    assert_eq!(bench.state(job), State::Pending);
}

#[test]
fn a_claim_that_is_under_way_when_the_worker_stops_is_not_left_behind() {
    let bench = Bench::with(ScriptedExecutor::holding(2));
    let (asked, release) = (Probe::new(), channel::<()>());
    let (signal, held) = (asked.signal(), Mutex::new(release.1));
    bench.faults.set(move |call| {
        if call.limit.is_some() {
            signal.send(()).unwrap();
            let _ = held.lock().unwrap().recv_timeout(PATIENCE);
        }
        Fault::None
    });
    let jobs = bench.enqueue_many(2);
    let worker = Arc::new(bench.worker());
    asked.expect("the claim");

    worker.drain();
    let waiting = std::thread::spawn({
        let worker = Arc::clone(&worker);
        move || worker.wait()
    });
    // In vain, unless the worker ends before it knows what it claimed.
    bench.executor.closed.wait(Duration::from_millis(50));
    drop(release.0);
    bench.executor.started.expect("the start of the first job");
    bench.executor.started.expect("the start of the second job");
    bench.executor.end_all(&success(b"value"));

    assert_eq!(waiting.join().unwrap(), Exit::Drained);
    assert_eq!(bench.states(&jobs), [State::Success, State::Success]);
}

/// Keeps whoever tells of a lost lease until the executor was closed, but not long.
struct Hesitant(Arc<ScriptedExecutor>);

impl EventSink for Hesitant {
    fn emit(&self, events: Vec<Event>) {
        if events.iter().any(|event| matches!(event, Event::LeaseLost { .. })) {
            // In vain, unless the worker ends before the attempt was interrupted.
            self.0.closed.wait(Duration::from_millis(50));
        }
    }
}

#[test]
fn an_attempt_that_loses_its_lease_during_a_stop_is_interrupted_before_the_end() {
    let bench = Bench::with(ScriptedExecutor::holding(1));
    let events = Arc::new(Hesitant(Arc::clone(&bench.executor)));
    let (config, stores, clock) = (bench.config.clone(), bench.stores.clone(), Arc::clone(&bench.clock));
    let job = bench.enqueue(a_job("add"));
    let worker =
        Duties::assemble(config, stores, clock, Arc::clone(&bench.executor), events).start().unwrap();
    bench.executor.started.expect("the start of the job");
    bench.lose_everything();
    bench.claim_elsewhere();
    worker.drain();

    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| worker.wait());
        // What wakes the heartbeat: it asks for the lease, and hears that it is lost.
        bench.cancel(job);
        assert_eq!(waiting.join().unwrap(), Exit::Drained);
    });

    assert_eq!(bench.executor.interrupted.seen(), [(job, Interrupt::LeaseLost)]);
}

#[test]
fn stopping_twice_changes_nothing() {
    let bench = Bench::with(ScriptedExecutor::holding(1));
    let (worker, _) = running(&bench);

    worker.cut();
    worker.cut();
    worker.drain();

    assert_eq!(worker.wait(), Exit::HandedBack(1));
    assert_eq!(worker.wait(), Exit::HandedBack(1));
    let stopped = bench.events.seen().into_iter().filter(|e| matches!(e, Event::WorkerStopped { .. }));
    assert_eq!(stopped.count(), 1);
}

#[test]
fn a_stop_is_told_from_its_beginning_to_its_end() {
    let bench = Bench::with(ScriptedExecutor::holding(1));
    let (worker, _) = running(&bench);

    worker.cut();
    worker.wait();

    let events = bench.events.seen();
    let stopping = |event: &Event| matches!(event, Event::WorkerStopping { running: 1, .. });
    assert!(events.iter().any(stopping), "{events:?}");
    let last = events.last();
    assert!(matches!(last, Some(Event::WorkerStopped { handed_back: 1, .. })), "{last:?}");
}

#[test]
fn two_hundred_workers_in_a_row_start_work_and_stop() {
    let bench = Bench::with(ScriptedExecutor::succeeding(1));

    let exits: Vec<Exit> = (0..200)
        .map(|_| {
            let worker = bench.worker();
            let job = bench.enqueue(a_job("add"));
            assert_eq!(bench.events.expect_end(job), State::Success);
            stop(&worker)
        })
        .collect();

    assert!(exits.iter().all(|exit| *exit == Exit::Drained));
}

#[test]
fn a_worker_that_is_stopped_as_soon_as_it_starts_leaves_every_job_in_one_piece() {
    let bench = Bench::with(ScriptedExecutor::succeeding(2));
    let jobs = bench.enqueue_many(200);

    let exits: Vec<Exit> = (0..200).map(|_| stop(&bench.worker())).collect();

    assert!(exits.iter().all(|exit| *exit == Exit::Drained));
    assert_eq!(bench.count(&jobs, State::Running), 0);
}

#[test]
fn a_worker_whose_duty_broke_says_so_and_can_still_be_stopped() {
    let mut bench = Bench::with(ScriptedExecutor::holding(1));
    (bench.config.stop_grace, bench.config.cut_grace) = (AT_ONCE, AT_ONCE);
    bench.faults.set(|call| match call.method {
        Method::Exchange => panic!("a defect of a store, on purpose"),
        _ => Fault::None,
    });
    let worker = bench.worker();

    stop(&worker);

    assert!(worker.is_broken());
}

#[test]
fn a_store_that_cannot_wake_anyone_is_no_reason_not_to_start() {
    let mut bench = Bench::with(ScriptedExecutor::succeeding(1));
    bench.config.poll = Duration::from_millis(10);
    bench.faults.fail(Method::Subscribe, ErrorKind::Unsupported);
    let worker = bench.worker();

    let job = bench.enqueue(a_job("add"));

    assert_eq!(bench.events.expect_end(job), State::Success);
    assert_eq!(stop(&worker), Exit::Drained);
}

#[test]
fn an_outcome_without_a_value_is_a_success() {
    let bench = Bench::with(ScriptedExecutor::scripted(1, |_| Some(Outcome::Succeeded { result: None })));
    let worker = bench.worker();

    let job = bench.enqueue(a_job("add"));

    assert_eq!(bench.events.expect_end(job), State::Success);
    assert_eq!(bench.result(job), None);
    stop(&worker);
}
