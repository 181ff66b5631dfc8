//! Rows that cannot be records: they are set aside, once, and keep nobody from the others.

use nuvom_core::ports::{Filter, Inspect, JobStore, Page};
use nuvom_core::{End, Job, JobId, Retention, State};
use nuvom_testkit::builders::{a_job, success};

use crate::support::{Place, enqueue, total, wish};

/// Enqueues good jobs behind damaged ones, and answers the good.
fn damaged_first(place: &Place, damaged: usize, good: usize, damage: &str) -> Vec<JobId> {
    let store = place.open();
    for _ in 0..damaged {
        enqueue(&store, a_job("add")).unwrap();
    }
    let raw = place.raw();
    raw.execute_batch("PRAGMA ignore_check_constraints = 1").unwrap();
    raw.execute_batch(&format!("UPDATE jobs SET {damage}")).unwrap();
    (0..good).map(|_| enqueue(&store, a_job("add")).unwrap()).collect()
}

/// One test a damage: the others are listed and claimed, and it is told once.
macro_rules! set_aside {
    ($($name:ident: $damage:literal;)*) => {
        $(
            #[test]
            fn $name() {
                let place = Place::new();
                let good = damaged_first(&place, 3, 2, $damage);
                let store = place.open();

                let claimed = store.exchange(&[], Some(&wish(1))).unwrap().claimed;
                let second = store.exchange(&[], Some(&wish(5))).unwrap();

                let claimed: Vec<_> = claimed.iter().chain(&second.claimed).map(|job| job.id).collect();
                assert_eq!(claimed, good);
                assert_eq!(store.damaged().unwrap().len(), 3);
                assert_eq!(second.next_due_in, None);
            }
        )*
    };
}

set_aside! {
    a_task_without_a_name: "task = ''";
    a_task_that_would_steer_a_terminal: "task = char(27) || '[2J'";
    a_budget_of_nothing: "max_attempts = 0";
    a_number_below_zero: "failures = -1";
    a_number_beyond_all_numbers: "losses = 9000000000000000000";
    more_failures_than_claims: "failures = 50";
    a_worker_without_a_name: "worker = ''";
}

#[test]
fn a_thousand_damaged_rows_hide_no_good_one() {
    let place = Place::new();
    let good = damaged_first(&place, 1_000, 10, "max_attempts = 0");
    let store = place.open();

    let listed = store.list(&Filter::default(), &Page { before: None, limit: 4 }).unwrap();
    let last = store.list(&Filter::default(), &Page { before: Some(good[4]), limit: 50 }).unwrap();
    let claimed = store.exchange(&[], Some(&wish(20))).unwrap().claimed;

    assert_eq!((listed.len(), last.len()), (4, 4));
    assert_eq!(claimed.len(), 10);
    assert_eq!(store.damaged().unwrap().len(), 1_000);
}

#[test]
fn a_page_is_full_though_damaged_rows_come_before_good_ones() {
    let place = Place::new();
    let store = place.open();
    let good: Vec<_> = (0..4).map(|_| enqueue(&store, a_job("add")).unwrap()).collect();
    for _ in 0..10 {
        enqueue(&store, a_job("broken")).unwrap();
    }
    let raw = place.raw();
    raw.execute_batch("PRAGMA ignore_check_constraints = 1").unwrap();
    raw.execute("UPDATE jobs SET max_attempts = 0 WHERE task = 'broken'", []).unwrap();

    let pending = Filter { states: vec![State::Pending], ..Filter::default() };
    let pages =
        [Filter::default(), pending].map(|filter| store.list(&filter, &Page { before: None, limit: 3 }));

    for page in pages {
        let ids: Vec<_> = page.unwrap().iter().map(|job| job.id).collect();
        assert_eq!(ids, [good[3], good[2], good[1]]);
    }
}

#[test]
fn a_damaged_row_whose_lease_runs_out_keeps_no_other_from_its_reaper() {
    let place = Place::new();
    let store = place.open();
    for _ in 0..2 {
        enqueue(&store, a_job("add")).unwrap();
    }
    let held = store.exchange(&[], Some(&wish(2))).unwrap().claimed;
    let raw = place.raw();
    raw.execute_batch("PRAGMA ignore_check_constraints = 1").unwrap();
    raw.execute("UPDATE jobs SET max_attempts = 0 WHERE id = ?1", [held[0].id.as_bytes()]).unwrap();
    place.clock.advance(std::time::Duration::from_hours(1));

    let reaped: Vec<_> = [store.reap(1).unwrap(), store.reap(1).unwrap()].concat();

    assert_eq!(reaped.iter().map(|it| it.held.id).collect::<Vec<_>>(), [held[1].id]);
    assert_eq!(store.damaged().unwrap().len(), 1);
}

#[test]
fn a_damaged_row_that_ended_goes_with_its_retention() {
    let place = Place::new();
    let store = place.open();
    for _ in 0..2 {
        enqueue(&store, a_job("add")).unwrap();
    }
    let ends: Vec<_> = store.exchange(&[], Some(&wish(2))).unwrap().claimed.iter().map(ended).collect();
    store.exchange(&ends, None).unwrap();
    let raw = place.raw();
    raw.execute_batch("PRAGMA ignore_check_constraints = 1").unwrap();
    raw.execute("UPDATE jobs SET max_attempts = 0 WHERE id = ?1", [ends[0].id.as_bytes()]).unwrap();
    place.clock.advance(std::time::Duration::from_hours(24 * 365));

    let removed: Vec<_> = (0..2).flat_map(|_| store.prune(&Retention::default(), 1).unwrap()).collect();

    assert_eq!(removed, [ends[0].id, ends[1].id]);
    assert_eq!(total(&store), 0);
}

#[test]
fn a_call_that_fails_sets_nothing_aside() {
    let place = Place::new();
    let held = {
        let store = place.open();
        enqueue(&store, a_job("add")).unwrap();
        store.exchange(&[], Some(&wish(1))).unwrap().claimed.remove(0)
    };
    place.clock.advance(std::time::Duration::from_hours(1));
    let store = place.open();
    let raw = place.raw();

    // It has not looked at the queues so far, and cannot now.
    raw.execute_batch("ALTER TABLE queues RENAME TO elsewhere").unwrap();
    let failed = store.reap(5);
    raw.execute_batch("ALTER TABLE elsewhere RENAME TO queues").unwrap();

    assert!(failed.is_err());
    let reaped = store.reap(5).unwrap();
    assert_eq!(reaped.iter().map(|it| it.held.id).collect::<Vec<_>>(), [held.id]);
    assert_eq!(store.damaged().unwrap().len(), 0);
}

#[test]
fn a_queue_in_which_all_was_set_aside_has_no_oldest_job() {
    let place = Place::new();
    damaged_first(&place, 2, 0, "max_attempts = 0");
    let store = place.open();

    store.exchange(&[], Some(&wish(1))).unwrap();

    assert_eq!(store.queues().unwrap()[0].oldest, None);
}

fn ended(job: &Job) -> End {
    End { id: job.id, lease: job.lease, outcome: success(b"value") }
}
