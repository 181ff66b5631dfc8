//! What `.schedule` is told about times.

use std::str::FromStr;

use super::Checker;
use super::rules::Rule;
use crate::linking::File;
use crate::reading::{Argument, Shape, Span};

/// The ways to say when, of which a schedule has one.
const WAYS: &[&str] = &["at", "in_", "interval", "cron"];

/// The fields of a cron expression, seconds left out.
const FIELDS: [&str; 5] = ["minute", "hour", "day of the month", "month", "day of the week"];

impl<'f> Checker<'_, 'f> {
    pub(super) fn check_schedule(&mut self, file: &'f File, span: Span, own: &[&Argument], is_open: bool) {
        let given = |name: &str| own.iter().find(|argument| argument.name() == Some(name)).copied();
        let ways: Vec<&str> = WAYS
            .iter()
            .copied()
            .filter(|way| given(way).is_some_and(|it| !matches!(it.shape, Shape::None)))
            .collect();
        match &*ways {
            [] if !is_open => {
                let message = "a schedule needs one of `at`, `in_`, `interval` and `cron`".to_owned();
                self.report(file, span, Rule::ScheduleKind, message);
            }
            [] | [_] => {}
            several => {
                let several = several.join("`, `");
                let message =
                    format!("a schedule takes one of `at`, `in_`, `interval` and `cron`, not `{several}`");
                self.report(file, span, Rule::ScheduleKind, message);
            }
        }
        if let Some(argument) = given("interval") {
            let is_bad = match argument.shape.number() {
                Some(seconds) => seconds <= 0.0,
                None => matches!(argument.shape, Shape::Text(_) | Shape::Bool(_) | Shape::Bytes),
            };
            if is_bad {
                let message = "`interval` is a number of seconds above 0, or a timedelta".to_owned();
                self.report(file, argument.span, Rule::BadInterval, message);
            }
        }
        if let Some(Argument { shape: Shape::Text(expression), span, .. }) = given("cron")
            && let Some(reason) = cron_error(expression)
        {
            self.report(file, *span, Rule::InvalidCron, reason);
        }
        if let Some(Argument { shape: Shape::Text(zone), span, .. }) = given("timezone_name")
            && jiff::tz::db().get(zone).is_err()
        {
            let message = format!("there is no time zone `{zone}`; names look like `Europe/Berlin` or `UTC`");
            self.report(file, *span, Rule::UnknownZone, message);
        }
    }
}

/// Why a cron expression cannot be understood, with the field that is to blame.
fn cron_error(expression: &str) -> Option<String> {
    let error = croner::Cron::from_str(expression).err()?;
    let mut fields: Vec<&str> = expression.split_whitespace().collect();
    if fields.len() == 6 {
        if croner::Cron::from_str(&format!("{} * * * * *", fields[0])).is_err() {
            return Some(format!("the second `{}` of the cron expression cannot be understood", fields[0]));
        }
        fields.remove(0);
    }
    if fields.len() != FIELDS.len() {
        return Some(format!(
            "a cron expression has five fields (minute, hour, day of the month, month, day of the week), or six with \
             the second first; `{expression}` has {}",
            fields.len()
        ));
    }
    let is_bad = |place: usize| {
        let mut alone = ["*"; FIELDS.len()];
        alone[place] = fields[place];
        croner::Cron::from_str(&alone.join(" ")).is_err()
    };
    Some(match (0..FIELDS.len()).find(|place| is_bad(*place)) {
        Some(place) => {
            format!("the {} `{}` of the cron expression cannot be understood", FIELDS[place], fields[place])
        }
        None => format!("the cron expression `{expression}` cannot be understood: {error}"),
    })
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
            "@daily",
            "@hourly",
        ] {
            assert_eq!(cron_error(good), None, "{good}");
        }
    }

    #[test]
    fn the_field_to_blame_is_named() {
        let reason = |expression| cron_error(expression).unwrap();

        assert!(reason("61 * * * *").contains("the minute `61`"));
        assert!(reason("* 25 * * *").contains("the hour `25`"));
        assert!(reason("0 0 32 * *").contains("the day of the month `32`"));
        assert!(reason("0 0 * 13 *").contains("the month `13`"));
        assert!(reason("0 0 * * XXX").contains("the day of the week `XXX`"));
        assert!(reason("*/0 * * * *").contains("the minute `*/0`"));
        assert!(reason("99 0 0 * * *").contains("the second `99`"));
        assert!(reason("0 0 * *").contains("has 4"));
        assert!(reason("").contains("has 0"));
    }
}
