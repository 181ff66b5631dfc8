//! A worker that cannot be read hides none of the others.

use nuvom_core::ports::Roster;
use nuvom_testkit::builders::a_report;

use crate::support::Place;

#[test]
fn a_row_that_another_program_wrote_is_passed_over() {
    let place = Place::new();
    let store = place.open();
    store.report(&["first", "second", "third"].map(a_report)).unwrap();
    place.raw().execute("UPDATE workers SET name = char(10) WHERE name = 'first'", []).unwrap();
    place.raw().execute("UPDATE workers SET slots = -1 + (1 << 40) WHERE name = 'third'", []).unwrap();

    let listed = store.list_workers().unwrap();

    assert_eq!(listed.workers.iter().map(|it| it.report.worker.as_str()).collect::<Vec<_>>(), ["second"]);
}

#[test]
fn a_report_adds_no_row_a_beat() {
    let place = Place::new();
    let store = place.open();

    for _ in 0..10 {
        store.report(&[a_report("worker-1")]).unwrap();
    }

    let rows: i64 = place.raw().query_row("SELECT count(*) FROM workers", [], |row| row.get(0)).unwrap();
    assert_eq!(rows, 1);
}
