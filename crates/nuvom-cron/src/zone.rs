//! Time zones by name. Their data comes with the program, so that every machine of a project follows the same rules.

use jiff::civil::DateTime;
use jiff::tz::{TimeZone, TimeZoneDatabase};
use nuvom_core::{Error, ErrorKind, Result, Timestamp, nearest};

use crate::ticks::first_moment;

/// The zone of this IANA name.
///
/// # Errors
///
/// `Invalid`, with the name that may have been meant, if there is none.
pub fn zone(name: &str) -> Result<TimeZone> {
    let bundled = TimeZoneDatabase::bundled();
    bundled.get(name).map_err(|_| {
        let shown: String = name.chars().take(60).collect();
        let error =
            Error::new(ErrorKind::Invalid, format!("there is no time zone `{}`", shown.escape_debug()));
        let known: Vec<String> = bundled.available().map(|name| name.as_str().to_owned()).collect();
        match nearest(&shown, known.iter().map(String::as_str)) {
            Some(meant) => error.hint(format!("Did you mean {meant}?")),
            None => error.hint("Names look like Europe/Berlin or UTC"),
        }
    })
}

/// The moment at which a clock in this zone shows this time, such as `2026-03-29T02:30`: the first one where there are two,
/// and the first after it where there is none.
///
/// # Errors
///
/// `Invalid` if this is no time or the zone is not known.
pub fn civil(time: &str, name: &str) -> Result<Timestamp> {
    let zone = zone(name)?;
    let time: DateTime = time.parse().map_err(|error: jiff::Error| {
        Error::new(ErrorKind::Invalid, format!("`{}` is no date and time", time.escape_debug()))
            .caused_by(error)
            .hint("They look like 2026-03-29T02:30")
    })?;
    let moment = first_moment(&zone, time)
        .ok_or_else(|| Error::new(ErrorKind::Invalid, "the time is out of range").with("time", time))?;
    Ok(Timestamp::from_micros(moment.as_microsecond()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_zone_is_told_with_the_one_that_was_meant() {
        assert!(zone("Europe/Berlin").is_ok() && zone("UTC").is_ok());
        assert_eq!(zone("Europe/Berln").unwrap_err().next_step(), Some("Did you mean Europe/Berlin?"));
        assert!(zone("../../etc/passwd").is_err() && zone("").is_err());
    }

    #[test]
    fn a_time_on_the_wall_is_the_first_moment_at_which_it_is_shown_or_over() {
        let utc = |text: &str| civil(text, "UTC").unwrap();
        let berlin = |text: &str| civil(text, "Europe/Berlin").unwrap();

        assert_eq!(berlin("2026-07-01T12:00"), utc("2026-07-01T10:00"));
        assert_eq!(berlin("2026-03-29T02:30"), utc("2026-03-29T01:00"));
        assert_eq!(berlin("2026-10-25T02:30"), utc("2026-10-25T00:30"));
        assert_eq!(civil("2011-12-30T12:00", "Pacific/Apia").unwrap(), utc("2011-12-30T10:00"));
        assert!(civil("2026-02-30T00:00", "UTC").is_err() && civil("tomorrow", "UTC").is_err());
    }
}
