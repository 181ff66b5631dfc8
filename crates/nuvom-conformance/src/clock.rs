//! A clock that stands still until a test moves it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use nuvom_core::{Clock, Timestamp};

/// 2026-01-01T00:00:00Z: in the past for a store that goes by its own clock, so what is due here is due there.
pub(crate) const START: Timestamp = Timestamp::from_micros(1_767_225_600_000_000);

/// A clock that only tests move. Shared as `Arc<FakeClock>` with whatever asks it.
#[derive(Debug)]
pub struct FakeClock {
    hands: Mutex<Hands>,
}

/// Where the clock stands; guarded as one, so that nobody sees one hand moved without the other.
#[derive(Debug, Clone, Copy)]
struct Hands {
    wall: Timestamp,
    monotonic: Duration,
}

impl FakeClock {
    /// A clock at the start of 2026.
    pub fn new() -> Arc<Self> {
        Self::starting_at(START)
    }

    /// A clock at this time.
    pub fn starting_at(wall: Timestamp) -> Arc<Self> {
        Arc::new(Self { hands: Mutex::new(Hands { wall, monotonic: Duration::ZERO }) })
    }

    /// Lets time pass.
    pub fn advance(&self, span: Duration) {
        let mut hands = self.hands();
        hands.wall = hands.wall + span;
        hands.monotonic += span;
    }

    /// Sets the wall clock, forwards or backwards; no time passes.
    pub fn set(&self, wall: Timestamp) {
        self.hands().wall = wall;
    }

    /// Sets the wall clock back, as a time server or a person may; no time passes.
    pub fn step_back(&self, span: Duration) {
        let mut hands = self.hands();
        hands.wall = hands.wall - span;
    }

    fn hands(&self) -> MutexGuard<'_, Hands> {
        self.hands.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Clock for FakeClock {
    fn now(&self) -> Timestamp {
        self.hands().wall
    }

    fn monotonic(&self) -> Duration {
        self.hands().monotonic
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_passes_on_both_hands() {
        let clock = FakeClock::new();

        clock.advance(Duration::from_secs(3));

        assert_eq!(clock.now(), START + Duration::from_secs(3));
        assert_eq!(clock.monotonic(), Duration::from_secs(3));
    }

    #[test]
    fn a_step_moves_the_wall_clock_alone() {
        let clock = FakeClock::new();

        clock.step_back(Duration::from_hours(1));

        assert_eq!(clock.now(), START - Duration::from_hours(1));
        assert_eq!(clock.monotonic(), Duration::ZERO);
    }
}
