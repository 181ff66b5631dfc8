//! What the sources say, still as text: each setting as the first source in order has it.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::ffi::OsString;

use super::problems::Problems;
use super::table::{self, PREFIX};
use super::{Origin, dotenv, pyproject};
use nuvom_core::nearest;

use crate::Project;

/// The texts given, by the position of their setting in the table.
#[derive(Debug, Default)]
pub(super) struct Given {
    pub(super) texts: BTreeMap<usize, (Text, Origin)>,
    /// The texts that an earlier source keeps from being used: position, text and source.
    pub(super) unused: Vec<(usize, Text, Origin)>,
    pub(super) warnings: Vec<String>,
}

/// What a source holds for a setting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Text {
    /// Something to parse.
    Plain(String),
    /// Something that no setting can be, such as a list, with what to call it.
    Unusable(&'static str),
}

impl Text {
    /// What a message calls it.
    pub(super) fn as_str(&self) -> &str {
        match self {
            Text::Plain(text) => text,
            Text::Unusable(what) => what,
        }
    }
}

impl Given {
    /// Asks all sources of a project.
    pub(super) fn gather(
        project: &Project,
        arguments: impl IntoIterator<Item = (String, String)>,
        environment: impl IntoIterator<Item = (OsString, OsString)>,
        problems: &mut Problems,
    ) -> Self {
        let mut given = Self::default();
        for (name, text) in arguments {
            given.offer(&whole_name(&name), Text::Plain(text), Origin::Argument, problems);
        }
        for (name, text) in environment {
            given.offer_environment(&name, text, problems);
        }
        for (name, text) in dotenv::read(&project.dotenv(), &mut given.warnings, problems) {
            // An empty line of a template means "not set", as in the environment.
            if name.starts_with(PREFIX) && !text.is_empty() {
                given.offer(&name, Text::Plain(text), Origin::DotEnv, problems);
            }
        }
        for (name, text) in pyproject::read(&project.pyproject(), problems) {
            given.offer_pyproject(&name, text, problems);
        }
        given
    }

    /// Keeps the text unless an earlier source has the setting.
    fn offer(&mut self, name: &str, text: Text, origin: Origin, problems: &mut Problems) {
        match table::position(name) {
            Some(position) => match self.texts.entry(position) {
                Entry::Vacant(free) => {
                    free.insert((text, origin));
                }
                Entry::Occupied(_) => self.unused.push((position, text, origin)),
            },
            None => problems.unknown(name, origin, nearest(name, table::names())),
        }
    }

    /// The environment is shared with other programs and other versions: an unknown name there stops nothing.
    fn offer_environment(&mut self, name: &OsString, text: OsString, problems: &mut Problems) {
        let Some(name) = name.to_str().filter(|name| name.starts_with(PREFIX)) else { return };
        if text.is_empty() {
            return;
        }
        if table::position(name).is_none() {
            let next = nearest(name, table::names())
                .map_or_else(String::new, |nearest| format!("; did you mean {nearest}?"));
            let name = name.escape_debug();
            self.warnings
                .push(format!("{name} is set in the environment, but there is no such setting{next}"));
            return;
        }
        let text = text.into_string().map_or(Text::Unusable("bytes that are not UTF-8"), Text::Plain);
        self.offer(name, text, Origin::Environment, problems);
    }

    /// Keys there are written in lower case and without the prefix, and so are suggestions.
    fn offer_pyproject(&mut self, key: &str, text: Text, problems: &mut Problems) {
        let name = whole_name(key);
        if table::position(&name).is_some() && key == short_name(&name) {
            self.offer(&name, text, Origin::Pyproject, problems);
            return;
        }
        let keys: Vec<String> = table::names().map(short_name).collect();
        let nearest = nearest(&short_name(key), keys.iter().map(String::as_str));
        problems.unknown(key, Origin::Pyproject, nearest);
    }
}

/// `NUVOM_LEASE_SECS` for `lease_secs`; a whole name stays.
pub(super) fn whole_name(name: &str) -> String {
    if name.starts_with(PREFIX) { name.to_owned() } else { format!("{PREFIX}{}", name.to_ascii_uppercase()) }
}

/// `lease_secs` for `NUVOM_LEASE_SECS`.
fn short_name(name: &str) -> String {
    name.strip_prefix(PREFIX).unwrap_or(name).to_ascii_lowercase()
}
