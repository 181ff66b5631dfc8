//! A folder that was entered, and what is known there.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::ignore_file::IgnoreFile;
use super::reason::Reason;

/// A folder that was entered. Its `.nuvomignore` is read once, and shared by all that is below.
#[derive(Debug)]
pub(super) struct Folder {
    pub(super) path: PathBuf,
    pub(super) ignore_file: Option<IgnoreFile>,
    parent: Option<Arc<Folder>>,
    /// Set where only what the caller includes is taken.
    pub(super) left_out: Option<LeftOut>,
}

/// A folder that is out, which settles what is below.
#[derive(Debug, Clone)]
pub(super) struct LeftOut {
    pub(super) folder: PathBuf,
    pub(super) reason: Reason,
}

impl Folder {
    pub(super) fn root(root: &Path) -> Self {
        Self { path: root.to_owned(), ignore_file: IgnoreFile::of(root, root), parent: None, left_out: None }
    }

    pub(super) fn below(parent: &Arc<Self>, root: &Path, path: &Path, left_out: Option<LeftOut>) -> Self {
        Self {
            path: path.to_owned(),
            ignore_file: IgnoreFile::of(root, path),
            parent: Some(Arc::clone(parent)),
            left_out,
        }
    }

    /// The files with rules that speak here, the nearest first.
    pub(super) fn ignore_files(&self) -> impl Iterator<Item = &IgnoreFile> {
        std::iter::successors(Some(self), |folder| folder.parent.as_deref())
            .filter_map(|folder| folder.ignore_file.as_ref())
    }
}
