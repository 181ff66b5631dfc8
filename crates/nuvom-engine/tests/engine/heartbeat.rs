//! The heartbeat: what is renewed, what is heard, and when a lease is given up unasked.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use nuvom_core::ports::Topic;
use nuvom_core::{ErrorKind, Event, State};
use nuvom_engine::{Duties, Duty, Interrupt};
use nuvom_testkit::builders::{a_job, success};
use nuvom_testkit::faulty::{Fault, Method};

use crate::support::{BEAT, Bench, LEASE, ScriptedExecutor, just_under};

/// A bench on which one job runs.
fn running() -> (Bench, Duties, nuvom_core::JobId) {
    let bench = Bench::with(ScriptedExecutor::holding(1));
    bench.clock.advance(BEAT);
    let job = bench.enqueue(a_job("add"));
    let mut duties = bench.duties();
    duties.exchange.run_once();
    bench.events.seen();
    (bench, duties, job)
}

#[test]
fn what_is_held_is_renewed_for_a_whole_lease() {
    let (bench, mut duties, job) = running();
    bench.clock.advance(BEAT);

    duties.heartbeat.run_once();

    let until = bench.job(job).lease_until.unwrap();
    assert_eq!(until.since(bench.job(job).started_at.unwrap()), BEAT + LEASE);
}

#[test]
fn a_fresh_claim_is_not_renewed_yet() {
    let (bench, mut duties, _) = running();
    let before = bench.faults.calls();

    duties.heartbeat.run_once();

    assert_eq!(bench.faults.calls(), before);
}

#[test]
fn a_long_job_keeps_its_lease_for_as_long_as_it_runs() {
    let (bench, mut duties, job) = running();

    for _ in 0..100 {
        bench.clock.advance(BEAT);
        duties.heartbeat.run_once();
        duties.reaper.run_once();
    }

    let held = bench.job(job);
    assert_eq!((held.state, held.lease.0, held.losses), (State::Running, 1, 0));
}

#[test]
fn more_claims_than_one_renewal_takes_are_all_renewed() {
    let mut bench = Bench::with(ScriptedExecutor::holding(1_200));
    bench.config.batch = 2_000;
    let jobs = bench.enqueue_many(1_200);
    let mut duties = bench.duties();
    duties.exchange.run_once();
    bench.clock.advance(BEAT);

    duties.heartbeat.run_once();
    bench.clock.advance(just_under(LEASE));
    duties.reaper.run_once();

    assert_eq!(bench.count(&jobs, State::Running), 1_200);
}

#[test]
fn a_request_to_cancel_reaches_the_attempt() {
    let (bench, mut duties, job) = running();
    bench.cancel(job);

    // The store wakes the duty, and even a fresh claim is looked at.
    duties.heartbeat.run_once();
    duties.exchange.run_once();

    assert_eq!(bench.executor.interrupted.seen(), [(job, Interrupt::Cancel)]);
    assert_eq!(bench.state(job), State::Cancelled);
}

#[test]
fn a_request_to_cancel_is_not_forgotten_when_the_beat_that_should_hear_it_fails() {
    let (bench, mut duties, job) = running();
    bench.cancel(job);
    bench.faults.fail(Method::Renew, ErrorKind::Unavailable);
    duties.heartbeat.run_once();
    bench.faults.heal();

    duties.heartbeat.run_once();

    assert_eq!(bench.executor.interrupted.seen(), [(job, Interrupt::Cancel)]);
}

#[test]
fn a_lost_lease_ends_the_attempt_and_is_told_once() {
    let (bench, mut duties, job) = running();
    bench.lose_everything();
    bench.claim_elsewhere();

    duties.heartbeat.run_once();
    duties.heartbeat.run_once();

    assert_eq!(bench.executor.interrupted.seen(), [(job, Interrupt::LeaseLost)]);
    let lost = bench.events.seen().into_iter().filter(|e| matches!(e, Event::LeaseLost { .. })).count();
    assert_eq!(lost, 1);
}

#[test]
fn the_end_of_an_attempt_whose_lease_was_lost_changes_nothing() {
    let (bench, mut duties, job) = running();
    bench.lose_everything();
    bench.claim_elsewhere();
    duties.heartbeat.run_once();

    duties.exchange.run_once();

    let rescued = bench.job(job);
    assert_eq!((rescued.state, rescued.lease.0, rescued.handbacks), (State::Running, 2, 0));
    assert!(bench.events.seen().iter().any(|event| matches!(event, Event::Stale { .. })));
}

#[test]
fn a_job_that_ended_before_the_beat_is_no_lost_lease() {
    let (bench, mut duties, job) = running();
    bench.clock.advance(BEAT);
    bench.executor.end(job, success(b"value"));
    duties.exchange.run_once();
    bench.events.seen();

    duties.heartbeat.run_once();

    assert!(bench.events.seen().is_empty());
}

#[test]
fn a_job_that_ends_while_the_beat_is_under_way_is_no_lost_lease() {
    let (bench, mut duties, job) = running();
    bench.clock.advance(BEAT);
    bench.executor.end(job, success(b"value"));
    // The beat comes when the store has the end, and the exchange has not heard so.
    let heartbeat = Mutex::new(duties.heartbeat);
    let beat = move || {
        heartbeat.lock().unwrap().run_once();
    };
    let _subscription = bench.truth.jobs.subscribe(Topic::Ended, Arc::new(beat)).unwrap();

    duties.exchange.run_once();

    let events = bench.events.seen();
    assert!(matches!(events[..], [Event::Ended { state: State::Success, .. }]), "{events:?}");
}

#[test]
fn a_finished_attempt_is_not_given_up_when_the_store_comes_back_late() {
    let (bench, mut duties, job) = running();
    bench.executor.end(job, success(b"value"));
    bench.faults.set(|_| Fault::Before(ErrorKind::Unavailable));
    duties.exchange.run_once();
    bench.clock.advance(LEASE * 2);
    let wait = duties.heartbeat.run_once();
    assert!(wait > Duration::from_secs(1), "{wait:?}");
    bench.faults.heal();
    bench.events.seen();

    duties.exchange.run_once();

    let events = bench.events.seen();
    assert!(matches!(events[..], [Event::Ended { state: State::Success, .. }]), "{events:?}");
}

#[test]
fn a_beat_that_fails_is_told_and_repeated_sooner_than_usual() {
    let (bench, mut duties, _) = running();
    bench.clock.advance(BEAT);
    bench.faults.fail(Method::Renew, ErrorKind::Unavailable);

    let wait = duties.heartbeat.run_once();

    assert!(wait < BEAT / 2, "{wait:?}");
    let failed = |event: &Event| matches!(event, Event::StoreFailed { duty: "heartbeat", .. });
    assert!(bench.events.seen().iter().any(failed));
}

#[test]
fn a_holder_that_cannot_beat_gives_its_lease_up_before_another_can_hold_it() {
    let (bench, mut duties, job) = running();
    bench.faults.fail(Method::Renew, ErrorKind::Unavailable);

    let mut passed = Duration::ZERO;
    while bench.executor.running() == [job] {
        let wait = duties.heartbeat.run_once().min(duties.fence.run_once());
        bench.clock.advance(wait);
        passed += wait;
    }

    assert!(passed < LEASE, "{passed:?}");
    assert_eq!(bench.executor.interrupted.seen(), [(job, Interrupt::LeaseLost)]);
}

#[test]
fn a_holder_that_was_asleep_gives_its_lease_up_without_asking_the_store() {
    let (bench, mut duties, job) = running();
    bench.clock.advance(LEASE * 3);
    let asked = bench.faults.calls();

    duties.fence.run_once();

    assert_eq!(bench.executor.interrupted.seen(), [(job, Interrupt::LeaseLost)]);
    assert_eq!(bench.faults.calls(), asked);
}

#[test]
fn a_lease_is_not_given_up_while_it_can_be_trusted() {
    let (bench, mut duties, job) = running();
    bench.faults.fail(Method::Renew, ErrorKind::Unavailable);

    bench.clock.advance(just_under(bench.config.trust()));
    duties.fence.run_once();

    assert_eq!(bench.executor.running(), [job]);
}

#[test]
fn a_beat_that_comes_through_in_time_saves_the_lease() {
    let (bench, mut duties, job) = running();
    bench.faults.fail(Method::Renew, ErrorKind::Unavailable);
    bench.clock.advance(BEAT * 2);
    duties.heartbeat.run_once();
    bench.faults.heal();
    duties.heartbeat.run_once();

    bench.clock.advance(BEAT * 2);
    duties.fence.run_once();

    assert_eq!(bench.executor.running(), [job]);
    assert_eq!(bench.state(job), State::Running);
}

#[test]
fn a_healthy_worker_sleeps_about_one_beat() {
    let (_bench, mut duties, _) = running();

    let wait = duties.heartbeat.run_once();

    assert!(wait >= BEAT.mul_f64(0.9) && wait <= BEAT.mul_f64(1.1), "{wait:?}");
}
