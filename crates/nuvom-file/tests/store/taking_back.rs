//! A batch that cannot be written to its end is taken back whole.

use std::fs;

use nuvom_core::State;
use nuvom_core::ports::{Inspect, JobStore};
use nuvom_testkit::builders::jobs;

use crate::support::{Place, claim, ids, wish};

#[test]
fn a_claim_that_cannot_be_written_to_its_end_leaves_every_job_waiting() {
    let place = Place::new();
    let store = place.open();
    let batch = jobs("add", 3);
    store.enqueue(&batch).unwrap();
    let all: Vec<_> = batch.iter().map(|job| job.id).collect();
    let before: Vec<_> = all.iter().map(|id| fs::read(place.file("waiting", *id)).unwrap()).collect();
    // Nothing can be renamed to where a folder is that is not empty.
    let blocked = place.file("running", all[2]);
    fs::create_dir_all(blocked.join("something")).unwrap();

    let refused = store.exchange(&[], Some(&wish(3)));

    assert!(refused.is_err());
    fs::remove_dir_all(&blocked).unwrap();
    assert_eq!(store.states(&all).unwrap(), [Some(State::Pending); 3]);
    let after: Vec<_> = all.iter().map(|id| fs::read(place.file("waiting", *id)).unwrap()).collect();
    assert_eq!(after, before);
    let claimed = claim(&store, 3);
    assert_eq!(ids(&claimed), all);
    assert!(claimed.iter().all(|job| job.lease.0 == 1));
}

#[test]
fn an_enqueue_that_cannot_be_written_to_its_end_leaves_nothing() {
    let place = Place::new();
    let store = place.open();
    let batch = jobs("add", 3);
    let leaf = place.file("waiting", batch[2].id).parent().unwrap().to_owned();
    fs::create_dir_all(leaf.parent().unwrap()).unwrap();
    // Neither a folder of ours nor nothing.
    fs::write(&leaf, b"a file").unwrap();

    let refused = store.enqueue(&batch);

    assert!(refused.is_err());
    fs::remove_file(&leaf).unwrap();
    let states = store.states(&batch.iter().map(|job| job.id).collect::<Vec<_>>()).unwrap();
    assert_eq!(states, [None; 3]);
    assert_eq!(store.enqueue(&batch).unwrap().len(), 3);
    assert_eq!(claim(&place.open(), 5).len(), 3);
}
