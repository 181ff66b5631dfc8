//! A Python file of the project, and how far it was looked at.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use crate::cache::{ContentHash, Entries, Entry, NewEntry, Stamp};
use crate::encoding;
use crate::imports::{Import, imports};
use crate::interest::Interest;
use crate::linking::File;
use crate::module_name::ModuleNames;
use crate::problem::{Problem, ProblemKind};
use crate::reading::{self, Facts};
use crate::source::{self, Unreadable};
use crate::walk;

/// A task must be followed to an import of this package.
pub(crate) const MARKER: &str = "nuvom";

/// A file that may matter.
pub(crate) struct Candidate {
    path: PathBuf,
    /// Relative to the project, with forward slashes.
    pub(crate) shown: String,
    /// The name that the project knows it by.
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
    /// It imports nothing that was looked for; these are its imports, as far as they were read.
    Passed(Option<Vec<Import>>),
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
        interest: &Interest,
    ) -> Self {
        let shown = walk::display_path(root, path);
        let (key, rank) = (names.key_of(&shown), names.rank_of(&shown));
        let mut candidate = Self {
            path: path.to_owned(),
            shown,
            key,
            rank,
            stamp: std::fs::metadata(path).ok().map(|metadata| Stamp::of(&metadata)),
            hash: None,
            state: State::Passed(None),
            is_news: false,
        };
        let known_entry = known.take(&candidate.shown);
        if let Some(stamp) = candidate.stamp
            && let Some(entry) = &known_entry
            && entry.stamp == stamp
            && known.is_certain(stamp)
            && let Ok(matters) = entry.facts()
        {
            candidate.state = match matters {
                None => State::Passed(None),
                Some((hash, facts)) => State::Read(hash, facts),
            };
            return candidate;
        }
        candidate.is_news = true;
        candidate.state = candidate.examine(
            |bytes, imports| source::mentions(bytes, MARKER) || interest.is_met_by(imports),
            known_entry,
        );
        candidate
    }

    /// Looks at it once more, for something else, or because it `must` be read; answers what it is now, if that changed.
    pub(crate) fn look_again(&self, interest: &Interest, must: bool) -> Option<State> {
        match &self.state {
            State::Passed(Some(imports)) if !must && !interest.is_met_by(imports) => None,
            State::Passed(_) => Some(self.examine(|_, imports| must || interest.is_met_by(imports), None)),
            _ => None,
        }
    }

    /// Its facts, to be put with the others.
    pub(crate) fn take_file(&mut self, names: &ModuleNames) -> Option<File> {
        if !matches!(self.state, State::Read(..)) {
            return None;
        }
        let State::Read(hash, facts) = std::mem::replace(&mut self.state, State::Taken) else { return None };
        self.hash = Some(hash);
        let (path, module, key) = (self.shown.clone(), names.name_of(&self.shown), self.key.clone());
        Some(File { path, module, key, facts: *facts })
    }

    /// What the next scan should know of it; `facts` if they matter.
    pub(crate) fn entry(&self, facts: Option<&Facts>) -> Option<NewEntry> {
        match self.state {
            State::Unreadable(_) => None,
            _ => NewEntry::new(self.stamp?, self.hash.zip(facts)),
        }
    }

    /// Reads it if `finds` says that it is worth it. Imports that cannot be told are.
    fn examine(&self, finds: impl Fn(&[u8], &[Import]) -> bool, known: Option<Entry>) -> State {
        let unreadable = |it: Unreadable| State::Unreadable(it.into_problem(self.shown.clone()));
        let bytes = match source::read(&self.path) {
            Ok(bytes) => bytes,
            Err(error) => return unreadable(error),
        };
        let (package, is_package) = self.package();
        if let Some(imports) = imports(&bytes, package)
            && !finds(&bytes, &imports)
        {
            return State::Passed(Some(imports));
        }
        let hash = ContentHash::of(&bytes);
        if let Some(known) = known
            && let Ok(Some((known, facts))) = known.facts()
            && known == hash
        {
            return State::Read(hash, facts);
        }
        let text = match encoding::decode(bytes) {
            Ok(text) => text,
            Err(error) => return unreadable(error.into()),
        };
        // One file that the parser cannot stand must not hide the tasks of all others.
        let facts = catch_unwind(AssertUnwindSafe(|| reading::read(&text, package, is_package)));
        match facts {
            Ok(facts) => State::Read(hash, Box::new(facts)),
            Err(_) => State::Unreadable(Problem::of_file(
                ProblemKind::Unreadable,
                self.shown.clone(),
                "cannot be parsed because of a defect in Nuvom; please report it with this file",
            )),
        }
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
