//! The schedules, by id and by their next tick.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;

use nuvom_core::{Schedule, ScheduleId, Timestamp};

/// All schedules.
#[derive(Default)]
pub(crate) struct Timetable {
    by_id: BTreeMap<ScheduleId, Schedule>,
    /// The next ticks of those that are not paused.
    ticks: BTreeSet<(Timestamp, ScheduleId)>,
}

impl Timetable {
    pub(crate) fn save(&mut self, schedule: Schedule) {
        self.remove(&schedule.id);
        self.ticks.extend(tick(&schedule));
        self.by_id.insert(schedule.id.clone(), schedule);
    }

    /// Forgets a schedule; answers whether it was there.
    pub(crate) fn remove(&mut self, id: &ScheduleId) -> bool {
        let Some(removed) = self.by_id.remove(id) else { return false };
        if let Some(tick) = tick(&removed) {
            self.ticks.remove(&tick);
        }
        true
    }

    /// Moves the schedule from the tick that was seen to its next; answers whether that tick was still its own.
    pub(crate) fn pass(&mut self, id: &ScheduleId, seen: Timestamp, next: Option<Timestamp>) -> bool {
        let current = (seen, id.clone());
        let Some(schedule) = self.by_id.get_mut(id) else { return false };
        if tick(schedule).as_ref() != Some(&current) {
            return false;
        }
        self.ticks.remove(&current);
        schedule.next_tick = next;
        self.ticks.extend(tick(schedule));
        true
    }

    pub(crate) fn find(&self, id: &ScheduleId) -> Option<&Schedule> {
        self.by_id.get(id)
    }

    /// All schedules after this id, by id.
    pub(crate) fn after(&self, id: Option<&ScheduleId>) -> impl Iterator<Item = &Schedule> {
        let start = id.map_or(Bound::Unbounded, Bound::Excluded);
        self.by_id.range::<ScheduleId, _>((start, Bound::Unbounded)).map(|(_, schedule)| schedule)
    }

    /// Those whose tick has come, the earliest first.
    pub(crate) fn due(&self, now: Timestamp) -> impl Iterator<Item = &Schedule> {
        let ticks = self.ticks.iter().take_while(move |(tick, _)| *tick <= now);
        ticks.filter_map(|(_, id)| self.by_id.get(id))
    }

    pub(crate) fn next_tick(&self) -> Option<Timestamp> {
        self.ticks.first().map(|(tick, _)| *tick)
    }
}

/// Where an active schedule stands in the order of ticks.
fn tick(schedule: &Schedule) -> Option<(Timestamp, ScheduleId)> {
    let next = schedule.next_tick.filter(|_| !schedule.paused)?;
    Some((next, schedule.id.clone()))
}
