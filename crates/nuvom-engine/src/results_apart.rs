//! Results in a store of their own: they are there before their jobs are finished, never the other way. A result that
//! cannot be written waits, and its job keeps its lease; after a time, or at the end of a stop, the job goes back.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use nuvom_core::ports::{Record, StoredResult};
use nuvom_core::{Clock, Decision, End, HandBack, Job, Outcome, Payload, Result, Timestamp, Trigger, decide};

use crate::worker::Shared;

/// So long a value waits for its store: longer than a restart or a failover takes, short enough that the slots of a
/// worker are not held up for a working day.
pub(crate) const PATIENCE: Duration = Duration::from_mins(5);

/// Since when, on the monotonic clock, no result could be written.
#[derive(Debug, Default)]
pub(crate) struct Failing(Mutex<Option<Duration>>);

impl Failing {
    /// Notes that a write failed; answers since when they do.
    fn since(&self, clock: &dyn Clock) -> Duration {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert_with(|| clock.monotonic())
    }

    fn over(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

/// Writes the results of these ends, which are then free of them. An error means that the ends must be tried again as
/// they are.
pub(crate) fn store(shared: &Shared, ends: &mut [End]) -> Result<()> {
    if shared.stores.joint_results {
        return Ok(());
    }
    let (values, failures) = stored_results(shared, ends);
    if !values.is_empty() {
        if let Err(error) = shared.stores.results.put(&values) {
            let failing =
                shared.clock.monotonic().saturating_sub(shared.failing_results.since(&*shared.clock));
            if !error.kind().is_transient() || (failing < PATIENCE && !shared.is_cutting()) {
                return Err(error);
            }
            shared.store_failed("results", error);
            give_up(shared, ends);
            return Ok(());
        }
        shared.failing_results.over();
        free(ends);
    }
    // The queue keeps what went wrong as well, so an end without a value does not wait for this.
    if !failures.is_empty()
        && let Err(error) = shared.stores.results.put(&failures)
    {
        shared.store_failed("results", error);
    }
    Ok(())
}

/// What is to be kept of ends with a value, and of those without.
fn stored_results(shared: &Shared, ends: &[End]) -> (Vec<StoredResult>, Vec<StoredResult>) {
    let (mut values, mut failures) = (Vec::new(), Vec::new());
    for end in ends {
        let job = shared.holdings.job(nuvom_core::Held { id: end.id, lease: end.lease });
        let record = job.and_then(|job| record_after(&job, end, shared.clock.now())).map(Arc::new);
        let kept = |value: Option<&Payload>| StoredResult {
            id: end.id,
            lease: end.lease,
            value: value.map(Arc::clone),
            record: record.clone(),
        };
        match &end.outcome {
            Outcome::Succeeded { result: Some(value) } => values.push(kept(Some(value))),
            Outcome::HandedBack { .. } => {}
            _ if record.is_some() => failures.push(kept(None)),
            _ => {}
        }
    }
    (values, failures)
}

/// The record as it will be once the queue has the end. What the queue alone knows, such as a request to cancel, is not
/// in it.
fn record_after(job: &Job, end: &End, now: Timestamp) -> Option<Record> {
    let Decision { transition, attempt } = decide(job, &Trigger::End(end), now).ok()?;
    let mut job = job.clone();
    transition.apply(&mut job);
    Some(Record { job, attempts: attempt.into_iter().collect() })
}

fn free(ends: &mut [End]) {
    for end in ends {
        if let Outcome::Succeeded { result } = &mut end.outcome {
            *result = None;
        }
    }
}

/// The jobs of values that could not be kept go back, to be run again.
fn give_up(shared: &Shared, ends: &mut [End]) {
    let stops = shared.is_cutting();
    for end in ends {
        if matches!(end.outcome, Outcome::Succeeded { result: Some(_) }) {
            end.outcome = Outcome::HandedBack { reason: HandBack::ResultNotKept };
            if stops {
                shared.lock().handed_back.insert(end.id);
            }
        }
    }
}
