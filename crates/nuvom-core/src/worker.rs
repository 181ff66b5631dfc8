//! What a worker says of itself, and whether that still holds: the living are told from the silent here.

use std::time::Duration;

use crate::{QueueName, Timestamp, WorkerName};

/// A worker that was not heard of for so many beats is silent: one may be lost on the way to the store and the next one
/// late. After three its leases have run out, too.
pub const SILENT_AFTER_BEATS: u32 = 3;

/// What is known of a worker is kept for so long after it was last heard of: long enough to be found the next morning,
/// short enough that the list stays readable where workers die every few minutes.
pub const FORGOTTEN_AFTER: Duration = Duration::from_hours(24);

/// A worker, in its own words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkerReport {
    /// Its name.
    pub worker: WorkerName,
    /// The machine, as that calls itself.
    pub host: String,
    /// The process.
    pub pid: u32,
    /// The version of Nuvom that it runs.
    pub version: String,
    /// The pools in which it runs tasks, for people.
    pub pool: String,
    /// How many attempts it can run at once.
    pub slots: u32,
    /// The queues that it serves; none named means all.
    pub queues: Vec<QueueName>,
    /// When it started, by its own clock.
    pub started_at: Timestamp,
    /// Attempts that run.
    pub busy: u32,
    /// Attempts that were told to end, did not, and cannot be made to.
    pub stuck: u32,
    /// Whether it claims nothing more, and ends when what runs has ended.
    pub is_stopping: bool,
    /// How often it reports.
    pub beat: Duration,
}

/// A worker in the roster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedWorker {
    /// What it said last.
    pub report: WorkerReport,
    /// When it said so, by the store's clock.
    pub seen_at: Timestamp,
}

/// How a worker is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum WorkerStatus {
    /// It claims and runs jobs.
    Running,
    /// It claims nothing more, and ends when what runs has ended.
    Stopping,
    /// It was not heard of for three beats: it died, hangs, or cannot reach the store.
    Silent,
}

impl WorkerStatus {
    /// All, in the order in which people want to see them.
    pub const ALL: [WorkerStatus; 3] = [WorkerStatus::Running, WorkerStatus::Stopping, WorkerStatus::Silent];

    /// The status as text.
    pub fn as_str(self) -> &'static str {
        match self {
            WorkerStatus::Running => "running",
            WorkerStatus::Stopping => "stopping",
            WorkerStatus::Silent => "silent",
        }
    }
}

impl ListedWorker {
    /// How it is doing at this time of the store.
    pub fn status(&self, now: Timestamp) -> WorkerStatus {
        if now >= self.seen_at + self.report.beat * SILENT_AFTER_BEATS {
            WorkerStatus::Silent
        } else if self.report.is_stopping {
            WorkerStatus::Stopping
        } else {
            WorkerStatus::Running
        }
    }

    /// Whether it will claim jobs of this queue.
    pub fn serves(&self, queue: &QueueName, now: Timestamp) -> bool {
        let queues = &self.report.queues;
        self.status(now) == WorkerStatus::Running && (queues.is_empty() || queues.contains(queue))
    }
}

/// Workers that were last heard of before this time are forgotten at the next report of another one.
pub fn forgotten_before(now: Timestamp) -> Timestamp {
    now - FORGOTTEN_AFTER
}

#[cfg(test)]
mod tests {
    use super::*;

    const BEAT: Duration = Duration::from_secs(10);

    fn seen_at(seen_at: Timestamp) -> ListedWorker {
        let report = WorkerReport {
            worker: WorkerName::new("worker-1").unwrap(),
            host: "alpha".into(),
            pid: 1,
            version: "1".into(),
            pool: "threads".into(),
            slots: 4,
            queues: vec![QueueName::new("mail").unwrap()],
            started_at: seen_at,
            busy: 0,
            stuck: 0,
            is_stopping: false,
            beat: BEAT,
        };
        ListedWorker { report, seen_at }
    }

    #[test]
    fn a_worker_is_silent_after_three_beats_and_not_before() {
        let seen = Timestamp::from_micros(1_000);
        let worker = seen_at(seen);

        let last_moment = seen + BEAT * 3 - Duration::from_micros(1);
        assert_eq!(worker.status(last_moment), WorkerStatus::Running);
        assert_eq!(worker.status(seen + BEAT * 3), WorkerStatus::Silent);
    }

    #[test]
    fn a_worker_that_was_seen_later_than_now_is_not_silent() {
        let seen = Timestamp::from_micros(1_000_000_000);

        assert_eq!(seen_at(seen).status(Timestamp::from_micros(5)), WorkerStatus::Running);
    }

    #[test]
    fn a_worker_whose_beat_is_beyond_all_bounds_is_never_silent() {
        let mut worker = seen_at(Timestamp::from_micros(1_000));
        worker.report.beat = Duration::from_micros(u64::MAX);

        assert_eq!(worker.status(Timestamp::from_micros(i64::MAX - 1)), WorkerStatus::Running);
    }

    #[test]
    fn one_that_stops_dies_like_any_other() {
        let seen = Timestamp::from_micros(1_000);
        let mut worker = seen_at(seen);
        worker.report.is_stopping = true;

        assert_eq!(worker.status(seen), WorkerStatus::Stopping);
        assert_eq!(worker.status(seen + BEAT * 3), WorkerStatus::Silent);
    }

    #[test]
    fn only_one_that_runs_serves_its_queues() {
        let seen = Timestamp::from_micros(1_000);
        let (mail, other) = (QueueName::new("mail").unwrap(), QueueName::new("other").unwrap());
        let mut worker = seen_at(seen);

        assert!(worker.serves(&mail, seen) && !worker.serves(&other, seen));
        assert!(!worker.serves(&mail, seen + BEAT * 3));
        worker.report.queues.clear();
        assert!(worker.serves(&other, seen));
    }
}
