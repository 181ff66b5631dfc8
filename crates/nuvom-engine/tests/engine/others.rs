//! Jobs that the code of a worker cannot run: it leaves them to workers of another version for a while.

use std::time::Duration;

use nuvom_core::{JobId, Outcome, State};
use nuvom_engine::{Duties, Duty};
use nuvom_testkit::builders::{a_job, other_signature, success, unknown_task};

use crate::support::{Bench, ScriptedExecutor, just_under};

/// For so long.
const A_WHILE: Duration = Duration::from_secs(30);

const OLD: u64 = 1;
const NEW: u64 = 2;

/// A worker with a slot that has just handed back a job of `send` made for the old signature, for this reason.
fn after(outcome: Outcome) -> (Bench, Duties, JobId) {
    let bench = Bench::with(ScriptedExecutor::holding(1));
    let job = bench.enqueue(a_job("send").signature(OLD));
    let mut duties = bench.duties();
    duties.exchange.run_once();
    bench.executor.end(job, outcome);
    duties.exchange.run_once();
    (bench, duties, job)
}

#[test]
fn a_job_made_for_another_signature_goes_back_without_using_its_budget() {
    let (bench, _, job) = after(other_signature());

    let kept = bench.job(job);
    assert_eq!((kept.state, kept.failures, kept.losses, kept.handbacks), (State::Pending, 0, 0, 1));
    assert_eq!(bench.attempts(job)[0].error.kind, "OtherSignature");
}

#[test]
fn a_worker_of_the_other_version_finds_such_a_job_first() {
    let (bench, mut duties, job) = after(other_signature());
    bench.clock.advance(Duration::from_secs(5));

    duties.exchange.run_once();

    assert!(bench.executor.running().is_empty());
    assert_eq!(bench.claim_elsewhere().id, job);
}

#[test]
fn meanwhile_jobs_of_the_task_that_the_code_can_run_are_run() {
    let (bench, mut duties, _) = after(other_signature());
    bench.clock.advance(Duration::from_secs(5));
    let older = bench.enqueue(a_job("send").signature(OLD));
    let jobs = [
        bench.enqueue(a_job("send").signature(NEW)),
        bench.enqueue(a_job("send")),
        bench.enqueue(a_job("add").signature(OLD)),
    ];

    for job in jobs {
        duties.exchange.run_once();
        assert_eq!(bench.executor.running(), [job]);
        bench.executor.end(job, success(b"value"));
    }
    duties.exchange.run_once();

    assert_eq!(bench.states(&jobs), [State::Success; 3]);
    assert_eq!(bench.state(older), State::Pending);
}

#[test]
fn after_a_while_the_worker_looks_whether_it_can_run_them_now() {
    let (bench, mut duties, job) = after(other_signature());

    bench.clock.advance(just_under(A_WHILE));
    duties.exchange.run_once();
    assert!(bench.executor.running().is_empty());

    bench.clock.advance(Duration::from_micros(1));
    duties.exchange.run_once();
    assert_eq!(bench.executor.running(), [job]);
}

#[test]
fn of_an_unknown_task_all_jobs_are_left_to_others_for_the_same_time() {
    let (bench, mut duties, _) = after(unknown_task());
    let newer = bench.enqueue(a_job("send").signature(NEW));

    bench.clock.advance(just_under(A_WHILE));
    duties.exchange.run_once();
    assert!(bench.executor.running().is_empty());

    bench.clock.advance(Duration::from_micros(1));
    duties.exchange.run_once();
    assert_eq!(bench.executor.running(), [newer]);
}
