//! A copy of the folder, made when it is nobody else's turn to write: journal and files are then of one moment.

use std::cmp::Reverse;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use nuvom_core::ports::{Backup, Copied, Filter, Inspect, Page};
use nuvom_core::{Error, ErrorKind, Result};
use nuvom_local::create_private_subfolder;

use crate::checkpoint::all_to_disk;
use crate::failure::failure;
use crate::folders::{JOURNAL, WAKE, read, write_new};
use crate::store::{FileStore, Options};

/// Records that are read back at once.
const BATCH: usize = 1_000;

impl Backup for FileStore {
    fn back_up(&self, to: &Path, progress: &mut dyn FnMut(u64, u64)) -> Result<Copied> {
        let failed = |error| unwritten(to, error);
        self.still_there("back up")?;
        let (turn, _) = self.turn("back up")?;
        let found = found(self.path()).map_err(|error| self.failed("back up", error))?;
        create_private_subfolder(to).map_err(failed)?;
        let mut bytes = 0;
        for (number, entry) in found.iter().enumerate() {
            bytes += copied(self.path(), entry, to)?;
            progress(number as u64 + 1, found.len() as u64);
        }
        drop(turn);
        all_to_disk(to, true).map_err(failed)?;
        let (jobs, damaged) = self.read_back(to)?;
        Ok(Copied { jobs, bytes, damaged })
    }
}

/// What a copy of the folder is made of; folders before what is in them.
struct Entry {
    path: PathBuf,
    is_folder: bool,
}

impl FileStore {
    /// Opens a copy and reads each record: how many jobs there are, and how many records cannot be read.
    fn read_back(&self, copy: &Path) -> Result<(u64, u64)> {
        let store = Self::open(copy, Options { force: true, ..Options::default() }, self.clock())?;
        let mut jobs = 0;
        let mut page = Page { before: None, limit: BATCH };
        loop {
            let read = store.list(&Filter::default(), &page)?;
            let Some(last) = read.last() else { break };
            jobs += read.len() as u64;
            page.before = Some(last.id);
        }
        Ok((jobs, store.damaged()?.len() as u64))
    }
}

/// Everything below a folder, but what is only of this moment: the doorbells.
fn found(root: &Path) -> io::Result<Vec<Entry>> {
    let mut entries = Vec::new();
    let mut folders = vec![PathBuf::new()];
    while let Some(folder) = folders.pop() {
        let mut names: Vec<_> = fs::read_dir(root.join(&folder))?.collect::<io::Result<_>>()?;
        // Segments of the journal may be forgotten meanwhile, the oldest first. Read from the newest, those that are
        // still there have no gap between them: an older one alone would undo what came after it.
        names.sort_by_key(|name| Reverse(name.file_name()));
        for name in names {
            let path = folder.join(name.file_name());
            // A link is copied as what it is not: reading it fails, and tells where it stands.
            let is_folder = name.file_type()?.is_dir();
            if is_folder && path != Path::new(WAKE) {
                folders.push(path.clone());
            }
            entries.push(Entry { path, is_folder });
        }
    }
    Ok(entries)
}

/// Copies a file or makes a folder. Answers how many bytes that took.
fn copied(root: &Path, entry: &Entry, to: &Path) -> Result<u64> {
    let (from, place) = (root.join(&entry.path), to.join(&entry.path));
    if entry.is_folder {
        return create_private_subfolder(&place).map(|()| 0).map_err(|error| unwritten(&place, error));
    }
    match read(&from).map_err(|error| failure("back up", &from, error))? {
        Some(bytes) => {
            write_new(&place, &bytes).map(|()| bytes.len() as u64).map_err(|error| unwritten(&place, error))
        }
        // What it held has reached the files.
        None if entry.path.starts_with(JOURNAL) => Ok(0),
        None => Err(failure("back up", &from, io::ErrorKind::NotFound.into())),
    }
}

/// What is wrong with the copy is not wrong with the store.
fn unwritten(to: &Path, error: io::Error) -> Error {
    match error.kind() {
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
            Error::new(ErrorKind::Permission, "the copy cannot be written")
                .during("back up")
                .with("path", to.display())
                .caused_by(error)
                .hint("Make its folder writable for this user, or name another one")
        }
        _ => failure("back up", to, error),
    }
}
