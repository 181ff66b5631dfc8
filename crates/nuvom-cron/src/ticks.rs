//! The next time at which an expression is due.

use std::cmp::Ordering;

use croner::errors::CronError;
use croner::{CivilDateTime, CronDateTime, Resolution, Weekday};
use jiff::civil::DateTime;
use jiff::tz::{AmbiguousOffset, Offset, TimeZone};
use jiff::{SignedDuration, Timestamp as Instant};
use nuvom_core::Timestamp;

use crate::expression::Cron;

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

impl Cron {
    /// The first time after `after` at which it is due in `zone`; none if that is beyond the year 5000.
    pub fn next(&self, zone: &TimeZone, after: Timestamp) -> Option<Timestamp> {
        let after = instant(after)?;
        let next = if self.is_fixed { self.next_fixed(zone, after) } else { self.next_elapsed(zone, after) };
        next.map(|next| Timestamp::from_micros(next.as_microsecond()))
    }

    /// Through the times on the wall, each mapped to a moment.
    fn next_fixed(&self, zone: &TimeZone, after: Instant) -> Option<Instant> {
        let mut time = Civil(zone.to_datetime(after));
        loop {
            time = self.pattern.find_next_occurrence(&time, false).ok()?;
            // A time that a day has twice is over after its first pass, so what follows may lie before `after`.
            let moment = first_moment(zone, time.0)?;
            if moment > after {
                return Some(moment);
            }
        }
    }

    /// Through the moments, by what a clock on the wall shows then.
    fn next_elapsed(&self, zone: &TimeZone, after: Instant) -> Option<Instant> {
        let start = Local { moment: after, zone };
        Some(self.pattern.find_next_occurrence(&start, false).ok()?.moment)
    }

    /// Why a tick of this expression is where it is.
    pub fn place(&self, zone: &TimeZone, tick: Timestamp) -> Place {
        let Some(moment) = instant(tick) else { return Place::Plain };
        let time = zone.to_datetime(moment);
        if self.is_fixed && self.pattern.is_time_matching(&Civil(time)).is_ok_and(|matches| !matches) {
            return Place::AfterGap;
        }
        match zone.to_ambiguous_timestamp(time).offset() {
            AmbiguousOffset::Fold { before, .. } if zone.to_offset(moment) == before => Place::FirstPass,
            AmbiguousOffset::Fold { .. } => Place::SecondPass,
            _ => Place::Plain,
        }
    }
}

fn instant(time: Timestamp) -> Option<Instant> {
    Instant::from_microsecond(time.as_micros()).ok()
}

/// The first moment at which a clock in this zone shows this time, or has passed it.
pub(crate) fn first_moment(zone: &TimeZone, time: DateTime) -> Option<Instant> {
    let ambiguous = zone.to_ambiguous_timestamp(time);
    match ambiguous.offset() {
        AmbiguousOffset::Unambiguous { .. } | AmbiguousOffset::Fold { .. } => ambiguous.earlier().ok(),
        // With the offset from before the gap, the time lies as far behind the gap's end as it lies in the gap.
        AmbiguousOffset::Gap { before, .. } => {
            let beyond = before.to_timestamp(time).ok()?;
            let end = zone.preceding(beyond.checked_add(SignedDuration::from_nanos(1)).ok()?).next()?;
            Some(end.timestamp())
        }
    }
}

/// A time on the wall, without a zone.
#[derive(Debug, Clone)]
pub(crate) struct Civil(pub(crate) DateTime);

/// A moment, with what a clock on the wall shows then.
#[derive(Debug, Clone)]
struct Local<'a> {
    moment: Instant,
    zone: &'a TimeZone,
}

fn to_civil(time: DateTime) -> CivilDateTime {
    let number = |value: i8| u32::from(value.unsigned_abs());
    let (year, month, day) = (i32::from(time.year()), number(time.month()), number(time.day()));
    let (hour, minute, second) = (number(time.hour()), number(time.minute()), number(time.second()));
    let time = CivilDateTime::from_ymd_hms_opt(year, month, day, hour, minute, second);
    time.expect("both crates have the same days and hours")
}

fn from_civil(time: CivilDateTime) -> Result<DateTime, CronError> {
    let year = i16::try_from(time.year()).map_err(|_| CronError::InvalidDate)?;
    let number = |value: u32| i8::try_from(value).map_err(|_| CronError::InvalidDate);
    DateTime::new(
        year,
        number(time.month())?,
        number(time.day())?,
        number(time.hour())?,
        number(time.minute())?,
        number(time.second())?,
        0,
    )
    .map_err(|_| CronError::InvalidDate)
}

fn weekday(day: jiff::civil::Weekday) -> Weekday {
    Weekday::from_days_from_sunday(u32::from(day.to_sunday_zero_offset().unsigned_abs()))
}

impl CronDateTime for Civil {
    fn to_civil(&self) -> CivilDateTime {
        to_civil(self.0)
    }

    fn civil_weekday(&self) -> Weekday {
        weekday(self.0.weekday())
    }

    fn resolve_civil(&self, civil: CivilDateTime) -> Result<Resolution<Self>, CronError> {
        Ok(Resolution::Single(Self(from_civil(civil)?)))
    }

    fn checked_add_seconds(&self, seconds: i64) -> Option<Self> {
        self.0.checked_add(SignedDuration::from_secs(seconds)).ok().map(Self)
    }

    fn cmp_instant(&self, other: &Self) -> Ordering {
        self.0.cmp(&other.0)
    }
}

impl CronDateTime for Local<'_> {
    fn to_civil(&self) -> CivilDateTime {
        to_civil(self.zone.to_datetime(self.moment))
    }

    fn civil_weekday(&self) -> Weekday {
        weekday(self.zone.to_datetime(self.moment).weekday())
    }

    fn resolve_civil(&self, civil: CivilDateTime) -> Result<Resolution<Self>, CronError> {
        let time = from_civil(civil)?;
        let at = |offset: Offset| {
            let moment = offset.to_timestamp(time).map_err(|_| CronError::InvalidTime)?;
            Ok::<_, CronError>(Self { moment, zone: self.zone })
        };
        Ok(match self.zone.to_ambiguous_timestamp(time).offset() {
            AmbiguousOffset::Unambiguous { offset } => Resolution::Single(at(offset)?),
            AmbiguousOffset::Fold { before, after } => Resolution::Ambiguous(at(before)?, at(after)?),
            AmbiguousOffset::Gap { .. } => Resolution::Gap,
        })
    }

    fn checked_add_seconds(&self, seconds: i64) -> Option<Self> {
        let moment = self.moment.checked_add(SignedDuration::from_secs(seconds)).ok()?;
        Some(Self { moment, zone: self.zone })
    }

    fn cmp_instant(&self, other: &Self) -> Ordering {
        self.moment.cmp(&other.moment)
    }
}
