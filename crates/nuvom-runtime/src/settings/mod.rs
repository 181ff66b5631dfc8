//! The settings of a process: read once from all sources, checked together, then frozen. Nothing here is read
//! when a program or module is loaded.

mod advice;
mod dotenv;
mod given;
mod kind;
#[cfg(test)]
mod order;
mod problems;
mod pyproject;
mod reference;
mod resolve;
mod secrets;
mod table;
mod typed;

use std::ffi::OsString;

use nuvom_core::{Error, ErrorKind, Result, nearest};

use self::given::{Given, whole_name};
use self::kind::Value;
use self::problems::Problems;
use crate::Project;

pub use self::problems::Problem;
pub use self::reference::settings_reference;
pub(crate) use self::secrets::hidden;

/// Where a value came from. The order is that in which sources are asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Origin {
    /// Given by the caller: an option of the command line or of a function.
    Argument,
    /// The environment of the process.
    Environment,
    /// The project's `.env`.
    DotEnv,
    /// `[tool.nuvom]` in the project's `pyproject.toml`.
    Pyproject,
    /// Given nowhere.
    Default,
}

impl Origin {
    /// The words by which users know the source.
    pub fn as_str(self) -> &'static str {
        match self {
            Origin::Argument => "argument",
            Origin::Environment => "environment",
            Origin::DotEnv => ".env",
            Origin::Pyproject => "pyproject.toml",
            Origin::Default => "default",
        }
    }
}

/// Every setting with a checked value, in the order of the table.
#[derive(Debug, Clone)]
pub struct Settings {
    values: Vec<(Value, Origin)>,
    warnings: Vec<String>,
}

/// What there is to say about all that is set.
#[derive(Debug)]
pub struct Review {
    /// The settings, with defaults in the place of values that cannot be.
    pub settings: Settings,
    pub(crate) problems: Problems,
    /// What a user should hear, although it stops nothing.
    pub warnings: Vec<String>,
}

impl Review {
    /// What is wrong, in the order in which it was found.
    pub fn problems(&self) -> &[Problem] {
        self.problems.found()
    }

    /// All that is wrong as one error of the kind `Invalid`.
    pub fn result(&self) -> Result<()> {
        self.problems.result()
    }
}

/// One setting, as people read it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its name, such as `NUVOM_LEASE_SECS`.
    pub name: &'static str,
    /// Its value; the user and password of a URL are hidden.
    pub value: String,
    /// Where the value came from.
    pub origin: Origin,
    /// What can be written there, such as `seconds from 0.1 to 86400`.
    pub accepts: String,
    /// What it does, in one sentence.
    pub doc: &'static str,
}

impl Settings {
    /// Reads all sources of a project. Argument names may be whole (`NUVOM_LEASE_SECS`) or short (`lease_secs`).
    /// Everything that is wrong, wherever it was written, is told in one error of the kind `Invalid`.
    pub fn load(
        project: &Project,
        arguments: impl IntoIterator<Item = (String, String)>,
        environment: impl IntoIterator<Item = (OsString, OsString)>,
    ) -> Result<Self> {
        let mut problems = Problems::default();
        let given = Given::gather(project, arguments, environment, &mut problems);
        let values = resolve::resolve(&given, &project.root, &mut problems);
        problems.result()?;
        Ok(Self { values, warnings: given.warnings })
    }

    /// Examines all that is written in the environment and the project's files: what is used, what an earlier source
    /// keeps from being used, and what may be meant but is seldom wanted.
    pub fn review(project: &Project, environment: impl IntoIterator<Item = (OsString, OsString)>) -> Review {
        let mut problems = Problems::default();
        let given = Given::gather(project, [], environment, &mut problems);
        let values = resolve::resolve(&given, &project.root, &mut problems);
        resolve::check_unused(&given, &project.root, &mut problems);
        let settings = Self { values, warnings: given.warnings };
        let mut warnings = settings.warnings.clone();
        warnings.extend(advice::on(&settings, project));
        Review { settings, problems, warnings }
    }

    /// What a user should hear, although it stops nothing.
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// Every setting, in the order of the table.
    pub fn entries(&self) -> Vec<Entry> {
        let rows = table::TABLE.iter().zip(&self.values);
        rows.map(|(row, (value, origin))| Entry {
            name: row.name,
            value: secrets::hidden(&value.to_string()),
            origin: *origin,
            accepts: row.kind.to_string(),
            doc: row.doc,
        })
        .collect()
    }

    /// The value of one setting as a user could write it, with the user and password of a URL if secrets are shown.
    /// The name may be whole or short, in any case of letters; one that is none is an error of the kind `Invalid`.
    pub fn shown(&self, name: &str, with_secrets: bool) -> Result<String> {
        let whole = whole_name(&name.to_ascii_uppercase());
        let Some(position) = table::position(&whole) else {
            let next = nearest(&whole, table::names()).map_or_else(
                || "`nuvom config` lists all".to_owned(),
                |name| format!("Did you mean {name}?"),
            );
            let message = format!("there is no setting {}", name.escape_debug());
            return Err(Error::new(ErrorKind::Invalid, message).hint(next));
        };
        let value = self.values[position].0.to_string();
        Ok(if with_secrets { value } else { secrets::hidden(&value) })
    }

    /// Where the value of this setting came from; none if there is no such setting.
    pub fn origin(&self, name: &str) -> Option<Origin> {
        table::position(name).map(|position| self.values[position].1)
    }
}
