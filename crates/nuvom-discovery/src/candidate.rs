//! A Python file of the project, and how far it was looked at.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use crate::cache::{ContentHash, Entries, Entry, EntryRef, Stamp};
use crate::encoding;
use crate::linking::File;
use crate::module_name::ModuleNames;
use crate::problem::{Problem, ProblemKind};
use crate::reading::{self, Facts};
use crate::search::Search;
use crate::source::{self, Unreadable};
use crate::walk;

/// A task must be followed to an import of this package.
pub(crate) const MARKER: &str = "nuvom";

/// A file that may matter.
pub(crate) struct Candidate {
    path: PathBuf,
    /// Relative to the project, with forward slashes.
    pub(crate) shown: String,
    /// The name to import it by, else why there is none.
    pub(crate) module: Result<String, String>,
    /// The name that relative imports know it by, which is that name where it has one.
    pub(crate) key: String,
    pub(crate) rank: usize,
    stamp: Option<Stamp>,
    hash: Option<ContentHash>,
    pub(crate) state: State,
    /// Whether it was read, and not known from the last scan.
    pub(crate) is_news: bool,
}

/// How far it was looked at.
pub(crate) enum State {
    /// It mentions nothing that was searched for.
    Passed,
    Read(ContentHash, Box<Facts>),
    /// Its facts are with the others.
    Taken,
    Unreadable(Problem),
}

impl Candidate {
    /// Looks at a file for the first time: it is as the last scan knew it, or is read if it mentions Nuvom or what is
    /// searched for.
    pub(crate) fn look(
        root: &Path,
        path: &Path,
        names: &ModuleNames,
        known: &Entries,
        search: &Search,
    ) -> Self {
        let shown = walk::display_path(root, path);
        let module = names.name_of(&shown);
        let (key, rank) = (names.key_of(&shown), names.rank_of(&shown));
        let mut candidate = Self {
            path: path.to_owned(),
            shown,
            module,
            key,
            rank,
            stamp: std::fs::metadata(path).ok().map(|metadata| Stamp::of(&metadata)),
            hash: None,
            state: State::Passed,
            is_news: false,
        };
        let known_entry = known.take(&candidate.shown);
        if let Some(stamp) = candidate.stamp
            && let Some(entry) = &known_entry
            && entry.stamp == stamp
            && known.is_certain(stamp)
        {
            candidate.state = match known_entry.and_then(|entry| entry.matters) {
                None => State::Passed,
                Some((hash, facts)) => State::Read(hash, facts),
            };
            return candidate;
        }
        candidate.is_news = true;
        let finds = |bytes: &[u8]| source::mentions(bytes, MARKER) || search.finds(&candidate.key, bytes);
        if let Some(state) = candidate.examine(finds, known_entry) {
            candidate.state = state;
        }
        candidate
    }

    /// Looks at it once more, for other modules; answers what it is now, if that changed.
    pub(crate) fn look_again(&self, search: &Search, must: bool) -> Option<State> {
        self.examine(|bytes| must || search.finds(&self.key, bytes), None)
    }

    /// Its facts, to be put with the others.
    pub(crate) fn take_file(&mut self) -> Option<File> {
        if !matches!(self.state, State::Read(..)) {
            return None;
        }
        let State::Read(hash, facts) = std::mem::replace(&mut self.state, State::Taken) else { return None };
        self.hash = Some(hash);
        let (path, module, key) = (self.shown.clone(), self.module.clone(), self.key.clone());
        Some(File { path, module, key, facts: *facts })
    }

    /// What the next scan should know of it; `facts` if they matter.
    pub(crate) fn entry<'f>(&self, facts: Option<&'f Facts>) -> Option<EntryRef<'f>> {
        match self.state {
            State::Unreadable(_) => None,
            _ => Some(EntryRef { stamp: self.stamp?, matters: self.hash.zip(facts) }),
        }
    }

    fn examine(&self, finds: impl Fn(&[u8]) -> bool, known: Option<Entry>) -> Option<State> {
        let unreadable = |it: Unreadable| Some(State::Unreadable(it.into_problem(self.shown.clone())));
        let bytes = match source::read(&self.path) {
            Ok(bytes) => bytes,
            Err(error) => return unreadable(error),
        };
        if !finds(&bytes) {
            return None;
        }
        let hash = ContentHash::of(&bytes);
        if let Some((known, facts)) = known.and_then(|entry| entry.matters)
            && known == hash
        {
            return Some(State::Read(hash, facts));
        }
        let text = match encoding::decode(bytes) {
            Ok(text) => text,
            Err(error) => return unreadable(error.into()),
        };
        let (package, is_package) = self.package();
        // One file that the parser cannot stand must not hide the tasks of all others.
        let facts = catch_unwind(AssertUnwindSafe(|| reading::read(&text, package, is_package)));
        Some(match facts {
            Ok(facts) => State::Read(hash, Box::new(facts)),
            Err(_) => State::Unreadable(Problem::of_file(
                ProblemKind::Unreadable,
                self.shown.clone(),
                "cannot be parsed because of a defect in Nuvom; please report it with this file",
            )),
        })
    }

    /// What its relative imports start from, and whether it is that itself.
    fn package(&self) -> (&str, bool) {
        if self.is_package() {
            return (&self.key, true);
        }
        (self.key.rsplit_once('.').map_or("", |(package, _)| package), false)
    }

    pub(crate) fn is_package(&self) -> bool {
        self.shown.ends_with("/__init__.py")
    }
}
