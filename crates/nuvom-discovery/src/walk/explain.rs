//! The way from the root to one path, decided step by step as the walk does it.

use std::borrow::Cow;
use std::ffi::OsString;
use std::fs::{self, FileType};
use std::io;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use nuvom_core::{Error, ErrorKind, Result};

use super::display_path;
use super::entry::Entry;
use super::explanation::Explanation;
use super::rules::{Rules, Verdict};
use crate::scan::{ScanOptions, readable_folder};

/// Tells whether discovery reads a file, or enters a folder, and why. The path is absolute or relative to the
/// root; it has to exist.
pub fn explain(root: &Path, options: &ScanOptions, path: &Path) -> Result<Explanation> {
    explained(root, options, path).map_err(|error| error.during("explain"))
}

fn explained(root: &Path, options: &ScanOptions, path: &Path) -> Result<Explanation> {
    let real = readable_folder(root)?;
    let rules = Rules::new(&real, options)?;
    let parts = parts_below(root, &real, path)?;
    let Some((_, above)) = parts.split_last() else {
        return Ok(Explanation::of_root());
    };
    let target = real.join(parts.iter().collect::<PathBuf>());
    // Asked before all, so that what is not there is an error below a folder that is left out, too.
    let entry = Entry { path: &target, kind: kind_of(&target, path)?.into() };
    let explanation = |verdict: Verdict, decider: Option<&Path>| Explanation {
        path: display_path(&real, &target),
        is_folder: entry.is_folder(),
        folder: verdict.folder.as_deref().or(decider).map(|folder| display_path(&real, folder)),
        reason: verdict.reason,
    };

    let mut folder = Arc::new(rules.enter_root());
    let mut place = real.clone();
    for part in above {
        place.push(part);
        let step = Entry { path: &place, kind: kind_of(&place, path)?.into() };
        let verdict = rules.judge(&folder, &step);
        match rules.enter(&folder, &step, &verdict) {
            Some(below) => folder = Arc::new(below),
            None => return Ok(explanation(verdict, Some(&place))),
        }
    }
    Ok(explanation(rules.judge(&folder, &entry), None))
}

/// The names that lead from the root to a path. What they spell need not be there.
fn parts_below(root: &Path, real: &Path, path: &Path) -> Result<Vec<OsString>> {
    let outside = || {
        Error::new(ErrorKind::Invalid, "this path is outside the project, so discovery never comes there")
            .with("path", path.display())
            .with("project", real.display())
    };
    // The root may be spelled in another way in the path than it is in the call, as by way of a link.
    let relative: Cow<'_, Path> = if path.is_relative() {
        path.into()
    } else if let Ok(below) = path.strip_prefix(real).or_else(|_| path.strip_prefix(root)) {
        below.into()
    } else {
        let (parent, name) = path.parent().zip(path.file_name()).ok_or_else(outside)?;
        let resolved = parent.canonicalize().map_err(|_| outside())?.join(name);
        resolved.strip_prefix(real).map_err(|_| outside())?.to_owned().into()
    };

    let mut parts = Vec::new();
    for component in relative.components() {
        match component {
            Component::Normal(part) => parts.push(part.to_owned()),
            Component::CurDir => {}
            Component::ParentDir => drop(parts.pop().ok_or_else(outside)?),
            Component::RootDir | Component::Prefix(_) => return Err(outside()),
        }
    }
    Ok(parts)
}

fn kind_of(place: &Path, given: &Path) -> Result<FileType> {
    let metadata = fs::symlink_metadata(place).map_err(|cause| {
        let kind = match cause.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => ErrorKind::NotFound,
            io::ErrorKind::PermissionDenied => ErrorKind::Permission,
            _ => ErrorKind::Unavailable,
        };
        Error::new(kind, "there is no such file or folder to explain")
            .with("path", given.display())
            .caused_by(cause)
    })?;
    Ok(metadata.file_type())
}
