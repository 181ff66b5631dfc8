//! The sweeps that every worker makes: the reaper and the pruner.

use std::time::Duration;

use nuvom_core::{Clock, ErrorKind, Event, State};
use nuvom_engine::{Duties, Duty};
use nuvom_testkit::builders::a_job;
use nuvom_testkit::faulty::Method;

use crate::support::{Bench, LEASE, NEVER, ScriptedExecutor, just_under};

const DAY: Duration = Duration::from_hours(24);

/// A bench with a job that another worker claimed.
fn held_elsewhere() -> (Bench, Duties, nuvom_core::JobId) {
    let bench = Bench::with(ScriptedExecutor::holding(1));
    let job = bench.enqueue(a_job("add"));
    bench.claim_elsewhere();
    let mut duties = bench.duties();
    duties.reaper.run_once();
    (bench, duties, job)
}

#[test]
fn a_job_whose_holder_stopped_renewing_is_recovered_and_told() {
    let (bench, mut duties, job) = held_elsewhere();
    bench.clock.advance(LEASE);

    duties.reaper.run_once();

    assert_eq!(bench.job(job).losses, 1);
    let events = bench.events.seen();
    assert!(
        matches!(&events[..], [Event::Reaped { id, state: State::Pending, .. }] if *id == job),
        "{events:?}"
    );
}

#[test]
fn a_job_is_left_to_its_holder_until_its_lease_has_run_out() {
    let (bench, mut duties, job) = held_elsewhere();
    bench.clock.advance(just_under(LEASE));

    duties.reaper.run_once();

    assert_eq!(bench.state(job), State::Running);
}

#[test]
fn after_the_wall_clock_jumped_forward_nobody_is_declared_lost_for_a_lease() {
    let (bench, mut duties, job) = held_elsewhere();
    bench.clock.set(bench.clock.now() + Duration::from_hours(1));

    let wait = duties.reaper.run_once();

    assert_eq!(wait, LEASE);
    assert_eq!(bench.state(job), State::Running);
}

#[test]
fn a_holder_that_did_not_beat_after_the_jump_is_lost_after_all() {
    let (bench, mut duties, job) = held_elsewhere();
    bench.clock.set(bench.clock.now() + Duration::from_hours(1));
    let wait = duties.reaper.run_once();

    bench.clock.advance(wait);
    duties.reaper.run_once();

    assert_eq!(bench.job(job).losses, 1);
}

#[test]
fn a_wall_clock_that_steps_back_does_not_stop_the_reaper() {
    let (bench, mut duties, job) = held_elsewhere();
    bench.clock.step_back(Duration::from_hours(1));
    bench.clock.advance(LEASE);

    duties.reaper.run_once();

    assert_eq!(bench.job(job).losses, 1);
}

#[test]
fn a_sweep_that_was_full_is_followed_by_another_at_once() {
    let bench = Bench::with(ScriptedExecutor::holding(600));
    let jobs = bench.enqueue_many(600);
    for _ in &jobs {
        bench.claim_elsewhere();
    }
    let mut duties = bench.duties();
    bench.clock.advance(LEASE);

    assert_eq!(duties.reaper.run_once(), Duration::ZERO);
    assert!(duties.reaper.run_once() > Duration::ZERO);

    assert_eq!(bench.count(&jobs, State::Pending), 600);
}

#[test]
fn a_failing_sweep_is_told_and_tried_again() {
    let (bench, mut duties, job) = held_elsewhere();
    bench.clock.advance(LEASE);
    bench.faults.fail(Method::Reap, ErrorKind::Unavailable);
    let wait = duties.reaper.run_once();
    assert!(wait > Duration::ZERO && wait < LEASE);
    bench.faults.heal();

    duties.reaper.run_once();

    assert_eq!(bench.job(job).losses, 1);
    assert!(matches!(bench.events.seen()[0], Event::StoreFailed { duty: "reaper", .. }));
}

/// A bench on which so many jobs were cancelled.
fn with_ended(count: usize) -> (Bench, Duties, Vec<nuvom_core::JobId>) {
    let bench = Bench::with(ScriptedExecutor::holding(1));
    let jobs = bench.enqueue_many(count);
    bench.truth.jobs.cancel(&jobs).unwrap();
    let duties = bench.duties();
    (bench, duties, jobs)
}

#[test]
fn a_job_is_kept_for_its_retention_and_not_longer() {
    let (bench, mut duties, jobs) = with_ended(1);
    bench.clock.advance(just_under(DAY * 7));
    duties.pruner.run_once();
    assert_eq!(bench.states(&jobs), [State::Cancelled]);

    bench.clock.advance(Duration::from_micros(1));
    duties.pruner.run_once();

    assert!(bench.states(&jobs).is_empty());
    assert!(matches!(bench.events.seen()[..], [Event::Pruned { count: 1 }]));
}

#[test]
fn much_to_prune_goes_in_batches_with_a_breath_between() {
    let (bench, mut duties, jobs) = with_ended(1_200);
    bench.clock.advance(DAY * 8);

    let first = duties.pruner.run_once();
    assert_eq!(bench.states(&jobs).len(), 700);
    assert!(first > Duration::ZERO && first < Duration::from_secs(1), "{first:?}");

    duties.pruner.run_once();
    let last = duties.pruner.run_once();
    assert!(bench.states(&jobs).is_empty());
    assert!(last >= NEVER.mul_f64(0.9), "{last:?}");
}

#[test]
fn a_failing_prune_is_told_and_removes_nothing() {
    let (bench, mut duties, jobs) = with_ended(1);
    bench.clock.advance(DAY * 8);
    bench.faults.fail(Method::Prune, ErrorKind::Unavailable);

    duties.pruner.run_once();

    assert_eq!(bench.states(&jobs), [State::Cancelled]);
    assert!(matches!(bench.events.seen()[..], [Event::StoreFailed { duty: "pruner", .. }]));
}
