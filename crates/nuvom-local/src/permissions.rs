//! Who may read the store: nobody but its owner, whatever the umask. Where the system has no such modes,
//! the folder's own access rules decide.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

/// Creates a folder, and those above it, that only its owner can enter.
pub fn create_private_folder(path: &Path) -> io::Result<()> {
    if path.as_os_str().is_empty() || path.is_dir() {
        return Ok(());
    }
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

/// Creates a folder that only its owner can enter in one that is there. Those above it are not created: where they
/// are gone, so is the store.
pub fn create_private_subfolder(path: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    match builder.create(path) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    }
}

/// Creates a file that only its owner can open, unless it is there. One that is there is not opened: closing any
/// handle of a file ends the locks that this process has on it, and SQLite may be using it.
pub fn create_private_file(path: &Path) -> io::Result<()> {
    // Nor may SQLite meet the file on another thread before the handle that created it is closed.
    static CREATING: Mutex<()> = Mutex::new(());
    let _creating = CREATING.lock().unwrap_or_else(PoisonError::into_inner);
    match private().create_new(true).open(path) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    }
}

/// Opens a file for reading and writing, and creates it so that only its owner can open it.
pub fn open_private_file(path: &Path) -> io::Result<File> {
    private().create(true).truncate(false).open(path)
}

/// How files are opened for reading and writing that nobody but their owner can open. SQLite gives the files it puts
/// beside a database the database's own mode.
pub fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.read(true).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}
