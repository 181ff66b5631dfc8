//! A job that goes back, unharmed or after the death of its process, waits again with its cause recorded.

use std::time::Duration;

use nuvom_core::ports::Ended;
use nuvom_core::{Ending, State};

use super::Harness;
use super::bench::{Bench, wish};
use crate::builders::{a_job, handed_back, lost, unknown_task};

pub fn a_hand_back_uses_no_budget(harness: &dyn Harness) {
    let Some(bench) = Bench::in_fake_time(harness, |_| true) else { return };
    let running = bench.running(a_job("add"));
    bench.advance(Duration::from_secs(2));

    let answer = bench.end(&running, handed_back());

    let kept = bench.job(running.id);
    assert_eq!(answer, Ended::Applied(State::Pending));
    assert_eq!((kept.failures, kept.losses, kept.handbacks), (0, 0, 1));
    assert_eq!((kept.run_at, kept.lease_until), (bench.now(), None));
}

pub fn a_hand_back_is_recorded_as_the_cause_of_the_repeat(harness: &dyn Harness) {
    let bench = Bench::open(harness);
    let running = bench.running(a_job("add"));

    bench.end(&running, handed_back());

    let attempts = bench.attempts(running.id);
    assert_eq!(attempts.len(), 1);
    assert_eq!((attempts[0].ending, attempts[0].lease), (Ending::HandedBack, running.lease));
}

pub fn a_job_handed_back_by_a_stop_is_claimable_at_once(harness: &dyn Harness) {
    let bench = Bench::open(harness);
    let first = bench.running(a_job("add"));
    bench.end(&first, handed_back());

    let second = bench.claim();

    assert_eq!((second.id, second.attempt()), (first.id, 1));
}

pub fn an_unknown_task_is_offered_again_ever_later(harness: &dyn Harness) {
    let Some(bench) = Bench::in_fake_time(harness, |can| can.delays && can.records) else { return };
    let first = bench.running(a_job("add"));

    bench.end(&first, unknown_task());
    let first_wait = bench.exchange(&[], Some(&wish(1))).next_due_in;
    bench.advance(Duration::from_secs(5));
    let second = bench.claim();
    bench.end(&second, unknown_task());
    let second_wait = bench.exchange(&[], Some(&wish(1))).next_due_in;

    assert_eq!(first_wait, Some(Duration::from_secs(5)));
    assert_eq!(second_wait, Some(Duration::from_secs(10)));
    assert_eq!(bench.job(first.id).handbacks, 2);
}

pub fn a_loss_that_the_parent_saw_frees_the_job_at_once(harness: &dyn Harness) {
    let bench = Bench::open(harness);
    let first = bench.running(a_job("add"));

    let answer = bench.end(&first, lost());
    let second = bench.claim();

    assert_eq!(answer, Ended::Applied(State::Pending));
    assert_eq!((second.id, second.losses, second.failures), (first.id, 1, 0));
    assert_eq!(bench.attempts(first.id)[0].ending, Ending::Lost);
}

pub fn the_last_loss_that_the_parent_saw_ends_the_job(harness: &dyn Harness) {
    let bench = Bench::open(harness);
    let running = bench.running(a_job("add").max_losses(1));

    let answer = bench.end(&running, lost());

    assert_eq!(answer, Ended::Applied(State::Failed));
    assert_eq!(bench.job(running.id).losses, 1);
}
