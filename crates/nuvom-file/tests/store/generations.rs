//! What a process learned of the files while they were being moved, or could not be read, it must not go on believing.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use nuvom_core::ports::{Inspect, JobStore};
use nuvom_core::{JobId, Retention};
use nuvom_file::{FileStore, Machine, Options};
use nuvom_testkit::builders::{a_job, jobs, success};

use crate::support::{LEASE, Place, claim, end, enqueue};

/// A process on a machine that cannot say when it was started. Each of them carries out all of the journal first.
fn open_without_start(place: &Place) -> Arc<FileStore> {
    let clock = Arc::clone(&place.clock);
    FileStore::open_on(&Machine::default(), place.path(), Options::default(), clock as _).unwrap()
}

/// Has a process look at the files while that of this running job is elsewhere, as within a batch of another process.
fn look_without(place: &Place, store: &FileStore, id: JobId) {
    let (file, elsewhere) = (place.file("running", id), place.folder().join("elsewhere"));
    fs::rename(&file, &elsewhere).unwrap();
    assert_eq!(running(store), 1);
    fs::rename(&elsewhere, &file).unwrap();
}

fn running(store: &FileStore) -> u64 {
    store.queues().unwrap()[0].running
}

#[test]
fn an_index_that_was_made_while_a_batch_was_taken_back_is_made_anew() {
    let place = Place::new();
    let (store, other) = (place.open(), place.open());
    enqueue(&store, a_job("add")).unwrap();
    enqueue(&store, a_job("add")).unwrap();
    let held = claim(&store, 2);
    look_without(&place, &other, held[0].id);

    let blocked = block(&place, "results", held[1].id);
    let ends = [end(&held[0], success(b"1")), end(&held[1], success(&vec![7; 20 << 10]))];
    store.exchange(&ends, None).unwrap_err();
    fs::remove_file(blocked).unwrap();

    assert_eq!(running(&other), 2);
    place.clock.advance(LEASE);
    assert_eq!(other.reap(5).unwrap().len(), 2);
}

#[test]
fn an_index_that_was_made_while_the_journal_was_carried_out_again_is_made_anew() {
    let place = Place::new();
    let (store, other) = (open_without_start(&place), open_without_start(&place));
    enqueue(&store, a_job("add")).unwrap();
    enqueue(&store, a_job("add")).unwrap();
    let held = claim(&store, 2);
    look_without(&place, &other, held[0].id);

    drop(open_without_start(&place));

    assert_eq!(running(&other), 2);
}

#[test]
fn running_jobs_whose_files_were_removed_hide_no_lost_one() {
    let place = Place::new();
    let store = place.open();
    store.enqueue(&jobs("add", 12)).unwrap();
    let held = claim(&store, 12);
    for job in &held[..10] {
        fs::remove_file(place.file("running", job.id)).unwrap();
    }
    place.clock.advance(LEASE);

    assert!(store.reap(10).unwrap().is_empty());
    assert_eq!(store.reap(10).unwrap().len(), 2);
}

#[test]
fn a_pruner_that_could_not_read_a_folder_once_removes_all_old_jobs_later() {
    let place = Place::new();
    let id = enqueue(&place.open(), a_job("add")).unwrap();
    place.open().cancel(&[id]).unwrap();
    place.clock.advance(Duration::from_hours(24 * 400));
    let store = place.open();
    let (folder, elsewhere) = (place.path().join("ended/failed"), place.folder().join("elsewhere"));
    fs::rename(&folder, &elsewhere).unwrap();
    fs::write(&folder, b"a file").unwrap();
    store.prune(&Retention::default(), 5).unwrap_err();
    fs::remove_file(&folder).unwrap();
    fs::rename(&elsewhere, &folder).unwrap();

    assert_eq!(store.prune(&Retention::default(), 5).unwrap(), [id]);
}

/// Puts a file where the folder of this one should be.
fn block(place: &Place, folder: &str, id: JobId) -> PathBuf {
    let leaf = place.file(folder, id).parent().unwrap().to_owned();
    fs::create_dir_all(leaf.parent().unwrap()).unwrap();
    fs::write(&leaf, b"a file").unwrap();
    leaf
}
