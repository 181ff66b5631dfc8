//! The schedules of a queue that keeps none: there are none, and to make one says where it could be kept.

use std::sync::Arc;

use nuvom_core::ports::{Agenda, Committed, ScheduleStore, Subscription, Waker};
use nuvom_core::{Clock, Error, ErrorKind, Result, Schedule, ScheduleChange, ScheduleId, Timestamp};

/// No place for schedules.
pub struct NoSchedules {
    /// Where the time is from, though nothing will ever be due.
    pub clock: Arc<dyn Clock>,
}

impl std::fmt::Debug for NoSchedules {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NoSchedules").finish_non_exhaustive()
    }
}

impl ScheduleStore for NoSchedules {
    fn commit(&self, changes: &[ScheduleChange]) -> Result<Vec<Committed>> {
        if changes.iter().all(|change| change.then.is_none()) {
            return Ok(vec![Committed::Passed; changes.len()]);
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

    fn agenda(&self, _limit: usize) -> Result<Agenda> {
        Ok(Agenda { now: self.clock.now(), due: Vec::new(), next_tick: None, unreadable: Vec::new() })
    }

    fn run_out(&self, _before: Timestamp, _limit: usize) -> Result<Vec<Schedule>> {
        Ok(Vec::new())
    }

    fn subscribe_to_schedules(&self, _waker: Waker) -> Result<Subscription> {
        Ok(Subscription::new(()))
    }
}
