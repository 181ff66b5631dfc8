//! The roster port. A report is one small commit that waits for no disk: after a loss of power the next one says more.

use std::time::Duration;

use nuvom_core::ports::{Listed, Roster};
use nuvom_core::{ListedWorker, QueueName, Result, Timestamp, WorkerName, WorkerReport, forgotten_before};
use rusqlite::{Row, params};

use crate::rows::Reader;
use crate::statements::{FORGET_WORKERS, REPORT_WORKER, WORKER_LEAVES, WORKERS};
use crate::store::SqliteStore;

impl Roster for SqliteStore {
    fn report(&self, reports: &[WorkerReport]) -> Result<()> {
        if reports.is_empty() {
            return Ok(());
        }
        let reader = self.reader("report worker");
        self.worked("report worker", |write, now| {
            let mut report = write.prepare(REPORT_WORKER).map_err(|e| reader.failed(e))?;
            for said in reports {
                let queues: Vec<&str> = said.queues.iter().map(QueueName::as_str).collect();
                let reported = report.execute(params![
                    said.worker.as_str(),
                    said.host,
                    said.pid,
                    said.version,
                    said.pool,
                    said.slots,
                    queues.join("\n"),
                    said.started_at.as_micros(),
                    now.as_micros(),
                    i64::try_from(said.beat.as_micros()).unwrap_or(i64::MAX),
                    said.busy,
                    said.stuck,
                    said.is_stopping,
                ]);
                reported.map_err(|e| reader.failed(e))?;
            }
            let mut forget = write.prepare(FORGET_WORKERS).map_err(|e| reader.failed(e))?;
            forget.execute([forgotten_before(now).as_micros()]).map_err(|e| reader.failed(e))?;
            Ok(())
        })
    }

    fn leave(&self, workers: &[WorkerName]) -> Result<()> {
        if workers.is_empty() {
            return Ok(());
        }
        let reader = self.reader("take worker off the roster");
        self.worked("take worker off the roster", |write, _| {
            let mut leaves = write.prepare(WORKER_LEAVES).map_err(|e| reader.failed(e))?;
            for worker in workers {
                leaves.execute([worker.as_str()]).map_err(|e| reader.failed(e))?;
            }
            Ok(())
        })
    }

    fn list_workers(&self) -> Result<Listed> {
        let reader = self.reader("list workers");
        self.read(|link| {
            let mut statement = link.connection.prepare_cached(WORKERS).map_err(|e| reader.failed(e))?;
            let mut rows = statement.query([]).map_err(|e| reader.failed(e))?;
            let mut workers = Vec::new();
            while let Some(row) = rows.next().map_err(|e| reader.failed(e))? {
                // A row that cannot be one was written by another program; the others are as good as they were.
                workers.extend(listed(&reader, row).ok());
            }
            Ok(Listed { now: self.now(), workers })
        })
    }
}

fn listed(reader: &Reader<'_>, row: &Row<'_>) -> Result<ListedWorker> {
    let time = |column| reader.get(row, column).map(Timestamp::from_micros);
    let queues = reader.text(row, 6)?.split('\n').filter(|queue| !queue.is_empty());
    let report = WorkerReport {
        worker: WorkerName::new(reader.text(row, 0)?)?,
        host: reader.get(row, 1)?,
        pid: reader.get(row, 2)?,
        version: reader.get(row, 3)?,
        pool: reader.get(row, 4)?,
        slots: reader.get(row, 5)?,
        queues: queues.map(QueueName::new).collect::<Result<_>>()?,
        started_at: time(7)?,
        busy: reader.get(row, 10)?,
        stuck: reader.get(row, 11)?,
        is_stopping: reader.get(row, 12)?,
        beat: Duration::from_micros(reader.get::<i64>(row, 9)?.unsigned_abs()),
    };
    Ok(ListedWorker { report, seen_at: time(8)? })
}
