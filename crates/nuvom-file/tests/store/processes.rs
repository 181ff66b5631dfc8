//! Several processes on one folder.

use std::collections::HashSet;

use nuvom_core::State;
use nuvom_core::ports::{Filter, Inspect, JobStore, Page};
use nuvom_testkit::builders::{a_job, jobs};

use crate::child::Other;
use crate::support::{LEASE, Place, claim, enqueue, state, total, wish};

/// Starts so many processes in one role, and lets all of them go on when the last is ready.
fn together(count: usize, role: &str, place: &Place) -> Vec<Other> {
    let mut others: Vec<Other> = (0..count).map(|_| Other::start(role, &place.path())).collect();
    for other in &others {
        other.wait_for("ready");
    }
    others.iter_mut().for_each(Other::go_on);
    others
}

/// All values that processes said with one word, until their ends, which must be good.
fn said(others: Vec<Other>, word: &str) -> Vec<String> {
    let mut values = Vec::new();
    for other in others {
        let (well, lines) = other.end();
        assert!(well, "a process failed");
        values.extend(lines.into_iter().filter(|(said, _)| said == word).map(|(_, value)| value));
    }
    values
}

#[test]
fn four_processes_claim_every_job_once() {
    let place = Place::new();
    let store = place.open();
    let jobs = jobs("add", 2_000);
    store.enqueue(&jobs).unwrap();

    let claimed = said(together(4, "claim everything", &place), "claimed");

    let different: HashSet<String> = claimed.iter().cloned().collect();
    assert_eq!(different, jobs.iter().map(|job| job.id.to_string()).collect());
    assert_eq!(claimed.len(), 2_000, "a job was claimed twice");
    let ended = store.list(&Filter::default(), &Page { before: None, limit: 3_000 }).unwrap();
    assert!(ended.iter().all(|job| job.state == State::Success && job.lease.0 == 1));
}

#[test]
fn processes_that_open_a_fresh_folder_at_once_all_find_it_ready() {
    let place = Place::new();

    let enqueued = said(together(6, "open together", &place), "enqueued");

    assert_eq!(enqueued.len(), 6);
    assert_eq!(total(&place.open()), 6);
}

#[test]
fn a_job_that_was_accepted_outlives_the_death_of_its_process() {
    let place = Place::new();
    let other = Other::start("enqueue and die", &place.path());
    let id = other.wait_for("enqueued").parse().unwrap();
    let (well, _) = other.end();
    assert!(!well, "the process should have died");

    assert_eq!(state(&place.open(), id), Some(State::Pending));
}

#[test]
fn a_job_that_was_accepted_is_there_when_its_store_was_closed_at_once() {
    let place = Place::new();
    let store = place.open();
    let id = enqueue(&store, a_job("add")).unwrap();
    drop(store);

    assert_eq!(Other::state_of(id, &place.path()), "PENDING");
}

#[test]
fn a_job_is_seen_by_others_whoever_opened_and_closed_the_folder_in_between() {
    let place = Place::new();
    let first = place.open();
    enqueue(&first, a_job("add")).unwrap();
    let _second = place.open();
    assert!(Other::start("open", &place.path()).end().0);

    let id = enqueue(&first, a_job("add")).unwrap();

    assert_eq!(Other::state_of(id, &place.path()), "PENDING");
}

#[test]
fn questions_and_idle_workers_do_not_wait_for_a_writer() {
    let place = Place::new();
    let store = place.open();
    let id = enqueue(&store, a_job("add").due_in(LEASE)).unwrap();
    assert!(claim(&store, 1).is_empty());
    let holder = std::fs::File::open(place.path().join("lock")).unwrap();
    holder.lock().unwrap();

    let (states, idle) = (store.states(&[id]).unwrap(), store.exchange(&[], Some(&wish(1))).unwrap());

    assert_eq!(states, [Some(State::Pending)]);
    assert_eq!(idle.next_due_in, Some(LEASE));
    assert!(store.reap(1).unwrap().is_empty());
    assert!(store.jobs(&[id]).unwrap()[0].is_some());
}

#[test]
fn whoever_opens_the_folder_to_ask_does_not_wait_for_a_writer() {
    let place = Place::new();
    let id = enqueue(&place.open(), a_job("add")).unwrap();
    let holder = std::fs::File::open(place.path().join("lock")).unwrap();
    holder.lock().unwrap();

    assert_eq!(state(&place.open(), id), Some(State::Pending));
}

#[test]
fn an_enqueue_waits_for_its_turn() {
    let place = Place::new();
    let store = place.open();
    let holder = std::fs::File::open(place.path().join("lock")).unwrap();
    holder.lock().unwrap();
    let (calling, is_calling) = std::sync::mpsc::channel();

    let id = std::thread::scope(|scope| {
        let enqueued = scope.spawn(|| {
            calling.send(()).unwrap();
            enqueue(&store, a_job("add")).unwrap()
        });
        is_calling.recv().unwrap();
        assert_eq!(total(&store), 0);
        holder.unlock().unwrap();
        enqueued.join().unwrap()
    });

    assert_eq!(state(&store, id), Some(State::Pending));
}
