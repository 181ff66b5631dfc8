//! Who else may read or write a file. What differs between operating systems is in this file alone.

use std::fs::{self, Metadata};
use std::path::{Path, PathBuf};

use crate::{Project, Settings};

/// Whether any user of the machine may write the file. Where there are no such modes, the folder's own access
/// rules decide, and the answer is no.
pub(crate) fn is_world_writable(metadata: &Metadata) -> bool {
    #[cfg(unix)]
    {
        std::os::unix::fs::PermissionsExt::mode(&metadata.permissions()) & 0o002 != 0
    }
    #[cfg(not(unix))]
    {
        let _ = metadata;
        false
    }
}

/// What of Nuvom's own can be read by other users of the machine, or belongs to one: a sentence each, without its
/// final full stop. Nuvom makes its files private; they are loosened by copies, archives and `sudo`.
pub fn exposed(project: &Project, settings: &Settings) -> Vec<String> {
    let folder = project.data_folder();
    let mut places = inside(&folder);
    let stores = [settings.sqlite_queue_path(), settings.sqlite_result_path(), settings.file_dir()];
    places.extend(stores.into_iter().filter(|path| !path.starts_with(&folder)).map(Path::to_owned));
    places.dedup();
    places.iter().filter_map(|path| exposure(path, !path.starts_with(&folder) || *path == folder)).collect()
}

/// The folder and what lies in it, in order.
fn inside(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut places: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    places.push(folder.to_owned());
    places.sort();
    places
}

/// What is wrong with one place. Where it `stands_alone` nothing above it keeps others out; elsewhere only its owner
/// matters, as a private folder is private whatever is in it.
#[cfg(unix)]
fn exposure(path: &Path, stands_alone: bool) -> Option<String> {
    use std::os::unix::fs::MetadataExt;

    let found = fs::symlink_metadata(path).ok()?;
    let (owner, user) = (found.uid(), rustix::process::geteuid().as_raw());
    if owner != user {
        return Some(format!("{} belongs to user {owner}, and this is user {user}", path.display()));
    }
    let mode = found.mode() & 0o777;
    let is_loose = stands_alone && !found.is_symlink() && mode & 0o077 != 0;
    is_loose.then(|| format!("{} is open to other users: its mode is {mode:04o}", path.display()))
}

#[cfg(not(unix))]
fn exposure(_path: &Path, _stands_alone: bool) -> Option<String> {
    None
}
