//! What a setting's value can be, how it is read from text, and how it is written.

use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

const SECONDS_PER_DAY: f64 = 86_400.0;
const UNITS: [(&str, u64); 3] = [("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30)];

/// The sort of a setting, with its range.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Kind {
    Text,
    Path,
    Seconds { least: f64, most: f64 },
    Days { least: f64, most: f64 },
    Count { least: u64, most: u64 },
    Bytes { least: u64, most: u64 },
    Choice(&'static [&'static str]),
}

/// A value that passed the checks of its kind.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value {
    Text(String),
    /// Absolute.
    Path(PathBuf),
    Seconds(Duration),
    Days(Duration),
    Count(u64),
    Bytes(u64),
    Choice(&'static str),
}

impl Kind {
    /// Reads a text; relative paths start at `root`. None if it is not what this kind expects.
    pub(super) fn parse(self, text: &str, root: &Path) -> Option<Value> {
        let text = text.trim();
        match self {
            Kind::Text => is_plain(text).then(|| Value::Text(text.to_owned())),
            // A shell would have replaced the tilde; here it would become a folder of that name.
            Kind::Path => (is_plain(text) && !text.starts_with('~')).then(|| Value::Path(root.join(text))),
            Kind::Seconds { least, most } => number(text, least, most)
                .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
                .map(Value::Seconds),
            Kind::Days { least, most } => number(text, least, most)
                .and_then(|days| Duration::try_from_secs_f64(days * SECONDS_PER_DAY).ok())
                .map(Value::Days),
            Kind::Count { least, most } => {
                text.parse().ok().filter(|count| (least..=most).contains(count)).map(Value::Count)
            }
            Kind::Bytes { least, most } => {
                bytes(text).filter(|bytes| (least..=most).contains(bytes)).map(Value::Bytes)
            }
            Kind::Choice(words) => {
                words.iter().find(|word| word.eq_ignore_ascii_case(text)).map(|word| Value::Choice(word))
            }
        }
    }

    /// The words among which one can choose, if it is that kind.
    pub(super) fn words(self) -> &'static [&'static str] {
        match self {
            Kind::Choice(words) => words,
            _ => &[],
        }
    }
}

/// What can be written, as the end of "expected …".
impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Kind::Text => f.write_str("a text"),
            Kind::Path => f.write_str("a path"),
            Kind::Seconds { least, most } => write!(f, "seconds from {least} to {most}"),
            Kind::Days { least, most } => write!(f, "days from {least} to {most}"),
            Kind::Count { least, most } => write!(f, "a whole number from {least} to {most}"),
            Kind::Bytes { least, most } => {
                write!(f, "bytes from {least} to {most}, such as 4096 or 2MiB")
            }
            Kind::Choice([only]) => f.write_str(only),
            Kind::Choice(words) => write!(f, "one of {}", words.join(", ")),
        }
    }
}

/// As a user could write it.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Text(text) => f.write_str(text),
            Value::Path(path) => path.display().fmt(f),
            Value::Seconds(span) => span.as_secs_f64().fmt(f),
            Value::Days(span) => (span.as_secs_f64() / SECONDS_PER_DAY).fmt(f),
            Value::Count(number) | Value::Bytes(number) => number.fmt(f),
            Value::Choice(word) => f.write_str(word),
        }
    }
}

fn is_plain(text: &str) -> bool {
    !text.is_empty() && !text.contains(char::is_control)
}

fn number(text: &str, least: f64, most: f64) -> Option<f64> {
    // The range also refuses what is not finite: no comparison with NaN holds.
    text.parse().ok().filter(|number| *number >= least && *number <= most)
}

fn bytes(text: &str) -> Option<u64> {
    let unit = UNITS.iter().find_map(|(unit, size)| Some((text.strip_suffix(unit)?.trim_end(), *size)));
    let (digits, size) = unit.unwrap_or((text, 1));
    digits.parse::<u64>().ok()?.checked_mul(size)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECONDS: Kind = Kind::Seconds { least: 0.1, most: 60.0 };
    const BYTES: Kind = Kind::Bytes { least: 64, most: 1 << 30 };

    fn parse(kind: Kind, text: &str) -> Option<Value> {
        kind.parse(text, Path::new("/project"))
    }

    #[test]
    fn seconds_may_have_a_fraction_and_must_lie_in_range() {
        assert_eq!(parse(SECONDS, " 0.5 "), Some(Value::Seconds(Duration::from_millis(500))));
        assert_eq!(parse(SECONDS, "0.05"), None);
        assert_eq!(parse(SECONDS, "61"), None);
        assert_eq!(parse(SECONDS, "ten"), None);
    }

    #[test]
    fn numbers_that_are_none_are_refused() {
        assert_eq!(parse(SECONDS, "nan"), None);
        assert_eq!(parse(SECONDS, "inf"), None);
    }

    #[test]
    fn a_count_is_whole() {
        let kind = Kind::Count { least: 1, most: 10 };

        assert_eq!(parse(kind, "4"), Some(Value::Count(4)));
        assert_eq!(parse(kind, "4.0"), None);
        assert_eq!(parse(kind, "-4"), None);
        assert_eq!(parse(kind, "11"), None);
    }

    #[test]
    fn bytes_may_have_a_unit() {
        assert_eq!(parse(BYTES, "4096"), Some(Value::Bytes(4096)));
        assert_eq!(parse(BYTES, "2 MiB"), Some(Value::Bytes(2 << 20)));
        assert_eq!(parse(BYTES, "99999999999999GiB"), None);
    }

    #[test]
    fn a_choice_is_found_in_any_case_of_letters() {
        let kind = Kind::Choice(&["DEBUG", "INFO"]);

        assert_eq!(parse(kind, "info"), Some(Value::Choice("INFO")));
        assert_eq!(parse(kind, "loud"), None);
    }

    #[test]
    fn a_relative_path_starts_at_the_root() {
        assert_eq!(parse(Kind::Path, "a/b.db"), Some(Value::Path("/project/a/b.db".into())));
        assert_eq!(parse(Kind::Path, "/b.db"), Some(Value::Path("/b.db".into())));
    }

    #[test]
    fn a_path_that_nobody_could_mean_is_refused() {
        assert_eq!(parse(Kind::Path, "~/b.db"), None);
        assert_eq!(parse(Kind::Path, ""), None);
        assert_eq!(parse(Kind::Path, "a\0b"), None);
    }

    #[test]
    fn a_value_is_written_so_that_it_reads_back() {
        assert_eq!(Value::Seconds(Duration::from_millis(2500)).to_string(), "2.5");
        assert_eq!(Value::Days(Duration::from_hours(36)).to_string(), "1.5");
        assert_eq!(Value::Seconds(Duration::from_secs(30)).to_string(), "30");
    }
}
