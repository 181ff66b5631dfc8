//! Schedules as programs and commands change them.
#![allow(clippy::unwrap_used, reason = "all of this is test code, where a panic is the report")]

use std::num::NonZeroU64;
use std::sync::Arc;
use std::time::Duration;

use nuvom_core::ports::{Calendar, Filter, Stores};
use nuvom_core::{Clock, Definition, ErrorKind, JobId, Result, Rule, Timestamp};
use nuvom_memory::MemoryStore;
use nuvom_runtime::{Timetable, Written};
use nuvom_testkit::FakeClock;
use nuvom_testkit::builders::{a_schedule, changed, schedule_id};
use nuvom_testkit::faulty::{Fault, Method, faulty};

const MINUTE: Duration = Duration::from_mins(1);

struct NoCron;

impl Calendar for NoCron {
    fn next(&self, _expression: &str, _zone: &str, _after: Timestamp) -> Result<Option<Timestamp>> {
        Ok(None)
    }
}

fn every(interval: Duration) -> Definition {
    Definition { rule: Rule::Every(interval), ..a_schedule("any", Timestamp::default()).definition }
}

fn declared(interval: Duration) -> Definition {
    Definition { is_declared: true, ..every(interval) }
}

fn timetable() -> (Timetable, Stores, Arc<FakeClock>) {
    let clock = FakeClock::new();
    let stores = MemoryStore::new(Arc::clone(&clock) as _).stores();
    (Timetable::new(&stores, Arc::new(NoCron)), stores, clock)
}

#[test]
fn a_schedule_is_added_left_alone_and_changed() {
    let (timetable, _, clock) = timetable();
    let id = schedule_id("report");
    let write = |interval| timetable.write(&id, &every(interval)).unwrap();

    assert_eq!(
        [write(MINUTE), write(MINUTE), write(MINUTE * 2)],
        [Written::Added, Written::Same, Written::Changed]
    );

    assert_eq!(timetable.get(&id).unwrap().next_tick, Some(clock.now() + MINUTE * 2));
}

#[test]
fn an_unknown_schedule_is_told_with_the_one_that_was_meant() {
    let (timetable, ..) = timetable();
    timetable.write(&schedule_id("report"), &every(MINUTE)).unwrap();

    let error = timetable.pause(&schedule_id("reprot")).unwrap_err();

    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert_eq!(error.to_string(), "there is no schedule reprot. Did you mean report?");
    assert!(!timetable.remove(&schedule_id("reprot")).unwrap());
}

#[test]
fn to_pause_and_resume_twice_is_told() {
    let (timetable, ..) = timetable();
    let id = schedule_id("report");
    timetable.write(&id, &every(MINUTE)).unwrap();

    assert_eq!([timetable.pause(&id).unwrap(), timetable.pause(&id).unwrap()], [true, false]);
    assert!(timetable.get(&id).unwrap().is_paused);
    assert_eq!([timetable.resume(&id).unwrap(), timetable.resume(&id).unwrap()], [true, false]);
}

#[test]
fn a_trigger_makes_one_job() {
    let (timetable, stores, clock) = timetable();
    timetable.write(&schedule_id("report"), &every(MINUTE)).unwrap();
    let job = JobId::from_time(clock.now(), [1; 10]);

    timetable.trigger(&schedule_id("report"), job).unwrap();

    assert_eq!(stores.inspect.count(&Filter::default()).unwrap(), [1, 0, 0, 0, 0]);
    assert!(stores.inspect.states(&[job]).unwrap()[0].is_some());
}

#[test]
fn the_code_s_schedules_are_added_changed_and_retired_and_others_left_alone() {
    let (timetable, ..) = timetable();
    let id = schedule_id;
    timetable.write(&id("by hand"), &every(MINUTE)).unwrap();
    timetable.sync(&[(id("gone"), declared(MINUTE)), (id("stays"), declared(MINUTE))], true, false).unwrap();
    let now = [(id("new"), declared(MINUTE)), (id("stays"), declared(MINUTE * 2))];
    let expected =
        [(id("gone"), Written::Retired), (id("new"), Written::Added), (id("stays"), Written::Changed)];

    let dry = timetable.sync(&now, true, true).unwrap();
    assert_eq!(dry, expected);
    assert!(timetable.look(&id("new")).unwrap().is_none() && timetable.look(&id("gone")).unwrap().is_some());
    assert_eq!(timetable.sync(&now, false, false).unwrap(), expected[1..]);
    assert_eq!(timetable.sync(&now, true, false).unwrap(), expected[..1]);

    assert!(timetable.sync(&now, true, false).unwrap().is_empty());
    assert!(
        timetable.look(&id("gone")).unwrap().is_none() && timetable.look(&id("by hand")).unwrap().is_some()
    );
}

#[test]
fn a_change_that_others_were_quicker_with_is_decided_anew() {
    let (timetable, stores, _) = timetable();
    let id = schedule_id("report");
    timetable.write(&id, &every(MINUTE)).unwrap();
    let (through_faults, faults) = faulty(stores.clone());
    let before = timetable.get(&id).unwrap();
    let truth = stores.clone();
    faults.set(move |call| {
        // The first commit finds the schedule changed.
        if call.method == Method::Commit {
            let other = nuvom_core::Schedule { skipped: 7, ..before.clone() };
            truth.schedules.commit(&[changed(&before, other)]).unwrap();
        }
        Fault::None
    });

    assert!(Timetable::new(&through_faults, Arc::new(NoCron)).pause(&id).unwrap());

    let after = timetable.get(&id).unwrap();
    assert_eq!((after.is_paused, after.skipped), (true, 7));
}

#[test]
fn coming_ticks_end_with_the_runs_that_are_left() {
    let (timetable, _, clock) = timetable();
    let id = schedule_id("report");
    let twice = Definition { max_runs: NonZeroU64::new(2), ..every(MINUTE) };
    timetable.write(&id, &twice).unwrap();

    let schedule = timetable.get(&id).unwrap();

    let ticks = [1, 2].map(|number| clock.now() + MINUTE * number);
    assert_eq!(timetable.upcoming(&schedule, 9).unwrap(), ticks);
    assert_eq!(timetable.upcoming(&schedule, 1).unwrap(), ticks[..1]);
}
