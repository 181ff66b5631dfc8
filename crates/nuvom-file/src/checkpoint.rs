//! Bringing files to the disk that the journal has answered for so far, so that old segments can go. It happens once
//! in many thousand jobs, on a thread of its own: others write meanwhile.

use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use crate::folders::Folders;
use crate::journal::Journal;

/// The thread that does it, if one runs. Whoever drops this waits for it.
#[derive(Debug, Default)]
pub(crate) struct Checkpoint {
    running: Mutex<Option<JoinHandle<()>>>,
}

impl Checkpoint {
    /// Begins, unless the last one is not done: the next one does its work, too. All entries below `segment` have
    /// reached the files.
    pub(crate) fn begin(&self, folders: &Arc<Folders>, journal: &Arc<Journal>, segment: u64, synced: bool) {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        if running.as_ref().is_some_and(|thread| !thread.is_finished()) {
            return;
        }
        let (folders, journal) = (Arc::clone(folders), Arc::clone(journal));
        let work = move || {
            // What cannot be done now is done with the next segment; until then the journal answers for it.
            let _ = all_to_disk(folders.root(), synced).and_then(|()| {
                // One segment more than is needed stays for those who follow, and would have to look at every file.
                journal.forget_below(segment.saturating_sub(1))
            });
        };
        let started = std::thread::Builder::new().name("nuvom-file-checkpoint".into()).spawn(work);
        *running = started.ok();
    }

    /// Waits for the end of one that runs.
    pub(crate) fn wait(&self) {
        let thread = self.running.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread {
            let _ = thread.join();
        }
    }
}

impl Drop for Checkpoint {
    fn drop(&mut self) {
        self.wait();
    }
}

/// Brings all that was written to files of this store to the disk.
pub(crate) fn all_to_disk(root: &Path, synced: bool) -> io::Result<()> {
    if !synced {
        return Ok(());
    }
    #[cfg(target_os = "linux")]
    {
        rustix::fs::syncfs(std::fs::File::open(root)?)?;
        Ok(())
    }
    #[cfg(not(target_os = "linux"))]
    {
        each_to_disk(root)
    }
}

/// Where the system has no call for a whole file system, file by file.
#[cfg(not(target_os = "linux"))]
fn each_to_disk(folder: &Path) -> io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let gone_meanwhile = |error: io::Error| match error.kind() {
            io::ErrorKind::NotFound => Ok(()),
            _ => Err(error),
        };
        if entry.file_type()?.is_dir() {
            each_to_disk(&entry.path())?;
        } else if entry.file_type()?.is_file() {
            // Windows brings nothing to the disk of a file that is open for reading only.
            crate::folders::open_to_change(&entry.path())
                .and_then(|file| file.sync_all())
                .or_else(gone_meanwhile)?;
        }
    }
    crate::journal::sync_folder(folder)
}
