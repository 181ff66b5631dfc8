//! The roster of a queue whose workers are listed nowhere. Its [`Capability`](nuvom_core::Capability) says so, so that
//! nobody takes an empty list for the word that there are no workers.

use nuvom_core::ports::{Listed, Roster};
use nuvom_core::{Result, WorkerName, WorkerReport};

/// No place for workers.
#[derive(Debug, Clone, Copy)]
pub struct NoRoster;

impl Roster for NoRoster {
    fn report(&self, _reports: &[WorkerReport]) -> Result<()> {
        Ok(())
    }

    fn leave(&self, _workers: &[WorkerName]) -> Result<()> {
        Ok(())
    }

    fn list_workers(&self) -> Result<Listed> {
        Ok(Listed::default())
    }
}
