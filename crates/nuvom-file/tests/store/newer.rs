//! Records that a newer Nuvom wrote: they are left to it, and keep nobody from the others.

use std::fs;
use std::time::Duration;

use nuvom_core::ports::{Cancelled, Ended, Inspect, JobStore, Revived};
use nuvom_core::{ErrorKind, JobId, Retention, State};
use nuvom_testkit::builders::{a_job, failure, success};

use crate::support::{LEASE, Place, claim, end, enqueue, ids, state};

/// Has the record of a job be one of a format that is not known here.
fn in_newer_format(place: &Place, folder: &str, id: JobId) {
    let file = place.file(folder, id);
    let text = fs::read_to_string(&file).unwrap();
    fs::write(file, text.replace("\"nuvom\":1", "\"nuvom\":2")).unwrap();
}

/// Has the record of a job have an option that is not known here.
fn with_newer_options(place: &Place, folder: &str, id: JobId) {
    let file = place.file(folder, id);
    let text = fs::read_to_string(&file).unwrap();
    fs::write(file, text.replace("\"options\":{", "\"options\":{\"colour\":1,")).unwrap();
}

#[test]
fn the_record_of_a_newer_nuvom_is_left_alone() {
    let place = Place::new();
    let store = place.open();
    let id = enqueue(&store, a_job("add")).unwrap();
    let newer = fs::read_to_string(place.file("waiting", id)).unwrap().replace("\"nuvom\":1", "\"nuvom\":2");
    fs::write(place.file("waiting", id), &newer).unwrap();
    let other = enqueue(&store, a_job("add")).unwrap();

    assert_eq!(ids(&claim(&store, 5)), [other]);
    assert_eq!(store.jobs(&[id]).unwrap_err().kind(), ErrorKind::Foreign);
    assert!(store.damaged().unwrap().is_empty());
    assert_eq!(fs::read_to_string(place.file("waiting", id)).unwrap(), newer);
}

#[test]
fn a_job_with_options_of_a_newer_nuvom_can_be_looked_at_and_is_left_to_its_workers() {
    let place = Place::new();
    let store = place.open();
    let id = enqueue(&store, a_job("add").retries(2)).unwrap();
    let text = fs::read_to_string(place.file("waiting", id)).unwrap();
    let newer = text.replace("\"options\":{", "\"options\":{\"colour\":1,");
    fs::write(place.file("waiting", id), &newer).unwrap();

    assert!(claim(&store, 5).is_empty());
    assert_eq!(store.jobs(&[id]).unwrap()[0].as_ref().unwrap().state, State::Pending);
    assert_eq!(fs::read_to_string(place.file("waiting", id)).unwrap(), newer);
}

#[test]
fn a_running_job_in_a_newer_format_keeps_nobody_from_taking_back_the_others() {
    let place = Place::new();
    let store = place.open();
    let newer = enqueue(&store, a_job("add")).unwrap();
    let other = enqueue(&store, a_job("add")).unwrap();
    claim(&store, 2);
    in_newer_format(&place, "running", newer);
    place.clock.advance(LEASE);

    assert!(store.reap(1).unwrap().is_empty());
    let reaped = store.reap(1).unwrap();

    assert_eq!(reaped.iter().map(|reaped| reaped.held.id).collect::<Vec<_>>(), [other]);
    assert_eq!(place.folders_of(newer), ["running"]);
    assert!(store.damaged().unwrap().is_empty());
}

#[test]
fn a_lost_job_with_options_of_a_newer_nuvom_waits_again_with_them() {
    let place = Place::new();
    let store = place.open();
    let id = enqueue(&store, a_job("add").retries(2)).unwrap();
    claim(&store, 1);
    with_newer_options(&place, "running", id);
    place.clock.advance(LEASE);

    assert_eq!(store.reap(5).unwrap().len(), 1);

    assert_eq!(state(&store, id), Some(State::Pending));
    let text = fs::read_to_string(place.file("waiting", id)).unwrap();
    assert!(text.contains("\"options\":{\"colour\":1,\"retries\":2"), "{text}");
    place.clock.advance(LEASE);
    assert!(claim(&place.open(), 5).is_empty());
}

#[test]
fn the_end_of_a_job_that_is_in_a_newer_format_now_is_stale_and_the_others_end() {
    let place = Place::new();
    let store = place.open();
    let newer = enqueue(&store, a_job("add")).unwrap();
    enqueue(&store, a_job("add")).unwrap();
    let held = claim(&store, 2);
    in_newer_format(&place, "running", newer);

    let ends: Vec<_> = held.iter().map(|job| end(job, success(b"1"))).collect();
    let answers = store.exchange(&ends, None).unwrap().ended;

    assert_eq!(answers, [Ended::Stale, Ended::Applied(State::Success)]);
}

#[test]
fn of_several_jobs_the_known_ones_are_cancelled_and_a_newer_one_alone_is_told() {
    let place = Place::new();
    let store = place.open();
    let [newer, options, usual] = [(); 3].map(|()| enqueue(&store, a_job("add").retries(2)).unwrap());
    in_newer_format(&place, "waiting", newer);
    with_newer_options(&place, "waiting", options);

    let answers = store.cancel(&[newer, options, usual]).unwrap();

    assert_eq!(answers, [Cancelled::Unknown, Cancelled::Done, Cancelled::Done]);
    assert_eq!(store.cancel(&[newer]).unwrap_err().kind(), ErrorKind::Foreign);
    assert_eq!(place.folders_of(newer), ["waiting"]);
}

#[test]
fn of_several_jobs_the_known_ones_are_revived() {
    let place = Place::new();
    let store = place.open();
    let [newer, usual] = [(); 2].map(|()| enqueue(&store, a_job("add")).unwrap());
    let ends: Vec<_> = claim(&store, 2).iter().map(|job| end(job, failure("boom"))).collect();
    store.exchange(&ends, None).unwrap();
    in_newer_format(&place, "ended/failed", newer);

    assert_eq!(store.retry(&[newer, usual]).unwrap(), [Revived::Unknown, Revived::Done]);
}

#[test]
fn an_old_job_in_a_newer_format_keeps_nobody_from_removing_the_others() {
    let place = Place::new();
    let store = place.open();
    let [newer, usual] = [(); 2].map(|()| enqueue(&store, a_job("add")).unwrap());
    store.cancel(&[newer, usual]).unwrap();
    in_newer_format(&place, "ended/cancelled", newer);
    place.clock.advance(Duration::from_hours(24 * 400));

    assert_eq!(store.prune(&Retention::default(), 5).unwrap(), [usual]);
    assert!(store.prune(&Retention::default(), 5).unwrap().is_empty());
    assert_eq!(place.folders_of(newer), ["ended/cancelled"]);
}
