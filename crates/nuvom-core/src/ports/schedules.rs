//! The schedule port. Any number of schedulers may use it; there is no leader.

use super::{Subscription, Waker};
use crate::{Result, Schedule, ScheduleChange, ScheduleId, Timestamp};

/// Where schedules are kept.
pub trait ScheduleStore: Send + Sync {
    /// Applies decided changes, in one operation. One answer a change, in order. A change whose schedule is not as it was
    /// when it was decided is passed over, with its jobs; the others are applied.
    fn commit(&self, changes: &[ScheduleChange]) -> Result<Vec<Committed>>;

    /// Reads schedules by id, in order.
    fn find(&self, ids: &[ScheduleId]) -> Result<Vec<Option<Schedule>>>;

    /// All schedules after this id, in order of id, at most `limit`.
    fn list_schedules(&self, after: Option<&ScheduleId>, limit: usize) -> Result<Vec<Schedule>>;

    /// What is due, at most `limit` schedules, and when there will be more.
    fn agenda(&self, limit: usize) -> Result<Agenda>;

    /// Schedules that have run out and were last changed before this time, the oldest first, at most `limit`.
    fn run_out(&self, before: Timestamp, limit: usize) -> Result<Vec<Schedule>>;

    /// Calls `waker` after each change that was no fire, by whatever process, until the subscription is dropped. It may also
    /// be called for nothing.
    fn subscribe_to_schedules(&self, waker: Waker) -> Result<Subscription>;
}

/// The answer to one change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Committed {
    /// Applied, with its jobs.
    Done,
    /// The schedule had been fired, changed or removed by someone else: nothing changed.
    Passed,
}

/// What there is to do at some time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Agenda {
    /// The store's time.
    pub now: Timestamp,
    /// The schedules whose next tick has come and which are not paused, earliest first.
    pub due: Vec<Schedule>,
    /// The earliest next tick of those that are not paused and not among `due`.
    pub next_tick: Option<Timestamp>,
    /// Those that are due and cannot be read, with the reason: they keep nobody from the others.
    pub unreadable: Vec<(ScheduleId, String)>,
}
