//! Rows to records. A row that cannot be one is reported with its column, never guessed at.

use std::num::NonZeroU32;
use std::path::Path;
use std::sync::Arc;

use nuvom_core::{
    Attempt, Ending, Error, ErrorKind, Job, JobError, JobId, Lease, Priority, QueueName, Result,
    SignatureHash, State, Timestamp, WorkerName,
};
use rusqlite::types::FromSql;
use rusqlite::{Connection, Params, Row};

use crate::damage::Sifted;
use crate::failure::failure;
use crate::link::Memory;

/// Reads rows of one statement for one operation, so that each error says where it came from.
pub(crate) struct Reader<'a> {
    pub(crate) operation: &'static str,
    pub(crate) path: &'a Path,
}

impl Reader<'_> {
    pub(crate) fn failed(&self, error: rusqlite::Error) -> Error {
        failure(self.operation, self.path, error)
    }

    pub(crate) fn damaged(&self, what: &str) -> Error {
        Error::new(ErrorKind::Corrupt, format!("a stored record is damaged: {what}"))
            .during(self.operation)
            .with("path", self.path.display())
    }

    /// The jobs that a statement with the columns of a whole record finds.
    pub(crate) fn jobs(
        &self,
        connection: &Connection,
        memory: &mut Memory,
        sql: &str,
        parameters: impl Params,
    ) -> Result<Vec<Job>> {
        let mut found = self.sifted(connection, memory, sql, parameters)?;
        match found.damaged.pop() {
            None => Ok(found.jobs),
            Some((_, error)) => Err(error),
        }
    }

    /// The same, with those that cannot be read apart. Only what stands in a row makes it damaged: a call that fails says
    /// nothing of it, and a row is not set aside because the disk was full.
    pub(crate) fn sifted(
        &self,
        connection: &Connection,
        memory: &mut Memory,
        sql: &str,
        parameters: impl Params,
    ) -> Result<Sifted> {
        let mut statement = connection.prepare_cached(sql).map_err(|e| self.failed(e))?;
        let mut rows = statement.query(parameters).map_err(|e| self.failed(e))?;
        let mut found = Sifted::default();
        while let Some(row) = rows.next().map_err(|e| self.failed(e))? {
            let id = self.id(row, 0)?;
            found.last = Some(id);
            let queue = memory.queue_name(connection, self.get(row, 2)?).map_err(|e| self.failed(e))?;
            match self.job(memory, row, queue) {
                Ok(job) => found.jobs.push(job),
                Err(error) => found.damaged.push((id, error)),
            }
        }
        Ok(found)
    }

    fn job(&self, memory: &mut Memory, row: &Row<'_>, queue: Option<QueueName>) -> Result<Job> {
        let text = row.get_ref(18).map_err(|e| self.failed(e))?;
        let id = self.id(row, 0)?;
        let options = memory.options(id, text.as_str().map_err(|_| self.damaged("options"))?);
        let payload = row.get_ref(19).map_err(|e| self.failed(e))?;
        Ok(Job {
            id,
            task: memory.task(self.text(row, 1)?)?,
            signature: self.signature(row, 20)?,
            queue: queue.ok_or_else(|| self.damaged("its queue does not exist"))?,
            priority: Priority::new(self.get(row, 3)?)?,
            created_at: self.time(row, 4)?,
            run_at: self.time(row, 5)?,
            state: self.state(self.get(row, 6)?)?,
            lease: Lease(self.get(row, 7)?),
            lease_until: self.get::<Option<i64>>(row, 8)?.map(Timestamp::from_micros),
            worker: self.worker(row, 9)?,
            started_at: self.get::<Option<i64>>(row, 10)?.map(Timestamp::from_micros),
            ended_at: self.get::<Option<i64>>(row, 11)?.map(Timestamp::from_micros),
            failures: self.get(row, 12)?,
            losses: self.get(row, 13)?,
            handbacks: self.get(row, 14)?,
            max_attempts: self.count(row, 15)?,
            max_losses: self.count(row, 16)?,
            cancel_requested: self.get(row, 17)?,
            options,
            payload: Arc::from(payload.as_blob().map_err(|_| self.damaged("payload"))?),
        })
    }

    /// The attempts that a statement finds.
    pub(crate) fn attempt(&self, row: &Row<'_>) -> Result<Attempt> {
        let ending = self.text(row, 2)?;
        Ok(Attempt {
            lease: Lease(self.get(row, 0)?),
            number: self.get(row, 1)?,
            ending: Ending::parse(ending).ok_or_else(|| self.damaged("ending"))?,
            error: JobError {
                kind: self.get(row, 3)?,
                message: self.get(row, 4)?,
                traceback: self.get(row, 5)?,
            },
            worker: self.worker(row, 6)?,
            started_at: self.get::<Option<i64>>(row, 7)?.map(Timestamp::from_micros),
            ended_at: self.time(row, 8)?,
        })
    }

    pub(crate) fn state(&self, number: u8) -> Result<State> {
        State::ALL.get(usize::from(number)).copied().ok_or_else(|| self.damaged("state"))
    }

    pub(crate) fn get<T: FromSql>(&self, row: &Row<'_>, column: usize) -> Result<T> {
        row.get(column).map_err(|e| self.failed(e))
    }

    pub(crate) fn text<'r>(&self, row: &'r Row<'_>, column: usize) -> Result<&'r str> {
        row.get_ref(column).map_err(|e| self.failed(e))?.as_str().map_err(|_| self.damaged("text"))
    }

    /// The hash behind the signed number that SQLite knows.
    pub(crate) fn signature(&self, row: &Row<'_>, column: usize) -> Result<Option<SignatureHash>> {
        let bits: Option<i64> = self.get(row, column)?;
        Ok(bits.map(|bits| SignatureHash::from_bits(bits.cast_unsigned())))
    }

    fn id(&self, row: &Row<'_>, column: usize) -> Result<JobId> {
        self.get::<[u8; 16]>(row, column).map(JobId::from_bytes)
    }

    fn time(&self, row: &Row<'_>, column: usize) -> Result<Timestamp> {
        self.get(row, column).map(Timestamp::from_micros)
    }

    fn count(&self, row: &Row<'_>, column: usize) -> Result<NonZeroU32> {
        NonZeroU32::new(self.get(row, column)?).ok_or_else(|| self.damaged("budget"))
    }

    fn worker(&self, row: &Row<'_>, column: usize) -> Result<Option<WorkerName>> {
        let name: Option<String> = self.get(row, column)?;
        name.map(WorkerName::new).transpose()
    }
}
