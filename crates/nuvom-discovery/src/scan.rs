//! One look at a project: lists its Python files, reads on all cores those that matter, and puts what they say into
//! one order that depends on nothing but the tree.

use std::path::{Path, PathBuf};

use nuvom_core::{Error, ErrorKind, Result};

use crate::gathering::{self, Gathered};
use crate::linking::{Linked, Modules, link};
use crate::problem::Problem;
use crate::task::FoundTask;

/// What a scan looks at.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ScanOptions {
    /// Also enter folders whose name starts with a dot. Off by default: tools keep copies of code there.
    pub include_hidden: bool,
    /// Folders from which modules are imported, relative to the project; none named means the project's folder, and
    /// `src` in it.
    pub roots: Vec<String>,
    /// Where what was learned is kept for the next scan; nowhere, if none is named.
    pub cache: Option<PathBuf>,
    /// What to leave out, in the syntax of a `.gitignore` in the root. Stronger than everything else.
    pub exclude: Vec<String>,
    /// What to read although a `.nuvomignore` or a default leaves it out, in the same syntax. A pattern that
    /// starts with a path, such as `build/tasks.py`, also reaches below folders that are left out.
    pub include: Vec<String>,
}

/// What a scan found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scan {
    /// The tasks, by file and line.
    pub tasks: Vec<FoundTask>,
    /// What stands in the way of others, by file and line.
    pub problems: Vec<Problem>,
    /// How many Python files were looked at.
    pub files: usize,
}

/// Finds the tasks below `root`. Fails only when the root itself cannot be read, or a pattern of the options is
/// none; everything else that goes wrong is a [`Problem`] of the scan.
pub fn scan(root: &Path, options: &ScanOptions) -> Result<Scan> {
    let gathered = gathering::gather(&readable_folder(root)?, options)?;
    Ok(with_linked(&gathered, |_, linked| Scan {
        tasks: linked.tasks.into_iter().map(|task| task.found).collect(),
        problems: all_problems(&gathered, linked.problems),
        files: gathered.listed,
    }))
}

/// Gives the linked facts to whoever wants more than the tasks.
pub(crate) fn with_linked<T>(
    gathered: &Gathered,
    then: impl for<'f> FnOnce(&Modules<'f>, Linked<'f>) -> T,
) -> T {
    let modules = gathered.modules();
    let linked = link(&gathered.files, &modules);
    then(&modules, linked)
}

pub(crate) fn all_problems(gathered: &Gathered, linked: Vec<Problem>) -> Vec<Problem> {
    let mut problems = gathered.problems.clone();
    problems.extend(linked);
    problems.sort();
    problems
}

/// The real path of the root, so that a root given as a link is walked too.
pub(crate) fn readable_folder(root: &Path) -> Result<PathBuf> {
    let failed = |error: Error| error.during("discover").with("path", root.display());
    let real = root.canonicalize().map_err(|cause| {
        let kind = match cause.kind() {
            std::io::ErrorKind::NotFound => ErrorKind::NotFound,
            std::io::ErrorKind::PermissionDenied => ErrorKind::Permission,
            _ => ErrorKind::Unavailable,
        };
        failed(Error::new(kind, "cannot open the project folder").caused_by(cause))
    })?;
    if !real.is_dir() {
        let error = Error::new(ErrorKind::Invalid, "the project is a file, not a folder");
        return Err(failed(error.hint("Give the folder that holds it")));
    }
    Ok(real)
}
