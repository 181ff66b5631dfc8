//! What people and programs do with schedules: the decisions of core, applied until nobody else was quicker.

use std::sync::Arc;

use nuvom_core::ports::{Calendar, Committed, ScheduleStore, Stores};
use nuvom_core::{
    Definition, Error, ErrorKind, JobId, Result, Schedule, ScheduleChange, ScheduleId, Timestamp, nearest,
    upcoming,
};

/// How often a change is decided anew because someone else changed the schedule in between. Schedulers change one once a
/// tick, so even the busiest schedule leaves room; what goes on failing is a store that contradicts itself.
const ATTEMPTS: usize = 50;

/// Schedules read at once where all are looked through.
const PAGE: usize = 500;

/// What writing a schedule did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Written {
    /// There was none of this id.
    Added,
    /// It was another one.
    Changed,
    /// It stands as it is.
    Same,
    /// It stood in the code, and does no more.
    Retired,
}

/// The schedules of a project.
pub struct Timetable {
    schedules: Arc<dyn ScheduleStore>,
    calendar: Arc<dyn Calendar>,
}

impl std::fmt::Debug for Timetable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Timetable").finish_non_exhaustive()
    }
}

impl Timetable {
    /// Those of these stores.
    pub fn new(stores: &Stores, calendar: Arc<dyn Calendar>) -> Self {
        Self { schedules: Arc::clone(&stores.schedules), calendar }
    }

    /// The store's time.
    pub fn now(&self) -> Result<Timestamp> {
        Ok(self.schedules.agenda(0)?.now)
    }

    /// Writes a schedule under its id: makes it, changes it, or leaves it as it is.
    pub fn write(&self, id: &ScheduleId, definition: &Definition) -> Result<Written> {
        for _ in 0..ATTEMPTS {
            let known = self.look(id)?;
            let now = self.now()?;
            let change = Schedule::write(known.as_ref(), id, definition.clone(), now, &*self.calendar)?;
            let Some(change) = change else { return Ok(Written::Same) };
            if self.commit(change)? {
                return Ok(if known.is_some() { Written::Changed } else { Written::Added });
            }
        }
        Err(contended(id))
    }

    /// Makes the declared schedules what these say: adds, changes, and with `retires` removes those that are not among
    /// them. With `is_dry` nothing is changed. Answers what is or would be done, by id; what stays as it is is left out.
    pub fn sync(
        &self,
        declared: &[(ScheduleId, Definition)],
        retires: bool,
        is_dry: bool,
    ) -> Result<Vec<(ScheduleId, Written)>> {
        let mut done = Vec::new();
        for (id, definition) in declared {
            let written =
                if is_dry { self.would_write(id, definition)? } else { self.write(id, definition)? };
            done.push((id.clone(), written));
        }
        if retires {
            let gone = self.all()?.into_iter().filter(|known| known.definition.is_declared);
            let gone = gone.filter(|known| declared.iter().all(|(id, _)| *id != known.id));
            for schedule in gone {
                if is_dry || self.remove(&schedule.id)? {
                    done.push((schedule.id, Written::Retired));
                }
            }
        }
        done.retain(|(_, written)| *written != Written::Same);
        done.sort_by(|(one, _), (other, _)| one.cmp(other));
        Ok(done)
    }

    fn would_write(&self, id: &ScheduleId, definition: &Definition) -> Result<Written> {
        let known = self.look(id)?;
        let change = Schedule::write(known.as_ref(), id, definition.clone(), self.now()?, &*self.calendar)?;
        Ok(match (change, known) {
            (None, _) => Written::Same,
            (Some(_), None) => Written::Added,
            (Some(_), Some(_)) => Written::Changed,
        })
    }

    /// The schedule of this id, if there is one.
    pub fn look(&self, id: &ScheduleId) -> Result<Option<Schedule>> {
        Ok(self.schedules.find(std::slice::from_ref(id))?.pop().flatten())
    }

    /// The schedule of this id.
    ///
    /// # Errors
    ///
    /// `NotFound` if there is none, with the one that may have been meant.
    pub fn get(&self, id: &ScheduleId) -> Result<Schedule> {
        match self.look(id)? {
            Some(schedule) => Ok(schedule),
            None => Err(self.unknown(id)),
        }
    }

    fn unknown(&self, id: &ScheduleId) -> Error {
        let error = Error::new(ErrorKind::NotFound, format!("there is no schedule {}", id.as_str()));
        // Where the list cannot be read, that it does not exist is still all there is to say.
        let known = self.schedules.list_schedules(None, PAGE).unwrap_or_default();
        match nearest(id.as_str(), known.iter().map(|schedule| schedule.id.as_str())) {
            Some(meant) => error.hint(format!("Did you mean {meant}?")),
            None => error.hint("`nuvom schedule list` shows those that there are"),
        }
    }

    /// All schedules, by id.
    pub fn all(&self) -> Result<Vec<Schedule>> {
        let mut all: Vec<Schedule> = Vec::new();
        loop {
            let page = self.schedules.list_schedules(all.last().map(|last| &last.id), PAGE)?;
            let is_last = page.len() < PAGE;
            all.extend(page);
            if is_last {
                return Ok(all);
            }
        }
    }

    /// Stops a schedule from making jobs; answers whether it made any until now.
    pub fn pause(&self, id: &ScheduleId) -> Result<bool> {
        self.change(id, |schedule, now| Ok(schedule.pause(now)))
    }

    /// Has a schedule make jobs again; answers whether it was paused.
    pub fn resume(&self, id: &ScheduleId) -> Result<bool> {
        self.change(id, |schedule, now| schedule.resume(now, &*self.calendar))
    }

    /// Has a schedule make a job now, under this id.
    pub fn trigger(&self, id: &ScheduleId, job: JobId) -> Result<()> {
        self.change(id, |schedule, now| Ok(Some(schedule.trigger(job, now)))).map(|_| ())
    }

    /// Has a schedule be due at this time next.
    pub fn reschedule(&self, id: &ScheduleId, next: Timestamp) -> Result<()> {
        self.change(id, |schedule, now| Ok(Some(schedule.reschedule(next, now)))).map(|_| ())
    }

    /// Removes a schedule; answers whether it was there. Jobs that it made stay.
    pub fn remove(&self, id: &ScheduleId) -> Result<bool> {
        for _ in 0..ATTEMPTS {
            let Some(schedule) = self.look(id)? else { return Ok(false) };
            if self.commit(schedule.remove())? {
                return Ok(true);
            }
        }
        Err(contended(id))
    }

    /// The next ticks of a schedule, at most `limit`.
    pub fn upcoming(&self, schedule: &Schedule, limit: usize) -> Result<Vec<Timestamp>> {
        let left =
            schedule.definition.max_runs.map_or(u64::MAX, |most| most.get().saturating_sub(schedule.runs));
        let limit = limit.min(usize::try_from(left).unwrap_or(usize::MAX));
        upcoming(&schedule.definition, schedule.next_tick, limit, &*self.calendar)
    }

    fn change(
        &self,
        id: &ScheduleId,
        decide: impl Fn(&Schedule, Timestamp) -> Result<Option<ScheduleChange>>,
    ) -> Result<bool> {
        for _ in 0..ATTEMPTS {
            let schedule = self.get(id)?;
            let Some(change) = decide(&schedule, self.now()?)? else { return Ok(false) };
            if self.commit(change)? {
                return Ok(true);
            }
        }
        Err(contended(id))
    }

    fn commit(&self, change: ScheduleChange) -> Result<bool> {
        Ok(self.schedules.commit(&[change])?.first() == Some(&Committed::Done))
    }
}

fn contended(id: &ScheduleId) -> Error {
    Error::new(ErrorKind::Unavailable, format!("schedule {} is being changed by others", id.as_str()))
        .hint("Try again")
}
