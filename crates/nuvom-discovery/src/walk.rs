//! Which files of a project are its Python source. It honours `.nuvomignore` in every folder, with the
//! meaning of a `.gitignore`, and skips what is never a project's own code. A `.gitignore` is not asked:
//! whether code is committed says nothing about whether it holds tasks.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::sync::mpsc;

use ignore::{DirEntry, WalkBuilder, WalkState};

use crate::problem::{Problem, ProblemKind};
use crate::scan::ScanOptions;

/// Folders that hold other people's code or the files of a tool. Those with a dot need their row for a scan
/// that includes hidden folders.
const SKIPPED: &[&str] = &[
    ".git",
    ".hg",
    ".mypy_cache",
    ".nox",
    ".nuvom",
    ".pytest_cache",
    ".ruff_cache",
    ".svn",
    ".tox",
    ".venv",
    "__pycache__",
    "node_modules",
    "site-packages",
];

/// Folders that hold build results, unless they are a package of that name.
const SKIPPED_UNLESS_PACKAGE: &[&str] = &["build", "dist", "target"];

/// The Python files of a project, in order, and what could not be listed.
#[derive(Debug, Default)]
pub(crate) struct Listing {
    pub(crate) files: Vec<PathBuf>,
    pub(crate) problems: Vec<Problem>,
}

/// Lists the Python files below `root`; symbolic links are not followed.
pub(crate) fn python_files(root: &Path, options: &ScanOptions) -> Listing {
    let walker = WalkBuilder::new(root)
        .standard_filters(false)
        .hidden(!options.include_hidden)
        .add_custom_ignore_filename(".nuvomignore")
        .follow_links(false)
        .filter_entry(|entry| entry.depth() == 0 || !is_skipped_folder(entry))
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
            Ok(entry) => {
                if let Some(error) = entry.error() {
                    listing.report(root, None, error);
                }
                if is_python_file(&entry) {
                    listing.files.push(entry.into_path());
                }
            }
            Err(error) => listing.report(root, None, &error),
        }
    }
    listing.files.sort();
    listing
}

/// The path as people and the manifest see it: relative to the root, with forward slashes.
pub(crate) fn display_path(root: &Path, path: &Path) -> String {
    let relative = path.strip_prefix(root).unwrap_or(path);
    let parts: Vec<_> = relative.iter().map(OsStr::to_string_lossy).collect();
    if parts.is_empty() { ".".to_owned() } else { parts.join("/") }
}

impl Listing {
    /// Unfolds an error of the walk, which carries its path and several causes in layers.
    fn report(&mut self, root: &Path, at: Option<(&Path, Option<u64>)>, error: &ignore::Error) {
        let (path, line) = at.unwrap_or((root, None));
        match error {
            ignore::Error::Partial(errors) => {
                for error in errors {
                    self.report(root, at, error);
                }
            }
            ignore::Error::WithPath { path, err } => self.report(root, Some((path, line)), err),
            ignore::Error::WithLineNumber { line, err } => self.report(root, Some((path, Some(*line))), err),
            ignore::Error::WithDepth { err, .. } => self.report(root, at, err),
            ignore::Error::Glob { glob, err } => self.problems.push(Problem {
                file: display_path(root, path),
                line: line.map(|line| line as u32),
                column: None,
                kind: ProblemKind::BadIgnoreRule,
                message: format!(
                    "the rule `{}` is left out, because it is not a pattern: {err}",
                    glob.as_deref().unwrap_or_default()
                ),
            }),
            other => self.problems.push(Problem::of_file(
                ProblemKind::Unreadable,
                display_path(root, path),
                format!("cannot be listed, so tasks below it are not found: {other}"),
            )),
        }
    }
}

fn is_python_file(entry: &DirEntry) -> bool {
    entry.file_type().is_some_and(|kind| kind.is_file()) && entry.path().extension() == Some(OsStr::new("py"))
}

fn is_skipped_folder(entry: &DirEntry) -> bool {
    if !entry.file_type().is_some_and(|kind| kind.is_dir()) {
        return false;
    }
    let name = entry.file_name();
    SKIPPED.iter().any(|skipped| name == *skipped)
        || (SKIPPED_UNLESS_PACKAGE.iter().any(|skipped| name == *skipped)
            && !entry.path().join("__init__.py").exists())
        || is_virtual_environment(entry.path())
}

/// Python itself knows a virtual environment by this file, whatever the folder's name.
fn is_virtual_environment(folder: &Path) -> bool {
    folder.join("pyvenv.cfg").exists()
}
