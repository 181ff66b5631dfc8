//! The disk is full. The other process has a limit on the size of its files, which the store meets as it meets a
//! full disk: a write fails.

use std::collections::BTreeSet;

use nuvom_core::State;
use nuvom_core::ports::{Filter, Inspect, Page};
use nuvom_testkit::builders::a_job;

use crate::child::Other;
use crate::support::{Place, enqueue, state};

/// The signal that comes with a write beyond the limit is ignored, so that the write fails instead.
const LIMITED: &str = "trap '' XFSZ; ulimit -f 1024";

#[test]
fn an_enqueue_on_a_full_disk_fails_loudly_and_what_was_accepted_stays() {
    let place = Place::new();
    let store = place.open();
    let before = enqueue(&store, a_job("add").id(an_early_id())).unwrap();

    let (well, lines) = Other::start_after(LIMITED, "fill the disk", &place.path()).end();

    assert!(well, "{lines:?}");
    let said = |word: &str| -> BTreeSet<String> {
        lines.iter().filter(|(said, _)| said == word).map(|(_, value)| value.clone()).collect()
    };
    let refused = said("refused").into_iter().next().unwrap();
    assert!(refused.starts_with("Unavailable"), "{refused}");
    assert_eq!(said("still readable"), BTreeSet::from(["true".to_owned()]));
    let mut expected = said("accepted");
    assert!(expected.len() > 10, "{} jobs were accepted", expected.len());
    expected.insert(before.to_string());
    let kept = store.list(&Filter::default(), &Page { before: None, limit: 10_000 }).unwrap();
    assert_eq!(kept.iter().map(|job| job.id.to_string()).collect::<BTreeSet<_>>(), expected);
    assert!(kept.iter().all(|job| job.state == State::Pending));
    assert!(store.damaged().unwrap().is_empty());
}

#[test]
fn when_there_is_space_again_work_goes_on() {
    let place = Place::new();
    assert!(Other::start_after(LIMITED, "fill the disk", &place.path()).end().0);
    let store = place.open();

    let id = enqueue(&store, a_job("add").id(an_early_id())).unwrap();

    assert_eq!(state(&store, id), Some(State::Pending));
}

/// An id that the other process does not make: its builders count as ours do.
fn an_early_id() -> nuvom_core::JobId {
    nuvom_core::JobId::from_time(nuvom_core::Timestamp::from_micros(1), [9; 10])
}
