//! A request to cancel stops what has not started, asks what runs, and never undoes an end.

use std::time::Duration;

use nuvom_core::ports::{Cancelled, Ended};
use nuvom_core::{Ending, Outcome, State};

use super::Harness;
use super::bench::{Bench, MANY, ids_of_new, result_of, wish};
use crate::builders::{a_job, a_job_id, failure, handed_back, jobs, lost, success, timeout};

pub fn a_waiting_job_never_starts(harness: &dyn Harness) {
    let Some(bench) = Bench::promising(harness, |can| can.records) else { return };
    let id = bench.enqueue(a_job("add"));

    let answer = bench.cancel(id);

    assert_eq!(answer, Cancelled::Done);
    assert_eq!(bench.state(id), Some(State::Cancelled));
    assert!(bench.claim_up_to(1).is_empty());
}

pub fn a_job_for_later_never_starts(harness: &dyn Harness) {
    let Some(bench) = Bench::in_fake_time(harness, |can| can.delays && can.records) else { return };
    let hour = Duration::from_hours(1);
    let id = bench.enqueue(a_job("add").due_in(hour));
    bench.cancel(id);
    bench.advance(hour);

    let answer = bench.exchange(&[], Some(&wish(1)));

    assert!(answer.claimed.is_empty());
    assert_eq!(answer.next_due_in, None);
    assert_eq!(bench.job(id).ended_at, Some(bench.now() - hour));
}

pub fn a_job_that_waits_for_its_next_attempt_never_starts_it(harness: &dyn Harness) {
    let Some(bench) = Bench::promising(harness, |can| can.records) else { return };
    let id = bench.ended(a_job("add").retries(1), failure("boom"));

    let answer = bench.cancel(id);

    assert_eq!(answer, Cancelled::Done);
    assert_eq!((bench.state(id), bench.attempts(id).len()), (Some(State::Cancelled), 1));
}

pub fn a_running_job_is_asked_and_runs_on(harness: &dyn Harness) {
    let Some(bench) = Bench::promising(harness, |can| can.records) else { return };
    let running = bench.running(a_job("add"));

    let answers = [bench.cancel(running.id), bench.cancel(running.id)];

    let kept = bench.job(running.id);
    assert_eq!(answers, [Cancelled::Requested; 2]);
    assert_eq!((kept.state, kept.cancel_requested, kept.ended_at), (State::Running, true, None));
}

pub fn the_holder_ends_it_as_cancelled(harness: &dyn Harness) {
    let Some(bench) = Bench::promising(harness, |can| can.records) else { return };
    let running = bench.running(a_job("add"));
    bench.cancel(running.id);

    let answer = bench.end(&running, Outcome::Cancelled);

    assert_eq!(answer, Ended::Applied(State::Cancelled));
    assert_eq!(bench.attempts(running.id)[0].ending, Ending::Cancelled);
}

pub fn a_success_that_arrives_first_wins(harness: &dyn Harness) {
    let Some(bench) = Bench::promising(harness, |can| can.records) else { return };
    let running = bench.running(a_job("add"));
    bench.cancel(running.id);

    let answer = bench.end(&running, success(b"12"));

    assert_eq!(answer, Ended::Applied(State::Success));
    assert!(!bench.stores.joint_results || bench.result(running.id) == Some(result_of(&running, b"12")));
}

pub fn a_job_asked_to_end_that_fails_is_not_tried_again(harness: &dyn Harness) {
    let Some(bench) = Bench::promising(harness, |can| can.records) else { return };
    let running = bench.running(a_job("add").retries(5));
    bench.cancel(running.id);

    let answer = bench.end(&running, failure("boom"));

    let attempts = bench.attempts(running.id);
    assert_eq!(answer, Ended::Applied(State::Cancelled));
    assert_eq!(bench.job(running.id).failures, 0);
    assert_eq!((attempts[0].ending, attempts[0].error.message.as_str()), (Ending::Cancelled, "boom"));
}

pub fn a_job_asked_to_end_never_waits_again(harness: &dyn Harness) {
    let Some(bench) = Bench::promising(harness, |can| can.records) else { return };
    let (timed_out, handed, died) =
        (bench.running(a_job("add")), bench.running(a_job("add")), bench.running(a_job("add")));
    bench.jobs().cancel(&[timed_out.id, handed.id, died.id]).unwrap();

    let answers =
        [bench.end(&timed_out, timeout()), bench.end(&handed, handed_back()), bench.end(&died, lost())];

    assert_eq!(answers, [Ended::Applied(State::Cancelled); 3]);
    assert!(bench.claim_up_to(1).is_empty());
}

pub fn a_job_asked_to_end_whose_holder_is_lost_ends_as_cancelled(harness: &dyn Harness) {
    let Some(bench) = Bench::in_fake_time(harness, |can| can.leases) else { return };
    let running = bench.running(a_job("add"));
    bench.cancel(running.id);

    let state = bench.lose(&running);

    assert_eq!((state, bench.job(running.id).losses), (State::Cancelled, 1));
    assert_eq!(bench.attempts(running.id)[0].ending, Ending::Lost);
}

pub fn an_ended_job_stays_as_it_ended(harness: &dyn Harness) {
    let Some(bench) = Bench::promising(harness, |can| can.records) else { return };
    let done = bench.ended(a_job("add"), success(b"12"));
    let failed = bench.ended(a_job("add"), failure("boom"));
    let cancelled = bench.ended(a_job("add"), Outcome::Cancelled);

    let answers = bench.jobs().cancel(&[done, failed, cancelled]).unwrap();

    assert_eq!(answers, [State::Success, State::Failed, State::Cancelled].map(Cancelled::Ended));
    assert_eq!(bench.state(done), Some(State::Success));
}

pub fn answers_come_in_the_order_of_the_requests(harness: &dyn Harness) {
    let Some(bench) = Bench::promising(harness, |can| can.records) else { return };
    let running = bench.running(a_job("add")).id;
    let waiting = bench.enqueue(a_job("add"));

    let answers = bench.jobs().cancel(&[a_job_id(), waiting, running, waiting]).unwrap();

    let expected =
        [Cancelled::Unknown, Cancelled::Done, Cancelled::Requested, Cancelled::Ended(State::Cancelled)];
    assert_eq!(answers, expected);
}

pub fn no_requests_are_fine(harness: &dyn Harness) {
    let bench = Bench::open(harness);

    assert!(bench.jobs().cancel(&[]).unwrap().is_empty());
}

pub fn many_jobs_are_cancelled_in_one_batch(harness: &dyn Harness) {
    let Some(bench) = Bench::promising(harness, |can| can.records) else { return };
    let batch = jobs("add", MANY);
    bench.jobs().enqueue(&batch).unwrap();

    let answers = bench.jobs().cancel(&ids_of_new(&batch)).unwrap();

    assert_eq!(answers, vec![Cancelled::Done; MANY]);
    assert!(bench.claim_up_to(1).is_empty());
}
