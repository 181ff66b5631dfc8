//! A schedule in words and as JSON.

use nuvom_core::{Definition, Misfire, Overlap, Rule, Schedule, Timestamp};
use serde_json::{Value as Json, json};

use crate::job_json;
use crate::moments::{Here, iso, span};
use crate::payload::Secrets;
use crate::styled::{Style, Styled};

/// When it is due, in a few words: `every 5 min`, `0 9 * * MON (Europe/Berlin)`.
pub(super) fn rule(definition: &Definition, here: &Here) -> String {
    match &definition.rule {
        Rule::Once(at) => format!("once at {}", here.at(*at)),
        Rule::Every(interval) => format!("every {}", span(*interval)),
        Rule::Cron { expression, zone } => format!("{expression} ({zone})"),
    }
}

/// What it does now.
pub(super) fn state(schedule: &Schedule) -> Styled {
    match (schedule.is_paused, schedule.next_tick) {
        (true, _) => Styled::new(Style::Busy, "paused"),
        (false, Some(_)) => Styled::new(Style::Good, "active"),
        (false, None) => Styled::new(Style::Dim, "ended"),
    }
}

/// What becomes of ticks that were missed.
pub(super) fn misfire(misfire: Misfire) -> &'static str {
    match misfire {
        Misfire::Once => "one job for all missed ticks (once)",
        Misfire::Skip => "none for missed ticks (skip)",
        Misfire::All => "one for each missed tick, up to 100 (all)",
    }
}

/// Whether its jobs may overlap.
pub(super) fn overlap(overlap: Overlap) -> &'static str {
    match overlap {
        Overlap::Allow => "jobs may overlap (allow)",
        Overlap::Skip => "none while the last has not ended (skip)",
    }
}

/// The whole record, for programs.
pub(super) fn json(schedule: &Schedule) -> Json {
    let definition = &schedule.definition;
    let time = |time: Option<Timestamp>| time.map(iso);
    let (at, interval, cron, zone) = match &definition.rule {
        Rule::Once(at) => (Some(iso(*at)), None, None, None),
        Rule::Every(interval) => (None, Some(interval.as_secs_f64()), None, None),
        Rule::Cron { expression, zone } => (None, None, Some(expression), Some(zone)),
    };
    json!({
        "id": schedule.id.as_str(),
        "task": definition.task.as_str(),
        "at": at,
        "interval_secs": interval,
        "cron": cron,
        "timezone_name": zone,
        "misfire": definition.misfire.as_str(),
        "overlap": definition.overlap.as_str(),
        "starts_at": time(definition.starts_at),
        "ends_at": time(definition.ends_at),
        "max_runs": definition.max_runs,
        "jitter_secs": definition.jitter.as_secs_f64(),
        "declared": definition.is_declared,
        "queue": definition.queue.as_str(),
        "priority": definition.priority.get(),
        "arguments": job_json::arguments(Secrets::Hidden, &definition.payload),
        "next_tick": time(schedule.next_tick),
        "paused": schedule.is_paused,
        "runs": schedule.runs,
        "skipped": schedule.skipped,
        "last_tick": time(schedule.last_tick),
        "last_job": schedule.last_job.map(|id| id.to_string()),
        "created_at": iso(schedule.created_at),
        "changed_at": iso(schedule.changed_at),
    })
}
