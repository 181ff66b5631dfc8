//! Local time without a zone, as croner walks through it. Zones are no business of the walk: see `walk.rs`.

use std::cmp::Ordering;

use croner::errors::CronError;
use croner::{CivilDate, CivilDateTime, CivilTime, CronDateTime, Resolution, Weekday};
use jiff::Timestamp;
use jiff::tz::Offset;

/// Seconds that a local clock shows, counted from when it showed the first second of 1970.
pub(crate) type LocalSeconds = i64;

const DAY: i64 = 86_400;

/// A local time that exists once, whatever the zones of the world make of it; up to a year that ends a search.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Local {
    civil: CivilDateTime,
    last_year: i32,
}

impl Local {
    /// None outside the years that can be told, about 1 to 9999.
    pub(crate) fn from_seconds(seconds: LocalSeconds, last_year: i32) -> Option<Self> {
        let shown = Offset::UTC.to_datetime(Timestamp::from_second(seconds).ok()?);
        let date = CivilDate::from_ymd_opt(
            i32::from(shown.year()),
            u32::try_from(shown.month()).ok()?,
            u32::try_from(shown.day()).ok()?,
        )?;
        let of_day = u32::try_from(seconds.rem_euclid(DAY)).ok()?;
        let time = CivilTime::from_hms_opt(of_day / 3600, of_day % 3600 / 60, of_day % 60)?;
        Some(Self { civil: CivilDateTime::new(date, time), last_year })
    }

    pub(crate) fn seconds(&self) -> Option<LocalSeconds> {
        let part = |value: u32| i8::try_from(value).ok();
        let (civil, time) = (self.civil, self.civil.time());
        let date = jiff::civil::Date::new(
            i16::try_from(civil.year()).ok()?,
            part(civil.month())?,
            part(civil.day())?,
        )
        .ok()?;
        let time = date.at(part(time.hour())?, part(time.minute())?, part(time.second())?, 0);
        Some(Offset::UTC.to_timestamp(time).ok()?.as_second())
    }
}

impl CronDateTime for Local {
    fn to_civil(&self) -> CivilDateTime {
        self.civil
    }

    fn civil_weekday(&self) -> Weekday {
        // The first day of 1970 was a Thursday, the fourth from Sunday.
        let days = self.seconds().unwrap_or(0).div_euclid(DAY);
        Weekday::from_days_from_sunday(u32::try_from((days + 4).rem_euclid(7)).unwrap_or(0))
    }

    fn resolve_civil(&self, civil: CivilDateTime) -> Result<Resolution<Self>, CronError> {
        if civil.year() > self.last_year {
            return Err(CronError::TimeSearchLimitExceeded);
        }
        Ok(Resolution::Single(Self { civil, ..*self }))
    }

    fn checked_add_seconds(&self, seconds: i64) -> Option<Self> {
        Self::from_seconds(self.seconds()?.checked_add(seconds)?, self.last_year)
    }

    fn cmp_instant(&self, other: &Self) -> Ordering {
        self.civil.cmp(&other.civil)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_local_time_survives_the_way_there_and_back() {
        for seconds in [0, 1, -1, 951_782_399, 1_709_251_199, 4_102_444_800, -62_135_596_800] {
            let civil = Local::from_seconds(seconds, 5000).unwrap();

            assert_eq!(civil.seconds(), Some(seconds));
        }
    }

    #[test]
    fn days_of_the_week_are_those_of_the_calendar() {
        let day = |seconds| Local::from_seconds(seconds, 5000).unwrap().civil_weekday();

        assert_eq!(day(0), Weekday::Thursday);
        assert_eq!(day(-1), Weekday::Wednesday);
        assert_eq!(day(951_782_400), Weekday::Tuesday, "the leap day of 2000");
    }
}
