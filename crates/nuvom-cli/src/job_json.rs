//! A job as programs read it: the wire form of `--json`, apart from the types of core, so that a change there
//! cannot change it silently.

use nuvom_core::ports::StoredResult;
use nuvom_core::{Attempt, Backoff, Job, JobOptions, OnLost, TimeoutPolicy, Timestamp};
use serde_json::{Value as Json, json};

use crate::moments::iso;
use crate::payload::{self, Secrets, Undecodable, hexadecimal, to_json};

/// The record without arguments and result, in which every time is UTC.
pub(crate) fn record(job: &Job) -> Json {
    json!({
        "id": job.id.to_string(),
        "task": job.task.as_str(),
        "signature": job.signature.map(|hash| hash.to_string()),
        "queue": job.queue.as_str(),
        "priority": job.priority.get(),
        "state": job.state.as_str(),
        "attempt": job.attempt(),
        "max_attempts": job.max_attempts.get(),
        "failures": job.failures,
        "losses": job.losses,
        "max_losses": job.max_losses.get(),
        "handbacks": job.handbacks,
        "cancel_requested": job.cancel_requested,
        "schedule": job.options.tick.as_ref().map(|tick| tick.schedule.as_str()),
        "tick_at": job.options.tick.as_ref().map(|tick| iso(tick.at)),
        "missed_ticks": job.options.tick.as_ref().map_or(0, |tick| tick.missed),
        "created_at": iso(job.created_at),
        "run_at": iso(job.run_at),
        "started_at": job.started_at.map(iso),
        "ended_at": job.ended_at.map(iso),
        "lease": job.lease.0,
        "lease_until": job.lease_until.map(iso),
        "worker": job.worker.as_ref().map(nuvom_core::WorkerName::as_str),
        "options": options(&job.options),
    })
}

/// The record with one more field.
pub(crate) fn with(mut record: Json, name: &str, value: Json) -> Json {
    record[name] = value;
    record
}

/// The attempts that did not succeed, oldest first.
pub(crate) fn attempts(attempts: &[Attempt]) -> Json {
    attempts.iter().map(attempt).collect()
}

/// The arguments: `{"args": […], "kwargs": {…}}`, or why they cannot be shown.
pub(crate) fn arguments(secrets: Secrets, payload: &[u8]) -> Json {
    match payload::arguments_with(secrets, payload) {
        Ok(arguments) => json!({
            "args": arguments.positional.iter().map(to_json).collect::<Json>(),
            "kwargs": to_json(&payload::Value::Map(arguments.keywords)),
        }),
        Err(reason) => undecodable(&reason),
    }
}

/// The result: `{"value": …}`, why it cannot be shown, or null if there is none.
pub(crate) fn result(secrets: Secrets, stored: Option<&StoredResult>) -> Json {
    let value = stored.and_then(|stored| stored.value.as_deref());
    match value.map(|value| payload::result_with(secrets, value)) {
        None => Json::Null,
        Some(Ok(value)) => json!({ "value": to_json(&value) }),
        Some(Err(reason)) => undecodable(&reason),
    }
}

/// The stored bytes of a result, or null if there is none.
pub(crate) fn raw_result(stored: Option<&StoredResult>) -> Json {
    stored
        .and_then(|stored| stored.value.as_deref())
        .map_or(Json::Null, |value| Json::String(hexadecimal(value)))
}

/// The error of an attempt.
pub(crate) fn error(attempt: &Attempt) -> Json {
    json!({
        "kind": attempt.error.kind,
        "message": attempt.error.message,
        "traceback": attempt.error.traceback,
    })
}

fn attempt(attempt: &Attempt) -> Json {
    json!({
        "number": attempt.number,
        "lease": attempt.lease.0,
        "ending": attempt.ending.as_str(),
        "worker": attempt.worker.as_ref().map(nuvom_core::WorkerName::as_str),
        "started_at": attempt.started_at.map(iso),
        "ended_at": time(attempt.ended_at),
        "error": error(attempt),
    })
}

fn options(options: &JobOptions) -> Json {
    json!({
        "retries": options.retries,
        "max_losses": options.max_losses.get(),
        "retry_delay_secs": options.retry.delay.as_secs_f64(),
        "retry_backoff": match options.retry.backoff {
            Backoff::Constant => "constant",
            Backoff::Exponential => "exponential",
        },
        "timeout_secs": options.timeout.map(|timeout| timeout.as_secs_f64()),
        "timeout_policy": match options.timeout_policy {
            TimeoutPolicy::Fail => "fail",
            TimeoutPolicy::Retry => "retry",
            TimeoutPolicy::Ignore => "ignore",
        },
        "on_lost": match options.on_lost {
            OnLost::Retry => "retry",
            OnLost::Fail => "fail",
        },
        "store_result": options.store_result,
        "tags": options.tags,
    })
}

fn time(time: Timestamp) -> Json {
    Json::String(iso(time))
}

fn undecodable(reason: &Undecodable) -> Json {
    json!({ "undecodable": reason.reason, "bytes": reason.bytes })
}
