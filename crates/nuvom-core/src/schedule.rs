//! Schedules as stores keep them. Which tick comes next is decided outside the store; firing is a
//! compare-and-set of the tick that was seen.

use std::sync::Arc;
use std::time::Duration;

use crate::{JobId, JobOptions, NewJob, Payload, Priority, QueueName, ScheduleId, TaskName, Timestamp};

/// When a schedule makes jobs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rule {
    /// At one time.
    Once,
    /// Every so often, counted from the first tick.
    Every(Duration),
    /// By a cron expression in a time zone.
    Cron {
        /// Five fields, or six with seconds first.
        expression: String,
        /// IANA name of the zone.
        zone: String,
    },
}

/// What becomes of ticks that nobody was there to fire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Misfire {
    /// One job that carries their count.
    #[default]
    Once,
    /// None.
    Skip,
    /// A job each, up to a bound.
    All,
}

/// Whether a tick makes a job while the job of an earlier tick has not ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Overlap {
    /// It does.
    #[default]
    Allow,
    /// It is counted and passed over.
    Skip,
}

/// A rule that makes jobs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schedule {
    /// Its identity: writing it again replaces it.
    pub id: ScheduleId,
    /// When it makes jobs.
    pub rule: Rule,
    /// What becomes of missed ticks.
    pub misfire: Misfire,
    /// Whether its jobs may overlap.
    pub overlap: Overlap,
    /// The next due time; none when it has run out.
    pub next_tick: Option<Timestamp>,
    /// Whether it makes no jobs for now.
    pub paused: bool,
    /// The task that its jobs run.
    pub task: TaskName,
    /// The queue of its jobs.
    pub queue: QueueName,
    /// The priority of its jobs.
    pub priority: Priority,
    /// The options of its jobs.
    pub options: Arc<JobOptions>,
    /// The encoded arguments of its jobs.
    pub payload: Payload,
}

impl Schedule {
    /// The job of one tick. Its id follows from schedule and tick, so a tick can only ever make one.
    pub fn job_at(&self, tick: Timestamp) -> NewJob {
        NewJob {
            id: JobId::from_tick(self.id.as_str(), tick),
            task: self.task.clone(),
            // The call was bound when the schedule was made, and nobody noted to which signature.
            signature: None,
            queue: self.queue.clone(),
            priority: self.priority,
            due: crate::Due::At(tick),
            options: Arc::clone(&self.options),
            payload: Arc::clone(&self.payload),
        }
    }
}
