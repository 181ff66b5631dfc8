//! Cron expressions as people write them, and what is wrong with those that are none.

use croner::parser::{CronParser, Seconds, Year};
use jiff::civil;
use nuvom_core::{Error, ErrorKind, Result};

use crate::ticks::Civil;

/// The longest expression, in characters. Every minute of an hour, written out, takes 170.
pub const MAX_LENGTH: usize = 1_000;

/// The fields of an expression, seconds left out.
const FIELDS: [&str; 5] = ["minute", "hour", "day of the month", "month", "day of the week"];

/// An expression that can be followed: five fields, or six with seconds first.
#[derive(Debug, Clone)]
pub struct Cron {
    pub(crate) pattern: croner::Cron,
    /// Whether it names its times of day.
    pub(crate) is_fixed: bool,
}

impl Cron {
    /// Reads an expression. Names of months and days, ranges, steps, lists, `L`, `W`, `#` and the like of `@daily` are
    /// understood.
    ///
    /// # Errors
    ///
    /// `Invalid`, with the field that is to blame, if it cannot be understood or is never due.
    pub fn parse(expression: &str) -> Result<Self> {
        if expression.chars().count() > MAX_LENGTH {
            return Err(Error::new(ErrorKind::Invalid, "the cron expression is too long")
                .hint(format!("It may have {MAX_LENGTH} characters")));
        }
        let pattern = read(expression).map_err(|error| {
            Error::new(ErrorKind::Invalid, blame(expression, &error)).hint("For example: 0 9 * * MON-FRI")
        })?;
        let cron = Self { is_fixed: names_its_times(expression), pattern };
        // A leap day comes again after eight years at most, and croner gives up long after that.
        let start = Civil(civil::date(2000, 1, 1).at(0, 0, 0, 0));
        if cron.pattern.find_next_occurrence(&start, true).is_err() {
            let message = format!("the cron expression `{}` is never due", shown(expression));
            return Err(Error::new(ErrorKind::Invalid, message).hint("No month has such a day"));
        }
        Ok(cron)
    }
}

fn read(expression: &str) -> Result<croner::Cron, croner::errors::CronError> {
    let expression = expression.trim();
    // The only nickname of Debian's cron that croner does not know, but for `@reboot`, which is no time.
    let expression = if expression.eq_ignore_ascii_case("@midnight") { "@daily" } else { expression };
    let parser = CronParser::builder().seconds(Seconds::Optional).year(Year::Disallowed).build();
    parser.parse(expression)
}

fn names_its_times(expression: &str) -> bool {
    let fields: Vec<&str> = expression.split_whitespace().collect();
    match fields.len() {
        1 => !fields[0].eq_ignore_ascii_case("@hourly"),
        count => fields[..count - 3].iter().all(|field| !field.contains(['*', '?', '/'])),
    }
}

/// What is wrong with an expression, with the field that is to blame.
fn blame(expression: &str, error: &croner::errors::CronError) -> String {
    let mut fields: Vec<&str> = expression.split_whitespace().collect();
    let field = |name: &str, text: &str| {
        format!("the {name} `{}` of the cron expression cannot be understood", shown(text))
    };
    if fields.len() == 1 && fields[0].starts_with('@') {
        return format!(
            "there is no `{}`; there are @yearly, @monthly, @weekly, @daily and @hourly",
            shown(fields[0])
        );
    }
    if fields.len() == FIELDS.len() + 1 {
        if read(&format!("{} * * * * *", fields[0])).is_err() {
            return field("second", fields[0]);
        }
        fields.remove(0);
    }
    if fields.len() != FIELDS.len() {
        return format!(
            "a cron expression has five fields (minute, hour, day of the month, month, day of the week), or six with \
             the second first; `{}` has {}",
            shown(expression),
            fields.len()
        );
    }
    let is_bad = |place: usize| {
        let mut alone = ["*"; FIELDS.len()];
        alone[place] = fields[place];
        read(&alone.join(" ")).is_err()
    };
    match (0..FIELDS.len()).find(|place| is_bad(*place)) {
        Some(place) => field(FIELDS[place], fields[place]),
        None => format!("the cron expression `{}` cannot be understood: {error}", shown(expression)),
    }
}

/// Foreign text in a message: no line breaks and no more than a line of it.
fn shown(text: &str) -> String {
    const MOST: usize = 60;
    let cut: String = text.chars().take(MOST).collect();
    let more = if text.chars().nth(MOST).is_some() { "…" } else { "" };
    format!("{}{more}", cut.escape_debug())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_write_is_understood() {
        for good in [
            "* * * * *",
            "*/5 9-17 * * MON-FRI",
            "0 0 1,15 * *",
            "0 9 * JAN,JUL MON",
            "30 0 9 * * *",
            "0 0 L * *",
            "0 0 * * FRI#2",
            "0 0 15W * *",
            "  0 9 * * mon  ",
            "0 0 29 2 *",
            "@daily",
            "@midnight",
            "@hourly",
            "@Weekly",
        ] {
            assert!(Cron::parse(good).is_ok(), "{good}");
        }
    }

    #[test]
    fn the_field_to_blame_is_named() {
        let reason = |expression: &str| Cron::parse(expression).unwrap_err().to_string();

        assert!(reason("61 * * * *").contains("the minute `61`"));
        assert!(reason("* 25 * * *").contains("the hour `25`"));
        assert!(reason("0 0 32 * *").contains("the day of the month `32`"));
        assert!(reason("0 0 * 13 *").contains("the month `13`"));
        assert!(reason("0 0 * * XXX").contains("the day of the week `XXX`"));
        assert!(reason("*/0 * * * *").contains("the minute `*/0`"));
        assert!(reason("99 0 0 * * *").contains("the second `99`"));
        assert!(reason("0 0 * *").contains("has 4"));
        assert!(reason("0 0 * * * * 2030").contains("has 7"));
        assert!(reason("").contains("has 0"));
        assert!(reason("@reboot").contains("there is no `@reboot`"));
    }

    #[test]
    fn what_is_never_due_is_refused() {
        for never in ["0 0 30 2 *", "0 0 31 4,6,9,11 *", "0 0 0 31 2 *"] {
            assert!(Cron::parse(never).unwrap_err().to_string().contains("never due"), "{never}");
        }
    }

    #[test]
    fn a_hostile_expression_is_refused_in_a_short_line() {
        for hostile in ["*".repeat(10_000), "1,".repeat(400), "\u{1b}[31m * * * *".into(), "é".repeat(900)] {
            let told = Cron::parse(&hostile).unwrap_err().to_string();
            assert!(told.len() < 300 && !told.contains('\u{1b}'), "{told}");
        }
    }

    #[test]
    fn times_of_day_are_told_from_patterns() {
        let fixed = |expression: &str| Cron::parse(expression).unwrap().is_fixed;

        assert!(
            ["30 2 * * *", "0,30 2-4 * * *", "15 30 2 * * *", "@daily", "@yearly"].into_iter().all(fixed)
        );
        assert!(
            !["*/15 * * * *", "0 * * * *", "0 */2 * * *", "* 0 2 * * *", "@hourly"].into_iter().any(fixed)
        );
    }
}
