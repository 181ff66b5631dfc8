//! The values of jobs that succeeded.

use std::collections::BTreeMap;
use std::ops::Bound;

use nuvom_core::ports::{Page, ResultStore, StoredResult};
use nuvom_core::{JobId, Result};

use crate::MemoryStore;

/// Values by job.
#[derive(Default)]
pub(crate) struct Results {
    by_job: BTreeMap<JobId, StoredResult>,
}

impl Results {
    /// Keeps a value, unless there is one of a later holder.
    pub(crate) fn put(&mut self, result: StoredResult) {
        if self.by_job.get(&result.id).is_none_or(|kept| kept.lease <= result.lease) {
            self.by_job.insert(result.id, result);
        }
    }

    pub(crate) fn remove(&mut self, id: JobId) {
        self.by_job.remove(&id);
    }
}

impl ResultStore for MemoryStore {
    fn put(&self, results: &[StoredResult]) -> Result<()> {
        self.change(|kept, _| {
            for result in results {
                kept.board.results_mut().put(result.clone());
            }
        });
        Ok(())
    }

    fn get(&self, ids: &[JobId]) -> Result<Vec<Option<StoredResult>>> {
        Ok(self.read(|kept| ids.iter().map(|id| kept.board.results().by_job.get(id).cloned()).collect()))
    }

    fn list_results(&self, page: &Page) -> Result<Vec<StoredResult>> {
        let end = page.before.map_or(Bound::Unbounded, Bound::Excluded);
        Ok(self.read(|kept| {
            let newest_first = kept.board.results().by_job.range((Bound::Unbounded, end)).rev();
            let with_record = newest_first.map(|(_, kept)| kept).filter(|kept| kept.record.is_some());
            with_record.take(page.limit).cloned().collect()
        }))
    }

    fn delete(&self, ids: &[JobId]) -> Result<()> {
        self.change(|kept, _| {
            for id in ids {
                kept.board.results_mut().remove(*id);
            }
        });
        Ok(())
    }
}
