//! Schedules are kept whole and listed in order, come due by their next tick, and change only as they were seen.

use std::num::NonZeroU64;
use std::time::Duration;

use nuvom_core::ports::{Agenda, Committed};
use nuvom_core::{JobId, Misfire, Overlap, Priority, Rule, Schedule, ScheduleChange, ScheduleId, Timestamp};

use super::Harness;
use super::bench::{Bench, MANY, just_under, only};
use crate::builders::{a_schedule, changed, payload, queue, schedule_id, written};

const HOUR: Duration = Duration::from_hours(1);

pub fn a_schedule_is_kept_whole(harness: &dyn Harness) {
    let bench = Bench::open(harness);
    let mut cron = a_schedule("größe/'1'", bench.now() + HOUR);
    let definition = &mut cron.definition;
    definition.rule = Rule::Cron { expression: "*/5 9-17 * * MON-FRI".into(), zone: "Europe/Berlin".into() };
    (definition.misfire, definition.overlap, definition.is_declared) = (Misfire::All, Overlap::Skip, true);
    (definition.queue, definition.priority) = (queue("slow"), Priority::FIRST);
    (definition.payload, definition.max_runs) = (payload(b"\x00\xff"), NonZeroU64::new(7));
    (definition.starts_at, definition.ends_at) = (Some(bench.now()), Some(bench.now() + HOUR * 9));
    definition.jitter = Duration::from_millis(1_500);
    std::sync::Arc::make_mut(&mut definition.options).tags = vec!["nightly".into()];
    (cron.is_moved, cron.is_paused, cron.runs, cron.skipped) = (true, true, 3, 4);
    (cron.last_tick, cron.last_job) = (Some(bench.now()), Some(JobId::from_tick("größe/'1'", bench.now())));
    (cron.created_at, cron.changed_at) = (Timestamp::from_micros(5), Timestamp::from_micros(6));

    write(&bench, std::slice::from_ref(&cron));

    assert_eq!(find(&bench, "größe/'1'"), Some(cron));
}

pub fn every_rule_is_kept(harness: &dyn Harness) {
    let bench = Bench::open(harness);
    let (mut once, mut every) = (a_schedule("once", bench.now()), a_schedule("every", bench.now()));
    (once.definition.rule, once.definition.misfire) = (Rule::Once(bench.now() + HOUR), Misfire::Skip);
    every.definition.rule = Rule::Every(Duration::from_millis(1_500));
    let ended = Schedule { next_tick: None, ..a_schedule("ended", bench.now()) };

    write(&bench, &[once.clone(), every.clone(), ended.clone()]);

    let found = bench.schedules().find(&[once.id.clone(), every.id.clone(), ended.id.clone()]).unwrap();
    assert_eq!(found, [Some(once), Some(every), Some(ended)]);
}

pub fn a_change_replaces_what_was_seen(harness: &dyn Harness) {
    let bench = Bench::open(harness);
    let seen = a_schedule("report", bench.now());
    write(&bench, std::slice::from_ref(&seen));
    let change = changed(&seen, Schedule { is_paused: true, ..a_schedule("report", bench.now() + HOUR) });

    let committed = commit(&bench, std::slice::from_ref(&change));

    assert_eq!(committed, [Committed::Done]);
    assert_eq!(find(&bench, "report"), change.then);
    assert_eq!(listed(&bench, None, 10), ["report"]);
}

pub fn a_change_of_what_was_changed_meanwhile_is_passed_over(harness: &dyn Harness) {
    let bench = Bench::open(harness);
    let seen = a_schedule("report", bench.now());
    write(&bench, std::slice::from_ref(&seen));
    let paused = changed(&seen, Schedule { is_paused: true, ..seen.clone() });
    let moved = changed(&seen, Schedule { next_tick: None, ..seen.clone() });

    let committed = [paused.clone(), moved].map(|change| commit(&bench, &[change])[0]);

    assert_eq!(committed, [Committed::Done, Committed::Passed]);
    assert_eq!(find(&bench, "report"), paused.then);
}

pub fn of_two_who_make_a_schedule_the_second_is_passed_over(harness: &dyn Harness) {
    let bench = Bench::open(harness);
    let (first, second) = (a_schedule("report", bench.now()), a_schedule("report", bench.now() + HOUR));

    let committed = commit(&bench, &[written(first.clone()), written(second)]);

    assert_eq!(committed, [Committed::Done, Committed::Passed]);
    assert_eq!(find(&bench, "report"), Some(first));
}

pub fn a_schedule_that_is_not_there_is_not_changed(harness: &dyn Harness) {
    let bench = Bench::open(harness);
    let never = a_schedule("report", bench.now());

    let committed = commit(&bench, &[changed(&never, never.clone())]);

    assert_eq!(committed, [Committed::Passed]);
    assert_eq!(find(&bench, "report"), None);
}

pub fn a_change_that_is_passed_over_leaves_the_others_of_its_batch(harness: &dyn Harness) {
    let bench = Bench::open(harness);
    let never = a_schedule("never", bench.now());
    let changes = [
        written(a_schedule("a", bench.now())),
        changed(&never, never.clone()),
        written(a_schedule("b", bench.now())),
    ];

    let committed = commit(&bench, &changes);

    assert_eq!(committed, [Committed::Done, Committed::Passed, Committed::Done]);
    assert_eq!(listed(&bench, None, 10), ["a", "b"]);
}

pub fn schedules_come_in_the_order_asked(harness: &dyn Harness) {
    let bench = Bench::open(harness);
    write(&bench, &[a_schedule("a", bench.now()), a_schedule("b", bench.now())]);

    let found = bench.schedules().find(&["b", "none", "a"].map(schedule_id)).unwrap();

    let found: Vec<_> = found.into_iter().map(|schedule| schedule.map(|schedule| schedule.id)).collect();
    assert_eq!(found, [Some(schedule_id("b")), None, Some(schedule_id("a"))]);
}

pub fn a_listing_goes_by_id_and_in_pages(harness: &dyn Harness) {
    let bench = Bench::open(harness);
    write(&bench, &["c", "a", "d", "b"].map(|id| a_schedule(id, bench.now())));

    let first = listed(&bench, None, 3);
    let second = listed(&bench, Some("c"), 3);
    let from_a_gap = listed(&bench, Some("bb"), 3);

    assert_eq!(first, ["a", "b", "c"]);
    assert_eq!(second, ["d"]);
    assert_eq!(from_a_gap, ["c", "d"]);
    assert!(listed(&bench, None, 0).is_empty());
}

pub fn a_schedule_is_due_when_its_tick_has_come(harness: &dyn Harness) {
    let Some(bench) = Bench::in_fake_time(harness, |_| true) else { return };
    write(&bench, &[a_schedule("report", bench.now() + HOUR)]);

    bench.advance(just_under(HOUR));
    let early = due(&bench, 10);
    bench.advance(Duration::from_micros(1));
    let on_time = due(&bench, 10);

    assert!(early.is_empty());
    assert_eq!(on_time, ["report"]);
}

pub fn the_earliest_tick_is_due_first(harness: &dyn Harness) {
    let Some(bench) = Bench::in_fake_time(harness, |_| true) else { return };
    let now = bench.now();
    write(&bench, &[a_schedule("a", now), a_schedule("b", now - HOUR * 2), a_schedule("c", now - HOUR)]);

    assert_eq!(due(&bench, 10), ["b", "c", "a"]);
    assert_eq!(due(&bench, 2), ["b", "c"]);
    assert!(due(&bench, 0).is_empty());
}

pub fn the_next_tick_is_the_first_of_those_that_are_left(harness: &dyn Harness) {
    let Some(bench) = Bench::in_fake_time(harness, |_| true) else { return };
    let now = bench.now();
    let ticks = [("past", now - HOUR), ("now", now), ("soon", now + HOUR), ("later", now + HOUR * 2)];
    write(&bench, &ticks.map(|(id, tick)| a_schedule(id, tick)));
    let next = |limit| agenda(&bench, limit).next_tick;

    assert_eq!([next(0), next(1)], [Some(now - HOUR), Some(now)]);
    assert_eq!([next(2), next(10)], [Some(now + HOUR); 2]);
    assert_eq!(agenda(&bench, 10).now, now);
}

pub fn what_is_paused_or_has_run_out_is_not_due(harness: &dyn Harness) {
    let Some(bench) = Bench::in_fake_time(harness, |_| true) else { return };
    let paused = Schedule { is_paused: true, ..a_schedule("paused", bench.now()) };
    let ended = Schedule { next_tick: None, ..a_schedule("ended", bench.now()) };

    write(&bench, &[paused, ended]);

    assert!(due(&bench, 10).is_empty());
    assert_eq!(agenda(&bench, 10).next_tick, None);
}

pub fn a_replaced_tick_is_not_due_any_more(harness: &dyn Harness) {
    let Some(bench) = Bench::in_fake_time(harness, |_| true) else { return };
    let (moved, paused) = (a_schedule("moved", bench.now()), a_schedule("paused", bench.now()));
    write(&bench, &[moved.clone(), paused.clone()]);
    let later = Some(bench.now() + HOUR);

    let to_later = changed(&moved, Schedule { next_tick: later, ..moved.clone() });
    let to_none = changed(&paused, Schedule { is_paused: true, ..paused.clone() });
    commit(&bench, &[to_later, to_none]);

    assert!(due(&bench, 10).is_empty());
    assert_eq!(agenda(&bench, 10).next_tick, later);
}

pub fn a_resumed_schedule_is_due_again(harness: &dyn Harness) {
    let Some(bench) = Bench::in_fake_time(harness, |_| true) else { return };
    let paused = Schedule { is_paused: true, ..a_schedule("report", bench.now()) };
    write(&bench, std::slice::from_ref(&paused));

    commit(&bench, &[changed(&paused, Schedule { is_paused: false, ..paused.clone() })]);

    assert_eq!(due(&bench, 10), ["report"]);
}

pub fn what_has_run_out_is_found_by_its_last_change(harness: &dyn Harness) {
    let bench = Bench::open(harness);
    let time = |micros| Timestamp::from_micros(micros);
    let ended =
        |id: &str, at| Schedule { next_tick: None, changed_at: time(at), ..a_schedule(id, bench.now()) };
    let active = Schedule { changed_at: time(1), ..a_schedule("active", bench.now()) };
    write(&bench, &[ended("b", 20), active, ended("a", 30), ended("c", 10)]);
    let run_out = |before, limit| names(bench.schedules().run_out(time(before), limit).unwrap());

    assert_eq!(run_out(30, 10), ["c", "b"]);
    assert_eq!(run_out(31, 10), ["c", "b", "a"]);
    assert_eq!(run_out(31, 1), ["c"]);
}

pub fn a_removed_schedule_is_gone(harness: &dyn Harness) {
    let bench = Bench::open(harness);
    let (a, b) = (a_schedule("a", bench.now()), a_schedule("b", bench.now()));
    write(&bench, &[a.clone(), b.clone()]);
    let stale = ScheduleChange { seen: Some(bench.now() + HOUR), ..b.remove() };

    let answers = commit(&bench, &[a_schedule("none", bench.now()).remove(), a.remove(), stale]);
    let again = commit(&bench, &[a.remove()]);

    assert_eq!(answers, [Committed::Passed, Committed::Done, Committed::Passed]);
    assert_eq!((again, find(&bench, "a")), (vec![Committed::Passed], None));
    assert_eq!((listed(&bench, None, 10), due(&bench, 10)), (vec!["b".into()], vec!["b".into()]));
}

pub fn no_schedules_are_fine(harness: &dyn Harness) {
    let bench = Bench::open(harness);

    assert!(commit(&bench, &[]).is_empty());
    assert!(bench.schedules().find(&[]).unwrap().is_empty());
    assert!(listed(&bench, None, 10).is_empty() && due(&bench, 10).is_empty());
}

pub fn many_schedules_are_kept_in_one_batch(harness: &dyn Harness) {
    let bench = Bench::open(harness);
    let many: Vec<_> = (0..MANY).map(|index| a_schedule(&format!("{index:05}"), bench.now())).collect();
    let ids: Vec<ScheduleId> = many.iter().map(|schedule| schedule.id.clone()).collect();
    let removals: Vec<ScheduleChange> = many.iter().map(Schedule::remove).collect();

    write(&bench, &many);

    let found = bench.schedules().find(&ids).unwrap();
    assert_eq!(found, many.into_iter().map(Some).collect::<Vec<_>>());
    assert_eq!(commit(&bench, &removals), vec![Committed::Done; MANY]);
}

fn write(bench: &Bench, schedules: &[Schedule]) {
    let changes: Vec<ScheduleChange> = schedules.iter().cloned().map(written).collect();
    assert_eq!(commit(bench, &changes), vec![Committed::Done; schedules.len()]);
}

fn commit(bench: &Bench, changes: &[ScheduleChange]) -> Vec<Committed> {
    bench.schedules().commit(changes).unwrap()
}

fn find(bench: &Bench, id: &str) -> Option<Schedule> {
    only(bench.schedules().find(&[schedule_id(id)]).unwrap())
}

fn listed(bench: &Bench, after: Option<&str>, limit: usize) -> Vec<String> {
    names(bench.schedules().list_schedules(after.map(schedule_id).as_ref(), limit).unwrap())
}

fn agenda(bench: &Bench, limit: usize) -> Agenda {
    bench.schedules().agenda(limit).unwrap()
}

fn due(bench: &Bench, limit: usize) -> Vec<String> {
    names(agenda(bench, limit).due)
}

fn names(schedules: Vec<Schedule>) -> Vec<String> {
    schedules.into_iter().map(|schedule| schedule.id.as_str().to_owned()).collect()
}
