//! A database in a folder of its own, and what tests say about it.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use nuvom_core::ports::{Claim, Filter, Inspect, JobStore};
use nuvom_core::{JobId, NewJob, Result, State};
use nuvom_sqlite::{Durability, SqliteStore};
use nuvom_testkit::FakeClock;
use nuvom_testkit::builders::worker;
use rusqlite::Connection;
use tempfile::TempDir;

/// So long that no lease ends in a test.
pub(crate) const LEASE: Duration = Duration::from_hours(1);

/// A place for a database.
pub(crate) struct Place {
    folder: TempDir,
    pub(crate) clock: Arc<FakeClock>,
}

impl Place {
    pub(crate) fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), clock: FakeClock::new() }
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.folder().join("nuvom.db")
    }

    pub(crate) fn open(&self) -> Arc<SqliteStore> {
        self.try_open().unwrap()
    }

    pub(crate) fn try_open(&self) -> Result<Arc<SqliteStore>> {
        SqliteStore::open(self.path(), Durability::Full, Arc::clone(&self.clock) as _)
    }

    /// The same file, as a program without Nuvom has it.
    pub(crate) fn raw(&self) -> Connection {
        Connection::open(self.path()).unwrap()
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        std::fs::read(self.path()).unwrap()
    }
}

/// A store of any process, at the time at which all of them start.
pub(crate) fn open(path: &Path) -> Arc<SqliteStore> {
    SqliteStore::open(path, Durability::Full, FakeClock::new()).unwrap()
}

pub(crate) fn enqueue(store: &SqliteStore, job: impl Into<NewJob>) -> Result<JobId> {
    let job = job.into();
    store.enqueue(std::slice::from_ref(&job)).map(|_| job.id)
}

pub(crate) fn state(store: &SqliteStore, id: JobId) -> Option<State> {
    store.states(&[id]).unwrap().remove(0)
}

pub(crate) fn wish(limit: usize) -> Claim {
    Claim { worker: worker("worker-1"), queues: Vec::new(), limit, shares: Vec::new(), lease_for: LEASE }
}

/// How many jobs there are in all.
pub(crate) fn total(store: &SqliteStore) -> u64 {
    store.count(&Filter::default()).unwrap().iter().sum()
}
