//! Records that cannot be read. Each is moved out of the way once, with a note of what is wrong beside it, so that
//! the others go on and a person can look at it.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use nuvom_core::ports::Damaged;
use nuvom_core::{JobId, State};

use crate::folders::{DAMAGED, Folders, Kind, read, write};

/// Moves the file of a job in this state away. One that is gone already was moved before.
pub(crate) fn set_aside(folders: &Folders, id: JobId, state: State, reason: &str) -> io::Result<()> {
    let path = folders.path(Kind::Job(state), id);
    let Some(away) = free_place(folders, id)? else { return Ok(()) };
    match fs::rename(&path, &away) {
        Ok(()) => write(&reason_path(&away), format!("{reason}\n").as_bytes()).map(drop),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
    }
}

/// Where there is nothing yet; none where a thousand records of one job were set aside before.
fn free_place(folders: &Folders, id: JobId) -> io::Result<Option<PathBuf>> {
    for number in 1..1_000 {
        let ending = if number == 1 { String::new() } else { format!("-{number}") };
        let path = folders.root().join(DAMAGED).join(format!("{id}{ending}.json"));
        match fs::symlink_metadata(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Some(path)),
            Err(error) => return Err(error),
            Ok(_) => {}
        }
    }
    Ok(None)
}

fn reason_path(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".reason");
    name.into()
}

/// All that was set aside, by name.
pub(crate) fn damaged(folders: &Folders) -> io::Result<Vec<Damaged>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folders.root().join(DAMAGED))? {
        let path = entry?.path();
        if path.extension().is_some_and(|ending| ending == "json") {
            let reason = read(&reason_path(&path))?.unwrap_or_default();
            found.push(Damaged {
                place: path.display().to_string(),
                reason: String::from_utf8_lossy(&reason).trim_end().to_owned(),
            });
        }
    }
    found.sort_by(|one, other| one.place.cmp(&other.place));
    Ok(found)
}
