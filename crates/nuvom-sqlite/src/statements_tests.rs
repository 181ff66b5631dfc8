//! How SQLite means to answer the statements that run again and again: by the index made for each, without
//! sorting and without a look at rows that do not matter, however many there are.

use nuvom_testkit::FakeClock;

use crate::statements::{
    BEHIND, CLAIMABLE, ENDED_LATELY, EXPIRED, FRONT, LIST_ENDED, MADE_LATELY, NEXT_DUE, PRUNABLE, SUCCEED,
};
use crate::{Durability, SqliteStore};

/// The steps of the plan, joined.
fn plan(sql: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("nuvom.db");
    let store = SqliteStore::open(path, Durability::Process, FakeClock::new()).unwrap();
    let steps = store.read(|link| {
        let mut statement = link.connection.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
        let unbound = rusqlite::params_from_iter(vec![rusqlite::types::Null; statement.parameter_count()]);
        let steps = statement.query_map(unbound, |row| row.get::<_, String>("detail")).unwrap();
        Ok(steps.collect::<Result<Vec<_>, _>>().unwrap())
    });
    steps.unwrap().join("; ")
}

#[track_caller]
fn searches(sql: &str, by: &str) {
    let plan = plan(sql);
    assert!(plan.contains(by), "{plan}");
    assert!(!plan.contains("TEMP B-TREE") && !plan.contains("SCAN jobs"), "{plan}");
}

#[test]
fn claimable_jobs_are_found_in_their_order() {
    searches(CLAIMABLE, "SEARCH jobs USING INDEX jobs_ready (queue=? AND priority=? AND run_at<?)");
}

#[test]
fn jobs_behind_those_that_are_passed_over_are_found_in_their_order() {
    searches(BEHIND, "SEARCH jobs USING INDEX jobs_ready (queue=? AND priority=? AND run_at<?)");
}

#[test]
fn the_front_of_a_queue_is_one_step_into_an_index() {
    searches(FRONT, "SEARCH jobs USING COVERING INDEX jobs_ready (queue=? AND priority>?)");
}

#[test]
fn the_next_due_job_is_one_step_into_an_index() {
    searches(NEXT_DUE, "SEARCH jobs USING COVERING INDEX jobs_ready (queue=? AND priority=? AND run_at>?)");
}

#[test]
fn expired_leases_are_found_by_their_end() {
    searches(EXPIRED, "SEARCH jobs USING INDEX jobs_running (lease_until<?)");
}

#[test]
fn prunable_jobs_are_found_by_state_and_age() {
    searches(PRUNABLE, "SEARCH jobs USING INDEX jobs_ended (state=? AND id<?)");
}

#[test]
fn a_page_of_ended_jobs_is_read_in_order() {
    searches(LIST_ENDED, "SEARCH jobs USING INDEX jobs_ended (state=? AND id<?)");
}

#[test]
fn a_finish_goes_straight_to_its_record() {
    searches(SUCCEED, "SEARCH jobs USING PRIMARY KEY (id=?)");
}

#[test]
fn the_jobs_that_ended_last_are_read_in_order() {
    searches(ENDED_LATELY, "SEARCH jobs USING INDEX jobs_ended (state=?)");
}

#[test]
fn the_jobs_that_were_made_last_are_read_in_order() {
    searches(MADE_LATELY, "SEARCH jobs USING PRIMARY KEY (id>?)");
}
