//! A bound holds back those who bring new jobs, exactly, and nobody else.

use std::time::Duration;

use nuvom_core::ports::Enqueued;
use nuvom_core::{ErrorKind, NewJob, QueueBound, Result, State};

use super::Harness;
use super::bench::{Bench, ids_of_new};
use crate::builders::{a_job, failure, jobs, success};

pub fn a_queue_takes_jobs_up_to_its_bound(harness: &dyn Harness) {
    let bench = Bench::open(harness);

    for job in jobs("mail", 3) {
        assert_eq!(within(&bench, 3, &[job]).unwrap(), [Enqueued::New]);
    }

    let refused = within(&bench, 3, &jobs("mail", 1)).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Full);
    assert_eq!(waiting(&bench), 3);
}

pub fn a_batch_beyond_the_bound_is_refused_whole(harness: &dyn Harness) {
    let bench = Bench::open(harness);
    let batch = jobs("mail", 4);

    let refused = within(&bench, 3, &batch).unwrap_err();

    assert_eq!(refused.kind(), ErrorKind::Full);
    assert_eq!(waiting(&bench), 0);
    if bench.capability().records {
        assert_eq!(bench.inspect().states(&ids_of_new(&batch)).unwrap(), [None; 4]);
    }
}

pub fn a_job_that_was_claimed_makes_room(harness: &dyn Harness) {
    // One that goes on counting what it gave out until the end of the job is no worse a queue.
    let Some(bench) = Bench::promising(harness, |can| can.records) else { return };
    within(&bench, 1, &jobs("mail", 1)).unwrap();
    bench.claim();

    let entered = within(&bench, 1, &jobs("mail", 1)).unwrap();

    assert_eq!(entered, [Enqueued::New]);
}

pub fn jobs_for_later_take_room_too(harness: &dyn Harness) {
    let Some(bench) = Bench::promising(harness, |can| can.delays) else { return };
    bench.enqueue(a_job("mail").due_in(Duration::from_hours(1)));

    let refused = within(&bench, 1, &jobs("mail", 1)).unwrap_err();

    assert_eq!(refused.kind(), ErrorKind::Full);
}

pub fn each_queue_has_the_bound_for_itself(harness: &dyn Harness) {
    let Some(bench) = Bench::promising(harness, |can| can.queues && can.records) else { return };
    bench.enqueue(a_job("mail").queue("one"));
    let (one, other) = (a_job("mail").queue("one").build(), a_job("mail").queue("other").build());

    assert_eq!(within(&bench, 1, std::slice::from_ref(&other)).unwrap(), [Enqueued::New]);
    let refused =
        within(&bench, 2, &[one, a_job("mail").queue("other").build(), a_job("mail").queue("other").build()]);

    assert_eq!(refused.unwrap_err().kind(), ErrorKind::Full);
    assert_eq!(waiting(&bench), 2);
}

pub fn a_known_job_is_answered_by_a_full_queue(harness: &dyn Harness) {
    let Some(bench) = Bench::promising(harness, |can| can.records) else { return };
    let (waits, ended) = (a_job("mail").build(), a_job("mail").build());
    bench.ended(ended.clone(), success(b"1"));
    bench.enqueue(waits.clone());

    let answers = within(&bench, 1, &[waits.clone(), ended, waits]).unwrap();

    let expected = [State::Pending, State::Success, State::Pending].map(Enqueued::Existing);
    assert_eq!(answers, expected);
}

pub fn no_bound_means_no_limit(harness: &dyn Harness) {
    let bench = Bench::open(harness);
    within(&bench, 1, &jobs("mail", 1)).unwrap();

    let entered = bench.jobs().enqueue_within(&jobs("mail", 2), None).unwrap();

    assert_eq!(entered, [Enqueued::New; 2]);
}

pub fn what_was_promised_before_returns_to_a_full_queue(harness: &dyn Harness) {
    let Some(bench) = Bench::promising(harness, |can| can.records && can.delays) else { return };
    let tried = bench.running(a_job("mail").retries(1));
    within(&bench, 1, &jobs("mail", 1)).unwrap();

    bench.end(&tried, failure("boom"));

    assert_eq!(bench.state(tried.id), Some(State::Pending));
    assert_eq!(waiting(&bench), 2);
}

pub fn a_full_queue_takes_jobs_again_from_who_was_refused(harness: &dyn Harness) {
    let Some(bench) = Bench::promising(harness, |can| can.records) else { return };
    let late = a_job("mail").build();
    within(&bench, 1, &jobs("mail", 1)).unwrap();
    within(&bench, 1, std::slice::from_ref(&late)).unwrap_err();
    bench.claim();

    within(&bench, 1, std::slice::from_ref(&late)).unwrap();

    assert_eq!(bench.claim().id, late.id);
}

/// Enqueues into queues that may have so many jobs.
fn within(bench: &Bench, bound: u64, jobs: &[NewJob]) -> Result<Vec<Enqueued>> {
    bench.jobs().enqueue_within(jobs, QueueBound::new(bound))
}

/// How many jobs wait in all queues together.
fn waiting(bench: &Bench) -> u64 {
    bench.inspect().queues().unwrap().iter().map(|queue| queue.pending).sum()
}
