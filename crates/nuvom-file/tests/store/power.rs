//! A loss of power. What was synced is there; all else may be missing, empty or of an earlier time. The journal was
//! synced before each call returned.

use std::fs;
use std::path::Path;

use nuvom_core::State;
use nuvom_core::ports::{Inspect, JobStore, ResultStore};
use nuvom_testkit::builders::{a_job, failure, jobs, success};

use crate::support::{LEASE, Place, claim, end, enqueue, ids, state};

const RECORDS: [&str; 7] = ["waiting", "running", "ended", "results", "recorded", "schedules", "queues"];

/// Does something to each file of the store but the journal and the note, which were synced.
fn each_file(place: &Place, act: &dyn Fn(&Path)) {
    fn walk(folder: &Path, act: &dyn Fn(&Path)) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { walk(&path, act) } else { act(&path) }
        }
    }
    for folder in RECORDS {
        walk(&place.path().join(folder), act);
    }
}

/// A store in which each kind of change was acknowledged, and the states that follow.
fn with_acknowledged(place: &Place) -> Vec<(nuvom_core::JobId, State)> {
    let store = place.open();
    let batch = jobs("add", 5);
    store.enqueue(&batch).unwrap();
    let running = claim(&store, 4);
    store.exchange(&[end(&running[0], success(b"12")), end(&running[1], failure("boom"))], None).unwrap();
    store.renew(&[running[2].held()], LEASE * 2).unwrap();
    store.exchange(&[end(&running[3], nuvom_testkit::builders::handed_back())], None).unwrap();
    store.cancel(&[batch[4].id]).unwrap();
    let states = [State::Success, State::Failed, State::Running, State::Pending, State::Cancelled];
    batch.iter().map(|job| job.id).zip(states).collect()
}

#[track_caller]
fn all_is_there(place: &Place, acknowledged: &[(nuvom_core::JobId, State)]) {
    place.restart_machine();
    let store = place.open();

    for (id, expected) in acknowledged {
        assert_eq!(state(&store, *id), Some(*expected));
    }
    assert!(
        store
            .jobs(&acknowledged.iter().map(|(id, _)| *id).collect::<Vec<_>>())
            .unwrap()
            .iter()
            .all(Option::is_some)
    );
    assert_eq!(
        store.get(&[acknowledged[0].0]).unwrap()[0].as_ref().unwrap().value.as_deref(),
        Some(b"12".as_slice())
    );
    assert_eq!(store.attempts(acknowledged[1].0).unwrap()[0].error.message, "boom");
    assert_eq!(ids(&claim(&store, 5)), [acknowledged[3].0]);
    place.clock.advance(LEASE);
    assert!(!store.reap(5).unwrap().iter().any(|reaped| reaped.held.id == acknowledged[2].0));
    assert!(store.damaged().unwrap().is_empty());
}

#[test]
fn nothing_that_was_acknowledged_is_missing_though_no_file_reached_the_disk() {
    let place = Place::new();
    let acknowledged = with_acknowledged(&place);
    each_file(&place, &|path| fs::remove_file(path).unwrap());

    all_is_there(&place, &acknowledged);
}

#[test]
fn nothing_that_was_acknowledged_is_missing_though_the_files_are_empty() {
    let place = Place::new();
    let acknowledged = with_acknowledged(&place);
    each_file(&place, &|path| fs::write(path, b"").unwrap());

    all_is_there(&place, &acknowledged);
}

#[test]
fn nothing_that_was_acknowledged_is_missing_though_files_were_written_in_part() {
    let place = Place::new();
    let acknowledged = with_acknowledged(&place);
    each_file(&place, &|path| {
        let text = fs::read(path).unwrap();
        fs::write(path, [&text[..text.len() / 3], &vec![0; text.len()][..]].concat()).unwrap();
    });

    all_is_there(&place, &acknowledged);
}

#[test]
fn nothing_that_was_acknowledged_is_missing_though_no_folder_reached_the_disk() {
    let place = Place::new();
    let acknowledged = with_acknowledged(&place);
    for folder in RECORDS.iter().filter(|folder| **folder != "ended") {
        fs::remove_dir_all(place.path().join(folder)).unwrap();
        fs::create_dir(place.path().join(folder)).unwrap();
    }
    for folder in ["success", "failed", "cancelled"] {
        fs::remove_dir_all(place.path().join("ended").join(folder)).unwrap();
        fs::create_dir(place.path().join("ended").join(folder)).unwrap();
    }

    all_is_there(&place, &acknowledged);
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let there = to.join(path.file_name().unwrap());
        if path.is_dir() { copy(&path, &there) } else { fs::copy(&path, &there).map(drop).unwrap() }
    }
}

/// Enough that the journal begins its next segment.
fn fill_a_segment(place: &Place, store: &nuvom_file::FileStore) {
    let segments = place.segments();
    while place.segments().last() == segments.last() {
        let large = |_| a_job("add").priority(9).payload(&vec![7; 1 << 20]).build();
        store.enqueue(&(0..8).map(large).collect::<Vec<_>>()).unwrap();
    }
    store.wait_for_checkpoint();
}

#[test]
fn what_a_dropped_part_of_the_journal_held_is_in_the_files() {
    let place = Place::new();
    let store = place.open();
    let first = place.segments().remove(0);
    let (ended, waiting) =
        (enqueue(&store, a_job("add").priority(0)).unwrap(), enqueue(&store, a_job("add")).unwrap());
    fill_a_segment(&place, &store);
    fill_a_segment(&place, &store);
    assert!(!first.exists(), "{:?}", place.segments());
    // All of this was brought to the disk before the segment was dropped. What comes now was not.
    let synced = place.folder().join("synced");
    copy(&place.path(), &synced);
    let job = claim(&store, 1).remove(0);
    store.exchange(&[end(&job, success(b"12"))], None).unwrap();
    let late = enqueue(&store, a_job("add")).unwrap();
    drop(store);

    for folder in RECORDS {
        fs::remove_dir_all(place.path().join(folder)).unwrap();
        copy(&synced.join(folder), &place.path().join(folder));
    }
    place.restart_machine();
    let store = place.open();

    assert_eq!(job.id, ended);
    let states = store.states(&[ended, waiting, late]).unwrap();
    assert_eq!(states, [Some(State::Success), Some(State::Pending), Some(State::Pending)]);
}

#[test]
fn an_index_that_fell_behind_the_journal_is_made_anew() {
    let place = Place::new();
    let (store, other) = (place.open(), place.open());
    assert!(claim(&other, 1).is_empty());
    let first = enqueue(&store, a_job("add").priority(0)).unwrap();
    fill_a_segment(&place, &store);
    fill_a_segment(&place, &store);
    fill_a_segment(&place, &store);

    assert_eq!(ids(&claim(&other, 1)), [first]);
}
