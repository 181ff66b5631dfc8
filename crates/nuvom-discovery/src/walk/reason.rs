//! Why something is read, or is not.

use serde::Serialize;

/// Why a file or folder is in or out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Reason {
    /// In: nothing says otherwise.
    Plain,
    /// In: the caller asked for it.
    Included {
        /// The first of the caller's patterns that names it.
        pattern: String,
    },
    /// In: a rule that starts with `!` takes back what an upper rule or a default leaves out.
    Kept(IgnoreRule),
    /// Out: the caller does not want it.
    Excluded {
        /// The first of the caller's patterns that names it.
        pattern: String,
    },
    /// Out: a rule of a `.nuvomignore` names it.
    Ignored(IgnoreRule),
    /// Out: its name says that it holds no source of the project.
    DefaultFolder {
        /// What such a folder holds.
        sort: FolderSort,
    },
    /// Out: a folder that holds `pyvenv.cfg` is a virtual environment, whatever its name.
    VirtualEnvironment,
    /// Out: its name starts with a dot.
    Hidden,
    /// Out: links are not followed, so that no loop is endless and nothing is read twice.
    Link,
    /// Out: a file whose name does not end in `.py`.
    NotPython,
    /// Out: neither a file nor a folder, but a socket, a pipe or a device.
    NotAFile,
}

impl Reason {
    /// Whether this is a reason to read it.
    pub fn is_in(&self) -> bool {
        matches!(self, Self::Plain | Self::Included { .. } | Self::Kept(_))
    }
}

/// A line of a `.nuvomignore`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct IgnoreRule {
    /// The line, without trailing blanks.
    pub pattern: String,
    /// The file, relative to the project, with forward slashes.
    pub file: String,
    /// Its number, counted from 1.
    pub line: u32,
}

impl IgnoreRule {
    /// Whether it holds more than wildcards.
    pub(super) fn names_something(&self) -> bool {
        self.pattern.contains(char::is_alphanumeric)
    }
}

/// What a folder holds that is left out by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FolderSort {
    /// Such as `.git`.
    VersionControl,
    /// Such as `__pycache__`.
    Cache,
    /// Such as `.venv`.
    Environment,
    /// Such as `node_modules`.
    Dependencies,
    /// Such as `build`, unless it is a package.
    BuildOutput,
    /// `.nuvom`: the store and the manifest.
    OwnFiles,
}
