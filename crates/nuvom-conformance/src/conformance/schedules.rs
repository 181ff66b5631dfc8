//! Schedules are kept whole and listed in order, and come due by their next tick.

use std::time::Duration;

use nuvom_core::{Misfire, Overlap, Priority, Rule, Schedule, ScheduleId};

use super::Harness;
use super::bench::{Bench, MANY, just_under, only};
use crate::builders::{a_schedule, payload, queue, schedule_id};

const HOUR: Duration = Duration::from_hours(1);

pub fn a_schedule_is_kept_whole(harness: &dyn Harness) {
    let bench = Bench::open(harness);
    let mut cron = a_schedule("größe/'1'", bench.now() + HOUR);
    cron.rule = Rule::Cron { expression: "*/5 9-17 * * MON-FRI".into(), zone: "Europe/Berlin".into() };
    (cron.misfire, cron.overlap, cron.paused) = (Misfire::All, Overlap::Skip, true);
    (cron.queue, cron.priority, cron.payload) = (queue("slow"), Priority::FIRST, payload(b"\x00\xff"));
    std::sync::Arc::make_mut(&mut cron.options).tags = vec!["nightly".into()];

    save(&bench, std::slice::from_ref(&cron));

    assert_eq!(find(&bench, "größe/'1'"), Some(cron));
}

pub fn every_rule_is_kept(harness: &dyn Harness) {
    let bench = Bench::open(harness);
    let once = Schedule { rule: Rule::Once, misfire: Misfire::Skip, ..a_schedule("once", bench.now()) };
    let every =
        Schedule { rule: Rule::Every(Duration::from_millis(1_500)), ..a_schedule("every", bench.now()) };
    let ended = Schedule { next_tick: None, ..a_schedule("ended", bench.now()) };

    save(&bench, &[once.clone(), every.clone(), ended.clone()]);

    let found = bench.schedules().find(&[once.id.clone(), every.id.clone(), ended.id.clone()]).unwrap();
    assert_eq!(found, [Some(once), Some(every), Some(ended)]);
}

pub fn saving_again_replaces(harness: &dyn Harness) {
    let bench = Bench::open(harness);
    save(&bench, &[a_schedule("report", bench.now())]);
    let mut changed = a_schedule("report", bench.now() + HOUR);
    changed.paused = true;

    save(&bench, std::slice::from_ref(&changed));

    assert_eq!(find(&bench, "report"), Some(changed));
    assert_eq!(listed(&bench, None, 10), ["report"]);
}

pub fn the_last_of_a_batch_with_one_id_stands(harness: &dyn Harness) {
    let bench = Bench::open(harness);
    let (first, second) = (a_schedule("report", bench.now()), a_schedule("report", bench.now() + HOUR));

    save(&bench, &[first, second.clone()]);

    assert_eq!(find(&bench, "report"), Some(second));
}

pub fn schedules_come_in_the_order_asked(harness: &dyn Harness) {
    let bench = Bench::open(harness);
    save(&bench, &[a_schedule("a", bench.now()), a_schedule("b", bench.now())]);

    let found = bench.schedules().find(&["b", "none", "a"].map(schedule_id)).unwrap();

    let found: Vec<_> = found.into_iter().map(|schedule| schedule.map(|schedule| schedule.id)).collect();
    assert_eq!(found, [Some(schedule_id("b")), None, Some(schedule_id("a"))]);
}

pub fn a_listing_goes_by_id_and_in_pages(harness: &dyn Harness) {
    let bench = Bench::open(harness);
    save(&bench, &["c", "a", "d", "b"].map(|id| a_schedule(id, bench.now())));

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
    save(&bench, &[a_schedule("report", bench.now() + HOUR)]);

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
    save(&bench, &[a_schedule("a", now), a_schedule("b", now - HOUR * 2), a_schedule("c", now - HOUR)]);

    assert_eq!(due(&bench, 10), ["b", "c", "a"]);
    assert_eq!(due(&bench, 2), ["b", "c"]);
    assert!(due(&bench, 0).is_empty());
}

pub fn what_is_paused_or_has_run_out_is_not_due(harness: &dyn Harness) {
    let Some(bench) = Bench::in_fake_time(harness, |_| true) else { return };
    let paused = Schedule { paused: true, ..a_schedule("paused", bench.now()) };
    let ended = Schedule { next_tick: None, ..a_schedule("ended", bench.now()) };

    save(&bench, &[paused, ended]);

    assert!(due(&bench, 10).is_empty());
    assert_eq!(bench.schedules().next_tick().unwrap(), None);
}

pub fn a_replaced_tick_is_not_due_any_more(harness: &dyn Harness) {
    let Some(bench) = Bench::in_fake_time(harness, |_| true) else { return };
    let (moved, paused) = (a_schedule("moved", bench.now()), a_schedule("paused", bench.now()));
    save(&bench, &[moved.clone(), paused.clone()]);
    let later = bench.now() + HOUR;

    save(&bench, &[Schedule { next_tick: Some(later), ..moved }, Schedule { paused: true, ..paused }]);

    assert!(due(&bench, 10).is_empty());
    assert_eq!(bench.schedules().next_tick().unwrap(), Some(later));
}

pub fn a_resumed_schedule_is_due_again(harness: &dyn Harness) {
    let Some(bench) = Bench::in_fake_time(harness, |_| true) else { return };
    let active = a_schedule("report", bench.now());
    save(&bench, &[Schedule { paused: true, ..active.clone() }]);

    save(&bench, &[active]);

    assert_eq!(due(&bench, 10), ["report"]);
}

pub fn the_next_tick_is_the_earliest_of_all(harness: &dyn Harness) {
    let bench = Bench::open(harness);
    assert_eq!(bench.schedules().next_tick().unwrap(), None);
    let (soon, later) = (bench.now() + HOUR, bench.now() + HOUR * 2);
    let paused = Schedule { paused: true, ..a_schedule("paused", bench.now()) };

    save(&bench, &[a_schedule("later", later), a_schedule("soon", soon), paused]);

    assert_eq!(bench.schedules().next_tick().unwrap(), Some(soon));
}

pub fn a_missed_tick_is_still_the_next(harness: &dyn Harness) {
    let bench = Bench::open(harness);
    let missed = bench.now() - HOUR;

    save(&bench, &[a_schedule("report", missed)]);

    assert_eq!(bench.schedules().next_tick().unwrap(), Some(missed));
}

pub fn a_removed_schedule_is_gone(harness: &dyn Harness) {
    let bench = Bench::open(harness);
    save(&bench, &["a", "b"].map(|id| a_schedule(id, bench.now())));

    let answers = bench.schedules().remove(&["none", "a"].map(schedule_id)).unwrap();
    let again = bench.schedules().remove(&[schedule_id("a")]).unwrap();

    assert_eq!((answers, again), (vec![false, true], vec![false]));
    assert_eq!(find(&bench, "a"), None);
    assert_eq!((listed(&bench, None, 10), due(&bench, 10)), (vec!["b".into()], vec!["b".into()]));
}

pub fn no_schedules_are_fine(harness: &dyn Harness) {
    let bench = Bench::open(harness);

    save(&bench, &[]);

    assert!(bench.schedules().find(&[]).unwrap().is_empty());
    assert!(bench.schedules().remove(&[]).unwrap().is_empty());
    assert!(listed(&bench, None, 10).is_empty() && due(&bench, 10).is_empty());
}

pub fn many_schedules_are_kept_in_one_batch(harness: &dyn Harness) {
    let bench = Bench::open(harness);
    let many: Vec<_> = (0..MANY).map(|index| a_schedule(&format!("{index:05}"), bench.now())).collect();
    let ids: Vec<ScheduleId> = many.iter().map(|schedule| schedule.id.clone()).collect();

    save(&bench, &many);

    let found = bench.schedules().find(&ids).unwrap();
    assert_eq!(found, many.into_iter().map(Some).collect::<Vec<_>>());
    assert_eq!(bench.schedules().remove(&ids).unwrap(), vec![true; MANY]);
}

fn save(bench: &Bench, schedules: &[Schedule]) {
    bench.schedules().save(schedules).unwrap();
}

fn find(bench: &Bench, id: &str) -> Option<Schedule> {
    only(bench.schedules().find(&[schedule_id(id)]).unwrap())
}

fn listed(bench: &Bench, after: Option<&str>, limit: usize) -> Vec<String> {
    names(bench.schedules().list_schedules(after.map(schedule_id).as_ref(), limit).unwrap())
}

fn due(bench: &Bench, limit: usize) -> Vec<String> {
    names(bench.schedules().due(limit).unwrap())
}

fn names(schedules: Vec<Schedule>) -> Vec<String> {
    schedules.into_iter().map(|schedule| schedule.id.as_str().to_owned()).collect()
}
