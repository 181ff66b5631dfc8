//! The mark of a queue that is paused: a file that people see and programs of any time follow.

use std::fs;

use nuvom_core::ports::{Inspect, JobStore};
use nuvom_testkit::builders::{a_job, queue};

use crate::support::{Place, claim, enqueue};

/// The marks in the folder of a store.
fn marks(place: &Place) -> Vec<String> {
    let Ok(entries) = fs::read_dir(place.path().join("paused")) else { return Vec::new() };
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.map(|name| name.split_once('-').unwrap().0.to_owned()).collect()
}

#[test]
fn a_paused_queue_is_a_file_until_it_is_resumed() {
    let place = Place::new();
    let store = place.open();
    assert!(!place.path().join("paused").exists());

    store.pause(&[queue("mail"), queue("mail"), queue("report")], true).unwrap();
    store.pause(&[queue("report")], false).unwrap();

    assert_eq!(marks(&place), ["mail"]);
    let folder = fs::read_dir(place.path().join("paused")).unwrap();
    let text = fs::read_to_string(folder.map(|entry| entry.unwrap().path()).next().unwrap()).unwrap();
    assert_eq!(text, "{\"queue\":\"mail\"}\n");
}

#[test]
fn a_loss_of_power_costs_neither_a_pause_nor_its_end() {
    let place = Place::new();
    let store = place.open();
    enqueue(&store, a_job("add").queue("mail")).unwrap();
    store.pause(&[queue("mail"), queue("report")], true).unwrap();
    let kept = place.folder().join("kept");
    fs::rename(place.path().join("paused"), &kept).unwrap();
    fs::create_dir(place.path().join("paused")).unwrap();
    store.pause(&[queue("report")], false).unwrap();
    drop(store);
    for entry in fs::read_dir(&kept).unwrap() {
        // The one that was resumed is there again, and of the other only the name reached the disk.
        let name = entry.unwrap().file_name();
        fs::write(place.path().join("paused").join(name), b"").unwrap();
    }

    place.restart_machine();
    let store = place.open();

    assert_eq!(marks(&place), ["mail"]);
    assert!(claim(&store, 5).is_empty());
}

#[test]
fn a_mark_that_somebody_removed_ends_a_pause_for_those_who_come_and_a_resume_for_those_who_know_it() {
    let place = Place::new();
    let running = place.open();
    let id = enqueue(&running, a_job("add").queue("mail")).unwrap();
    running.pause(&[queue("mail")], true).unwrap();
    assert!(claim(&running, 5).is_empty());
    fs::remove_dir_all(place.path().join("paused")).unwrap();

    let comes = place.open();
    assert!(!comes.queues().unwrap()[0].paused);
    assert_eq!(comes.pause(&[queue("mail")], false).unwrap(), [false]);

    assert_eq!(claim(&running, 5).into_iter().map(|job| job.id).collect::<Vec<_>>(), [id]);
}

#[test]
fn a_first_job_leaves_its_queue_paused() {
    let place = Place::new();
    let (store, other) = (place.open(), place.open());
    store.pause(&[queue("mail")], true).unwrap();

    enqueue(&other, a_job("add").queue("mail")).unwrap();

    assert_eq!(marks(&place), ["mail"]);
    assert!(claim(&store, 5).is_empty());
}
