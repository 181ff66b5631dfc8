//! A report by anyone but the current holder changes nothing.

use nuvom_core::ports::Ended;
use nuvom_core::{End, Lease, Outcome, State};

use super::Harness;
use super::bench::{Bench, LEASE, end_of, result_of};
use crate::builders::{a_job, a_job_id, failure, handed_back, lost, success, timeout};

pub fn a_late_holder_cannot_finish_a_rescued_job(harness: &dyn Harness) {
    let Some(bench) = Bench::in_fake_time(harness, |can| can.leases) else { return };
    let late = bench.running(a_job("add"));
    bench.lose(&late);
    let rescued = bench.claim();

    let answer = bench.end(&late, success(b"late"));

    assert_eq!(answer, Ended::Stale);
    assert_eq!(bench.job(late.id).held(), rescued.held());
    assert_eq!(bench.state(late.id), Some(State::Running));
    assert_eq!(bench.result(late.id), None);
}

pub fn a_late_holder_cannot_finish_a_job_that_waits_again(harness: &dyn Harness) {
    let Some(bench) = Bench::in_fake_time(harness, |can| can.leases) else { return };
    let late = bench.running(a_job("add"));
    bench.lose(&late);

    let answer = bench.end(&late, success(b"late"));

    assert_eq!(answer, Ended::Stale);
    assert_eq!(bench.state(late.id), Some(State::Pending));
    assert_eq!(bench.result(late.id), None);
}

pub fn the_value_of_the_rescuer_stands(harness: &dyn Harness) {
    let Some(bench) = Bench::in_fake_time(harness, |can| can.leases) else { return };
    let late = bench.running(a_job("add"));
    bench.lose(&late);
    let rescued = bench.claim();
    bench.end(&rescued, success(b"rescued"));

    let answer = bench.end(&late, success(b"late"));

    assert_eq!(answer, Ended::Stale);
    assert!(!bench.stores.joint_results || bench.result(late.id) == Some(result_of(&rescued, b"rescued")));
}

pub fn no_outcome_of_a_late_holder_counts(harness: &dyn Harness) {
    let Some(bench) = Bench::in_fake_time(harness, |can| can.leases) else { return };
    let late = bench.running(a_job("add").retries(9));
    bench.lose(&late);
    bench.claim();
    let outcomes = [failure("late"), timeout(), Outcome::Cancelled, handed_back(), lost()];

    let answer = bench.exchange(&outcomes.map(|outcome| end_of(&late, outcome)), None);

    let kept = bench.job(late.id);
    assert_eq!(answer.ended, [Ended::Stale; 5]);
    assert_eq!((kept.state, kept.failures, kept.losses, kept.handbacks), (State::Running, 0, 1, 0));
    assert_eq!(bench.attempts(late.id).len(), 1);
}

pub fn a_holder_whose_lease_ran_out_unnoticed_may_still_finish(harness: &dyn Harness) {
    let Some(bench) = Bench::in_fake_time(harness, |can| can.leases) else { return };
    let slow = bench.running(a_job("add"));
    bench.advance(LEASE * 2);

    let answer = bench.end(&slow, success(b"12"));

    assert_eq!(answer, Ended::Applied(State::Success));
}

pub fn an_attempt_ends_once(harness: &dyn Harness) {
    let bench = Bench::open(harness);
    let running = bench.running(a_job("add"));
    let ends = [end_of(&running, failure("first")), end_of(&running, success(b"second"))];

    let answer = bench.exchange(&ends, None);

    assert_eq!(answer.ended, [Ended::Applied(State::Failed), Ended::Stale]);
    assert_eq!(bench.result(running.id), None);
}

pub fn an_end_of_an_unknown_job_is_stale(harness: &dyn Harness) {
    let Some(bench) = Bench::promising(harness, |can| can.records) else { return };
    let unknown = End { id: a_job_id(), lease: Lease(1), outcome: success(b"12") };

    let answer = bench.exchange(std::slice::from_ref(&unknown), None);

    assert_eq!(answer.ended, [Ended::Stale]);
    assert_eq!((bench.state(unknown.id), bench.result(unknown.id)), (None, None));
}

pub fn an_end_of_a_job_that_was_never_claimed_is_stale(harness: &dyn Harness) {
    let bench = Bench::open(harness);
    let id = bench.enqueue(a_job("add"));

    let answer = bench.exchange(&[End { id, lease: Lease(0), outcome: success(b"12") }], None);

    assert_eq!(answer.ended, [Ended::Stale]);
    assert_eq!(bench.state(id), Some(State::Pending));
}

pub fn a_lease_that_was_never_given_is_stale(harness: &dyn Harness) {
    let bench = Bench::open(harness);
    let running = bench.running(a_job("add"));
    let forged = End { id: running.id, lease: running.lease.next(), outcome: success(b"12") };

    let answer = bench.exchange(&[forged], None);

    assert_eq!(answer.ended, [Ended::Stale]);
    assert_eq!(bench.state(running.id), Some(State::Running));
}

pub fn stale_ends_do_not_spoil_the_others_of_their_batch(harness: &dyn Harness) {
    let bench = Bench::open(harness);
    let (first, second) = (bench.running(a_job("add")), bench.running(a_job("add")));
    let unknown = End { id: a_job_id(), lease: Lease(1), outcome: success(b"12") };
    let ends = [end_of(&first, success(b"12")), unknown, end_of(&second, failure("boom"))];

    let answer = bench.exchange(&ends, None);

    let expected = [Ended::Applied(State::Success), Ended::Stale, Ended::Applied(State::Failed)];
    assert_eq!(answer.ended, expected);
}
