//! Short ways to make what tests need: jobs and schedules with only the interesting part said, and outcomes.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use nuvom_core::{
    Definition, Due, HandBack, JobError, JobId, JobOptions, Misfire, NewJob, OnLost, Outcome, Overlap,
    Payload, Priority, QueueName, RetryPolicy, Rule, Schedule, ScheduleChange, ScheduleId, SignatureHash,
    TaskName, TimeoutPolicy, Timestamp, WorkerName, WorkerReport,
};

use crate::clock::START;

/// A job of this task: in the default queue, due at once, with default options and a fresh id.
pub fn a_job(task: &str) -> JobBuilder {
    JobBuilder {
        job: NewJob {
            id: a_job_id(),
            task: TaskName::new(task).unwrap(),
            signature: None,
            queue: queue("default"),
            priority: Priority::DEFAULT,
            due: Due::Now,
            options: Arc::new(JobOptions::default()),
            payload: payload(b"arguments"),
        },
    }
}

/// An id that differs from all others of this process and sorts after them. All begin with the time at which
/// a fake clock starts, so that none is ahead of its store.
pub fn a_job_id() -> JobId {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let mut tail = [0; 10];
    // The version and the variant of the id are written over the first three of these bytes.
    tail[3..].copy_from_slice(&COUNT.fetch_add(1, Ordering::Relaxed).to_be_bytes()[1..]);
    JobId::from_time(START, tail)
}

/// As many jobs of this task.
pub fn jobs(task: &str, count: usize) -> Vec<NewJob> {
    (0..count).map(|_| a_job(task).build()).collect()
}

/// Says what is special about a job.
#[derive(Debug, Clone)]
#[must_use]
pub struct JobBuilder {
    job: NewJob,
}

impl JobBuilder {
    /// Under this id.
    pub fn id(mut self, id: JobId) -> Self {
        self.job.id = id;
        self
    }

    /// Made for the signature of this hash.
    pub fn signature(mut self, bits: u64) -> Self {
        self.job.signature = Some(SignatureHash::from_bits(bits));
        self
    }

    /// In this queue.
    pub fn queue(mut self, name: &str) -> Self {
        self.job.queue = queue(name);
        self
    }

    /// With this priority, 0 to 9.
    pub fn priority(mut self, priority: u8) -> Self {
        self.job.priority = Priority::new(priority).unwrap();
        self
    }

    /// Due after this long.
    pub fn due_in(mut self, delay: Duration) -> Self {
        self.job.due = Due::In(delay);
        self
    }

    /// Due at this time.
    pub fn due_at(mut self, time: Timestamp) -> Self {
        self.job.due = Due::At(time);
        self
    }

    /// With these encoded arguments.
    pub fn payload(mut self, bytes: &[u8]) -> Self {
        self.job.payload = payload(bytes);
        self
    }

    /// With so many attempts after the first.
    pub fn retries(self, retries: u32) -> Self {
        self.options(|options| options.retries = retries)
    }

    /// With this wait between attempts.
    pub fn retry(self, retry: RetryPolicy) -> Self {
        self.options(|options| options.retry = retry)
    }

    /// FAILED at this loss.
    pub fn max_losses(self, losses: u32) -> Self {
        self.options(|options| options.max_losses = NonZeroU32::new(losses).unwrap())
    }

    /// With this answer to a passed time limit.
    pub fn timeout_policy(self, policy: TimeoutPolicy) -> Self {
        self.options(|options| options.timeout_policy = policy)
    }

    /// With this answer to a lost holder.
    pub fn on_lost(self, on_lost: OnLost) -> Self {
        self.options(|options| options.on_lost = on_lost)
    }

    /// With other options.
    pub fn options(mut self, change: impl FnOnce(&mut JobOptions)) -> Self {
        change(Arc::make_mut(&mut self.job.options));
        self
    }

    /// The job.
    pub fn build(self) -> NewJob {
        self.job
    }
}

impl From<JobBuilder> for NewJob {
    fn from(builder: JobBuilder) -> NewJob {
        builder.build()
    }
}

/// A schedule that runs the task `report` every hour and has its next tick at this time.
pub fn a_schedule(id: &str, next_tick: Timestamp) -> Schedule {
    Schedule {
        id: schedule_id(id),
        definition: Definition {
            rule: Rule::Every(Duration::from_hours(1)),
            starts_at: None,
            ends_at: None,
            max_runs: None,
            jitter: Duration::ZERO,
            misfire: Misfire::default(),
            overlap: Overlap::default(),
            is_declared: false,
            task: TaskName::new("report").unwrap(),
            queue: queue("default"),
            priority: Priority::DEFAULT,
            options: Arc::new(JobOptions::default()),
            payload: payload(b"arguments"),
        },
        next_tick: Some(next_tick),
        is_moved: false,
        is_paused: false,
        runs: 0,
        skipped: 0,
        last_tick: None,
        last_job: None,
        created_at: Timestamp::from_micros(1),
        changed_at: Timestamp::from_micros(1),
    }
}

/// The change that makes a schedule as it is.
pub fn written(schedule: Schedule) -> ScheduleChange {
    ScheduleChange { id: schedule.id.clone(), seen: None, then: Some(schedule), jobs: Vec::new() }
}

/// The change from one state of a schedule to another, which gets a later `changed_at`.
pub fn changed(from: &Schedule, mut then: Schedule) -> ScheduleChange {
    then.changed_at = from.changed_at + Duration::from_micros(1);
    ScheduleChange { id: from.id.clone(), seen: Some(from.changed_at), then: Some(then), jobs: Vec::new() }
}

/// What an idle worker says of itself that serves all queues.
pub fn a_report(name: &str) -> WorkerReport {
    WorkerReport {
        worker: worker(name),
        host: "alpha".into(),
        pid: 7,
        version: "0.12.0".into(),
        pool: "threads".into(),
        slots: 4,
        queues: Vec::new(),
        started_at: START,
        busy: 0,
        stuck: 0,
        is_stopping: false,
        beat: Duration::from_secs(10),
    }
}

/// The name of a queue.
pub fn queue(name: &str) -> QueueName {
    QueueName::new(name).unwrap()
}

/// The name of a task.
pub fn task(name: &str) -> TaskName {
    TaskName::new(name).unwrap()
}

/// The name of a worker.
pub fn worker(name: &str) -> WorkerName {
    WorkerName::new(name).unwrap()
}

/// The name of a schedule.
pub fn schedule_id(id: &str) -> ScheduleId {
    ScheduleId::new(id).unwrap()
}

/// Bytes that the engine never opens.
pub fn payload(bytes: &[u8]) -> Payload {
    Payload::from(bytes)
}

/// The task returned this value.
pub fn success(value: &[u8]) -> Outcome {
    Outcome::Succeeded { result: Some(payload(value)) }
}

/// The task returned, and nothing is kept of it.
pub fn success_without_value() -> Outcome {
    Outcome::Succeeded { result: None }
}

/// The task raised, and another attempt makes sense.
pub fn failure(message: &str) -> Outcome {
    Outcome::Failed { error: JobError::new("ValueError", message), retryable: true }
}

/// The task raised, and another attempt makes no sense.
pub fn final_failure(message: &str) -> Outcome {
    Outcome::Failed { error: JobError::new("ValueError", message), retryable: false }
}

/// The time limit passed.
pub fn timeout() -> Outcome {
    Outcome::TimedOut { error: JobError::new("Timeout", "ran for longer than its limit") }
}

/// The worker stops.
pub fn handed_back() -> Outcome {
    Outcome::HandedBack { reason: HandBack::Stop }
}

/// The worker knows no such task.
pub fn unknown_task() -> Outcome {
    Outcome::HandedBack { reason: HandBack::UnknownTask }
}

/// The worker's code cannot accept a job made for another signature.
pub fn other_signature() -> Outcome {
    Outcome::HandedBack { reason: HandBack::OtherSignature }
}

/// The process that ran it died.
pub fn lost() -> Outcome {
    Outcome::Lost { error: JobError::new("Lost", "its process was killed by signal 9") }
}
