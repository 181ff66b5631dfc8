//! Whoever waits for a change is told of it, so that nobody has to keep asking.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use nuvom_core::ports::{Subscription, Topic};

use super::Harness;
use super::bench::{Bench, end_of};
use super::fire::fire_one;
use crate::Probe;
use crate::builders::{a_job, a_schedule, failure, handed_back, success, written};

pub fn an_enqueue_wakes_workers(harness: &dyn Harness) {
    let Some(bench) = Bench::promising(harness, |can| can.notify) else { return };
    let (probe, _subscription) = listen(&bench, Topic::Ready);

    bench.enqueue(a_job("add"));

    probe.expect("a wake after the enqueue");
}

pub fn a_job_for_later_wakes_workers_that_must_wait_for_less(harness: &dyn Harness) {
    let Some(bench) = Bench::promising(harness, |can| can.notify && can.delays) else { return };
    let (probe, _subscription) = listen(&bench, Topic::Ready);

    bench.enqueue(a_job("add").due_in(Duration::from_secs(1)));

    probe.expect("a wake after the enqueue of a job for later");
}

pub fn a_hand_back_wakes_workers(harness: &dyn Harness) {
    let Some(bench) = Bench::promising(harness, |can| can.notify) else { return };
    let running = bench.running(a_job("add"));
    let (probe, _subscription) = listen(&bench, Topic::Ready);

    bench.end(&running, handed_back());

    probe.expect("a wake after the hand-back");
}

pub fn a_failure_inside_the_budget_wakes_workers(harness: &dyn Harness) {
    let Some(bench) = Bench::promising(harness, |can| can.notify && can.records) else { return };
    let running = bench.running(a_job("add").retries(1));
    let (probe, _subscription) = listen(&bench, Topic::Ready);

    bench.end(&running, failure("boom"));

    probe.expect("a wake after the failure");
}

pub fn a_retry_wakes_workers(harness: &dyn Harness) {
    let Some(bench) = Bench::promising(harness, |can| can.notify) else { return };
    let id = bench.ended(a_job("add"), failure("boom"));
    let (probe, _subscription) = listen(&bench, Topic::Ready);

    bench.retry(id);

    probe.expect("a wake after the retry");
}

pub fn a_reaped_job_wakes_workers(harness: &dyn Harness) {
    let Some(bench) = Bench::in_fake_time(harness, |can| can.notify && can.leases) else { return };
    let running = bench.running(a_job("add"));
    let (probe, _subscription) = listen(&bench, Topic::Ready);

    bench.lose(&running);

    probe.expect("a wake after the reaping");
}

pub fn a_fired_tick_wakes_workers(harness: &dyn Harness) {
    let Some(bench) = Bench::promising(harness, |can| can.notify) else { return };
    let (schedule, tick) = (a_schedule("report", bench.now()), bench.now());
    bench.schedules().commit(&[written(schedule.clone())]).unwrap();
    let (probe, _subscription) = listen(&bench, Topic::Ready);

    bench.schedules().commit(&[fire_one(&schedule, tick)]).unwrap();

    probe.expect("a wake after the tick");
}

pub fn a_changed_schedule_wakes_schedulers(harness: &dyn Harness) {
    let Some(bench) = Bench::promising(harness, |can| can.notify) else { return };
    let probe = Probe::new();
    let _subscription = bench.schedules().subscribe_to_schedules(probe.waker()).unwrap();
    let schedule = a_schedule("report", bench.now());

    bench.schedules().commit(&[written(schedule.clone())]).unwrap();
    probe.expect("a wake after the schedule was made");
    bench.schedules().commit(&[schedule.remove()]).unwrap();
    probe.expect("a wake after it was removed");
}

pub fn a_success_wakes_clients(harness: &dyn Harness) {
    let Some(bench) = Bench::promising(harness, |can| can.notify) else { return };
    let running = bench.running(a_job("add"));
    let (probe, _subscription) = listen(&bench, Topic::Ended);

    bench.end(&running, success(b"12"));

    probe.expect("a wake after the success");
}

pub fn a_final_failure_wakes_clients(harness: &dyn Harness) {
    let Some(bench) = Bench::promising(harness, |can| can.notify) else { return };
    let running = bench.running(a_job("add"));
    let (probe, _subscription) = listen(&bench, Topic::Ended);

    bench.end(&running, failure("boom"));

    probe.expect("a wake after the failure");
}

pub fn the_end_of_a_waiting_job_wakes_clients(harness: &dyn Harness) {
    let Some(bench) = Bench::promising(harness, |can| can.notify && can.records) else { return };
    let id = bench.enqueue(a_job("add"));
    let (probe, _subscription) = listen(&bench, Topic::Ended);

    bench.cancel(id);

    probe.expect("a wake after the cancel");
}

pub fn a_last_loss_wakes_clients(harness: &dyn Harness) {
    let Some(bench) = Bench::in_fake_time(harness, |can| can.notify && can.leases) else { return };
    let running = bench.running(a_job("add").max_losses(1));
    let (probe, _subscription) = listen(&bench, Topic::Ended);

    bench.lose(&running);

    probe.expect("a wake after the last loss");
}

pub fn a_request_to_cancel_wakes_the_holder(harness: &dyn Harness) {
    let Some(bench) = Bench::promising(harness, |can| can.notify && can.records) else { return };
    let running = bench.running(a_job("add"));
    let (probe, _subscription) = listen(&bench, Topic::CancelRequested);

    bench.cancel(running.id);

    probe.expect("a wake after the request to cancel");
}

pub fn one_exchange_wakes_all_whom_it_concerns(harness: &dyn Harness) {
    let Some(bench) = Bench::promising(harness, |can| can.notify) else { return };
    let (done, back) = (bench.running(a_job("add")), bench.running(a_job("add")));
    let (ready, _subscription) = listen(&bench, Topic::Ready);
    let (ended, _subscription_too) = listen(&bench, Topic::Ended);

    bench.exchange(&[end_of(&done, success(b"12")), end_of(&back, handed_back())], None);

    ready.expect("a wake after the hand-back");
    ended.expect("a wake after the success");
}

pub fn every_subscriber_is_called(harness: &dyn Harness) {
    let Some(bench) = Bench::promising(harness, |can| can.notify) else { return };
    let (first, _kept) = listen(&bench, Topic::Ready);
    let (second, _kept_too) = listen(&bench, Topic::Ready);

    bench.enqueue(a_job("add"));

    first.expect("a wake of the first");
    second.expect("a wake of the second");
}

pub fn a_subscriber_is_told_of_one_change_after_another(harness: &dyn Harness) {
    let Some(bench) = Bench::promising(harness, |can| can.notify) else { return };
    let (probe, _subscription) = listen(&bench, Topic::Ready);
    bench.enqueue(a_job("add"));
    probe.expect("a wake after the first");

    bench.enqueue(a_job("add"));

    probe.expect("a wake after the second");
}

pub fn a_dropped_subscription_is_called_no_more(harness: &dyn Harness) {
    let Some(bench) = Bench::promising(harness, |can| can.notify) else { return };
    let called = Arc::new(AtomicBool::new(false));
    let noticed = Arc::clone(&called);
    let waker = Arc::new(move || noticed.store(true, Ordering::SeqCst));
    let dropped = bench.jobs().subscribe(Topic::Ready, waker).unwrap();
    let (probe, _subscription) = listen(&bench, Topic::Ready);

    drop(dropped);
    called.store(false, Ordering::SeqCst);
    bench.enqueue(a_job("add"));
    probe.expect("a wake after the first");
    // The second wake proves that a round of calls after the first change is over.
    bench.enqueue(a_job("add"));
    probe.expect("a wake after the second");

    assert!(!called.load(Ordering::SeqCst));
}

pub fn a_change_through_another_opening_wakes_as_well(harness: &dyn Harness) {
    let Some(bench) = Bench::promising(harness, |can| can.notify && can.cross_process) else { return };
    let other = bench.beside(harness);
    let (probe, _subscription) = listen(&bench, Topic::Ready);

    other.enqueue(a_job("add"));

    probe.expect("a wake after an enqueue elsewhere");
}

fn listen(bench: &Bench, topic: Topic) -> (Probe, Subscription) {
    let probe = Probe::new();
    let subscription = bench.jobs().subscribe(topic, probe.waker()).unwrap();
    (probe, subscription)
}
