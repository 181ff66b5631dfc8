//! Jobs whose holder was lost are found, and do not take holders with them for ever.

use std::time::Duration;

use nuvom_core::ports::Reaped;
use nuvom_core::{Ending, Job, Lease, OnLost, State};

use super::Harness;
use super::bench::{Bench, LEASE, MANY, just_under};
use crate::builders::{a_job, jobs, worker};

/// What a reaper tells of this job, when it waits again.
fn reaped_from(job: &Job) -> Reaped {
    Reaped { held: job.held(), task: job.task.clone(), queue: job.queue.clone(), state: State::Pending }
}

pub fn a_job_whose_lease_ran_out_waits_again(harness: &dyn Harness) {
    let Some(bench) = Bench::in_fake_time(harness, |can| can.leases) else { return };
    let running = bench.running(a_job("add"));
    bench.advance(LEASE);

    let reaped = bench.reap();

    let kept = bench.job(running.id);
    assert_eq!(reaped, [reaped_from(&running)]);
    assert_eq!((kept.state, kept.losses, kept.failures), (State::Pending, 1, 0));
    assert_eq!((kept.run_at, kept.lease_until), (bench.now(), None));
}

pub fn a_reaped_job_is_claimable_at_once(harness: &dyn Harness) {
    let Some(bench) = Bench::in_fake_time(harness, |can| can.leases) else { return };
    let lost = bench.running(a_job("add"));
    bench.lose(&lost);

    let rescued = bench.claim();

    assert_eq!((rescued.id, rescued.lease, rescued.attempt()), (lost.id, Lease(2), 1));
}

pub fn a_loss_is_recorded_with_its_holder(harness: &dyn Harness) {
    let Some(bench) = Bench::in_fake_time(harness, |can| can.leases) else { return };
    let running = bench.running(a_job("add"));

    bench.lose(&running);

    let attempts = bench.attempts(running.id);
    assert_eq!(attempts.len(), 1);
    assert_eq!((attempts[0].ending, attempts[0].lease), (Ending::Lost, Lease(1)));
    assert_eq!((&attempts[0].worker, attempts[0].ended_at), (&Some(worker("worker-1")), bench.now()));
    assert!(attempts[0].error.message.contains("worker-1"), "{}", attempts[0].error.message);
}

pub fn a_lease_that_still_runs_is_left_alone(harness: &dyn Harness) {
    let Some(bench) = Bench::in_fake_time(harness, |can| can.leases) else { return };
    let running = bench.running(a_job("add"));
    bench.advance(just_under(LEASE));

    let reaped = bench.reap();

    assert!(reaped.is_empty());
    assert_eq!(bench.state(running.id), Some(State::Running));
}

pub fn only_expired_leases_are_reaped(harness: &dyn Harness) {
    let Some(bench) = Bench::in_fake_time(harness, |can| can.leases) else { return };
    let old = bench.running(a_job("add"));
    bench.advance(Duration::from_secs(20));
    let young = bench.running(a_job("add"));
    bench.advance(Duration::from_secs(10));

    let reaped = bench.reap();

    assert_eq!(reaped, [reaped_from(&old)]);
    assert_eq!(bench.state(young.id), Some(State::Running));
}

pub fn a_reaper_takes_no_more_than_its_limit(harness: &dyn Harness) {
    let Some(bench) = Bench::in_fake_time(harness, |can| can.leases) else { return };
    bench.jobs().enqueue(&jobs("add", 5)).unwrap();
    bench.claim_up_to(5);
    bench.advance(LEASE);

    let counts = [0, 2, 9, 9].map(|limit| bench.jobs().reap(limit).unwrap().len());

    assert_eq!(counts, [0, 2, 3, 0]);
}

pub fn a_lost_job_is_reaped_once(harness: &dyn Harness) {
    let Some(bench) = Bench::in_fake_time(harness, |can| can.leases) else { return };
    let running = bench.running(a_job("add"));
    bench.lose(&running);

    let again = bench.reap();

    assert!(again.is_empty());
    assert_eq!(bench.job(running.id).losses, 1);
}

pub fn the_third_loss_ends_the_job(harness: &dyn Harness) {
    let Some(bench) = Bench::in_fake_time(harness, |can| can.leases) else { return };
    let id = bench.enqueue(a_job("add"));

    let first = bench.lose(&bench.claim());
    let second = bench.lose(&bench.claim());
    let third = bench.lose(&bench.claim());

    let kept = bench.job(id);
    assert_eq!([first, second, third], [State::Pending, State::Pending, State::Failed]);
    assert_eq!((kept.losses, kept.failures, kept.ended_at), (3, 0, Some(bench.now())));
    assert_eq!(bench.attempts(id).len(), 3);
}

pub fn a_task_that_must_not_repeat_fails_at_its_first_loss(harness: &dyn Harness) {
    let Some(bench) = Bench::in_fake_time(harness, |can| can.leases) else { return };
    let running = bench.running(a_job("add").on_lost(OnLost::Fail));

    let state = bench.lose(&running);

    assert_eq!(state, State::Failed);
    assert!(bench.claim_up_to(1).is_empty());
}

pub fn losses_do_not_use_the_budget_for_failures(harness: &dyn Harness) {
    let Some(bench) = Bench::in_fake_time(harness, |can| can.leases) else { return };
    let id = bench.enqueue(a_job("add").retries(1));
    bench.lose(&bench.claim());

    let rescued = bench.claim();
    bench.end(&rescued, crate::builders::failure("boom"));

    let kept = bench.job(id);
    assert_eq!((kept.state, kept.losses, kept.failures), (State::Pending, 1, 1));
}

pub fn many_lost_jobs_are_reaped_in_one_batch(harness: &dyn Harness) {
    let Some(bench) = Bench::in_fake_time(harness, |can| can.leases) else { return };
    bench.jobs().enqueue(&jobs("add", MANY)).unwrap();
    bench.claim_up_to(MANY);
    bench.advance(LEASE);

    let reaped = bench.reap();

    assert_eq!(reaped.len(), MANY);
    assert_eq!(bench.claim_up_to(MANY).len(), MANY);
}

pub fn nothing_lost_is_fine(harness: &dyn Harness) {
    let bench = Bench::open(harness);
    bench.enqueue(a_job("add"));

    assert!(bench.reap().is_empty());
}
