//! Another program holds the write lock.

use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};
use std::thread::scope;

use nuvom_core::ports::{Inspect, JobStore};
use nuvom_core::{End, State};
use nuvom_sqlite::SqliteStore;
use nuvom_testkit::builders::{a_job, success};

use crate::support::{LEASE, Place, enqueue, state, wish};

/// Has `call` run while another connection holds the write lock, which it gives back when the call is about to
/// be made. Answers in which order the two ended.
fn while_locked(place: &Place, call: impl FnOnce() + Send) -> Vec<&'static str> {
    let order = Mutex::new(Vec::new());
    let (locked, is_locked) = channel();
    let (calling, is_calling) = channel::<()>();
    let released = &order;
    scope(|scope| {
        scope.spawn(move || {
            let holder = place.raw();
            holder.execute_batch("BEGIN IMMEDIATE; UPDATE meta SET value = value").unwrap();
            locked.send(()).unwrap();
            is_calling.recv().unwrap();
            released.lock().unwrap().push("released");
            holder.execute_batch("COMMIT").unwrap();
        });
        is_locked.recv().unwrap();
        calling.send(()).unwrap();
        call();
        order.lock().unwrap().push("done");
    });
    order.into_inner().unwrap()
}

/// A store with a claimed job.
fn with_claimed(place: &Place) -> (Arc<SqliteStore>, nuvom_core::Job) {
    let store = place.open();
    enqueue(&store, a_job("add")).unwrap();
    let job = store.exchange(&[], Some(&wish(1))).unwrap().claimed.remove(0);
    (store, job)
}

#[test]
fn an_enqueue_waits_for_its_turn() {
    let place = Place::new();
    let store = place.open();
    let job = a_job("add").build();

    let order = while_locked(&place, || {
        enqueue(&store, job.clone()).unwrap();
    });

    assert_eq!(order, ["released", "done"]);
    assert_eq!(state(&store, job.id), Some(State::Pending));
}

#[test]
fn a_finish_waits_for_its_turn() {
    let place = Place::new();
    let (store, job) = with_claimed(&place);
    let end = End { id: job.id, lease: job.lease, outcome: success(b"value") };

    let order = while_locked(&place, || {
        store.exchange(&[end], None).unwrap();
    });

    assert_eq!(order, ["released", "done"]);
    assert_eq!(state(&store, job.id), Some(State::Success));
}

#[test]
fn a_beat_waits_for_its_turn() {
    let place = Place::new();
    let (store, job) = with_claimed(&place);

    let order = while_locked(&place, || {
        store.renew(&[job.held()], LEASE).unwrap();
    });

    assert_eq!(order, ["released", "done"]);
}

#[test]
fn questions_and_idle_workers_do_not_wait_for_a_writer() {
    let place = Place::new();
    let store = place.open();
    let id = enqueue(&store, a_job("add").due_in(LEASE)).unwrap();
    let holder = place.raw();
    holder.execute_batch("BEGIN IMMEDIATE; UPDATE meta SET value = value").unwrap();

    let (states, idle) = (store.states(&[id]).unwrap(), store.exchange(&[], Some(&wish(1))).unwrap());

    assert_eq!(states, [Some(State::Pending)]);
    assert_eq!(idle.next_due_in, Some(LEASE));
    assert!(store.reap(1).unwrap().is_empty());
}

#[test]
fn threads_that_write_together_all_get_their_turn() {
    let place = Place::new();
    let store = place.open();

    let accepted: usize = scope(|scope| {
        let writers: Vec<_> = (0..8)
            .map(|_| scope.spawn(|| (0..50).filter(|_| enqueue(&store, a_job("add")).is_ok()).count()))
            .collect();
        writers.into_iter().map(|writer| writer.join().unwrap()).sum()
    });

    assert_eq!(accepted, 400);
    assert_eq!(crate::support::total(&store), 400);
}
