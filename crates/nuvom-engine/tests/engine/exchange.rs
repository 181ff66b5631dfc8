//! The exchange: how much it claims, and what becomes of ends.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use nuvom_core::{Ending, ErrorKind, Event, State};
use nuvom_engine::{Duty, Executor};
use nuvom_testkit::builders::{a_job, failure, success};
use nuvom_testkit::faulty::{Fault, Method};

use crate::support::{Bench, NEVER, ScriptedExecutor};

#[test]
fn one_job_a_slot_is_claimed_while_nothing_has_ended() {
    let bench = Bench::with(ScriptedExecutor::holding(3));
    let jobs = bench.enqueue_many(10);
    let mut duties = bench.duties();

    duties.exchange.run_once();
    duties.exchange.run_once();

    assert_eq!(bench.executor.running(), jobs[..3]);
    assert_eq!(bench.count(&jobs, State::Running), 3);
}

#[test]
fn a_full_worker_does_not_ask_for_jobs() {
    let bench = Bench::with(ScriptedExecutor::holding(2));
    bench.enqueue_many(10);
    let limits = noted_limits(&bench);
    let mut duties = bench.duties();

    duties.exchange.run_once();
    duties.exchange.run_once();

    assert_eq!(*limits.lock().unwrap(), [Some(2), None]);
}

#[test]
fn a_batch_bounds_what_one_exchange_claims() {
    let mut bench = Bench::with(ScriptedExecutor::holding(10));
    bench.config.batch = 4;
    bench.enqueue_many(10);
    let mut duties = bench.duties();

    duties.exchange.run_once();

    assert_eq!(bench.executor.running().len(), 4);
}

#[test]
fn a_full_claim_is_followed_by_another_at_once() {
    let mut bench = Bench::with(ScriptedExecutor::holding(10));
    bench.config.batch = 4;
    bench.enqueue_many(10);
    let mut duties = bench.duties();

    assert_eq!(duties.exchange.run_once(), Duration::ZERO);
    assert_eq!(duties.exchange.run_once(), Duration::ZERO);
    assert!(duties.exchange.run_once() > Duration::ZERO);

    assert_eq!(bench.executor.running().len(), 10);
}

#[test]
fn only_the_named_queues_are_served() {
    let mut bench = Bench::with(ScriptedExecutor::holding(4));
    bench.config.queues = vec![nuvom_testkit::builders::queue("mail")];
    bench.enqueue(a_job("add").queue("reports"));
    let mail = bench.enqueue(a_job("send").queue("mail"));
    let mut duties = bench.duties();

    duties.exchange.run_once();

    assert_eq!(bench.executor.running(), [mail]);
}

#[test]
fn finishes_and_a_claim_share_one_exchange() {
    let bench = Bench::with(ScriptedExecutor::holding(1));
    let jobs = bench.enqueue_many(2);
    let mut duties = bench.duties();
    duties.exchange.run_once();
    bench.executor.end(jobs[0], success(b"value"));
    let before = bench.faults.calls();

    duties.exchange.run_once();

    assert_eq!(bench.states(&jobs), [State::Success, State::Running]);
    assert_eq!(bench.faults.calls() - before, 1);
}

#[test]
fn an_end_is_told_with_what_is_known_of_its_attempt() {
    let bench = Bench::with(ScriptedExecutor::holding(1));
    let job = bench.enqueue(a_job("add").queue("sums").retries(1));
    bench.clock.advance(Duration::from_secs(3));
    let mut duties = bench.duties();
    duties.exchange.run_once();
    bench.events.seen();
    bench.clock.advance(Duration::from_secs(2));
    bench.executor.end(job, failure("it broke"));

    duties.exchange.run_once();

    let events = bench.events.seen();
    let Some(Event::Ended { id, task, queue, attempt, state, waited, took, error, .. }) = events.first()
    else {
        panic!("no end in {events:?}");
    };
    assert_eq!((*id, task.as_str(), queue.as_str(), *attempt), (job, "add", "sums", 1));
    let spans = (Duration::from_secs(3), Duration::from_secs(2));
    assert_eq!((*state, (*waited, *took)), (State::Pending, spans));
    assert_eq!(error.as_ref().unwrap().message, "it broke");
}

#[test]
fn the_end_of_a_rescued_job_is_dropped_and_told() {
    let bench = Bench::with(ScriptedExecutor::holding(1));
    let job = bench.enqueue(a_job("add"));
    let mut duties = bench.duties();
    duties.exchange.run_once();
    bench.lose_everything();
    bench.claim_elsewhere();
    bench.events.seen();

    bench.executor.end(job, success(b"too late"));
    duties.exchange.run_once();

    assert!(bench.events.seen().iter().any(|event| matches!(event, Event::Stale { id, .. } if *id == job)));
    assert_eq!(bench.state(job), State::Running);
    assert_eq!(bench.result(job), None);
}

#[test]
fn an_idle_worker_sleeps_until_the_next_job_is_due() {
    let bench = Bench::with(ScriptedExecutor::holding(1));
    bench.enqueue(a_job("add").due_in(Duration::from_secs(7)));
    let mut duties = bench.duties();

    assert_eq!(duties.exchange.run_once(), Duration::from_secs(7));
}

#[test]
fn an_idle_worker_with_nothing_ahead_sleeps_until_it_is_woken_or_looks_again() {
    let bench = Bench::with(ScriptedExecutor::holding(1));
    let mut duties = bench.duties();

    let sleep = duties.exchange.run_once();

    assert!(sleep >= NEVER.mul_f64(0.9), "{sleep:?}");
}

/// Jobs that end every ten milliseconds of the test's clock teach the worker to claim ahead.
fn learn_a_fast_rate(bench: &Bench, duties: &mut nuvom_engine::Duties) {
    let jobs = bench.enqueue_many(40);
    for _ in &jobs {
        duties.exchange.run_once();
        bench.clock.advance(Duration::from_millis(10));
        bench.executor.end_all(&success(b"value"));
    }
    duties.exchange.run_once();
    assert_eq!(bench.count(&jobs, State::Success), 40);
}

#[test]
fn a_worker_of_short_jobs_claims_ahead() {
    let bench = Bench::with(ScriptedExecutor::holding(1));
    let mut duties = bench.duties();
    learn_a_fast_rate(&bench, &mut duties);

    let jobs = bench.enqueue_many(20);
    duties.exchange.run_once();

    let held = bench.count(&jobs, State::Running);
    assert!((2..=10).contains(&held), "{held} jobs are held");
}

#[test]
fn jobs_claimed_ahead_go_back_unharmed_when_long_ones_stand_before_them() {
    let bench = Bench::with(ScriptedExecutor::holding(1));
    let mut duties = bench.duties();
    learn_a_fast_rate(&bench, &mut duties);
    let jobs = bench.enqueue_many(20);
    duties.exchange.run_once();
    let ahead: Vec<_> = jobs[1..].iter().copied().filter(|id| bench.state(*id) == State::Running).collect();
    assert!(!ahead.is_empty());

    for _ in 0..4 {
        bench.clock.advance(Duration::from_millis(600));
        duties.exchange.run_once();
    }

    assert_eq!(bench.state(jobs[0]), State::Running);
    assert_eq!(bench.count(&ahead, State::Pending), ahead.len());
    let returned = bench.job(ahead[0]);
    assert_eq!((returned.failures, returned.losses, returned.handbacks), (0, 0, 1));
    assert_eq!(bench.attempts(ahead[0])[0].error.kind, "Busy");
}

#[test]
fn what_a_full_worker_gave_back_it_leaves_to_others() {
    let bench = Bench::with(ScriptedExecutor::holding(1));
    let mut duties = bench.duties();
    learn_a_fast_rate(&bench, &mut duties);
    let jobs = bench.enqueue_many(20);
    duties.exchange.run_once();
    assert!(bench.count(&jobs, State::Running) > 1);
    for _ in 0..4 {
        bench.clock.advance(Duration::from_millis(600));
        duties.exchange.run_once();
        // What goes back is handed in with the next exchange, which follows at once.
        bench.clock.advance(Duration::from_millis(2));
        duties.exchange.run_once();
    }

    for _ in 0..5 {
        bench.clock.advance(Duration::from_millis(2));
        duties.exchange.run_once();
    }

    assert_eq!(bench.count(&jobs, State::Running), 1);
    assert!(jobs.iter().all(|id| bench.job(*id).handbacks <= 1));
}

#[test]
fn a_steady_flow_of_short_jobs_is_never_taken_for_a_jam() {
    let bench = Bench::with(ScriptedExecutor::holding(1));
    let mut duties = bench.duties();
    learn_a_fast_rate(&bench, &mut duties);
    let jobs = bench.enqueue_many(400);
    duties.exchange.run_once();

    for _ in 0..300 {
        bench.clock.advance(Duration::from_millis(10));
        bench.executor.end_all(&success(b"value"));
        duties.exchange.run_once();
    }

    let handed_back: u32 = jobs.iter().map(|id| bench.job(*id).handbacks).sum();
    assert_eq!(handed_back, 0);
}

#[test]
fn ends_that_a_store_could_not_take_are_handed_in_later() {
    let bench = Bench::with(ScriptedExecutor::holding(2));
    let jobs = bench.enqueue_many(2);
    let mut duties = bench.duties();
    duties.exchange.run_once();
    bench.executor.end(jobs[0], success(b"one"));
    bench.faults.fail(Method::Exchange, ErrorKind::Unavailable);
    duties.exchange.run_once();
    bench.executor.end(jobs[1], success(b"two"));
    duties.exchange.run_once();
    assert_eq!(bench.count(&jobs, State::Running), 2);

    bench.faults.heal();
    duties.exchange.run_once();

    assert_eq!(bench.states(&jobs), [State::Success, State::Success]);
    assert_eq!(bench.result(jobs[0]).unwrap().value.unwrap().as_ref(), b"one");
}

#[test]
fn a_store_in_trouble_is_asked_less_and_less_often_but_always_within_seconds() {
    let bench = Bench::with(ScriptedExecutor::holding(1));
    bench.enqueue_many(1);
    bench.faults.fail(Method::Exchange, ErrorKind::Unavailable);
    let mut duties = bench.duties();

    let waits: Vec<_> = (0..12).map(|_| duties.exchange.run_once()).collect();

    assert!(waits[0] < Duration::from_millis(100), "{waits:?}");
    assert!(waits[3] > waits[0], "{waits:?}");
    assert!(*waits.last().unwrap() <= Duration::from_secs(6), "{waits:?}");
    assert!(bench.events.seen().iter().all(|event| matches!(event, Event::StoreFailed { .. })));
}

#[test]
fn an_end_that_the_store_refuses_for_good_does_not_hold_up_the_others() {
    let bench = Bench::with(ScriptedExecutor::holding(3));
    let jobs = bench.enqueue_many(3);
    let poison = jobs[1];
    let mut duties = bench.duties();
    duties.exchange.run_once();
    bench.executor.end_all(&success(b"value"));
    bench.faults.set(move |call| {
        let poisoned = call.ends.iter().any(|end| end.id == poison);
        if poisoned { Fault::Before(ErrorKind::Internal) } else { Fault::None }
    });

    duties.exchange.run_once();

    assert_eq!(bench.states(&jobs), [State::Success, State::Running, State::Success]);
}

#[test]
fn a_job_whose_end_was_refused_for_good_is_offered_again_when_its_lease_has_run_out() {
    let bench = Bench::with(ScriptedExecutor::holding(1));
    let job = bench.enqueue(a_job("add"));
    let mut duties = bench.duties();
    duties.exchange.run_once();
    bench.executor.end(job, success(b"value"));
    bench.faults.fail(Method::Exchange, ErrorKind::Corrupt);
    duties.exchange.run_once();
    bench.faults.heal();

    duties.heartbeat.run_once();
    bench.clock.advance(crate::support::LEASE);
    duties.reaper.run_once();

    assert_eq!(bench.state(job), State::Pending);
    assert_eq!(bench.attempts(job)[0].ending, Ending::Lost);
}

/// Notes the limit of each exchange's claim.
fn noted_limits(bench: &Bench) -> Arc<Mutex<Vec<Option<usize>>>> {
    let limits: Arc<Mutex<Vec<_>>> = Arc::default();
    let noted = Arc::clone(&limits);
    bench.faults.set(move |call| {
        if call.method == Method::Exchange {
            noted.lock().unwrap().push(call.limit);
        }
        Fault::None
    });
    limits
}

#[test]
fn what_is_held_never_exceeds_what_was_asked_for() {
    let mut bench = Bench::with(ScriptedExecutor::holding(2));
    bench.config.batch = 5;
    bench.enqueue_many(500);
    let limits = noted_limits(&bench);
    let mut duties = bench.duties();

    for _ in 0..60 {
        duties.exchange.run_once();
        let load = bench.executor.load();
        assert!(load.queued + load.running <= 10, "{load:?}");
        bench.clock.advance(Duration::from_millis(2));
        bench.executor.end_all(&success(b"value"));
    }

    assert!(limits.lock().unwrap().iter().flatten().all(|limit| *limit <= 5));
}
