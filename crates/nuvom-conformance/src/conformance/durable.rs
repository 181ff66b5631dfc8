//! What was acknowledged is there when the same data is opened again.

use std::time::Duration;

use nuvom_core::ports::{Ended, Enqueued};
use nuvom_core::{Lease, State};

use super::Harness;
use super::bench::{Bench, LEASE, ids, only};
use crate::builders::{a_job, a_schedule, failure, schedule_id, success, written};

pub fn waiting_jobs_survive_in_their_order(harness: &dyn Harness) {
    let Some(bench) = Bench::promising(harness, |can| can.durable && can.priorities) else { return };
    let second = bench.enqueue(a_job("add").priority(7));
    let first = bench.enqueue(a_job("add").priority(1));

    let bench = bench.reopened(harness);

    assert_eq!(ids(&bench.claim_up_to(5)), [first, second]);
}

pub fn a_record_survives_whole(harness: &dyn Harness) {
    let Some(bench) = Bench::promising(harness, |can| can.durable) else { return };
    let id = bench.ended(a_job("add").signature(7).retries(1).payload(b"5, 7"), failure("boom"));
    let before = bench.job(id);

    let bench = bench.reopened(harness);

    let after = bench.job(id);
    assert_eq!((after.state, after.lease, after.failures), (State::Pending, Lease(1), 1));
    assert_eq!((after.created_at, after.run_at), (before.created_at, before.run_at));
    assert_eq!((after.worker, after.started_at), (before.worker, before.started_at));
    assert_eq!((after.options, after.payload), (before.options, before.payload));
    assert_eq!((after.signature, after.task), (before.signature, before.task));
}

pub fn a_repeated_request_is_recognised_afterwards(harness: &dyn Harness) {
    let Some(bench) = Bench::promising(harness, |can| can.durable && can.records) else { return };
    let job = a_job("add").build();
    bench.enqueue(job.clone());

    let bench = bench.reopened(harness);

    assert_eq!(bench.enqueue_again(&job), Enqueued::Existing(State::Pending));
}

pub fn a_holder_keeps_its_lease(harness: &dyn Harness) {
    let Some(bench) = Bench::promising(harness, |can| can.durable && can.leases) else { return };
    let running = bench.running(a_job("add"));

    let bench = bench.reopened(harness);

    assert!(bench.claim_up_to(1).is_empty());
    assert_eq!(bench.end(&running, success(b"12")), Ended::Applied(State::Success));
}

pub fn a_lease_runs_out_though_the_store_was_closed(harness: &dyn Harness) {
    let Some(bench) = Bench::in_fake_time(harness, |can| can.durable && can.leases) else { return };
    let running = bench.running(a_job("add"));

    let bench = bench.reopened(harness);
    bench.advance(LEASE);

    assert_eq!(only(bench.reap()).held, running.held());
}

pub fn values_and_attempts_survive(harness: &dyn Harness) {
    let needs_joint = |bench: &Bench| bench.stores.joint_results;
    let Some(bench) = Bench::promising(harness, |can| can.durable).filter(needs_joint) else { return };
    let failed = bench.ended(a_job("add"), failure("boom"));
    let done = bench.ended(a_job("add"), success(b"12"));

    let bench = bench.reopened(harness);

    assert_eq!(bench.attempts(failed)[0].error.message, "boom");
    assert_eq!(bench.result(done).unwrap().value.unwrap().as_ref(), b"12");
}

pub fn schedules_survive(harness: &dyn Harness) {
    let Some(bench) = Bench::promising(harness, |can| can.durable) else { return };
    let schedule = a_schedule("report", bench.now() + Duration::from_hours(1));
    bench.schedules().commit(&[written(schedule.clone())]).unwrap();

    let bench = bench.reopened(harness);

    assert_eq!(only(bench.schedules().find(&[schedule_id("report")]).unwrap()), Some(schedule));
}

pub fn time_does_not_step_back_while_the_store_is_closed(harness: &dyn Harness) {
    let Some(bench) = Bench::in_fake_time(harness, |can| can.durable) else { return };
    let before = bench.enqueue(a_job("add"));

    bench.clock.step_back(Duration::from_hours(1));
    let bench = bench.reopened(harness);
    let after = bench.enqueue(a_job("add"));

    assert_eq!(ids(&bench.claim_up_to(2)), [before, after]);
}

pub fn two_openings_see_the_same_jobs(harness: &dyn Harness) {
    let Some(bench) = Bench::promising(harness, |can| can.cross_process && can.records) else { return };
    let other = bench.beside(harness);
    let id = bench.enqueue(a_job("add"));

    let claimed = other.claim();
    let answer = bench.end(&claimed, success(b"12"));

    assert_eq!((claimed.id, answer), (id, Ended::Applied(State::Success)));
    assert_eq!(other.state(id), Some(State::Success));
}
