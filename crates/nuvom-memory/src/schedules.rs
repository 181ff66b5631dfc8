//! The schedule port. Jobs of a tick reach the board under the lock that moved the tick.

use nuvom_core::ports::{Fired, ScheduleStore};
use nuvom_core::{NewJob, Result, Schedule, ScheduleId, Timestamp};

use crate::MemoryStore;

impl ScheduleStore for MemoryStore {
    fn save(&self, schedules: &[Schedule]) -> Result<()> {
        self.change(|kept, _| {
            for schedule in schedules {
                kept.timetable.save(schedule.clone());
            }
        });
        Ok(())
    }

    fn find(&self, ids: &[ScheduleId]) -> Result<Vec<Option<Schedule>>> {
        Ok(self.read(|kept| ids.iter().map(|id| kept.timetable.find(id).cloned()).collect()))
    }

    fn list_schedules(&self, after: Option<&ScheduleId>, limit: usize) -> Result<Vec<Schedule>> {
        Ok(self.read(|kept| kept.timetable.after(after).take(limit).cloned().collect()))
    }

    fn due(&self, limit: usize) -> Result<Vec<Schedule>> {
        Ok(self.change(|kept, now| kept.timetable.due(now).take(limit).cloned().collect()))
    }

    fn next_tick(&self) -> Result<Option<Timestamp>> {
        Ok(self.read(|kept| kept.timetable.next_tick()))
    }

    fn fire(
        &self,
        id: &ScheduleId,
        seen: Timestamp,
        next: Option<Timestamp>,
        jobs: &[NewJob],
    ) -> Result<Fired> {
        Ok(self.change(|kept, now| {
            if !kept.timetable.pass(id, seen, next) {
                return Fired::Passed;
            }
            for job in jobs {
                kept.board.accept(job, now);
            }
            Fired::Done
        }))
    }

    fn remove(&self, ids: &[ScheduleId]) -> Result<Vec<bool>> {
        Ok(self.change(|kept, _| ids.iter().map(|id| kept.timetable.remove(id)).collect()))
    }
}
