//! The calendar that core asks for ticks, with the expressions and zones that it is asked about again and again.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use jiff::tz::TimeZone;
use nuvom_core::ports::Calendar;
use nuvom_core::{Result, Timestamp};

use crate::{Cron, zone};

/// How many expressions and how many zones are kept. An expression is about 6 kB; to understand one again takes
/// some microseconds, so that more schedules than this are slower, but not slow.
const KEPT: usize = 256;

/// The one calendar of a process.
pub static CALENDAR: LazyLock<Arc<dyn Calendar>> = LazyLock::new(|| Arc::new(CronCalendar::default()));

/// Cron expressions in time zones, as a port of core.
#[derive(Debug, Default)]
pub struct CronCalendar {
    expressions: Kept<Cron>,
    zones: Kept<TimeZone>,
}

impl Calendar for CronCalendar {
    fn next(&self, expression: &str, name: &str, after: Timestamp) -> Result<Option<Timestamp>> {
        let cron = self.expressions.get(expression, Cron::parse)?;
        let zone = self.zones.get(name, zone)?;
        Ok(cron.next(&zone, after))
    }
}

/// What was made of a text, for the next time.
#[derive(Debug)]
struct Kept<T>(Mutex<HashMap<String, Arc<T>>>);

impl<T> Default for Kept<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T> Kept<T> {
    fn get(&self, text: &str, understand: impl FnOnce(&str) -> Result<T>) -> Result<Arc<T>> {
        // Whatever panicked while it held the lock, a map of finished values is whole.
        let lock = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = lock().get(text) {
            return Ok(Arc::clone(known));
        }
        let fresh = Arc::new(understand(text)?);
        let mut kept = lock();
        if kept.len() >= KEPT {
            // Which of them will be asked for again nobody knows; what is asked for all the time is soon back.
            kept.clear();
        }
        kept.insert(text.to_owned(), Arc::clone(&fresh));
        Ok(fresh)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_is_bounded() {
        let kept = Kept::default();

        for number in 0..=2 * KEPT {
            kept.get(&number.to_string(), |text| Ok(text.len())).unwrap();
        }

        assert!(kept.0.lock().unwrap().len() <= KEPT);
    }

    #[test]
    fn what_is_kept_is_not_made_again() {
        let kept = Kept::default();
        kept.get("a", |_| Ok(1)).unwrap();

        let again = kept.get("a", |_| Ok(2)).unwrap();

        assert_eq!(*again, 1);
    }

    #[test]
    fn what_was_refused_is_refused_again() {
        let calendar = CronCalendar::default();
        let next = || calendar.next("0 0 * *", "UTC", Timestamp::from_micros(0));

        assert!(next().is_err());
        assert!(next().is_err());
    }
}
