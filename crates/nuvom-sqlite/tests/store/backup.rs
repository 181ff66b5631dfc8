//! Copies of a database that is in use.

use std::path::Path;
use std::sync::Arc;

use nuvom_core::ports::{Backup, Copied, Inspect, JobStore};
use nuvom_core::{ErrorKind, JobId, Result, State};
use nuvom_sqlite::{Durability, SqliteStore};
use nuvom_testkit::builders::{a_job, jobs};

use crate::child::Other;
use crate::support::{LEASE, Place, enqueue, state, total, wish};

fn back_up(store: &SqliteStore, to: &Path) -> Result<Copied> {
    store.back_up(to, &mut |_, _| {})
}

fn opened(place: &Place, copy: &Path) -> Arc<SqliteStore> {
    SqliteStore::open(copy, Durability::Full, Arc::clone(&place.clock) as _).unwrap()
}

/// So many that a copy takes several steps.
fn large(store: &SqliteStore) -> Vec<JobId> {
    let arguments = vec![7; 100_000];
    (0..100).map(|_| enqueue(store, a_job("add").payload(&arguments)).unwrap()).collect()
}

#[test]
fn a_copy_holds_what_was_accepted_before_and_nothing_of_what_came_meanwhile() {
    let place = Place::new();
    let (store, other) = (place.open(), place.open());
    let before = large(&store);
    let copy = place.folder().join("copy.db");
    let mut during = Vec::new();

    let mut interfere = |_, _| {
        if during.len() < 2 {
            during.push(enqueue(&other, a_job("late")).unwrap());
        }
    };
    let copied = store.back_up(&copy, &mut interfere).unwrap();

    assert_eq!(during.len(), 2, "one step is no test");
    assert_eq!(copied.jobs, before.len() as u64);
    assert_eq!(copied.bytes, std::fs::metadata(&copy).unwrap().len());
    let copy = opened(&place, &copy);
    assert!(copy.states(&before).unwrap().iter().all(|state| *state == Some(State::Pending)));
    assert_eq!(copy.states(&during).unwrap(), vec![None; during.len()]);
    assert_eq!(total(&store), copied.jobs + during.len() as u64);
}

#[test]
fn a_copy_made_while_another_process_runs_jobs_opens_and_runs_the_rest() {
    let place = Place::new();
    let store = place.open();
    let jobs = jobs("add", 1_000);
    store.enqueue(&jobs).unwrap();
    let mut other = Other::start("claim everything", &place.path());
    other.wait_for("ready");
    other.go_on();
    let claimed: JobId = other.wait_for("claimed").parse().unwrap();
    let copy = place.folder().join("copy.db");

    let copied = back_up(&store, &copy).unwrap();

    assert!(other.end().0);
    assert_eq!(copied.jobs, 1_000);
    let copy = opened(&place, &copy);
    assert_ne!(state(&copy, claimed), Some(State::Pending), "what was acknowledged before is in it");
    place.clock.advance(LEASE);
    copy.reap(1_000).unwrap();
    let left = copy.count(&nuvom_core::ports::Filter::default()).unwrap()[0];
    assert_eq!(copy.exchange(&[], Some(&wish(1_000))).unwrap().claimed.len() as u64, left);
}

#[test]
fn a_copy_is_one_file_that_only_its_owner_can_read() {
    let place = Place::new();
    let copy = place.folder().join("copy.db");

    back_up(&place.open(), &copy).unwrap();

    assert!(!place.folder().join("copy.db-wal").exists() && !place.folder().join("copy.db-shm").exists());
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(std::fs::metadata(&copy).unwrap().permissions().mode() & 0o777, 0o600);
    }
}

#[test]
fn the_copy_of_a_damaged_database_is_an_error_that_says_so() {
    let place = Place::new();
    let store = place.open();
    large(&store);
    let raw = place.raw();
    // What should be the index of waiting jobs is that of running ones, and empty.
    raw.execute_batch(
        "PRAGMA writable_schema = ON; UPDATE sqlite_schema SET rootpage = (SELECT rootpage FROM sqlite_schema \
         WHERE name = 'jobs_running') WHERE name = 'jobs_ready'",
    )
    .unwrap();
    drop(raw);

    let error = back_up(&store, &place.folder().join("copy.db")).unwrap_err();

    assert_eq!(error.kind(), ErrorKind::Corrupt, "{error}");
    assert!(error.to_string().contains("Keep the backups that you have"), "{error}");
}
