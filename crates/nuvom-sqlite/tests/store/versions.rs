//! Jobs that another version of Nuvom wrote.

use nuvom_core::State;
use nuvom_core::ports::{Inspect, JobStore};
use nuvom_testkit::builders::a_job;

use crate::support::{Place, enqueue, wish};

#[test]
fn a_job_with_options_of_another_version_waits_for_a_worker_that_can_read_them_and_holds_up_nobody() {
    let place = Place::new();
    let store = place.open();
    let strange = enqueue(&store, a_job("add")).unwrap();
    let plain = enqueue(&store, a_job("add")).unwrap();
    let changed = "UPDATE jobs SET options = '{\"colour\":1}' WHERE id = ?1";
    place.raw().execute(changed, [strange.as_bytes()]).unwrap();

    let claimed = store.exchange(&[], Some(&wish(10))).unwrap().claimed;

    let ids: Vec<_> = claimed.iter().map(|job| job.id).collect();
    assert_eq!(ids, [plain]);
    let left = store.jobs(&[strange]).unwrap().pop().flatten().unwrap();
    assert_eq!((left.state, left.failures, left.losses, left.handbacks), (State::Pending, 0, 0, 1));
    assert_eq!(store.attempts(strange).unwrap()[0].error.kind, "Unreadable");
}
