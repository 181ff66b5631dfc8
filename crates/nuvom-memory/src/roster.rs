//! The roster port: workers of this process, by name.

use nuvom_core::ports::{Listed, Roster};
use nuvom_core::{ListedWorker, Result, WorkerName, WorkerReport, forgotten_before};

use crate::MemoryStore;

impl Roster for MemoryStore {
    fn report(&self, reports: &[WorkerReport]) -> Result<()> {
        self.change(|kept, now| {
            for report in reports {
                let listed = ListedWorker { report: report.clone(), seen_at: now };
                kept.workers.insert(report.worker.clone(), listed);
            }
            kept.workers.retain(|_, listed| listed.seen_at >= forgotten_before(now));
        });
        Ok(())
    }

    fn leave(&self, workers: &[WorkerName]) -> Result<()> {
        self.change(|kept, _| workers.iter().for_each(|worker| drop(kept.workers.remove(worker))));
        Ok(())
    }

    fn list_workers(&self) -> Result<Listed> {
        Ok(self.change(|kept, now| Listed { now, workers: kept.workers.values().cloned().collect() }))
    }
}
