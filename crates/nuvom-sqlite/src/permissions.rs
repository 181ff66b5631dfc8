//! Who may read the store: nobody but its owner, whatever the umask. Where the system has no such modes,
//! the folder's own access rules decide.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::Path;

/// Creates a folder, and those above it, that only its owner can enter.
pub(crate) fn create_private_folder(path: &Path) -> io::Result<()> {
    if path.as_os_str().is_empty() || path.is_dir() {
        return Ok(());
    }
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

/// Opens a file for reading and writing, and creates it so that only its owner can open it. SQLite gives the
/// files it puts beside a database the database's own mode.
pub(crate) fn open_private_file(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}
