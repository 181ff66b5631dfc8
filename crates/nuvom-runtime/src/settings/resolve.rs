//! From texts to values: parses, falls back, and checks what settings demand of each other.

use std::path::Path;

use super::Origin;
use super::given::{Given, Text};
use super::kind::Value;
use super::problems::Problems;
use super::table::{self, Fallback, Row, TABLE};
use nuvom_core::nearest;

/// A beat may be at most this part of a lease: one may be lost and one late.
const BEATS_PER_LEASE: u32 = 3;

/// A value and its origin for each row of the table. While there are problems, a bad value is replaced by its
/// default, so that what depends on it is not reported too.
pub(super) fn resolve(given: &Given, root: &Path, problems: &mut Problems) -> Vec<(Value, Origin)> {
    let mut values: Vec<(Value, Origin)> = Vec::with_capacity(TABLE.len());
    for (position, row) in TABLE.iter().enumerate() {
        let stated = given.texts.get(&position).and_then(|(text, origin)| match read(row, text, root) {
            Ok(value) => Some((value, *origin)),
            Err(expected) => {
                problems.bad_value(row.name, text.as_str(), *origin, expected);
                None
            }
        });
        let value = stated.unwrap_or_else(|| (fallback(row, &values, root), Origin::Default));
        values.push(value);
    }
    check_beat(&values, problems);
    values
}

/// Holds the texts that are not used to what is asked of a used one. They may be used elsewhere, or tomorrow.
pub(super) fn check_unused(given: &Given, root: &Path, problems: &mut Problems) {
    for (position, text, origin) in &given.unused {
        let (row, used) = (&TABLE[*position], given.texts[position].1);
        if let Err(expected) = read(row, text, root) {
            problems.bad_unused_value(row.name, text.as_str(), (*origin, used), expected);
        }
    }
}

/// The value that a text stands for, or what was expected instead.
fn read(row: &Row, text: &Text, root: &Path) -> Result<Value, String> {
    let Text::Plain(text) = text else { return Err(row.kind.to_string()) };
    row.kind.parse(text, root).ok_or_else(|| match nearest(text, row.kind.words().iter().copied()) {
        Some(word) => format!("{}; did you mean {word}?", row.kind),
        None => row.kind.to_string(),
    })
}

fn fallback(row: &Row, before: &[(Value, Origin)], root: &Path) -> Value {
    let of = |name| {
        let position = table::position(name).expect("a test finds the settings that others fall back on");
        before[position].0.clone()
    };
    match row.fallback {
        Fallback::Text(text) => row.kind.parse(text, root).expect("a test parses the defaults of the table"),
        Fallback::Same(name) => of(name),
        Fallback::Fraction { of: name, divisor } => match of(name) {
            Value::Seconds(span) => Value::Seconds(span / divisor),
            other => other,
        },
    }
}

fn check_beat(values: &[(Value, Origin)], problems: &mut Problems) {
    let of = |name| table::position(name).map(|position| &values[position]);
    let (Some((Value::Seconds(beat), origin)), Some((Value::Seconds(lease), _))) =
        (of("NUVOM_BEAT_SECS"), of("NUVOM_LEASE_SECS"))
    else {
        return;
    };
    let most = *lease / BEATS_PER_LEASE;
    if *beat > most {
        problems.bad_value(
            "NUVOM_BEAT_SECS",
            &beat.as_secs_f64().to_string(),
            *origin,
            format!(
                "at most {}, a third of NUVOM_LEASE_SECS, so that one late beat does not cost a job",
                most.as_secs_f64()
            ),
        );
    }
}
