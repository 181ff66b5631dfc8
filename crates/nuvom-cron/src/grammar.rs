//! What a cron expression may hold, and which part of one that holds something else is to blame. It is stricter
//! than croner, which reads `JAN` as a 1 in any field and `1,,2` as two values: what is probably a slip is
//! refused here, so that it is not found out by a job that never came.

use nuvom_core::{Error, ErrorKind, Result, nearest};

/// The longest expression, in bytes. One that lists every value of every field has some 500.
pub const MAX_LENGTH: usize = 1_000;

/// Text of a user is told again up to this many characters, and without what a terminal would obey.
const TOLD_CHARS: usize = 60;

const MONTHS: [&str; 12] =
    ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];

/// Sunday is at both ends, as 0 and as 7.
const DAYS: [&str; 8] = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN"];

const NICKNAMES: [(&str, &str); 7] = [
    ("@yearly", "0 0 1 1 *"),
    ("@annually", "0 0 1 1 *"),
    ("@monthly", "0 0 1 * *"),
    ("@weekly", "0 0 * * 0"),
    ("@daily", "0 0 * * *"),
    ("@midnight", "0 0 * * *"),
    ("@hourly", "0 * * * *"),
];

struct Field {
    name: &'static str,
    low: u16,
    high: u16,
    /// Other words for the values, from the lowest.
    names: &'static [&'static str],
    special: Special,
}

/// What a field knows beyond numbers, names, ranges and steps.
#[derive(PartialEq)]
enum Special {
    Nothing,
    /// `L`, `LW`, `15W`.
    DayOfMonth,
    /// `FRIL`, `FRI#2`.
    DayOfWeek,
}

const FIELDS: [Field; 6] = [
    Field { name: "second", low: 0, high: 59, names: &[], special: Special::Nothing },
    Field { name: "minute", low: 0, high: 59, names: &[], special: Special::Nothing },
    Field { name: "hour", low: 0, high: 23, names: &[], special: Special::Nothing },
    Field { name: "day of the month", low: 1, high: 31, names: &[], special: Special::DayOfMonth },
    Field { name: "month", low: 1, high: 12, names: &MONTHS, special: Special::Nothing },
    Field { name: "day of the week", low: 0, high: 7, names: &DAYS, special: Special::DayOfWeek },
];

/// The six fields of an expression that can be understood, second first.
pub(crate) struct Parts<'e>([&'e str; 6]);

impl<'e> Parts<'e> {
    pub(crate) fn of(expression: &'e str) -> Result<Self> {
        // Before anything looks at it more closely: a hostile text costs nothing.
        if expression.len() > MAX_LENGTH {
            return Err(invalid(format!("a cron expression has at most {MAX_LENGTH} characters"))
                .with("characters", expression.chars().count()));
        }
        let placed: Vec<(usize, &str)> = words(expression).collect();
        if expression.trim_start().starts_with('@') {
            return Self::of(spelled_out(expression.trim())?);
        }
        let first = match placed.len() {
            5 => 1,
            6 => 0,
            other => return Err(wrong_number(expression, other)),
        };
        let mut parts = ["0"; 6];
        for ((field, part), (column, text)) in FIELDS.iter().zip(&mut parts).skip(first).zip(placed) {
            check(field, text).map_err(|hint| blamed(field, text, column).hint(hint))?;
            *part = text;
        }
        Ok(Self(parts))
    }

    pub(crate) fn joined(&self) -> String {
        self.0.join(" ")
    }

    /// Whether second, minute and hour are told as they are, without wildcard or step.
    pub(crate) fn names_fixed_times(&self) -> bool {
        !self.0[..3].iter().any(|part| part.contains(['*', '?', '/']))
    }

    /// Whether a day must be right by both the month and the week. As in the cron of Vixie and Debian: unless
    /// both fields are restricted, and a field that begins with `*` is not, even if a step follows.
    pub(crate) fn days_by_both(&self) -> bool {
        [self.0[3], self.0[5]].iter().any(|part| part.starts_with(['*', '?']))
    }
}

/// The words of an expression with the column of each, counted from 1.
fn words(expression: &str) -> impl Iterator<Item = (usize, &str)> {
    expression.split_whitespace().map(|word| {
        let before = word.as_ptr().addr() - expression.as_ptr().addr();
        (expression[..before].chars().count() + 1, word)
    })
}

fn spelled_out(nickname: &str) -> Result<&'static str> {
    let known = NICKNAMES.iter().find(|(name, _)| name.eq_ignore_ascii_case(nickname));
    if let Some((_, meaning)) = known {
        return Ok(meaning);
    }
    let error = invalid(format!("`{}` is no cron expression", told(nickname)));
    if nickname.eq_ignore_ascii_case("@reboot") {
        return Err(error.hint("Schedules know times only; let the program that starts make the job"));
    }
    if nickname.to_ascii_lowercase().starts_with("@every") {
        return Err(error.hint("For every so many seconds there is `interval`"));
    }
    Err(match nearest(told(nickname).as_str(), NICKNAMES.map(|(name, _)| name)) {
        Some(name) => error.hint(format!("Did you mean `{name}`?")),
        None => error.hint("There are `@hourly`, `@daily`, `@weekly`, `@monthly` and `@yearly`"),
    })
}

fn wrong_number(expression: &str, found: usize) -> Error {
    let error = invalid(format!(
        "a cron expression has five fields (minute, hour, day of the month, month, day of the week), or six with \
         the second first; `{}` has {found}",
        told(expression)
    ));
    match found {
        7 => error.hint("There is no field for years; the start and end of a schedule bound it"),
        _ => error,
    }
}

fn blamed(field: &Field, text: &str, column: usize) -> Error {
    let last = column + text.chars().count() - 1;
    let error =
        invalid(format!("the {} `{}` of the cron expression cannot be understood", field.name, told(text)));
    match last {
        last if last > column => error.with("columns", format!("{column}-{last}")),
        _ => error.with("column", column),
    }
}

pub(crate) fn invalid(message: String) -> Error {
    Error::new(ErrorKind::Invalid, message)
}

pub(crate) fn told(text: &str) -> String {
    match text.char_indices().nth(TOLD_CHARS) {
        Some((end, _)) => format!("{}…", text[..end].escape_debug()),
        None => text.escape_debug().to_string(),
    }
}

/// Answers what to do about a field that cannot be understood.
fn check(field: &Field, text: &str) -> Result<(), String> {
    let is_day = field.special != Special::Nothing;
    if text == "*" || (text == "?" && is_day) {
        return Ok(());
    }
    let items = || text.split(',').map(str::to_ascii_uppercase);
    if items().any(|item| item == "L") && items().any(|item| item == "LW") {
        return Err("`L` and `LW` cannot be in one list".to_owned());
    }
    items().try_for_each(|item| check_item(field, &item))
}

fn check_item(field: &Field, item: &str) -> Result<(), String> {
    if item.is_empty() {
        return Err("A value is missing beside a comma".to_owned());
    }
    if item == "*" || item == "?" {
        return Err(format!("`{item}` stands alone, and only `*` does in every field"));
    }
    if let Some((range, step)) = item.split_once('/') {
        return check_step(field, range, step);
    }
    if item.contains('-') {
        return check_range(field, item);
    }
    match field.special {
        Special::DayOfMonth if item == "L" || item == "LW" => Ok(()),
        Special::DayOfMonth if item.ends_with('W') => value(field, &item[..item.len() - 1]).map(drop),
        Special::DayOfWeek if item == "L" => {
            Err("The last of a day of the week in the month is written with the day: `FRIL`".to_owned())
        }
        Special::DayOfWeek if item.ends_with('L') => value(field, &item[..item.len() - 1]).map(drop),
        Special::DayOfWeek if item.contains('#') => {
            let (day, which) = item.split_once('#').unwrap_or((item, ""));
            value(field, day)?;
            match which {
                "1" | "2" | "3" | "4" | "5" => Ok(()),
                _ => Err("After `#` stands which of the month it is: 1 to 5".to_owned()),
            }
        }
        _ => value(field, item).map(drop),
    }
}

fn check_step(field: &Field, range: &str, step: &str) -> Result<(), String> {
    match range {
        "*" => {}
        _ if range.contains('-') => check_range(field, range)?,
        _ => {
            return Err(format!(
                "A step follows `*` or a range: `*/{step}` or `{}-{}/{step}`",
                field.low, field.high
            ));
        }
    }
    let count = field.high - field.low + 1;
    match number(step) {
        Some(step) if (1..=count).contains(&step) => Ok(()),
        // `*/90` for the minute is not every 90 minutes: the count begins anew with each hour.
        _ => Err(format!(
            "A step is a number from 1 to {count}; for times that are further apart, or without a calendar, there \
             is `interval`"
        )),
    }
}

fn check_range(field: &Field, range: &str) -> Result<(), String> {
    let (first, last) = range.split_once('-').unwrap_or((range, ""));
    let (from, to) = (value(field, first)?, value(field, last)?);
    // As the end of a range, Sunday is the last day of the week.
    let to = if field.special == Special::DayOfWeek && last == "SUN" { field.high } else { to };
    if from <= to {
        return Ok(());
    }
    Err(format!(
        "A range goes upwards; one over the end is two: `{first}-{},{}-{last}`",
        field.high, field.low
    ))
}

fn value(field: &Field, text: &str) -> Result<u16, String> {
    let named = field.names.iter().position(|name| *name == text);
    let value = named.and_then(|place| u16::try_from(place).ok()).map(|place| place + field.low);
    match value.or_else(|| number(text)) {
        Some(value) if (field.low..=field.high).contains(&value) => Ok(value),
        _ => Err(match field.names {
            [_, second, ..] => {
                format!("It is a number from {} to {}, or a name such as `{second}`", field.low, field.high)
            }
            _ => format!("It is a number from {} to {}", field.low, field.high),
        }),
    }
}

/// Digits alone; other readers of numbers take a sign.
fn number(text: &str) -> Option<u16> {
    if text.bytes().all(|byte| byte.is_ascii_digit()) { text.parse().ok() } else { None }
}
