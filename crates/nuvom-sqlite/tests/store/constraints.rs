//! The schema refuses each record that breaks a rule of the state machine, whoever writes it.

use nuvom_core::ports::JobStore;
use nuvom_core::{End, Timestamp};
use nuvom_testkit::builders::{a_job, a_schedule, failure, success, written};

use crate::support::{Place, enqueue, wish};

/// What SQLite says to a change of a database that has one job in each of three states (priority 0 has ended
/// well after a failure, 1 runs, 2 waits), an attempt, a result and a schedule.
fn refusal(sql: &str) -> String {
    let place = Place::new();
    let store = place.open();
    let end = |job: &nuvom_core::Job, outcome| End { id: job.id, lease: job.lease, outcome };
    enqueue(&store, a_job("add").priority(0).retries(3)).unwrap();
    let first = store.exchange(&[], Some(&wish(1))).unwrap().claimed.remove(0);
    store.exchange(&[end(&first, failure("it broke"))], None).unwrap();
    place.clock.advance(std::time::Duration::from_mins(1));
    let again = store.exchange(&[], Some(&wish(1))).unwrap().claimed.remove(0);
    store.exchange(&[end(&again, success(b"value"))], None).unwrap();
    enqueue(&store, a_job("add").priority(1)).unwrap();
    store.exchange(&[], Some(&wish(1))).unwrap();
    enqueue(&store, a_job("add").priority(2)).unwrap();
    let hourly = written(a_schedule("hourly", Timestamp::from_micros(1)));
    nuvom_core::ports::ScheduleStore::commit(&*store, &[hourly]).unwrap();
    place.raw().execute(sql, []).expect_err("the record was accepted").to_string()
}

/// One test a rule: what breaks it, and the name or text of the rule that must refuse it.
macro_rules! refused {
    ($($name:ident: $sql:literal => $rule:literal;)*) => {
        $(
            #[test]
            fn $name() {
                let refusal = refusal($sql);
                assert!(refusal.contains($rule), "{refusal}");
            }
        )*
    };
}

refused! {
    a_running_job_has_the_end_of_its_lease:
        "UPDATE jobs SET lease_until = NULL WHERE state = 1" => "held_exactly_while_running";
    a_waiting_job_has_no_lease:
        "UPDATE jobs SET lease_until = 1 WHERE state = 0" => "held_exactly_while_running";
    an_ended_job_has_no_lease:
        "UPDATE jobs SET lease_until = 1 WHERE state = 2" => "held_exactly_while_running";
    an_ended_job_has_its_end:
        "UPDATE jobs SET ended_at = NULL WHERE state = 2" => "ended_exactly_when_terminal";
    a_waiting_job_has_no_end:
        "UPDATE jobs SET ended_at = 1 WHERE state = 0" => "ended_exactly_when_terminal";
    a_running_job_has_no_end:
        "UPDATE jobs SET ended_at = 1 WHERE state = 1" => "ended_exactly_when_terminal";
    failures_stay_in_the_budget:
        "UPDATE jobs SET failures = max_attempts + 1, lease = 99 WHERE state = 1" => "failures_in_budget";
    failures_are_not_negative:
        "UPDATE jobs SET failures = -1 WHERE state = 1" => "failures_in_budget";
    losses_stay_in_the_budget:
        "UPDATE jobs SET losses = max_losses + 1, lease = 99 WHERE state = 1" => "losses_in_budget";
    losses_are_not_negative:
        "UPDATE jobs SET losses = -1 WHERE state = 1" => "losses_in_budget";
    no_failure_without_a_lease:
        "UPDATE jobs SET failures = 1 WHERE state = 0" => "every_end_had_a_lease";
    no_loss_without_a_lease:
        "UPDATE jobs SET losses = 1 WHERE state = 0" => "every_end_had_a_lease";
    no_hand_back_without_a_lease:
        "UPDATE jobs SET handbacks = 1 WHERE state = 0" => "every_end_had_a_lease";
    hand_backs_are_not_negative:
        "UPDATE jobs SET handbacks = -1 WHERE state = 1" => "every_end_had_a_lease";
    a_lease_never_falls_below_the_ends_it_had:
        "UPDATE jobs SET lease = 0 WHERE state = 2" => "every_end_had_a_lease";
    a_job_whose_end_was_asked_for_never_waits:
        "UPDATE jobs SET cancel_requested = 1 WHERE state = 0" => "a_flagged_job_never_waits";
    a_flag_is_a_flag:
        "UPDATE jobs SET cancel_requested = 2 WHERE state = 1" => "cancel_requested IN (0, 1)";
    there_are_five_states:
        "UPDATE jobs SET state = 5 WHERE state = 2" => "state BETWEEN 0 AND 4";
    there_are_ten_priorities:
        "UPDATE jobs SET priority = 10 WHERE state = 0" => "priority BETWEEN 0 AND 9";
    a_job_has_a_whole_id:
        "UPDATE jobs SET id = x'00' WHERE state = 0" => "length(id) = 16";
    a_job_has_a_task:
        "UPDATE jobs SET task = '' WHERE state = 0" => "length(task) BETWEEN 1 AND 200";
    a_job_has_a_payload:
        "UPDATE jobs SET payload = NULL WHERE state = 0" => "NOT NULL constraint failed: jobs.payload";
    a_payload_is_bytes:
        "UPDATE jobs SET payload = 'text' WHERE state = 0" => "cannot store TEXT value in BLOB column jobs.payload";
    a_time_is_a_whole_number:
        "UPDATE jobs SET run_at = 0.5 WHERE state = 0" => "cannot store REAL value in INTEGER column jobs.run_at";
    an_id_is_taken_once:
        "INSERT INTO jobs SELECT * FROM jobs WHERE state = 0" => "UNIQUE constraint failed: jobs.id";
    a_queue_has_a_name:
        "UPDATE queues SET name = ''" => "length(name) BETWEEN 1 AND 200";
    a_queue_is_there_once:
        "INSERT INTO queues (name) SELECT name FROM queues" => "UNIQUE constraint failed: queues.name";
    a_pause_is_a_flag:
        "UPDATE queues SET paused = 2" => "paused IN (0, 1)";
    an_attempt_had_a_lease:
        "UPDATE attempts SET lease = 0" => "lease > 0";
    attempts_count_from_one:
        "UPDATE attempts SET number = 0" => "number > 0";
    an_attempt_ended_in_a_known_way:
        "UPDATE attempts SET ending = 'vanished'" => "ending IN (";
    a_lease_ends_once:
        "INSERT INTO attempts SELECT * FROM attempts" => "UNIQUE constraint failed: attempts.job, attempts.lease";
    a_result_had_a_lease:
        "UPDATE results SET lease = 0" => "lease > 0";
    a_result_belongs_to_a_job:
        "UPDATE results SET job = x'00'" => "length(job) = 16";
    a_job_has_one_result:
        "INSERT INTO results SELECT * FROM results" => "UNIQUE constraint failed: results.job";
    a_misfire_policy_is_known:
        "UPDATE schedules SET misfire = 'panic'" => "misfire IN (";
    an_overlap_policy_is_known:
        "UPDATE schedules SET overlap = 'maybe'" => "overlap IN (";
    a_schedule_has_an_id:
        "UPDATE schedules SET id = ''" => "length(id) BETWEEN 1 AND 200";
    a_schedule_makes_jobs_of_a_known_priority:
        "UPDATE schedules SET priority = -1" => "priority BETWEEN 0 AND 9";
    a_schedule_that_makes_jobs_may_make_one:
        "UPDATE schedules SET max_runs = 0" => "max_runs > 0";
    a_job_does_not_start_before_its_tick:
        "UPDATE schedules SET jitter = -1" => "jitter >= 0";
    the_runs_of_a_schedule_are_counted_from_none:
        "UPDATE schedules SET runs = -1" => "runs >= 0";
    the_last_job_of_a_schedule_is_a_job:
        "UPDATE schedules SET last_job = x'00'" => "length(last_job) = 16";
}
