//! A cron expression that has been understood.

use croner::parser::{CronParser, Seconds, Year};
use jiff::tz::TimeZone;
use nuvom_core::{Result, Timestamp};

use crate::grammar::{Parts, invalid, told};
use crate::local::{Local, LocalSeconds};
use crate::walk::{self, Place};

/// Beyond this no tick is looked for.
const LAST_YEAR: i32 = 4_999;

/// How the ticks of an expression follow the clock when it changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Second, minute and hour are told without `*` and `/`: times of day. Each has its tick once on each of its
    /// days: the first valid moment after a gap that it falls into, the first pass of an overlap.
    FixedTimes,
    /// Everything else follows time as it passes: there is a tick whenever the local clock shows what the
    /// expression says, in both passes of an overlap, and never in a gap.
    Elapsed,
}

/// A cron expression. It is due again and again: one that never comes due is refused.
#[derive(Debug, Clone)]
pub struct Cron {
    pattern: croner::Cron,
    kind: Kind,
}

impl Cron {
    /// Understands five fields (minute, hour, day of the month, month, day of the week), six with the second
    /// first, and nicknames such as `@daily`.
    ///
    /// # Errors
    ///
    /// `Invalid`, with the field and its columns where one is to blame, and with what to write instead.
    pub fn parse(expression: &str) -> Result<Self> {
        let parts = Parts::of(expression)?;
        let pattern = CronParser::builder()
            .seconds(Seconds::Required)
            .year(Year::Disallowed)
            .dom_and_dow(parts.days_by_both())
            .build()
            .parse(&parts.joined())
            .map_err(|error| {
                invalid(format!("the cron expression `{}` cannot be understood: {error}", told(expression)))
            })?;
        let kind = if parts.names_fixed_times() { Kind::FixedTimes } else { Kind::Elapsed };
        let cron = Self { pattern, kind };
        if cron.is_due_in_some_year() {
            return Ok(cron);
        }
        Err(invalid(format!("the cron expression `{}` is never due", told(expression)))
            .hint("None of its months has such a day"))
    }

    /// How its ticks follow changes of the clock.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// The first tick after `after`; none if there is none before the year 5000.
    ///
    /// Ticks are whole seconds. A tick at exactly `after` is not answered again.
    pub fn next(&self, zone: &TimeZone, after: Timestamp) -> Option<Timestamp> {
        walk::next(self, zone, after)
    }

    /// Why a tick of this expression is where it is.
    pub fn place(&self, zone: &TimeZone, tick: Timestamp) -> Place {
        walk::place(self, zone, tick)
    }

    /// The first local time not before `from` that the expression says.
    pub(crate) fn next_local(&self, from: LocalSeconds) -> Option<LocalSeconds> {
        self.search(from, LAST_YEAR)
    }

    /// Whether the expression says this local time.
    pub(crate) fn says(&self, local: LocalSeconds) -> bool {
        Local::from_seconds(local, LAST_YEAR)
            .is_some_and(|civil| self.pattern.is_time_matching(&civil).unwrap_or(false))
    }

    /// Years differ by whether they are leap years and by the day of the week on which they begin. The 28 from
    /// 2001 on are all the 14 sorts there are.
    fn is_due_in_some_year(&self) -> bool {
        const START_OF_2001: LocalSeconds = 978_307_200;
        self.search(START_OF_2001, 2028).is_some()
    }

    fn search(&self, from: LocalSeconds, last_year: i32) -> Option<LocalSeconds> {
        let from = Local::from_seconds(from, last_year)?;
        // All errors of a search say that it left the years it may look at.
        self.pattern.find_next_occurrence(&from, true).ok()?.seconds()
    }
}
