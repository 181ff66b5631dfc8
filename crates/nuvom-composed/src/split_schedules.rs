//! Schedules in one store, their jobs in another. The two cannot change in one operation, so a tick's jobs are
//! enqueued before its schedule moves on: a crash in between repeats the enqueue, which changes nothing, as
//! the id of a tick's job follows from the tick.

use std::sync::Arc;

use nuvom_core::ports::{Agenda, Committed, JobStore, ScheduleStore, Subscription, Waker};
use nuvom_core::{NewJob, Result, Schedule, ScheduleChange, ScheduleId, Timestamp};

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
    fn commit(&self, changes: &[ScheduleChange]) -> Result<Vec<Committed>> {
        let ids: Vec<ScheduleId> = changes.iter().map(|change| change.id.clone()).collect();
        let standing = self.schedules.find(&ids)?;
        let stands = |(change, found): &(&ScheduleChange, Option<Schedule>)| {
            found.as_ref().map(|schedule| schedule.changed_at) == change.seen
        };
        let stand: Vec<bool> = changes.iter().zip(standing).map(|pair| stands(&pair)).collect();
        let decided = || changes.iter().zip(&stand).filter(|(_, stands)| **stands).map(|(change, _)| change);
        let jobs: Vec<NewJob> = decided().flat_map(|change| &change.jobs).cloned().collect();
        if !jobs.is_empty() {
            self.jobs.enqueue(&jobs)?;
        }
        let without_jobs = |change: &ScheduleChange| ScheduleChange { jobs: Vec::new(), ..change.clone() };
        let left: Vec<ScheduleChange> = decided().map(without_jobs).collect();
        let mut committed = self.schedules.commit(&left)?.into_iter();
        let answer = |stands: &bool| {
            if *stands { committed.next().unwrap_or(Committed::Passed) } else { Committed::Passed }
        };
        Ok(stand.iter().map(answer).collect())
    }

    fn find(&self, ids: &[ScheduleId]) -> Result<Vec<Option<Schedule>>> {
        self.schedules.find(ids)
    }

    fn list_schedules(&self, after: Option<&ScheduleId>, limit: usize) -> Result<Vec<Schedule>> {
        self.schedules.list_schedules(after, limit)
    }

    fn agenda(&self, limit: usize) -> Result<Agenda> {
        self.schedules.agenda(limit)
    }

    fn run_out(&self, before: Timestamp, limit: usize) -> Result<Vec<Schedule>> {
        self.schedules.run_out(before, limit)
    }

    fn subscribe_to_schedules(&self, waker: Waker) -> Result<Subscription> {
        self.schedules.subscribe_to_schedules(waker)
    }
}
