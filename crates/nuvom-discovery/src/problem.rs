//! What discovery has to tell about a file: where, and in words for its author. A problem never stops a
//! scan; the rest of the tree is still found.

use std::fmt;

use serde::Serialize;

/// What sort of problem it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ProblemKind {
    /// The file is not valid Python, so none of its tasks can run.
    SyntaxError,
    /// The file or folder cannot be read, or not be decoded.
    Unreadable,
    /// Something carries `@task` that no worker could import by name.
    NotATask,
    /// Two tasks claim one name.
    DuplicateName,
    /// The path of the file spells no name that Python can import.
    BadModuleName,
    /// A line of a `.nuvomignore` is not a pattern.
    BadIgnoreRule,
}

/// One problem, at its place.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Problem {
    /// The file or folder, relative to the project, with forward slashes.
    pub file: String,
    /// The line, counted from 1.
    pub line: Option<u32>,
    /// The column, counted in characters from 1.
    pub column: Option<u32>,
    /// What sort of problem it is.
    pub kind: ProblemKind,
    /// What is wrong and what to do, as a sentence without its final full stop.
    pub message: String,
}

impl Problem {
    /// A problem of a whole file.
    pub(crate) fn of_file(kind: ProblemKind, file: impl Into<String>, message: impl Into<String>) -> Self {
        Self { file: file.into(), line: None, column: None, kind, message: message.into() }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
        }
        if let Some(column) = self.column {
            write!(f, ":{column}")?;
        }
        write!(f, ": {}", self.message)
    }
}
