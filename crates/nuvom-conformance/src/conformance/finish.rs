//! The holder's report ends the attempt: where the job goes, what is kept of it, and with which value.

use std::time::Duration;

use nuvom_core::ports::Ended;
use nuvom_core::{Backoff, Ending, Lease, Outcome, RetryPolicy, State, TimeoutPolicy};

use super::Harness;
use super::bench::{Bench, MANY, end_of, ids, result_of, wish};
use crate::builders::{
    a_job, failure, final_failure, handed_back, jobs, success, success_without_value, timeout, worker,
};

pub fn a_success_ends_the_job(harness: &dyn Harness) {
    let Some(bench) = Bench::in_fake_time(harness, |_| true) else { return };
    let running = bench.running(a_job("add"));
    bench.advance(Duration::from_secs(2));

    let answer = bench.end(&running, success(b"12"));

    let kept = bench.job(running.id);
    assert_eq!(answer, Ended::Applied(State::Success));
    assert_eq!((kept.state, kept.lease, kept.failures), (State::Success, Lease(1), 0));
    assert_eq!((kept.ended_at, kept.lease_until), (Some(bench.now()), None));
    assert_eq!((kept.worker, kept.started_at), (running.worker, running.started_at));
    assert!(bench.attempts(running.id).is_empty());
}

pub fn a_value_arrives_with_the_finish(harness: &dyn Harness) {
    let Some(bench) = with_joint_results(harness) else { return };
    let running = bench.running(a_job("add"));

    bench.end(&running, success(b"12"));

    assert_eq!(bench.result(running.id), Some(result_of(&running, b"12")));
}

pub fn an_empty_value_is_a_value(harness: &dyn Harness) {
    let Some(bench) = with_joint_results(harness) else { return };
    let running = bench.running(a_job("add"));

    bench.end(&running, success(b""));

    assert_eq!(bench.result(running.id), Some(result_of(&running, b"")));
}

pub fn a_success_may_have_no_value(harness: &dyn Harness) {
    let bench = Bench::open(harness);

    let id = bench.ended(a_job("add"), success_without_value());

    assert_eq!(bench.state(id), Some(State::Success));
    assert_eq!(bench.result(id), None);
}

pub fn a_value_stored_before_the_finish_stays(harness: &dyn Harness) {
    let Some(bench) = Bench::promising(harness, |can| can.records) else { return };
    let running = bench.running(a_job("add"));
    bench.results().put(&[result_of(&running, b"12")]).unwrap();

    bench.end(&running, success_without_value());

    assert_eq!(bench.result(running.id), Some(result_of(&running, b"12")));
}

pub fn a_failure_without_budget_ends_the_job(harness: &dyn Harness) {
    let Some(bench) = Bench::in_fake_time(harness, |_| true) else { return };
    let running = bench.running(a_job("add"));
    bench.advance(Duration::from_secs(2));

    let answer = bench.end(&running, failure("boom"));

    let kept = bench.job(running.id);
    assert_eq!(answer, Ended::Applied(State::Failed));
    assert_eq!((kept.state, kept.failures, kept.lease_until), (State::Failed, 1, None));
    assert_eq!(kept.ended_at, Some(bench.now()));
    assert_eq!(bench.result(running.id), None);
}

pub fn a_failed_attempt_is_kept_whole(harness: &dyn Harness) {
    let Some(bench) = Bench::in_fake_time(harness, |_| true) else { return };
    let running = bench.running(a_job("add"));
    bench.advance(Duration::from_secs(2));
    let mut error = nuvom_core::JobError::new("ValueError", "größe 'x'\n\"y\"");
    error.traceback = "Traceback (most recent call last):\n  …".into();

    bench.end(&running, Outcome::Failed { error: error.clone(), retryable: true });

    let attempts = bench.attempts(running.id);
    assert_eq!(attempts.len(), 1);
    assert_eq!((attempts[0].lease, attempts[0].number), (Lease(1), 1));
    assert_eq!((attempts[0].ending, &attempts[0].error), (Ending::Failed, &error));
    assert_eq!(attempts[0].worker, Some(worker("worker-1")));
    assert_eq!((attempts[0].started_at, attempts[0].ended_at), (running.started_at, bench.now()));
}

pub fn a_failure_inside_the_budget_waits_for_its_backoff(harness: &dyn Harness) {
    let Some(bench) = Bench::in_fake_time(harness, |can| can.delays && can.records) else { return };
    let running = bench.running(a_job("add").retries(1));

    let answer = bench.end(&running, failure("boom"));
    let early = bench.exchange(&[], Some(&wish(1)));

    let kept = bench.job(running.id);
    assert_eq!(answer, Ended::Applied(State::Pending));
    assert_eq!((kept.state, kept.failures, kept.lease_until), (State::Pending, 1, None));
    assert_eq!((kept.run_at, kept.ended_at), (bench.now() + Duration::from_secs(5), None));
    assert!(early.claimed.is_empty());
    assert_eq!(early.next_due_in, Some(Duration::from_secs(5)));
}

pub fn a_retried_job_runs_again_after_its_backoff(harness: &dyn Harness) {
    let Some(bench) = Bench::in_fake_time(harness, |can| can.delays) else { return };
    let first = bench.running(a_job("add").retries(1));
    bench.end(&first, failure("boom"));
    bench.advance(Duration::from_secs(5));

    let second = bench.claim();

    assert_eq!((second.id, second.lease, second.attempt()), (first.id, Lease(2), 2));
    assert_eq!(bench.end(&second, success(b"12")), Ended::Applied(State::Success));
    assert_eq!(bench.attempts(first.id).len(), 1);
}

pub fn a_growing_backoff_is_the_one_that_core_decides(harness: &dyn Harness) {
    let Some(bench) = Bench::in_fake_time(harness, |can| can.delays) else { return };
    let policy = RetryPolicy { delay: Duration::from_secs(2), backoff: Backoff::Exponential };
    let running = bench.running(a_job("add").retries(3).retry(policy));

    bench.end(&running, failure("boom"));

    assert_eq!(bench.job(running.id).run_at, bench.now() + policy.delay_after(1, running.id));
}

pub fn the_last_failure_of_the_budget_ends_the_job(harness: &dyn Harness) {
    let Some(bench) = Bench::in_fake_time(harness, |can| can.delays) else { return };
    let first = bench.running(a_job("add").retries(1));
    bench.end(&first, failure("once"));
    bench.advance(Duration::from_secs(5));
    let second = bench.claim();

    let answer = bench.end(&second, failure("twice"));

    let messages: Vec<_> =
        bench.attempts(first.id).into_iter().map(|attempt| attempt.error.message).collect();
    assert_eq!(answer, Ended::Applied(State::Failed));
    assert_eq!(bench.job(first.id).failures, 2);
    assert_eq!(messages, ["once", "twice"]);
}

pub fn a_failure_that_no_retry_can_mend_ends_the_job(harness: &dyn Harness) {
    let bench = Bench::open(harness);
    let running = bench.running(a_job("add").retries(5));

    let answer = bench.end(&running, final_failure("wrong arguments"));

    assert_eq!(answer, Ended::Applied(State::Failed));
    assert_eq!(bench.job(running.id).failures, 1);
}

pub fn a_passed_time_limit_fails_the_job(harness: &dyn Harness) {
    let bench = Bench::open(harness);
    let running = bench.running(a_job("add").retries(5).timeout_policy(TimeoutPolicy::Fail));

    let answer = bench.end(&running, timeout());

    assert_eq!(answer, Ended::Applied(State::Failed));
    assert_eq!(bench.attempts(running.id)[0].ending, Ending::TimedOut);
}

pub fn a_passed_time_limit_may_use_the_retry_budget(harness: &dyn Harness) {
    let bench = Bench::open(harness);
    let running = bench.running(a_job("add").retries(1).timeout_policy(TimeoutPolicy::Retry));

    let answer = bench.end(&running, timeout());

    assert_eq!(answer, Ended::Applied(State::Pending));
    assert_eq!(bench.job(running.id).failures, 1);
}

pub fn a_passed_time_limit_may_be_ignored(harness: &dyn Harness) {
    let bench = Bench::open(harness);
    let running = bench.running(a_job("add").timeout_policy(TimeoutPolicy::Ignore));

    let answer = bench.end(&running, timeout());

    assert_eq!(answer, Ended::Applied(State::Success));
    assert_eq!((bench.result(running.id), bench.attempts(running.id).len()), (None, 0));
}

pub fn a_cancelled_attempt_ends_the_job(harness: &dyn Harness) {
    let bench = Bench::open(harness);
    let running = bench.running(a_job("add").retries(5));

    let answer = bench.end(&running, Outcome::Cancelled);

    assert_eq!(answer, Ended::Applied(State::Cancelled));
    assert_eq!(bench.job(running.id).failures, 0);
    assert_eq!(bench.attempts(running.id)[0].ending, Ending::Cancelled);
}

pub fn one_exchange_ends_jobs_and_claims_others(harness: &dyn Harness) {
    let bench = Bench::open(harness);
    let first = bench.running(a_job("add"));
    let next = bench.enqueue(a_job("add"));

    let answer = bench.exchange(&[end_of(&first, success(b"12"))], Some(&wish(5)));

    assert_eq!(answer.ended, [Ended::Applied(State::Success)]);
    assert_eq!(ids(&answer.claimed), [next]);
}

pub fn a_job_handed_back_can_be_claimed_in_the_same_exchange(harness: &dyn Harness) {
    let bench = Bench::open(harness);
    let first = bench.running(a_job("add"));

    let answer = bench.exchange(&[end_of(&first, handed_back())], Some(&wish(1)));

    assert_eq!(ids(&answer.claimed), [first.id]);
    assert_eq!(answer.claimed[0].lease, Lease(2));
}

pub fn many_attempts_end_in_one_batch(harness: &dyn Harness) {
    let bench = Bench::open(harness);
    bench.jobs().enqueue(&jobs("add", MANY)).unwrap();
    let running = bench.claim_up_to(MANY);
    let ends: Vec<_> = running.iter().map(|job| end_of(job, success(b"12"))).collect();

    let answer = bench.exchange(&ends, None);

    assert_eq!(answer.ended, vec![Ended::Applied(State::Success); MANY]);
    assert_eq!(bench.inspect().states(&ids(&running)).unwrap(), vec![Some(State::Success); MANY]);
}

fn with_joint_results(harness: &dyn Harness) -> Option<Bench> {
    Some(Bench::open(harness)).filter(|bench| bench.stores.joint_results)
}
