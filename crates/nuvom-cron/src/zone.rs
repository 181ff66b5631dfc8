//! Time zones by name, and local times in them. Their data comes with the program, so that every machine of a project
//! follows the same rules.

use std::sync::LazyLock;

use jiff::SignedDuration;
use jiff::civil::DateTime;
use jiff::tz::{AmbiguousOffset, TimeZone, TimeZoneDatabase};
use nuvom_core::{Error, ErrorKind, Result, Timestamp, nearest};

use crate::grammar::{invalid, told};

/// No name is longer; what is gets no search for the nearest.
const MAX_NAME_LENGTH: usize = 64;

static DATA: LazyLock<TimeZoneDatabase> = LazyLock::new(TimeZoneDatabase::bundled);

/// The zone of this IANA name, as the database spells it.
///
/// # Errors
///
/// `Invalid`, with the name that may have been meant, if there is none.
pub fn zone(name: &str) -> Result<TimeZone> {
    let found = if name.len() <= MAX_NAME_LENGTH { DATA.get(name).ok() } else { None };
    // The database takes any case; other programs that read the same name may not.
    if let Some(zone) = found.filter(|zone| zone.iana_name() == Some(name) && !zone.is_unknown()) {
        return Ok(zone);
    }
    let error = invalid(format!("there is no time zone `{}`", told(name)));
    Err(match nearest_name(name) {
        Some(meant) => error.hint(format!("Did you mean {meant}?")),
        None => error.hint("Names look like Europe/Berlin or UTC"),
    })
}

fn nearest_name(name: &str) -> Option<String> {
    if name.len() > MAX_NAME_LENGTH {
        return None;
    }
    let names: Vec<String> = DATA.available().map(|name| name.as_str().to_owned()).collect();
    nearest(name, names.iter().map(String::as_str)).map(str::to_owned)
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

/// The first moment at which a clock in this zone shows this time, or has passed it.
pub fn first_moment(zone: &TimeZone, time: DateTime) -> Option<jiff::Timestamp> {
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
