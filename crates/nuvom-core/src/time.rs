//! Points in time as stores keep them, and the clock that code asks instead of the operating system.

use std::ops::{Add, Sub};
use std::time::Duration;

/// Microseconds since the Unix epoch, UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Timestamp(i64);

impl Timestamp {
    /// From microseconds since the Unix epoch.
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// Microseconds since the Unix epoch.
    pub const fn as_micros(self) -> i64 {
        self.0
    }

    /// How long after `earlier` this is; zero if it is not.
    pub fn since(self, earlier: Timestamp) -> Duration {
        Duration::from_micros(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }
}

impl Add<Duration> for Timestamp {
    type Output = Timestamp;

    fn add(self, span: Duration) -> Timestamp {
        Timestamp(self.0.saturating_add(i64::try_from(span.as_micros()).unwrap_or(i64::MAX)))
    }
}

impl Sub<Duration> for Timestamp {
    type Output = Timestamp;

    fn sub(self, span: Duration) -> Timestamp {
        Timestamp(self.0.saturating_sub(i64::try_from(span.as_micros()).unwrap_or(i64::MAX)))
    }
}

/// Where code learns the time, so that tests own it.
pub trait Clock: Send + Sync {
    /// The wall clock, which may step in either direction.
    fn now(&self) -> Timestamp;

    /// Time since some fixed moment of this process; it never steps.
    fn monotonic(&self) -> Duration;
}

/// The time by which a store without a clock of its own decides. It never steps back, and when the wall
/// clock does, it goes on at the pace of the monotonic clock: leases neither freeze nor end twice.
#[derive(Debug, Default)]
pub struct StoreTime {
    latest: Timestamp,
    latest_at: Duration,
}

impl StoreTime {
    /// The store's time now.
    pub fn now(&mut self, clock: &dyn Clock) -> Timestamp {
        let monotonic = clock.monotonic();
        let paced = self.latest + monotonic.saturating_sub(self.latest_at);
        self.latest = clock.now().max(paced);
        self.latest_at = monotonic;
        self.latest
    }

    /// Learns of a time that the store has already seen, from its own data.
    pub fn seen(&mut self, stored: Timestamp, clock: &dyn Clock) {
        if stored > self.now(clock) {
            self.latest = stored;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_far_future_is_a_limit_and_not_a_wrap() {
        let end = Timestamp::from_micros(i64::MAX);

        assert_eq!(end + Duration::from_secs(1), end);
    }

    struct Stub {
        wall: i64,
        monotonic: u64,
    }

    impl Clock for Stub {
        fn now(&self) -> Timestamp {
            Timestamp::from_micros(self.wall)
        }

        fn monotonic(&self) -> Duration {
            Duration::from_micros(self.monotonic)
        }
    }

    #[test]
    fn store_time_goes_on_at_its_pace_when_the_wall_clock_steps_back() {
        let mut time = StoreTime::default();
        time.now(&Stub { wall: 9_000, monotonic: 100 });

        let after = time.now(&Stub { wall: 2_000, monotonic: 150 });

        assert_eq!(after, Timestamp::from_micros(9_050));
    }

    #[test]
    fn a_time_found_in_the_store_is_a_floor() {
        let mut time = StoreTime::default();
        time.seen(Timestamp::from_micros(7_000), &Stub { wall: 2_000, monotonic: 0 });

        assert_eq!(time.now(&Stub { wall: 2_010, monotonic: 10 }), Timestamp::from_micros(7_010));
    }

    #[test]
    fn no_time_has_passed_since_a_later_moment() {
        let (early, late) = (Timestamp::from_micros(5), Timestamp::from_micros(9));

        assert_eq!(late.since(early), Duration::from_micros(4));
        assert_eq!(early.since(late), Duration::ZERO);
    }
}
