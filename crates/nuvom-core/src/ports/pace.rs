//! How fast jobs come and go, from a look at the newest ones: quick, however many a store keeps.

use std::collections::HashMap;
use std::hash::Hash;
use std::time::Duration;

use crate::Timestamp;

/// What a pace is counted over.
pub const PACE_SPAN: Duration = Duration::from_mins(1);

/// At so many jobs a store looks at most. If they are all of the last minute, the pace is that of the time they cover.
pub const PACE_LOOK: usize = 10_000;

/// Jobs a minute.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Pace {
    /// That were made.
    pub made: u64,
    /// That ended.
    pub ended: u64,
}

/// Counts, by queue, what happened in the last minute, from the newest backwards.
#[derive(Debug)]
pub struct Tally<Q> {
    now: Timestamp,
    counts: HashMap<Q, u64>,
    looked: usize,
    counted: u64,
    earliest: Timestamp,
}

impl<Q: Eq + Hash> Tally<Q> {
    /// Nothing so far.
    pub fn new(now: Timestamp) -> Self {
        Self { now, counts: HashMap::new(), looked: 0, counted: 0, earliest: now }
    }

    /// Looks at a job to which it happened at this time.
    pub fn look(&mut self, queue: Q, at: Timestamp) {
        self.looked += 1;
        if at > self.now - PACE_SPAN {
            *self.counts.entry(queue).or_default() += 1;
            self.counted += 1;
            self.earliest = self.earliest.min(at);
        }
    }

    /// How many a minute, in this queue.
    pub fn per_minute(&self, queue: &Q) -> u64 {
        let count = self.counts.get(queue).copied().unwrap_or_default();
        let is_cut_off = self.looked >= PACE_LOOK && self.counted == self.looked as u64;
        if !is_cut_off {
            return count;
        }
        let covered = self.now.since(self.earliest).max(Duration::from_millis(1));
        let of_a_minute = u128::from(count) * PACE_SPAN.as_micros() / covered.as_micros();
        u64::try_from(of_a_minute).unwrap_or(u64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_micros(1_000_000_000_000);

    fn seconds_ago(seconds: u64) -> Timestamp {
        NOW - Duration::from_secs(seconds)
    }

    #[test]
    fn what_happened_longer_than_a_minute_ago_does_not_count() {
        let mut tally = Tally::new(NOW);
        for (queue, at) in [("a", 0), ("b", 59), ("a", 59), ("a", 60), ("b", 3_600)] {
            tally.look(queue, seconds_ago(at));
        }

        assert_eq!(["a", "b", "c"].map(|queue| tally.per_minute(&queue)), [2, 1, 0]);
    }

    #[test]
    fn a_look_that_was_cut_off_tells_the_pace_of_the_time_it_covers() {
        let mut tally = Tally::new(NOW);
        for number in 0..PACE_LOOK as u64 {
            tally.look(["a", "b"][usize::from(number % 4 == 0)], seconds_ago(number * 20 / PACE_LOOK as u64));
        }

        assert_eq!(tally.per_minute(&"b"), PACE_LOOK as u64 / 4 * 60 / 19);
    }

    #[test]
    fn a_look_that_reached_past_the_minute_is_whole() {
        let mut tally = Tally::new(NOW);
        (0..PACE_LOOK).for_each(|_| tally.look("a", seconds_ago(1)));
        tally.look("a", seconds_ago(61));

        assert_eq!(tally.per_minute(&"a"), PACE_LOOK as u64);
    }
}
