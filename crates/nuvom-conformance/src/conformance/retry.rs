//! A client may give an ended job another life: a fresh budget, with its history kept.

use std::time::Duration;

use nuvom_core::ports::{Cancelled, Ended, Revived};
use nuvom_core::{Lease, Outcome, State};

use super::Harness;
use super::bench::{Bench, MANY, ids_of_new, result_of};
use crate::builders::{a_job, a_job_id, failure, jobs, success, success_without_value};

pub fn a_failed_job_waits_again(harness: &dyn Harness) {
    let Some(bench) = Bench::in_fake_time(harness, |_| true) else { return };
    let id = bench.ended(a_job("add"), failure("boom"));
    bench.advance(Duration::from_hours(1));

    let answer = bench.retry(id);

    let kept = bench.job(id);
    assert_eq!(answer, Revived::Done);
    assert_eq!((kept.state, kept.run_at, kept.ended_at), (State::Pending, bench.now(), None));
}

pub fn a_cancelled_job_waits_again(harness: &dyn Harness) {
    let Some(bench) = Bench::promising(harness, |can| can.records) else { return };
    let id = bench.enqueue(a_job("add"));
    bench.cancel(id);

    let answer = bench.retry(id);

    assert_eq!(answer, Revived::Done);
    assert_eq!(bench.claim().id, id);
}

pub fn a_revived_job_has_a_fresh_budget_for_failures(harness: &dyn Harness) {
    let Some(bench) = Bench::in_fake_time(harness, |can| can.delays) else { return };
    let id = bench.ended(a_job("add").retries(1), Outcome::Cancelled);
    bench.retry(id);
    bench.end(&bench.claim(), failure("first"));
    bench.advance(Duration::from_secs(5));
    bench.end(&bench.claim(), failure("second"));
    bench.retry(id);

    let third = bench.end(&bench.claim(), failure("third"));
    bench.advance(Duration::from_secs(5));
    let fourth = bench.end(&bench.claim(), failure("fourth"));

    assert_eq!([third, fourth], [Ended::Applied(State::Pending), Ended::Applied(State::Failed)]);
    assert_eq!((bench.job(id).failures, bench.job(id).max_attempts.get()), (4, 4));
}

pub fn a_revived_job_has_a_fresh_budget_for_losses(harness: &dyn Harness) {
    let Some(bench) = Bench::in_fake_time(harness, |can| can.leases) else { return };
    let id = bench.enqueue(a_job("add").max_losses(2));
    bench.lose(&bench.claim());
    bench.lose(&bench.claim());
    bench.retry(id);

    let states = [bench.lose(&bench.claim()), bench.lose(&bench.claim())];

    assert_eq!(states, [State::Pending, State::Failed]);
    assert_eq!(bench.job(id).losses, 4);
}

pub fn the_history_of_earlier_lives_is_kept(harness: &dyn Harness) {
    let bench = Bench::open(harness);
    let id = bench.ended(a_job("add"), failure("boom"));
    bench.retry(id);

    let claimed = bench.claim();

    assert_eq!((claimed.lease, claimed.failures, claimed.attempt()), (Lease(2), 1, 2));
    assert_eq!(bench.attempts(id)[0].error.message, "boom");
}

pub fn a_revived_job_can_succeed_and_its_value_is_kept(harness: &dyn Harness) {
    let bench = Bench::open(harness);
    let id = bench.ended(a_job("add"), failure("boom"));
    bench.retry(id);
    let second = bench.claim();

    let answer = bench.end(&second, success(b"12"));

    assert_eq!(answer, Ended::Applied(State::Success));
    assert!(!bench.stores.joint_results || bench.result(id) == Some(result_of(&second, b"12")));
}

pub fn a_value_of_an_earlier_life_gives_way_to_the_new_one(harness: &dyn Harness) {
    let Some(bench) = Bench::promising(harness, |can| can.records) else { return };
    let first = bench.running(a_job("add"));
    bench.results().put(&[result_of(&first, b"from a holder that failed to finish")]).unwrap();
    bench.end(&first, failure("boom"));
    bench.retry(first.id);
    let second = bench.claim();

    bench.results().put(&[result_of(&second, b"12")]).unwrap();
    bench.end(&second, success_without_value());

    assert_eq!(bench.result(first.id), Some(result_of(&second, b"12")));
}

pub fn a_request_to_cancel_does_not_outlive_the_life_it_ended(harness: &dyn Harness) {
    let Some(bench) = Bench::promising(harness, |can| can.records) else { return };
    let first = bench.running(a_job("add"));
    bench.cancel(first.id);
    bench.end(&first, Outcome::Cancelled);
    bench.retry(first.id);

    let second = bench.claim();

    assert!(!second.cancel_requested);
    assert_eq!(bench.end(&second, failure("boom")), Ended::Applied(State::Failed));
}

pub fn the_holder_of_an_earlier_life_is_late(harness: &dyn Harness) {
    let bench = Bench::open(harness);
    let first = bench.running(a_job("add"));
    bench.end(&first, failure("boom"));
    bench.retry(first.id);
    bench.claim();

    assert_eq!(bench.end(&first, success(b"12")), Ended::Stale);
}

pub fn what_waits_runs_or_succeeded_is_not_revived(harness: &dyn Harness) {
    let Some(bench) = Bench::promising(harness, |can| can.records) else { return };
    let done = bench.ended(a_job("add"), success(b"12"));
    let running = bench.running(a_job("add")).id;
    let waiting = bench.enqueue(a_job("add"));

    let answers = bench.jobs().retry(&[done, running, waiting, a_job_id()]).unwrap();

    let refused = [State::Success, State::Running, State::Pending].map(Revived::Refused);
    assert_eq!(answers[..3], refused);
    assert_eq!(answers[3], Revived::Unknown);
    assert_eq!(bench.state(done), Some(State::Success));
}

pub fn a_job_is_revived_once_in_a_batch(harness: &dyn Harness) {
    let bench = Bench::open(harness);
    let id = bench.ended(a_job("add"), failure("boom"));

    let answers = bench.jobs().retry(&[id, id]).unwrap();

    assert_eq!(answers, [Revived::Done, Revived::Refused(State::Pending)]);
}

pub fn no_requests_to_retry_are_fine(harness: &dyn Harness) {
    let bench = Bench::open(harness);

    assert!(bench.jobs().retry(&[]).unwrap().is_empty());
}

pub fn many_jobs_are_revived_in_one_batch(harness: &dyn Harness) {
    let Some(bench) = Bench::promising(harness, |can| can.records) else { return };
    let batch = jobs("add", MANY);
    let ids = ids_of_new(&batch);
    bench.jobs().enqueue(&batch).unwrap();
    assert_eq!(bench.jobs().cancel(&ids).unwrap(), vec![Cancelled::Done; MANY]);

    let answers = bench.jobs().retry(&ids).unwrap();

    assert_eq!(answers, vec![Revived::Done; MANY]);
    assert_eq!(bench.claim_up_to(MANY).len(), MANY);
}
