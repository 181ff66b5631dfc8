//! The roster port: which workers there are. It decides nothing about jobs, and no job waits for it.

use crate::{ListedWorker, Result, Timestamp, WorkerName, WorkerReport};

/// Where workers are listed.
pub trait Roster: Send + Sync {
    /// Notes what workers say of themselves, in place of what they said before, and when by the store's clock. Forgets
    /// those that were not heard of since [`forgotten_before`](crate::forgotten_before).
    fn report(&self, reports: &[WorkerReport]) -> Result<()>;

    /// Forgets workers that have ended.
    fn leave(&self, workers: &[WorkerName]) -> Result<()>;

    /// All that are known, by name, the silent included.
    fn list_workers(&self) -> Result<Listed>;
}

/// The workers of a store.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Listed {
    /// The store's time, by which they are living or silent.
    pub now: Timestamp,
    /// They, by name.
    pub workers: Vec<ListedWorker>,
}
