//! A schedule that cannot be read keeps nobody from the others.

use nuvom_core::ports::ScheduleStore;
use nuvom_core::{Clock, ErrorKind};
use nuvom_testkit::builders::{a_schedule, schedule_id, written};

use crate::support::Place;

#[test]
fn a_damaged_schedule_is_told_and_the_others_are_due_all_the_same() {
    let place = Place::new();
    let store = place.open();
    let now = place.clock.now();
    let all = ["damaged", "newer", "well"].map(|id| written(a_schedule(id, now)));
    store.commit(&all).unwrap();
    place.raw().execute("UPDATE schedules SET rule = 'never' WHERE id = 'damaged'", []).unwrap();
    place.raw().execute("UPDATE schedules SET options = '{\"x\":1}' WHERE id = 'newer'", []).unwrap();

    let agenda = store.agenda(10).unwrap();

    assert_eq!(agenda.due.iter().map(|schedule| schedule.id.as_str()).collect::<Vec<_>>(), ["well"]);
    let unreadable: Vec<_> = agenda.unreadable.iter().map(|(id, _)| id.as_str()).collect();
    assert_eq!(unreadable, ["damaged", "newer"]);
    assert!(agenda.unreadable[0].1.contains("rule"), "{:?}", agenda.unreadable);
    assert_eq!(store.find(&[schedule_id("damaged")]).unwrap_err().kind(), ErrorKind::Corrupt);
}
