//! From a paused queue nobody takes jobs, and all else goes on.

use std::time::Duration;

use nuvom_core::ports::{Cancelled, Ended, QueueCounts, Topic};
use nuvom_core::{Capability, State};

use super::Harness;
use super::bench::{Bench, LEASE, ids, only, wish, wish_from};
use super::fire::fire_one;
use crate::Probe;
use crate::builders::{a_job, a_schedule, failure, jobs, queue, success, written};

pub fn a_paused_queue_gives_nothing_out(harness: &dyn Harness) {
    let Some(bench) = Bench::promising(harness, can) else { return };
    let id = bench.enqueue(a_job("add").queue("mail"));

    assert_eq!(pause(&bench, &["mail"]), [true]);

    assert!(bench.claim_up_to(5).is_empty());
    assert!(bench.exchange(&[], Some(&wish_from(&["mail"], 5))).claimed.is_empty());
    assert_eq!(bench.state(id), Some(State::Pending));
}

pub fn a_resumed_queue_gives_out_what_waited_in_it(harness: &dyn Harness) {
    let Some(bench) = Bench::promising(harness, can) else { return };
    pause(&bench, &["mail"]);
    let id = bench.enqueue(a_job("add").queue("mail"));

    assert_eq!(resume(&bench, &["mail"]), [true]);

    assert_eq!(ids(&bench.claim_up_to(5)), [id]);
}

pub fn other_queues_go_on(harness: &dyn Harness) {
    let Some(bench) = Bench::promising(harness, can) else { return };
    let open = bench.enqueue(a_job("add").queue("open"));
    bench.enqueue(a_job("add").queue("mail"));
    bench.enqueue(a_job("add").queue("report"));

    pause(&bench, &["mail", "report"]);

    assert_eq!(ids(&bench.exchange(&[], Some(&wish_from(&["mail", "open", "report"], 5))).claimed), [open]);
    assert!(bench.claim_up_to(5).is_empty());
}

pub fn each_queue_is_answered_whether_that_changed_anything(harness: &dyn Harness) {
    let Some(bench) = Bench::promising(harness, can) else { return };
    bench.enqueue(a_job("add").queue("mail"));

    assert_eq!(pause(&bench, &["mail"]), [true]);
    assert_eq!(pause(&bench, &["report", "mail", "report"]), [true, false, false]);
    assert_eq!(resume(&bench, &["mail", "mail", "none"]), [true, false, false]);
    assert_eq!(pause(&bench, &[]), [false; 0]);
    assert_eq!(paused(&bench), ["report"]);
}

pub fn a_queue_may_be_paused_before_its_first_job(harness: &dyn Harness) {
    let Some(bench) = Bench::promising(harness, can) else { return };

    assert_eq!(pause(&bench, &["mail"]), [true]);
    let listed = bench.inspect().queues().unwrap();
    bench.enqueue(a_job("add").queue("mail"));

    let QueueCounts { queue: name, pending, running, oldest, paused, .. } = only(listed);
    assert_eq!((name, pending, running, oldest, paused), (queue("mail"), 0, 0, None, true));
    assert!(bench.claim_up_to(5).is_empty());
}

pub fn a_paused_queue_is_not_waited_for(harness: &dyn Harness) {
    let Some(bench) = Bench::in_fake_time(harness, |it| can(it) && it.delays) else { return };
    bench.enqueue(a_job("add").queue("mail"));
    bench.enqueue(a_job("add").queue("mail").due_in(Duration::from_secs(5)));
    bench.enqueue(a_job("add").queue("open").due_in(Duration::from_secs(10)));

    pause(&bench, &["mail"]);
    let both = bench.exchange(&[], Some(&wish(5)));
    let one = bench.exchange(&[], Some(&wish_from(&["mail"], 5)));

    assert_eq!((both.claimed.len(), both.next_due_in), (0, Some(Duration::from_secs(10))));
    assert_eq!((one.claimed.len(), one.next_due_in), (0, None));
}

pub fn what_runs_in_a_paused_queue_may_end(harness: &dyn Harness) {
    let Some(bench) = Bench::promising(harness, can) else { return };
    let running = bench.running(a_job("add").queue("mail"));

    pause(&bench, &["mail"]);

    assert_eq!(bench.end(&running, success(b"12")), Ended::Applied(State::Success));
}

pub fn what_fails_in_a_paused_queue_waits_there_for_its_next_attempt(harness: &dyn Harness) {
    let Some(bench) = Bench::in_fake_time(harness, can) else { return };
    let running = bench.running(a_job("add").queue("mail").retries(1));

    pause(&bench, &["mail"]);
    assert_eq!(bench.end(&running, failure("boom")), Ended::Applied(State::Pending));
    bench.advance(Duration::from_hours(1));

    assert!(bench.claim_up_to(5).is_empty());
    resume(&bench, &["mail"]);
    assert_eq!(ids(&bench.claim_up_to(5)), [running.id]);
}

pub fn a_job_taken_from_a_lost_holder_waits_in_its_paused_queue(harness: &dyn Harness) {
    let Some(bench) = Bench::in_fake_time(harness, |it| can(it) && it.leases) else { return };
    let running = bench.running(a_job("add").queue("mail"));

    pause(&bench, &["mail"]);
    assert_eq!(bench.lose(&running), State::Pending);

    assert!(bench.claim_up_to(5).is_empty());
}

pub fn what_runs_in_a_paused_queue_keeps_its_lease(harness: &dyn Harness) {
    let Some(bench) = Bench::in_fake_time(harness, |it| can(it) && it.leases) else { return };
    let running = bench.running(a_job("add").queue("mail"));

    pause(&bench, &["mail"]);
    bench.advance(LEASE / 2);
    bench.jobs().renew(&[running.held()], LEASE).unwrap();
    bench.advance(LEASE / 2);

    assert!(bench.reap().is_empty());
}

pub fn what_waits_in_a_paused_queue_can_be_cancelled(harness: &dyn Harness) {
    let Some(bench) = Bench::promising(harness, can) else { return };
    let waiting = jobs("add", 3).into_iter().map(|mut job| {
        job.queue = queue("mail");
        job
    });
    let waiting: Vec<_> = waiting.map(|job| bench.enqueue(job)).collect();
    pause(&bench, &["mail"]);

    assert_eq!(bench.jobs().cancel(&waiting).unwrap(), [Cancelled::Done; 3]);

    let left = only(bench.inspect().queues().unwrap());
    assert_eq!((left.pending, left.paused), (0, true));
    let next = bench.enqueue(a_job("add").queue("mail"));
    assert!(bench.claim_up_to(5).is_empty());
    resume(&bench, &["mail"]);
    assert_eq!(ids(&bench.claim_up_to(5)), [next]);
}

pub fn a_schedule_goes_on_to_make_jobs_in_a_paused_queue(harness: &dyn Harness) {
    let Some(bench) = Bench::promising(harness, can) else { return };
    let schedule = a_schedule("report", bench.now());
    bench.schedules().commit(&[written(schedule.clone())]).unwrap();
    pause(&bench, &["default"]);

    bench.schedules().commit(&[fire_one(&schedule, bench.now())]).unwrap();

    assert!(bench.claim_up_to(5).is_empty());
    assert_eq!(only(bench.inspect().queues().unwrap()).pending, 1);
}

pub fn to_resume_a_queue_wakes_workers(harness: &dyn Harness) {
    let Some(bench) = Bench::promising(harness, |it| can(it) && it.notify) else { return };
    let id = bench.enqueue(a_job("add").queue("mail"));
    pause(&bench, &["mail"]);
    assert!(bench.claim_up_to(5).is_empty());
    let probe = Probe::new();
    let _subscription = bench.jobs().subscribe(Topic::Ready, probe.waker()).unwrap();

    resume(&bench, &["mail"]);

    probe.expect("a wake after the queue was resumed");
    assert_eq!(ids(&bench.claim_up_to(5)), [id]);
}

pub fn a_queue_paused_through_another_opening_gives_nothing_out(harness: &dyn Harness) {
    let Some(bench) = Bench::promising(harness, |it| can(it) && it.cross_process) else { return };
    let other = bench.beside(harness);
    let first = bench.enqueue(a_job("add").queue("mail"));
    let second = bench.enqueue(a_job("add").queue("mail"));
    assert_eq!(bench.claim().id, first);

    assert_eq!(pause(&other, &["mail"]), [true]);

    assert!(bench.claim_up_to(5).is_empty());
    assert_eq!(paused(&bench), ["mail"]);
    assert_eq!(pause(&bench, &["mail"]), [false]);
    assert_eq!(resume(&bench, &["mail"]), [true]);
    assert_eq!(ids(&other.claim_up_to(5)), [second]);
}

pub fn to_resume_through_another_opening_wakes_as_well(harness: &dyn Harness) {
    let Some(bench) = Bench::promising(harness, |it| can(it) && it.cross_process && it.notify) else {
        return;
    };
    let other = bench.beside(harness);
    let id = bench.enqueue(a_job("add").queue("mail"));
    pause(&other, &["mail"]);
    assert!(bench.claim_up_to(5).is_empty());
    let probe = Probe::new();
    let _subscription = bench.jobs().subscribe(Topic::Ready, probe.waker()).unwrap();

    resume(&other, &["mail"]);

    probe.expect("a wake after the queue was resumed elsewhere");
    assert_eq!(ids(&bench.claim_up_to(5)), [id]);
}

pub fn a_paused_queue_stays_paused_when_the_store_is_opened_again(harness: &dyn Harness) {
    let Some(bench) = Bench::promising(harness, |it| can(it) && it.durable) else { return };
    bench.enqueue(a_job("add").queue("mail"));
    pause(&bench, &["mail", "empty"]);
    resume(&bench, &["empty"]);

    let bench = bench.reopened(harness);

    assert_eq!(paused(&bench), ["mail"]);
    assert!(bench.claim_up_to(5).is_empty());
}

fn can(capability: &Capability) -> bool {
    capability.pausing && capability.records
}

fn pause(bench: &Bench, names: &[&str]) -> Vec<bool> {
    let queues: Vec<_> = names.iter().map(|name| queue(name)).collect();
    bench.jobs().pause(&queues, true).unwrap()
}

fn resume(bench: &Bench, names: &[&str]) -> Vec<bool> {
    let queues: Vec<_> = names.iter().map(|name| queue(name)).collect();
    bench.jobs().pause(&queues, false).unwrap()
}

/// The names of the queues that are paused.
fn paused(bench: &Bench) -> Vec<String> {
    let queues = bench.inspect().queues().unwrap().into_iter();
    queues.filter(|counts| counts.paused).map(|counts| counts.queue.as_str().to_owned()).collect()
}
