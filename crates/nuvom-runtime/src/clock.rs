//! The clocks of the operating system.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use nuvom_core::{Clock, Timestamp};

/// The wall clock of this machine, and a monotonic clock that starts when this is made.
#[derive(Debug)]
pub struct SystemClock {
    start: Instant,
}

impl SystemClock {
    /// The clock, to be shared by everything in the process that asks for the time.
    pub fn new() -> Arc<Self> {
        Arc::new(Self { start: Instant::now() })
    }
}

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        match SystemTime::now().duration_since(UNIX_EPOCH) {
            Ok(since) => Timestamp::default() + since,
            Err(before) => Timestamp::default() - before.duration(),
        }
    }

    fn monotonic(&self) -> Duration {
        self.start.elapsed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wall_clock_counts_microseconds_since_1970() {
        let year_2020 = Timestamp::from_micros(1_577_836_800_000_000);

        assert!(SystemClock::new().now() > year_2020);
    }

    #[test]
    fn the_monotonic_clock_starts_when_it_is_made() {
        assert!(SystemClock::new().monotonic() < Duration::from_hours(1));
    }
}
