//! Processes that die at the worst moments. Whoever comes next finds all of a batch or nothing of it.

use nuvom_core::JobId;
use nuvom_core::State;
use nuvom_core::ports::{Enqueued, Inspect, JobStore, ResultStore};

use nuvom_testkit::builders::success;

use crate::child::{Other, three_jobs};
use crate::support::{Place, claim, enqueue_again, ids, state, total};

fn three_ids() -> [JobId; 3] {
    let jobs = three_jobs();
    [jobs[0].id, jobs[1].id, jobs[2].id]
}

/// Where each of the three jobs is, which must be one folder.
fn folders(place: &Place) -> Vec<Vec<&'static str>> {
    three_ids().iter().map(|id| place.folders_of(*id)).collect()
}

#[test]
fn a_client_that_dies_before_the_journal_leaves_nothing() {
    let place = Place::new();
    Other::die_at("enqueue.before_commit", "enqueue three", &place.path());

    let store = place.open();

    assert_eq!(total(&store), 0);
    assert_eq!(enqueue_again(&store, &three_jobs()[0]), Enqueued::New);
}

#[track_caller]
fn all_three_are_accepted(failpoint: &str) {
    let place = Place::new();
    Other::die_at(failpoint, "enqueue three", &place.path());

    let store = place.open();

    assert_eq!(folders(&place), [["waiting"]; 3]);
    assert_eq!(store.enqueue(&three_jobs()).unwrap(), [Enqueued::Existing(State::Pending); 3]);
    assert_eq!(ids(&claim(&store, 5)), three_ids());
}

#[test]
fn a_client_that_dies_between_the_journal_and_the_files_has_enqueued() {
    all_three_are_accepted("journal.written");
}

#[test]
fn a_client_that_dies_among_the_files_has_enqueued() {
    all_three_are_accepted("files.one_written");
}

#[test]
fn a_client_that_dies_after_the_files_has_enqueued() {
    all_three_are_accepted("files.written");
}

#[test]
fn a_client_that_dies_before_it_is_told_has_enqueued() {
    all_three_are_accepted("enqueue.after_commit");
}

#[track_caller]
fn all_three_run(failpoint: &str) {
    let place = Place::new();
    let store = place.open();
    store.enqueue(&three_jobs()).unwrap();

    Other::die_at(failpoint, "claim three", &place.path());

    assert_eq!(store.states(&three_ids()).unwrap(), [Some(State::Running); 3]);
    assert_eq!(folders(&place), [["running"]; 3]);
    assert!(claim(&store, 5).is_empty());
    place.clock.advance(crate::support::LEASE);
    assert_eq!(store.reap(5).unwrap().len(), 3);
    assert_eq!(claim(&store, 5).iter().map(|job| job.lease.0).collect::<Vec<_>>(), [2; 3]);
}

#[test]
fn a_worker_that_dies_between_the_journal_and_the_files_holds_what_it_claimed() {
    all_three_run("journal.written");
}

#[test]
fn a_worker_that_dies_among_the_files_holds_what_it_claimed() {
    all_three_run("files.one_written");
}

#[test]
fn a_worker_that_dies_after_the_files_holds_what_it_claimed() {
    all_three_run("files.written");
}

#[track_caller]
fn all_three_succeeded(failpoint: &str) {
    let place = Place::new();
    let store = place.open();
    store.enqueue(&three_jobs()).unwrap();

    Other::die_at(failpoint, "claim and finish three", &place.path());

    // A client that only waits finds the end, and its value with it, though nobody else writes.
    assert_eq!(store.states(&three_ids()).unwrap(), [Some(State::Success); 3]);
    let values = store.get(&three_ids()).unwrap();
    assert!(values.into_iter().all(|kept| kept.unwrap().value.unwrap().as_ref() == b"12"));
    assert_eq!(folders(&place), [["ended/success"]; 3]);
}

#[test]
fn an_end_that_reached_only_the_journal_is_seen_by_whoever_waits() {
    // The claim comes before.
    all_three_succeeded("journal.written=1*off->return");
}

#[test]
fn an_end_of_which_some_files_were_written_is_whole() {
    // Three claims come before.
    all_three_succeeded("files.one_written=4*off->return");
}

#[test]
fn an_end_whose_worker_dies_before_it_is_told_stands() {
    all_three_succeeded("ack.after_commit");
}

#[test]
fn an_end_whose_worker_dies_before_the_journal_never_was() {
    let place = Place::new();
    let store = place.open();
    store.enqueue(&three_jobs()).unwrap();

    Other::die_at("ack.before_commit", "claim and finish three", &place.path());

    assert_eq!(store.states(&three_ids()).unwrap(), [Some(State::Running); 3]);
    assert!(store.get(&three_ids()).unwrap().iter().all(Option::is_none));
}

#[test]
fn what_was_half_written_at_the_end_of_the_journal_is_cut_off() {
    let place = Place::new();
    let store = place.open();
    store.enqueue(&three_jobs()[..1]).unwrap();
    let segment = place.segments().pop().unwrap();
    let whole = std::fs::read(&segment).unwrap();
    let half = [&whole[..], &whole[..whole.len() / 2]].concat();
    std::fs::write(&segment, half).unwrap();

    let states = store.states(&three_ids()).unwrap();

    assert_eq!(states, [Some(State::Pending), None, None]);
    assert_eq!(std::fs::read(&segment).unwrap(), whole);
    assert_eq!(store.enqueue(&three_jobs()[1..]).unwrap(), [Enqueued::New; 2]);
    assert_eq!(state(&place.open(), three_ids()[2]), Some(State::Pending));
}

/// A process that dies at the nth file that it writes in a life with every kind of change; answers whether it got so
/// far. What it leaves is of one piece, and can be worked on.
fn dies_at_file(nth: usize) -> bool {
    let place = Place::new();
    let passes = if nth == 1 { "return".to_owned() } else { format!("{}*off->return", nth - 1) };
    let died = Other::may_die_at(&format!("files.one_written={passes}"), "live", &place.path());

    let store = place.open();
    for id in three_ids() {
        let state = state(&store, id);
        assert_eq!(place.folders_of(id).len(), usize::from(state.is_some()), "file {nth}: {state:?}");
        assert_eq!(store.jobs(&[id]).unwrap()[0].as_ref().map(|job| job.state), state, "file {nth}");
    }
    assert!(store.damaged().unwrap().is_empty(), "file {nth}");
    // Whatever happened, the jobs can be run to their ends.
    store.enqueue(&three_jobs()).unwrap();
    place.clock.advance(crate::support::LEASE);
    store.reap(5).unwrap();
    let claimed = claim(&store, 5);
    let ends: Vec<_> = claimed.iter().map(|job| crate::support::end(job, success(b"12"))).collect();
    store.exchange(&ends, None).unwrap();
    let states = store.states(&three_ids()).unwrap();
    assert!(states.iter().all(|state| state.is_some_and(State::is_terminal)), "file {nth}: {states:?}");
    died
}

#[test]
fn a_process_may_die_at_any_file_that_it_writes() {
    let mut nth = 1;
    while dies_at_file(nth) {
        nth += 1;
    }

    assert!(nth > 12, "{nth} files were written");
}
