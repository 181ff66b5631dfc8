//! SQLite's errors in our words: what a caller can do about each decides its kind.

use std::path::Path;

use nuvom_core::{Error, ErrorKind};
use rusqlite::ErrorCode;

/// Translates an error of SQLite; `operation` is the port's method.
pub(crate) fn failure(operation: &'static str, path: &Path, error: rusqlite::Error) -> Error {
    let (kind, message, hint) = match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => (
            ErrorKind::Unavailable,
            "another process kept the database locked for 30 s",
            Some("Find the process that holds a transaction open on it"),
        ),
        Some(ErrorCode::DiskFull) => (
            ErrorKind::Unavailable,
            "the disk is full",
            Some("Nothing was half written; free some space and repeat"),
        ),
        Some(
            ErrorCode::ReadOnly | ErrorCode::PermissionDenied | ErrorCode::AuthorizationForStatementDenied,
        ) => (
            ErrorKind::Permission,
            "the database cannot be written",
            Some("Make the file and its folder writable for this user, or set NUVOM_SQLITE_PATH"),
        ),
        Some(ErrorCode::CannotOpen) => (
            ErrorKind::Permission,
            "the database cannot be opened",
            Some("Check that its folder exists and is writable for this user, or set NUVOM_SQLITE_PATH"),
        ),
        Some(ErrorCode::NotADatabase) => (
            ErrorKind::Foreign,
            "this file is not an SQLite database",
            Some("Point NUVOM_SQLITE_PATH at another file; this one was left as it is"),
        ),
        Some(ErrorCode::DatabaseCorrupt) => (
            ErrorKind::Corrupt,
            "the database is damaged",
            Some("Stop all workers and restore a backup, or save what `sqlite3 FILE .recover` can read"),
        ),
        Some(ErrorCode::ConstraintViolation) => {
            (ErrorKind::Internal, "a record would break a rule of the schema; nothing was changed", None)
        }
        Some(ErrorCode::SystemIoFailure) => {
            (ErrorKind::Unavailable, "the disk could not be read or written", None)
        }
        _ => (ErrorKind::Internal, "SQLite refused", None),
    };
    let error = Error::new(kind, message).during(operation).with("path", path.display()).caused_by(error);
    match hint {
        Some(hint) => error.hint(hint),
        None => error,
    }
}
