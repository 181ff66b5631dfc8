//! The schedule port. Jobs of a tick reach the board under the lock that moved the tick.

use nuvom_core::ports::{Agenda, Committed, ScheduleStore, Subscription, Topic, Waker};
use nuvom_core::{Result, Schedule, ScheduleChange, ScheduleId, Timestamp};

use crate::MemoryStore;

impl ScheduleStore for MemoryStore {
    fn commit(&self, changes: &[ScheduleChange]) -> Result<Vec<Committed>> {
        Ok(self.change(|kept, now| {
            let apply = |change: &ScheduleChange| {
                if !kept.timetable.apply(change) {
                    return Committed::Passed;
                }
                for job in &change.jobs {
                    kept.board.accept(job, now);
                }
                if change.jobs.is_empty() {
                    kept.board.note(Topic::Schedules);
                }
                Committed::Done
            };
            changes.iter().map(apply).collect()
        }))
    }

    fn find(&self, ids: &[ScheduleId]) -> Result<Vec<Option<Schedule>>> {
        Ok(self.read(|kept| ids.iter().map(|id| kept.timetable.find(id).cloned()).collect()))
    }

    fn list_schedules(&self, after: Option<&ScheduleId>, limit: usize) -> Result<Vec<Schedule>> {
        Ok(self.read(|kept| kept.timetable.after(after).take(limit).cloned().collect()))
    }

    fn agenda(&self, limit: usize) -> Result<Agenda> {
        Ok(self.change(|kept, now| {
            let mut active = kept.timetable.by_tick();
            let due: Vec<Schedule> = active
                .by_ref()
                .take(limit)
                .take_while(|schedule| schedule.next_tick.is_some_and(|tick| tick <= now))
                .cloned()
                .collect();
            let next_tick = kept.timetable.by_tick().nth(due.len()).and_then(|schedule| schedule.next_tick);
            Agenda { now, due, next_tick, unreadable: Vec::new() }
        }))
    }

    fn run_out(&self, before: Timestamp, limit: usize) -> Result<Vec<Schedule>> {
        Ok(self.read(|kept| {
            let all = kept.timetable.after(None);
            let mut found: Vec<Schedule> = all
                .filter(|schedule| schedule.next_tick.is_none() && schedule.changed_at < before)
                .cloned()
                .collect();
            found.sort_by_key(|schedule| schedule.changed_at);
            found.truncate(limit);
            found
        }))
    }

    fn subscribe_to_schedules(&self, waker: Waker) -> Result<Subscription> {
        Ok(self.wakers.subscribe(Topic::Schedules, waker))
    }
}
