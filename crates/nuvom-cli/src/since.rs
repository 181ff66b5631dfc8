//! Times as people say them: how long ago, or a date.

use std::str::FromStr;
use std::time::Duration;

use nuvom_core::{Error, ErrorKind, Result, Timestamp};

/// A time in the past.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Since {
    /// So long ago.
    Ago(Duration),
    /// Then.
    At(Timestamp),
}

impl Since {
    /// The time meant.
    pub(crate) fn at(self, now: Timestamp) -> Timestamp {
        match self {
            Since::Ago(span) => now - span,
            Since::At(time) => time,
        }
    }
}

impl FromStr for Since {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        if let Some(span) = span(text) {
            return Ok(Since::Ago(span));
        }
        let date =
            if text.contains(['T', ' ']) { text.replacen(' ', "T", 1) } else { format!("{text}T00:00") };
        nuvom_cron::civil(date.trim_end_matches('Z'), "UTC").map(Since::At).map_err(|_| {
            Error::new(ErrorKind::Invalid, format!("`{}` is no time", text.escape_debug()))
                .hint("Say how long ago, as 90s, 30m, 2h, 3d or 1w, or when, as 2026-03-29 or 2026-03-29T14:30 (UTC)")
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

    #[test]
    fn a_time_is_so_long_ago_or_a_date() {
        let at = |text: &str| text.parse::<Since>().unwrap().at(NOW);

        assert_eq!(at("2h"), NOW - Duration::from_hours(2));
        assert_eq!(at("1w"), NOW - Duration::from_hours(7 * 24));
        assert_eq!(at("2025-12-31"), NOW - Duration::from_hours(24));
        assert_eq!(at("2025-12-31 23:30"), NOW - Duration::from_mins(30));
        assert_eq!(at("2025-12-31T23:30:00Z"), NOW - Duration::from_mins(30));
    }

    #[test]
    fn what_is_no_time_is_refused_with_how_one_looks() {
        for bad in ["", "yesterday", "2h30m", "-1h", "2026-02-30", "5"] {
            assert!(bad.parse::<Since>().unwrap_err().next_step().unwrap().contains("2h"), "{bad}");
        }
    }
}
