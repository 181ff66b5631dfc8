//! Lines that do nothing but take in and give out.

use std::time::Duration;

use nuvom_core::ports::Claim;
use nuvom_core::{ErrorKind, State};
use nuvom_testkit::builders::{a_job, failure, queue, success};

use crate::queue::BARE;
use crate::support::{Bench, claim, claim_one, end, wish};

#[test]
fn a_job_runs_and_its_value_is_on_record() {
    let bench = Bench::over(BARE);
    let id = bench.enqueue(a_job("add"));
    assert_eq!(bench.state(id), Some(State::Pending));

    let running = claim_one(&bench.here);
    assert_eq!(bench.state(id), Some(State::Running));
    end(&bench.here, &running, success(b"12"));

    assert_eq!(bench.there.inspect.states(&[id]).unwrap(), [Some(State::Success)]);
}

#[test]
fn an_attempt_inside_the_budget_waits_in_the_worker_for_its_time() {
    let bench = Bench::over(BARE);
    bench.enqueue(a_job("add").retries(1));
    let first = claim_one(&bench.here);
    end(&bench.here, &first, failure("boom"));

    let early = bench.here.jobs.exchange(&[], Some(&wish(9))).unwrap();
    assert!(early.claimed.is_empty());
    bench.clock.advance(early.next_due_in.unwrap());

    assert_eq!(claim_one(&bench.here).failures, 1);
}

#[test]
fn a_job_for_later_is_refused_before_any_of_its_batch_is_taken_in() {
    let bench = Bench::over(BARE);
    let batch = [a_job("now").build(), a_job("later").due_in(Duration::from_secs(5)).build()];

    let refused = bench.here.jobs.enqueue(&batch).unwrap_err();

    assert_eq!(refused.kind(), ErrorKind::Unsupported);
    assert!(claim(&bench.here).is_empty());
}

#[test]
fn a_worker_for_some_queues_is_refused() {
    let bench = Bench::over(BARE);
    bench.enqueue(a_job("add"));

    let refused =
        bench.here.jobs.exchange(&[], Some(&Claim { queues: vec![queue("mail")], ..wish(1) })).unwrap_err();

    assert_eq!(refused.kind(), ErrorKind::Unsupported);
}

#[test]
fn a_job_in_it_cannot_be_cancelled() {
    let bench = Bench::over(BARE);
    let id = bench.enqueue(a_job("add"));

    assert_eq!(bench.here.jobs.cancel(&[id]).unwrap_err().kind(), ErrorKind::Unsupported);
}

#[test]
fn it_cannot_be_paused() {
    let bench = Bench::over(BARE);

    let refused = bench.here.jobs.pause(&[queue("default")], true).unwrap_err();

    assert_eq!(refused.kind(), ErrorKind::Unsupported);
    assert!(refused.to_string().contains("cannot be paused") && refused.next_step().is_some(), "{refused}");
    assert!(!bench.here.inspect.queues().unwrap()[0].paused);
}

#[test]
fn a_job_lined_up_twice_runs_once_at_a_time() {
    let bench = Bench::over(BARE);
    let job = a_job("add").build();
    bench.enqueue(job.clone());
    bench.enqueue(job);

    assert_eq!(claim(&bench.here).len(), 1);
    assert!(claim(&bench.here).is_empty());
}
