//! The list of all cases. A test beside it holds that none is forgotten.

/// Hands the list of all cases to another macro of this crate.
#[doc(hidden)]
#[macro_export]
macro_rules! conformance_list {
    ($made_into:ident, $harness:expr) => {
        $crate::$made_into! { $harness;
            enqueue {
                an_accepted_job_waits_as_it_was_asked_for
                every_option_is_kept
                a_claimed_job_carries_its_options_and_arguments
                any_bytes_come_back_as_they_were
                names_are_data
                acceptance_and_due_time_follow_the_clock_of_the_store
                a_repeated_request_answers_where_the_first_is_and_changes_nothing
                a_repeat_inside_one_batch_is_recognised
                a_repeat_of_a_running_job_does_not_start_it_again
                a_repeat_of_an_ended_job_answers_how_it_ended
                an_empty_batch_is_accepted
                many_jobs_enter_in_one_batch
            }
            bounds {
                a_queue_takes_jobs_up_to_its_bound
                a_batch_beyond_the_bound_is_refused_whole
                a_job_that_was_claimed_makes_room
                jobs_for_later_take_room_too
                each_queue_has_the_bound_for_itself
                a_known_job_is_answered_by_a_full_queue
                no_bound_means_no_limit
                what_was_promised_before_returns_to_a_full_queue
                a_full_queue_takes_jobs_again_from_who_was_refused
            }
            claim {
                a_claim_answers_the_record_as_it_is_kept
                a_lease_runs_from_the_claim
                a_claimed_job_is_not_claimed_again
                every_claim_of_a_job_has_a_higher_lease
                a_claim_takes_no_more_than_its_limit
                the_lowest_priority_number_goes_first
                within_a_priority_the_earlier_due_goes_first
                among_equals_the_older_id_goes_first
                urgency_counts_before_age
                a_job_for_later_waits_for_its_time
                urgent_jobs_for_later_do_not_hide_what_is_due
                a_claim_that_leaves_room_tells_when_the_next_job_is_due
                the_next_due_job_of_another_queue_is_not_told
                a_full_claim_reports_no_wait_while_more_is_due
                nothing_waiting_means_no_next_due
                only_the_named_queues_are_served
                no_named_queue_means_all
                a_queue_named_twice_is_served_once
                priorities_count_across_queues
                an_exchange_of_nothing_is_fine
                many_jobs_are_claimed_in_one_batch_in_order
                a_claim_passes_over_jobs_that_it_has_no_room_for
                a_share_of_all_but_some_tasks_leaves_those_alone
                jobs_that_lost_their_holder_twice_can_be_limited_apart
                what_is_passed_over_hides_no_other_queue_or_priority
            }
            finish {
                a_success_ends_the_job
                a_value_arrives_with_the_finish
                an_empty_value_is_a_value
                a_success_may_have_no_value
                a_value_stored_before_the_finish_stays
                a_failure_without_budget_ends_the_job
                a_failed_attempt_is_kept_whole
                a_failure_inside_the_budget_waits_for_its_backoff
                a_retried_job_runs_again_after_its_backoff
                a_growing_backoff_is_the_one_that_core_decides
                the_last_failure_of_the_budget_ends_the_job
                a_failure_that_no_retry_can_mend_ends_the_job
                a_passed_time_limit_fails_the_job
                a_passed_time_limit_may_use_the_retry_budget
                a_passed_time_limit_may_be_ignored
                a_cancelled_attempt_ends_the_job
                one_exchange_ends_jobs_and_claims_others
                a_job_handed_back_can_be_claimed_in_the_same_exchange
                many_attempts_end_in_one_batch
            }
            stale {
                a_late_holder_cannot_finish_a_rescued_job
                a_late_holder_cannot_finish_a_job_that_waits_again
                the_value_of_the_rescuer_stands
                no_outcome_of_a_late_holder_counts
                a_holder_whose_lease_ran_out_unnoticed_may_still_finish
                an_attempt_ends_once
                an_end_of_an_unknown_job_is_stale
                an_end_of_a_job_that_was_never_claimed_is_stale
                a_lease_that_was_never_given_is_stale
                stale_ends_do_not_spoil_the_others_of_their_batch
            }
            handback {
                a_hand_back_uses_no_budget
                a_hand_back_is_recorded_as_the_cause_of_the_repeat
                a_job_handed_back_by_a_stop_is_claimable_at_once
                an_unknown_task_is_offered_again_ever_later
                a_loss_that_the_parent_saw_frees_the_job_at_once
                the_last_loss_that_the_parent_saw_ends_the_job
            }
            signatures {
                a_job_keeps_the_signature_that_it_was_made_for
                a_job_without_a_signature_stays_without_one
                another_life_is_made_for_the_same_signature
                a_job_of_another_signature_goes_back_as_it_was
                a_job_of_another_signature_is_offered_again_ever_later
                a_claim_can_leave_jobs_of_one_signature_alone
            }
            renew {
                a_beat_extends_the_lease
                a_holder_that_beats_is_not_reaped
                a_beat_that_comes_before_the_reaper_is_in_time
                a_beat_learns_of_a_request_to_cancel
                a_holder_that_was_reaped_has_lost_its_job
                an_ended_job_is_held_by_nobody
                answers_come_in_the_order_of_the_beats
                no_beats_are_fine
                many_leases_are_renewed_in_one_batch
            }
            reap {
                a_job_whose_lease_ran_out_waits_again
                a_reaped_job_is_claimable_at_once
                a_loss_is_recorded_with_its_holder
                a_lease_that_still_runs_is_left_alone
                only_expired_leases_are_reaped
                a_reaper_takes_no_more_than_its_limit
                a_lost_job_is_reaped_once
                the_third_loss_ends_the_job
                a_task_that_must_not_repeat_fails_at_its_first_loss
                losses_do_not_use_the_budget_for_failures
                many_lost_jobs_are_reaped_in_one_batch
                nothing_lost_is_fine
            }
            cancel {
                a_waiting_job_never_starts
                a_job_for_later_never_starts
                a_job_that_waits_for_its_next_attempt_never_starts_it
                a_running_job_is_asked_and_runs_on
                the_holder_ends_it_as_cancelled
                a_success_that_arrives_first_wins
                a_job_asked_to_end_that_fails_is_not_tried_again
                a_job_asked_to_end_never_waits_again
                a_job_asked_to_end_whose_holder_is_lost_ends_as_cancelled
                an_ended_job_stays_as_it_ended
                answers_come_in_the_order_of_the_requests
                no_requests_are_fine
                many_jobs_are_cancelled_in_one_batch
            }
            retry {
                a_failed_job_waits_again
                a_cancelled_job_waits_again
                a_revived_job_has_a_fresh_budget_for_failures
                a_revived_job_has_a_fresh_budget_for_losses
                the_history_of_earlier_lives_is_kept
                a_revived_job_can_succeed_and_its_value_is_kept
                a_value_of_an_earlier_life_gives_way_to_the_new_one
                a_request_to_cancel_does_not_outlive_the_life_it_ended
                the_holder_of_an_earlier_life_is_late
                what_waits_runs_or_succeeded_is_not_revived
                a_job_is_revived_once_in_a_batch
                no_requests_to_retry_are_fine
                many_jobs_are_revived_in_one_batch
            }
            prune {
                an_ended_job_is_kept_for_its_retention
                a_cancelled_job_goes_like_one_that_succeeded
                a_failed_job_is_kept_longer
                what_waits_or_runs_is_never_pruned
                a_revived_job_is_not_pruned_for_its_earlier_life
                the_retention_of_a_revived_job_runs_from_its_last_end
                attempts_and_value_go_with_their_job
                the_id_of_a_forgotten_job_is_new_again
                a_pruner_is_told_which_jobs_went
                a_pruner_takes_no_more_than_its_limit
                the_limit_counts_all_ended_jobs_together
                many_jobs_are_pruned_in_one_batch
                a_pruned_job_is_not_reaped
            }
            pausing {
                a_paused_queue_gives_nothing_out
                a_resumed_queue_gives_out_what_waited_in_it
                other_queues_go_on
                each_queue_is_answered_whether_that_changed_anything
                a_queue_may_be_paused_before_its_first_job
                a_paused_queue_is_not_waited_for
                what_runs_in_a_paused_queue_may_end
                what_fails_in_a_paused_queue_waits_there_for_its_next_attempt
                a_job_taken_from_a_lost_holder_waits_in_its_paused_queue
                what_runs_in_a_paused_queue_keeps_its_lease
                what_waits_in_a_paused_queue_can_be_cancelled
                a_schedule_goes_on_to_make_jobs_in_a_paused_queue
                to_resume_a_queue_wakes_workers
                a_queue_paused_through_another_opening_gives_nothing_out
                to_resume_through_another_opening_wakes_as_well
                a_paused_queue_stays_paused_when_the_store_is_opened_again
            }
            results {
                a_value_comes_back_with_its_lease
                an_empty_value_is_not_no_value
                a_large_value_comes_back_whole
                a_newer_lease_replaces_an_older_one
                the_same_lease_may_write_again
                an_older_lease_does_not_replace_a_newer_one
                the_highest_lease_of_a_batch_stands
                values_come_in_the_order_asked
                a_deleted_value_is_gone
                a_deleted_value_leaves_no_lease_behind
                a_record_comes_back_with_its_value_or_without_one
                an_older_lease_does_not_replace_a_newer_record
                records_are_listed_newest_first_in_pages
                a_deleted_record_is_gone
                empty_batches_are_fine
                many_values_go_in_and_out_in_one_batch
            }
            inspect {
                records_come_in_the_order_asked
                states_come_in_the_order_asked
                nothing_asked_is_fine
                an_empty_store_has_answers
                many_are_asked_in_one_batch
                a_listing_shows_the_newest_first
                pages_follow_one_another_without_gap_or_repeat
                a_page_may_begin_at_a_job_that_is_gone
                a_page_of_nothing_is_empty
                a_filter_restricts_by_state
                a_filter_restricts_by_task
                a_filter_restricts_by_queue
                the_parts_of_a_filter_hold_together
                counts_come_in_the_order_of_the_states
                queues_tell_what_waits_and_runs_in_them
                queues_tell_how_fast_jobs_come_and_go
                attempts_come_oldest_first
            }
            ends {
                a_success_comes_back_with_its_value
                a_failure_comes_back_with_what_went_wrong
                a_failure_that_is_tried_again_is_no_end
                a_success_replaces_an_earlier_failure
                a_job_keeps_its_task_and_times
                of_an_unknown_job_nothing_is_kept
                ends_are_listed_newest_first
                a_forgotten_end_is_gone
            }
            schedules {
                a_schedule_is_kept_whole
                every_rule_is_kept
                a_change_replaces_what_was_seen
                a_change_of_what_was_changed_meanwhile_is_passed_over
                of_two_who_make_a_schedule_the_second_is_passed_over
                a_schedule_that_is_not_there_is_not_changed
                a_change_that_is_passed_over_leaves_the_others_of_its_batch
                schedules_come_in_the_order_asked
                a_listing_goes_by_id_and_in_pages
                a_schedule_is_due_when_its_tick_has_come
                the_earliest_tick_is_due_first
                the_next_tick_is_the_first_of_those_that_are_left
                what_is_paused_or_has_run_out_is_not_due
                a_replaced_tick_is_not_due_any_more
                a_resumed_schedule_is_due_again
                what_has_run_out_is_found_by_its_last_change
                a_removed_schedule_is_gone
                no_schedules_are_fine
                many_schedules_are_kept_in_one_batch
            }
            fire {
                a_fired_tick_makes_its_job_and_moves_on
                the_job_of_a_tick_is_claimed_like_any_other
                a_tick_is_fired_once
                a_schedule_that_was_changed_does_not_fire_as_it_was
                a_removed_schedule_does_not_fire
                the_last_tick_ends_the_schedule
                one_fire_may_make_no_job_or_several
                a_tick_whose_job_is_known_does_not_make_it_again
                firing_leaves_other_schedules_alone
                many_schedules_fire_in_one_batch
            }
            wake {
                an_enqueue_wakes_workers
                a_job_for_later_wakes_workers_that_must_wait_for_less
                a_hand_back_wakes_workers
                a_failure_inside_the_budget_wakes_workers
                a_retry_wakes_workers
                a_reaped_job_wakes_workers
                a_fired_tick_wakes_workers
                a_changed_schedule_wakes_schedulers
                a_success_wakes_clients
                a_final_failure_wakes_clients
                the_end_of_a_waiting_job_wakes_clients
                a_last_loss_wakes_clients
                a_request_to_cancel_wakes_the_holder
                one_exchange_wakes_all_whom_it_concerns
                every_subscriber_is_called
                a_subscriber_is_told_of_one_change_after_another
                a_dropped_subscription_is_called_no_more
                a_change_through_another_opening_wakes_as_well
            }
            races {
                a_job_is_claimed_by_one_worker_only
                workers_that_finish_while_they_claim_run_every_job_once
                an_id_is_accepted_from_one_client_only
                many_clients_fill_a_queue_up_to_its_bound_and_not_beyond
                a_finish_and_a_reaper_never_both_win
                a_lost_job_is_reaped_by_one_reaper_only
                a_cancelled_job_was_never_claimed
                no_claim_that_begins_after_a_pause_takes_from_its_queue
                a_tick_is_fired_by_one_scheduler_only
                two_openings_never_claim_the_same_job
            }
            time {
                a_job_enqueued_after_a_step_back_is_claimable_at_once
                the_times_of_a_record_do_not_step_back
                a_step_back_does_not_keep_a_lease_alive
                a_step_back_does_not_end_a_lease_early
                an_expired_lease_stays_expired_after_a_step_back
                a_beat_after_a_step_back_extends_the_lease
                a_delay_passes_at_its_pace_after_a_step_back
                a_step_forward_makes_what_was_for_later_due
            }
            durable {
                waiting_jobs_survive_in_their_order
                a_record_survives_whole
                a_repeated_request_is_recognised_afterwards
                a_holder_keeps_its_lease
                a_lease_runs_out_though_the_store_was_closed
                values_and_attempts_survive
                schedules_survive
                time_does_not_step_back_while_the_store_is_closed
                two_openings_see_the_same_jobs
            }
            roster {
                a_report_is_listed_whole
                nobody_is_listed_before_the_first_report
                a_later_report_replaces_the_one_before
                workers_are_listed_by_name
                whoever_leaves_is_not_listed_any_more
                whoever_was_never_there_can_leave
                a_worker_without_a_sign_for_three_beats_is_silent_and_still_listed
                a_silent_worker_that_reports_again_runs_again
                whoever_was_not_heard_of_for_long_is_forgotten_at_a_report_of_another
                names_of_workers_are_data
                many_workers_are_listed
                two_processes_see_the_workers_of_each_other
                a_report_changes_no_job
            }
        }
    };
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    /// The cases that this file lists, by topic.
    fn listed() -> BTreeSet<String> {
        let list = include_str!("list.rs");
        let (_, list) = list.split_once("$harness;\n").unwrap();
        let (list, _) = list.split_once("\n        }\n").unwrap();
        let topics = list.split_terminator('}').filter_map(|topic| topic.split_once('{'));
        let named = |(topic, cases): (&str, &str)| {
            let topic = topic.trim().to_owned();
            cases.split_whitespace().map(|case| format!("{topic}::{case}")).collect::<Vec<_>>()
        };
        topics.flat_map(named).collect()
    }

    /// The cases that the files beside this one hold.
    fn written() -> BTreeSet<String> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/conformance");
        let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        files.flat_map(|path| cases_of(&path)).collect()
    }

    fn cases_of(path: &Path) -> Vec<String> {
        let topic = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let source = std::fs::read_to_string(path).unwrap();
        let cases = source.lines().filter_map(|line| line.strip_prefix("pub fn ")?.split_once("(harness"));
        cases.map(|(case, _)| format!("{topic}::{case}")).collect()
    }

    #[test]
    fn every_case_is_listed() {
        assert_eq!(listed(), written());
    }
}
