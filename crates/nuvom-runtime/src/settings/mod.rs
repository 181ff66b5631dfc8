//! The settings of a process: read once from all sources, checked together, then frozen. Nothing here is read
//! when a program or module is loaded.

mod dotenv;
mod given;
mod kind;
mod problems;
mod pyproject;
mod reference;
mod resolve;
mod secrets;
mod table;
mod typed;

use std::ffi::OsString;

use nuvom_core::Result;

use self::given::Given;
use self::kind::Value;
use self::problems::Problems;
use crate::Project;

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
        problems.into_result()?;
        Ok(Self { values, warnings: given.warnings })
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

    /// Where the value of this setting came from; none if there is no such setting.
    pub fn origin(&self, name: &str) -> Option<Origin> {
        table::position(name).map(|position| self.values[position].1)
    }
}
