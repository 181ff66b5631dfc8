//! Schedules: what they are, and every decision about them as a pure function. A decision is a [`ScheduleChange`];
//! a store applies it if the schedule is still as it was when it was decided.

use std::num::NonZeroU64;
use std::sync::Arc;
use std::time::Duration;

use crate::{JobId, JobOptions, NewJob, Payload, Priority, QueueName, ScheduleId, TaskName, Timestamp};

mod changes;
mod firing;
mod ticks;

pub use firing::{Fire, fire};
pub use ticks::{DueTicks, LATE_AFTER, MAX_CAUGHT_UP, MIN_INTERVAL, due_ticks, first_tick, upcoming};

/// When a schedule makes jobs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rule {
    /// At this time.
    Once(Timestamp),
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
    /// A job each, up to [`MAX_CAUGHT_UP`].
    All,
}

impl Misfire {
    /// All of them.
    pub const ALL: [Misfire; 3] = [Misfire::Once, Misfire::Skip, Misfire::All];

    /// The word that users write and read.
    pub fn as_str(self) -> &'static str {
        match self {
            Misfire::Once => "once",
            Misfire::Skip => "skip",
            Misfire::All => "all",
        }
    }

    /// The one of this word.
    pub fn parse(word: &str) -> Option<Misfire> {
        Misfire::ALL.into_iter().find(|misfire| misfire.as_str() == word)
    }
}

/// Whether a tick makes a job while the last job of the schedule has not ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Overlap {
    /// It does.
    #[default]
    Allow,
    /// It is counted and passed over.
    Skip,
}

impl Overlap {
    /// All of them.
    pub const ALL: [Overlap; 2] = [Overlap::Allow, Overlap::Skip];

    /// The word that users write and read.
    pub fn as_str(self) -> &'static str {
        match self {
            Overlap::Allow => "allow",
            Overlap::Skip => "skip",
        }
    }

    /// The one of this word.
    pub fn parse(word: &str) -> Option<Overlap> {
        Overlap::ALL.into_iter().find(|overlap| overlap.as_str() == word)
    }
}

/// What a user says of a schedule. To write the same again changes nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Definition {
    /// When it makes jobs.
    pub rule: Rule,
    /// No tick is before this time; an interval counts from it.
    pub starts_at: Option<Timestamp>,
    /// No tick is after this time.
    pub ends_at: Option<Timestamp>,
    /// How many jobs its ticks make at most.
    pub max_runs: Option<NonZeroU64>,
    /// By how much its jobs may start after their tick, so that those of many schedules do not all start at once.
    pub jitter: Duration,
    /// What becomes of missed ticks.
    pub misfire: Misfire,
    /// Whether its jobs may overlap.
    pub overlap: Overlap,
    /// Whether it stands in the code of its task, so that it goes when it is gone from there.
    pub is_declared: bool,
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

/// A rule that makes jobs, and how far it has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schedule {
    /// Its identity: writing it again replaces it.
    pub id: ScheduleId,
    /// What its user said.
    pub definition: Definition,
    /// The next due time; none when it has run out.
    pub next_tick: Option<Timestamp>,
    /// Whether that time was set by hand, and is none of its rule.
    pub is_moved: bool,
    /// Whether it makes no jobs for now.
    pub is_paused: bool,
    /// How many jobs its ticks have made.
    pub runs: u64,
    /// How many ticks made none: missed, or while an earlier job had not ended.
    pub skipped: u64,
    /// The last tick that was fired.
    pub last_tick: Option<Timestamp>,
    /// The last job that its ticks made.
    pub last_job: Option<JobId>,
    /// When it was first written.
    pub created_at: Timestamp,
    /// When it was last changed. It grows with each change, so it tells one state of a schedule from every other.
    pub changed_at: Timestamp,
}

/// Which tick of which schedule made a job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tick {
    /// The schedule.
    pub schedule: ScheduleId,
    /// The due time; of a job that was triggered, when it was.
    pub at: Timestamp,
    /// How many ticks before it were missed, and are made good by this job.
    pub missed: u64,
}

/// A decision about one schedule: what becomes of it, and the jobs that are made with it.
#[derive(Debug, Clone)]
pub struct ScheduleChange {
    /// The schedule.
    pub id: ScheduleId,
    /// The state for which it was decided, by its `changed_at`; none if there was no such schedule.
    pub seen: Option<Timestamp>,
    /// What it becomes; none removes it.
    pub then: Option<Schedule>,
    /// The jobs that are enqueued with it.
    pub jobs: Vec<NewJob>,
}

impl Schedule {
    /// The job of one tick. Its id follows from schedule and tick, so a tick can only ever make one.
    pub fn job_at(&self, tick: Timestamp, missed: u64) -> NewJob {
        let id = JobId::from_tick(self.id.as_str(), tick);
        let made_by = Tick { schedule: self.id.clone(), at: tick, missed };
        self.job(id, tick + self.delay(id), made_by)
    }

    fn job(&self, id: JobId, run_at: Timestamp, tick: Tick) -> NewJob {
        let Definition { task, queue, priority, options, payload, .. } = &self.definition;
        let mut options = Arc::clone(options);
        Arc::make_mut(&mut options).tick = Some(tick);
        NewJob {
            id,
            task: task.clone(),
            // The call was bound when the schedule was made; by now another version may run the task, and a call
            // that does not fit it is an error to be told of, not a job for that older version.
            signature: None,
            queue: queue.clone(),
            priority: *priority,
            due: crate::Due::At(run_at),
            options,
            payload: Arc::clone(payload),
        }
    }

    /// How long after its tick a job starts: the same for whoever computes it, anywhere up to the jitter.
    fn delay(&self, id: JobId) -> Duration {
        let most = u64::try_from(self.definition.jitter.as_micros()).unwrap_or(u64::MAX);
        let mut random = [0; 8];
        random.copy_from_slice(&id.as_bytes()[8..]);
        // The first two bits of these bytes are the variant of a UUID.
        Duration::from_micros(u64::from_be_bytes(random).wrapping_mul(4) % most.saturating_add(1).max(1))
    }
}
