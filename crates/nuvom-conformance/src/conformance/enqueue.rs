//! An accepted job is kept whole, once.

use std::num::NonZeroU32;
use std::time::Duration;

use nuvom_core::ports::{Enqueued, Filter};
use nuvom_core::{Backoff, Lease, OnLost, RetryPolicy, State, TimeoutPolicy};

use super::Harness;
use super::bench::{Bench, MANY, ids_of_new};
use crate::builders::{a_job, failure, jobs, success};

pub fn an_accepted_job_waits_as_it_was_asked_for(harness: &dyn Harness) {
    let Some(bench) = Bench::promising(harness, |can| can.records) else { return };
    let asked = a_job("mail").queue("slow").priority(2).retries(3).max_losses(4).payload(b"to: you").build();

    bench.enqueue(asked.clone());

    let kept = bench.job(asked.id);
    assert_eq!((kept.id, kept.state, kept.lease), (asked.id, State::Pending, Lease(0)));
    assert_eq!((kept.task, kept.queue, kept.priority), (asked.task, asked.queue, asked.priority));
    assert_eq!((kept.failures, kept.losses, kept.handbacks), (0, 0, 0));
    assert_eq!((kept.max_attempts.get(), kept.max_losses.get()), (4, 4));
    assert_eq!((kept.lease_until, kept.worker, kept.started_at, kept.ended_at), (None, None, None, None));
    assert!(!kept.cancel_requested);
    assert_eq!((kept.options, kept.payload), (asked.options, asked.payload));
}

pub fn every_option_is_kept(harness: &dyn Harness) {
    let Some(bench) = Bench::promising(harness, |can| can.records) else { return };
    let asked = a_job("mail").options(|options| {
        options.retries = 7;
        options.max_losses = NonZeroU32::new(2).unwrap();
        options.retry = RetryPolicy { delay: Duration::from_millis(1_250), backoff: Backoff::Exponential };
        options.timeout = None;
        options.timeout_policy = TimeoutPolicy::Ignore;
        options.on_lost = OnLost::Fail;
        options.store_result = false;
        options.tags = vec!["a,b".into(), String::new(), "größe \"7\"".into()];
    });
    let asked = asked.build();

    bench.enqueue(asked.clone());

    assert_eq!(bench.job(asked.id).options, asked.options);
}

pub fn a_claimed_job_carries_its_options_and_arguments(harness: &dyn Harness) {
    let bench = Bench::open(harness);
    let asked = a_job("mail").retries(2).payload(b"to: you").build();

    let claimed = bench.running(asked.clone());

    assert_eq!((claimed.options, claimed.payload), (asked.options, asked.payload));
}

pub fn any_bytes_come_back_as_they_were(harness: &dyn Harness) {
    let Some(bench) = Bench::promising(harness, |can| can.records) else { return };
    let (every_byte, large) = ((0..=255).collect::<Vec<u8>>(), vec![0xa5; 1 << 20]);

    let empty = bench.enqueue(a_job("mail").payload(b""));
    let odd = bench.enqueue(a_job("mail").payload(&every_byte));
    let big = bench.enqueue(a_job("mail").payload(&large));

    assert_eq!(&*bench.job(empty).payload, b"");
    assert_eq!(&*bench.job(odd).payload, every_byte);
    assert_eq!(&*bench.job(big).payload, large);
}

pub fn names_are_data(harness: &dyn Harness) {
    let Some(bench) = Bench::promising(harness, |can| can.records) else { return };
    let (task, queue) = ("größe'; DROP TABLE jobs; --", "a/b:c *%_ \u{1f980}");

    let id = bench.enqueue(a_job(task).queue(queue));

    let kept = bench.job(id);
    assert_eq!((kept.task.as_str(), kept.queue.as_str()), (task, queue));
}

pub fn acceptance_and_due_time_follow_the_clock_of_the_store(harness: &dyn Harness) {
    let Some(bench) = Bench::in_fake_time(harness, |can| can.delays && can.records) else { return };
    let past = bench.now() - Duration::from_mins(1);

    let now = bench.enqueue(a_job("mail"));
    let later = bench.enqueue(a_job("mail").due_in(Duration::from_secs(90)));
    let earlier = bench.enqueue(a_job("mail").due_at(past));

    let accepted = bench.now();
    assert_eq!((bench.job(now).created_at, bench.job(now).run_at), (accepted, accepted));
    assert_eq!(bench.job(later).run_at, accepted + Duration::from_secs(90));
    assert_eq!((bench.job(earlier).created_at, bench.job(earlier).run_at), (accepted, past));
}

pub fn a_repeated_request_answers_where_the_first_is_and_changes_nothing(harness: &dyn Harness) {
    let Some(bench) = Bench::promising(harness, |can| can.records) else { return };
    let first = a_job("mail").payload(b"first").build();
    bench.enqueue(first.clone());
    let repeat = a_job("other").id(first.id).priority(0).payload(b"second").build();

    let answer = bench.enqueue_again(&repeat);

    let kept = bench.job(first.id);
    assert_eq!(answer, Enqueued::Existing(State::Pending));
    assert_eq!((kept.task, kept.priority, kept.payload), (first.task, first.priority, first.payload));
}

pub fn a_repeat_inside_one_batch_is_recognised(harness: &dyn Harness) {
    let Some(bench) = Bench::promising(harness, |can| can.records) else { return };
    let first = a_job("mail").payload(b"first").build();
    let repeat = a_job("mail").id(first.id).payload(b"second").build();
    let other = a_job("mail").build();

    let answers = bench.jobs().enqueue(&[first.clone(), repeat, other]).unwrap();

    assert_eq!(answers, [Enqueued::New, Enqueued::Existing(State::Pending), Enqueued::New]);
    assert_eq!(bench.job(first.id).payload, first.payload);
}

pub fn a_repeat_of_a_running_job_does_not_start_it_again(harness: &dyn Harness) {
    let Some(bench) = Bench::promising(harness, |can| can.records) else { return };
    let job = a_job("mail").build();
    bench.running(job.clone());

    let answer = bench.enqueue_again(&job);

    assert_eq!(answer, Enqueued::Existing(State::Running));
    assert!(bench.claim_up_to(1).is_empty());
}

pub fn a_repeat_of_an_ended_job_answers_how_it_ended(harness: &dyn Harness) {
    let Some(bench) = Bench::promising(harness, |can| can.records) else { return };
    let (done, failed, cancelled) = (a_job("a").build(), a_job("b").build(), a_job("c").build());
    bench.ended(done.clone(), success(b"12"));
    bench.ended(failed.clone(), failure("boom"));
    bench.enqueue(cancelled.clone());
    bench.cancel(cancelled.id);

    let answers = bench.jobs().enqueue(&[done, failed, cancelled]).unwrap();

    let expected = [State::Success, State::Failed, State::Cancelled].map(Enqueued::Existing);
    assert_eq!(answers, expected);
    assert!(bench.claim_up_to(1).is_empty());
}

pub fn an_empty_batch_is_accepted(harness: &dyn Harness) {
    let bench = Bench::open(harness);

    let answers = bench.jobs().enqueue(&[]).unwrap();

    assert!(answers.is_empty());
}

pub fn many_jobs_enter_in_one_batch(harness: &dyn Harness) {
    let bench = Bench::open(harness);
    let batch = jobs("mail", MANY);

    let answers = bench.jobs().enqueue(&batch).unwrap();

    assert_eq!(answers, vec![Enqueued::New; MANY]);
    assert_eq!(bench.inspect().count(&Filter::default()).unwrap(), [MANY as u64, 0, 0, 0, 0]);
    assert_eq!(bench.state(*ids_of_new(&batch).last().unwrap()), Some(State::Pending));
}
