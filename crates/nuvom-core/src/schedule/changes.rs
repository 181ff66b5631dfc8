//! What people do to schedules: write, pause, resume, trigger, remove.

use std::time::Duration;

use super::ticks::first_tick;
use super::{Definition, Rule, Schedule, ScheduleChange, Tick};
use crate::ports::Calendar;
use crate::{JobId, Result, ScheduleId, Timestamp};

impl Definition {
    /// Whether both have the same ticks.
    fn has_ticks_of(&self, other: &Definition) -> bool {
        (&self.rule, self.starts_at, self.ends_at, self.max_runs)
            == (&other.rule, other.starts_at, other.ends_at, other.max_runs)
    }
}

impl Schedule {
    /// Writes a schedule: makes it, or changes the one of this id. A new rule starts anew; anything else leaves the next
    /// tick where it is. None if it stands as it is.
    pub fn write(
        known: Option<&Schedule>,
        id: &ScheduleId,
        definition: Definition,
        now: Timestamp,
        calendar: &dyn Calendar,
    ) -> Result<Option<ScheduleChange>> {
        definition.check()?;
        let Some(known) = known else {
            let new = Schedule {
                id: id.clone(),
                next_tick: first_tick(&definition, None, now, calendar)?,
                definition,
                is_moved: false,
                is_paused: false,
                runs: 0,
                skipped: 0,
                last_tick: None,
                last_job: None,
                created_at: now,
                changed_at: now,
            };
            return Ok(Some(ScheduleChange {
                id: id.clone(),
                seen: None,
                then: Some(new),
                jobs: Vec::new(),
            }));
        };
        if known.definition == definition {
            return Ok(None);
        }
        let mut then = known.clone();
        if !known.definition.has_ticks_of(&definition) {
            then.next_tick = first_tick(&definition, None, now, calendar)?;
            then.is_moved = false;
            then.runs = 0;
        }
        then.definition = definition;
        Ok(Some(known.becomes(then, now)))
    }

    /// Makes no jobs from now on. None if it makes none already.
    pub fn pause(&self, now: Timestamp) -> Option<ScheduleChange> {
        (!self.is_paused).then(|| self.becomes(Schedule { is_paused: true, ..self.clone() }, now))
    }

    /// Makes jobs again, from the next tick on: those that passed were meant to pass. What was due once is due
    /// still. None if it is not paused.
    pub fn resume(&self, now: Timestamp, calendar: &dyn Calendar) -> Result<Option<ScheduleChange>> {
        if !self.is_paused {
            return Ok(None);
        }
        let mut then = Schedule { is_paused: false, ..self.clone() };
        if let Some(passed) = self.next_tick.filter(|tick| *tick < now)
            && !matches!(self.definition.rule, Rule::Once(_))
        {
            then.next_tick = first_tick(&self.definition, Some(passed), now, calendar)?;
            then.is_moved = false;
        }
        Ok(Some(self.becomes(then, now)))
    }

    /// Makes a job now, under this id, whatever its rule says; its ticks, and what the last of them made, stay as they
    /// are.
    pub fn trigger(&self, job: JobId, now: Timestamp) -> ScheduleChange {
        let mut change = self.becomes(self.clone(), now);
        change.jobs.push(self.job(job, now, Tick { schedule: self.id.clone(), at: now, missed: 0 }));
        change
    }

    /// Is due at this time next; its rule goes on from there.
    pub fn reschedule(&self, next: Timestamp, now: Timestamp) -> ScheduleChange {
        self.becomes(Schedule { next_tick: Some(next), is_moved: true, ..self.clone() }, now)
    }

    /// Is no more.
    pub fn remove(&self) -> ScheduleChange {
        ScheduleChange { id: self.id.clone(), seen: Some(self.changed_at), then: None, jobs: Vec::new() }
    }

    /// Its next tick is looked up again: the rules of its time zone may have changed since it was written. None if it
    /// stands as it is, or has come already.
    pub fn realign(&self, now: Timestamp, calendar: &dyn Calendar) -> Result<Option<ScheduleChange>> {
        let Some(next) = self.next_tick.filter(|tick| *tick > now) else { return Ok(None) };
        if self.is_moved || !matches!(self.definition.rule, Rule::Cron { .. }) {
            return Ok(None);
        }
        // Never back to a tick that was fired.
        let from = self.last_tick.map_or(now, |last| now.max(last + Duration::from_micros(1)));
        let found = first_tick(&self.definition, None, from, calendar)?;
        Ok((found != Some(next)).then(|| self.becomes(Schedule { next_tick: found, ..self.clone() }, now)))
    }

    fn becomes(&self, then: Schedule, now: Timestamp) -> ScheduleChange {
        ScheduleChange {
            id: self.id.clone(),
            seen: Some(self.changed_at),
            then: Some(Schedule { changed_at: self.changed_by(now), ..then }),
            jobs: Vec::new(),
        }
    }

    /// The `changed_at` of its next state.
    pub(super) fn changed_by(&self, now: Timestamp) -> Timestamp {
        now.max(self.changed_at + Duration::from_micros(1))
    }
}
