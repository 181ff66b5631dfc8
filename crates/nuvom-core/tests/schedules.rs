//! Schedules on a virtual clock: which jobs a tick makes, and what people's changes do to the ticks.
#![allow(clippy::unwrap_used, reason = "all of this is test code, where a panic is the report")]

use std::num::NonZeroU64;
use std::sync::Arc;
use std::time::Duration;

use nuvom_core::ports::Calendar;
use nuvom_core::{
    Definition, Due, Error, ErrorKind, Fire, JobId, LATE_AFTER, MAX_CAUGHT_UP, Misfire, NewJob, Overlap,
    Payload, Priority, QueueName, Result, Rule, Schedule, ScheduleChange, ScheduleId, TaskName, Timestamp,
    fire, upcoming,
};
use proptest::prelude::*;

const MINUTE: Duration = Duration::from_mins(1);
const DAY: Duration = Duration::from_hours(24);
const START: Timestamp = Timestamp::from_micros(1_800_000_000_000_000);

/// A calendar in which an expression is a number of seconds: it is due at every multiple of it.
struct Multiples;

impl Calendar for Multiples {
    fn next(&self, expression: &str, _zone: &str, after: Timestamp) -> Result<Option<Timestamp>> {
        let step: i64 = expression
            .parse()
            .map_err(|_| Error::new(ErrorKind::Invalid, "no number"))
            .map(|seconds: i64| seconds * 1_000_000)?;
        Ok(Some(Timestamp::from_micros((after.as_micros().div_euclid(step) + 1) * step)))
    }
}

fn definition(rule: Rule) -> Definition {
    Definition {
        rule,
        starts_at: None,
        ends_at: None,
        max_runs: None,
        jitter: Duration::ZERO,
        misfire: Misfire::Once,
        overlap: Overlap::Allow,
        is_declared: false,
        task: TaskName::new("report").unwrap(),
        queue: QueueName::new("default").unwrap(),
        priority: Priority::DEFAULT,
        options: Arc::default(),
        payload: Payload::from(&b"arguments"[..]),
    }
}

fn every(interval: Duration) -> Definition {
    definition(Rule::Every(interval))
}

fn cron(seconds: u32) -> Definition {
    definition(Rule::Cron { expression: seconds.to_string(), zone: "UTC".into() })
}

fn id() -> ScheduleId {
    ScheduleId::new("nightly").unwrap()
}

fn written(definition: Definition) -> Schedule {
    let change = Schedule::write(None, &id(), definition, START, &Multiples).unwrap().unwrap();
    change.then.unwrap()
}

fn then(change: Option<ScheduleChange>) -> Schedule {
    change.unwrap().then.unwrap()
}

fn fired(schedule: &Schedule, now: Timestamp) -> Fire {
    fire(schedule, now, false, &Multiples).unwrap().unwrap()
}

fn times(jobs: &[NewJob]) -> Vec<Duration> {
    let time = |job: &NewJob| match job.due {
        Due::At(time) => time.since(START),
        other => panic!("{other:?}"),
    };
    jobs.iter().map(time).collect()
}

fn missed(jobs: &[NewJob]) -> Vec<u64> {
    jobs.iter().map(|job| job.options.tick.as_ref().unwrap().missed).collect()
}

/// Fires whatever is due, each minute or so, until `end`; answers the ticks of all jobs.
fn run(mut schedule: Schedule, pace: Duration, end: Timestamp) -> Vec<Timestamp> {
    let (mut now, mut ticks) = (START, Vec::new());
    while now <= end {
        while let Some(fire) = fire(&schedule, now, false, &Multiples).unwrap() {
            ticks.extend(fire.change.jobs.iter().map(|job| job.options.tick.as_ref().unwrap().at));
            schedule = fire.change.then.unwrap();
        }
        now = now + pace;
    }
    ticks
}

#[test]
fn an_interval_is_first_due_after_one_interval() {
    assert_eq!(written(every(MINUTE)).next_tick, Some(START + MINUTE));
}

#[test]
fn an_interval_with_a_start_is_due_then_and_counts_from_there() {
    let starting = |starts_at| written(Definition { starts_at: Some(starts_at), ..every(MINUTE) });

    assert_eq!(starting(START + MINUTE * 5).next_tick, Some(START + MINUTE * 5));
    assert_eq!(starting(START).next_tick, Some(START));
    assert_eq!(starting(START - Duration::from_secs(90)).next_tick, Some(START + Duration::from_secs(30)));
}

#[test]
fn a_cron_expression_with_a_start_may_be_due_at_it() {
    let starting = |starts_at| written(Definition { starts_at: Some(starts_at), ..cron(60) });

    assert_eq!(starting(START + MINUTE * 2).next_tick, Some(START + MINUTE * 2));
    assert_eq!(starting(START + MINUTE * 2 + Duration::from_micros(1)).next_tick, Some(START + MINUTE * 3));
    assert_eq!(starting(START - DAY).next_tick, Some(START));
}

#[test]
fn one_job_is_made_at_its_time_and_no_more() {
    let at = START + MINUTE;
    let schedule = written(definition(Rule::Once(at)));

    assert!(fire(&schedule, at - Duration::from_micros(1), false, &Multiples).unwrap().is_none());
    let Fire { change, .. } = fired(&schedule, at);

    assert_eq!(times(&change.jobs), [MINUTE]);
    assert_eq!(change.jobs[0].id, JobId::from_tick("nightly", at));
    let then = change.then.unwrap();
    assert_eq!((then.next_tick, then.runs, then.last_tick), (None, 1, Some(at)));
}

#[test]
fn a_tick_makes_a_job_that_knows_its_schedule_and_nothing_of_a_signature() {
    let job = fired(&written(every(MINUTE)), START + MINUTE).change.jobs.remove(0);

    let tick = job.options.tick.clone().unwrap();
    assert_eq!((tick.schedule, tick.at, tick.missed), (id(), START + MINUTE, 0));
    assert_eq!((job.signature, &*job.payload), (None, &b"arguments"[..]));
}

#[test]
fn ticks_a_few_seconds_late_are_on_time_and_each_makes_its_job() {
    let schedule = written(every(Duration::from_secs(1)));

    let Fire { change, missed, .. } = fired(&schedule, START + Duration::from_secs(5));

    assert_eq!((change.jobs.len(), missed), (5, 0));
}

#[test]
fn after_a_day_one_job_carries_the_count_of_what_was_missed() {
    let Fire { change, missed: told, skipped, .. } =
        fired(&written(every(MINUTE)), START + DAY + LATE_AFTER * 2);

    assert_eq!((times(&change.jobs), missed(&change.jobs)), (vec![DAY], vec![1439]));
    assert_eq!((told, skipped), (1440, 0));
    assert_eq!(change.then.unwrap().next_tick, Some(START + DAY + MINUTE));
}

#[test]
fn after_a_day_none_is_made_up_for_if_missed_ticks_are_skipped() {
    let schedule = written(Definition { misfire: Misfire::Skip, ..every(MINUTE) });

    let Fire { change, missed, skipped, .. } = fired(&schedule, START + DAY + LATE_AFTER * 2);

    assert_eq!((change.jobs.len(), missed, skipped), (0, 1440, 1440));
    let then = change.then.unwrap();
    assert_eq!((then.next_tick, then.skipped, then.runs), (Some(START + DAY + MINUTE), 1440, 0));
}

#[test]
fn a_tick_that_is_on_time_fires_though_others_are_skipped() {
    let schedule = written(Definition { misfire: Misfire::Skip, ..every(MINUTE) });

    let Fire { change, skipped, .. } = fired(&schedule, START + DAY + LATE_AFTER);

    assert_eq!((times(&change.jobs), skipped), (vec![DAY], 1439));
}

#[test]
fn after_a_day_the_latest_hundred_are_made_up_for_if_all_are_wanted() {
    for definition in [every(MINUTE), cron(60)] {
        let schedule = written(Definition { misfire: Misfire::All, ..definition });
        let due = upcoming(&schedule.definition, schedule.next_tick, 1440, &Multiples).unwrap();
        let now = *due.last().unwrap() + LATE_AFTER * 2;

        let Fire { change, missed, skipped, .. } = fired(&schedule, now);

        let ticks: Vec<Timestamp> =
            change.jobs.iter().map(|job| job.options.tick.as_ref().unwrap().at).collect();
        assert_eq!(ticks, due[1440 - MAX_CAUGHT_UP..]);
        assert_eq!((missed, skipped), (1440, 1340));
    }
}

#[test]
fn a_schedule_of_many_ticks_that_rested_for_years_is_decided_at_once() {
    let Fire { change, missed, .. } = fired(&written(cron(1)), START + DAY * 2000);

    // Eleven of the hundred thousand that are counted are on time.
    assert_eq!((change.jobs.len(), missed), (1, 100_000 - 11));
    assert_eq!(change.then.unwrap().next_tick, Some(START + DAY * 2000 + Duration::from_secs(1)));
}

#[test]
fn while_the_last_job_runs_no_other_is_made_if_jobs_may_not_overlap() {
    let schedule = written(Definition { overlap: Overlap::Skip, ..every(MINUTE) });

    let Fire { change, skipped, .. } = fire(&schedule, START + MINUTE, true, &Multiples).unwrap().unwrap();

    assert_eq!((change.jobs.len(), skipped), (0, 1));
    let then = change.then.unwrap();
    assert_eq!((then.next_tick, then.skipped), (Some(START + MINUTE * 2), 1));
    assert_eq!(fired(&then, START + MINUTE * 2).change.jobs.len(), 1);
}

#[test]
fn of_several_due_ticks_the_latest_makes_the_one_job_that_may_run() {
    let definition = Definition { overlap: Overlap::Skip, misfire: Misfire::All, ..every(MINUTE) };

    let Fire { change, skipped, .. } = fired(&written(definition), START + MINUTE * 3);

    assert_eq!((times(&change.jobs), skipped), (vec![MINUTE * 3], 2));
}

#[test]
fn a_schedule_ends_with_its_last_run_or_its_time() {
    let of_two = Definition { max_runs: NonZeroU64::new(2), ..every(MINUTE) };
    let until = Definition { ends_at: Some(START + MINUTE * 3), ..every(MINUTE) };
    let ticks = |definition| run(written(definition), MINUTE, START + DAY);

    assert_eq!(ticks(of_two), [1, 2].map(|number| START + MINUTE * number));
    assert_eq!(ticks(until), [1, 2, 3].map(|number| START + MINUTE * number));
    let never = Definition { ends_at: Some(START + MINUTE - Duration::from_micros(1)), ..every(MINUTE) };
    assert_eq!(written(never).next_tick, None);
}

#[test]
fn missed_ticks_make_no_more_jobs_than_are_left_and_none_after_the_end() {
    let definition = Definition {
        misfire: Misfire::All,
        max_runs: NonZeroU64::new(2),
        ends_at: Some(START + MINUTE * 5),
        ..every(MINUTE)
    };

    let Fire { change, missed, skipped, .. } = fired(&written(definition), START + DAY);

    assert_eq!((times(&change.jobs), missed, skipped), (vec![MINUTE, MINUTE * 2], 5, 3));
    assert_eq!(change.then.unwrap().next_tick, None);
}

#[test]
fn jitter_moves_the_start_of_a_job_and_not_its_tick_and_is_the_same_for_every_scheduler() {
    let jitter = Duration::from_secs(30);
    let schedule = written(Definition { jitter, ..every(MINUTE) });
    let starts = |now| {
        let job = fired(&schedule, now).change.jobs.remove(0);
        (times(std::slice::from_ref(&job))[0], job.options.tick.clone().unwrap().at)
    };

    let (start, tick) = starts(START + MINUTE);

    assert_eq!((tick, starts(START + MINUTE * 2 - LATE_AFTER * 2)), (START + MINUTE, (start, tick)));
    assert!(start >= MINUTE && start <= MINUTE + jitter, "{start:?}");
    let many = run(schedule.clone(), MINUTE, START + DAY);
    assert_eq!(many, (1..=1440).map(|number| START + MINUTE * number).collect::<Vec<_>>());
    let delays: Vec<NewJob> = many.iter().map(|tick| schedule.job_at(*tick, 0)).collect();
    let delays: Vec<Duration> =
        times(&delays).iter().zip(1..).map(|(start, number)| start.abs_diff(MINUTE * number)).collect();
    let mean = delays.iter().sum::<Duration>() / 1440;
    assert!((13..17).contains(&mean.as_secs()), "{mean:?}");
}

#[test]
fn a_paused_schedule_does_not_fire_and_what_passed_then_is_not_made_up_for() {
    let schedule = written(Definition { misfire: Misfire::All, ..every(MINUTE) });
    let paused = then(schedule.pause(START));
    assert!(fire(&paused, START + DAY, false, &Multiples).unwrap().is_none());
    assert!(paused.pause(START).is_none());

    let resumed = then(paused.resume(START + MINUTE * 5 / 2, &Multiples).unwrap());

    assert_eq!((resumed.next_tick, resumed.is_paused), (Some(START + MINUTE * 3), false));
    assert!(resumed.resume(START, &Multiples).unwrap().is_none());
}

#[test]
fn what_is_due_once_and_was_paused_over_its_time_is_due_when_it_is_resumed() {
    let schedule = written(definition(Rule::Once(START + MINUTE)));
    let paused = then(schedule.pause(START));

    let resumed = then(paused.resume(START + DAY, &Multiples).unwrap());

    assert_eq!(fired(&resumed, START + DAY).change.jobs.len(), 1);
}

#[test]
fn to_write_a_schedule_again_as_it_is_changes_nothing() {
    let schedule = written(every(MINUTE));

    assert!(
        Schedule::write(Some(&schedule), &id(), every(MINUTE), START + DAY, &Multiples).unwrap().is_none()
    );
}

#[test]
fn other_arguments_leave_the_ticks_where_they_are_and_another_rule_starts_anew() {
    let schedule = Schedule { runs: 7, ..written(every(MINUTE)) };
    let now = START + Duration::from_secs(30);
    let write =
        |definition| then(Schedule::write(Some(&schedule), &id(), definition, now, &Multiples).unwrap());

    let other = write(Definition { payload: Payload::from(&b"other"[..]), ..every(MINUTE) });
    let slower = write(every(MINUTE * 2));

    assert_eq!(
        (other.next_tick, other.runs, &*other.definition.payload),
        (Some(START + MINUTE), 7, &b"other"[..])
    );
    assert_eq!((slower.next_tick, slower.runs), (Some(now + MINUTE * 2), 0));
    assert!(other.changed_at > schedule.changed_at);
}

#[test]
fn a_paused_schedule_stays_paused_when_it_is_written() {
    let paused = then(written(every(MINUTE)).pause(START));

    assert!(
        then(Schedule::write(Some(&paused), &id(), every(MINUTE * 2), START, &Multiples).unwrap()).is_paused
    );
}

#[test]
fn a_trigger_makes_a_job_now_and_leaves_the_ticks_alone() {
    let schedule = then(written(every(MINUTE)).pause(START));
    let job = JobId::from_time(START, [7; 10]);

    let change = schedule.trigger(job, START);

    assert_eq!((change.jobs[0].id, times(&change.jobs)), (job, vec![Duration::ZERO]));
    let then = change.then.unwrap();
    assert_eq!((then.next_tick, then.last_job, then.runs), (schedule.next_tick, None, 0));
    assert_eq!(change.jobs[0].options.tick.as_ref().map(|tick| tick.schedule.clone()), Some(id()));
}

#[test]
fn when_the_rules_of_a_zone_changed_the_next_tick_is_looked_up_again_and_none_fires_twice() {
    let moved = Schedule { next_tick: Some(START + MINUTE * 7 / 2), ..written(cron(60)) };
    let realigned = then(moved.realign(START + MINUTE, &Multiples).unwrap());
    assert_eq!(realigned.next_tick, Some(START + MINUTE));

    let fired_already = Schedule { last_tick: Some(START + MINUTE), ..moved.clone() };
    let realigned = then(fired_already.realign(START + MINUTE, &Multiples).unwrap());
    assert_eq!(realigned.next_tick, Some(START + MINUTE * 2));

    assert!(written(cron(60)).realign(START, &Multiples).unwrap().is_none());
    assert!(written(every(MINUTE)).realign(START, &Multiples).unwrap().is_none());
}

#[test]
fn a_time_that_was_set_by_hand_stays_until_it_has_come() {
    let moved = then(Some(written(cron(60)).reschedule(START + Duration::from_secs(90), START)));
    assert!(moved.realign(START, &Multiples).unwrap().is_none());

    let Fire { change, .. } = fired(&moved, START + Duration::from_secs(90));

    assert_eq!(times(&change.jobs), [Duration::from_secs(90)]);
    let then = change.then.unwrap();
    assert_eq!((then.next_tick, then.is_moved), (Some(START + MINUTE * 2), false));
}

#[test]
fn intervals_too_short_and_windows_that_end_before_they_start_are_refused() {
    let refused =
        |definition| Schedule::write(None, &id(), definition, START, &Multiples).unwrap_err().to_string();

    assert!(refused(every(Duration::from_millis(99))).contains("0.1 s"));
    assert!(refused(every(Duration::ZERO)).contains("too short"));
    let backwards = Definition { starts_at: Some(START), ends_at: Some(START - MINUTE), ..every(MINUTE) };
    assert!(refused(backwards).contains("ends before it starts"));
}

#[test]
fn a_rule_that_cannot_be_understood_is_an_error_and_no_tick() {
    let mut schedule = written(cron(60));
    schedule.definition.rule = Rule::Cron { expression: "61 * * * *".into(), zone: "UTC".into() };

    assert!(fire(&schedule, START + DAY, false, &Multiples).is_err());
}

fn rules() -> impl Strategy<Value = Definition> {
    prop_oneof![(1_u64..200).prop_map(|s| every(Duration::from_secs(s))), (1_u32..200).prop_map(cron)]
}

proptest! {
    /// However irregularly schedulers look, each tick is made a job of, missed and told in a count, or skipped and counted.
    #[test]
    fn every_tick_is_accounted_for_once(
        definition in rules(),
        misfire in prop::sample::select(Misfire::ALL.to_vec()),
        overlap in prop::sample::select(Overlap::ALL.to_vec()),
        looks in prop::collection::vec((0_u64..400, any::<bool>()), 1..60),
    ) {
        let mut schedule = written(Definition { misfire, overlap, ..definition });
        let first = schedule.next_tick.unwrap();
        let (mut now, mut ticks, mut made_good) = (START, Vec::new(), 0);
        for (seconds, is_running) in looks {
            now = now + Duration::from_secs(seconds);
            if let Some(fire) = fire(&schedule, now, is_running, &Multiples).unwrap() {
                made_good += missed(&fire.change.jobs).iter().sum::<u64>();
                ticks.extend(fire.change.jobs.iter().map(|job| job.options.tick.as_ref().unwrap().at));
                prop_assert!(fire.change.then.as_ref().unwrap().changed_at > schedule.changed_at);
                schedule = fire.change.then.unwrap();
                prop_assert!(schedule.next_tick.unwrap() > now);
            }
        }

        let due = upcoming(&schedule.definition, Some(first), 100_000, &Multiples).unwrap();
        let due = due.into_iter().take_while(|tick| *tick <= now).count() as u64;
        prop_assert_eq!(due, ticks.len() as u64 + made_good + schedule.skipped);
        prop_assert_eq!(schedule.runs, ticks.len() as u64);
        prop_assert!(ticks.windows(2).all(|pair| pair[0] < pair[1]));
    }
}
