//! The schedules of a queue that keeps none: there are none, and to make one says where it could be kept.

use nuvom_core::ports::{Fired, ScheduleStore};
use nuvom_core::{Error, ErrorKind, NewJob, Result, Schedule, ScheduleId, Timestamp};

/// No place for schedules.
#[derive(Debug, Clone, Copy)]
pub struct NoSchedules;

impl ScheduleStore for NoSchedules {
    fn save(&self, schedules: &[Schedule]) -> Result<()> {
        if schedules.is_empty() {
            return Ok(());
        }
        Err(Error::new(ErrorKind::Unsupported, "the queue backend keeps no schedules").hint(
            "Set NUVOM_SCHEDULER_BACKEND to a backend that does, such as sqlite; its ticks make jobs in your queue",
        ))
    }

    fn find(&self, ids: &[ScheduleId]) -> Result<Vec<Option<Schedule>>> {
        Ok(vec![None; ids.len()])
    }

    fn list_schedules(&self, _after: Option<&ScheduleId>, _limit: usize) -> Result<Vec<Schedule>> {
        Ok(Vec::new())
    }

    fn due(&self, _limit: usize) -> Result<Vec<Schedule>> {
        Ok(Vec::new())
    }

    fn next_tick(&self) -> Result<Option<Timestamp>> {
        Ok(None)
    }

    fn fire(
        &self,
        _id: &ScheduleId,
        _seen: Timestamp,
        _next: Option<Timestamp>,
        _jobs: &[NewJob],
    ) -> Result<Fired> {
        Ok(Fired::Passed)
    }

    fn remove(&self, ids: &[ScheduleId]) -> Result<Vec<bool>> {
        Ok(vec![false; ids.len()])
    }
}
