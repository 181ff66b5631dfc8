//! One `.nuvomignore`: its rules, with the meaning of a `.gitignore`, and what is wrong with them.

use std::fs;
use std::path::Path;

use ignore::Match;
use ignore::gitignore::{Gitignore, GitignoreBuilder};

use super::display_path;
use super::entry::Entry;
use super::reason::{IgnoreRule, Reason};
use crate::problem::{Problem, ProblemKind};

const NAME: &str = ".nuvomignore";

/// The rules of one folder. A folder without the file has none.
#[derive(Debug)]
pub(super) struct IgnoreFile {
    /// Relative to the project.
    name: String,
    /// The rules and nothing else: lines that are no pattern are empty here.
    lines: Vec<String>,
    matcher: Gitignore,
    pub(super) problems: Vec<Problem>,
}

impl IgnoreFile {
    /// Reads the file of a folder, if there is one.
    pub(super) fn of(root: &Path, folder: &Path) -> Option<Self> {
        let path = folder.join(NAME);
        // Asked first, as a link that leads nowhere is a rule that somebody expects to hold. When even this fails
        // for another reason, nothing of the folder can be read, and the walk itself reports that.
        path.symlink_metadata().ok()?;

        let mut file = Self {
            name: display_path(root, &path),
            lines: Vec::new(),
            matcher: Gitignore::empty(),
            problems: Vec::new(),
        };
        match fs::read(&path) {
            Ok(bytes) => file.read_rules(folder, &bytes),
            Err(error) => file.problems.push(Problem::of_file(
                ProblemKind::Unreadable,
                file.name.as_str(),
                format!("cannot be read, so its rules do not hold: {error}"),
            )),
        }
        Some(file)
    }

    fn read_rules(&mut self, folder: &Path, bytes: &[u8]) {
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        let mut builder = GitignoreBuilder::new(folder);
        for (number, line) in (1..).zip(bytes.split(|byte| *byte == b'\n')) {
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            let added = match str::from_utf8(line) {
                Ok(rule) => builder.add_line(None, rule).map(|_| rule).map_err(|error| fault(&error)),
                Err(_) => Err("it is not valid UTF-8".to_owned()),
            };
            let rule = added.unwrap_or_else(|fault| {
                self.report(Some(number), &format!("`{}`", String::from_utf8_lossy(line)), &fault);
                ""
            });
            self.lines.push(rule.to_owned());
        }
        match builder.build() {
            Ok(matcher) => self.matcher = matcher,
            Err(error) => self.report(None, "which is all of this file", &fault(&error)),
        }
    }

    fn report(&mut self, line: Option<u32>, rule: &str, fault: &str) {
        self.problems.push(Problem {
            file: self.name.clone(),
            line,
            column: None,
            kind: ProblemKind::BadIgnoreRule,
            message: format!("the rule {rule} is left out, because it is not a pattern: {fault}"),
        });
    }

    /// What this file says about an entry of its folder or of one below.
    pub(super) fn judge(&self, entry: &Entry<'_>) -> Option<Reason> {
        match self.matcher.matched(entry.path, entry.is_folder()) {
            Match::None => None,
            Match::Ignore(glob) => Some(Reason::Ignored(self.rule(glob.original()))),
            Match::Whitelist(glob) => Some(Reason::Kept(self.rule(glob.original()))),
        }
    }

    /// The place of a rule; the last of those that are equal, as that is the one that decides.
    fn rule(&self, pattern: &str) -> IgnoreRule {
        let is_it =
            |line: &String| line.strip_prefix(pattern).is_some_and(|rest| rest.trim_matches(' ').is_empty());
        let index = self.lines.iter().rposition(is_it).unwrap_or_default();
        IgnoreRule { pattern: pattern.to_owned(), file: self.name.clone(), line: index as u32 + 1 }
    }
}

/// The fault alone; `ignore` would name the pattern once more.
pub(super) fn fault(error: &ignore::Error) -> String {
    match error {
        ignore::Error::Glob { err, .. } => err.clone(),
        other => other.to_string(),
    }
}
