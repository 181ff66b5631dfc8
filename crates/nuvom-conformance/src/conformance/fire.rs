//! A tick is fired once, together with the jobs that it makes, by however many schedulers.

use std::time::Duration;

use nuvom_core::ports::{Committed, Enqueued, Filter};
use nuvom_core::{JobId, NewJob, Schedule, ScheduleChange, State, Timestamp};

use super::Harness;
use super::bench::{Bench, only};
use crate::builders::{a_job, a_schedule, changed, schedule_id, success, written};

const HOUR: Duration = Duration::from_hours(1);

pub fn a_fired_tick_makes_its_job_and_moves_on(harness: &dyn Harness) {
    let Some(bench) = Bench::promising(harness, |can| can.records) else { return };
    let schedule = kept(&bench);
    let tick = bench.now();
    let made = schedule.job_at(tick, 3);

    let answer = commit(&bench, fire(&schedule, Some(tick + HOUR), vec![made.clone()]));

    let job = bench.job(JobId::from_tick("report", tick));
    assert_eq!(answer, Committed::Done);
    assert_eq!((job.state, job.run_at, job.task), (State::Pending, tick, made.task));
    assert_eq!((job.queue, job.priority), (made.queue, made.priority));
    assert_eq!(job.signature, None);
    assert_eq!((job.options, job.payload), (made.options, made.payload));
    assert_eq!(next_tick(&bench), Some(tick + HOUR));
}

pub fn the_job_of_a_tick_is_claimed_like_any_other(harness: &dyn Harness) {
    let bench = Bench::open(harness);
    let schedule = kept(&bench);
    commit(&bench, fire_one(&schedule, bench.now()));

    let claimed = bench.claim();

    assert_eq!(claimed.id, JobId::from_tick("report", bench.now()));
}

pub fn a_tick_is_fired_once(harness: &dyn Harness) {
    let bench = Bench::open(harness);
    let schedule = kept(&bench);
    let tick = bench.now();

    let answers = [(); 2].map(|()| commit(&bench, fire_one(&schedule, tick)));

    assert_eq!(answers, [Committed::Done, Committed::Passed]);
    assert_eq!(waiting(&bench), 1);
    assert_eq!(next_tick(&bench), Some(tick + HOUR));
}

pub fn a_schedule_that_was_changed_does_not_fire_as_it_was(harness: &dyn Harness) {
    let bench = Bench::open(harness);
    let schedule = kept(&bench);
    let edited = Schedule { skipped: 5, ..schedule.clone() };
    commit(&bench, changed(&schedule, edited));

    let answer = commit(&bench, fire_one(&schedule, bench.now()));

    assert_eq!((answer, waiting(&bench)), (Committed::Passed, 0));
    assert_eq!(next_tick(&bench), Some(bench.now()));
}

pub fn a_removed_schedule_does_not_fire(harness: &dyn Harness) {
    let bench = Bench::open(harness);
    let schedule = kept(&bench);
    commit(&bench, schedule.remove());

    let answer = commit(&bench, fire_one(&schedule, bench.now()));

    assert_eq!((answer, waiting(&bench)), (Committed::Passed, 0));
}

pub fn the_last_tick_ends_the_schedule(harness: &dyn Harness) {
    let bench = Bench::open(harness);
    let schedule = kept(&bench);
    let job = schedule.job_at(bench.now(), 0);

    let answer = commit(&bench, fire(&schedule, None, vec![job]));

    assert_eq!((answer, next_tick(&bench)), (Committed::Done, None));
    assert_eq!(bench.schedules().agenda(10).unwrap().next_tick, None);
}

pub fn one_fire_may_make_no_job_or_several(harness: &dyn Harness) {
    let Some(bench) = Bench::promising(harness, |can| can.records) else { return };
    let schedule = kept(&bench);
    let (first, second, third) = (bench.now(), bench.now() + HOUR, bench.now() + HOUR * 2);
    let missed = vec![schedule.job_at(first, 0), schedule.job_at(second, 0)];

    let none = commit(&bench, fire(&schedule, Some(second), Vec::new()));
    let none_made = waiting(&bench);
    let schedule = only(bench.schedules().find(&[schedule_id("report")]).unwrap()).unwrap();
    let several = commit(&bench, fire(&schedule, Some(third), missed));

    assert_eq!([none, several], [Committed::Done; 2]);
    assert_eq!((none_made, waiting(&bench)), (0, 2));
}

pub fn a_tick_whose_job_is_known_does_not_make_it_again(harness: &dyn Harness) {
    let Some(bench) = Bench::promising(harness, |can| can.records) else { return };
    let schedule = kept(&bench);
    let tick = bench.now();
    let id = bench.ended(a_job("report").id(JobId::from_tick("report", tick)), success(b"12"));

    let answer = commit(&bench, fire_one(&schedule, tick));

    assert_eq!((answer, bench.state(id)), (Committed::Done, Some(State::Success)));
    assert_eq!(bench.enqueue_again(&schedule.job_at(tick, 0)), Enqueued::Existing(State::Success));
}

pub fn firing_leaves_other_schedules_alone(harness: &dyn Harness) {
    let bench = Bench::open(harness);
    let schedule = kept(&bench);
    let other = a_schedule("other", bench.now());
    commit(&bench, written(other.clone()));

    commit(&bench, fire_one(&schedule, bench.now()));

    assert_eq!(only(bench.schedules().find(&[schedule_id("other")]).unwrap()), Some(other));
}

pub fn many_schedules_fire_in_one_batch(harness: &dyn Harness) {
    let bench = Bench::open(harness);
    let due: Vec<Schedule> = (0..50).map(|index| a_schedule(&format!("{index:02}"), bench.now())).collect();
    let made: Vec<ScheduleChange> = due.iter().cloned().map(written).collect();
    bench.schedules().commit(&made).unwrap();
    let fires: Vec<ScheduleChange> = due.iter().map(|schedule| fire_one(schedule, bench.now())).collect();

    let answers = bench.schedules().commit(&fires).unwrap();

    assert_eq!(answers, vec![Committed::Done; due.len()]);
    assert_eq!(bench.claim_up_to(100).len(), due.len());
}

fn kept(bench: &Bench) -> Schedule {
    let schedule = a_schedule("report", bench.now());
    commit(bench, written(schedule.clone()));
    schedule
}

pub(super) fn fire_one(schedule: &Schedule, tick: Timestamp) -> ScheduleChange {
    fire(schedule, Some(tick + HOUR), vec![schedule.job_at(tick, 0)])
}

fn fire(schedule: &Schedule, next_tick: Option<Timestamp>, jobs: Vec<NewJob>) -> ScheduleChange {
    ScheduleChange { jobs, ..changed(schedule, Schedule { next_tick, ..schedule.clone() }) }
}

fn commit(bench: &Bench, change: ScheduleChange) -> Committed {
    only(bench.schedules().commit(&[change]).unwrap())
}

fn next_tick(bench: &Bench) -> Option<Timestamp> {
    only(bench.schedules().find(&[schedule_id("report")]).unwrap()).and_then(|schedule| schedule.next_tick)
}

fn waiting(bench: &Bench) -> u64 {
    bench.inspect().count(&Filter::default()).unwrap()[0]
}
