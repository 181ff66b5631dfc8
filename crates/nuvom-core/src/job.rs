//! The job: what a client asks for, and the record that a store keeps of it.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use crate::{
    Error, ErrorKind, Held, JobId, Lease, QueueName, Result, RetryPolicy, SignatureHash, TaskName, Tick,
    Timestamp, WorkerName,
};

/// Arguments or a result, encoded. The engine never opens it.
pub type Payload = Arc<[u8]>;

/// The five states of a job. Scheduled, retrying, lost and dead are views over them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum State {
    /// Waits to be claimed, now or at a later `run_at`.
    Pending,
    /// Claimed by a worker.
    Running,
    /// Ended with a value.
    Success,
    /// Ended without one: the dead letter.
    Failed,
    /// Ended because a client asked for it.
    Cancelled,
}

impl State {
    /// All states, in the order in which a job can meet them.
    pub const ALL: [State; 5] =
        [State::Pending, State::Running, State::Success, State::Failed, State::Cancelled];

    /// Whether nothing but a manual retry or pruning can happen any more.
    pub fn is_terminal(self) -> bool {
        matches!(self, State::Success | State::Failed | State::Cancelled)
    }

    /// The name that users see.
    pub fn as_str(self) -> &'static str {
        match self {
            State::Pending => "PENDING",
            State::Running => "RUNNING",
            State::Success => "SUCCESS",
            State::Failed => "FAILED",
            State::Cancelled => "CANCELLED",
        }
    }

    /// The state with this name, in any case of letters.
    pub fn parse(name: &str) -> Option<State> {
        State::ALL.into_iter().find(|state| state.as_str().eq_ignore_ascii_case(name))
    }
}

/// 0 is taken first, 9 last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Priority(u8);

impl Priority {
    /// Taken first.
    pub const FIRST: Priority = Priority(0);
    /// What a job has unless it says otherwise: the middle, so that there is room on both sides.
    pub const DEFAULT: Priority = Priority(5);
    /// Taken last.
    pub const LAST: Priority = Priority(9);

    /// A priority from 0 to 9.
    pub fn new(value: u8) -> Result<Self> {
        if value > Self::LAST.0 {
            return Err(Error::new(ErrorKind::Invalid, "a priority runs from 0 (first) to 9 (last)")
                .with("priority", value));
        }
        Ok(Self(value))
    }

    /// The number.
    pub fn get(self) -> u8 {
        self.0
    }

    /// All priorities, first to last.
    pub fn all() -> impl Iterator<Item = Priority> {
        (Self::FIRST.0..=Self::LAST.0).map(Priority)
    }
}

impl Default for Priority {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// When a new job may run. The store turns it into a time by its own clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Due {
    /// At once.
    #[default]
    Now,
    /// After this long.
    In(Duration),
    /// At this time.
    At(Timestamp),
}

impl Due {
    /// The time meant, when the store's clock shows `now`.
    pub fn at(self, now: Timestamp) -> Timestamp {
        match self {
            Due::Now => now,
            Due::In(delay) => now + delay,
            Due::At(time) => time,
        }
    }
}

/// What becomes of a job whose time limit passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TimeoutPolicy {
    /// FAILED at once.
    #[default]
    Fail,
    /// A failure inside the retry budget.
    Retry,
    /// SUCCESS without a value.
    Ignore,
}

/// What becomes of a job whose holder was lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OnLost {
    /// It runs again, up to `max_losses`.
    #[default]
    Retry,
    /// FAILED at once: for tasks that must not repeat.
    Fail,
}

/// The options of a job, copied from its task when it is enqueued; many jobs share one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobOptions {
    /// Attempts after the first that a failure may use.
    pub retries: u32,
    /// The loss that ends the job as FAILED.
    pub max_losses: NonZeroU32,
    /// How long to wait before the next attempt.
    pub retry: RetryPolicy,
    /// Time limit of an attempt; none means no limit.
    pub timeout: Option<Duration>,
    /// What becomes of the job when the limit passes.
    pub timeout_policy: TimeoutPolicy,
    /// What becomes of the job when its holder is lost.
    pub on_lost: OnLost,
    /// Whether the task's value is kept.
    pub store_result: bool,
    /// Free words to find jobs by.
    pub tags: Vec<String>,
    /// The tick that made the job; none if no schedule did.
    pub tick: Option<Tick>,
}

impl JobOptions {
    /// Attempts allowed to a job that has failed `failures` times before its budget began.
    pub fn max_attempts_from(&self, failures: u32) -> NonZeroU32 {
        NonZeroU32::MIN.saturating_add(failures).saturating_add(self.retries)
    }

    /// Losses allowed to a job that was lost `losses` times before its budget began.
    pub fn max_losses_from(&self, losses: u32) -> NonZeroU32 {
        self.max_losses.saturating_add(losses)
    }
}

impl Default for JobOptions {
    fn default() -> Self {
        Self {
            retries: 0,
            // Once can be a deploy, twice bad luck; a job that took three holders with it is the cause.
            max_losses: NonZeroU32::MIN.saturating_add(2),
            retry: RetryPolicy::default(),
            timeout: Some(Duration::from_mins(5)),
            timeout_policy: TimeoutPolicy::default(),
            on_lost: OnLost::default(),
            store_result: true,
            tags: Vec::new(),
            tick: None,
        }
    }
}

/// A request to run a task, as a client makes it.
#[derive(Debug, Clone)]
pub struct NewJob {
    /// Made by the client, so that a repeated request is recognised.
    pub id: JobId,
    /// The task to run.
    pub task: TaskName,
    /// The signature of the task's function when the job was enqueued; none if it was not known.
    pub signature: Option<SignatureHash>,
    /// The line it waits in.
    pub queue: QueueName,
    /// Its place in that line.
    pub priority: Priority,
    /// When it may run.
    pub due: Due,
    /// The task's options.
    pub options: Arc<JobOptions>,
    /// The encoded arguments.
    pub payload: Payload,
}

/// The record of a job. Its counters only grow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    /// Its identity.
    pub id: JobId,
    /// The task to run.
    pub task: TaskName,
    /// The signature of the task's function when the job was enqueued; none if it was not known.
    pub signature: Option<SignatureHash>,
    /// The line it waits in.
    pub queue: QueueName,
    /// Its place in that line.
    pub priority: Priority,
    /// When it was accepted.
    pub created_at: Timestamp,
    /// When it may run, or might have.
    pub run_at: Timestamp,
    /// Where it is in its life.
    pub state: State,
    /// The number of the last claim.
    pub lease: Lease,
    /// When the claim ends unless it is renewed; only while RUNNING.
    pub lease_until: Option<Timestamp>,
    /// Who claimed it last.
    pub worker: Option<WorkerName>,
    /// When it was last claimed.
    pub started_at: Option<Timestamp>,
    /// When it became terminal.
    pub ended_at: Option<Timestamp>,
    /// Attempts that failed.
    pub failures: u32,
    /// Attempts whose holder was lost.
    pub losses: u32,
    /// Attempts handed back.
    pub handbacks: u32,
    /// The failure that ends the job.
    pub max_attempts: NonZeroU32,
    /// The loss that ends the job.
    pub max_losses: NonZeroU32,
    /// Whether a client asked for its end.
    pub cancel_requested: bool,
    /// The task's options.
    pub options: Arc<JobOptions>,
    /// The encoded arguments.
    pub payload: Payload,
}

impl Job {
    /// The record of a job that was just accepted.
    pub fn accepted(new: &NewJob, now: Timestamp) -> Self {
        Self {
            id: new.id,
            task: new.task.clone(),
            signature: new.signature,
            queue: new.queue.clone(),
            priority: new.priority,
            created_at: now,
            run_at: new.due.at(now),
            state: State::Pending,
            lease: Lease::default(),
            lease_until: None,
            worker: None,
            started_at: None,
            ended_at: None,
            failures: 0,
            losses: 0,
            handbacks: 0,
            max_attempts: new.options.max_attempts_from(0),
            max_losses: new.options.max_losses_from(0),
            cancel_requested: false,
            options: Arc::clone(&new.options),
            payload: Arc::clone(&new.payload),
        }
    }

    /// The number of the attempt that runs, would run next or was the last, as users count it.
    pub fn attempt(&self) -> u32 {
        self.failures.saturating_add(1).min(self.max_attempts.get())
    }

    /// Whether it may be what takes its holders down, so that it should do so alone.
    pub fn is_suspect(&self) -> bool {
        is_suspect(self.losses, self.max_losses.get())
    }

    /// The claim by which it is held, or was last held.
    pub fn held(&self) -> Held {
        Held { id: self.id, lease: self.lease }
    }
}

/// The same from the record's counters. Once is a deploy or bad luck, and thousands may share it; twice is suspicious.
/// Where the next loss would be the last, once is enough.
pub fn is_suspect(losses: u32, max_losses: u32) -> bool {
    losses >= 2 || (losses == 1 && max_losses <= 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_priority_above_nine_is_refused() {
        assert!(Priority::new(9).is_ok());
        assert!(Priority::new(10).is_err());
    }

    #[test]
    fn a_job_is_suspect_from_its_second_loss_or_before_its_last_one() {
        assert_eq!([0, 1, 2, 3].map(|losses| is_suspect(losses, 3)), [false, false, true, true]);
        assert_eq!([0, 1].map(|losses| is_suspect(losses, 2)), [false, true]);
    }

    #[test]
    fn a_state_is_found_by_its_name_in_any_case() {
        assert_eq!(State::parse("failed"), Some(State::Failed));
        assert_eq!(State::parse("dead"), None);
    }

    #[test]
    fn a_delay_counts_from_the_clock_of_the_store() {
        let now = Timestamp::from_micros(1_000_000);

        assert_eq!(Due::In(Duration::from_secs(2)).at(now), Timestamp::from_micros(3_000_000));
    }
}
