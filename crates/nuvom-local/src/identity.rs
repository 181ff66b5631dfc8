//! Whether the file at a path is still the one that was opened. A program keeps a deleted file open and would
//! go on writing into what nobody can find any more, while others meet in a new and empty queue.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use nuvom_core::{Clock, Error, ErrorKind, Result};

/// Between two looks. A look costs a microsecond and a deleted database is rare, but a busy worker commits
/// thousands of times a second.
const BETWEEN: Duration = Duration::from_secs(1);

/// What tells one file from another on this machine; none where the system cannot remove an open file.
type FileId = Option<(u64, u64)>;

/// How a store says that what it works on is gone.
#[derive(Debug, Clone, Copy)]
pub struct Gone {
    /// What happened, as a sentence without its full stop.
    pub message: &'static str,
    /// What to do next.
    pub hint: &'static str,
}

/// The file that a store works on.
#[derive(Debug)]
pub struct Identity {
    path: PathBuf,
    gone: Gone,
    id: FileId,
    /// When it was last looked at, on the monotonic clock.
    looked: Mutex<Option<Duration>>,
}

impl Identity {
    /// The file that is at `path` now.
    pub fn of(path: &Path, gone: Gone) -> Result<Self> {
        let id = file_id(path).map_err(|_| gone.error(path))?;
        Ok(Self { path: path.to_owned(), gone, id, looked: Mutex::new(None) })
    }

    /// Fails if the file was deleted or replaced, as far as the last second is concerned.
    pub fn check(&self, clock: &dyn Clock) -> Result<()> {
        let now = clock.monotonic();
        let mut looked = self.looked.lock().unwrap_or_else(PoisonError::into_inner);
        if looked.is_some_and(|looked| now.saturating_sub(looked) < BETWEEN) {
            return Ok(());
        }
        self.check_now()?;
        *looked = Some(now);
        Ok(())
    }

    /// Fails if the file was deleted or replaced.
    pub fn check_now(&self) -> Result<()> {
        match file_id(&self.path) {
            Ok(id) if id == self.id => Ok(()),
            Ok(_) => Err(self.gone.error(&self.path)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Err(self.gone.error(&self.path)),
            // A folder that cannot be looked into for a moment, as on a network, says nothing about the file.
            Err(_) => Ok(()),
        }
    }
}

impl Gone {
    fn error(self, path: &Path) -> Error {
        Error::new(ErrorKind::Corrupt, self.message).with("path", path.display()).hint(self.hint)
    }
}

#[cfg(unix)]
fn file_id(path: &Path) -> io::Result<FileId> {
    use std::os::unix::fs::MetadataExt;
    std::fs::metadata(path).map(|file| Some((file.dev(), file.ino())))
}

#[cfg(not(unix))]
fn file_id(_path: &Path) -> io::Result<FileId> {
    Ok(None)
}
