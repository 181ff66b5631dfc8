//! Which files of a project are its Python source. [`Rules`] decides; here the tree is walked, on all cores.
//!
//! The order, from the strongest: what the caller excludes or includes, the `.nuvomignore` files from the nearest
//! up, what is left out by default. A `.gitignore` is not asked: whether code is committed says nothing about
//! whether it holds tasks.

mod defaults;
mod entered;
mod entry;
mod explain;
mod explanation;
mod folder;
mod ignore_file;
mod patterns;
mod reason;
mod rules;

#[cfg(test)]
mod tests;

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, mpsc};

use ignore::{DirEntry, WalkBuilder, WalkState};
use nuvom_core::Result;

use crate::problem::{Problem, ProblemKind};
use crate::scan::ScanOptions;
use entered::Entered;
use entry::Entry;
use rules::Rules;

pub use explain::explain;
pub use explanation::Explanation;
pub use reason::{FolderSort, IgnoreRule, Reason};

/// The Python files of a project, in order, and what could not be listed.
#[derive(Debug, Default)]
pub(crate) struct Listing {
    pub(crate) files: Vec<PathBuf>,
    /// Every folder that was entered, in order, from the root on: where a change can change the listing.
    pub(crate) folders: Vec<PathBuf>,
    pub(crate) problems: Vec<Problem>,
}

/// Lists the Python files below `root`; symbolic links are not followed. Fails only when a pattern of the options
/// is none.
pub(crate) fn python_files(root: &Path, options: &ScanOptions) -> Result<Listing> {
    let entered = Arc::new(Entered::new(root, Rules::new(root, options)?));
    let mut listing = walk(root, &entered);
    for folder in entered.folders() {
        listing.folders.push(folder.path.clone());
        listing.problems.extend(folder.ignore_file.iter().flat_map(|file| file.problems.iter().cloned()));
    }
    listing.files.sort();
    Ok(listing)
}

fn walk(root: &Path, entered: &Arc<Entered>) -> Listing {
    let rules = Arc::clone(entered);
    let walker = WalkBuilder::new(root)
        .standard_filters(false)
        .follow_links(false)
        .filter_entry(move |entry| entry.depth() == 0 || takes(&rules, entry))
        .build_parallel();

    let (sender, receiver) = mpsc::channel();
    walker.run(|| {
        let sender = sender.clone();
        Box::new(move |entry| {
            // The receiver outlives the walk, so nothing sent can be refused.
            let _ = sender.send(entry);
            WalkState::Continue
        })
    });
    drop(sender);

    let mut listing = Listing::default();
    for entry in receiver {
        match entry {
            // What is not taken does not come this far.
            Ok(entry) if entry.file_type().is_some_and(|kind| kind.is_file()) => {
                listing.files.push(entry.into_path());
            }
            Ok(_) => {}
            Err(error) => listing.problems.push(unlisted(root, root, &error)),
        }
    }
    listing
}

fn takes(entered: &Entered, entry: &DirEntry) -> bool {
    entry.file_type().is_some_and(|kind| entered.takes(&Entry { path: entry.path(), kind: kind.into() }))
}

/// The path as people and the manifest see it: relative to the root, with forward slashes.
pub(crate) fn display_path(root: &Path, path: &Path) -> String {
    let relative = path.strip_prefix(root).unwrap_or(path);
    let parts: Vec<_> = relative.iter().map(OsStr::to_string_lossy).collect();
    if parts.is_empty() { ".".to_owned() } else { parts.join("/") }
}

/// An error of the walk carries its path in one of several layers.
fn unlisted(root: &Path, path: &Path, error: &ignore::Error) -> Problem {
    match error {
        ignore::Error::WithPath { path, err } => unlisted(root, path, err),
        ignore::Error::WithDepth { err, .. } => unlisted(root, path, err),
        other => Problem::of_file(
            ProblemKind::Unreadable,
            display_path(root, path),
            format!("cannot be listed, so tasks below it are not found: {other}"),
        ),
    }
}
