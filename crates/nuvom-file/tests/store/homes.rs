//! Which folders are opened, and which are refused.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use nuvom_core::{Error, ErrorKind, Result};
use nuvom_file::{FileStore, Machine, Options};
use nuvom_testkit::builders::a_job;

use crate::support::{Place, enqueue, total};

fn machine(host: &str) -> Machine {
    Machine { host: Some(host.to_owned()), boot: Some("first".to_owned()), network: None }
}

fn open_on(place: &Place, machine: &Machine, force: bool) -> Result<Arc<FileStore>> {
    let options = Options { force, ..Options::default() };
    FileStore::open_on(machine, place.path(), options, Arc::clone(&place.clock) as _)
}

fn refused(opened: Result<Arc<FileStore>>) -> Error {
    opened.map(drop).unwrap_err()
}

/// All names below a folder.
fn names(folder: &Path) -> usize {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.map(|path| 1 + if path.is_dir() { names(&path) } else { 0 }).sum()
}

#[test]
fn the_folder_of_another_machine_is_refused_with_the_way_out() {
    let place = Place::new();
    enqueue(&open_on(&place, &machine("one"), false).unwrap(), a_job("add")).unwrap();

    let error = refused(open_on(&place, &machine("two"), false));

    assert_eq!(error.kind(), ErrorKind::Foreign);
    assert!(error.to_string().contains("NUVOM_FILE_FORCE=true"), "{error}");
}

#[test]
fn a_folder_that_was_taken_over_belongs_to_the_new_machine() {
    let place = Place::new();
    enqueue(&open_on(&place, &machine("one"), false).unwrap(), a_job("add")).unwrap();

    assert_eq!(total(&open_on(&place, &machine("two"), true).unwrap()), 1);

    assert_eq!(total(&open_on(&place, &machine("two"), false).unwrap()), 1);
    assert_eq!(refused(open_on(&place, &machine("one"), false)).kind(), ErrorKind::Foreign);
}

#[test]
fn a_machine_without_a_number_is_not_taken_for_another() {
    let place = Place::new();
    drop(open_on(&place, &machine("one"), false).unwrap());

    assert!(open_on(&place, &Machine { host: None, ..machine("") }, false).is_ok());
}

#[test]
fn a_folder_on_a_network_is_refused_before_anything_is_written() {
    let place = Place::new();
    let remote = Machine { network: Some("nfs".to_owned()), ..machine("one") };

    let error = refused(open_on(&place, &remote, false));

    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert!(error.to_string().contains("nfs") && error.to_string().contains("NUVOM_FILE_FORCE"), "{error}");
    assert_eq!(names(&place.path()), 0);
}

#[test]
fn a_folder_on_a_network_can_be_forced() {
    let place = Place::new();
    let remote = Machine { network: Some("nfs".to_owned()), ..machine("one") };

    let store = open_on(&place, &remote, true).unwrap();

    enqueue(&store, a_job("add")).unwrap();
    assert_eq!(total(&store), 1);
}

#[test]
fn the_layout_of_a_newer_nuvom_is_refused() {
    let place = Place::new();
    drop(place.open());
    let note = place.path().join("store.json");
    fs::write(&note, fs::read_to_string(&note).unwrap().replace("\"nuvom_files\":1", "\"nuvom_files\":2"))
        .unwrap();

    let error = refused(place.try_open());

    assert_eq!(error.kind(), ErrorKind::Foreign);
    assert!(error.to_string().contains("layout 2, and this Nuvom knows layout 1"), "{error}");
}

#[test]
fn a_folder_of_something_else_is_refused_and_left_as_it_is() {
    let place = Place::new();
    fs::create_dir(place.path()).unwrap();
    fs::write(place.path().join("thesis.txt"), b"chapter one").unwrap();

    let error = refused(place.try_open());

    assert_eq!(error.kind(), ErrorKind::Foreign);
    assert!(error.to_string().contains("thesis.txt"), "{error}");
    assert_eq!(names(&place.path()), 1);
}

#[test]
fn a_store_without_its_note_is_not_taken_for_an_empty_one() {
    let place = Place::new();
    enqueue(&place.open(), a_job("add")).unwrap();
    fs::remove_file(place.path().join("store.json")).unwrap();

    assert_eq!(refused(place.try_open()).kind(), ErrorKind::Corrupt);
}

#[test]
fn a_creation_that_was_cut_off_is_finished() {
    let place = Place::new();
    fs::create_dir_all(place.path().join("waiting")).unwrap();
    fs::write(place.path().join("lock"), b"").unwrap();

    assert_eq!(total(&place.open()), 0);
}

#[test]
fn a_creation_that_was_cut_off_before_the_note_is_finished() {
    let place = Place::new();
    drop(place.open());
    fs::remove_file(place.path().join("store.json")).unwrap();
    fs::remove_file(place.path().join("head")).unwrap();

    let store = place.open();

    enqueue(&store, a_job("add")).unwrap();
    assert_eq!(total(&store), 1);
}

#[test]
fn a_file_in_the_place_of_the_folder_is_named_with_the_way_out() {
    let place = Place::new();
    fs::write(place.path(), b"a file").unwrap();

    let error = refused(place.try_open());

    assert!(matches!(error.kind(), ErrorKind::Permission | ErrorKind::Corrupt), "{error}");
    assert!(error.to_string().contains("NUVOM_FILE_DIR"), "{error}");
}

#[test]
fn the_working_directory_may_change() {
    let place = Place::new();
    let store = place.open();

    assert!(store.path().is_absolute());
}
