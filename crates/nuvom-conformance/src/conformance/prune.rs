//! Ended jobs are forgotten when their retention has passed, with all that belongs to them.

use std::time::Duration;

use nuvom_core::ports::{Enqueued, Filter};
use nuvom_core::{JobId, Retention, State};

use super::Harness;
use super::bench::{Bench, LEASE, MANY, ids_of_new, just_under};
use crate::builders::{a_job, failure, jobs, success};

const HOUR: Duration = Duration::from_hours(1);
const KEEP: Retention = Retention { done: HOUR, failed: Duration::from_hours(3) };

pub fn an_ended_job_is_kept_for_its_retention(harness: &dyn Harness) {
    let Some(bench) = Bench::in_fake_time(harness, |can| can.records) else { return };
    let id = bench.ended(a_job("add"), success(b"12"));

    bench.advance(just_under(HOUR));
    let early = prune(&bench);
    bench.advance(Duration::from_micros(1));
    let due = prune(&bench);

    assert_eq!((early, due), (0, 1));
    assert_eq!(bench.state(id), None);
}

pub fn a_cancelled_job_goes_like_one_that_succeeded(harness: &dyn Harness) {
    let Some(bench) = Bench::in_fake_time(harness, |can| can.records) else { return };
    let id = bench.enqueue(a_job("add"));
    bench.cancel(id);
    bench.advance(HOUR);

    assert_eq!(prune(&bench), 1);
    assert_eq!(bench.state(id), None);
}

pub fn a_failed_job_is_kept_longer(harness: &dyn Harness) {
    let Some(bench) = Bench::in_fake_time(harness, |can| can.records) else { return };
    let id = bench.ended(a_job("add"), failure("boom"));

    bench.advance(HOUR);
    let early = prune(&bench);
    bench.advance(HOUR * 2);
    let due = prune(&bench);

    assert_eq!((early, due), (0, 1));
    assert_eq!(bench.state(id), None);
}

pub fn what_waits_or_runs_is_never_pruned(harness: &dyn Harness) {
    let Some(bench) = Bench::in_fake_time(harness, |_| true) else { return };
    let running = bench.running(a_job("add"));
    let waiting = bench.enqueue(a_job("add"));
    bench.advance(HOUR * 1000);

    assert_eq!(prune(&bench), 0);
    assert_eq!(bench.state(running.id), Some(State::Running));
    assert_eq!(bench.state(waiting), Some(State::Pending));
}

pub fn a_revived_job_is_not_pruned_for_its_earlier_life(harness: &dyn Harness) {
    let Some(bench) = Bench::in_fake_time(harness, |_| true) else { return };
    let id = bench.ended(a_job("add"), failure("boom"));
    bench.retry(id);
    bench.advance(HOUR * 1000);

    assert_eq!(prune(&bench), 0);
    assert_eq!(bench.claim().id, id);
}

pub fn the_retention_of_a_revived_job_runs_from_its_last_end(harness: &dyn Harness) {
    let Some(bench) = Bench::in_fake_time(harness, |can| can.leases) else { return };
    let id = bench.ended(a_job("add"), failure("boom"));
    bench.advance(HOUR * 2);
    bench.retry(id);
    bench.end(&bench.claim(), failure("again"));
    bench.advance(HOUR * 2);

    assert_eq!(prune(&bench), 0);
    assert_eq!(bench.state(id), Some(State::Failed));
}

pub fn attempts_and_value_go_with_their_job(harness: &dyn Harness) {
    let Some(bench) = Bench::in_fake_time(harness, |can| can.leases) else { return };
    let id = bench.enqueue(a_job("add"));
    bench.lose(&bench.claim());
    bench.end(&bench.claim(), success(b"12"));
    bench.advance(HOUR);

    prune(&bench);

    assert!(bench.attempts(id).is_empty());
    assert!(!bench.stores.joint_results || bench.result(id).is_none());
}

pub fn the_id_of_a_forgotten_job_is_new_again(harness: &dyn Harness) {
    let Some(bench) = Bench::in_fake_time(harness, |can| can.records) else { return };
    let job = a_job("add").build();
    bench.ended(job.clone(), failure("boom"));
    bench.advance(HOUR * 3);
    prune(&bench);

    let answer = bench.enqueue_again(&job);

    assert_eq!(answer, Enqueued::New);
    assert_eq!((bench.job(job.id).failures, bench.attempts(job.id).len()), (0, 0));
}

pub fn a_pruner_takes_no_more_than_its_limit(harness: &dyn Harness) {
    let Some(bench) = Bench::in_fake_time(harness, |can| can.records) else { return };
    cancelled(&bench, 5);
    bench.advance(HOUR);

    let counts = [0, 2, 9, 9].map(|limit| bench.jobs().prune(&KEEP, limit).unwrap().len());

    assert_eq!(counts, [0, 2, 3, 0]);
}

pub fn a_pruner_is_told_which_jobs_went(harness: &dyn Harness) {
    let Some(bench) = Bench::in_fake_time(harness, |_| true) else { return };
    let job = bench.ended(a_job("add"), success(b"12"));
    bench.advance(HOUR);

    let gone = bench.jobs().prune(&KEEP, MANY).unwrap();

    assert_eq!(gone, [job]);
}

pub fn the_limit_counts_all_ended_jobs_together(harness: &dyn Harness) {
    let Some(bench) = Bench::in_fake_time(harness, |_| true) else { return };
    bench.ended(a_job("add"), failure("boom"));
    bench.ended(a_job("add"), success(b"12"));
    bench.advance(HOUR * 3);

    let counts = [1, 1, 1].map(|limit| bench.jobs().prune(&KEEP, limit).unwrap().len());

    assert_eq!(counts, [1, 1, 0]);
}

pub fn many_jobs_are_pruned_in_one_batch(harness: &dyn Harness) {
    let Some(bench) = Bench::in_fake_time(harness, |can| can.records) else { return };
    cancelled(&bench, MANY);
    bench.advance(HOUR);

    assert_eq!(prune(&bench), MANY);
    assert_eq!(bench.inspect().count(&Filter::default()).unwrap(), [0; 5]);
}

pub fn a_pruned_job_is_not_reaped(harness: &dyn Harness) {
    let Some(bench) = Bench::in_fake_time(harness, |can| can.leases) else { return };
    bench.ended(a_job("add"), success(b"12"));
    bench.advance(HOUR + LEASE);
    prune(&bench);

    assert!(bench.reap().is_empty());
}

fn prune(bench: &Bench) -> usize {
    bench.jobs().prune(&KEEP, MANY).unwrap().len()
}

fn cancelled(bench: &Bench, count: usize) -> Vec<JobId> {
    let batch = jobs("add", count);
    bench.jobs().enqueue(&batch).unwrap();
    bench.jobs().cancel(&ids_of_new(&batch)).unwrap();
    ids_of_new(&batch)
}
