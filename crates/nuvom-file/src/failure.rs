//! Errors of files in our words: what a caller can do about each decides its kind.

use std::io;
use std::path::Path;

use nuvom_core::{Error, ErrorKind};

/// Translates an error of a file; `operation` is the port's method.
pub(crate) fn failure(operation: &'static str, path: &Path, error: io::Error) -> Error {
    let (kind, message, hint) = match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => (
            ErrorKind::Unavailable,
            "the disk is full",
            Some("Nothing was half written; free some space and repeat"),
        ),
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => (
            ErrorKind::Permission,
            "the folder of the file backend cannot be written",
            Some("Make it writable for this user, or set NUVOM_FILE_DIR"),
        ),
        io::ErrorKind::NotFound => (
            ErrorKind::Corrupt,
            "the folder of the file backend was deleted or replaced in part",
            Some(
                "Stop all workers and restore it; nothing but Nuvom may remove files there while it is in use",
            ),
        ),
        io::ErrorKind::NotADirectory | io::ErrorKind::IsADirectory => (
            ErrorKind::Corrupt,
            "the folder of the file backend holds something of another kind than it should",
            Some("Remove what was put there, or set NUVOM_FILE_DIR to another folder"),
        ),
        _ if is_link(&error) => (
            ErrorKind::Corrupt,
            "a link stands where the file backend keeps a file, and links are not followed",
            Some("Remove the link"),
        ),
        _ => (ErrorKind::Unavailable, "the disk could not be read or written", None),
    };
    let error = Error::new(kind, message).during(operation).with("path", path.display()).caused_by(error);
    match hint {
        Some(hint) => error.hint(hint),
        None => error,
    }
}

#[cfg(unix)]
fn is_link(error: &io::Error) -> bool {
    error.raw_os_error() == Some(rustix::io::Errno::LOOP.raw_os_error())
}

#[cfg(not(unix))]
fn is_link(_error: &io::Error) -> bool {
    false
}
