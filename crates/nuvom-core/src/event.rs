//! What the engine tells the world: one type, to which logs, metrics, hooks and the dashboard subscribe.

use std::time::Duration;

use crate::{
    Ending, Error, JobError, JobId, Lease, QueueName, ScheduleId, State, TaskName, Timestamp, WorkerName,
};

/// Something that happened in a worker.
#[derive(Debug)]
pub enum Event {
    /// The worker began to claim.
    WorkerStarted {
        /// Its name.
        worker: WorkerName,
    },
    /// The worker claims nothing more and waits for what runs.
    WorkerStopping {
        /// Its name.
        worker: WorkerName,
        /// Jobs that run.
        running: usize,
    },
    /// The worker ended.
    WorkerStopped {
        /// Its name.
        worker: WorkerName,
        /// Jobs handed back by the stop.
        handed_back: usize,
    },
    /// Jobs were claimed.
    Claimed {
        /// How many.
        count: usize,
    },
    /// An attempt ended, and the store has it.
    Ended {
        /// The job.
        id: JobId,
        /// The lease under which it ran.
        lease: Lease,
        /// Its task.
        task: TaskName,
        /// Its queue.
        queue: QueueName,
        /// The attempt as users count it, from 1.
        attempt: u32,
        /// Where the job is now.
        state: State,
        /// How the attempt ended; none is success.
        ending: Option<Ending>,
        /// From the time at which it might have run to its claim, by the store's clock.
        waited: Duration,
        /// From claim to the store's answer.
        took: Duration,
        /// What went wrong, if anything.
        error: Option<JobError>,
    },
    /// An end was refused because the lease had moved on.
    Stale {
        /// The job.
        id: JobId,
        /// The lease that was too late.
        lease: Lease,
    },
    /// A held job turned out to be held no more.
    LeaseLost {
        /// The job.
        id: JobId,
        /// The lease that was lost.
        lease: Lease,
    },
    /// Leases were extended.
    Renewed {
        /// How many.
        count: usize,
    },
    /// A job whose holder was lost was found.
    Reaped {
        /// The job.
        id: JobId,
        /// The lease that ran out.
        lease: Lease,
        /// Its task.
        task: TaskName,
        /// Its queue.
        queue: QueueName,
        /// Where the job is now.
        state: State,
    },
    /// An attempt was asked to end, did not, and cannot be made to: it keeps its lease until it ends by itself.
    Stuck {
        /// The job.
        id: JobId,
        /// The lease under which it runs.
        lease: Lease,
        /// Its task.
        task: TaskName,
        /// Where it is, as a Python stack; empty if that cannot be found out.
        stack: String,
    },
    /// A child process ended that should not have.
    ChildDied {
        /// Its process id.
        pid: u32,
        /// How it died, as a sentence.
        death: String,
        /// Attempts that it took along.
        lost: usize,
    },
    /// A child process is replaced because of its age or size.
    ChildRetired {
        /// Its process id.
        pid: u32,
        /// Jobs that it was given.
        jobs: u64,
        /// Its memory, in bytes, where that is known.
        rss: Option<u64>,
    },
    /// A pool will never run anything again, so the worker ends.
    PoolFailed {
        /// Why.
        reason: String,
    },
    /// So many attempts are stuck that the worker ends.
    Overrun {
        /// How many.
        stuck: usize,
    },
    /// A part of the worker gave no sign of life for too long, so the worker ends.
    Stalled {
        /// Which.
        duty: &'static str,
        /// For how long, about.
        silent_for: Duration,
    },
    /// Ended jobs were removed.
    Pruned {
        /// How many.
        count: usize,
    },
    /// A tick of a schedule was fired.
    TickFired {
        /// The schedule.
        schedule: ScheduleId,
        /// The task of its jobs.
        task: TaskName,
        /// The queue of its jobs.
        queue: QueueName,
        /// The tick: the latest of those that were due.
        tick: Timestamp,
        /// The jobs that were made.
        jobs: usize,
        /// Ticks that came due while nobody was there to fire them.
        missed: u64,
        /// Ticks that made no job and are made good by none.
        skipped: u64,
        /// How long after the tick.
        late: Duration,
    },
    /// A schedule cannot be followed: its rule is none, and it was paused, or it cannot be read at all.
    ScheduleBroken {
        /// The schedule.
        schedule: ScheduleId,
        /// Why.
        error: Error,
    },
    /// A store was called.
    StoreCalled {
        /// Which: the name of its port.
        store: &'static str,
        /// The method that was called.
        operation: &'static str,
        /// Until it answered.
        took: Duration,
        /// Whether it answered with an error.
        failed: bool,
    },
    /// A call to a store failed.
    StoreFailed {
        /// The duty that called.
        duty: &'static str,
        /// What it answered.
        error: Error,
    },
}

/// Receives events in batches, on a thread of the engine: it must return soon and not block.
pub trait EventSink: Send + Sync {
    /// Takes what happened since the last call, in order.
    fn emit(&self, events: Vec<Event>);
}
