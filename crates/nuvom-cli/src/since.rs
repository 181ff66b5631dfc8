//! Times as people say them: how long ago, or a date.

use std::str::FromStr;
use std::time::Duration;

use jiff::civil::DateTime;
use nuvom_core::{Error, ErrorKind, Result, Timestamp};

use crate::moments::Here;

/// A time as somebody said it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Since {
    /// So long ago.
    Ago(Duration),
    /// Then.
    At(Timestamp),
    /// When the user's clocks show this.
    Shown(DateTime),
}

impl Since {
    /// The time meant; of a time that the clocks show twice, or leave out, as schedules take it.
    pub(crate) fn at(self, here: &Here) -> Timestamp {
        match self {
            Since::Ago(span) => here.now - span,
            Since::At(time) => time,
            Since::Shown(time) => nuvom_cron::first_moment(&here.zone, time).map_or(NEVER, at),
        }
    }
}

/// Beyond what can be counted lies no job.
const NEVER: Timestamp = Timestamp::from_micros(i64::MAX);

fn at(time: jiff::Timestamp) -> Timestamp {
    Timestamp::from_micros(time.as_microsecond())
}

impl FromStr for Since {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        if let Some(span) = span(text) {
            return Ok(Since::Ago(span));
        }
        // As a listing shows it, with a space before the distance from UTC.
        let text_of_time = text.replace(" +", "+").replace(" -", "-");
        if let Ok(time) = text_of_time.parse() {
            return Ok(Since::At(at(time)));
        }
        text.parse().map(Since::Shown).map_err(|_| {
            Error::new(ErrorKind::Invalid, format!("`{}` is no time", text.escape_debug())).hint(
                "Say how long ago, as 90s, 30m, 2h, 3d or 1w, or when, as 2026-03-29, 2026-03-29T14:30 (in your zone) or \
                 2026-03-29T14:30Z",
            )
        })
    }
}

fn span(text: &str) -> Option<Duration> {
    let unit = match text.chars().last()? {
        's' => 1,
        'm' => 60,
        'h' => 3_600,
        'd' => 86_400,
        'w' => 7 * 86_400,
        _ => return None,
    };
    let count: u64 = text[..text.len() - 1].parse().ok()?;
    Some(Duration::from_secs(count.checked_mul(unit)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_micros(1_767_225_600_000_000);

    fn at(text: &str, zone: &str) -> Timestamp {
        let zone = jiff::tz::TimeZone::get(zone).unwrap();
        text.parse::<Since>().unwrap().at(&Here { now: NOW, zone })
    }

    #[test]
    fn a_time_is_so_long_ago_or_a_date() {
        assert_eq!(at("2h", "UTC"), NOW - Duration::from_hours(2));
        assert_eq!(at("1w", "UTC"), NOW - Duration::from_hours(7 * 24));
        assert_eq!(at("2025-12-31", "UTC"), NOW - Duration::from_hours(24));
        assert_eq!(at("2025-12-31 23:30", "UTC"), NOW - Duration::from_mins(30));
        assert_eq!(at("2025-12-31T23:30:00Z", "UTC"), NOW - Duration::from_mins(30));
    }

    #[test]
    fn a_time_without_a_zone_is_what_the_clocks_of_the_user_show() {
        assert_eq!(at("2026-01-01 01:00", "Europe/Berlin"), NOW);
        assert_eq!(at("2026-01-01", "Europe/Berlin"), NOW - Duration::from_hours(1));
        assert_eq!(at("2026-01-01T00:00Z", "Europe/Berlin"), NOW);
        assert_eq!(at("2025-12-31T19:00-05:00", "Europe/Berlin"), NOW);
    }

    #[test]
    fn a_time_can_be_said_as_listings_show_it() {
        assert_eq!(at("2026-01-01 05:30:00 +05:30", "UTC"), NOW);
        assert_eq!(at("2025-12-31 19:00:00 -05:00", "UTC"), NOW);
        assert_eq!(at("2026-01-01 00:00:00Z", "Europe/Berlin"), NOW);
    }

    #[test]
    fn where_clocks_are_changed_the_first_moment_is_meant() {
        let utc = |text| at(text, "UTC");

        assert_eq!(at("2026-10-25 02:30", "Europe/Berlin"), utc("2026-10-25T00:30Z"));
        assert_eq!(at("2026-03-29 02:30", "Europe/Berlin"), utc("2026-03-29T01:00Z"));
    }

    #[test]
    fn what_is_no_time_is_refused_with_how_one_looks() {
        for bad in ["", "yesterday", "2h30m", "-1h", "2026-02-30", "5"] {
            assert!(bad.parse::<Since>().unwrap_err().next_step().unwrap().contains("2h"), "{bad}");
        }
    }
}
