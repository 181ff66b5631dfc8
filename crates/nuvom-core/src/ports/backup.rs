//! The backup port: a copy of a store that is in use.

use std::path::Path;

use crate::Result;

/// Copies a store while others work on it.
pub trait Backup: Send + Sync {
    /// Writes a copy to `to`, where nothing is, that only its owner can read. It holds all that was acknowledged before
    /// the call, is of one moment, and was read back when this returns. `progress` is told what is done, and of how
    /// much. Where this fails, what it wrote may still be there.
    fn back_up(&self, to: &Path, progress: &mut dyn FnMut(u64, u64)) -> Result<Copied>;
}

/// What is in a copy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Copied {
    /// Jobs, in whatever state.
    pub jobs: u64,
    /// Its size.
    pub bytes: u64,
    /// Records in it that cannot be read, and could not be in the store. Where one cannot be told from the others,
    /// damage is an error.
    pub damaged: u64,
}
