//! From every older file to the newest schema, and hands off everything else.

use std::fs;
use std::sync::Barrier;
use std::thread::scope;

use nuvom_core::ports::{Inspect, JobStore, ResultStore, Roster, ScheduleStore};
use nuvom_core::{Ending, ErrorKind, JobId, SignatureHash, State};
use nuvom_sqlite::SCHEMA_VERSION;
use nuvom_testkit::builders::{a_job, a_report, schedule_id};
use rusqlite::Connection;

use crate::support::{Place, enqueue, total, wish};

/// A database of the first schema with a job in each state, as `sqlite3 FILE .dump` wrote it.
const FIRST_SCHEMA: &str = include_str!("first_schema.sql");

fn pragma(connection: &Connection, name: &str) -> i64 {
    connection.pragma_query_value(None, name, |row| row.get(0)).unwrap()
}

#[test]
fn an_empty_file_becomes_a_database() {
    let place = Place::new();
    fs::write(place.path(), b"").unwrap();

    enqueue(&place.open(), a_job("add")).unwrap();

    assert_eq!(pragma(&place.raw(), "application_id"), 0x4e75_766f);
    assert_eq!(pragma(&place.raw(), "user_version"), SCHEMA_VERSION);
}

#[test]
fn a_database_is_opened_again_as_it_was() {
    let place = Place::new();
    enqueue(&place.open(), a_job("add")).unwrap();

    assert_eq!(total(&place.open()), 1);
}

fn of_the_first_schema() -> Place {
    let place = Place::new();
    place.raw().execute_batch(FIRST_SCHEMA).unwrap();
    place
}

/// The id that the dump gives to the job of this number.
fn numbered(number: u8) -> JobId {
    let mut bytes = [0x11; 16];
    bytes[15] = number;
    JobId::from_bytes(bytes)
}

#[test]
fn a_database_of_the_first_schema_is_brought_to_the_newest() {
    let place = of_the_first_schema();
    assert_eq!(pragma(&place.raw(), "user_version"), 1);

    drop(place.open());

    assert_eq!(pragma(&place.raw(), "user_version"), SCHEMA_VERSION);
}

#[test]
fn all_that_a_database_of_the_first_schema_held_is_still_there() {
    let place = of_the_first_schema();

    let store = place.open();

    let ids: Vec<JobId> = (0..5).map(numbered).collect();
    assert_eq!(store.states(&ids).unwrap(), State::ALL.map(Some));
    assert_eq!(store.get(&ids).unwrap()[2].as_ref().unwrap().value.as_deref(), Some(&b"value"[..]));
    let attempts = store.attempts(numbered(3)).unwrap();
    assert_eq!((attempts[0].ending, &*attempts[0].error.message), (Ending::Failed, "it broke"));
    let hourly = store.find(&[schedule_id("hourly")]).unwrap().remove(0).unwrap();
    assert_eq!(hourly.definition.task.as_str(), "report");
}

#[test]
fn work_goes_on_in_a_database_of_the_first_schema() {
    let place = of_the_first_schema();
    let store = place.open();

    let claimed = store.exchange(&[], Some(&wish(10))).unwrap().claimed;

    assert_eq!(claimed.iter().map(|job| job.id).collect::<Vec<_>>(), [numbered(0)]);
}

#[test]
fn workers_are_listed_in_a_database_of_the_first_schema() {
    let place = of_the_first_schema();
    let store = place.open();

    store.report(&[a_report("worker-1")]).unwrap();

    assert_eq!(store.list_workers().unwrap().workers[0].report, a_report("worker-1"));
}

#[test]
fn jobs_of_the_first_schema_were_made_for_no_known_signature_beside_new_ones_that_say_theirs() {
    let place = of_the_first_schema();
    let store = place.open();

    let new = enqueue(&store, a_job("add").signature(u64::MAX)).unwrap();

    let ids: Vec<JobId> = (0..5).map(numbered).chain([new]).collect();
    let jobs = store.jobs(&ids).unwrap().into_iter().flatten();
    let signatures: Vec<_> = jobs.map(|job| job.signature.map(SignatureHash::to_bits)).collect();
    assert_eq!(signatures, [None, None, None, None, None, Some(u64::MAX)]);
}

/// Opens what is not ours; it must be refused and stay as it was, to the byte. Answers what was said.
fn left_alone(place: &Place) -> String {
    let before = place.bytes();

    let error = place.try_open().unwrap_err();

    assert_eq!(error.kind(), ErrorKind::Foreign, "{error}");
    assert_eq!(place.bytes(), before);
    assert!(!place.folder().join("nuvom.db-wal").exists());
    assert!(error.next_step().unwrap().contains("NUVOM_SQLITE_PATH"), "{error}");
    error.to_string()
}

#[test]
fn a_newer_schema_is_left_alone() {
    let place = Place::new();
    enqueue(&place.open(), a_job("add")).unwrap();
    place.raw().pragma_update(None, "user_version", SCHEMA_VERSION + 1).unwrap();

    let said = left_alone(&place);

    assert!(said.contains(&format!("schema {}", SCHEMA_VERSION + 1)), "{said}");
}

#[test]
fn the_database_of_another_application_is_left_alone() {
    let place = Place::new();
    place.raw().execute_batch("PRAGMA application_id = 7; CREATE TABLE t (a)").unwrap();

    left_alone(&place);
}

#[test]
fn another_application_without_tables_is_left_alone() {
    let place = Place::new();
    place.raw().execute_batch("PRAGMA application_id = 7").unwrap();

    left_alone(&place);
}

#[test]
fn a_database_with_tables_of_another_program_is_left_alone() {
    let place = Place::new();
    place.raw().execute_batch("CREATE TABLE jobs (id)").unwrap();

    left_alone(&place);
}

#[test]
fn a_database_with_a_version_of_another_program_is_left_alone() {
    let place = Place::new();
    place.raw().execute_batch("PRAGMA user_version = 1").unwrap();

    left_alone(&place);
}

#[test]
fn a_text_file_is_left_alone() {
    let place = Place::new();
    fs::write(place.path(), b"these are my notes\n").unwrap();

    left_alone(&place);
}

#[test]
fn a_large_file_that_is_no_database_is_left_alone() {
    let place = Place::new();
    fs::write(place.path(), vec![b'x'; 100_000]).unwrap();

    left_alone(&place);
}

#[test]
fn a_database_that_was_cut_off_is_not_taken_for_a_fresh_one() {
    let place = Place::new();
    enqueue(&place.open(), a_job("add")).unwrap();
    let bytes = place.bytes();
    fs::write(place.path(), &bytes[..bytes.len() / 3]).unwrap();

    let opened = place.try_open().and_then(|store| store.queues());

    assert_eq!(opened.unwrap_err().kind(), ErrorKind::Corrupt);
}

#[test]
fn threads_that_open_a_fresh_file_at_once_all_find_it_ready() {
    let place = Place::new();
    let start = Barrier::new(8);

    scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                start.wait();
                enqueue(&place.open(), a_job("add")).unwrap();
            });
        }
    });

    assert_eq!(total(&place.open()), 8);
}
