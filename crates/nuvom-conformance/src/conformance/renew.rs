//! A holder that beats keeps its jobs, and learns from the answer what it must end.

use std::time::Duration;

use nuvom_core::ports::{Cancelled, Ended, Renewal};
use nuvom_core::{Held, Job, Lease, State};

use super::Harness;
use super::bench::{Bench, LEASE, MANY, only};
use crate::builders::{a_job, a_job_id, handed_back, jobs, success};

pub fn a_beat_extends_the_lease(harness: &dyn Harness) {
    let Some(bench) = Bench::in_fake_time(harness, |can| can.leases) else { return };
    let running = bench.running(a_job("add"));
    bench.advance(Duration::from_secs(10));

    let answer = renew(&bench, running.held());

    let until = bench.now() + LEASE;
    assert_eq!(answer, Renewal::Kept { until, cancel: false });
    assert_eq!(bench.job(running.id).lease_until, Some(until));
}

pub fn a_holder_that_beats_is_not_reaped(harness: &dyn Harness) {
    let Some(bench) = Bench::in_fake_time(harness, |can| can.leases) else { return };
    let running = bench.running(a_job("add"));
    bench.advance(Duration::from_secs(20));
    renew(&bench, running.held());
    bench.advance(Duration::from_secs(20));

    let reaped = bench.reap();

    assert!(reaped.is_empty());
    assert_eq!(bench.end(&running, success(b"12")), Ended::Applied(State::Success));
}

pub fn a_beat_that_comes_before_the_reaper_is_in_time(harness: &dyn Harness) {
    let Some(bench) = Bench::in_fake_time(harness, |can| can.leases) else { return };
    let running = bench.running(a_job("add"));
    bench.advance(LEASE * 2);

    renew(&bench, running.held());

    assert!(bench.reap().is_empty());
}

pub fn a_beat_learns_of_a_request_to_cancel(harness: &dyn Harness) {
    let Some(bench) = Bench::promising(harness, |can| can.leases) else { return };
    let running = bench.running(a_job("add"));
    assert_eq!(bench.cancel(running.id), Cancelled::Requested);

    let answer = renew(&bench, running.held());

    assert!(matches!(answer, Renewal::Kept { cancel: true, .. }), "{answer:?}");
}

pub fn a_holder_that_was_reaped_has_lost_its_job(harness: &dyn Harness) {
    let Some(bench) = Bench::in_fake_time(harness, |can| can.leases) else { return };
    let late = bench.running(a_job("add"));
    bench.lose(&late);

    assert_eq!(renew(&bench, late.held()), Renewal::Lost);
    let rescued = bench.claim();

    assert_eq!(renew(&bench, late.held()), Renewal::Lost);
    assert_eq!(bench.job(late.id).lease_until, rescued.lease_until);
}

pub fn an_ended_job_is_held_by_nobody(harness: &dyn Harness) {
    let Some(bench) = Bench::promising(harness, |can| can.leases) else { return };
    let done = bench.running(a_job("add"));
    bench.end(&done, success(b"12"));
    let back = bench.running(a_job("add"));
    bench.end(&back, handed_back());

    assert_eq!(renew(&bench, done.held()), Renewal::Lost);
    assert_eq!(renew(&bench, back.held()), Renewal::Lost);
    assert_eq!(bench.job(done.id).lease_until, None);
}

pub fn answers_come_in_the_order_of_the_beats(harness: &dyn Harness) {
    let Some(bench) = Bench::promising(harness, |can| can.leases) else { return };
    let (first, second) = (bench.running(a_job("add")), bench.running(a_job("add")));
    let unknown = Held { id: a_job_id(), lease: Lease(1) };
    let forged = Held { lease: first.lease.next(), ..first.held() };

    let answers = bench.jobs().renew(&[unknown, second.held(), forged, first.held()], LEASE).unwrap();

    let lost: Vec<bool> = answers.iter().map(|answer| *answer == Renewal::Lost).collect();
    assert_eq!(lost, [true, false, true, false]);
}

pub fn no_beats_are_fine(harness: &dyn Harness) {
    let bench = Bench::open(harness);

    let answers = bench.jobs().renew(&[], LEASE).unwrap();

    assert!(answers.is_empty());
}

pub fn many_leases_are_renewed_in_one_batch(harness: &dyn Harness) {
    let Some(bench) = Bench::in_fake_time(harness, |can| can.leases) else { return };
    bench.jobs().enqueue(&jobs("add", MANY)).unwrap();
    let held: Vec<Held> = bench.claim_up_to(MANY).iter().map(Job::held).collect();
    bench.advance(Duration::from_secs(20));

    let answers = bench.jobs().renew(&held, LEASE).unwrap();

    assert_eq!(answers, vec![Renewal::Kept { until: bench.now() + LEASE, cancel: false }; MANY]);
}

fn renew(bench: &Bench, held: Held) -> Renewal {
    only(bench.jobs().renew(&[held], LEASE).unwrap())
}
