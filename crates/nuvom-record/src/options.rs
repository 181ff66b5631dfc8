//! How a job's options are kept: a small JSON object that names only what differs from the values below,
//! which belong to this format and never change. It is the wire form; the domain type knows nothing of it.

use std::num::NonZeroU32;
use std::time::Duration;

use nuvom_core::{
    Backoff, Error, ErrorKind, JobOptions, OnLost, Result, RetryPolicy, ScheduleId, Tick, TimeoutPolicy,
    Timestamp,
};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, PartialEq)]
#[serde(deny_unknown_fields, default)]
struct Stored {
    #[serde(skip_serializing_if = "is_default_retries")]
    retries: u32,
    #[serde(skip_serializing_if = "is_default_losses")]
    max_losses: NonZeroU32,
    #[serde(skip_serializing_if = "is_default_delay")]
    retry_delay_us: u64,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    exponential: bool,
    #[serde(skip_serializing_if = "is_default_timeout")]
    timeout_us: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    timeout_policy: Option<String>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    fail_on_lost: bool,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    discard_result: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tags: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tick: Option<StoredTick>,
}

/// The tick that made a job.
#[derive(Serialize, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
struct StoredTick {
    schedule: String,
    at: i64,
    #[serde(default, skip_serializing_if = "is_none")]
    missed: u64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
fn is_none(count: &u64) -> bool {
    *count == 0
}

const RETRIES: u32 = 0;
const MAX_LOSSES: u32 = 3;
const RETRY_DELAY_US: u64 = 5_000_000;
const TIMEOUT_US: Option<u64> = Some(300_000_000);

impl Default for Stored {
    fn default() -> Self {
        Self {
            retries: RETRIES,
            max_losses: NonZeroU32::MIN.saturating_add(MAX_LOSSES - 1),
            retry_delay_us: RETRY_DELAY_US,
            exponential: false,
            timeout_us: TIMEOUT_US,
            timeout_policy: None,
            fail_on_lost: false,
            discard_result: false,
            tags: Vec::new(),
            tick: None,
        }
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
fn is_default_retries(value: &u32) -> bool {
    *value == RETRIES
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
fn is_default_losses(value: &NonZeroU32) -> bool {
    value.get() == MAX_LOSSES
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
fn is_default_delay(value: &u64) -> bool {
    *value == RETRY_DELAY_US
}

#[expect(clippy::ref_option, reason = "serde passes references")]
fn is_default_timeout(value: &Option<u64>) -> bool {
    *value == TIMEOUT_US
}

/// The text kept for these options.
pub fn options_to_text(options: &JobOptions) -> String {
    let stored = Stored {
        retries: options.retries,
        max_losses: options.max_losses,
        retry_delay_us: micros(options.retry.delay),
        exponential: options.retry.backoff == Backoff::Exponential,
        timeout_us: options.timeout.map(micros),
        timeout_policy: match options.timeout_policy {
            TimeoutPolicy::Fail => None,
            TimeoutPolicy::Retry => Some("retry".into()),
            TimeoutPolicy::Ignore => Some("ignore".into()),
        },
        fail_on_lost: options.on_lost == OnLost::Fail,
        discard_result: !options.store_result,
        tags: options.tags.clone(),
        tick: options.tick.as_ref().map(|tick| StoredTick {
            schedule: tick.schedule.to_string(),
            at: tick.at.as_micros(),
            missed: tick.missed,
        }),
    };
    serde_json::to_string(&stored).unwrap_or_default()
}

/// The options that this text keeps.
pub fn options_from_text(text: &str) -> Result<JobOptions> {
    let stored: Stored = serde_json::from_str(text).map_err(|error| {
        Error::new(ErrorKind::Corrupt, "the stored options of a job cannot be read").caused_by(error)
    })?;
    Ok(JobOptions {
        retries: stored.retries,
        max_losses: stored.max_losses,
        retry: RetryPolicy {
            delay: Duration::from_micros(stored.retry_delay_us),
            backoff: if stored.exponential { Backoff::Exponential } else { Backoff::Constant },
        },
        timeout: stored.timeout_us.map(Duration::from_micros),
        timeout_policy: match stored.timeout_policy.as_deref() {
            None => TimeoutPolicy::Fail,
            Some("retry") => TimeoutPolicy::Retry,
            Some("ignore") => TimeoutPolicy::Ignore,
            Some(_) => {
                return Err(Error::new(ErrorKind::Corrupt, "a stored time limit policy is not known"));
            }
        },
        on_lost: if stored.fail_on_lost { OnLost::Fail } else { OnLost::Retry },
        store_result: !stored.discard_result,
        tags: stored.tags,
        tick: stored.tick.map(tick_of).transpose()?,
    })
}

fn tick_of(stored: StoredTick) -> Result<Tick> {
    let schedule = ScheduleId::new(stored.schedule)?;
    Ok(Tick { schedule, at: Timestamp::from_micros(stored.at), missed: stored.missed })
}

fn micros(span: Duration) -> u64 {
    u64::try_from(span.as_micros()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn default_options_take_two_bytes() {
        assert_eq!(options_to_text(&JobOptions::default()), "{}");
    }

    #[test]
    fn every_option_comes_back_as_it_was() {
        let options = JobOptions {
            retries: 4,
            max_losses: NonZeroU32::MIN,
            retry: RetryPolicy { delay: Duration::from_millis(1500), backoff: Backoff::Exponential },
            timeout: None,
            timeout_policy: TimeoutPolicy::Ignore,
            on_lost: OnLost::Fail,
            store_result: false,
            tags: vec!["a".into(), "b\"c".into()],
            tick: Some(Tick {
                schedule: ScheduleId::new("nightly").unwrap(),
                at: Timestamp::from_micros(-7),
                missed: 3,
            }),
        };

        assert_eq!(options_from_text(&options_to_text(&options)).unwrap(), options);
    }

    #[test]
    fn options_of_an_unknown_kind_are_refused_rather_than_dropped() {
        assert_eq!(options_from_text(r#"{"colour":1}"#).unwrap_err().kind(), ErrorKind::Corrupt);
    }
}
