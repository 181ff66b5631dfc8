//! How many jobs to claim: enough to keep the executor busy until the next exchange, never more than it can
//! start soon. Pure arithmetic over what was seen.

use std::time::Duration;

use crate::executor::Load;

/// Work for so long may be held beyond what runs: several exchanges with the store fit in.
const HORIZON: Duration = Duration::from_millis(50);

/// How much the newest measurement of the rate counts.
const WEIGHT: f64 = 0.3;

/// When nothing has started for so long, the held jobs are not "soon" any more.
pub(crate) const STALE: Duration = Duration::from_secs(1);

/// Watches how fast attempts end.
#[derive(Debug)]
pub(crate) struct Dispatcher {
    batch: usize,
    rate: f64,
    measured_at: Duration,
    ended: usize,
}

impl Dispatcher {
    pub(crate) fn new(batch: usize, now: Duration) -> Self {
        Self { batch, rate: 0.0, measured_at: now, ended: 0 }
    }

    /// Learns that so many attempts ended up to `now` (monotonic).
    pub(crate) fn saw(&mut self, ended: usize, now: Duration) {
        self.ended += ended;
        let span = now.saturating_sub(self.measured_at);
        if span < Duration::from_millis(1) {
            return;
        }
        let newest = self.ended as f64 / span.as_secs_f64();
        // A long silence says more than one sample should.
        let weight = if span > STALE { 1.0 } else { WEIGHT };
        self.rate += weight * (newest - self.rate);
        self.measured_at = now;
        self.ended = 0;
    }

    /// How many jobs to claim now for so many slots.
    pub(crate) fn room(&self, slots: usize, load: Load) -> usize {
        let soon = (self.rate * HORIZON.as_secs_f64()) as usize;
        // Two batches: one that the executor works on while the other is fetched.
        let wanted = if slots == 0 { 0 } else { (slots + soon).min(slots.max(2 * self.batch)) };
        let room = wanted.saturating_sub(load.queued + load.running).min(self.batch);
        // A trickle of small claims costs as many commits: wait until it is worth one, unless slots are free.
        let idle = load.queued + load.running < slots;
        if idle || room * 4 >= wanted { room } else { 0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Duration = Duration::ZERO;

    #[test]
    fn a_worker_that_has_seen_nothing_claims_one_job_a_slot() {
        let dispatcher = Dispatcher::new(1000, START);

        assert_eq!(dispatcher.room(4, Load::default()), 4);
    }

    #[test]
    fn long_jobs_are_claimed_one_a_free_slot() {
        let mut dispatcher = Dispatcher::new(1000, START);
        dispatcher.saw(2, Duration::from_secs(10));

        assert_eq!(dispatcher.room(4, Load { queued: 0, running: 3 }), 1);
        assert_eq!(dispatcher.room(4, Load { queued: 0, running: 4 }), 0);
    }

    #[test]
    fn short_jobs_are_claimed_for_the_next_fifty_milliseconds() {
        let mut dispatcher = Dispatcher::new(1000, START);
        dispatcher.saw(4_000, Duration::from_secs(2));

        assert_eq!(dispatcher.room(4, Load { queued: 0, running: 4 }), 100);
    }

    #[test]
    fn never_more_than_a_batch_at_once_and_two_in_all() {
        let mut dispatcher = Dispatcher::new(1000, START);
        dispatcher.saw(1_000_000, Duration::from_secs(2));

        assert_eq!(dispatcher.room(4, Load { queued: 0, running: 0 }), 1000);
        assert_eq!(dispatcher.room(4, Load { queued: 1996, running: 4 }), 0);
    }

    #[test]
    fn after_a_long_silence_the_old_rate_is_forgotten() {
        let mut dispatcher = Dispatcher::new(1000, START);
        dispatcher.saw(100_000, Duration::from_millis(900));

        dispatcher.saw(1, Duration::from_millis(5_900));

        assert_eq!(dispatcher.room(1, Load { queued: 0, running: 1 }), 0);
    }

    #[test]
    fn without_a_slot_nothing_is_claimed() {
        let mut dispatcher = Dispatcher::new(1000, START);
        dispatcher.saw(100_000, Duration::from_millis(900));

        assert_eq!(dispatcher.room(0, Load::default()), 0);
    }
}
