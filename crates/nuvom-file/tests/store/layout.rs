//! What a person finds in the folder.

use std::fs;
use std::time::Duration;

use nuvom_core::ports::{JobStore, ResultStore};
use nuvom_core::{JobId, State};
use nuvom_testkit::builders::{a_job, failure, jobs, success};

use crate::support::{LEASE, Place, claim, end, enqueue, state};

#[test]
fn a_record_is_a_line_of_json_in_the_folder_of_its_state() {
    let place = Place::new();
    let store = place.open();
    let id = enqueue(&store, a_job("add").queue("mail")).unwrap();

    assert_eq!(place.folders_of(id), ["waiting"]);
    let text = fs::read_to_string(place.file("waiting", id)).unwrap();
    let record: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!((&record["id"], &record["queue"]), (&id.to_string().into(), &"mail".into()));
    assert!(text.ends_with("}\n"));
}

#[test]
fn a_claim_and_an_end_move_the_file() {
    let place = Place::new();
    let store = place.open();
    store.enqueue(&jobs("add", 3)).unwrap();

    let running = claim(&store, 2);
    let moved: Vec<_> = running.iter().map(|job| place.folders_of(job.id)).collect();
    store.exchange(&[end(&running[0], success(b"12")), end(&running[1], failure("boom"))], None).unwrap();

    assert_eq!(moved, [["running"]; 2]);
    assert_eq!(place.folders_of(running[0].id), ["ended/success"]);
    assert_eq!(place.folders_of(running[1].id), ["ended/failed"]);
    assert!(!place.file("results", running[0].id).exists());
}

#[test]
fn a_value_lies_behind_the_record_of_its_job_and_a_large_one_beside_it() {
    let place = Place::new();
    let store = place.open();
    store.enqueue(&jobs("add", 2)).unwrap();
    let running = claim(&store, 2);
    let large = vec![7; 100_000];
    store.exchange(&[end(&running[0], success(b"12")), end(&running[1], success(&large))], None).unwrap();

    let values = store.get(&[running[0].id, running[1].id]).unwrap();

    let values: Vec<_> = values.into_iter().map(|kept| kept.unwrap().value.unwrap()).collect();
    assert_eq!((values[0].as_ref(), values[1].as_ref()), (b"12".as_slice(), large.as_slice()));
    assert_eq!(fs::read_to_string(place.file("ended/success", running[0].id)).unwrap().lines().count(), 2);
    assert!(place.file("results", running[1].id).exists());
    assert!(fs::metadata(place.file("ended/success", running[1].id)).unwrap().len() < 2_000);
}

#[test]
fn a_value_can_be_forgotten_without_its_job() {
    let place = Place::new();
    let store = place.open();
    enqueue(&store, a_job("add")).unwrap();
    let job = claim(&store, 1).remove(0);
    store.exchange(&[end(&job, success(b"12"))], None).unwrap();

    store.delete(&[job.id]).unwrap();

    assert_eq!(store.get(&[job.id]).unwrap(), [None]);
    assert_eq!(state(&place.open(), job.id), Some(State::Success));
}

#[test]
fn a_beat_writes_no_arguments() {
    let place = Place::new();
    let store = place.open();
    enqueue(&store, a_job("add").payload(&vec![7; 100_000])).unwrap();
    let job = claim(&store, 1).remove(0);
    let before: u64 = place.segments().iter().map(|path| fs::metadata(path).unwrap().len()).sum();

    store.renew(&[job.held()], LEASE * 2).unwrap();

    let after: u64 = place.segments().iter().map(|path| fs::metadata(path).unwrap().len()).sum();
    assert!(after - before < 500, "{} bytes", after - before);
    assert_eq!(crate::support::open(&place.path()).path(), place.path());
}

#[test]
fn a_beat_is_seen_by_those_who_open_the_folder_later() {
    let place = Place::new();
    let store = place.open();
    enqueue(&store, a_job("add")).unwrap();
    let job = claim(&store, 1).remove(0);
    place.clock.advance(LEASE / 2);
    store.renew(&[job.held()], LEASE).unwrap();
    drop(store);

    let store = place.open();
    place.clock.advance(LEASE / 2);
    let early = store.reap(5).unwrap();
    place.clock.advance(LEASE / 2);

    assert!(early.is_empty());
    assert_eq!(store.reap(5).unwrap().len(), 1);
}

#[test]
fn an_enqueue_reads_no_other_job() {
    let place = Place::new();
    let store = place.open();
    store.enqueue(&jobs("add", 100)).unwrap();
    let unreadable = fs::read_dir(place.path().join("waiting")).unwrap();
    for entry in unreadable {
        // A folder that cannot be listed, but in which a file that is named can be opened.
        set_mode(&entry.unwrap().path(), 0o300);
    }

    let id = enqueue(&store, a_job("add").due_in(Duration::from_secs(1))).unwrap();

    assert_eq!(state(&store, id), Some(State::Pending));
}

#[cfg(unix)]
fn set_mode(path: &std::path::Path, mode: u32) {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

#[cfg(not(unix))]
fn set_mode(_path: &std::path::Path, _mode: u32) {}

#[test]
fn ids_that_differ_in_their_end_lie_in_many_folders() {
    let place = Place::new();
    let store = place.open();
    let id =
        |end: u8| JobId::from_time(nuvom_core::Timestamp::from_micros(1), [1, 1, 1, 1, 1, 1, 1, 1, 1, end]);
    let batch: Vec<_> = (0..=255).map(|end| a_job("add").id(id(end)).build()).collect();
    store.enqueue(&batch).unwrap();

    let folders: std::collections::HashSet<_> =
        batch.iter().map(|job| place.file("waiting", job.id).parent().unwrap().to_owned()).collect();

    assert_eq!(folders.len(), 256);
    assert!(folders.iter().all(|folder| fs::read_dir(folder).unwrap().count() == 1));
}
