//! A folder for a store, and what tests say about it.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use nuvom_core::ports::{Claim, Enqueued, Filter, Inspect, JobStore};
use nuvom_core::{End, Job, JobId, NewJob, Outcome, Result, State};
use nuvom_file::{FileStore, Options};
use nuvom_testkit::FakeClock;
use nuvom_testkit::builders::worker;
use tempfile::TempDir;

/// So long that no lease ends in a test.
pub(crate) const LEASE: Duration = Duration::from_hours(1);

/// A place for a store.
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
        self.folder().join("files")
    }

    pub(crate) fn open(&self) -> Arc<FileStore> {
        self.try_open().unwrap()
    }

    pub(crate) fn try_open(&self) -> Result<Arc<FileStore>> {
        FileStore::open(self.path(), Options::default(), Arc::clone(&self.clock) as _)
    }

    /// The file of a job in the folder of this state.
    pub(crate) fn file(&self, folder: &str, id: JobId) -> PathBuf {
        file_in(&self.path(), folder, id)
    }

    /// The folders in which a job has a file.
    pub(crate) fn folders_of(&self, id: JobId) -> Vec<&'static str> {
        let all = ["waiting", "running", "ended/success", "ended/failed", "ended/cancelled"];
        all.into_iter().filter(|folder| self.file(folder, id).exists()).collect()
    }

    /// Has the store believe that the machine was started since.
    pub(crate) fn restart_machine(&self) {
        fs::write(self.path().join("head"), b"of another life of the machine\n").unwrap();
    }

    /// The segments of the journal, the oldest first.
    pub(crate) fn segments(&self) -> Vec<PathBuf> {
        let entries = fs::read_dir(self.path().join("journal")).unwrap();
        let mut found: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
        found.sort();
        found
    }
}

pub(crate) fn file_in(root: &Path, folder: &str, id: JobId) -> PathBuf {
    let name = id.to_string();
    root.join(folder).join(&name[34..35]).join(&name[35..]).join(format!("{name}.json"))
}

/// A store of any process, at the time at which all of them start.
pub(crate) fn open(path: &Path) -> Arc<FileStore> {
    FileStore::open(path, Options::default(), FakeClock::new()).unwrap()
}

pub(crate) fn enqueue(store: &FileStore, job: impl Into<NewJob>) -> Result<JobId> {
    let job = job.into();
    store.enqueue(std::slice::from_ref(&job)).map(|_| job.id)
}

pub(crate) fn enqueue_again(store: &FileStore, job: &NewJob) -> Enqueued {
    store.enqueue(std::slice::from_ref(job)).unwrap()[0]
}

pub(crate) fn state(store: &FileStore, id: JobId) -> Option<State> {
    store.states(&[id]).unwrap().remove(0)
}

pub(crate) fn claim(store: &FileStore, limit: usize) -> Vec<Job> {
    store.exchange(&[], Some(&wish(limit))).unwrap().claimed
}

pub(crate) fn end(job: &Job, outcome: Outcome) -> End {
    End { id: job.id, lease: job.lease, outcome }
}

pub(crate) fn ids(jobs: &[Job]) -> Vec<JobId> {
    jobs.iter().map(|job| job.id).collect()
}

pub(crate) fn wish(limit: usize) -> Claim {
    Claim { worker: worker("worker-1"), queues: Vec::new(), limit, shares: Vec::new(), lease_for: LEASE }
}

/// How many jobs there are in all.
pub(crate) fn total(store: &FileStore) -> u64 {
    store.count(&Filter::default()).unwrap().iter().sum()
}
