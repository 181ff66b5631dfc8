//! The words and rules of Nuvom: jobs, transitions, retries, schedules, and the ports that stores and
//! executors implement. Nothing here does I/O, starts a thread, reads a clock or knows Python.

mod attempt;
mod capability;
mod cause;
mod error;
mod event;
mod id;
mod job;
mod nearest;
pub mod ports;
mod queue_bound;
mod retry;
mod schedule;
mod signature;
mod time;
mod transition;
mod worker;

pub use attempt::{Attempt, End, Ending, HandBack, JobError, Outcome};
pub use capability::Capability;
pub use cause::Cause;
pub use error::{Error, ErrorKind, Result};
pub use event::{Event, EventSink};
pub use id::{Held, JobId, Lease, MAX_NAME_CHARS, QueueName, ScheduleId, TaskName, WorkerName};
pub use job::{Due, Job, JobOptions, NewJob, OnLost, Payload, Priority, State, TimeoutPolicy, is_suspect};
pub use nearest::nearest;
pub use queue_bound::QueueBound;
pub use retry::{Backoff, MAX_RETRY_DELAY, RetryPolicy, other_version_delay};
pub use schedule::{
    Definition, DueTicks, Fire, LATE_AFTER, MAX_CAUGHT_UP, MIN_INTERVAL, Misfire, Overlap, Rule, Schedule,
    ScheduleChange, Tick, due_ticks, fire, first_tick, upcoming,
};
pub use signature::{Call, Misfit, Parameter, ParameterKind, Signature, SignatureHash};
pub use time::{Clock, StoreTime, Timestamp};
pub use transition::{Decision, Refusal, Retention, Transition, Trigger, decide, renewed, succeeded};
pub use worker::{
    FORGOTTEN_AFTER, ListedWorker, SILENT_AFTER_BEATS, WorkerReport, WorkerStatus, forgotten_before,
};
