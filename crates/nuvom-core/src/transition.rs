//! The only place where a job may change state. `decide` is pure: from the record, what happened and the
//! store's time it makes a transition or refuses; a store applies the transition and decides nothing.
//! The numbers are those of the table in docs/state-machine.md.

use std::num::NonZeroU32;
use std::time::Duration;

use crate::retry::other_version_delay;
use crate::{
    Attempt, Cause, End, Ending, HandBack, Job, JobError, Lease, OnLost, Outcome, State, TimeoutPolicy,
    Timestamp, WorkerName,
};

/// What happened to a job, or is asked of it.
#[derive(Debug, Clone, Copy)]
pub enum Trigger<'a> {
    /// A worker with a free slot wants it (2).
    Claim {
        /// Who.
        worker: &'a WorkerName,
        /// For how long, unless renewed.
        lease_for: Duration,
    },
    /// The holder still runs it (3).
    Renew {
        /// The holder's lease.
        lease: Lease,
        /// For how long from now.
        lease_for: Duration,
    },
    /// The holder reports the attempt's end (4 to 7, and 8 when the holder saw its child die).
    End(&'a End),
    /// A reaper finds the lease past its time (8).
    Expire {
        /// The lease that the reaper saw.
        lease: Lease,
    },
    /// A client asks for its end (9).
    Cancel,
    /// A pruner asks whether it may go (10).
    Prune(&'a Retention),
    /// A client asks for it to be run again (11).
    Retry,
}

/// How long ended jobs are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retention {
    /// SUCCESS and CANCELLED.
    pub done: Duration,
    /// FAILED.
    pub failed: Duration,
}

impl Default for Retention {
    fn default() -> Self {
        const DAY: u64 = 86_400;
        // A week covers "what happened last weekend"; a failure may wait for someone's holiday to end.
        Self { done: Duration::from_secs(7 * DAY), failed: Duration::from_secs(30 * DAY) }
    }
}

/// One change to a record. Stores have one statement for each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Transition {
    /// PENDING → RUNNING.
    Claim {
        /// The new lease.
        lease: Lease,
        /// Its end.
        lease_until: Timestamp,
        /// The holder.
        worker: WorkerName,
        /// When.
        started_at: Timestamp,
    },
    /// RUNNING, held longer.
    Renew {
        /// The new end of the lease.
        lease_until: Timestamp,
    },
    /// RUNNING → SUCCESS.
    Succeed {
        /// When.
        ended_at: Timestamp,
    },
    /// RUNNING → PENDING after a failure inside the budget.
    RetryLater {
        /// Failures so far.
        failures: u32,
        /// When it may run again.
        run_at: Timestamp,
    },
    /// RUNNING → FAILED after a failure.
    Fail {
        /// Failures so far.
        failures: u32,
        /// When.
        ended_at: Timestamp,
    },
    /// RUNNING → PENDING, unharmed.
    HandBack {
        /// Hand-backs so far.
        handbacks: u32,
        /// When it may run again.
        run_at: Timestamp,
    },
    /// RUNNING → PENDING after a loss.
    Recover {
        /// Losses so far.
        losses: u32,
        /// When it may run again.
        run_at: Timestamp,
    },
    /// RUNNING → FAILED after a loss.
    GiveUp {
        /// Losses so far.
        losses: u32,
        /// When.
        ended_at: Timestamp,
    },
    /// RUNNING: the holder is asked to end it.
    RequestCancel,
    /// PENDING or RUNNING → CANCELLED.
    Cancel {
        /// Losses so far: one more if the holder was lost before it could answer.
        losses: u32,
        /// When.
        ended_at: Timestamp,
    },
    /// FAILED or CANCELLED → PENDING with a fresh budget.
    Revive {
        /// The failure that ends it now.
        max_attempts: NonZeroU32,
        /// The loss that ends it now.
        max_losses: NonZeroU32,
        /// When it may run.
        run_at: Timestamp,
    },
    /// Terminal → gone.
    Remove,
}

/// A transition, and what is kept of the attempt that it ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// The change.
    pub transition: Transition,
    /// The attempt, if one ended without success.
    pub attempt: Option<Attempt>,
}

/// Why nothing changes. None of these is an error of the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// The lease moved on, or the job is not running: not yours any more.
    NotYours,
    /// It is not waiting, so it cannot be claimed.
    NotWaiting,
    /// Its time has not come.
    NotDue,
    /// Its lease has not ended.
    NotExpired,
    /// It has ended.
    Terminal,
    /// It has not ended, or ended well.
    NotRetryable,
    /// It is not old enough to go.
    StillKept,
}

/// The transition that `trigger` causes in `job` at `now`, or why it causes none.
pub fn decide(job: &Job, trigger: &Trigger<'_>, now: Timestamp) -> Result<Decision, Refusal> {
    match *trigger {
        Trigger::Claim { worker, lease_for } => claim(job, worker, lease_for, now),
        Trigger::Renew { lease, lease_for } => {
            holds(job, lease)?;
            only(renewed(lease_for, now))
        }
        Trigger::End(end) => {
            holds(job, end.lease)?;
            Ok(ended(job, &end.outcome, now))
        }
        Trigger::Expire { lease } => {
            holds(job, lease)?;
            if job.lease_until.is_some_and(|until| until > now) {
                return Err(Refusal::NotExpired);
            }
            Ok(lost(job, &expired(job), now))
        }
        Trigger::Cancel => match job.state {
            State::Pending => only(Transition::Cancel { losses: job.losses, ended_at: now }),
            State::Running => only(Transition::RequestCancel),
            _ => Err(Refusal::Terminal),
        },
        Trigger::Prune(retention) => prune(job, retention, now),
        Trigger::Retry => match job.state {
            State::Failed | State::Cancelled => only(Transition::Revive {
                max_attempts: job.options.max_attempts_from(job.failures),
                max_losses: job.options.max_losses_from(job.losses),
                run_at: now,
            }),
            _ => Err(Refusal::NotRetryable),
        },
    }
}

/// What `decide` answers when a holder reports success. It depends on nothing but the guard (RUNNING, and the
/// holder's lease), so a store may write it under that guard without reading the record first.
pub fn succeeded(now: Timestamp) -> Transition {
    Transition::Succeed { ended_at: now }
}

/// What `decide` answers when a holder renews; like `succeeded`, it depends on nothing but the guard.
pub fn renewed(lease_for: Duration, now: Timestamp) -> Transition {
    Transition::Renew { lease_until: now + lease_for }
}

fn claim(job: &Job, worker: &WorkerName, lease_for: Duration, now: Timestamp) -> Result<Decision, Refusal> {
    if job.state != State::Pending {
        return Err(Refusal::NotWaiting);
    }
    if job.run_at > now {
        return Err(Refusal::NotDue);
    }
    only(Transition::Claim {
        lease: job.lease.next(),
        lease_until: now + lease_for,
        worker: worker.clone(),
        started_at: now,
    })
}

fn holds(job: &Job, lease: Lease) -> Result<(), Refusal> {
    if job.state == State::Running && job.lease == lease { Ok(()) } else { Err(Refusal::NotYours) }
}

/// How the holder's report ends the attempt. A success that arrives before the holder saw a request to
/// cancel wins; anything else of a job so flagged ends it as CANCELLED, and it never waits again.
fn ended(job: &Job, outcome: &Outcome, now: Timestamp) -> Decision {
    match outcome {
        Outcome::Succeeded { .. } => Decision { transition: succeeded(now), attempt: None },
        Outcome::TimedOut { .. } if job.options.timeout_policy == TimeoutPolicy::Ignore => {
            Decision { transition: succeeded(now), attempt: None }
        }
        Outcome::Lost { error } => lost(job, error, now),
        Outcome::Cancelled => {
            cancelled(job, &JobError::new(Cause::Cancelled, "a client asked for its end"), now)
        }
        Outcome::Failed { error, .. } | Outcome::TimedOut { error } if job.cancel_requested => {
            cancelled(job, error, now)
        }
        Outcome::HandedBack { .. } if job.cancel_requested => cancelled(
            job,
            &JobError::new(Cause::Cancelled, "its worker stopped while its end was asked for"),
            now,
        ),
        Outcome::Failed { error, retryable } => failed(job, Ending::Failed, error, *retryable, now),
        Outcome::TimedOut { error } => {
            let retryable = job.options.timeout_policy == TimeoutPolicy::Retry;
            failed(job, Ending::TimedOut, error, retryable, now)
        }
        Outcome::HandedBack { reason } => handed_back(job, *reason, now),
    }
}

fn failed(job: &Job, ending: Ending, error: &JobError, retryable: bool, now: Timestamp) -> Decision {
    let failures = job.failures.saturating_add(1);
    let transition = if retryable && failures < job.max_attempts.get() {
        let delay = job.options.retry.delay_after(failures, job.id);
        Transition::RetryLater { failures, run_at: now + delay }
    } else {
        Transition::Fail { failures, ended_at: now }
    };
    Decision { transition, attempt: Some(attempt(job, ending, error.clone(), now)) }
}

fn handed_back(job: &Job, reason: HandBack, now: Timestamp) -> Decision {
    let (run_at, error) = match reason {
        HandBack::Stop => (now, JobError::new(Cause::Stopped, "its worker stopped")),
        HandBack::Busy => (now, JobError::new(Cause::Busy, "long jobs kept its worker from starting it")),
        HandBack::Displaced => (
            now,
            JobError::new(Cause::Displaced, "its process was ended because another job in it could not be"),
        ),
        HandBack::Unreadable => (
            now + other_version_delay(job.handbacks),
            JobError::new(Cause::Unreadable, "its options were written by another version of Nuvom"),
        ),
        HandBack::ResultNotKept => (
            now + other_version_delay(job.handbacks),
            JobError::new(
                Cause::ResultNotKept,
                "it succeeded, and its value could not be written to the result store",
            ),
        ),
        HandBack::UnknownTask => (
            now + other_version_delay(job.handbacks),
            JobError::new(
                Cause::UnknownTask,
                format!("no task named {:?} is registered in this worker", job.task.as_str()),
            ),
        ),
        HandBack::OtherSignature => (
            now + other_version_delay(job.handbacks),
            JobError::new(
                Cause::OtherSignature,
                format!(
                    "it was made for another signature of {:?}, and the function in this worker cannot be called \
                     with its arguments. Let a worker of that version run it, or let the function accept such \
                     calls, too",
                    job.task.as_str()
                ),
            ),
        ),
    };
    Decision {
        transition: Transition::HandBack { handbacks: job.handbacks.saturating_add(1), run_at },
        attempt: Some(attempt(job, Ending::HandedBack, error, now)),
    }
}

fn lost(job: &Job, error: &JobError, now: Timestamp) -> Decision {
    let losses = job.losses.saturating_add(1);
    let transition = if job.cancel_requested {
        Transition::Cancel { losses, ended_at: now }
    } else if job.options.on_lost == OnLost::Fail || losses >= job.max_losses.get() {
        Transition::GiveUp { losses, ended_at: now }
    } else {
        Transition::Recover { losses, run_at: now }
    };
    Decision { transition, attempt: Some(attempt(job, Ending::Lost, error.clone(), now)) }
}

fn cancelled(job: &Job, error: &JobError, now: Timestamp) -> Decision {
    Decision {
        transition: Transition::Cancel { losses: job.losses, ended_at: now },
        attempt: Some(attempt(job, Ending::Cancelled, error.clone(), now)),
    }
}

fn prune(job: &Job, retention: &Retention, now: Timestamp) -> Result<Decision, Refusal> {
    let keep = match job.state {
        State::Success | State::Cancelled => retention.done,
        State::Failed => retention.failed,
        State::Pending | State::Running => return Err(Refusal::StillKept),
    };
    match job.ended_at {
        Some(ended_at) if ended_at + keep <= now => only(Transition::Remove),
        _ => Err(Refusal::StillKept),
    }
}

fn expired(job: &Job) -> JobError {
    let worker = job.worker.as_ref().map_or("its worker", WorkerName::as_str);
    JobError::new(
        Cause::Lost,
        format!("{worker} stopped renewing its lease: it died, hung or lost the store"),
    )
}

fn attempt(job: &Job, ending: Ending, error: JobError, now: Timestamp) -> Attempt {
    Attempt {
        lease: job.lease,
        number: job.attempt(),
        ending,
        error,
        worker: job.worker.clone(),
        started_at: job.started_at,
        ended_at: now,
    }
}

#[expect(clippy::unnecessary_wraps, reason = "callers return it as their own answer")]
fn only(transition: Transition) -> Result<Decision, Refusal> {
    Ok(Decision { transition, attempt: None })
}

impl Transition {
    /// Writes the change into a record. `Remove` leaves it as it is: the store forgets it.
    pub fn apply(&self, job: &mut Job) {
        match self {
            Transition::Claim { lease, lease_until, worker, started_at } => {
                job.state = State::Running;
                job.lease = *lease;
                job.lease_until = Some(*lease_until);
                job.worker = Some(worker.clone());
                job.started_at = Some(*started_at);
            }
            Transition::Renew { lease_until } => job.lease_until = Some(*lease_until),
            Transition::Succeed { ended_at } => end(job, State::Success, *ended_at),
            Transition::RetryLater { failures, run_at } => {
                job.failures = *failures;
                wait(job, *run_at);
            }
            Transition::Fail { failures, ended_at } => {
                job.failures = *failures;
                end(job, State::Failed, *ended_at);
            }
            Transition::HandBack { handbacks, run_at } => {
                job.handbacks = *handbacks;
                wait(job, *run_at);
            }
            Transition::Recover { losses, run_at } => {
                job.losses = *losses;
                wait(job, *run_at);
            }
            Transition::GiveUp { losses, ended_at } => {
                job.losses = *losses;
                end(job, State::Failed, *ended_at);
            }
            Transition::RequestCancel => job.cancel_requested = true,
            Transition::Cancel { losses, ended_at } => {
                job.losses = *losses;
                end(job, State::Cancelled, *ended_at);
            }
            Transition::Revive { max_attempts, max_losses, run_at } => {
                job.max_attempts = *max_attempts;
                job.max_losses = *max_losses;
                job.cancel_requested = false;
                job.ended_at = None;
                wait(job, *run_at);
            }
            Transition::Remove => {}
        }
    }

    /// The state after it.
    pub fn state(&self) -> Option<State> {
        match self {
            Transition::Claim { .. } | Transition::Renew { .. } | Transition::RequestCancel => {
                Some(State::Running)
            }
            Transition::Succeed { .. } => Some(State::Success),
            Transition::RetryLater { .. }
            | Transition::HandBack { .. }
            | Transition::Recover { .. }
            | Transition::Revive { .. } => Some(State::Pending),
            Transition::Fail { .. } | Transition::GiveUp { .. } => Some(State::Failed),
            Transition::Cancel { .. } => Some(State::Cancelled),
            Transition::Remove => None,
        }
    }
}

fn wait(job: &mut Job, run_at: Timestamp) {
    job.state = State::Pending;
    job.run_at = run_at;
    job.lease_until = None;
}

fn end(job: &mut Job, state: State, ended_at: Timestamp) {
    job.state = state;
    job.ended_at = Some(ended_at);
    job.lease_until = None;
}
