//! Waking other processes, and doing without.

use nuvom_core::State;
use nuvom_core::ports::{JobStore, Topic};
use nuvom_testkit::Probe;
use nuvom_testkit::builders::a_job;

use crate::child::Other;
use crate::support::{Place, enqueue, state};

#[test]
fn a_job_enqueued_by_another_process_wakes_this_one() {
    let place = Place::new();
    let store = place.open();
    let woken = Probe::new();
    let _subscription = store.subscribe(Topic::Ready, woken.waker()).unwrap();

    let other = Other::start("enqueue", &place.path());

    woken.expect("the call from the other process");
    let id = other.wait_for("enqueued").parse().unwrap();
    assert_eq!(state(&store, id), Some(State::Pending));
    assert!(other.end().0);
}

#[test]
fn the_end_of_a_job_in_another_process_wakes_this_one() {
    let place = Place::new();
    let store = place.open();
    enqueue(&store, a_job("add")).unwrap();
    let woken = Probe::new();
    let _subscription = store.subscribe(Topic::Ended, woken.waker()).unwrap();

    let mut other = Other::start("claim everything", &place.path());
    other.wait_for("ready");
    other.go_on();

    woken.expect("the call from the other process");
    assert!(other.end().0);
}

#[test]
fn an_enqueue_does_without_a_doorbell_that_was_deleted() {
    let place = Place::new();
    let store = place.open();
    let woken = Probe::new();
    let _subscription = store.subscribe(Topic::Ready, woken.waker()).unwrap();
    std::fs::remove_dir_all(place.folder().join("files/wake")).unwrap();

    let id = enqueue(&store, a_job("add")).unwrap();

    woken.expect("the call inside the process");
    assert_eq!(state(&store, id), Some(State::Pending));
}

#[test]
fn an_enqueue_does_without_a_doorbell_that_cannot_be_made() {
    let place = Place::new();
    let store = place.open();
    block(&place);

    let id = enqueue(&store, a_job("add")).unwrap();

    assert_eq!(state(&store, id), Some(State::Pending));
}

#[test]
fn whoever_wants_to_be_woken_hears_that_the_doorbell_cannot_be_made() {
    let place = Place::new();
    let store = place.open();
    block(&place);

    let error = store.subscribe(Topic::Ready, Probe::new().waker()).unwrap_err();

    assert!(error.to_string().contains("wake"), "{error}");
}

#[test]
fn a_bell_made_anew_is_heard_by_whoever_subscribes_after() {
    let place = Place::new();
    drop(place.open());
    std::fs::remove_dir_all(place.folder().join("files/wake")).ok();
    let store = place.open();
    let woken = Probe::new();
    let _subscription = store.subscribe(Topic::Ready, woken.waker()).unwrap();

    assert!(Other::start("enqueue", &place.path()).end().0);

    woken.expect("the call from the other process");
}

#[test]
fn a_doorbell_that_could_not_be_made_once_rings_later() {
    let place = Place::new();
    let store = place.open();
    block(&place);
    enqueue(&store, a_job("add")).unwrap();
    std::fs::remove_file(place.path().join("wake")).unwrap();

    enqueue(&store, a_job("add")).unwrap();

    assert_eq!(std::fs::read(place.path().join("wake/ready")).unwrap(), b"!");
}

/// Puts a file where the doorbell's folder should be.
fn block(place: &Place) {
    let folder = place.path().join("wake");
    std::fs::remove_dir_all(&folder).unwrap();
    std::fs::write(folder, b"a file where the folder should be").unwrap();
}
