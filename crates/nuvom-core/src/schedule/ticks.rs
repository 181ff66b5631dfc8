//! Which ticks a schedule has: the first, those that are due, those to come.

use std::time::Duration;

use super::{Definition, Rule};
use crate::ports::Calendar;
use crate::{Error, ErrorKind, Result, Timestamp};

/// A tick that is fired later than this after its time was missed.
pub const LATE_AFTER: Duration = Duration::from_secs(10);

/// How many missed ticks `misfire="all"` makes good at most: the latest.
pub const MAX_CAUGHT_UP: usize = 100;

/// The shortest interval of a schedule. What has to happen more often is a loop, not a schedule.
pub const MIN_INTERVAL: Duration = Duration::from_millis(100);

/// How many ticks of a cron expression are counted. A count that large is told as it is, and means "or more".
const COUNTED: u64 = 100_000;

const INSTANT: Duration = Duration::from_micros(1);

/// The ticks that are due at some time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DueTicks {
    /// How many.
    pub count: u64,
    /// The latest of them, oldest first, at most [`MAX_CAUGHT_UP`].
    pub latest: Vec<Timestamp>,
    /// The first that is not due yet; none if there is none.
    pub next: Option<Timestamp>,
}

impl Definition {
    /// Refuses what can never be right.
    pub fn check(&self) -> Result<()> {
        if let Rule::Every(interval) = self.rule
            && interval < MIN_INTERVAL
        {
            return Err(Error::new(ErrorKind::Invalid, "the interval of a schedule is too short")
                .with("interval", format!("{} s", interval.as_secs_f64()))
                .hint(format!("The shortest is {} s", MIN_INTERVAL.as_secs_f64())));
        }
        if let (Some(start), Some(end)) = (self.starts_at, self.ends_at)
            && end < start
        {
            return Err(Error::new(ErrorKind::Invalid, "the schedule ends before it starts"));
        }
        Ok(())
    }

    /// The first tick after `tick`, which is one itself.
    fn after(&self, tick: Timestamp, calendar: &dyn Calendar) -> Result<Option<Timestamp>> {
        let next = match &self.rule {
            Rule::Once(_) => None,
            Rule::Every(interval) => Some(tick + *interval),
            Rule::Cron { expression, zone } => calendar.next(expression, zone, tick)?,
        };
        Ok(self.unless_ended(next))
    }

    fn unless_ended(&self, tick: Option<Timestamp>) -> Option<Timestamp> {
        tick.filter(|tick| self.ends_at.is_none_or(|end| *tick <= end))
    }
}

/// The first tick of a schedule that is written at `now`, by what is known of its ticks: `anchor` is one of them.
pub fn first_tick(
    definition: &Definition,
    anchor: Option<Timestamp>,
    now: Timestamp,
    calendar: &dyn Calendar,
) -> Result<Option<Timestamp>> {
    let from = definition.starts_at.map_or(now, |start| start.max(now));
    let first = match &definition.rule {
        Rule::Once(at) => Some(*at),
        Rule::Every(interval) => Some(match anchor.or(definition.starts_at) {
            Some(anchor) => on_grid(anchor, *interval, from),
            None => now + *interval,
        }),
        Rule::Cron { expression, zone } => calendar.next(expression, zone, from - INSTANT)?,
    };
    Ok(definition.unless_ended(first))
}

/// The first time not before `from` that is a whole number of intervals from `anchor`.
fn on_grid(anchor: Timestamp, interval: Duration, from: Timestamp) -> Timestamp {
    let step = micros(interval);
    let gap = from.as_micros().saturating_sub(anchor.as_micros());
    let steps = gap.div_euclid(step) + i64::from(gap.rem_euclid(step) > 0);
    Timestamp::from_micros(anchor.as_micros().saturating_add(steps.saturating_mul(step)))
}

/// The ticks from `first` to `now`; `first` is one of them and due.
pub fn due_ticks(
    definition: &Definition,
    first: Timestamp,
    now: Timestamp,
    calendar: &dyn Calendar,
) -> Result<DueTicks> {
    let last = definition.ends_at.map_or(now, |end| end.min(now));
    match &definition.rule {
        Rule::Once(_) => Ok(DueTicks { count: 1, latest: vec![first], next: None }),
        Rule::Every(interval) => Ok(by_interval(definition, first, *interval, last)),
        Rule::Cron { .. } => by_calendar(definition, first, last, calendar),
    }
}

fn by_interval(definition: &Definition, first: Timestamp, interval: Duration, last: Timestamp) -> DueTicks {
    let step = micros(interval);
    let count = last.as_micros().saturating_sub(first.as_micros()).max(0) / step + 1;
    let tick = |number: i64| Timestamp::from_micros(first.as_micros().saturating_add(number * step));
    let kept = count.min(i64::try_from(MAX_CAUGHT_UP).unwrap_or(i64::MAX));
    DueTicks {
        count: count.unsigned_abs(),
        latest: (count - kept..count).map(tick).collect(),
        next: definition.unless_ended(Some(tick(count))),
    }
}

fn by_calendar(
    definition: &Definition,
    first: Timestamp,
    last: Timestamp,
    calendar: &dyn Calendar,
) -> Result<DueTicks> {
    let (mut count, mut tick) = (1, first);
    while count < COUNTED {
        match definition.after(tick, calendar)? {
            Some(next) if next <= last => (count, tick) = (count + 1, next),
            next => {
                let latest = latest(definition, first, last, calendar)?;
                return Ok(DueTicks { count, latest, next });
            }
        }
    }
    let latest = latest(definition, first, last, calendar)?;
    let next = definition.after(latest.last().copied().unwrap_or(tick), calendar)?;
    Ok(DueTicks { count, latest, next })
}

/// The latest ticks up to `last`: looked for in a short time before it, and in longer ones until there are enough.
fn latest(
    definition: &Definition,
    first: Timestamp,
    last: Timestamp,
    calendar: &dyn Calendar,
) -> Result<Vec<Timestamp>> {
    let mut span = Duration::from_mins(2);
    loop {
        let start = (last - span).max(first);
        let mut found = if start == first { vec![first] } else { Vec::new() };
        let mut tick = start;
        while let Some(next) = definition.after(tick, calendar)?.filter(|next| *next <= last) {
            found.push(next);
            tick = next;
        }
        if found.len() >= MAX_CAUGHT_UP || start == first {
            return Ok(found.split_off(found.len().saturating_sub(MAX_CAUGHT_UP)));
        }
        span *= 8;
    }
}

/// The next `limit` ticks of a schedule whose next tick is `first`, this one included.
pub fn upcoming(
    definition: &Definition,
    first: Option<Timestamp>,
    limit: usize,
    calendar: &dyn Calendar,
) -> Result<Vec<Timestamp>> {
    let mut ticks = Vec::new();
    let mut next = first;
    while let Some(tick) = next.filter(|_| ticks.len() < limit) {
        ticks.push(tick);
        next = definition.after(tick, calendar)?;
    }
    Ok(ticks)
}

/// At least one, so that nothing divides by zero: shorter intervals are refused where they are written.
fn micros(interval: Duration) -> i64 {
    i64::try_from(interval.as_micros()).unwrap_or(i64::MAX).max(1)
}
