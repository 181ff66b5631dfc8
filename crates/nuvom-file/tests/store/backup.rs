//! Copies of a folder that is in use.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use nuvom_core::ports::{Backup, Copied, Filter, Inspect, JobStore, ResultStore};
use nuvom_core::{JobId, Result, State};
use nuvom_file::{FileStore, Options};
use nuvom_testkit::builders::{a_job, jobs, success};

use crate::child::Other;
use crate::support::{LEASE, Place, claim, end, enqueue, state};

fn back_up(store: &FileStore, to: &Path) -> Result<Copied> {
    store.back_up(to, &mut |_, _| {})
}

fn opened(place: &Place, copy: &Path) -> Arc<FileStore> {
    FileStore::open(copy, Options::default(), Arc::clone(&place.clock) as _).unwrap()
}

#[test]
fn a_copy_made_while_another_process_runs_jobs_opens_and_runs_the_rest() {
    let place = Place::new();
    let store = place.open();
    store.enqueue(&jobs("add", 300)).unwrap();
    let mut other = Other::start("claim everything", &place.path());
    other.wait_for("ready");
    other.go_on();
    let claimed: JobId = other.wait_for("claimed").parse().unwrap();
    let copy = place.folder().join("copy");

    let copied = back_up(&store, &copy).unwrap();

    assert!(other.end().0);
    assert_eq!((copied.jobs, copied.damaged), (300, 0));
    let copy = opened(&place, &copy);
    assert_ne!(state(&copy, claimed), Some(State::Pending), "what was acknowledged before is in it");
    place.clock.advance(LEASE);
    copy.reap(300).unwrap();
    let left = copy.count(&Filter::default()).unwrap()[0];
    assert_eq!(claim(&copy, 300).len() as u64, left);
}

#[test]
fn results_are_in_a_copy_and_neither_store_changes_the_other() {
    let place = Place::new();
    let store = place.open();
    let id = enqueue(&store, a_job("add")).unwrap();
    let ends: Vec<_> = claim(&store, 1).iter().map(|job| end(job, success(b"12"))).collect();
    store.exchange(&ends, None).unwrap();
    let copy = place.folder().join("copy");

    let copied = back_up(&store, &copy).unwrap();
    let copy = opened(&place, &copy);
    let late = enqueue(&store, a_job("late")).unwrap();
    let other = enqueue(&copy, a_job("other")).unwrap();

    assert_eq!(copied.jobs, 1);
    assert_eq!(copy.get(&[id]).unwrap(), store.get(&[id]).unwrap());
    assert_eq!((state(&copy, late), state(&store, other)), (None, None));
}

#[test]
fn a_record_that_cannot_be_read_is_counted_and_keeps_no_other_out_of_the_copy() {
    let place = Place::new();
    let store = place.open();
    let (bad, good) = (enqueue(&store, a_job("add")).unwrap(), enqueue(&store, a_job("add")).unwrap());
    fs::write(place.file("waiting", bad), "{").unwrap();
    let copy = place.folder().join("copy");

    let copied = back_up(&store, &copy).unwrap();

    assert_eq!((copied.jobs, copied.damaged), (1, 1));
    assert_eq!(state(&opened(&place, &copy), good), Some(State::Pending));
}
