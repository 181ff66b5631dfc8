//! The files of workers: one each, replaced whole, and set aside when nobody can read it.

use std::fs;
use std::path::PathBuf;

use nuvom_core::ports::{Inspect, Roster};
use nuvom_file::FileStore;
use nuvom_testkit::builders::{a_report, worker};

use crate::support::Place;

fn files(place: &Place) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> =
        fs::read_dir(place.path().join("workers")).unwrap().map(|entry| entry.unwrap().path()).collect();
    found.sort();
    found
}

fn names(store: &FileStore) -> Vec<String> {
    store.list_workers().unwrap().workers.iter().map(|listed| listed.report.worker.to_string()).collect()
}

#[test]
fn a_worker_is_a_line_of_json_and_nothing_is_left_when_it_leaves() {
    let place = Place::new();
    let store = place.open();

    store.report(&[a_report("w/1")]).unwrap();
    store.report(&[a_report("w/1")]).unwrap();

    let file = files(&place).remove(0);
    let line: serde_json::Value = serde_json::from_slice(&fs::read(file).unwrap()).unwrap();
    assert_eq!((&line["worker"], &line["slots"]), (&"w/1".into(), &4.into()));
    store.leave(&[worker("w/1")]).unwrap();
    assert!(files(&place).is_empty());
}

#[test]
fn a_file_that_cannot_be_read_is_set_aside_with_the_reason_at_the_next_report() {
    let place = Place::new();
    let store = place.open();
    store.report(&[a_report("dead")]).unwrap();
    fs::write(files(&place).remove(0), b"{\"worker\": ").unwrap();

    let before = names(&store);
    store.report(&[a_report("living")]).unwrap();

    assert!(before.is_empty());
    assert_eq!(names(&store), ["living"]);
    assert_eq!(files(&place).len(), 1);
    let damaged = store.damaged().unwrap();
    assert_eq!(damaged.len(), 1);
    assert!(damaged[0].place.contains("damaged/worker-dead-"), "{}", damaged[0].place);
    assert!(damaged[0].reason.contains("EOF"), "{}", damaged[0].reason);
}

#[test]
fn the_file_of_a_living_worker_that_was_damaged_is_written_anew() {
    let place = Place::new();
    let store = place.open();
    store.report(&[a_report("living")]).unwrap();
    fs::write(files(&place).remove(0), b"\x00\xff").unwrap();

    store.report(&[a_report("living")]).unwrap();

    assert_eq!(names(&store), ["living"]);
    assert!(store.damaged().unwrap().is_empty());
}

#[test]
fn a_copy_under_another_name_is_no_second_worker() {
    let place = Place::new();
    let store = place.open();
    store.report(&[a_report("a"), a_report("b")]).unwrap();
    let [a, b] = <[PathBuf; 2]>::try_from(files(&place)).unwrap();

    fs::copy(a, b).unwrap();

    assert_eq!(names(&store), ["a"]);
}

#[test]
fn a_newer_nuvom_may_say_more_of_a_worker() {
    let place = Place::new();
    let store = place.open();
    store.report(&[a_report("worker-1")]).unwrap();
    let file = files(&place).remove(0);
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, text.replacen('{', "{\"mood\":\"good\",", 1)).unwrap();

    assert_eq!(names(&store), ["worker-1"]);
}

#[test]
fn a_store_of_before_there_was_a_roster_gets_its_folder_at_the_first_report() {
    let place = Place::new();
    drop(place.open());
    fs::remove_dir(place.path().join("workers")).unwrap();
    let store = place.open();

    let before = names(&store);
    store.report(&[a_report("worker-1")]).unwrap();

    assert!(before.is_empty());
    assert_eq!(names(&store), ["worker-1"]);
}

#[cfg(unix)]
#[test]
fn no_link_leads_a_report_elsewhere() {
    let place = Place::new();
    let store = place.open();
    let elsewhere = place.folder().join("elsewhere");
    fs::write(&elsewhere, b"mine").unwrap();
    store.report(&[a_report("worker-1")]).unwrap();
    let file = files(&place).remove(0);
    fs::remove_file(&file).unwrap();
    std::os::unix::fs::symlink(&elsewhere, &file).unwrap();
    std::os::unix::fs::symlink(&elsewhere, file.with_extension("new")).unwrap();

    store.report(&[a_report("worker-1")]).unwrap();

    assert_eq!(fs::read(&elsewhere).unwrap(), b"mine");
    assert_eq!(names(&store), ["worker-1"]);
}
