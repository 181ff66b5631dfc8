//! From local times to ticks. Within a stretch during which the clock is not changed, local time is time plus an
//! offset, and an expression is searched in it as if there were no zones. The two kinds of expressions differ
//! only in where they enter a stretch: with what the clock shows then, or with what it has not shown before.

use jiff::tz::TimeZone;
use nuvom_core::Timestamp;

use crate::expression::{Cron, Kind};
use crate::stretch::{Seconds, Stretch, offset};

const MICROS: i64 = 1_000_000;

/// The year 1, and a day to spare for offsets: before it there is no time zone to speak of.
const EARLIEST: Seconds = -62_135_500_000;

/// More than any clock was ever turned by.
const MARGIN: Seconds = 2 * 86_400;

/// Why a tick is where it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// At a time that its day has once.
    Plain,
    /// At the first moment after a gap that holds the time that was meant.
    AfterGap,
    /// At a time that its day has twice, the first time.
    FirstPass,
    /// The second time.
    SecondPass,
}

impl Place {
    /// In words, for people; empty where there is nothing to say.
    pub fn as_str(self) -> &'static str {
        match self {
            Place::Plain => "",
            Place::AfterGap => "moved out of a gap",
            Place::FirstPass => "first of two passes",
            Place::SecondPass => "second of two passes",
        }
    }
}

pub(crate) fn next(cron: &Cron, zone: &TimeZone, after: Timestamp) -> Option<Timestamp> {
    let mut from = (after.as_micros().div_euclid(MICROS) + 1).max(EARLIEST);
    loop {
        let stretch = Stretch::of(zone, from)?;
        let local = match cron.kind() {
            Kind::FixedTimes => stretch.first_unseen(from),
            Kind::Elapsed => from + stretch.offset,
        };
        // A fixed time that the clock skips lies before the stretch, and is due when the stretch begins.
        let tick = (cron.next_local(local)? - stretch.offset).max(from);
        match stretch.end {
            // The clock changes before, so what it will show then is another question. All that it shows until
            // close to the tick has been looked at, unless the change is so near that it repeats what lies
            // before `from`.
            Some(end) if tick >= end => {
                let is_settled = end - from > MARGIN;
                from = if is_settled { end.max(tick - MARGIN) } else { end };
            }
            _ => return Some(Timestamp::from_micros(tick * MICROS)),
        }
    }
}

pub(crate) fn place(cron: &Cron, zone: &TimeZone, tick: Timestamp) -> Place {
    let at = tick.as_micros().div_euclid(MICROS);
    let Some(stretch) = Stretch::of(zone, at) else { return Place::Plain };
    let local = at + stretch.offset;
    let comes_again = || {
        let end = stretch.end?;
        Some(local >= end + offset(zone, end)?)
    };
    if !cron.says(local) {
        Place::AfterGap
    } else if stretch.repeats(local) {
        Place::SecondPass
    } else if comes_again() == Some(true) {
        Place::FirstPass
    } else {
        Place::Plain
    }
}
