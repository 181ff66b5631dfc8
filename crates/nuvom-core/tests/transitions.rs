//! What holds for every job whatever happens to it: random lives of a job, judged step by step. The rows of
//! the table, one by one, are in `state_machine.rs`.

use std::collections::HashSet;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use nuvom_core::{
    Backoff, Decision, Due, End, HandBack, Job, JobError, JobId, JobOptions, Lease, NewJob, OnLost, Outcome,
    Payload, Priority, QueueName, Refusal, Retention, RetryPolicy, State, TaskName, TimeoutPolicy, Timestamp,
    Transition, Trigger, WorkerName, decide, renewed, succeeded,
};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

const START: Timestamp = Timestamp::from_micros(1_767_225_600_000_000);
const LEASE: Duration = Duration::from_secs(30);
const RETENTION: Retention = Retention { done: Duration::from_mins(2), failed: Duration::from_mins(4) };

/// Something that happens at some time after the last.
#[derive(Debug, Clone)]
struct Step {
    after: Duration,
    what: What,
}

#[derive(Debug, Clone)]
enum What {
    Claim,
    Renew(Whose),
    End(Whose, Outcome),
    Expire(Whose),
    Cancel,
    Retry,
    Prune,
}

/// Whose lease comes with it: the job's current one, or one so far beside it.
type Whose = i64;

/// One step of a life: the job before and after it, and what was decided in between.
struct Moment {
    before: Job,
    what: What,
    now: Timestamp,
    decision: Result<Decision, Refusal>,
    after: Job,
}

impl Moment {
    fn came_with_a_stale_lease(&self) -> bool {
        matches!(self.what, What::Renew(whose) | What::End(whose, _) | What::Expire(whose) if whose != 0)
    }

    fn transition(&self) -> Option<&Transition> {
        self.decision.as_ref().ok().map(|decision| &decision.transition)
    }

    /// Whether the holder itself ended the job for good without a failure or a loss.
    fn ended_well_or_as_asked(&self) -> bool {
        let by_holder =
            matches!(self.what, What::End(_, ref outcome) if !matches!(outcome, Outcome::Lost { .. }));
        by_holder && matches!(self.transition(), Some(Transition::Succeed { .. } | Transition::Cancel { .. }))
    }
}

/// The life of a job that meets these steps, up to the moment in which it is forgotten.
fn live(mut job: Job, steps: Vec<Step>) -> Vec<Moment> {
    let (mut now, mut moments) = (START, Vec::new());
    for Step { after, what } in steps {
        now = now + after;
        let before = job.clone();
        let decision = decided(&job, &what, now);
        if let Ok(decision) = &decision {
            decision.transition.apply(&mut job);
        }
        let forgotten = matches!(&decision, Ok(Decision { transition: Transition::Remove, .. }));
        moments.push(Moment { before, what, now, decision, after: job.clone() });
        if forgotten {
            break;
        }
    }
    moments
}

fn decided(job: &Job, what: &What, now: Timestamp) -> Result<Decision, Refusal> {
    let (worker, lease_for) = (WorkerName::new("worker-1").expect("a name"), LEASE);
    let lease = |whose: &Whose| Lease(job.lease.0.saturating_add_signed(*whose));
    match what {
        What::Claim => decide(job, &Trigger::Claim { worker: &worker, lease_for }, now),
        What::Renew(whose) => decide(job, &Trigger::Renew { lease: lease(whose), lease_for }, now),
        What::End(whose, outcome) => {
            let end = End { id: job.id, lease: lease(whose), outcome: outcome.clone() };
            decide(job, &Trigger::End(&end), now)
        }
        What::Expire(whose) => decide(job, &Trigger::Expire { lease: lease(whose) }, now),
        What::Cancel => decide(job, &Trigger::Cancel, now),
        What::Retry => decide(job, &Trigger::Retry, now),
        What::Prune => decide(job, &Trigger::Prune(&RETENTION), now),
    }
}

proptest! {
    #[test]
    fn no_counter_ever_falls(moments in lives()) {
        for Moment { before, after, .. } in moments {
            prop_assert!(after.lease >= before.lease);
            prop_assert!(after.failures >= before.failures);
            prop_assert!(after.losses >= before.losses);
            prop_assert!(after.handbacks >= before.handbacks);
            prop_assert!(after.max_attempts >= before.max_attempts);
            prop_assert!(after.max_losses >= before.max_losses);
        }
    }

    #[test]
    fn an_ended_job_changes_by_a_retry_or_a_pruner_only(moments in lives()) {
        for moment in moments.iter().filter(|moment| moment.before.state.is_terminal()) {
            let allowed = matches!(moment.transition(), None | Some(Transition::Revive { .. } | Transition::Remove));
            prop_assert!(allowed, "{:?}", moment.transition());
        }
    }

    #[test]
    fn a_success_is_final(moments in lives()) {
        for moment in moments.iter().filter(|moment| moment.before.state == State::Success) {
            prop_assert!(matches!(moment.transition(), None | Some(Transition::Remove)));
        }
    }

    #[test]
    fn a_stale_lease_is_refused(moments in lives()) {
        for moment in moments.iter().filter(|moment| moment.came_with_a_stale_lease()) {
            prop_assert_eq!(moment.decision.as_ref(), Err(&Refusal::NotYours));
        }
    }

    #[test]
    fn only_a_running_job_has_a_holder(moments in lives()) {
        for Moment { before, what, decision, .. } in moments {
            if before.state != State::Running && matches!(what, What::Renew(_) | What::End(..) | What::Expire(_)) {
                prop_assert_eq!(decision, Err(Refusal::NotYours));
            }
        }
    }

    #[test]
    fn budgets_are_never_exceeded(moments in lives()) {
        for Moment { after, .. } in moments {
            prop_assert!(after.failures <= after.max_attempts.get());
            prop_assert!(after.losses <= after.max_losses.get());
            if !after.state.is_terminal() {
                prop_assert!(after.failures < after.max_attempts.get());
                prop_assert!(after.losses < after.max_losses.get());
            }
        }
    }

    #[test]
    fn every_claim_is_accounted_for(moments in lives()) {
        let mut ended_well_or_as_asked = 0;
        for moment in moments {
            ended_well_or_as_asked += u64::from(moment.ended_well_or_as_asked());
            let job = moment.after;
            let counted = u64::from(job.failures) + u64::from(job.losses) + u64::from(job.handbacks);
            let running = u64::from(job.state == State::Running);
            prop_assert_eq!(job.lease.0, counted + ended_well_or_as_asked + running);
        }
    }

    #[test]
    fn an_attempt_that_did_not_succeed_is_recorded_under_its_lease(moments in lives()) {
        for Moment { before, now, decision, after, .. } in moments {
            let ended = before.state == State::Running && after.state != State::Running;
            let expected = ended && after.state != State::Success;
            let recorded = decision.ok().and_then(|decision| decision.attempt);
            prop_assert_eq!(recorded.is_some(), expected);
            if let Some(attempt) = recorded {
                prop_assert_eq!((attempt.lease, attempt.number), (before.lease, before.failures + 1));
                prop_assert_eq!((attempt.worker, attempt.started_at), (before.worker, before.started_at));
                prop_assert_eq!(attempt.ended_at, now);
            }
        }
    }

    #[test]
    fn a_cancelled_waiting_job_never_starts(moments in lives()) {
        let mut cancelled = false;
        for moment in moments {
            match moment.transition() {
                Some(Transition::Cancel { .. }) => cancelled = true,
                Some(Transition::Revive { .. }) => cancelled = false,
                Some(Transition::Claim { .. }) => prop_assert!(!cancelled),
                _ => {}
            }
        }
    }

    #[test]
    fn a_job_asked_to_end_never_waits_again(moments in lives()) {
        for Moment { before, after, .. } in moments {
            if before.state == State::Running && before.cancel_requested {
                let allowed = [State::Running, State::Success, State::Cancelled];
                prop_assert!(allowed.contains(&after.state), "{:?}", after.state);
            }
            prop_assert!(after.state != State::Pending || !after.cancel_requested);
        }
    }

    #[test]
    fn only_an_expired_lease_expires(moments in lives()) {
        for moment in moments.iter().filter(|moment| matches!(moment.what, What::Expire(_))) {
            if moment.decision.is_ok() {
                prop_assert!(moment.before.lease_until.is_some_and(|until| until <= moment.now));
            }
        }
    }

    #[test]
    fn nothing_starts_before_its_time(moments in lives()) {
        for moment in moments.iter().filter(|moment| matches!(moment.what, What::Claim)) {
            if moment.decision.is_ok() {
                prop_assert!(moment.before.run_at <= moment.now);
                prop_assert_eq!(moment.after.lease, moment.before.lease.next());
            }
        }
    }

    #[test]
    fn nothing_is_forgotten_before_its_retention_has_passed(moments in lives()) {
        for moment in moments.iter().filter(|moment| matches!(moment.transition(), Some(Transition::Remove))) {
            let failed = moment.before.state == State::Failed;
            let keep = if failed { RETENTION.failed } else { RETENTION.done };
            prop_assert!(moment.before.ended_at.is_some_and(|ended_at| ended_at + keep <= moment.now));
        }
    }

    #[test]
    fn times_agree_with_the_state(moments in lives()) {
        for Moment { after, .. } in moments {
            prop_assert_eq!(after.lease_until.is_some(), after.state == State::Running);
            prop_assert_eq!(after.ended_at.is_some(), after.state.is_terminal());
            prop_assert_eq!(after.started_at.is_some(), after.lease > Lease(0));
            prop_assert_eq!(after.worker.is_some(), after.lease > Lease(0));
        }
    }

    #[test]
    fn what_was_asked_for_never_changes(moments in lives()) {
        for Moment { before, after, .. } in moments {
            prop_assert_eq!((after.id, after.task, after.queue), (before.id, before.task, before.queue));
            prop_assert_eq!((after.priority, after.created_at), (before.priority, before.created_at));
            prop_assert_eq!((after.options, after.payload), (before.options, before.payload));
        }
    }

    #[test]
    fn a_transition_tells_the_state_that_it_applies(moments in lives()) {
        for moment in moments {
            let told = moment.transition().and_then(Transition::state);
            prop_assert_eq!(moment.after.state, told.unwrap_or(moment.before.state));
        }
    }

    #[test]
    fn the_same_decision_is_made_wherever_it_is_made(moments in lives()) {
        for Moment { before, what, now, decision, .. } in moments {
            prop_assert_eq!(decided(&before, &what, now), decision);
        }
    }

    #[test]
    fn success_and_renewal_need_no_more_than_their_guard(moments in lives()) {
        for Moment { before, now, .. } in moments.into_iter().filter(|moment| moment.before.state == State::Running) {
            let success = decided(&before, &What::End(0, Outcome::Succeeded { result: None }), now);
            let renewal = decided(&before, &What::Renew(0), now);
            prop_assert_eq!(success.map(|decision| decision.transition), Ok(succeeded(now)));
            prop_assert_eq!(renewal.map(|decision| decision.transition), Ok(renewed(LEASE, now)));
        }
    }
}

#[test]
fn the_lives_above_meet_every_transition() {
    let mut runner = TestRunner::deterministic();
    let mut life = || lives().new_tree(&mut runner).expect("a life").current();

    let moments: Vec<Moment> = (0..256).flat_map(|_| life()).collect();

    let met: HashSet<_> = moments.iter().filter_map(Moment::transition).map(std::mem::discriminant).collect();
    assert_eq!(met.len(), 12);
}

prop_compose! {
    fn lives()(job in jobs(), steps in vec(steps(), 1..60)) -> Vec<Moment> {
        live(job, steps)
    }
}

impl std::fmt::Debug for Moment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?}: {:?} at {:?} decides {:?}", self.before.state, self.what, self.now, self.decision)
    }
}

fn steps() -> impl Strategy<Value = Step> {
    let after = prop_oneof![3 => Just(0), 3 => 0_u64..40, 1 => 40_u64..300].prop_map(Duration::from_secs);
    let what = prop_oneof![
        8 => Just(What::Claim),
        3 => leases().prop_map(What::Renew),
        8 => (leases(), outcomes()).prop_map(|(whose, outcome)| What::End(whose, outcome)),
        4 => leases().prop_map(What::Expire),
        1 => Just(What::Cancel),
        2 => Just(What::Retry),
        1 => Just(What::Prune),
    ];
    (after, what).prop_map(|(after, what)| Step { after, what })
}

fn leases() -> impl Strategy<Value = Whose> {
    prop_oneof![5 => Just(0), 1 => Just(-1), 1 => Just(1)]
}

fn outcomes() -> impl Strategy<Value = Outcome> {
    let error = || JobError::new("ValueError", "boom");
    prop_oneof![
        1 => Just(Outcome::Succeeded { result: None }),
        1 => Just(Outcome::Succeeded { result: Some(Payload::from(*b"12")) }),
        5 => any::<bool>().prop_map(move |retryable| Outcome::Failed { error: error(), retryable }),
        2 => Just(Outcome::TimedOut { error: error() }),
        1 => Just(Outcome::Cancelled),
        1 => Just(Outcome::HandedBack { reason: HandBack::Stop }),
        1 => Just(Outcome::HandedBack { reason: HandBack::Busy }),
        1 => Just(Outcome::HandedBack { reason: HandBack::UnknownTask }),
        1 => Just(Outcome::HandedBack { reason: HandBack::OtherSignature }),
        1 => Just(Outcome::HandedBack { reason: HandBack::ResultNotKept }),
        2 => Just(Outcome::Lost { error: error() }),
    ]
}

fn jobs() -> impl Strategy<Value = Job> {
    (options(), 0_u64..20).prop_map(|(options, delay_secs)| {
        let new = NewJob {
            id: JobId::from_time(START, [7; 10]),
            task: TaskName::new("add").expect("a name"),
            signature: None,
            queue: QueueName::new("default").expect("a name"),
            priority: Priority::DEFAULT,
            due: Due::In(Duration::from_secs(delay_secs)),
            options: Arc::new(options),
            payload: Payload::from(*b"5, 7"),
        };
        Job::accepted(&new, START)
    })
}

fn options() -> impl Strategy<Value = JobOptions> {
    let backoff = prop_oneof![Just(Backoff::Constant), Just(Backoff::Exponential)];
    let policy =
        prop_oneof![Just(TimeoutPolicy::Fail), Just(TimeoutPolicy::Retry), Just(TimeoutPolicy::Ignore)];
    let on_lost = prop_oneof![3 => Just(OnLost::Retry), 1 => Just(OnLost::Fail)];
    (0_u32..5, 1_u32..5, 0_u64..10, backoff, policy, on_lost).prop_map(
        |(retries, max_losses, delay_secs, backoff, timeout_policy, on_lost)| JobOptions {
            retries,
            max_losses: NonZeroU32::new(max_losses).expect("at least one"),
            retry: RetryPolicy { delay: Duration::from_secs(delay_secs), backoff },
            timeout_policy,
            on_lost,
            ..JobOptions::default()
        },
    )
}
