//! The schedule port. A change is one guarded statement and the jobs that come with it, all changes of a call one
//! transaction.

use std::num::NonZeroU64;
use std::sync::Arc;
use std::time::Duration;

use nuvom_core::ports::{Agenda, Committed, ScheduleStore, Subscription, Topic, Waker};
use nuvom_core::{
    Definition, JobId, Misfire, Overlap, Priority, QueueName, Result, Schedule, ScheduleChange, ScheduleId,
    TaskName, Timestamp,
};
use nuvom_record::{rule_from_text, rule_to_text};
use rusqlite::{Params, Row, params};

use crate::jobs::enqueue;
use crate::link::{Link, Memory, Write};
use crate::rows::Reader;
use crate::statements::{
    ADD_SCHEDULE, CHANGE_SCHEDULE, DUE_SCHEDULES, NEXT_TICK, REMOVE_SCHEDULE, RUN_OUT, SCHEDULE, SCHEDULES,
};
use crate::store::SqliteStore;
use nuvom_local::failpoint;

impl ScheduleStore for SqliteStore {
    fn commit(&self, changes: &[ScheduleChange]) -> Result<Vec<Committed>> {
        if changes.is_empty() {
            return Ok(Vec::new());
        }
        let reader = self.reader("change schedules");
        failpoint("fire.before_commit");
        let committed = self.acknowledged("change schedules", |write, now| {
            let mut committed = Vec::with_capacity(changes.len());
            for change in changes {
                let is_made = apply(write, change).map_err(|e| reader.failed(e))?;
                if is_made {
                    for job in &change.jobs {
                        enqueue(write, &reader, job, now)?;
                    }
                }
                committed.push(if is_made { Committed::Done } else { Committed::Passed });
            }
            failpoint("fire.inside");
            Ok(committed)
        })?;
        failpoint("fire.after_commit");
        let done = || changes.iter().zip(&committed).filter(|(_, answer)| **answer == Committed::Done);
        if done().any(|(change, _)| !change.jobs.is_empty()) {
            self.bell.ring(Topic::Ready);
        }
        if done().any(|(change, _)| change.jobs.is_empty()) {
            self.bell.ring(Topic::Schedules);
        }
        Ok(committed)
    }

    fn find(&self, ids: &[ScheduleId]) -> Result<Vec<Option<Schedule>>> {
        let reader = self.reader("find schedule");
        self.read(|link| {
            ids.iter().map(|id| Ok(schedules(&reader, link, SCHEDULE, [id.as_str()])?.pop())).collect()
        })
    }

    fn list_schedules(&self, after: Option<&ScheduleId>, limit: usize) -> Result<Vec<Schedule>> {
        let reader = self.reader("list schedules");
        let after = after.map_or("", ScheduleId::as_str);
        self.read(|link| schedules(&reader, link, SCHEDULES, params![after, limit as i64]))
    }

    fn agenda(&self, limit: usize) -> Result<Agenda> {
        let reader = self.reader("find due schedules");
        let now = self.now();
        self.read(|link| {
            // One more than wanted is the next of those that are left.
            let asked = i64::try_from(limit.saturating_add(1)).unwrap_or(i64::MAX);
            let (mut due, unreadable) =
                readable(&reader, link, DUE_SCHEDULES, params![now.as_micros(), asked])?;
            let next_tick = if due.len() > limit {
                due.drain(limit..).next().and_then(|schedule| schedule.next_tick)
            } else {
                next_tick(&reader, link, now)?
            };
            Ok(Agenda { now, due, next_tick, unreadable })
        })
    }

    fn run_out(&self, before: Timestamp, limit: usize) -> Result<Vec<Schedule>> {
        let reader = self.reader("find schedules that have run out");
        self.read(|link| schedules(&reader, link, RUN_OUT, params![before.as_micros(), limit as i64]))
    }

    fn subscribe_to_schedules(&self, waker: Waker) -> Result<Subscription> {
        self.bell.subscribe(Topic::Schedules, waker)
    }
}

/// Makes the change, if its schedule is as it was seen. Answers whether it is made.
fn apply(write: &mut Write<'_>, change: &ScheduleChange) -> rusqlite::Result<bool> {
    let id = change.id.as_str();
    let seen = change.seen.map(Timestamp::as_micros);
    let Some(then) = &change.then else {
        return Ok(write.prepare(REMOVE_SCHEDULE)?.execute(params![id, seen])? > 0);
    };
    let definition = &then.definition;
    let options = write.memory.options_text(&definition.options);
    let mut statement = write.prepare(if seen.is_some() { CHANGE_SCHEDULE } else { ADD_SCHEDULE })?;
    let changed = statement.execute(params![
        id,
        rule_to_text(&definition.rule),
        definition.misfire.as_str(),
        definition.overlap.as_str(),
        then.next_tick.map(Timestamp::as_micros),
        then.is_paused,
        definition.task.as_str(),
        definition.queue.as_str(),
        definition.priority.get(),
        &*options,
        &*definition.payload,
        definition.starts_at.map(Timestamp::as_micros),
        definition.ends_at.map(Timestamp::as_micros),
        definition.max_runs.map(|most| stored(most.get())),
        stored(u64::try_from(definition.jitter.as_micros()).unwrap_or(u64::MAX)),
        definition.is_declared,
        stored(then.runs),
        stored(then.skipped),
        then.last_tick.map(Timestamp::as_micros),
        then.last_job.as_ref().map(JobId::as_bytes),
        then.created_at.as_micros(),
        then.changed_at.as_micros(),
        then.is_moved,
        seen,
    ])?;
    Ok(changed > 0)
}

/// SQLite has no larger number.
fn stored(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// The first tick after `now`.
fn next_tick(reader: &Reader<'_>, link: &Link, now: Timestamp) -> Result<Option<Timestamp>> {
    let next: rusqlite::Result<Option<i64>> = link
        .connection
        .prepare_cached(NEXT_TICK)
        .and_then(|mut next| next.query_row([now.as_micros()], |row| row.get(0)));
    next.map(|micros| micros.map(Timestamp::from_micros)).map_err(|e| reader.failed(e))
}

fn schedules(
    reader: &Reader<'_>,
    link: &mut Link,
    sql: &str,
    parameters: impl Params,
) -> Result<Vec<Schedule>> {
    let mut found = Vec::new();
    each(reader, link, sql, parameters, |read, _| {
        found.push(read?);
        Ok(())
    })?;
    Ok(found)
}

/// A schedule, and why it cannot be read.
type Unreadable = (ScheduleId, String);

/// Those that can be read, and the ids of the others with the reasons.
fn readable(
    reader: &Reader<'_>,
    link: &mut Link,
    sql: &str,
    parameters: impl Params,
) -> Result<(Vec<Schedule>, Vec<Unreadable>)> {
    let (mut found, mut unreadable) = (Vec::new(), Vec::new());
    each(reader, link, sql, parameters, |read, row| {
        match read {
            Ok(schedule) => found.push(schedule),
            Err(error) => unreadable.push((ScheduleId::new(reader.text(row, 0)?)?, error.to_string())),
        }
        Ok(())
    })?;
    Ok((found, unreadable))
}

fn each(
    reader: &Reader<'_>,
    link: &mut Link,
    sql: &str,
    parameters: impl Params,
    mut take: impl FnMut(Result<Schedule>, &Row<'_>) -> Result<()>,
) -> Result<()> {
    let mut statement = link.connection.prepare_cached(sql).map_err(|e| reader.failed(e))?;
    let mut rows = statement.query(parameters).map_err(|e| reader.failed(e))?;
    while let Some(row) = rows.next().map_err(|e| reader.failed(e))? {
        take(schedule(reader, &mut link.memory, row), row)?;
    }
    Ok(())
}

fn schedule(reader: &Reader<'_>, memory: &mut Memory, row: &Row<'_>) -> Result<Schedule> {
    let time = |column| Ok(reader.get::<Option<i64>>(row, column)?.map(Timestamp::from_micros));
    let count = |column| Ok(reader.get::<i64>(row, column)?.unsigned_abs());
    let payload: Vec<u8> = reader.get(row, 10)?;
    let next_tick = time(4)?;
    Ok(Schedule {
        id: ScheduleId::new(reader.text(row, 0)?)?,
        definition: Definition {
            rule: rule_from_text(reader.text(row, 1)?, next_tick)?,
            misfire: Misfire::parse(reader.text(row, 2)?).unwrap_or_default(),
            overlap: Overlap::parse(reader.text(row, 3)?).unwrap_or_default(),
            task: TaskName::new(reader.text(row, 6)?)?,
            queue: QueueName::new(reader.text(row, 7)?)?,
            priority: Priority::new(reader.get(row, 8)?)?,
            options: memory.schedule_options(reader.text(row, 9)?)?,
            payload: Arc::from(payload),
            starts_at: time(11)?,
            ends_at: time(12)?,
            max_runs: reader
                .get::<Option<i64>>(row, 13)?
                .and_then(|most| NonZeroU64::new(most.unsigned_abs())),
            jitter: Duration::from_micros(count(14)?),
            is_declared: reader.get(row, 15)?,
        },
        next_tick,
        is_moved: reader.get(row, 22)?,
        is_paused: reader.get(row, 5)?,
        runs: count(16)?,
        skipped: count(17)?,
        last_tick: time(18)?,
        last_job: reader.get::<Option<[u8; 16]>>(row, 19)?.map(JobId::from_bytes),
        created_at: Timestamp::from_micros(reader.get(row, 20)?),
        changed_at: Timestamp::from_micros(reader.get(row, 21)?),
    })
}
