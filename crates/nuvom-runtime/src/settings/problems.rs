//! What is wrong with the settings, collected so that a user hears all of it at once.

use std::fmt::Display;

use nuvom_core::{Error, ErrorKind, Result};

use super::{Origin, secrets};

/// Longest part of a bad value that a message repeats, in characters.
const SHOWN: usize = 60;

/// Every problem found so far, in the order in which sources are asked.
#[derive(Debug, Default)]
pub(super) struct Problems {
    found: Vec<String>,
}

impl Problems {
    /// A setting has a value that cannot be.
    pub(super) fn bad_value(&mut self, name: &str, value: &str, origin: Origin, expected: impl Display) {
        self.found.push(format!("{name} = {} ({}): expected {expected}", shown(value), origin.as_str()));
    }

    /// A source names something that is no setting.
    pub(super) fn unknown(&mut self, name: &str, origin: Origin, nearest: Option<&str>) {
        let next = nearest
            .map_or_else(|| "`nuvom config` lists all".to_owned(), |name| format!("did you mean {name}?"));
        self.found.push(format!("{} ({}): there is no such setting; {next}", escaped(name), origin.as_str()));
    }

    /// A source itself cannot be read.
    pub(super) fn unreadable(&mut self, origin: Origin, fault: impl Display) {
        self.found.push(format!("{}: {fault}", origin.as_str()));
    }

    /// All of it as one error.
    pub(super) fn into_result(self) -> Result<()> {
        match &*self.found {
            [] => Ok(()),
            [only] => Err(Error::new(ErrorKind::Invalid, format!("the settings cannot be used: {only}"))),
            several => Err(Error::new(
                ErrorKind::Invalid,
                format!(
                    "the settings cannot be used, for {} reasons:\n  - {}",
                    several.len(),
                    several.join("\n  - ")
                ),
            )),
        }
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
