//! The scheduler: what is due is fired once, and between ticks it rests.

use std::sync::Arc;
use std::time::Duration;

use nuvom_core::ports::{Calendar, Filter, Page, Topic};
use nuvom_core::{
    Clock, Error, ErrorKind, Event, Misfire, Overlap, Result, Rule, Schedule, ScheduleChange, State,
    Timestamp,
};
use nuvom_engine::{Duty, Scheduler, SchedulerConfig, Ticker};
use nuvom_testkit::Probe;
use nuvom_testkit::builders::{a_schedule, changed, schedule_id, written};
use nuvom_testkit::faulty::Method;

use crate::support::{Bench, NEVER, ScriptedExecutor};

const HOUR: Duration = Duration::from_hours(1);
const POLL: Duration = Duration::from_mins(10);

/// A calendar in which "hourly" is due at each full hour since 1970, and all else is not understood.
struct Hourly;

impl Calendar for Hourly {
    fn next(&self, expression: &str, _zone: &str, after: Timestamp) -> Result<Option<Timestamp>> {
        const STEP: i64 = 3_600_000_000;
        match expression {
            "hourly" => Ok(Some(Timestamp::from_micros((after.as_micros().div_euclid(STEP) + 1) * STEP))),
            _ => Err(Error::new(ErrorKind::Invalid, "not understood")),
        }
    }
}

fn config() -> SchedulerConfig {
    SchedulerConfig { batch: 3, poll: POLL, jitter: Duration::ZERO, keep_run_out: HOUR * 24 }
}

fn bench() -> Bench {
    Bench::with(ScriptedExecutor::holding(1))
}

fn ticker(bench: &Bench) -> Ticker {
    let (clock, events) = (Arc::clone(&bench.clock) as _, Arc::clone(&bench.events) as _);
    Ticker::new(config(), bench.stores.clone(), clock, Arc::new(Hourly), events)
}

fn keep(bench: &Bench, schedules: impl IntoIterator<Item = Schedule>) {
    let changes: Vec<ScheduleChange> = schedules.into_iter().map(written).collect();
    bench.truth.schedules.commit(&changes).unwrap();
}

fn kept(bench: &Bench, id: &str) -> Schedule {
    bench.truth.schedules.find(&[schedule_id(id)]).unwrap().remove(0).unwrap()
}

fn waiting(bench: &Bench) -> u64 {
    bench.truth.inspect.count(&Filter::default()).unwrap()[0]
}

#[test]
fn a_tick_is_fired_when_it_is_due_and_the_scheduler_rests_until_the_next() {
    let bench = bench();
    keep(&bench, [a_schedule("report", bench.clock.now() + Duration::from_mins(5))]);
    let mut ticker = ticker(&bench);

    assert_eq!((ticker.run_once(), waiting(&bench)), (Duration::from_mins(5), 0));
    bench.clock.advance(Duration::from_mins(5));
    assert_eq!((ticker.run_once(), waiting(&bench)), (POLL, 1));

    assert_eq!(kept(&bench, "report").next_tick, Some(bench.clock.now() + HOUR));
}

#[test]
fn a_fired_schedule_that_is_due_soon_again_is_waited_for() {
    let bench = bench();
    let mut often = a_schedule("often", bench.clock.now());
    often.definition.rule = Rule::Every(Duration::from_secs(7));
    keep(&bench, [often, a_schedule("later", bench.clock.now() + Duration::from_mins(1))]);

    assert_eq!(ticker(&bench).run_once(), Duration::from_secs(7));
}

#[test]
fn more_than_a_batch_is_gone_on_with_at_once() {
    let bench = bench();
    keep(&bench, (0..7).map(|number| a_schedule(&number.to_string(), bench.clock.now())));
    let mut ticker = ticker(&bench);

    assert_eq!(
        [ticker.run_once(), ticker.run_once(), ticker.run_once()],
        [Duration::ZERO, Duration::ZERO, POLL]
    );

    assert_eq!(waiting(&bench), 7);
}

#[test]
fn of_ten_schedulers_one_fires_each_tick() {
    let bench = bench();
    let mut often = a_schedule("often", bench.clock.now());
    often.definition.rule = Rule::Every(Duration::from_secs(1));
    keep(&bench, [often]);
    let mut tickers: Vec<Ticker> = (0..10).map(|_| ticker(&bench)).collect();

    for _ in 0..30 {
        std::thread::scope(|scope| {
            for ticker in &mut tickers {
                scope.spawn(|| ticker.run_once());
            }
        });
        bench.clock.advance(Duration::from_secs(1));
    }

    assert_eq!((waiting(&bench), kept(&bench, "often").runs), (30, 30));
    let fired = bench.events.seen().iter().filter(|event| matches!(event, Event::TickFired { .. })).count();
    assert_eq!(fired, 30);
}

#[test]
fn a_fire_is_told_with_what_was_missed() {
    let bench = bench();
    keep(&bench, [a_schedule("report", bench.clock.now())]);
    bench.clock.advance(HOUR * 5 + Duration::from_mins(1));

    ticker(&bench).run_once();

    let events = bench.events.seen();
    let Event::TickFired { schedule, jobs: 1, missed: 6, skipped: 0, late, .. } = &events[0] else {
        panic!("{events:?}");
    };
    assert_eq!((schedule, *late), (&schedule_id("report"), Duration::from_mins(1)));
}

#[test]
fn a_schedule_whose_jobs_may_not_overlap_waits_for_the_end_of_the_last() {
    let bench = bench();
    let mut schedule = a_schedule("report", bench.clock.now());
    (schedule.definition.overlap, schedule.definition.misfire) = (Overlap::Skip, Misfire::Skip);
    keep(&bench, [schedule]);
    let mut ticker = ticker(&bench);
    ticker.run_once();
    let job = kept(&bench, "report").last_job.unwrap();

    bench.clock.advance(HOUR);
    ticker.run_once();
    assert_eq!((waiting(&bench), kept(&bench, "report").skipped), (1, 1));
    bench.cancel(job);
    assert_eq!(bench.state(job), State::Cancelled);
    bench.clock.advance(HOUR);
    ticker.run_once();

    assert_eq!((waiting(&bench), kept(&bench, "report").runs), (1, 2));
}

#[test]
fn a_schedule_that_cannot_be_followed_is_paused_and_told_and_the_others_go_on() {
    let bench = bench();
    let mut broken = a_schedule("broken", bench.clock.now());
    broken.definition.rule = Rule::Cron { expression: "?".into(), zone: "UTC".into() };
    keep(&bench, [broken, a_schedule("report", bench.clock.now())]);
    let mut ticker = ticker(&bench);

    ticker.run_once();

    assert!(kept(&bench, "broken").is_paused);
    assert_eq!(waiting(&bench), 1);
    let told = |event: &Event| matches!(event, Event::ScheduleBroken { schedule, .. } if *schedule == schedule_id("broken"));
    assert!(bench.events.seen().iter().any(told));
    assert_eq!(ticker.run_once(), POLL);
}

#[test]
fn at_its_start_it_looks_up_next_ticks_again() {
    let bench = bench();
    let hour = Hourly.next("hourly", "UTC", bench.clock.now()).unwrap().unwrap();
    let by_old_rules = (0..3).map(|number| {
        let mut schedule = a_schedule(&number.to_string(), hour + Duration::from_mins(30));
        schedule.definition.rule = Rule::Cron { expression: "hourly".into(), zone: "UTC".into() };
        schedule
    });
    keep(&bench, by_old_rules);

    ticker(&bench).run_once();

    assert!((0..3).all(|number| kept(&bench, &number.to_string()).next_tick == Some(hour)));
}

#[test]
fn schedules_that_ran_out_long_ago_are_forgotten_unless_they_stand_in_the_code() {
    let bench = bench();
    let ended = |id: &str| Schedule {
        next_tick: None,
        changed_at: bench.clock.now(),
        ..a_schedule(id, bench.clock.now())
    };
    let mut declared = ended("declared");
    declared.definition.is_declared = true;
    keep(&bench, [declared, ended("old")]);
    bench.clock.advance(HOUR * 24 + Duration::from_secs(1));
    keep(&bench, [ended("new")]);

    ticker(&bench).run_once();

    let left = bench.truth.schedules.list_schedules(None, 10).unwrap();
    assert_eq!(left.iter().map(|schedule| schedule.id.as_str()).collect::<Vec<_>>(), ["declared", "new"]);
}

#[test]
fn a_store_that_fails_is_asked_again_and_no_tick_is_lost() {
    let bench = bench();
    keep(&bench, [a_schedule("report", bench.clock.now())]);
    let mut ticker = ticker(&bench);
    for method in [Method::Agenda, Method::Commit] {
        bench.faults.fail(method, ErrorKind::Unavailable);
        assert!(ticker.run_once() < Duration::from_secs(5));
        bench.faults.heal();
    }

    ticker.run_once();

    assert_eq!(waiting(&bench), 1);
    assert!(matches!(bench.events.seen()[0], Event::StoreFailed { duty: "scheduler", .. }));
}

#[test]
fn a_scheduler_wakes_up_for_a_schedule_that_is_due_sooner_than_it_knew() {
    let bench = bench();
    keep(&bench, [a_schedule("later", bench.clock.now() + HOUR)]);
    let ready = Probe::new();
    let _subscription = bench.truth.jobs.subscribe(Topic::Ready, ready.waker()).unwrap();
    let config = SchedulerConfig { poll: NEVER, ..config() };
    let (clock, events) = (Arc::clone(&bench.clock) as _, Arc::clone(&bench.events) as _);
    let mut scheduler =
        Scheduler::start(config, bench.stores.clone(), clock, Arc::new(Hourly), events).unwrap();

    keep(&bench, [a_schedule("now", bench.clock.now())]);
    ready.expect("the job of a schedule that was made while the scheduler slept");

    assert!(scheduler.join(Duration::from_secs(10)) && !scheduler.is_broken());
    let page = Page { before: None, limit: 10 };
    let made = bench.truth.inspect.list(&Filter::default(), &page).unwrap().remove(0);
    assert_eq!(made.options.tick.as_ref().unwrap().schedule, schedule_id("now"));
}

#[test]
fn what_was_paused_while_a_fire_was_decided_does_not_fire() {
    let bench = bench();
    let schedule = a_schedule("report", bench.clock.now());
    keep(&bench, [schedule.clone()]);
    let truth = bench.truth.clone();
    // Between the scheduler's look and its commit.
    bench.faults.set(move |call| {
        if call.method == Method::Commit {
            let paused = changed(&schedule, Schedule { is_paused: true, ..schedule.clone() });
            truth.schedules.commit(&[paused]).unwrap();
        }
        nuvom_testkit::faulty::Fault::None
    });

    ticker(&bench).run_once();

    assert_eq!(waiting(&bench), 0);
    assert!(kept(&bench, "report").is_paused && bench.events.seen().is_empty());
}
