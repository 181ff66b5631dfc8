//! One look at a project: lists its Python files, reads them on all cores, and puts what each says into one
//! order that depends on nothing but the tree.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use nuvom_core::{Error, ErrorKind, Result};

use crate::deep_pool;
use crate::duplicates;
use crate::finder::{self, FileFindings};
use crate::module_name::ModuleNames;
use crate::problem::{Problem, ProblemKind};
use crate::source;
use crate::task::FoundTask;
use crate::walk;

/// What a scan looks at.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ScanOptions {
    /// Also enter folders whose name starts with a dot. Off by default: tools keep copies of code there.
    pub include_hidden: bool,
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

/// Finds the tasks below `root`. Fails only when the root itself cannot be read; everything else that goes
/// wrong is a [`Problem`] of the scan.
pub fn scan(root: &Path, options: &ScanOptions) -> Result<Scan> {
    let root = readable_folder(root).map_err(|error| error.during("discover"))?;
    let listing = walk::python_files(&root, options);
    let modules = ModuleNames::of(&root);
    let findings = deep_pool::map(&listing.files, |file| survive(&root, file, modules)).map_err(|cause| {
        Error::new(ErrorKind::Unavailable, "cannot start the threads that read the source")
            .during("discover")
            .caused_by(cause)
    })?;

    let mut scan = Scan { tasks: Vec::new(), problems: listing.problems, files: listing.files.len() };
    for found in findings {
        scan.tasks.extend(found.tasks);
        scan.problems.extend(found.problems);
    }
    scan.problems.extend(duplicates::remove(&mut scan.tasks));
    scan.problems.sort();
    Ok(scan)
}

/// One file that the parser cannot stand must not hide the tasks of all others.
fn survive(root: &Path, file: &Path, modules: ModuleNames) -> FileFindings {
    catch_unwind(AssertUnwindSafe(|| examine(root, file, modules))).unwrap_or_else(|_| {
        FileFindings::of_problem(Problem::of_file(
            ProblemKind::Unreadable,
            walk::display_path(root, file),
            "cannot be parsed because of a defect in Nuvom; please report it with this file",
        ))
    })
}

/// What one file says. It depends on this file alone (and on whether `src` is a package), which is what a
/// scan that reads only changed files will rest on.
fn examine(root: &Path, file: &Path, modules: ModuleNames) -> FileFindings {
    let name = walk::display_path(root, file);
    let text = match source::read(file) {
        Ok(Some(text)) => text,
        Ok(None) => return FileFindings::default(),
        Err(unreadable) => return FileFindings::of_problem(unreadable.into_problem(name)),
    };

    let mut found = finder::find_tasks(&name, &text);
    if found.tasks.is_empty() {
        return found;
    }
    match modules.name_of(&name) {
        Ok(module) => found.tasks.iter_mut().for_each(|task| task.module.clone_from(&module)),
        Err(reason) => {
            found.tasks.clear();
            found.problems.push(Problem::of_file(ProblemKind::BadModuleName, name, reason));
        }
    }
    found
}

/// The real path of the root, so that a root given as a link is walked too.
fn readable_folder(root: &Path) -> Result<PathBuf> {
    let real = root.canonicalize().map_err(|cause| {
        let kind = match cause.kind() {
            std::io::ErrorKind::NotFound => ErrorKind::NotFound,
            std::io::ErrorKind::PermissionDenied => ErrorKind::Permission,
            _ => ErrorKind::Unavailable,
        };
        Error::new(kind, "cannot open the project folder").with("path", root.display()).caused_by(cause)
    })?;
    if !real.is_dir() {
        return Err(Error::new(ErrorKind::Invalid, "the project is a file, not a folder")
            .with("path", root.display())
            .hint("Give the folder that holds it"));
    }
    Ok(real)
}
