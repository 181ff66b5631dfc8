//! The folder of a store, and the note in it that says whose it is. A folder of another program, of a newer Nuvom, of
//! another machine or on a network is refused before anything is written there.

use std::fs;
use std::io;
use std::path::Path;

use nuvom_core::{Error, ErrorKind, Result, Timestamp};
use nuvom_local::create_private_folder;
use serde::{Deserialize, Serialize};

use crate::failure::failure;
use crate::folders::{
    DAMAGED, Folders, JOURNAL, PAUSED, QUEUES, SCHEDULES, WAKE, WORKERS, read, remove, write_new,
};
use crate::journal::{Journal, sync_folder};
use crate::machine::Machine;
use crate::repair::begin_journal;

/// The number of the layout of the folder. One with another meaning gets another number.
pub const FORMAT: u32 = 1;

const NOTE: &str = "store.json";
const NEW_NOTE: &str = "store.json.new";

/// What a creation that was cut off may have left.
const OURS: [&str; 15] = [
    NEW_NOTE, "lock", "head", "waiting", "running", "ended", "results", "recorded", JOURNAL, SCHEDULES,
    QUEUES, PAUSED, DAMAGED, WAKE, WORKERS,
];

#[derive(Debug, Serialize, Deserialize)]
struct Note {
    nuvom_files: u32,
    store: String,
    host: Option<String>,
}

/// Creates the folder, unless it is there.
pub(crate) fn create_folder(root: &Path) -> Result<()> {
    match create_private_folder(root) {
        Ok(()) if root.is_dir() => Ok(()),
        Ok(()) => Err(failure("open", root, io::ErrorKind::NotADirectory.into())),
        Err(error) => Err(Error::new(ErrorKind::Permission, "the folder of the file backend cannot be made")
            .during("open")
            .with("path", root.display())
            .caused_by(error)
            .hint("Make the folder above it writable for this user, or set NUVOM_FILE_DIR")),
    }
}

/// Refuses a file system on which the locks and renames of several machines do not hold together.
pub(crate) fn refuse_network(root: &Path, machine: &Machine, forced: bool) -> Result<()> {
    let Some(network) = machine.network.as_ref().filter(|_| !forced) else { return Ok(()) };
    Err(Error::new(ErrorKind::Unsupported, "the file backend does not work on a network file system")
        .during("open")
        .with("path", root.display())
        .with("file system", network)
        .hint(
            "Set NUVOM_FILE_DIR to a folder on a disk of this machine. If one machine alone uses the folder, \
             NUVOM_FILE_FORCE=true opens it",
        ))
}

/// Refuses a folder in which something else is.
pub(crate) fn refuse_foreign(root: &Path) -> Result<()> {
    let failed = |error| failure("open", root, error);
    if read(&root.join(NOTE)).map_err(failed)?.is_some() {
        return Ok(());
    }
    for entry in fs::read_dir(root).map_err(failed)? {
        let name = entry.map_err(failed)?.file_name();
        if name.to_str().is_none_or(|name| !OURS.contains(&name)) {
            return Err(Error::new(
                ErrorKind::Foreign,
                "this folder holds something else than a file backend",
            )
            .during("open")
            .with("path", root.display())
            .with("found", name.display())
            .hint("Set NUVOM_FILE_DIR to a folder of its own; nothing was changed in this one"));
        }
    }
    if has_entries(&root.join(JOURNAL)).map_err(failed)? {
        return Err(Error::new(
            ErrorKind::Corrupt,
            "the note that says whose this file backend is is missing",
        )
        .during("open")
        .with("path", root.join(NOTE).display())
        .hint("Restore it from a backup, together with all of the folder"));
    }
    Ok(())
}

/// Whether a journal holds more than its beginning, which is all that a creation leaves that was cut off.
fn has_entries(journal: &Path) -> io::Result<bool> {
    const BEGINNING: u64 = 200;
    if !journal.is_dir() {
        return Ok(false);
    }
    let segments: Vec<u64> =
        fs::read_dir(journal)?.map(|entry| Ok(entry?.metadata()?.len())).collect::<io::Result<_>>()?;
    Ok(segments.len() > 1 || segments.iter().any(|length| *length > BEGINNING))
}

/// Whether the folder is a store of this machine already.
pub(crate) fn is_settled(folders: &Folders, machine: &Machine) -> Result<bool> {
    let path = folders.root().join(NOTE);
    match read(&path).map_err(|error| failure("open", folders.root(), error))? {
        Some(text) => Ok(!is_foreign(&parse(&path, &text)?, machine)),
        None => Ok(false),
    }
}

/// Makes the folder a store, or holds it to what its note says. Whoever calls has the right to write.
pub(crate) fn settle(
    folders: &Folders,
    journal: &Journal,
    machine: &Machine,
    forced: bool,
    now: Timestamp,
) -> Result<()> {
    let root = folders.root();
    let failed = |error| failure("open", root, error);
    let path = root.join(NOTE);
    match read(&path).map_err(failed)? {
        None => {
            folders.create().and_then(|()| begin_journal(journal, now)).map_err(failed)?;
            let store = uuid::Uuid::now_v7().to_string();
            write_note(root, &Note { nuvom_files: FORMAT, store, host: machine.host.clone() }).map_err(failed)
        }
        Some(text) => {
            let note = parse(&path, &text)?;
            if !is_foreign(&note, machine) {
                return Ok(());
            }
            if !forced {
                return Err(of_another_machine(root));
            }
            write_note(root, &Note { host: machine.host.clone(), ..note }).map_err(failed)
        }
    }
}

fn is_foreign(note: &Note, machine: &Machine) -> bool {
    // A machine without a number, as most containers are, cannot be told from another.
    matches!((&note.host, &machine.host), (Some(noted), Some(host)) if noted != host)
}

fn parse(path: &Path, text: &[u8]) -> Result<Note> {
    #[derive(Deserialize)]
    struct Version {
        nuvom_files: u32,
    }
    let damaged = |error| {
        Error::new(ErrorKind::Corrupt, "the note that says whose this file backend is cannot be read")
            .during("open")
            .with("path", path.display())
            .caused_by(error)
            .hint("Restore it from a backup")
    };
    let Version { nuvom_files } = serde_json::from_slice(text).map_err(damaged)?;
    if nuvom_files != FORMAT {
        return Err(Error::new(
            ErrorKind::Foreign,
            format!("this folder has layout {nuvom_files}, and this Nuvom knows layout {FORMAT}"),
        )
        .during("open")
        .with("path", path.display())
        .hint("Upgrade this Nuvom; nothing was changed in the folder"));
    }
    serde_json::from_slice(text).map_err(damaged)
}

fn of_another_machine(root: &Path) -> Error {
    Error::new(ErrorKind::Foreign, "this file backend belongs to another machine")
        .during("open")
        .with("path", root.display())
        .hint(
            "Two machines must not share it. If it was moved or restored here, and no other machine uses it, open it \
             once with NUVOM_FILE_FORCE=true",
        )
}

fn write_note(root: &Path, note: &Note) -> io::Result<()> {
    let (path, new) = (root.join(NOTE), root.join(NEW_NOTE));
    let mut text = serde_json::to_vec(note).unwrap_or_default();
    text.push(b'\n');
    remove(&new)?;
    write_new(&new, &text)?;
    crate::folders::open_to_change(&new)?.sync_all()?;
    fs::rename(&new, &path)?;
    sync_folder(root)
}
