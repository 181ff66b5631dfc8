//! Lines that give out again what was not acknowledged.

use nuvom_core::ports::{Ended, LinePromises};
use nuvom_core::{ErrorKind, Lease, State};
use nuvom_testkit::builders::{a_job, failure, success};
use nuvom_testkit::faulty::Method;

use crate::queue::{FULL, VISIBILITY};
use crate::support::{Bench, claim, claim_one, end, wish};

#[test]
fn a_job_whose_worker_died_runs_again_and_the_loss_is_counted() {
    let bench = Bench::over(FULL);
    bench.enqueue(a_job("add"));
    claim_one(&bench.here);
    bench.takers_die();

    let again = claim_one(&bench.there);

    assert_eq!((again.lease, again.losses, again.failures), (Lease(2), 1, 0));
}

#[test]
fn a_job_that_took_its_last_holder_down_ends_as_failed_and_is_not_given_out_again() {
    let bench = Bench::over(FULL);
    let id = bench.enqueue(a_job("crash").max_losses(2));
    claim_one(&bench.here);
    bench.takers_die();
    claim_one(&bench.there);
    bench.takers_die();

    assert!(claim(&bench.there).is_empty());
    assert_eq!(bench.there.inspect.states(&[id]).unwrap(), [Some(State::Failed)]);
    assert_eq!(bench.there.inspect.attempts(id).unwrap().len(), 2);
    assert!(claim(&bench.there).is_empty());
}

#[test]
fn of_two_holders_only_the_first_to_finish_is_heard() {
    let bench = Bench::over(FULL);
    let id = bench.enqueue(a_job("add"));
    let paused = claim_one(&bench.here);
    bench.takers_die();
    let rescuer = claim_one(&bench.there);

    let answers =
        [end(&bench.there, &rescuer, success(b"rescued")), end(&bench.here, &paused, success(b"late"))];

    assert_eq!(answers, [Ended::Applied(State::Success), Ended::Stale]);
    assert_eq!(
        bench.here.results.get(&[id]).unwrap()[0].as_ref().unwrap().value.as_deref(),
        Some(&b"rescued"[..])
    );
}

#[test]
fn an_ended_job_that_is_given_out_again_does_not_run_again() {
    let bench = Bench::over(FULL);
    let job = a_job("add").build();
    bench.enqueue(job.clone());
    let done = claim_one(&bench.here);
    end(&bench.here, &done, success(b"12"));

    bench.enqueue(job);

    assert!(claim(&bench.there).is_empty());
    assert_eq!(bench.state(done.id), Some(State::Success));
}

#[test]
fn a_failure_is_counted_though_another_worker_takes_the_next_attempt() {
    let bench = Bench::over(FULL);
    bench.enqueue(a_job("add").retries(2));
    let first = claim_one(&bench.here);
    end(&bench.here, &first, failure("boom"));
    bench.clock.advance(VISIBILITY);

    let second = claim_one(&bench.there);

    assert_eq!((second.lease, second.failures, second.losses), (Lease(2), 1, 0));
    assert_eq!(bench.there.inspect.attempts(second.id).unwrap()[0].error.message, "boom");
}

#[test]
fn without_a_result_on_record_nothing_is_acknowledged() {
    let bench = Bench::over(FULL);
    let id = bench.enqueue(a_job("add"));
    let running = claim_one(&bench.here);
    bench.faults.fail(Method::Put, ErrorKind::Unavailable);
    let finish = nuvom_core::End { id, lease: running.lease, outcome: success(b"12") };

    let refused = bench.here.jobs.exchange(std::slice::from_ref(&finish), None).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Unavailable);

    bench.faults.heal();
    let answer = bench.here.jobs.exchange(&[finish], None).unwrap();
    assert_eq!(answer.ended, [Ended::Applied(State::Success)]);
}

#[test]
fn a_lease_is_kept_as_long_as_it_is_extended() {
    let bench = Bench::over(FULL);
    bench.enqueue(a_job("slow"));
    let running = claim_one(&bench.here);

    bench.clock.advance(VISIBILITY / 2);
    bench.here.jobs.renew(&[running.held()], VISIBILITY).unwrap();
    bench.clock.advance(VISIBILITY / 2);

    assert!(claim(&bench.there).is_empty());
}

#[test]
fn what_a_worker_has_no_room_for_goes_back_with_the_last_one_that_listens() {
    let bench = Bench::over(LinePromises { priorities: false, ..FULL });
    let listening = bench.here.jobs.subscribe(nuvom_core::ports::Topic::Ready, std::sync::Arc::new(|| {}));
    bench.enqueue(a_job("slow"));
    bench.enqueue(a_job("slow"));
    let slow = std::sync::Arc::new(std::iter::once(nuvom_testkit::builders::task("slow")).collect());
    let share = |limit| nuvom_core::ports::Share {
        tasks: nuvom_core::ports::Tasks::Only(std::sync::Arc::clone(&slow)),
        suspects: false,
        limit,
    };
    let narrow = nuvom_core::ports::Claim { shares: vec![share(0)], ..wish(2) };
    assert!(bench.here.jobs.exchange(&[], Some(&narrow)).unwrap().claimed.is_empty());

    drop(listening);

    assert_eq!(claim(&bench.there).len(), 2);
}
