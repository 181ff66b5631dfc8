//! How long a job waits before it is tried again.

use std::time::Duration;

use crate::JobId;

/// No wait between attempts grows beyond this: an hour is long enough for any outage to be seen by a person.
pub const MAX_RETRY_DELAY: Duration = Duration::from_hours(1);

/// The wait after the first hand-back of a job that only a worker of another version can run.
const OTHER_VERSION_DELAY: Duration = Duration::from_secs(5);
/// The longest wait between hand-backs of such a job: a deploy is rarely slower.
const OTHER_VERSION_MAX_DELAY: Duration = Duration::from_mins(5);

/// How the wait grows from one attempt to the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Backoff {
    /// Always the same.
    #[default]
    Constant,
    /// Doubled each time, up to an hour, with jitter so that jobs that failed together do not return together.
    Exponential,
}

/// The wait before the next attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetryPolicy {
    /// The wait before the second attempt.
    pub delay: Duration,
    /// How it grows.
    pub backoff: Backoff,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        // Long enough for a restart of what the task talks to, short enough to watch.
        Self { delay: Duration::from_secs(5), backoff: Backoff::Constant }
    }
}

impl RetryPolicy {
    /// The wait after the `failures`-th failure (from 1) of this job. Jitter only lengthens, by up to a
    /// quarter, and follows from the job, so the same decision is made wherever it is made.
    pub fn delay_after(&self, failures: u32, id: JobId) -> Duration {
        let base = match self.backoff {
            Backoff::Constant => return self.delay,
            Backoff::Exponential => grown(self.delay, failures.saturating_sub(1), MAX_RETRY_DELAY),
        };
        base + base.mul_f64(0.25 * spread(id, failures))
    }
}

/// The wait before a job that only a worker of another version can run is offered again.
pub fn other_version_delay(handbacks: u32) -> Duration {
    grown(OTHER_VERSION_DELAY, handbacks, OTHER_VERSION_MAX_DELAY)
}

fn grown(first: Duration, doublings: u32, cap: Duration) -> Duration {
    // A first wait above the cap is the user's own choice and stands.
    first.saturating_mul(1_u32.checked_shl(doublings).unwrap_or(u32::MAX)).min(cap.max(first))
}

/// A number in [0, 1) that looks random from one job and attempt to the next (FNV-1a).
fn spread(id: JobId, failures: u32) -> f64 {
    let mut hash: u32 = 0x811c_9dc5;
    for byte in id.as_bytes().iter().copied().chain(failures.to_le_bytes()) {
        hash = (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193);
    }
    f64::from(hash) / (f64::from(u32::MAX) + 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Timestamp;

    fn id() -> JobId {
        JobId::from_time(Timestamp::from_micros(1), [7; 10])
    }

    #[test]
    fn a_constant_wait_stays_the_same() {
        let policy = RetryPolicy { delay: Duration::from_secs(3), backoff: Backoff::Constant };

        assert_eq!(policy.delay_after(1, id()), Duration::from_secs(3));
        assert_eq!(policy.delay_after(9, id()), Duration::from_secs(3));
    }

    #[test]
    fn an_exponential_wait_doubles_and_jitter_only_lengthens_it_by_a_quarter() {
        let policy = RetryPolicy { delay: Duration::from_secs(2), backoff: Backoff::Exponential };

        let third = policy.delay_after(3, id());

        assert!(third >= Duration::from_secs(8), "{third:?}");
        assert!(third < Duration::from_secs(10), "{third:?}");
    }

    #[test]
    fn an_exponential_wait_ends_at_an_hour_even_after_very_many_failures() {
        let policy = RetryPolicy { delay: Duration::from_secs(2), backoff: Backoff::Exponential };

        assert!(policy.delay_after(4_000_000_000, id()) < MAX_RETRY_DELAY.mul_f64(1.25));
    }

    #[test]
    fn jobs_that_failed_together_return_apart() {
        let policy = RetryPolicy { delay: Duration::from_secs(8), backoff: Backoff::Exponential };
        let other = JobId::from_time(Timestamp::from_micros(1), [8; 10]);

        assert_ne!(policy.delay_after(1, id()), policy.delay_after(1, other));
    }

    #[test]
    fn a_job_of_another_version_waits_from_five_seconds_to_five_minutes() {
        assert_eq!(other_version_delay(0), Duration::from_secs(5));
        assert_eq!(other_version_delay(1), Duration::from_secs(10));
        assert_eq!(other_version_delay(40), Duration::from_mins(5));
    }
}
