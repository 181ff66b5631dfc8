//! The schedule port. Any number of schedulers may use it; there is no leader.

use crate::{NewJob, Result, Schedule, ScheduleId, Timestamp};

/// Where schedules are kept.
pub trait ScheduleStore: Send + Sync {
    /// Writes schedules, replacing those with the same id.
    fn save(&self, schedules: &[Schedule]) -> Result<()>;

    /// Reads schedules by id, in order.
    fn find(&self, ids: &[ScheduleId]) -> Result<Vec<Option<Schedule>>>;

    /// All schedules after this id, in order of id, at most `limit`.
    fn list_schedules(&self, after: Option<&ScheduleId>, limit: usize) -> Result<Vec<Schedule>>;

    /// The schedules whose next tick has come and which are not paused, earliest first, at most `limit`.
    fn due(&self, limit: usize) -> Result<Vec<Schedule>>;

    /// The earliest next tick of a schedule that is not paused.
    fn next_tick(&self) -> Result<Option<Timestamp>>;

    /// In one operation: if the schedule's next tick is still `seen`, moves it to `next` and enqueues `jobs`.
    fn fire(
        &self,
        id: &ScheduleId,
        seen: Timestamp,
        next: Option<Timestamp>,
        jobs: &[NewJob],
    ) -> Result<Fired>;

    /// Removes schedules; answers whether each was there.
    fn remove(&self, ids: &[ScheduleId]) -> Result<Vec<bool>>;
}

/// The answer to a fire.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fired {
    /// This call fired the tick.
    Done,
    /// Someone else had fired it, or it was changed, paused or removed.
    Passed,
}
