//! What is wrong with the settings, collected so that a user hears all of it at once.

use std::fmt;

use nuvom_core::{Error, ErrorKind, Result};

use super::{Origin, secrets};

/// Longest part of a bad value that a message repeats, in characters.
const SHOWN: usize = 60;

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The setting, as it was written; none if a source itself cannot be read.
    pub setting: Option<String>,
    /// Where it was written.
    pub origin: Origin,
    /// What, where, and what was expected: a sentence without its final full stop.
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

/// Every problem found so far, in the order in which sources are asked.
#[derive(Debug, Default)]
pub(crate) struct Problems {
    found: Vec<Problem>,
}

impl Problems {
    /// A setting has a value that cannot be.
    pub(crate) fn bad_value(&mut self, name: &str, value: &str, origin: Origin, expected: impl fmt::Display) {
        let message = format!("{name} = {} ({}): expected {expected}", shown(value), origin.as_str());
        self.found.push(Problem { setting: Some(name.to_owned()), origin, message });
    }

    /// A setting has a value that cannot be, and that is not used while an earlier source has another.
    pub(super) fn bad_unused_value(
        &mut self,
        name: &str,
        value: &str,
        (origin, used): (Origin, Origin),
        expected: impl fmt::Display,
    ) {
        let message = format!(
            "{name} = {} ({}; not used, as the {} has another): expected {expected}",
            shown(value),
            origin.as_str(),
            used.as_str()
        );
        self.found.push(Problem { setting: Some(name.to_owned()), origin, message });
    }

    /// A source names something that is no setting.
    pub(super) fn unknown(&mut self, name: &str, origin: Origin, nearest: Option<&str>) {
        let next = nearest
            .map_or_else(|| "`nuvom config` lists all".to_owned(), |name| format!("did you mean {name}?"));
        let message = format!("{} ({}): there is no such setting; {next}", escaped(name), origin.as_str());
        self.found.push(Problem { setting: Some(name.to_owned()), origin, message });
    }

    /// A source itself cannot be read.
    pub(super) fn unreadable(&mut self, origin: Origin, fault: impl fmt::Display) {
        let message = format!("{}: {fault}", origin.as_str());
        self.found.push(Problem { setting: None, origin, message });
    }

    /// What was found so far.
    pub(super) fn found(&self) -> &[Problem] {
        &self.found
    }

    /// All of it as one error.
    pub(super) fn result(&self) -> Result<()> {
        let message = match &*self.found {
            [] => return Ok(()),
            [only] => format!("the settings cannot be used: {only}"),
            several => {
                let reasons: Vec<_> = several.iter().map(|problem| &*problem.message).collect();
                format!(
                    "the settings cannot be used, for {} reasons:\n  - {}",
                    reasons.len(),
                    reasons.join("\n  - ")
                )
            }
        };
        Err(Error::new(ErrorKind::Invalid, message))
    }
}

/// A value that a user wrote, in quotes, without secrets and control characters, cut to a readable length.
fn shown(value: &str) -> String {
    format!("\"{}\"", escaped(&secrets::hidden(value)))
}

fn escaped(text: &str) -> String {
    let mut escaped: String = text.chars().take(SHOWN).flat_map(char::escape_debug).collect();
    if text.chars().nth(SHOWN).is_some() {
        escaped.push('…');
    }
    escaped
}
