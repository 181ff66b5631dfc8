//! Makes job ids: UUIDs of version 7 that strictly increase within a process, so that jobs sort in the order
//! in which they were made, even inside one millisecond and after the clock stepped back.

use std::hash::{BuildHasher, RandomState};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use nuvom_core::{Clock, JobId, Timestamp};

/// What follows the time in an id: 74 bits, in the order in which ids sort.
const TAIL_BITS: u32 = 74;
/// A new millisecond starts in the lower half of the tails, so that there is room to count up.
const FRESH: u128 = (1 << (TAIL_BITS - 1)) - 1;

/// The maker of a process's job ids. A forked child makes its own: this one would repeat the parent's.
pub struct JobIds {
    clock: Arc<dyn Clock>,
    last: Mutex<Last>,
}

/// The last id made, and where the next one's random part comes from.
struct Last {
    millis: i64,
    tail: u128,
    random: fastrand::Rng,
}

impl std::fmt::Debug for JobIds {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("JobIds").finish_non_exhaustive()
    }
}

impl JobIds {
    /// A maker with a seed of its own.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        let last = Last { millis: 0, tail: 0, random: fastrand::Rng::with_seed(seed()) };
        Self { clock, last: Mutex::new(last) }
    }

    /// The next id.
    pub fn next(&self) -> JobId {
        let now = self.clock.now();
        self.with(|last| last.following(now))
    }

    /// The next `count` ids, in order.
    pub fn many(&self, count: usize) -> Vec<JobId> {
        let now = self.clock.now();
        self.with(|last| (0..count).map(|_| last.following(now)).collect())
    }

    /// The last id is valid at every moment, so a panic of another thread leaves no damage.
    fn with<T>(&self, make: impl FnOnce(&mut Last) -> T) -> T {
        make(&mut self.last.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Last {
    fn following(&mut self, now: Timestamp) -> JobId {
        let millis = now.as_micros().div_euclid(1000);
        if millis > self.millis {
            self.millis = millis;
            self.tail = self.random.u128(..) & FRESH;
        } else {
            // A step of random size keeps the next id from being guessed from this one.
            self.tail += 1 + u128::from(self.random.u32(..));
            if self.tail >> TAIL_BITS != 0 {
                self.millis += 1;
                self.tail = self.random.u128(..) & FRESH;
            }
        }
        JobId::from_time(Timestamp::from_micros(self.millis * 1000), spread(self.tail))
    }
}

/// The ten bytes behind the time, of which `JobId` overwrites the first four bits with the version and two
/// more, at the start of the third byte, with the variant: 12 bits before the variant, 62 behind it.
fn spread(tail: u128) -> [u8; 10] {
    let mut bytes = [0; 10];
    bytes[..2].copy_from_slice(&((tail >> 62) as u16).to_be_bytes());
    bytes[2..].copy_from_slice(&((tail as u64) & ((1 << 62) - 1)).to_be_bytes());
    bytes
}

/// fastrand alone seeds from the time since boot and the thread, which two containers can share; two makers
/// with one seed would make one id for two jobs. The keys of a hash map come from the operating system, and
/// the process tells a forked child, which inherits them, from its parent.
fn seed() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    RandomState::new().hash_one((std::process::id(), since))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use nuvom_testkit::FakeClock;

    use super::*;

    #[test]
    fn ids_of_one_millisecond_strictly_increase() {
        let ids = JobIds::new(FakeClock::new());

        assert!(ids.many(10_000).is_sorted_by(|earlier, later| earlier < later));
    }

    #[test]
    fn ids_go_on_increasing_when_the_clock_steps_back() {
        let clock = FakeClock::new();
        let ids = JobIds::new(Arc::clone(&clock) as _);
        let before = ids.next();

        clock.step_back(Duration::from_hours(1));

        assert!(before < ids.next());
    }

    #[test]
    fn ids_follow_the_clock() {
        let clock = FakeClock::new();
        let ids = JobIds::new(Arc::clone(&clock) as _);

        clock.advance(Duration::from_secs(5));
        let id = ids.next();

        assert!(id >= JobId::floor(clock.now()));
        assert!(id < JobId::floor(clock.now() + Duration::from_millis(1)));
    }

    #[test]
    fn a_millisecond_that_is_used_up_is_followed_by_the_next() {
        let last_tail = (1 << TAIL_BITS) - 1;
        let mut last = Last { millis: 7, tail: last_tail, random: fastrand::Rng::with_seed(1) };
        let used_up = JobId::from_time(Timestamp::from_micros(7_000), spread(last_tail));

        let next = last.following(Timestamp::from_micros(7_000));

        assert!(used_up < next);
        assert!(next < JobId::floor(Timestamp::from_micros(9_000)));
    }

    #[test]
    fn every_bit_of_the_tail_reaches_the_id_in_its_order() {
        let time = Timestamp::from_micros(7_000);
        let ids: Vec<JobId> = (0..TAIL_BITS).map(|bit| JobId::from_time(time, spread(1 << bit))).collect();

        assert!(ids.is_sorted_by(|earlier, later| earlier < later));
    }

    #[test]
    fn threads_never_share_an_id() {
        let ids = JobIds::new(FakeClock::new());

        let mut made: Vec<JobId> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..4).map(|_| scope.spawn(|| ids.many(1_000))).collect();
            threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
        });
        made.sort();
        made.dedup();

        assert_eq!(made.len(), 4_000);
    }

    #[test]
    fn two_makers_differ_at_the_same_time() {
        let clock = FakeClock::new();

        assert_ne!(JobIds::new(Arc::clone(&clock) as _).next(), JobIds::new(clock).next());
    }
}
