//! The folder is deleted or replaced under a running store: it says so, and never goes on in another queue.

use std::fs;
use std::time::Duration;

use nuvom_core::ports::{Inspect, JobStore};
use nuvom_core::{Error, ErrorKind};
use nuvom_file::FileStore;
use nuvom_testkit::builders::{a_job, success};

use crate::support::{Place, claim, end, enqueue, open, total, wish};

/// After which a look is due again.
const LATER: Duration = Duration::from_secs(1);

#[track_caller]
fn is_told(error: &Error) {
    assert_eq!(error.kind(), ErrorKind::Corrupt);
    assert_eq!(error.message(), "the folder of the file backend was deleted or replaced while in use");
    assert!(error.next_step().is_some_and(|hint| hint.contains("restart")), "{error}");
}

fn delete(place: &Place) {
    fs::remove_dir_all(place.path()).unwrap();
}

#[test]
fn a_write_to_a_deleted_folder_is_refused() {
    let place = Place::new();
    let store = place.open();
    enqueue(&store, a_job("add")).unwrap();
    delete(&place);
    place.clock.advance(LATER);

    is_told(&enqueue(&store, a_job("add")).unwrap_err());
    is_told(&enqueue(&store, a_job("add")).unwrap_err());
}

#[test]
fn a_deleted_folder_is_not_created_again_behind_the_back_of_its_users() {
    let place = Place::new();
    let store = place.open();
    delete(&place);
    place.clock.advance(LATER);

    is_told(&enqueue(&store, a_job("add")).unwrap_err());

    assert!(!place.path().exists());
}

#[test]
fn an_idle_worker_notices_that_its_folder_is_gone() {
    let place = Place::new();
    let store = place.open();
    store.exchange(&[], Some(&wish(1))).unwrap();
    delete(&place);
    place.clock.advance(LATER);

    is_told(&store.exchange(&[], Some(&wish(1))).unwrap_err());
    is_told(&store.reap(10).unwrap_err());
}

#[test]
fn a_waiting_client_notices_that_its_folder_is_gone() {
    let place = Place::new();
    let store = place.open();
    let id = enqueue(&store, a_job("add")).unwrap();
    delete(&place);
    place.clock.advance(LATER);

    is_told(&store.states(&[id]).unwrap_err());
}

#[test]
fn a_folder_put_in_its_place_is_left_alone() {
    let (place, other) = (Place::new(), Place::new());
    let store = place.open();
    enqueue(&store, a_job("add")).unwrap();
    drop(other.open());
    delete(&place);
    fs::rename(other.path(), place.path()).unwrap();
    place.clock.advance(LATER);

    is_told(&enqueue(&store, a_job("add")).unwrap_err());

    assert_eq!(total(&open(&place.path())), 0);
}

#[test]
fn within_the_second_in_which_no_look_is_due_nothing_is_accepted_into_nowhere() {
    let place = Place::new();
    let store = place.open();
    enqueue(&store, a_job("add")).unwrap();
    delete(&place);

    is_told(&enqueue(&store, a_job("add")).unwrap_err());

    assert!(!place.path().exists());
}

#[test]
fn a_copy_is_used_after_a_restart() {
    let place = Place::new();
    let store = place.open();
    enqueue(&store, a_job("add")).unwrap();
    let kept = place.folder().join("backup");
    let copied =
        std::process::Command::new("cp").arg("-r").args([place.path(), kept.clone()]).status().unwrap();
    assert!(copied.success());
    delete(&place);
    fs::rename(&kept, place.path()).unwrap();
    place.clock.advance(LATER);
    is_told(&enqueue(&store, a_job("add")).unwrap_err());
    drop(store);

    assert_eq!(total(&place.open()), 1);
}

#[test]
fn a_folder_that_stays_is_no_trouble_however_long_it_stays() {
    let place = Place::new();
    let store = place.open();

    for _ in 0..5 {
        place.clock.advance(LATER);
        enqueue(&store, a_job("add")).unwrap();
    }

    assert_eq!(total(&store), 5);
}

#[test]
fn a_folder_that_is_half_deleted_does_not_become_an_empty_store() {
    let place = Place::new();
    let store = place.open();
    enqueue(&store, a_job("add")).unwrap();
    fs::remove_dir_all(place.path().join("waiting")).unwrap();
    for segment in place.segments() {
        fs::remove_file(segment).unwrap();
    }

    let answers = [enqueue(&store, a_job("add")).map(drop), store.exchange(&[], Some(&wish(1))).map(drop)];

    assert!(answers.into_iter().all(|answer| answer.unwrap_err().kind() == ErrorKind::Corrupt));
    assert!(place.segments().is_empty());
    assert_eq!(place.try_open().map(drop).unwrap_err().kind(), ErrorKind::Corrupt);
}

#[test]
fn a_journal_that_was_cut_is_told_and_undoes_nothing() {
    let place = Place::new();
    let (store, other) = (place.open(), place.open());
    let id = enqueue(&store, a_job("add")).unwrap();
    let job = claim(&other, 1).remove(0);
    let segment = place.segments().remove(0);
    let before = fs::metadata(&segment).unwrap().len();
    store.exchange(&[end(&job, success(b"12"))], None).unwrap();
    fs::OpenOptions::new().write(true).open(&segment).unwrap().set_len(before + 30).unwrap();

    has_lost_a_part(&place, &[&store, &other]);

    assert_eq!(place.folders_of(id), ["ended/success"]);
}

#[test]
fn a_part_of_the_journal_that_was_deleted_is_told() {
    let place = Place::new();
    let (store, other) = (place.open(), place.open());
    enqueue(&store, a_job("add")).unwrap();
    assert_eq!(total(&other), 1);
    fs::remove_file(place.segments().remove(0)).unwrap();

    has_lost_a_part(&place, &[&store, &other]);

    assert!(place.segments().is_empty());
}

/// Asserts that whoever uses the store, or opens it, hears that a part of it is gone.
#[track_caller]
fn has_lost_a_part(place: &Place, stores: &[&FileStore]) {
    for store in stores {
        let answers = [
            enqueue(store, a_job("add")).map(drop),
            store.exchange(&[], Some(&wish(1))).map(drop),
            store.queues().map(drop),
        ];
        assert!(answers.into_iter().all(|answer| answer.is_err_and(|error| is_in_part(&error))));
    }
    assert!(place.try_open().is_err_and(|error| is_in_part(&error)));
}

fn is_in_part(error: &Error) -> bool {
    error.kind() == ErrorKind::Corrupt && error.message().ends_with("deleted or replaced in part")
}
