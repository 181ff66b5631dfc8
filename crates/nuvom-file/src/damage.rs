//! Records that cannot be read. Each is moved out of the way once, with a note of what is wrong beside it, so that
//! the others go on and a person can look at it.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use nuvom_core::ports::Damaged;
use nuvom_core::{JobId, State};

use crate::folders::{DAMAGED, Folders, Kind, read, write};

/// Moves the file of a job in this state away, as this entry of the journal says. One that is gone already was moved
/// before.
pub(crate) fn set_aside(
    folders: &Folders,
    entry: u64,
    id: JobId,
    state: State,
    reason: &str,
) -> io::Result<()> {
    let path = folders.path(Kind::Job(state), id);
    let Some(away) = free_place(folders, id)? else { return Ok(()) };
    match fs::rename(&path, &away) {
        Ok(()) => note(&away, entry, reason),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
    }
}

/// The same, unless this entry was carried out before: then what lies there now was made anew from the journal, is
/// none that somebody has to look at, and goes.
pub(crate) fn set_aside_once(
    folders: &Folders,
    entry: u64,
    id: JobId,
    state: State,
    reason: &str,
) -> io::Result<()> {
    for place in places(folders, id) {
        if is_free(&place)? {
            break;
        }
        let noted = read(&reason_path(&place))?.filter(|text| !text.is_empty());
        let is_it =
            noted.as_ref().is_none_or(|text| text.ends_with(format!("\n{}\n", mark(entry)).as_bytes()));
        if is_it {
            if noted.is_none() {
                // Whoever moved it died before it could say why.
                note(&place, entry, reason)?;
            }
            return folders.remove(Kind::Job(state), id);
        }
    }
    set_aside(folders, entry, id, state, reason)
}

/// Moves the file of a worker away. One of the same name that was moved before goes: of a worker only the last matters.
pub(crate) fn set_aside_worker(folders: &Folders, path: &Path, reason: &str) -> io::Result<()> {
    let Some(name) = path.file_name().and_then(|name| name.to_str()) else { return Ok(()) };
    let away = folders.root().join(DAMAGED).join(format!("worker-{name}"));
    match fs::rename(path, &away) {
        Ok(()) => write(&reason_path(&away), format!("{reason}\n").as_bytes()).map(drop),
        // Another process was faster.
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
    }
}

/// Where records of this job are put. No more than a thousand of one job are kept.
fn places(folders: &Folders, id: JobId) -> impl Iterator<Item = PathBuf> {
    let folder = folders.root().join(DAMAGED);
    (1..1_000).map(move |number| {
        let ending = if number == 1 { String::new() } else { format!("-{number}") };
        folder.join(format!("{id}{ending}.json"))
    })
}

fn free_place(folders: &Folders, id: JobId) -> io::Result<Option<PathBuf>> {
    for place in places(folders, id) {
        if is_free(&place)? {
            return Ok(Some(place));
        }
    }
    Ok(None)
}

fn is_free(place: &Path) -> io::Result<bool> {
    match fs::symlink_metadata(place) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(true),
        found => found.map(|_| false),
    }
}

fn note(place: &Path, entry: u64, reason: &str) -> io::Result<()> {
    write(&reason_path(place), format!("{reason}\n{}\n", mark(entry)).as_bytes()).map(drop)
}

/// The last line of a note: by this an entry that is carried out again knows what it has set aside.
fn mark(entry: u64) -> String {
    format!("entry {entry} of the journal")
}

/// What a note says to people.
fn reason_in(note: &str) -> &str {
    match note.trim_end().rsplit_once('\n') {
        Some((reason, last)) if last.starts_with("entry ") => reason,
        _ => note.trim_end(),
    }
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
                reason: reason_in(&String::from_utf8_lossy(&reason)).to_owned(),
            });
        }
    }
    found.sort_by(|one, other| one.place.cmp(&other.place));
    Ok(found)
}
