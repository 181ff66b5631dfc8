//! The schedule port. Firing is one transaction: the compare-and-set of the tick, and its jobs.

use std::sync::Arc;
use std::time::Duration;

use nuvom_core::ports::{Fired, ScheduleStore, Topic};
use nuvom_core::{
    Misfire, NewJob, Overlap, Priority, QueueName, Result, Rule, Schedule, ScheduleId, TaskName, Timestamp,
};
use rusqlite::{Params, Row, params};
use serde::{Deserialize, Serialize};

use crate::jobs::enqueue;
use crate::link::{Link, Memory};
use crate::rows::Reader;
use crate::statements::{
    DUE_SCHEDULES, FIRE, NEXT_TICK, REMOVE_SCHEDULE, SAVE_SCHEDULE, SCHEDULE, SCHEDULES,
};
use crate::store::SqliteStore;

/// The wire form of a rule.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum StoredRule {
    Once {},
    Every { micros: u64 },
    Cron { expression: String, zone: String },
}

impl ScheduleStore for SqliteStore {
    fn save(&self, schedules: &[Schedule]) -> Result<()> {
        if schedules.is_empty() {
            return Ok(());
        }
        let reader = self.reader("save schedule");
        self.acknowledged("save schedule", |write, _| {
            for schedule in schedules {
                let options = write.memory.options_text(&schedule.options);
                write
                    .prepare(SAVE_SCHEDULE)
                    .and_then(|mut save| {
                        save.execute(params![
                            schedule.id.as_str(),
                            rule_text(&schedule.rule),
                            misfire_text(schedule.misfire),
                            overlap_text(schedule.overlap),
                            schedule.next_tick.map(Timestamp::as_micros),
                            schedule.paused,
                            schedule.task.as_str(),
                            schedule.queue.as_str(),
                            schedule.priority.get(),
                            &*options,
                            &*schedule.payload
                        ])
                    })
                    .map_err(|e| reader.failed(e))?;
            }
            Ok(())
        })
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

    fn due(&self, limit: usize) -> Result<Vec<Schedule>> {
        let reader = self.reader("find due schedules");
        let now = self.now().as_micros();
        self.read(|link| schedules(&reader, link, DUE_SCHEDULES, params![now, limit as i64]))
    }

    fn next_tick(&self) -> Result<Option<Timestamp>> {
        let reader = self.reader("find next tick");
        self.read(|link| {
            let next = link
                .connection
                .prepare_cached(NEXT_TICK)
                .and_then(|mut next| next.query_row([], |row| row.get(0)));
            next.map(|micros: Option<i64>| micros.map(Timestamp::from_micros)).map_err(|e| reader.failed(e))
        })
    }

    fn fire(
        &self,
        id: &ScheduleId,
        seen: Timestamp,
        next: Option<Timestamp>,
        jobs: &[NewJob],
    ) -> Result<Fired> {
        let reader = self.reader("fire schedule");
        let fired = self.acknowledged("fire schedule", |write, now| {
            let moved = write
                .prepare(FIRE)
                .and_then(|mut fire| {
                    fire.execute(params![id.as_str(), seen.as_micros(), next.map(Timestamp::as_micros)])
                })
                .map_err(|e| reader.failed(e))?;
            if moved == 0 {
                return Ok(Fired::Passed);
            }
            for job in jobs {
                enqueue(write, &reader, job, now)?;
            }
            Ok(Fired::Done)
        })?;
        if fired == Fired::Done && !jobs.is_empty() {
            self.bell.ring(Topic::Ready);
        }
        Ok(fired)
    }

    fn remove(&self, ids: &[ScheduleId]) -> Result<Vec<bool>> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let reader = self.reader("remove schedule");
        self.acknowledged("remove schedule", |write, _| {
            ids.iter()
                .map(|id| {
                    let removed =
                        write.prepare(REMOVE_SCHEDULE).and_then(|mut remove| remove.execute([id.as_str()]));
                    removed.map(|count| count > 0).map_err(|e| reader.failed(e))
                })
                .collect()
        })
    }
}

fn schedules(
    reader: &Reader<'_>,
    link: &mut Link,
    sql: &str,
    parameters: impl Params,
) -> Result<Vec<Schedule>> {
    let mut statement = link.connection.prepare_cached(sql).map_err(|e| reader.failed(e))?;
    let mut rows = statement.query(parameters).map_err(|e| reader.failed(e))?;
    let mut found = Vec::new();
    while let Some(row) = rows.next().map_err(|e| reader.failed(e))? {
        found.push(schedule(reader, &mut link.memory, row)?);
    }
    Ok(found)
}

fn schedule(reader: &Reader<'_>, memory: &mut Memory, row: &Row<'_>) -> Result<Schedule> {
    let payload: Vec<u8> = reader.get(row, 10)?;
    Ok(Schedule {
        id: ScheduleId::new(reader.text(row, 0)?)?,
        rule: rule(reader, reader.text(row, 1)?)?,
        misfire: match reader.text(row, 2)? {
            "skip" => Misfire::Skip,
            "all" => Misfire::All,
            _ => Misfire::Once,
        },
        overlap: if reader.text(row, 3)? == "skip" { Overlap::Skip } else { Overlap::Allow },
        next_tick: reader.get::<Option<i64>>(row, 4)?.map(Timestamp::from_micros),
        paused: reader.get(row, 5)?,
        task: TaskName::new(reader.text(row, 6)?)?,
        queue: QueueName::new(reader.text(row, 7)?)?,
        priority: Priority::new(reader.get(row, 8)?)?,
        options: memory.schedule_options(reader.text(row, 9)?)?,
        payload: Arc::from(payload),
    })
}

fn rule_text(rule: &Rule) -> String {
    let stored = match rule {
        Rule::Once => StoredRule::Once {},
        Rule::Every(span) => {
            StoredRule::Every { micros: u64::try_from(span.as_micros()).unwrap_or(u64::MAX) }
        }
        Rule::Cron { expression, zone } => {
            StoredRule::Cron { expression: expression.clone(), zone: zone.clone() }
        }
    };
    serde_json::to_string(&stored).unwrap_or_default()
}

fn rule(reader: &Reader<'_>, text: &str) -> Result<Rule> {
    let stored =
        serde_json::from_str(text).map_err(|e| reader.damaged("the rule of a schedule").caused_by(e))?;
    Ok(match stored {
        StoredRule::Once {} => Rule::Once,
        StoredRule::Every { micros } => Rule::Every(Duration::from_micros(micros)),
        StoredRule::Cron { expression, zone } => Rule::Cron { expression, zone },
    })
}

fn misfire_text(misfire: Misfire) -> &'static str {
    match misfire {
        Misfire::Once => "once",
        Misfire::Skip => "skip",
        Misfire::All => "all",
    }
}

fn overlap_text(overlap: Overlap) -> &'static str {
    match overlap {
        Overlap::Allow => "allow",
        Overlap::Skip => "skip",
    }
}
