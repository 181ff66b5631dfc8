//! Records that cannot be read: each is set aside once, the others go on.

use std::fs;

use nuvom_core::ports::{Enqueued, Filter, Inspect, JobStore, Page};
use nuvom_core::{JobId, State};
use nuvom_testkit::builders::{a_job, jobs, success};

use crate::support::{Place, claim, end, enqueue, enqueue_again, ids, state};

/// A job that waits and whose file was overwritten with this.
fn damaged_job(place: &Place, text: &[u8]) -> JobId {
    let id = enqueue(&place.open(), a_job("add")).unwrap();
    fs::write(place.file("waiting", id), text).unwrap();
    id
}

#[track_caller]
fn is_set_aside(place: &Place, id: JobId, reason: &str) {
    let store = place.open();
    let other = enqueue(&store, a_job("add")).unwrap();

    assert_eq!(ids(&claim(&store, 5)), [other]);
    assert!(claim(&store, 5).is_empty());

    let damaged = store.damaged().unwrap();
    assert_eq!(damaged.len(), 1);
    assert!(damaged[0].place.ends_with(&format!("damaged/{id}.json")), "{}", damaged[0].place);
    assert!(damaged[0].reason.contains(reason), "{}", damaged[0].reason);
    assert_eq!(place.folders_of(id), Vec::<&str>::new());
}

#[test]
fn an_empty_file() {
    let place = Place::new();
    let id = damaged_job(&place, b"");

    is_set_aside(&place, id, "empty");
}

#[test]
fn garbage() {
    let place = Place::new();
    let id = damaged_job(&place, b"\x00\xff not a record");

    is_set_aside(&place, id, "cannot be read");
}

#[test]
fn the_first_half_of_a_record() {
    let place = Place::new();
    let id = enqueue(&place.open(), a_job("add")).unwrap();
    let whole = fs::read(place.file("waiting", id)).unwrap();
    fs::write(place.file("waiting", id), &whole[..whole.len() / 2]).unwrap();

    is_set_aside(&place, id, "cannot be read");
}

#[test]
fn the_record_of_another_job() {
    let place = Place::new();
    let store = place.open();
    let (id, other) = (enqueue(&store, a_job("add")).unwrap(), enqueue(&store, a_job("add")).unwrap());
    store.cancel(&[other]).unwrap();
    let foreign =
        fs::read_to_string(place.file("waiting", id)).unwrap().replace(&id.to_string(), &other.to_string());
    fs::write(place.file("waiting", id), foreign).unwrap();

    is_set_aside(&place, id, "of another job");
}

#[test]
fn a_record_that_lies_where_it_does_not_belong() {
    let place = Place::new();
    let store = place.open();
    let id = enqueue(&store, a_job("add")).unwrap();
    let text = fs::read_to_string(place.file("waiting", id)).unwrap().replace("PENDING", "FAILED");
    fs::write(place.file("waiting", id), text).unwrap();

    is_set_aside(&place, id, "says FAILED");
}

#[test]
fn a_record_that_is_damaged_while_a_worker_knows_of_it() {
    let place = Place::new();
    let store = place.open();
    let id = enqueue(&store, a_job("add")).unwrap();
    // The index of this process has the job.
    assert_eq!(store.queues().unwrap()[0].pending, 1);
    fs::write(place.file("waiting", id), b"{").unwrap();

    is_set_aside(&place, id, "cannot be read");
    assert!(claim(&store, 5).is_empty());
}

#[test]
fn a_running_job_that_cannot_be_read_ends_as_stale_and_is_set_aside() {
    let place = Place::new();
    let store = place.open();
    enqueue(&store, a_job("add")).unwrap();
    let job = claim(&store, 1).remove(0);
    fs::write(place.file("running", job.id), b"{").unwrap();

    let answer = store.exchange(&[end(&job, success(b"12"))], None).unwrap().ended;

    assert_eq!(answer, [nuvom_core::ports::Ended::Stale]);
    assert_eq!(store.damaged().unwrap().len(), 1);
    place.clock.advance(crate::support::LEASE);
    assert!(store.reap(5).unwrap().is_empty());
}

#[test]
fn a_thousand_damaged_records_hide_no_good_one() {
    let place = Place::new();
    let store = place.open();
    let batch = jobs("add", 1_010);
    store.enqueue(&batch).unwrap();
    for job in &batch[..1_000] {
        fs::write(place.file("waiting", job.id), b"garbage").unwrap();
    }

    let listed = store.list(&Filter::default(), &Page { before: None, limit: 5_000 }).unwrap();
    let claimed = claim(&store, 5_000);

    assert_eq!(listed.len(), 10);
    assert_eq!(ids(&claimed), batch[1_000..].iter().map(|job| job.id).collect::<Vec<_>>());
    assert_eq!(store.damaged().unwrap().len(), 1_000);
}

#[test]
fn whoever_asks_for_a_damaged_record_hears_that_there_is_none() {
    let place = Place::new();
    let id = damaged_job(&place, b"garbage");
    let store = place.open();

    assert_eq!(store.jobs(&[id]).unwrap(), [None]);
    assert_eq!(store.damaged().unwrap().len(), 1);
}

#[test]
fn a_job_whose_record_was_set_aside_can_be_enqueued_again() {
    let place = Place::new();
    let store = place.open();
    let job = a_job("add").build();
    for _ in 0..2 {
        assert_eq!(enqueue_again(&store, &job), Enqueued::New);
        fs::write(place.file("waiting", job.id), b"garbage").unwrap();
        assert!(claim(&store, 5).is_empty());
    }

    assert_eq!(enqueue_again(&store, &job), Enqueued::New);

    assert_eq!(state(&store, job.id), Some(State::Pending));
    assert_eq!(store.damaged().unwrap().len(), 2);
}

#[test]
fn files_of_others_among_the_records_are_no_trouble() {
    let place = Place::new();
    let store = place.open();
    let id = enqueue(&store, a_job("add")).unwrap();
    let leaf = place.file("waiting", id).parent().unwrap().to_owned();
    for name in [".DS_Store", "notes.json", "UPPER.JSON", "01890a5d-ac96-774b-bcce-b302099a8057.json~"] {
        fs::write(leaf.join(name), b"something").unwrap();
    }

    assert_eq!(ids(&claim(&place.open(), 5)), [id]);
    assert!(store.damaged().unwrap().is_empty());
}

#[test]
fn a_record_is_set_aside_once_however_often_the_machine_is_started() {
    let place = Place::new();
    let id = damaged_job(&place, b"garbage");
    assert!(claim(&place.open(), 5).is_empty());

    for _ in 0..3 {
        place.restart_machine();
        let store = place.open();
        assert_eq!(store.damaged().unwrap().len(), 1);
        assert_eq!(place.folders_of(id), Vec::<&str>::new());
    }

    assert_eq!(fs::read(place.path().join(format!("damaged/{id}.json"))).unwrap(), b"garbage");
}

#[test]
fn a_record_whose_reason_was_lost_is_not_set_aside_again_and_gets_its_reason() {
    let place = Place::new();
    let id = damaged_job(&place, b"garbage");
    assert!(claim(&place.open(), 5).is_empty());
    fs::remove_file(place.path().join(format!("damaged/{id}.json.reason"))).unwrap();

    place.restart_machine();
    let damaged = place.open().damaged().unwrap();

    assert_eq!(damaged.len(), 1);
    assert!(damaged[0].reason.contains("cannot be read"), "{}", damaged[0].reason);
}
