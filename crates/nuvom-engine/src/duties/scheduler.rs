//! Fires what is due. Any number of schedulers may do it at once; there is no leader. Between ticks it sleeps until the
//! next one, or until a schedule changes.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use nuvom_core::ports::{Agenda, Calendar, Committed, Stores};
use nuvom_core::{
    Clock, Error, ErrorKind, Event, EventSink, Fire, Overlap, Result, Schedule, ScheduleId, Timestamp, fire,
};

use crate::scheduler::SchedulerConfig;
use crate::service::Duty;

/// Schedules read at once where all are looked through.
const PAGE: usize = 500;

/// How often schedules that have run out are looked for.
const PRUNE: Duration = Duration::from_hours(1);

/// How long it leaves a store alone that failed.
const AFTER_FAILURE: Duration = Duration::from_secs(1);

/// Fires ticks.
pub struct Ticker {
    config: SchedulerConfig,
    stores: Stores,
    clock: Arc<dyn Clock>,
    calendar: Arc<dyn Calendar>,
    events: Arc<dyn EventSink>,
    is_aligned: bool,
    prune_at: Timestamp,
    /// Schedules that cannot be read, and were told of.
    unreadable: HashSet<ScheduleId>,
}

impl Ticker {
    /// A ticker that has looked at nothing yet.
    pub fn new(
        config: SchedulerConfig,
        stores: Stores,
        clock: Arc<dyn Clock>,
        calendar: Arc<dyn Calendar>,
        events: Arc<dyn EventSink>,
    ) -> Self {
        let (is_aligned, prune_at, unreadable) = (false, Timestamp::default(), HashSet::new());
        Self { config, stores, clock, calendar, events, is_aligned, prune_at, unreadable }
    }

    /// Fires what is due now, at most a batch; answers how long there is nothing to do.
    fn tick(&mut self) -> Result<Duration> {
        let started = self.clock.monotonic();
        let mut agenda = self.stores.schedules.agenda(self.config.batch)?;
        self.tell_of(std::mem::take(&mut agenda.unreadable));
        let mut next_tick = agenda.next_tick;
        if !agenda.due.is_empty() {
            let fired = self.fire(&agenda)?;
            next_tick = next_tick.into_iter().chain(fired).min();
        } else if agenda.now >= self.prune_at {
            self.prune(agenda.now)?;
            self.prune_at = agenda.now + PRUNE;
        }
        let until_next = next_tick.map_or(self.config.poll, |tick| tick.since(agenda.now));
        // What was done since the agenda was made is time that has passed already.
        let rest = until_next.saturating_sub(self.clock.monotonic().saturating_sub(started));
        Ok(rest.min(self.config.poll) + self.config.jitter.mul_f64(fastrand::f64()))
    }

    /// Fires these; answers the earliest tick that they have next.
    fn fire(&self, agenda: &Agenda) -> Result<Option<Timestamp>> {
        let is_running = self.running(&agenda.due)?;
        let (mut fires, mut broken) = (Vec::new(), Vec::new());
        for (schedule, is_running) in agenda.due.iter().zip(is_running) {
            match fire(schedule, agenda.now, is_running, &*self.calendar) {
                Ok(decided) => fires.extend(decided.map(|fire| (schedule, fire))),
                Err(error) => broken.push((schedule, error)),
            }
        }
        let mut changes: Vec<_> = fires.iter().map(|(_, fire)| fire.change.clone()).collect();
        // One that cannot be followed would be due again at once, and for ever.
        changes.extend(broken.iter().filter_map(|(schedule, _)| schedule.pause(agenda.now)));
        let committed = self.stores.schedules.commit(&changes)?;
        let done = |answer: &&Committed| **answer == Committed::Done;
        let mut events: Vec<Event> = fires
            .iter()
            .zip(&committed)
            .filter(|(_, answer)| done(answer))
            .map(|((schedule, fire), _)| fired(schedule, fire, agenda.now))
            .collect();
        events.extend(
            broken
                .into_iter()
                .zip(&committed[fires.len()..])
                .filter(|(_, answer)| done(answer))
                .map(|((schedule, error), _)| Event::ScheduleBroken { schedule: schedule.id.clone(), error }),
        );
        if !events.is_empty() {
            self.events.emit(events);
        }
        Ok(fires.iter().filter_map(|(_, fire)| fire.change.then.as_ref()?.next_tick).min())
    }

    /// Tells once of each schedule that cannot be read; it stays due, and is looked at again when this process starts anew.
    fn tell_of(&mut self, unreadable: Vec<(ScheduleId, String)>) {
        let news = unreadable.into_iter().filter(|(id, _)| self.unreadable.insert(id.clone()));
        let events: Vec<Event> = news
            .map(|(schedule, reason)| Event::ScheduleBroken {
                schedule,
                error: Error::new(ErrorKind::Corrupt, reason),
            })
            .collect();
        if !events.is_empty() {
            self.events.emit(events);
        }
    }

    /// Of which of these the last job has not ended, where that matters.
    fn running(&self, due: &[Schedule]) -> Result<Vec<bool>> {
        let matters =
            |schedule: &Schedule| schedule.last_job.filter(|_| schedule.definition.overlap == Overlap::Skip);
        let asked: Vec<_> = due.iter().filter_map(matters).collect();
        if asked.is_empty() {
            return Ok(vec![false; due.len()]);
        }
        let mut states = self.stores.inspect.states(&asked)?.into_iter();
        let is_running = |schedule| {
            matters(schedule).and_then(|_| states.next().flatten()).is_some_and(|state| !state.is_terminal())
        };
        Ok(due.iter().map(is_running).collect())
    }

    /// Looks up the next ticks again: the rules of a time zone may have changed since they were computed.
    fn align(&self) -> Result<()> {
        let now = self.stores.schedules.agenda(0)?.now;
        let mut after: Option<ScheduleId> = None;
        loop {
            let page = self.stores.schedules.list_schedules(after.as_ref(), PAGE)?;
            // One whose rule cannot be followed is told of when it is due.
            let realigned = page.iter().filter_map(|it| it.realign(now, &*self.calendar).ok().flatten());
            let changes: Vec<_> = realigned.collect();
            if !changes.is_empty() {
                self.stores.schedules.commit(&changes)?;
            }
            let Some(last) = page.last().filter(|_| page.len() == PAGE) else { return Ok(()) };
            after = Some(last.id.clone());
        }
    }

    /// Forgets schedules that ran out long ago.
    fn prune(&self, now: Timestamp) -> Result<()> {
        let before = now - self.config.keep_run_out;
        loop {
            let old = self.stores.schedules.run_out(before, PAGE)?;
            let removals: Vec<_> =
                old.iter().filter(|it| !it.definition.is_declared).map(Schedule::remove).collect();
            if removals.is_empty() {
                return Ok(());
            }
            self.stores.schedules.commit(&removals)?;
            if old.len() < PAGE {
                return Ok(());
            }
        }
    }
}

fn fired(schedule: &Schedule, fire: &Fire, now: Timestamp) -> Event {
    Event::TickFired {
        schedule: schedule.id.clone(),
        task: schedule.definition.task.clone(),
        queue: schedule.definition.queue.clone(),
        tick: fire.tick,
        jobs: fire.change.jobs.len(),
        missed: fire.missed,
        skipped: fire.skipped,
        late: now.since(fire.tick),
    }
}

impl Duty for Ticker {
    fn name(&self) -> &'static str {
        "scheduler"
    }

    fn run_once(&mut self) -> Duration {
        let mut ticked = Ok(());
        if !self.is_aligned {
            ticked = self.align();
            self.is_aligned = ticked.is_ok();
        }
        match ticked.and_then(|()| self.tick()) {
            Ok(rest) => rest,
            Err(error) => {
                self.events.emit(vec![Event::StoreFailed { duty: "scheduler", error }]);
                AFTER_FAILURE
            }
        }
    }
}
