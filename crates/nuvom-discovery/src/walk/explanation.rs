//! A decision with its reason, and the sentence that tells it.

use std::fmt;

use serde::Serialize;

use super::reason::{FolderSort, IgnoreRule, Reason};

/// Whether discovery reads a file, or enters a folder, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Explanation {
    /// What it is about, relative to the project, with forward slashes.
    pub path: String,
    /// Whether that is a folder.
    pub is_folder: bool,
    /// What decided.
    pub reason: Reason,
    /// The folder above that is out for this reason, and this path with it. None if the reason is its own.
    pub folder: Option<String>,
}

impl Explanation {
    /// The root is entered whatever the rules say.
    pub(super) fn of_root() -> Self {
        Self { path: ".".to_owned(), is_folder: true, reason: Reason::Plain, folder: None }
    }

    /// Whether a file is read, or a folder is entered. A folder that is only passed, on the way to something that
    /// the caller includes, is out.
    pub fn is_in(&self) -> bool {
        self.reason.is_in()
    }

    /// The rule that brings back what a default leaves out, for the `.nuvomignore` of the project's folder.
    fn rule_to_keep_it(&self) -> String {
        let path = self.folder.as_ref().unwrap_or(&self.path);
        let slash = if self.is_folder || self.folder.is_some() { "/" } else { "" };
        let mut rule = String::from("!");
        for letter in path.chars() {
            if "*?[]{}\\".contains(letter) {
                rule.push('\\');
            }
            rule.push(letter);
        }
        rule + slash
    }
}

/// One sentence, without its final full stop.
impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let it =
            self.folder.as_ref().map_or_else(|| "it".to_owned(), |folder| format!("its folder `{folder}/`"));
        let keep = || format!("write `{}` into .nuvomignore to read it", self.rule_to_keep_it());
        f.write_str(if self.is_in() { "in: " } else { "out: " })?;
        match &self.reason {
            Reason::Plain => write!(f, "nothing says otherwise"),
            Reason::Included { pattern } => write!(f, "{it} is included by the pattern `{pattern}`"),
            Reason::Kept(rule) => write!(f, "{it} is kept by {rule}"),
            Reason::Excluded { pattern } => {
                write!(f, "{it} is excluded by the pattern `{pattern}`; do not give that pattern to read it")
            }
            Reason::Ignored(rule) => write!(f, "{it} is ignored by {rule}; change that rule to read it"),
            Reason::DefaultFolder { sort } => write!(f, "{it} holds {sort}; {}", keep()),
            Reason::VirtualEnvironment => {
                write!(f, "{it} is a virtual environment (it has a pyvenv.cfg); {}", keep())
            }
            Reason::Hidden => write!(f, "{it} is hidden by the dot that its name starts with; {}", keep()),
            Reason::Link => write!(
                f,
                "{it} is a symbolic link, and links are not followed; what it leads to is read at its own place, \
                 if that is in the project"
            ),
            Reason::NotPython => write!(f, "its name does not end in `.py`; rename it to read it"),
            Reason::NotAFile => write!(f, "it is neither a file nor a folder"),
        }
    }
}

impl fmt::Display for IgnoreRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` in {} line {}", self.pattern, self.file, self.line)
    }
}

/// What such a folder holds.
impl fmt::Display for FolderSort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::VersionControl => "the files of version control",
            Self::Cache => "the cache of a tool",
            Self::Environment => "virtual environments",
            Self::Dependencies => "dependencies, which are other people's code",
            Self::BuildOutput => "build output",
            Self::OwnFiles => "Nuvom's own files",
        })
    }
}
