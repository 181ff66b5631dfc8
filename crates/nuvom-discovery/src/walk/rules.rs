//! The one decision whether something is in or out; the walk and the explanation both ask here.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use nuvom_core::Result;

use super::defaults;
use super::entry::{Entry, EntryKind};
use super::folder::{Folder, LeftOut};
use super::patterns::Patterns;
use super::reason::Reason;
use crate::scan::ScanOptions;

/// What decides about the entries of one project.
#[derive(Debug)]
pub(super) struct Rules {
    root: PathBuf,
    exclude: Patterns,
    include: Patterns,
    include_hidden: bool,
}

/// The decision about one entry.
#[derive(Debug, Clone)]
pub(super) struct Verdict {
    pub(super) reason: Reason,
    /// The folder above that was left out, where that decides.
    pub(super) folder: Option<PathBuf>,
}

impl Rules {
    pub(super) fn new(root: &Path, options: &ScanOptions) -> Result<Self> {
        Ok(Self {
            root: root.to_owned(),
            exclude: Patterns::new(root, "exclude", &options.exclude)?,
            include: Patterns::new(root, "include", &options.include)?,
            include_hidden: options.include_hidden,
        })
    }

    /// The root is always entered.
    pub(super) fn enter_root(&self) -> Folder {
        Folder::root(&self.root)
    }

    /// Decides about an entry of a folder that was entered.
    pub(super) fn judge(&self, folder: &Folder, entry: &Entry<'_>) -> Verdict {
        let kind = match entry.kind {
            EntryKind::Link => Some(Reason::Link),
            EntryKind::Other => Some(Reason::NotAFile),
            EntryKind::File if !entry.is_python() => Some(Reason::NotPython),
            EntryKind::File | EntryKind::Folder => None,
        };
        let own = kind.or_else(|| self.callers_word(entry));
        if let (None, Some(above)) = (&own, &folder.left_out) {
            return Verdict { reason: above.reason.clone(), folder: Some(above.folder.clone()) };
        }
        let reason = own.or_else(|| folder.ignore_files().find_map(|file| file.judge(entry)));
        let by_default = || defaults::reason_against(entry, self.include_hidden);
        let reason = match reason {
            // `*` and `!*/` before a list of what to keep: nobody means every virtual environment by it.
            Some(Reason::Kept(rule)) if !rule.names_something() => by_default().unwrap_or(Reason::Kept(rule)),
            Some(reason) => reason,
            None => by_default().unwrap_or(Reason::Plain),
        };
        Verdict { reason, folder: None }
    }

    fn callers_word(&self, entry: &Entry<'_>) -> Option<Reason> {
        let excluded = self.exclude.naming(entry).map(|pattern| Reason::Excluded { pattern });
        excluded.or_else(|| self.include.naming(entry).map(|pattern| Reason::Included { pattern }))
    }

    /// Enters a folder about which this was decided: one that is in, or one that is out but may hold what the
    /// caller includes.
    pub(super) fn enter(&self, parent: &Arc<Folder>, entry: &Entry<'_>, verdict: &Verdict) -> Option<Folder> {
        if !entry.is_folder() {
            return None;
        }
        let left_out = (!verdict.reason.is_in()).then(|| LeftOut {
            folder: verdict.folder.clone().unwrap_or_else(|| entry.path.to_owned()),
            reason: verdict.reason.clone(),
        });
        if left_out.is_some() {
            let relative = entry.path.strip_prefix(&self.root).unwrap_or(entry.path);
            let is_unwanted = matches!(verdict.reason, Reason::Excluded { .. });
            if is_unwanted || !self.include.reach_below(relative) {
                return None;
            }
        }
        Some(Folder::below(parent, &self.root, entry.path, left_out))
    }
}
