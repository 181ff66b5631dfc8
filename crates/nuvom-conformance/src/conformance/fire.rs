//! A tick is fired once, together with the jobs that it makes, by however many schedulers.

use std::time::Duration;

use nuvom_core::ports::{Enqueued, Filter, Fired};
use nuvom_core::{JobId, Schedule, State, Timestamp};

use super::Harness;
use super::bench::{Bench, only};
use crate::builders::{a_job, a_schedule, schedule_id, success};

const HOUR: Duration = Duration::from_hours(1);

pub fn a_fired_tick_makes_its_job_and_moves_on(harness: &dyn Harness) {
    let Some(bench) = Bench::promising(harness, |can| can.records) else { return };
    let schedule = saved(&bench);
    let tick = bench.now();

    let answer = fire(&bench, &schedule, tick);

    let job = bench.job(JobId::from_tick("report", tick));
    assert_eq!(answer, Fired::Done);
    assert_eq!((job.state, job.run_at, job.task), (State::Pending, tick, schedule.task));
    assert_eq!((job.queue, job.priority), (schedule.queue, schedule.priority));
    assert_eq!(job.signature, None);
    assert_eq!((job.options, job.payload), (schedule.options, schedule.payload));
    assert_eq!(next_tick(&bench), Some(tick + HOUR));
}

pub fn the_job_of_a_tick_is_claimed_like_any_other(harness: &dyn Harness) {
    let bench = Bench::open(harness);
    let schedule = saved(&bench);
    fire(&bench, &schedule, bench.now());

    let claimed = bench.claim();

    assert_eq!(claimed.id, JobId::from_tick("report", bench.now()));
}

pub fn a_tick_is_fired_once(harness: &dyn Harness) {
    let bench = Bench::open(harness);
    let schedule = saved(&bench);
    let tick = bench.now();

    let answers = [fire(&bench, &schedule, tick), fire(&bench, &schedule, tick)];

    assert_eq!(answers, [Fired::Done, Fired::Passed]);
    assert_eq!(waiting(&bench), 1);
    assert_eq!(next_tick(&bench), Some(tick + HOUR));
}

pub fn a_tick_that_was_changed_is_passed_over(harness: &dyn Harness) {
    let bench = Bench::open(harness);
    let schedule = saved(&bench);
    let seen = bench.now();
    let moved = Schedule { next_tick: Some(seen + HOUR * 5), ..schedule.clone() };
    bench.schedules().save(&[moved]).unwrap();

    let answer = fire(&bench, &schedule, seen);

    assert_eq!(answer, Fired::Passed);
    assert_eq!(waiting(&bench), 0);
    assert_eq!(next_tick(&bench), Some(seen + HOUR * 5));
}

pub fn a_paused_schedule_does_not_fire(harness: &dyn Harness) {
    let bench = Bench::open(harness);
    let schedule = saved(&bench);
    bench.schedules().save(&[Schedule { paused: true, ..schedule.clone() }]).unwrap();

    let answer = fire(&bench, &schedule, bench.now());

    assert_eq!(answer, Fired::Passed);
    assert_eq!((waiting(&bench), next_tick(&bench)), (0, Some(bench.now())));
}

pub fn a_removed_schedule_does_not_fire(harness: &dyn Harness) {
    let bench = Bench::open(harness);
    let schedule = saved(&bench);
    bench.schedules().remove(std::slice::from_ref(&schedule.id)).unwrap();

    let answer = fire(&bench, &schedule, bench.now());

    assert_eq!((answer, waiting(&bench)), (Fired::Passed, 0));
}

pub fn the_last_tick_ends_the_schedule(harness: &dyn Harness) {
    let bench = Bench::open(harness);
    let schedule = saved(&bench);
    let tick = bench.now();

    let answer = bench.schedules().fire(&schedule.id, tick, None, &[schedule.job_at(tick)]).unwrap();
    let again = fire(&bench, &schedule, tick);

    assert_eq!([answer, again], [Fired::Done, Fired::Passed]);
    assert_eq!(next_tick(&bench), None);
    assert_eq!(bench.schedules().next_tick().unwrap(), None);
}

pub fn one_fire_may_make_no_job_or_several(harness: &dyn Harness) {
    let Some(bench) = Bench::promising(harness, |can| can.records) else { return };
    let schedule = saved(&bench);
    let (first, second, third) = (bench.now(), bench.now() + HOUR, bench.now() + HOUR * 2);
    let missed = [schedule.job_at(first), schedule.job_at(second)];

    let none = bench.schedules().fire(&schedule.id, first, Some(second), &[]).unwrap();
    let none_made = waiting(&bench);
    let several = bench.schedules().fire(&schedule.id, second, Some(third), &missed).unwrap();

    assert_eq!([none, several], [Fired::Done; 2]);
    assert_eq!((none_made, waiting(&bench)), (0, 2));
}

pub fn a_tick_whose_job_is_known_does_not_make_it_again(harness: &dyn Harness) {
    let Some(bench) = Bench::promising(harness, |can| can.records) else { return };
    let schedule = saved(&bench);
    let tick = bench.now();
    let id = bench.ended(a_job("report").id(JobId::from_tick("report", tick)), success(b"12"));

    let answer = fire(&bench, &schedule, tick);

    assert_eq!((answer, bench.state(id)), (Fired::Done, Some(State::Success)));
    assert_eq!(bench.enqueue_again(&schedule.job_at(tick)), Enqueued::Existing(State::Success));
}

pub fn firing_leaves_other_schedules_alone(harness: &dyn Harness) {
    let bench = Bench::open(harness);
    let schedule = saved(&bench);
    let other = a_schedule("other", bench.now());
    bench.schedules().save(std::slice::from_ref(&other)).unwrap();

    fire(&bench, &schedule, bench.now());

    assert_eq!(only(bench.schedules().find(&[schedule_id("other")]).unwrap()), Some(other));
}

fn saved(bench: &Bench) -> Schedule {
    let schedule = a_schedule("report", bench.now());
    bench.schedules().save(std::slice::from_ref(&schedule)).unwrap();
    schedule
}

fn fire(bench: &Bench, schedule: &Schedule, tick: Timestamp) -> Fired {
    bench.schedules().fire(&schedule.id, tick, Some(tick + HOUR), &[schedule.job_at(tick)]).unwrap()
}

fn next_tick(bench: &Bench) -> Option<Timestamp> {
    only(bench.schedules().find(&[schedule_id("report")]).unwrap()).and_then(|schedule| schedule.next_tick)
}

fn waiting(bench: &Bench) -> u64 {
    bench.inspect().count(&Filter::default()).unwrap()[0]
}
