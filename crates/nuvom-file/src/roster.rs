//! The roster port: a file a worker, replaced whole at every beat. No job depends on it, so it waits for nobody's turn,
//! has no entry in the journal and is not brought to the disk.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use nuvom_core::ports::{Listed, Roster};
use nuvom_core::{ListedWorker, QueueName, Result, Timestamp, WorkerName, WorkerReport, forgotten_before};
use nuvom_local::create_private_subfolder;
use serde::{Deserialize, Serialize};

use crate::damage::set_aside_worker;
use crate::folders::{Folders, WORKERS, read, remove, write_new};
use crate::names::{is_file_name, worker_path};
use crate::store::FileStore;

impl Roster for FileStore {
    fn report(&self, reports: &[WorkerReport]) -> Result<()> {
        const OPERATION: &str = "report worker";
        if reports.is_empty() {
            return Ok(());
        }
        self.still_there(OPERATION)?;
        let now = self.now();
        // Stores of before there was a roster have no folder for it.
        let folder = self.folders.root().join(WORKERS);
        let written = create_private_subfolder(&folder)
            .and_then(|()| reports.iter().try_for_each(|report| replace(&self.folders, report, now)))
            .and_then(|()| sweep(&self.folders, now));
        written.map_err(|error| self.failed(OPERATION, error))
    }

    fn leave(&self, workers: &[WorkerName]) -> Result<()> {
        const OPERATION: &str = "take worker off the roster";
        self.still_there(OPERATION)?;
        let gone = workers.iter().try_for_each(|worker| remove(&worker_path(&self.folders, worker)));
        gone.map_err(|error| self.failed(OPERATION, error))
    }

    fn list_workers(&self) -> Result<Listed> {
        const OPERATION: &str = "list workers";
        self.still_there(OPERATION)?;
        let mut workers = Vec::new();
        for (_, listed) in all(&self.folders).map_err(|error| self.failed(OPERATION, error))? {
            // One that cannot be read is set aside at the next report, with the reason.
            workers.extend(listed.ok());
        }
        workers.sort_by(|one: &ListedWorker, other| one.report.worker.cmp(&other.report.worker));
        Ok(Listed { now: self.now(), workers })
    }
}

/// What stands in the file of a worker. A newer Nuvom may add to it.
#[derive(Debug, Serialize, Deserialize)]
struct Line {
    worker: String,
    host: String,
    pid: u32,
    version: String,
    pool: String,
    slots: u32,
    queues: Vec<String>,
    started_at: i64,
    seen_at: i64,
    beat: u64,
    busy: u32,
    stuck: u32,
    stopping: bool,
}

/// Whoever reads meets what stood there before or what stands there then, and nothing in between.
fn replace(folders: &Folders, report: &WorkerReport, now: Timestamp) -> io::Result<()> {
    let path = worker_path(folders, &report.worker);
    let new = path.with_extension("new");
    remove(&new)?;
    write_new(&new, &to_text(report, now))?;
    fs::rename(&new, &path)
}

/// Forgets those that were not heard of for long, and sets aside what cannot be read.
fn sweep(folders: &Folders, now: Timestamp) -> io::Result<()> {
    for (path, listed) in all(folders)? {
        match listed {
            Ok(listed) if listed.seen_at < forgotten_before(now) => remove(&path)?,
            Ok(_) => {}
            Err(reason) => set_aside_worker(folders, &path, &reason)?,
        }
    }
    Ok(())
}

/// All files of workers, with what they say or why that cannot be read.
fn all(folders: &Folders) -> io::Result<Vec<(PathBuf, Result<ListedWorker, String>)>> {
    let mut found = Vec::new();
    let entries = match fs::read_dir(folders.root().join(WORKERS)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(found),
        entries => entries?,
    };
    for entry in entries {
        let entry = entry?;
        let is_file = entry.file_type().is_ok_and(|kind| kind.is_file());
        if !is_file || !entry.file_name().to_str().is_some_and(is_file_name) {
            continue;
        }
        let path = entry.path();
        if let Some(text) = read(&path)? {
            let listed = from_text(folders, &path, &text);
            found.push((path, listed));
        }
    }
    Ok(found)
}

fn to_text(report: &WorkerReport, now: Timestamp) -> Vec<u8> {
    let line = Line {
        worker: report.worker.as_str().to_owned(),
        host: report.host.clone(),
        pid: report.pid,
        version: report.version.clone(),
        pool: report.pool.clone(),
        slots: report.slots,
        queues: report.queues.iter().map(|queue| queue.as_str().to_owned()).collect(),
        started_at: report.started_at.as_micros(),
        seen_at: now.as_micros(),
        beat: u64::try_from(report.beat.as_micros()).unwrap_or(u64::MAX),
        busy: report.busy,
        stuck: report.stuck,
        stopping: report.is_stopping,
    };
    let mut text = serde_json::to_vec(&line).unwrap_or_default();
    text.push(b'\n');
    text
}

fn from_text(folders: &Folders, path: &Path, text: &[u8]) -> Result<ListedWorker, String> {
    let line: Line = serde_json::from_slice(text).map_err(|error| error.to_string())?;
    let worker = WorkerName::new(line.worker).map_err(|error| error.to_string())?;
    if worker_path(folders, &worker) != path {
        return Err("the file is named after another worker".into());
    }
    let queues = line.queues.iter().map(QueueName::new).collect::<Result<_>>();
    let report = WorkerReport {
        worker,
        host: line.host,
        pid: line.pid,
        version: line.version,
        pool: line.pool,
        slots: line.slots,
        queues: queues.map_err(|error| error.to_string())?,
        started_at: Timestamp::from_micros(line.started_at),
        busy: line.busy,
        stuck: line.stuck,
        is_stopping: line.stopping,
        beat: Duration::from_micros(line.beat),
    };
    Ok(ListedWorker { report, seen_at: Timestamp::from_micros(line.seen_at) })
}
