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
/// are gone, so is the store. What is there already must be a folder, and no link to one: what is put into it would
/// be put elsewhere.
pub fn create_private_subfolder(path: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    match builder.create(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => is_real_folder(path).map(drop),
        created => created,
    }
}

/// Whether a folder is there. What is there and is no folder, such as a link to one, is an error.
pub fn is_real_folder(path: &Path) -> io::Result<bool> {
    match fs::symlink_metadata(path) {
        Ok(found) if found.is_dir() => Ok(true),
        Ok(_) => Err(io::Error::new(
            io::ErrorKind::NotADirectory,
            format!("{} is no folder, and links are not followed", path.display()),
        )),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
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

/// Opens a file for reading and writing, and creates it so that only its owner can open it. A link is not followed.
pub fn open_private_file(path: &Path) -> io::Result<File> {
    not_following(private().create(true).truncate(false)).open(path)
}

/// Has a file not opened if it is a link. Where the system cannot, the folder's access rules must do.
pub fn not_following(options: &mut OpenOptions) -> &mut OpenOptions {
    #[cfg(unix)]
    {
        let flag = rustix::fs::OFlags::NOFOLLOW.bits().cast_signed();
        std::os::unix::fs::OpenOptionsExt::custom_flags(options, flag);
    }
    options
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
