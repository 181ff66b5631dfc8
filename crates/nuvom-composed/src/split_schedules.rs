//! Schedules in one store, their jobs in another. The two cannot change in one operation, so a tick's jobs are
//! enqueued before its schedule moves on: a crash in between repeats the enqueue, which changes nothing, as
//! the id of a tick's job follows from the tick.

use std::sync::Arc;

use nuvom_core::ports::{Fired, JobStore, ScheduleStore};
use nuvom_core::{NewJob, Result, Schedule, ScheduleId, Timestamp};

/// A schedule store whose jobs go elsewhere.
pub struct SplitSchedules {
    /// Where the schedules are.
    pub schedules: Arc<dyn ScheduleStore>,
    /// Where their jobs go.
    pub jobs: Arc<dyn JobStore>,
}

impl std::fmt::Debug for SplitSchedules {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SplitSchedules").finish_non_exhaustive()
    }
}

impl ScheduleStore for SplitSchedules {
    fn save(&self, schedules: &[Schedule]) -> Result<()> {
        self.schedules.save(schedules)
    }

    fn find(&self, ids: &[ScheduleId]) -> Result<Vec<Option<Schedule>>> {
        self.schedules.find(ids)
    }

    fn list_schedules(&self, after: Option<&ScheduleId>, limit: usize) -> Result<Vec<Schedule>> {
        self.schedules.list_schedules(after, limit)
    }

    fn due(&self, limit: usize) -> Result<Vec<Schedule>> {
        self.schedules.due(limit)
    }

    fn next_tick(&self) -> Result<Option<Timestamp>> {
        self.schedules.next_tick()
    }

    fn fire(
        &self,
        id: &ScheduleId,
        seen: Timestamp,
        next: Option<Timestamp>,
        jobs: &[NewJob],
    ) -> Result<Fired> {
        let stands = self.schedules.find(std::slice::from_ref(id))?.into_iter().flatten().next();
        if !stands.is_some_and(|schedule| schedule.next_tick == Some(seen) && !schedule.paused) {
            return Ok(Fired::Passed);
        }
        self.jobs.enqueue(jobs)?;
        self.schedules.fire(id, seen, next, &[])
    }

    fn remove(&self, ids: &[ScheduleId]) -> Result<Vec<bool>> {
        self.schedules.remove(ids)
    }
}
