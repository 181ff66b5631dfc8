//! The reading port.

use nuvom_core::ports::{Damaged, Filter, Inspect, PACE_LOOK, PACE_SPAN, Pace, Page, QueueCounts, Tally};
use nuvom_core::{Attempt, Job, JobId, QueueName, Result, State, Timestamp};
use rusqlite::{Connection, OptionalExtension, params};

use crate::damage::{NEVER, listed};
use crate::link::Link;
use crate::rows::Reader;
use crate::statements::{
    ATTEMPTS, COUNT_ALL, COUNT_MATCHING, ENDED_LATELY, JOB, LIST, LIST_ENDED, LIST_PENDING, LIST_RUNNING,
    MADE_LATELY, QUEUE_COUNTS, STATE,
};
use crate::store::SqliteStore;

/// Sorts after every id.
const NO_ID: [u8; 17] = [0xff; 17];

impl Inspect for SqliteStore {
    fn jobs(&self, ids: &[JobId]) -> Result<Vec<Option<Job>>> {
        let reader = self.reader("read jobs");
        self.read(|link| {
            ids.iter()
                .map(|id| Ok(reader.jobs(&link.connection, &mut link.memory, JOB, [id.as_bytes()])?.pop()))
                .collect()
        })
    }

    fn states(&self, ids: &[JobId]) -> Result<Vec<Option<State>>> {
        let reader = self.reader("read states");
        self.read(|link| {
            let mut statement = link.connection.prepare_cached(STATE).map_err(|e| reader.failed(e))?;
            ids.iter()
                .map(|id| {
                    let number: Option<u8> = statement
                        .query_row([id.as_bytes()], |row| row.get(0))
                        .optional()
                        .map_err(|e| reader.failed(e))?;
                    number.map(|number| reader.state(number)).transpose()
                })
                .collect()
        })
    }

    fn attempts(&self, id: JobId) -> Result<Vec<Attempt>> {
        let reader = self.reader("read attempts");
        self.read(|link| {
            let mut statement = link.connection.prepare_cached(ATTEMPTS).map_err(|e| reader.failed(e))?;
            let mut rows = statement.query([id.as_bytes()]).map_err(|e| reader.failed(e))?;
            let mut attempts = Vec::new();
            while let Some(row) = rows.next().map_err(|e| reader.failed(e))? {
                attempts.push(reader.attempt(row)?);
            }
            Ok(attempts)
        })
    }

    fn list(&self, filter: &Filter, page: &Page) -> Result<Vec<Job>> {
        let reader = self.reader("list jobs");
        let before = page.before.map_or_else(|| NO_ID.to_vec(), |id| id.as_bytes().to_vec());
        let tasks = names(filter.tasks.iter().map(nuvom_core::TaskName::as_str));
        let queues = names(filter.queues.iter().map(QueueName::as_str));
        self.read(|link| {
            let names = (&tasks, &queues);
            if filter.states.is_empty() {
                return page_of(link, &reader, LIST, (before, page.limit), names, None);
            }
            // Each state is found by the index that holds it alone; together they are cut to the page again.
            let mut jobs = Vec::new();
            for state in State::ALL.into_iter().filter(|state| filter.states.contains(state)) {
                let (sql, ended) = match state {
                    State::Pending => (LIST_PENDING, None),
                    State::Running => (LIST_RUNNING, None),
                    State::Success | State::Failed | State::Cancelled => (LIST_ENDED, Some(state)),
                };
                jobs.extend(page_of(link, &reader, sql, (before.clone(), page.limit), names, ended)?);
            }
            jobs.sort_by_key(|job| std::cmp::Reverse(job.id));
            jobs.truncate(page.limit);
            Ok(jobs)
        })
    }

    fn count(&self, filter: &Filter) -> Result<[u64; 5]> {
        let reader = self.reader("count jobs");
        let everything = filter.tasks.is_empty() && filter.queues.is_empty();
        let tasks = names(filter.tasks.iter().map(nuvom_core::TaskName::as_str));
        let queues = names(filter.queues.iter().map(QueueName::as_str));
        self.read(|link| {
            let mut counts = [0; 5];
            let sql = if everything { COUNT_ALL } else { COUNT_MATCHING };
            let mut statement = link.connection.prepare_cached(sql).map_err(|e| reader.failed(e))?;
            let rows = if everything { statement.query([]) } else { statement.query(params![tasks, queues]) };
            let mut rows = rows.map_err(|e| reader.failed(e))?;
            while let Some(row) = rows.next().map_err(|e| reader.failed(e))? {
                let state = reader.state(reader.get(row, 0)?)?;
                if filter.states.is_empty() || filter.states.contains(&state) {
                    counts[state as usize] = reader.get(row, 1)?;
                }
            }
            Ok(counts)
        })
    }

    fn queues(&self) -> Result<Vec<QueueCounts>> {
        let reader = self.reader("count queues");
        let now = self.now();
        self.read(|link| {
            let lately = Lately::look(&link.connection, now).map_err(|e| reader.failed(e))?;
            let mut statement = link.connection.prepare_cached(QUEUE_COUNTS).map_err(|e| reader.failed(e))?;
            let mut rows = statement.query([]).map_err(|e| reader.failed(e))?;
            let mut found = Vec::new();
            while let Some(row) = rows.next().map_err(|e| reader.failed(e))? {
                found.push(QueueCounts {
                    queue: QueueName::new(reader.text(row, 0)?)?,
                    pending: reader.get(row, 1)?,
                    running: reader.get(row, 2)?,
                    // Those that were set aside are not due at any time.
                    oldest: reader
                        .get::<Option<i64>>(row, 3)?
                        .filter(|oldest| *oldest != NEVER)
                        .map(Timestamp::from_micros),
                    paused: reader.get(row, 4)?,
                    pace: Some(lately.pace(reader.get(row, 5)?)),
                });
            }
            Ok(found)
        })
    }

    fn damaged(&self) -> Result<Vec<Damaged>> {
        let reader = self.reader("list damaged jobs");
        self.read(|link| listed(&link.connection, &mut link.memory, &reader))
    }
}

/// A page of those that can be read: where some cannot, as many more are looked at.
fn page_of(
    link: &mut Link,
    reader: &Reader<'_>,
    sql: &str,
    (mut before, limit): (Vec<u8>, usize),
    (tasks, queues): (&Option<String>, &Option<String>),
    ended: Option<State>,
) -> Result<Vec<Job>> {
    let mut jobs = Vec::new();
    loop {
        let wanted = limit - jobs.len();
        let (connection, memory) = (&link.connection, &mut link.memory);
        let found = match ended {
            None => reader.sifted(connection, memory, sql, params![before, wanted as i64, tasks, queues]),
            Some(state) => {
                let place = params![before, wanted as i64, tasks, queues, state as u8];
                reader.sifted(connection, memory, sql, place)
            }
        }?;
        let (is_last, last) = (found.rows() < wanted || found.damaged.is_empty(), found.last);
        jobs.extend(found.jobs);
        match last {
            Some(last) if !is_last => before = last.as_bytes().to_vec(),
            _ => return Ok(jobs),
        }
    }
}

/// What the newest jobs tell of how fast they come and go, by the number of their queue.
struct Lately {
    made: Tally<i64>,
    ended: [Tally<i64>; ENDED.len()],
}

const ENDED: [State; 3] = [State::Success, State::Failed, State::Cancelled];

impl Lately {
    fn look(connection: &Connection, now: Timestamp) -> rusqlite::Result<Self> {
        let first = JobId::floor(now - PACE_SPAN);
        let made = tally(connection, now, MADE_LATELY, params![first.as_bytes(), PACE_LOOK as i64])?;
        let [success, failed, cancelled] =
            ENDED.map(|state| tally(connection, now, ENDED_LATELY, params![state as u8, PACE_LOOK as i64]));
        Ok(Self { made, ended: [success?, failed?, cancelled?] })
    }

    fn pace(&self, queue: i64) -> Pace {
        let ended = self.ended.iter().map(|tally| tally.per_minute(&queue)).sum();
        Pace { made: self.made.per_minute(&queue), ended }
    }
}

fn tally(
    connection: &Connection,
    now: Timestamp,
    newest: &str,
    place: impl rusqlite::Params,
) -> rusqlite::Result<Tally<i64>> {
    let mut tally = Tally::new(now);
    let mut statement = connection.prepare_cached(newest)?;
    let mut rows = statement.query(place)?;
    while let Some(row) = rows.next()? {
        tally.look(row.get(0)?, Timestamp::from_micros(row.get(1)?));
    }
    Ok(tally)
}

/// A JSON list for a statement's `json_each`, or NULL for no restriction.
fn names<'a>(names: impl Iterator<Item = &'a str>) -> Option<String> {
    let names: Vec<&str> = names.collect();
    (!names.is_empty()).then(|| serde_json::to_string(&names).unwrap_or_default())
}
