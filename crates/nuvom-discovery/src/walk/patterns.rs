//! The patterns that a caller gives: a list of rules with the meaning of a `.gitignore` in the root.

use std::path::Path;

use ignore::gitignore::{Gitignore, GitignoreBuilder};
use nuvom_core::{Error, ErrorKind, Result};

use super::entry::Entry;
use super::ignore_file::fault;

/// The caller's patterns of one kind, `exclude` or `include`.
#[derive(Debug)]
pub(super) struct Patterns {
    matcher: Gitignore,
    reaches: Vec<Reach>,
}

impl Patterns {
    /// Refuses what is not a pattern, or could never match.
    pub(super) fn new(root: &Path, kind: &'static str, patterns: &[String]) -> Result<Self> {
        let refuse = |pattern: &str, why: &str| {
            Error::new(ErrorKind::Invalid, format!("`{pattern}` is not a pattern of what to {kind}: {why}"))
                .hint("Give a path relative to the project, as in a .gitignore: `old/`, `/tools/*.py`")
        };
        let mut builder = GitignoreBuilder::new(root);
        for pattern in patterns {
            if pattern.trim_matches(['!', '/', ' ']).is_empty() || pattern.starts_with('#') {
                return Err(refuse(pattern, "it names nothing"));
            }
            if pattern.split('/').any(|part| matches!(part, "." | "..")) {
                return Err(refuse(pattern, "`.` and `..` match nothing in a pattern"));
            }
            builder.add_line(None, pattern).map_err(|error| refuse(pattern, &fault(&error)))?;
        }
        let matcher = builder.build().map_err(|error| refuse(&patterns.join(" "), &fault(&error)))?;
        Ok(Self { matcher, reaches: patterns.iter().filter_map(|pattern| Reach::of(pattern)).collect() })
    }

    /// The pattern that names an entry: the last, as `!` takes back what is above it.
    pub(super) fn naming(&self, entry: &Entry<'_>) -> Option<String> {
        match self.matcher.matched(entry.path, entry.is_folder()) {
            ignore::Match::Ignore(glob) => Some(glob.original().to_owned()),
            ignore::Match::None | ignore::Match::Whitelist(_) => None,
        }
    }

    /// Whether a folder, given relative to the root, may hold something that a pattern names by its path.
    pub(super) fn reach_below(&self, folder: &Path) -> bool {
        self.reaches.iter().any(|reach| reach.is_below(folder))
    }
}

/// How far a pattern leads by itself. It decides where to look, never what is taken: that is the matcher's.
#[derive(Debug)]
struct Reach {
    /// The parts before the first that is more than a name; never none, or every folder would be looked into.
    start: Vec<String>,
    /// How many folders deep the pattern can match at all; none for any depth.
    depth: Option<usize>,
}

impl Reach {
    fn of(pattern: &str) -> Option<Self> {
        let pattern = pattern.trim_end_matches(' ');
        // Without a slash before its end, a pattern is a name that matches anywhere, and leads nowhere.
        if pattern.starts_with('!') || !pattern.trim_end_matches('/').contains('/') {
            return None;
        }
        let parts: Vec<&str> = pattern.split('/').filter(|part| !part.is_empty()).collect();
        let is_name = |part: &&&str| !part.contains(['*', '?', '[', '{', '\\']);
        let start: Vec<String> = parts.iter().take_while(is_name).map(|part| (*part).to_owned()).collect();
        let depth = if parts.contains(&"**") { None } else { Some(parts.len()) };
        (!start.is_empty()).then_some(Self { start, depth })
    }

    fn is_below(&self, folder: &Path) -> bool {
        let count = folder.iter().count();
        // As far as both go, they go the same way.
        let is_on_the_way = folder.iter().zip(&self.start).all(|(part, name)| part == name.as_str());
        is_on_the_way && self.depth.is_none_or(|depth| count < depth)
    }
}
