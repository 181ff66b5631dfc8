//! How a command ends without doing what it was asked, and the exit codes.

use std::io;

use nuvom_core::{Error, ErrorKind};

/// Done.
pub const OK: i32 = 0;
/// It could not be done.
pub const ERROR: i32 = 1;
/// The command or the settings cannot be right.
pub const USAGE: i32 = 2;
/// A worker stopped before some of its jobs were done, and handed them back.
pub const HANDED_BACK: i32 = 3;

/// Why a command stopped.
#[derive(Debug)]
pub(crate) enum Failure {
    /// Something to tell.
    Error(Error),
    /// The output cannot be written.
    Output(io::Error),
}

impl Failure {
    /// The exit code of an error: what a user wrote wrongly is told apart from what went wrong.
    pub(crate) fn exit_code(error: &Error) -> i32 {
        if error.kind() == ErrorKind::Invalid { USAGE } else { ERROR }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Failure::Error(error)
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Failure::Output(error)
    }
}
