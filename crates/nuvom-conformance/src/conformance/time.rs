//! A wall clock that steps back neither frees leases late or early nor keeps jobs from running.

use std::time::Duration;

use nuvom_core::State;
use nuvom_core::ports::Renewal;

use super::Harness;
use super::bench::{Bench, LEASE, ids, just_under, only};
use crate::builders::a_job;

const HOUR: Duration = Duration::from_hours(1);

pub fn a_job_enqueued_after_a_step_back_is_claimable_at_once(harness: &dyn Harness) {
    let Some(bench) = Bench::in_fake_time(harness, |can| can.records) else { return };
    let before = bench.enqueue(a_job("add"));
    bench.clock.step_back(HOUR);
    let after = bench.enqueue(a_job("add"));

    let claimed = bench.claim_up_to(2);

    assert_eq!(ids(&claimed), [before, after]);
}

pub fn the_times_of_a_record_do_not_step_back(harness: &dyn Harness) {
    let Some(bench) = Bench::in_fake_time(harness, |can| can.records) else { return };
    let before = bench.enqueue(a_job("add"));
    bench.clock.step_back(HOUR);

    let after = bench.enqueue(a_job("add"));

    let (before, after) = (bench.job(before), bench.job(after));
    assert!(after.created_at >= before.created_at);
    assert_eq!(after.run_at, after.created_at);
}

pub fn a_step_back_does_not_keep_a_lease_alive(harness: &dyn Harness) {
    let Some(bench) = Bench::in_fake_time(harness, |can| can.leases) else { return };
    let running = bench.running(a_job("add"));
    bench.clock.step_back(HOUR);

    bench.advance(LEASE);

    assert_eq!(only(bench.reap()).held, running.held());
}

pub fn a_step_back_does_not_end_a_lease_early(harness: &dyn Harness) {
    let Some(bench) = Bench::in_fake_time(harness, |can| can.leases) else { return };
    bench.clock.step_back(HOUR);
    let running = bench.running(a_job("add"));
    bench.clock.step_back(HOUR);
    bench.advance(just_under(LEASE));

    assert!(bench.reap().is_empty());
    assert_eq!(bench.state(running.id), Some(State::Running));
}

pub fn an_expired_lease_stays_expired_after_a_step_back(harness: &dyn Harness) {
    let Some(bench) = Bench::in_fake_time(harness, |can| can.leases) else { return };
    let running = bench.running(a_job("add"));
    bench.advance(LEASE);
    bench.enqueue(a_job("add"));
    bench.clock.step_back(HOUR);

    assert_eq!(only(bench.reap()).held, running.held());
}

pub fn a_beat_after_a_step_back_extends_the_lease(harness: &dyn Harness) {
    let Some(bench) = Bench::in_fake_time(harness, |can| can.leases) else { return };
    let running = bench.running(a_job("add"));
    bench.clock.step_back(HOUR);
    bench.advance(Duration::from_secs(10));

    let answer = only(bench.jobs().renew(&[running.held()], LEASE).unwrap());

    let until = running.lease_until.unwrap() + Duration::from_secs(10);
    assert_eq!(answer, Renewal::Kept { until, cancel: false });
}

pub fn a_delay_passes_at_its_pace_after_a_step_back(harness: &dyn Harness) {
    let Some(bench) = Bench::in_fake_time(harness, |can| can.delays && can.records) else { return };
    let id = bench.enqueue(a_job("add").due_in(Duration::from_mins(1)));
    bench.clock.step_back(HOUR);
    bench.advance(Duration::from_mins(1));

    assert_eq!(bench.claim().id, id);
}

pub fn a_step_forward_makes_what_was_for_later_due(harness: &dyn Harness) {
    let Some(bench) = Bench::in_fake_time(harness, |can| can.delays) else { return };
    let id = bench.enqueue(a_job("add").due_in(HOUR));

    bench.clock.set(bench.now() + HOUR);

    assert_eq!(bench.claim().id, id);
}
