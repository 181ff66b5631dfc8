//! Times as people and programs read them: programs in UTC, people in their zone, with the distance from now beside it.

use std::time::Duration;

use jiff::tz::TimeZone;
use nuvom_core::Timestamp;

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// Now, and the zone in which the user reads times.
#[derive(Debug, Clone)]
pub(crate) struct Here {
    /// The time by which ages are told.
    pub(crate) now: Timestamp,
    /// The user's zone.
    pub(crate) zone: TimeZone,
}

impl Here {
    /// `2026-01-01 01:00:00 +01:00`, and `2026-01-01 00:00:00Z` where the clocks show UTC.
    pub(crate) fn at(&self, time: Timestamp) -> String {
        if offset(time, &self.zone) == Some(0) { utc(time) } else { local(time, &self.zone) }
    }

    /// `3 s ago` or `in 5 min`.
    pub(crate) fn age(&self, time: Timestamp) -> String {
        age(time, self.now)
    }

    /// `2026-01-01 01:00:00 +01:00 (3 s ago)`.
    pub(crate) fn with_age(&self, time: Timestamp) -> String {
        format!("{} ({})", self.at(time), self.age(time))
    }
}

/// `2026-01-01 00:00:00Z`.
pub(crate) fn utc(time: Timestamp) -> String {
    formatted(time, "%Y-%m-%d %H:%M:%SZ")
}

/// `2026-01-01 01:00:00 +01:00`: what a clock in this zone shows, with its distance from UTC.
pub(crate) fn local(time: Timestamp, zone: &TimeZone) -> String {
    let (Ok(moment), Some(offset)) =
        (jiff::Timestamp::from_microsecond(time.as_micros()), offset(time, zone))
    else {
        return utc(time);
    };
    let (sign, minutes) = (if offset < 0 { '-' } else { '+' }, offset.unsigned_abs() / 60);
    let shown = zone.to_datetime(moment).strftime("%Y-%m-%d %H:%M:%S").to_string();
    format!("{shown} {sign}{:02}:{:02}", minutes / 60, minutes % 60)
}

/// How far the clocks of a zone are from UTC then, in seconds; none at a time that no calendar reaches.
fn offset(time: Timestamp, zone: &TimeZone) -> Option<i32> {
    let moment = jiff::Timestamp::from_microsecond(time.as_micros()).ok()?;
    Some(zone.to_offset(moment).seconds())
}

/// `2026-01-01T00:00:00.000000Z`, for programs.
pub(crate) fn iso(time: Timestamp) -> String {
    formatted(time, "%Y-%m-%dT%H:%M:%S.%6fZ")
}

/// `3 s ago` or `in 5 min`.
pub(crate) fn age(time: Timestamp, now: Timestamp) -> String {
    if time > now {
        format!("in {}", coarse(time.since(now)))
    } else {
        format!("{} ago", coarse(now.since(time)))
    }
}

/// `3 s`: how long it has been.
pub(crate) fn elapsed(time: Timestamp, now: Timestamp) -> String {
    coarse(now.since(time))
}

/// `120 ms`, `1.5 s`, or a coarser unit.
pub(crate) fn span(span: Duration) -> String {
    match span.as_secs() {
        0 => format!("{} ms", span.as_millis()),
        1..MINUTE => format!("{} s", (span.as_secs_f64() * 10.0).round() / 10.0),
        _ => coarse(span),
    }
}

fn coarse(span: Duration) -> String {
    match span.as_secs() {
        secs @ 0..MINUTE => format!("{secs} s"),
        secs @ MINUTE..HOUR => format!("{} min", secs / MINUTE),
        secs @ HOUR..DAY => format!("{} h", secs / HOUR),
        secs => format!("{} d", secs / DAY),
    }
}

/// A time that no calendar reaches is shown as the number that it is.
fn formatted(time: Timestamp, format: &str) -> String {
    match jiff::Timestamp::from_microsecond(time.as_micros()) {
        Ok(moment) => moment.strftime(format).to_string(),
        Err(_) => format!("{} µs after 1970", time.as_micros()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Timestamp = Timestamp::from_micros(1_767_225_600_000_000);

    fn here(zone: &str) -> Here {
        Here { now: START + Duration::from_secs(3), zone: TimeZone::get(zone).unwrap() }
    }

    #[test]
    fn a_time_is_shown_as_the_clocks_of_the_user_do_with_its_age() {
        assert_eq!(here("Asia/Kolkata").with_age(START), "2026-01-01 05:30:00 +05:30 (3 s ago)");
        assert_eq!(here("America/New_York").with_age(START), "2025-12-31 19:00:00 -05:00 (3 s ago)");
    }

    #[test]
    fn clocks_that_show_utc_are_told_as_such() {
        assert_eq!(here("UTC").with_age(START), "2026-01-01 00:00:00Z (3 s ago)");
        assert_eq!(here("Europe/London").at(START), "2026-01-01 00:00:00Z");
    }

    #[test]
    fn each_time_has_the_distance_that_it_had_then() {
        let summer = START + Duration::from_hours(24 * 200);

        assert_eq!(here("Europe/Berlin").at(START), "2026-01-01 01:00:00 +01:00");
        assert_eq!(here("Europe/Berlin").at(summer), "2026-07-20 02:00:00 +02:00");
    }

    #[test]
    fn a_time_to_come_is_shown_as_such() {
        assert_eq!(age(START + Duration::from_mins(7), START), "in 7 min");
    }

    #[test]
    fn programs_get_every_microsecond() {
        assert_eq!(iso(Timestamp::from_micros(1_767_225_600_000_042)), "2026-01-01T00:00:00.000042Z");
    }

    #[test]
    fn a_span_has_the_unit_that_suits_it() {
        assert_eq!(span(Duration::from_millis(120)), "120 ms");
        assert_eq!(span(Duration::from_millis(1_540)), "1.5 s");
        assert_eq!(span(Duration::from_hours(50)), "2 d");
    }

    #[test]
    fn a_time_beyond_all_calendars_is_no_failure() {
        let never = Timestamp::from_micros(i64::MAX);

        assert_eq!(utc(never), "9223372036854775807 µs after 1970");
        assert_eq!(here("Europe/Berlin").at(never), "9223372036854775807 µs after 1970");
    }
}
