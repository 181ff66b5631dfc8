//! A connection with what it remembers, and the write transaction that is rolled back unless committed.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use nuvom_core::{JobId, JobOptions, QueueName, Result, TaskName};
use nuvom_record::{options_from_text, options_to_text};
use rusqlite::{CachedStatement, Connection};

use crate::statements::{ADD_QUEUE, BEGIN, COMMIT, QUEUE_ID, QUEUES, ROLLBACK};

/// Most tasks share a few sets of options; a program that makes up a new one for each job must not fill the
/// memory with them.
const OPTIONS_KEPT: usize = 1_000;

pub(crate) struct Link {
    pub(crate) connection: Connection,
    pub(crate) memory: Memory,
}

/// What a connection has learned from the database and need not ask again.
#[derive(Default)]
pub(crate) struct Memory {
    queue_ids: HashMap<QueueName, i64>,
    queue_names: HashMap<i64, QueueName>,
    options: HashMap<Box<str>, Arc<JobOptions>>,
    written: Option<(Arc<JobOptions>, Arc<str>)>,
    task: Option<TaskName>,
    unreadable: HashSet<JobId>,
}

impl Link {
    pub(crate) fn new(connection: Connection) -> Self {
        Self { connection, memory: Memory::default() }
    }

    /// Begins a write, which waits for its turn here and not later.
    pub(crate) fn write(&mut self) -> rusqlite::Result<Write<'_>> {
        self.connection.prepare_cached(BEGIN)?.execute([])?;
        Ok(Write { connection: &self.connection, memory: &mut self.memory, open: true })
    }
}

/// A write transaction.
pub(crate) struct Write<'a> {
    pub(crate) connection: &'a Connection,
    pub(crate) memory: &'a mut Memory,
    open: bool,
}

impl Write<'_> {
    pub(crate) fn prepare(&self, sql: &str) -> rusqlite::Result<CachedStatement<'_>> {
        self.connection.prepare_cached(sql)
    }

    pub(crate) fn commit(mut self) -> rusqlite::Result<()> {
        self.connection.prepare_cached(COMMIT)?.execute([])?;
        self.open = false;
        Ok(())
    }

    /// The number of a queue, given to it when it is first used.
    pub(crate) fn queue_id(&mut self, name: &QueueName) -> rusqlite::Result<i64> {
        if let Some(id) = self.memory.queue_ids.get(name) {
            return Ok(*id);
        }
        self.prepare(ADD_QUEUE)?.execute([name.as_str()])?;
        let id = self.prepare(QUEUE_ID)?.query_row([name.as_str()], |row| row.get(0))?;
        self.memory.queue_ids.insert(name.clone(), id);
        Ok(id)
    }
}

impl Drop for Write<'_> {
    fn drop(&mut self) {
        if self.open {
            // SQLite may have rolled back by itself (a full disk); the numbers given to new queues are void.
            let _ = self.connection.execute_batch(ROLLBACK);
            self.memory.queue_ids.clear();
        }
    }
}

impl Memory {
    /// The queue with this number, if there is one.
    pub(crate) fn queue_name(
        &mut self,
        connection: &Connection,
        id: i64,
    ) -> rusqlite::Result<Option<QueueName>> {
        if !self.queue_names.contains_key(&id) {
            for (id, name, _) in queues(connection)? {
                self.queue_names.insert(id, name);
            }
        }
        Ok(self.queue_names.get(&id).cloned())
    }

    /// The task of this name; jobs claimed together are mostly of one task.
    pub(crate) fn task(&mut self, name: &str) -> Result<TaskName> {
        match &self.task {
            Some(task) if task.as_str() == name => Ok(task.clone()),
            _ => Ok(self.task.insert(TaskName::new(name)?).clone()),
        }
    }

    /// The text kept for these options; jobs enqueued together share one.
    pub(crate) fn options_text(&mut self, options: &Arc<JobOptions>) -> Arc<str> {
        match &self.written {
            Some((of, text)) if Arc::ptr_eq(of, options) => Arc::clone(text),
            _ => {
                let text: Arc<str> = options_to_text(options).into();
                self.written = Some((Arc::clone(options), Arc::clone(&text)));
                text
            }
        }
    }

    /// The options of this job. Those that this build cannot read, such as a newer one's, become the defaults, and
    /// the job is remembered: it can be looked at, but must not be run by them.
    pub(crate) fn options(&mut self, job: JobId, text: &str) -> Arc<JobOptions> {
        self.known_options(text).unwrap_or_else(|_| {
            self.unreadable.insert(job);
            Arc::default()
        })
    }

    /// The options of a schedule.
    pub(crate) fn schedule_options(&mut self, text: &str) -> Result<Arc<JobOptions>> {
        self.known_options(text)
    }

    /// Whether the options of this job could not be read; asked once after it was.
    pub(crate) fn was_unreadable(&mut self, job: JobId) -> bool {
        !self.unreadable.is_empty() && self.unreadable.remove(&job)
    }

    /// Jobs with the same text share one.
    fn known_options(&mut self, text: &str) -> Result<Arc<JobOptions>> {
        if let Some(options) = self.options.get(text) {
            return Ok(Arc::clone(options));
        }
        let options = Arc::new(options_from_text(text)?);
        if self.options.len() >= OPTIONS_KEPT {
            self.options.clear();
        }
        self.options.insert(text.into(), Arc::clone(&options));
        Ok(options)
    }
}

/// All queues: number, name, and whether it is paused.
pub(crate) fn queues(connection: &Connection) -> rusqlite::Result<Vec<(i64, QueueName, bool)>> {
    let mut statement = connection.prepare_cached(QUEUES)?;
    let mut rows = statement.query([])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        // A name that is not one can only have been written by another program; its jobs are out of reach.
        if let Ok(name) = QueueName::new(row.get_ref(1)?.as_str()?) {
            found.push((row.get(0)?, name, row.get(2)?));
        }
    }
    Ok(found)
}
