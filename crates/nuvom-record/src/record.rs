//! The wire form of a record. The domain types know nothing of it; docs/reference/wire-format.md describes it.

use std::num::NonZeroU32;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use nuvom_core::ports::Record;
use nuvom_core::{
    Attempt, Ending, Error, ErrorKind, Job, JobError, JobId, Lease, Payload, Priority, QueueName, Result,
    SignatureHash, State, TaskName, Timestamp, WorkerName,
};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::{options_from_text, options_to_text};

/// The version of this form. One with another meaning gets another number.
pub const FORMAT: u32 = 1;

#[derive(Serialize, Deserialize)]
struct Stored<'a> {
    nuvom: u32,
    id: String,
    task: String,
    state: String,
    queue: String,
    priority: u8,
    created_at: i64,
    run_at: i64,
    #[serde(default, skip_serializing_if = "is_zero_lease")]
    lease: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    lease_until: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    worker: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    started_at: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ended_at: Option<i64>,
    #[serde(default, skip_serializing_if = "is_zero")]
    failures: u32,
    #[serde(default, skip_serializing_if = "is_zero")]
    losses: u32,
    #[serde(default, skip_serializing_if = "is_zero")]
    handbacks: u32,
    max_attempts: NonZeroU32,
    max_losses: NonZeroU32,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    cancel_requested: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    signature: Option<u64>,
    #[serde(borrow)]
    options: &'a RawValue,
    payload: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    attempts: Vec<StoredAttempt>,
}

#[derive(Serialize, Deserialize)]
struct StoredAttempt {
    lease: u64,
    number: u32,
    ending: String,
    kind: String,
    message: String,
    traceback: String,
    worker: Option<String>,
    started_at: Option<i64>,
    ended_at: i64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
fn is_zero(value: &u32) -> bool {
    *value == 0
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
fn is_zero_lease(value: &u64) -> bool {
    *value == 0
}

/// The text of a record, without a line break.
pub fn record_to_bytes(job: &Job, attempts: &[Attempt]) -> Vec<u8> {
    let options = RawValue::from_string(options_to_text(&job.options)).unwrap_or_default();
    let stored = Stored {
        nuvom: FORMAT,
        id: job.id.to_string(),
        task: job.task.to_string(),
        state: job.state.as_str().to_owned(),
        queue: job.queue.to_string(),
        priority: job.priority.get(),
        created_at: job.created_at.as_micros(),
        run_at: job.run_at.as_micros(),
        lease: job.lease.0,
        lease_until: job.lease_until.map(Timestamp::as_micros),
        worker: job.worker.as_ref().map(ToString::to_string),
        started_at: job.started_at.map(Timestamp::as_micros),
        ended_at: job.ended_at.map(Timestamp::as_micros),
        failures: job.failures,
        losses: job.losses,
        handbacks: job.handbacks,
        max_attempts: job.max_attempts,
        max_losses: job.max_losses,
        cancel_requested: job.cancel_requested,
        signature: job.signature.map(SignatureHash::to_bits),
        options: &options,
        payload: BASE64.encode(&job.payload),
        attempts: attempts.iter().map(stored_attempt).collect(),
    };
    // A struct of text and numbers has no way to fail.
    serde_json::to_vec(&stored).unwrap_or_default()
}

/// The record that this text keeps. An error of the kind `Corrupt` says what is wrong with it, one of the kind
/// `Foreign` that a newer version wrote it.
pub fn record_from_bytes(bytes: &[u8]) -> Result<Record> {
    /// Read by itself, so that a newer form is told from a damaged one.
    #[derive(Deserialize)]
    struct Version {
        nuvom: u32,
    }
    let damaged =
        |error| Error::new(ErrorKind::Corrupt, "the record of a job cannot be read").caused_by(error);
    let Version { nuvom } = serde_json::from_slice(bytes).map_err(damaged)?;
    if nuvom != FORMAT {
        return Err(Error::new(
            ErrorKind::Foreign,
            format!("the record of a job has format {nuvom}, and this Nuvom reads format {FORMAT}"),
        )
        .hint("Upgrade this Nuvom"));
    }
    record_of(serde_json::from_slice(bytes).map_err(damaged)?)
}

fn record_of(stored: Stored<'_>) -> Result<Record> {
    let id: JobId = stored.id.parse()?;
    let payload = BASE64.decode(&stored.payload).map(Payload::from);
    let job = Job {
        id,
        task: TaskName::new(&stored.task)?,
        signature: stored.signature.map(SignatureHash::from_bits),
        queue: QueueName::new(&stored.queue)?,
        priority: Priority::new(stored.priority)?,
        created_at: Timestamp::from_micros(stored.created_at),
        run_at: Timestamp::from_micros(stored.run_at),
        state: State::parse(&stored.state).ok_or_else(|| unknown("state", &stored.state))?,
        lease: Lease(stored.lease),
        lease_until: stored.lease_until.map(Timestamp::from_micros),
        worker: stored.worker.map(WorkerName::new).transpose()?,
        started_at: stored.started_at.map(Timestamp::from_micros),
        ended_at: stored.ended_at.map(Timestamp::from_micros),
        failures: stored.failures,
        losses: stored.losses,
        handbacks: stored.handbacks,
        max_attempts: stored.max_attempts,
        max_losses: stored.max_losses,
        cancel_requested: stored.cancel_requested,
        options: Arc::new(options_from_text(stored.options.get())?),
        payload: payload.map_err(|error| {
            Error::new(ErrorKind::Corrupt, "the arguments of a job cannot be read")
                .with("job", id)
                .caused_by(error)
        })?,
    };
    let attempts = stored.attempts.into_iter().map(attempt_of).collect::<Result<_>>()?;
    Ok(Record { job, attempts })
}

fn stored_attempt(attempt: &Attempt) -> StoredAttempt {
    StoredAttempt {
        lease: attempt.lease.0,
        number: attempt.number,
        ending: attempt.ending.as_str().to_owned(),
        kind: attempt.error.kind.clone(),
        message: attempt.error.message.clone(),
        traceback: attempt.error.traceback.clone(),
        worker: attempt.worker.as_ref().map(ToString::to_string),
        started_at: attempt.started_at.map(Timestamp::as_micros),
        ended_at: attempt.ended_at.as_micros(),
    }
}

fn attempt_of(stored: StoredAttempt) -> Result<Attempt> {
    Ok(Attempt {
        lease: Lease(stored.lease),
        number: stored.number,
        ending: Ending::parse(&stored.ending).ok_or_else(|| unknown("ending", &stored.ending))?,
        error: JobError { kind: stored.kind, message: stored.message, traceback: stored.traceback },
        worker: stored.worker.map(WorkerName::new).transpose()?,
        started_at: stored.started_at.map(Timestamp::from_micros),
        ended_at: Timestamp::from_micros(stored.ended_at),
    })
}

fn unknown(what: &str, found: &str) -> Error {
    Error::new(ErrorKind::Corrupt, format!("the record of a job holds an unknown {what}"))
        .with("found", found.chars().take(60).collect::<String>())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use nuvom_core::{Decision, Trigger, decide};
    use nuvom_testkit::builders::{a_job, failure, worker};
    use proptest::prelude::*;

    use super::*;

    /// A job that failed once and runs again.
    fn record() -> Record {
        let new = a_job("add").retries(2).queue("mail \" ü").signature(u64::MAX).payload(b"\x00\xff").build();
        let now = Timestamp::from_micros(1_000_000);
        let (claimer, lease_for) = (worker("w"), Duration::from_secs(30));
        let mut job = Job::accepted(&new, now);
        let mut attempts = Vec::new();
        let claim = Trigger::Claim { worker: &claimer, lease_for };
        for _ in 0..2 {
            let later = now + Duration::from_hours(1);
            decide(&job, &claim, later).unwrap().transition.apply(&mut job);
            if attempts.is_empty() {
                let end = nuvom_core::End { id: job.id, lease: job.lease, outcome: failure("boom") };
                let Decision { transition, attempt } = decide(&job, &Trigger::End(&end), now).unwrap();
                transition.apply(&mut job);
                attempts.extend(attempt);
            }
        }
        Record { job, attempts }
    }

    #[test]
    fn a_record_comes_back_whole() {
        let record = record();

        let bytes = record_to_bytes(&record.job, &record.attempts);

        assert_eq!(record_from_bytes(&bytes).unwrap(), record);
    }

    #[test]
    fn a_record_is_one_line_of_json_that_begins_with_its_version() {
        let record = record();

        let text = String::from_utf8(record_to_bytes(&record.job, &record.attempts)).unwrap();

        assert!(text.starts_with("{\"nuvom\":1,\"id\":"));
        assert!(!text.contains('\n'));
    }

    #[test]
    fn a_record_of_a_newer_version_is_foreign_and_not_damaged() {
        let error = record_from_bytes(br#"{"nuvom":2,"whatever":[]}"#).unwrap_err();

        assert_eq!(error.kind(), ErrorKind::Foreign);
    }

    #[test]
    fn a_cut_or_garbled_record_is_damaged() {
        let record = record();
        let bytes = record_to_bytes(&record.job, &record.attempts);

        let kinds = [&bytes[..0], &bytes[..bytes.len() / 2], b"\x00\x01garbage", b"[]", br#"{"nuvom":1}"#]
            .map(|bytes| record_from_bytes(bytes).unwrap_err().kind());

        assert_eq!(kinds, [ErrorKind::Corrupt; 5]);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4_000))]

        /// Never a panic, and what was read is what would be written.
        #[test]
        fn a_record_with_other_bytes_in_it_is_read_or_refused(
            changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..5),
            cut in any::<prop::sample::Index>(),
            is_cut in prop::bool::weighted(0.2),
        ) {
            let whole = record();
            let mut bytes = record_to_bytes(&whole.job, &whole.attempts);
            for (place, byte) in changes {
                let place = place.index(bytes.len());
                bytes[place] = byte;
            }
            if is_cut {
                bytes.truncate(cut.index(bytes.len()));
            }

            if let Ok(Record { job, attempts }) = record_from_bytes(&bytes) {
                let again = record_from_bytes(&record_to_bytes(&job, &attempts)).unwrap();
                prop_assert_eq!(again, Record { job, attempts });
            }
        }

        #[test]
        fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            prop_assert!(record_from_bytes(&bytes).is_err());
        }
    }

    #[test]
    fn a_record_that_is_a_bomb_is_refused() {
        let nested =
            [b"[".repeat(100_000), br#"{"nuvom":1,"options":"#.to_vec(), b"{\"a\":".repeat(100_000)].concat();

        assert!(record_from_bytes(&nested).is_err());
        assert!(record_from_bytes(&b"{\"nuvom\":".repeat(100_000)).is_err());
    }
}
