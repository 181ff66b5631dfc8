//! The schedules, by id and by their next tick.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;

use nuvom_core::{Schedule, ScheduleChange, ScheduleId, Timestamp};

/// All schedules.
#[derive(Default)]
pub(crate) struct Timetable {
    by_id: BTreeMap<ScheduleId, Schedule>,
    /// The next ticks of those that are not paused.
    ticks: BTreeSet<(Timestamp, ScheduleId)>,
}

impl Timetable {
    /// Makes a change, if the schedule is as it was seen. Answers whether it is made.
    pub(crate) fn apply(&mut self, change: &ScheduleChange) -> bool {
        let known = self.by_id.get(&change.id);
        let is_nothing = known.is_none() && change.then.is_none();
        if is_nothing || known.map(|schedule| schedule.changed_at) != change.seen {
            return false;
        }
        if let Some(tick) = known.and_then(tick) {
            self.ticks.remove(&tick);
        }
        match &change.then {
            Some(then) => {
                self.ticks.extend(tick(then));
                self.by_id.insert(then.id.clone(), then.clone());
            }
            None => {
                self.by_id.remove(&change.id);
            }
        }
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

    /// Those that are not paused and have a next tick, by that tick.
    pub(crate) fn by_tick(&self) -> impl Iterator<Item = &Schedule> {
        self.ticks.iter().filter_map(|(_, id)| self.by_id.get(id))
    }
}

/// Where an active schedule stands in the order of ticks.
fn tick(schedule: &Schedule) -> Option<(Timestamp, ScheduleId)> {
    let next = schedule.next_tick.filter(|_| !schedule.is_paused)?;
    Some((next, schedule.id.clone()))
}
