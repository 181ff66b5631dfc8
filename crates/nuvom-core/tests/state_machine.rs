//! The table of transitions, row by row, under the numbers that the documentation gives them. What holds for
//! every sequence of them is in `transitions.rs`.

use std::sync::Arc;
use std::time::Duration;

use nuvom_core::{
    Decision, Due, End, Ending, HandBack, Job, JobError, JobId, JobOptions, Lease, NewJob, OnLost, Outcome,
    Payload, Priority, QueueName, Refusal, Retention, State, TaskName, TimeoutPolicy, Timestamp, Transition,
    Trigger, WorkerName, decide,
};

const NOW: Timestamp = Timestamp::from_micros(1_767_225_600_000_000);
const LEASE: Duration = Duration::from_secs(30);

#[test]
fn row_1_an_accepted_job_waits_with_a_fresh_budget() {
    let job = waiting(JobOptions { retries: 2, ..JobOptions::default() });

    assert_eq!((job.state, job.lease, job.run_at), (State::Pending, Lease(0), NOW));
    assert_eq!((job.max_attempts.get(), job.max_losses.get()), (3, 3));
}

#[test]
fn row_2_a_claim_gives_a_numbered_lease_for_a_time() {
    let decision = claim(&waiting(JobOptions::default()), NOW);

    let lease_until = NOW + LEASE;
    let claimed = Transition::Claim { lease: Lease(1), lease_until, worker: worker(), started_at: NOW };
    assert_eq!(decision, Ok(Decision { transition: claimed, attempt: None }));
}

#[test]
fn row_2_a_job_for_later_is_not_claimed() {
    let mut job = waiting(JobOptions::default());
    job.run_at = NOW + Duration::from_micros(1);

    assert_eq!(claim(&job, NOW), Err(Refusal::NotDue));
}

#[test]
fn row_2_a_held_job_is_not_claimed() {
    assert_eq!(claim(&running(JobOptions::default()), NOW), Err(Refusal::NotWaiting));
}

#[test]
fn row_3_a_beat_extends_the_lease_from_now() {
    let later = NOW + Duration::from_secs(10);

    let decision = renew(&running(JobOptions::default()), Lease(1), later);

    assert_eq!(decision.unwrap().transition, Transition::Renew { lease_until: later + LEASE });
}

#[test]
fn row_3_a_beat_of_an_expired_lease_counts_while_nobody_has_taken_it() {
    let late = NOW + LEASE * 2;

    assert!(renew(&running(JobOptions::default()), Lease(1), late).is_ok());
}

#[test]
fn row_3_a_beat_of_another_lease_is_refused() {
    assert_eq!(renew(&running(JobOptions::default()), Lease(2), NOW), Err(Refusal::NotYours));
}

#[test]
fn row_4_a_success_ends_the_job_and_leaves_no_attempt_behind() {
    let decision = ended(&running(JobOptions::default()), success());

    assert_eq!(decision, Decision { transition: Transition::Succeed { ended_at: NOW }, attempt: None });
}

#[test]
fn row_4_a_passed_time_limit_may_be_ignored() {
    let options = JobOptions { timeout_policy: TimeoutPolicy::Ignore, ..JobOptions::default() };

    let decision = ended(&running(options), timeout());

    assert_eq!(decision, Decision { transition: Transition::Succeed { ended_at: NOW }, attempt: None });
}

#[test]
fn row_5_a_failure_inside_the_budget_waits_for_its_backoff() {
    let decision = ended(&running(JobOptions { retries: 1, ..JobOptions::default() }), failure(true));

    let run_at = NOW + Duration::from_secs(5);
    assert_eq!(decision.transition, Transition::RetryLater { failures: 1, run_at });
    assert_eq!(decision.attempt.unwrap().ending, Ending::Failed);
}

#[test]
fn row_5_a_passed_time_limit_may_use_the_budget() {
    let options = JobOptions { retries: 1, timeout_policy: TimeoutPolicy::Retry, ..JobOptions::default() };

    let decision = ended(&running(options), timeout());

    assert!(matches!(decision.transition, Transition::RetryLater { failures: 1, .. }));
    assert_eq!(decision.attempt.unwrap().ending, Ending::TimedOut);
}

#[test]
fn row_6_a_failure_without_budget_is_the_dead_letter() {
    let decision = ended(&running(JobOptions::default()), failure(true));

    assert_eq!(decision.transition, Transition::Fail { failures: 1, ended_at: NOW });
    assert_eq!(decision.attempt.unwrap().error, JobError::new("ValueError", "boom"));
}

#[test]
fn row_6_a_failure_that_no_retry_can_mend_does_not_wait() {
    let decision = ended(&running(JobOptions { retries: 5, ..JobOptions::default() }), failure(false));

    assert_eq!(decision.transition, Transition::Fail { failures: 1, ended_at: NOW });
}

#[test]
fn row_6_a_passed_time_limit_fails_whatever_the_budget() {
    let decision = ended(&running(JobOptions { retries: 5, ..JobOptions::default() }), timeout());

    assert_eq!(decision.transition, Transition::Fail { failures: 1, ended_at: NOW });
}

#[test]
fn row_7_a_stop_hands_back_for_at_once() {
    let decision = ended(&running(JobOptions::default()), handed_back(HandBack::Stop));

    assert_eq!(decision.transition, Transition::HandBack { handbacks: 1, run_at: NOW });
    assert_eq!(decision.attempt.unwrap().ending, Ending::HandedBack);
}

#[test]
fn row_7_an_unknown_task_hands_back_for_ever_later() {
    let mut job = running(JobOptions::default());
    job.handbacks = 2;

    let decision = ended(&job, handed_back(HandBack::UnknownTask));

    let run_at = NOW + Duration::from_secs(20);
    assert_eq!(decision.transition, Transition::HandBack { handbacks: 3, run_at });
}

#[test]
fn row_7_a_job_made_for_another_signature_goes_back_unharmed_for_ever_later() {
    let mut job = running(JobOptions::default());
    job.handbacks = 1;

    let decision = ended(&job, handed_back(HandBack::OtherSignature));

    let run_at = NOW + Duration::from_secs(10);
    assert_eq!(decision.transition, Transition::HandBack { handbacks: 2, run_at });
    let error = decision.attempt.unwrap().error;
    assert_eq!((&*error.kind, &*error.traceback), ("OtherSignature", ""));
    assert!(error.message.contains("another signature of \"add\""), "{}", error.message);
}

#[test]
fn row_8_an_expired_lease_frees_the_job() {
    let expired = NOW + LEASE;

    let decision = expire(&running(JobOptions::default()), Lease(1), expired).unwrap();

    assert_eq!(decision.transition, Transition::Recover { losses: 1, run_at: expired });
    assert_eq!(decision.attempt.unwrap().ending, Ending::Lost);
}

#[test]
fn row_8_a_running_lease_is_left_alone() {
    let early = NOW + Duration::from_secs(29);

    assert_eq!(expire(&running(JobOptions::default()), Lease(1), early), Err(Refusal::NotExpired));
}

#[test]
fn row_8_a_reaper_that_saw_an_older_lease_is_refused() {
    let expired = NOW + LEASE;

    assert_eq!(expire(&running(JobOptions::default()), Lease(0), expired), Err(Refusal::NotYours));
}

#[test]
fn row_8_the_last_loss_ends_the_job() {
    let mut job = running(JobOptions::default());
    job.losses = 2;

    let decision = ended(&job, lost());

    assert_eq!(decision.transition, Transition::GiveUp { losses: 3, ended_at: NOW });
}

#[test]
fn row_8_a_task_that_must_not_repeat_fails_at_its_first_loss() {
    let options = JobOptions { on_lost: OnLost::Fail, ..JobOptions::default() };

    let decision = ended(&running(options), lost());

    assert_eq!(decision.transition, Transition::GiveUp { losses: 1, ended_at: NOW });
}

#[test]
fn row_8_a_lost_job_that_was_asked_to_end_ends_as_cancelled() {
    let decision = ended(&asked_to_end(), lost());

    assert_eq!(decision.transition, Transition::Cancel { losses: 1, ended_at: NOW });
    assert_eq!(decision.attempt.unwrap().ending, Ending::Lost);
}

#[test]
fn row_9_a_waiting_job_is_cancelled_at_once() {
    let decision = decide(&waiting(JobOptions::default()), &Trigger::Cancel, NOW).unwrap();

    assert_eq!(decision.transition, Transition::Cancel { losses: 0, ended_at: NOW });
    assert_eq!(decision.attempt, None);
}

#[test]
fn row_9_a_running_job_is_asked() {
    let decision = decide(&running(JobOptions::default()), &Trigger::Cancel, NOW).unwrap();

    assert_eq!(decision.transition, Transition::RequestCancel);
}

#[test]
fn row_9_an_ended_job_stays_as_it_ended() {
    assert_eq!(decide(&terminal(State::Success), &Trigger::Cancel, NOW), Err(Refusal::Terminal));
    assert_eq!(decide(&terminal(State::Failed), &Trigger::Cancel, NOW), Err(Refusal::Terminal));
    assert_eq!(decide(&terminal(State::Cancelled), &Trigger::Cancel, NOW), Err(Refusal::Terminal));
}

#[test]
fn row_9_the_holder_ends_it_as_cancelled() {
    let decision = ended(&asked_to_end(), Outcome::Cancelled);

    assert_eq!(decision.transition, Transition::Cancel { losses: 0, ended_at: NOW });
    assert_eq!(decision.attempt.unwrap().ending, Ending::Cancelled);
}

#[test]
fn row_9_a_success_that_arrives_first_wins() {
    let decision = ended(&asked_to_end(), success());

    assert_eq!(decision.transition, Transition::Succeed { ended_at: NOW });
}

#[test]
fn row_9_a_job_asked_to_end_does_not_go_back() {
    let cancelled = Transition::Cancel { losses: 0, ended_at: NOW };

    assert_eq!(ended(&asked_to_end(), failure(true)).transition, cancelled);
    assert_eq!(ended(&asked_to_end(), timeout()).transition, cancelled);
    assert_eq!(ended(&asked_to_end(), handed_back(HandBack::Stop)).transition, cancelled);
}

#[test]
fn row_10_an_ended_job_goes_when_its_retention_has_passed() {
    let week = Duration::from_hours(7 * 24);

    assert_eq!(prune(State::Success, NOW + week).unwrap().transition, Transition::Remove);
    assert_eq!(prune(State::Cancelled, NOW + week).unwrap().transition, Transition::Remove);
    assert_eq!(prune(State::Success, NOW + week - Duration::from_micros(1)), Err(Refusal::StillKept));
}

#[test]
fn row_10_a_failed_job_is_kept_longer() {
    let days = |days: u64| NOW + Duration::from_hours(days * 24);

    assert_eq!(prune(State::Failed, days(29)), Err(Refusal::StillKept));
    assert_eq!(prune(State::Failed, days(30)).unwrap().transition, Transition::Remove);
}

#[test]
fn row_10_what_has_not_ended_is_kept_for_ever() {
    assert_eq!(prune(State::Pending, NOW + Duration::from_hours(1 << 20)), Err(Refusal::StillKept));
    assert_eq!(prune(State::Running, NOW + Duration::from_hours(1 << 20)), Err(Refusal::StillKept));
}

#[test]
fn row_11_a_revived_job_has_a_fresh_budget_on_top_of_its_history() {
    let mut job = terminal(State::Failed);
    (job.failures, job.losses, job.cancel_requested) = (1, 2, true);

    let decision = decide(&job, &Trigger::Retry, NOW).unwrap();
    decision.transition.apply(&mut job);

    assert_eq!((job.state, job.run_at, job.ended_at), (State::Pending, NOW, None));
    assert_eq!((job.failures, job.max_attempts.get()), (1, 2));
    assert_eq!((job.losses, job.max_losses.get()), (2, 5));
    assert!(!job.cancel_requested);
}

#[test]
fn row_11_a_cancelled_job_can_be_revived() {
    assert!(decide(&terminal(State::Cancelled), &Trigger::Retry, NOW).is_ok());
}

#[test]
fn row_11_what_waits_runs_or_succeeded_is_not_revived() {
    let refused = Err(Refusal::NotRetryable);

    assert_eq!(decide(&waiting(JobOptions::default()), &Trigger::Retry, NOW), refused);
    assert_eq!(decide(&running(JobOptions::default()), &Trigger::Retry, NOW), refused);
    assert_eq!(decide(&terminal(State::Success), &Trigger::Retry, NOW), refused);
}

fn waiting(options: JobOptions) -> Job {
    let new = NewJob {
        id: JobId::from_time(NOW, [7; 10]),
        task: TaskName::new("add").expect("a name"),
        signature: None,
        queue: QueueName::new("default").expect("a name"),
        priority: Priority::DEFAULT,
        due: Due::Now,
        options: Arc::new(options),
        payload: Payload::from(*b"5, 7"),
    };
    Job::accepted(&new, NOW)
}

/// Claimed at `NOW` under lease 1.
fn running(options: JobOptions) -> Job {
    let mut job = waiting(options);
    claim(&job, NOW).expect("it waits").transition.apply(&mut job);
    job
}

/// Running with budget left, and its end asked for.
fn asked_to_end() -> Job {
    let mut job = running(JobOptions { retries: 5, ..JobOptions::default() });
    job.cancel_requested = true;
    job
}

/// Ended at `NOW`.
fn terminal(state: State) -> Job {
    let mut job = running(JobOptions::default());
    (job.state, job.lease_until, job.ended_at) = (state, None, Some(NOW));
    job
}

fn worker() -> WorkerName {
    WorkerName::new("worker-1").expect("a name")
}

fn claim(job: &Job, now: Timestamp) -> Result<Decision, Refusal> {
    decide(job, &Trigger::Claim { worker: &worker(), lease_for: LEASE }, now)
}

fn renew(job: &Job, lease: Lease, now: Timestamp) -> Result<Decision, Refusal> {
    decide(job, &Trigger::Renew { lease, lease_for: LEASE }, now)
}

fn ended(job: &Job, outcome: Outcome) -> Decision {
    let end = End { id: job.id, lease: job.lease, outcome };
    decide(job, &Trigger::End(&end), NOW).expect("the holder ends it")
}

fn expire(job: &Job, lease: Lease, now: Timestamp) -> Result<Decision, Refusal> {
    decide(job, &Trigger::Expire { lease }, now)
}

fn prune(state: State, now: Timestamp) -> Result<Decision, Refusal> {
    let mut job = terminal(state);
    job.ended_at = job.ended_at.filter(|_| state.is_terminal());
    decide(&job, &Trigger::Prune(&Retention::default()), now)
}

fn success() -> Outcome {
    Outcome::Succeeded { result: None }
}

fn failure(retryable: bool) -> Outcome {
    Outcome::Failed { error: JobError::new("ValueError", "boom"), retryable }
}

fn timeout() -> Outcome {
    Outcome::TimedOut { error: JobError::new("Timeout", "ran for longer than its limit") }
}

fn handed_back(reason: HandBack) -> Outcome {
    Outcome::HandedBack { reason }
}

fn lost() -> Outcome {
    Outcome::Lost { error: JobError::new("Lost", "its process died") }
}
