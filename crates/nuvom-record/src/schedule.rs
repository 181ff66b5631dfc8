//! The record of a schedule as text.

use std::num::NonZeroU64;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use nuvom_core::{
    Definition, Error, ErrorKind, Misfire, Overlap, Payload, Priority, QueueName, Result, Rule, Schedule,
    ScheduleId, TaskName, Timestamp,
};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::{FORMAT, options_from_text, options_to_text};

#[derive(Serialize, Deserialize)]
struct Stored<'a> {
    nuvom: u32,
    schedule: String,
    rule: StoredRule,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    starts_at: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ends_at: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    max_runs: Option<NonZeroU64>,
    #[serde(default, skip_serializing_if = "is_zero")]
    jitter: u64,
    misfire: String,
    overlap: String,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    declared: bool,
    task: String,
    queue: String,
    priority: u8,
    #[serde(borrow)]
    options: &'a RawValue,
    payload: String,
    next_tick: Option<i64>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    moved: bool,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    paused: bool,
    #[serde(default, skip_serializing_if = "is_zero")]
    runs: u64,
    #[serde(default, skip_serializing_if = "is_zero")]
    skipped: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    last_tick: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    last_job: Option<String>,
    created_at: i64,
    changed_at: i64,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum StoredRule {
    Once { at: Option<i64> },
    Every { micros: u64 },
    Cron { expression: String, zone: String },
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
fn is_zero(value: &u64) -> bool {
    *value == 0
}

/// The text of a schedule, without a line break.
pub fn schedule_to_bytes(schedule: &Schedule) -> Vec<u8> {
    let definition = &schedule.definition;
    let options = RawValue::from_string(options_to_text(&definition.options)).unwrap_or_default();
    let stored = Stored {
        nuvom: FORMAT,
        schedule: schedule.id.to_string(),
        rule: stored_rule(&definition.rule),
        starts_at: definition.starts_at.map(Timestamp::as_micros),
        ends_at: definition.ends_at.map(Timestamp::as_micros),
        max_runs: definition.max_runs,
        jitter: micros(definition.jitter),
        misfire: definition.misfire.as_str().to_owned(),
        overlap: definition.overlap.as_str().to_owned(),
        declared: definition.is_declared,
        task: definition.task.to_string(),
        queue: definition.queue.to_string(),
        priority: definition.priority.get(),
        options: &options,
        payload: BASE64.encode(&definition.payload),
        next_tick: schedule.next_tick.map(Timestamp::as_micros),
        moved: schedule.is_moved,
        paused: schedule.is_paused,
        runs: schedule.runs,
        skipped: schedule.skipped,
        last_tick: schedule.last_tick.map(Timestamp::as_micros),
        last_job: schedule.last_job.map(|id| id.to_string()),
        created_at: schedule.created_at.as_micros(),
        changed_at: schedule.changed_at.as_micros(),
    };
    // A struct of text and numbers has no way to fail.
    serde_json::to_vec(&stored).unwrap_or_default()
}

/// The schedule that this text keeps. An error of the kind `Corrupt` says what is wrong with it, one of the kind
/// `Foreign` that a newer version wrote it.
pub fn schedule_from_bytes(bytes: &[u8]) -> Result<Schedule> {
    /// Read by itself, so that a newer form is told from a damaged one.
    #[derive(Deserialize)]
    struct Version {
        nuvom: u32,
    }
    let damaged =
        |error| Error::new(ErrorKind::Corrupt, "the record of a schedule cannot be read").caused_by(error);
    let Version { nuvom } = serde_json::from_slice(bytes).map_err(damaged)?;
    if nuvom != FORMAT {
        return Err(Error::new(
            ErrorKind::Foreign,
            format!("the record of a schedule has format {nuvom}, and this Nuvom reads format {FORMAT}"),
        )
        .hint("Upgrade this Nuvom"));
    }
    let stored: Stored<'_> = serde_json::from_slice(bytes).map_err(damaged)?;
    let payload = BASE64.decode(&stored.payload).map(Payload::from).map_err(|error| {
        Error::new(ErrorKind::Corrupt, "the arguments of a schedule cannot be read").caused_by(error)
    })?;
    let next_tick = stored.next_tick.map(Timestamp::from_micros);
    Ok(Schedule {
        id: ScheduleId::new(&stored.schedule)?,
        definition: Definition {
            rule: rule_of(stored.rule, next_tick),
            starts_at: stored.starts_at.map(Timestamp::from_micros),
            ends_at: stored.ends_at.map(Timestamp::from_micros),
            max_runs: stored.max_runs,
            jitter: Duration::from_micros(stored.jitter),
            misfire: Misfire::parse(&stored.misfire).ok_or_else(|| unknown("misfire", &stored.misfire))?,
            overlap: Overlap::parse(&stored.overlap).ok_or_else(|| unknown("overlap", &stored.overlap))?,
            is_declared: stored.declared,
            task: TaskName::new(&stored.task)?,
            queue: QueueName::new(&stored.queue)?,
            priority: Priority::new(stored.priority)?,
            options: Arc::new(options_from_text(stored.options.get())?),
            payload,
        },
        next_tick,
        is_moved: stored.moved,
        is_paused: stored.paused,
        runs: stored.runs,
        skipped: stored.skipped,
        last_tick: stored.last_tick.map(Timestamp::from_micros),
        last_job: stored.last_job.map(|id| id.parse()).transpose()?,
        created_at: Timestamp::from_micros(stored.created_at),
        changed_at: Timestamp::from_micros(stored.changed_at),
    })
}

/// The text kept for a rule.
pub fn rule_to_text(rule: &Rule) -> String {
    serde_json::to_string(&stored_rule(rule)).unwrap_or_default()
}

/// The rule that this text keeps; `next_tick` is that of its schedule, which is where a rule that comes due once was
/// kept before it said so itself.
pub fn rule_from_text(text: &str, next_tick: Option<Timestamp>) -> Result<Rule> {
    let stored = serde_json::from_str(text).map_err(|error| {
        Error::new(ErrorKind::Corrupt, "the stored rule of a schedule cannot be read").caused_by(error)
    })?;
    Ok(rule_of(stored, next_tick))
}

fn stored_rule(rule: &Rule) -> StoredRule {
    match rule {
        Rule::Once(at) => StoredRule::Once { at: Some(at.as_micros()) },
        Rule::Every(interval) => StoredRule::Every { micros: micros(*interval) },
        Rule::Cron { expression, zone } => {
            StoredRule::Cron { expression: expression.clone(), zone: zone.clone() }
        }
    }
}

fn rule_of(stored: StoredRule, next_tick: Option<Timestamp>) -> Rule {
    match stored {
        StoredRule::Once { at } => {
            Rule::Once(at.map(Timestamp::from_micros).or(next_tick).unwrap_or_default())
        }
        StoredRule::Every { micros } => Rule::Every(Duration::from_micros(micros)),
        StoredRule::Cron { expression, zone } => Rule::Cron { expression, zone },
    }
}

fn micros(span: Duration) -> u64 {
    u64::try_from(span.as_micros()).unwrap_or(u64::MAX)
}

fn unknown(what: &str, found: &str) -> Error {
    Error::new(ErrorKind::Corrupt, format!("the record of a schedule holds an unknown {what}"))
        .with("found", found.chars().take(60).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn a_schedule(rule: Rule) -> Schedule {
        let time = Timestamp::from_micros;
        Schedule {
            id: ScheduleId::new("größe/'1'").unwrap(),
            definition: Definition {
                rule,
                starts_at: Some(time(1)),
                ends_at: Some(time(i64::MAX)),
                max_runs: NonZeroU64::new(9),
                jitter: Duration::from_millis(1500),
                misfire: Misfire::All,
                overlap: Overlap::Skip,
                is_declared: true,
                task: TaskName::new("report").unwrap(),
                queue: QueueName::new("slow").unwrap(),
                priority: Priority::FIRST,
                options: Arc::default(),
                payload: Payload::from(&b"\x00\xff"[..]),
            },
            next_tick: Some(time(5)),
            is_moved: true,
            is_paused: true,
            runs: 3,
            skipped: 4,
            last_tick: Some(time(4)),
            last_job: Some(nuvom_core::JobId::from_tick("größe", time(4))),
            created_at: time(2),
            changed_at: time(6),
        }
    }

    #[test]
    fn a_schedule_comes_back_as_it_was() {
        let cron = Rule::Cron { expression: "0 9 * * MON".into(), zone: "Europe/Berlin".into() };
        for rule in [Rule::Once(Timestamp::from_micros(5)), Rule::Every(Duration::from_millis(100)), cron] {
            let schedule = a_schedule(rule);

            assert_eq!(schedule_from_bytes(&schedule_to_bytes(&schedule)).unwrap(), schedule);
            assert_eq!(
                rule_from_text(&rule_to_text(&schedule.definition.rule), None).unwrap(),
                schedule.definition.rule
            );
        }
    }

    #[test]
    fn a_damaged_schedule_is_told_from_one_of_a_newer_version() {
        let text = schedule_to_bytes(&a_schedule(Rule::Once(Timestamp::from_micros(5))));
        let newer = String::from_utf8(text.clone()).unwrap().replace("\"nuvom\":1", "\"nuvom\":2");

        assert_eq!(schedule_from_bytes(&text[..40]).unwrap_err().kind(), ErrorKind::Corrupt);
        assert_eq!(schedule_from_bytes(b"").unwrap_err().kind(), ErrorKind::Corrupt);
        assert_eq!(schedule_from_bytes(newer.as_bytes()).unwrap_err().kind(), ErrorKind::Foreign);
    }

    #[test]
    fn a_rule_of_the_first_form_that_comes_due_once_is_due_at_the_next_tick() {
        let next = Timestamp::from_micros(7);

        assert_eq!(rule_from_text(r#"{"once":{}}"#, Some(next)).unwrap(), Rule::Once(next));
    }
}
