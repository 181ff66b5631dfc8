//! How jobs ended, as every result store keeps it, one that keeps no more than that included.

use std::sync::Arc;
use std::time::Duration;

use nuvom_core::ports::{Page, Record, StoredResult};
use nuvom_core::{Decision, End, Job, NewJob, Outcome, State, Trigger, decide};

use super::Harness;
use super::bench::{Bench, LEASE};
use crate::builders::{JobBuilder, a_job, failure, payload, worker};

/// A call without arguments, and the number twelve, as docs/reference/wire-format.md has them: a result store may
/// open what it keeps.
const NO_ARGUMENTS: &[u8] = b"\x01\x92\x90\x80";
const TWELVE: &[u8] = b"\x01\x0c";

pub fn a_success_comes_back_with_its_value(harness: &dyn Harness) {
    let bench = Bench::open(harness);
    let done = ended(&bench, call("add"), twelve());

    bench.results().put(std::slice::from_ref(&done)).unwrap();

    let kept = bench.kept(done.id).unwrap();
    assert_eq!((state(&kept), kept.value.as_deref()), (Some(State::Success), Some(TWELVE)));
}

pub fn a_failure_comes_back_with_what_went_wrong(harness: &dyn Harness) {
    let bench = Bench::open(harness);
    let failed = ended(&bench, call("add"), failure("boom"));

    bench.results().put(std::slice::from_ref(&failed)).unwrap();

    let kept = bench.kept(failed.id).unwrap();
    let error = &kept.record.as_ref().unwrap().attempts.last().unwrap().error;
    assert_eq!((state(&kept), error.message.as_str()), (Some(State::Failed), "boom"));
    assert_eq!((error.kind.as_str(), kept.value), ("ValueError", None));
}

pub fn a_failure_that_is_tried_again_is_no_end(harness: &dyn Harness) {
    let bench = Bench::open(harness);
    let failed = ended(&bench, call("add").retries(1), failure("boom"));

    bench.results().put(std::slice::from_ref(&failed)).unwrap();

    assert_eq!(bench.kept(failed.id).and_then(|kept| state(&kept)), Some(State::Pending));
}

pub fn a_success_replaces_an_earlier_failure(harness: &dyn Harness) {
    let bench = Bench::open(harness);
    let failed = ended(&bench, call("add").retries(1), failure("boom"));
    bench.results().put(std::slice::from_ref(&failed)).unwrap();

    let done = again(&bench, &failed, twelve());
    bench.results().put(std::slice::from_ref(&done)).unwrap();

    assert_eq!(bench.kept(done.id).and_then(|kept| state(&kept)), Some(State::Success));
}

pub fn a_job_keeps_its_task_and_times(harness: &dyn Harness) {
    let bench = Bench::open(harness);
    let done = ended(&bench, call("shop.add"), twelve());

    bench.results().put(std::slice::from_ref(&done)).unwrap();

    let (put, kept) = (done.record.unwrap(), bench.kept(done.id).unwrap().record.unwrap());
    assert_eq!((&kept.job.task, kept.job.lease), (&put.job.task, put.job.lease));
    assert_eq!((kept.job.created_at, kept.job.ended_at), (put.job.created_at, put.job.ended_at));
    assert_eq!(kept.job.payload, put.job.payload);
}

pub fn of_an_unknown_job_nothing_is_kept(harness: &dyn Harness) {
    let bench = Bench::open(harness);

    assert_eq!(bench.kept(call("add").build().id), None);
}

pub fn ends_are_listed_newest_first(harness: &dyn Harness) {
    let bench = Bench::open(harness);
    let ends = ["a", "b", "c"].map(|task| ended(&bench, call(task), twelve()));
    bench.results().put(&ends).unwrap();

    let listed = bench.results().list_results(&Page { before: None, limit: 2 }).unwrap();

    assert_eq!(listed.iter().map(|kept| kept.id).collect::<Vec<_>>(), [ends[2].id, ends[1].id]);
}

pub fn a_forgotten_end_is_gone(harness: &dyn Harness) {
    let Some(bench) = Bench::keeping(harness, |can| can.deletes) else { return };
    let (gone, kept) = (ended(&bench, call("add"), twelve()), ended(&bench, call("add"), twelve()));
    bench.results().put(&[gone.clone(), kept.clone()]).unwrap();

    bench.results().delete(&[gone.id]).unwrap();

    assert_eq!(bench.kept(gone.id), None);
    assert!(bench.kept(kept.id).is_some());
}

fn call(task: &str) -> JobBuilder {
    a_job(task).payload(NO_ARGUMENTS)
}

fn twelve() -> Outcome {
    Outcome::Succeeded { result: Some(payload(TWELVE)) }
}

fn state(kept: &StoredResult) -> Option<State> {
    kept.record.as_ref().map(|record| record.job.state)
}

/// What is to be kept of a job whose first attempt ended so.
fn ended(bench: &Bench, new: JobBuilder, outcome: Outcome) -> StoredResult {
    let new: NewJob = new.build();
    let job = Job::accepted(&new, bench.now());
    attempted(bench, Record { job, attempts: Vec::new() }, outcome)
}

/// The same of its next attempt.
fn again(bench: &Bench, earlier: &StoredResult, outcome: Outcome) -> StoredResult {
    bench.advance(Duration::from_hours(1));
    attempted(bench, Record::clone(earlier.record.as_ref().unwrap()), outcome)
}

fn attempted(bench: &Bench, mut record: Record, outcome: Outcome) -> StoredResult {
    let claimer = worker("worker-1");
    let job = &mut record.job;
    let claim = Trigger::Claim { worker: &claimer, lease_for: LEASE };
    decide(job, &claim, bench.now()).unwrap().transition.apply(job);
    let end = End { id: job.id, lease: job.lease, outcome };
    let Decision { transition, attempt } = decide(job, &Trigger::End(&end), bench.now()).unwrap();
    transition.apply(job);
    record.attempts.extend(attempt);
    let value = match end.outcome {
        Outcome::Succeeded { result } => result,
        _ => None,
    };
    StoredResult { id: end.id, lease: end.lease, value, record: Some(Arc::new(record)) }
}
