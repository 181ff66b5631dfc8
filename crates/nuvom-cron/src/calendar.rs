//! The calendar that the engine asks: expressions and zones are read once, and remembered.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use jiff::tz::TimeZone;
use nuvom_core::ports::Calendar;
use nuvom_core::{Result, Timestamp};

use crate::expression::Cron;
use crate::zone::zone;

/// Most projects have a few expressions; a program that makes up new ones must not fill the memory with them.
const KEPT: usize = 1_000;

/// The one calendar of a process.
pub static CALENDAR: LazyLock<Arc<dyn Calendar>> = LazyLock::new(|| Arc::new(CronCalendar::default()));

type Read = Arc<(Cron, TimeZone)>;

/// Cron expressions in time zones.
#[derive(Debug, Default)]
pub struct CronCalendar {
    /// What was read, by expression and zone; guarded only while it is looked up.
    read: Mutex<HashMap<(String, String), Read>>,
}

impl CronCalendar {
    fn read(&self, expression: &str, name: &str) -> Result<Read> {
        let key = (expression.to_owned(), name.to_owned());
        if let Some(known) = self.read.lock().unwrap_or_else(PoisonError::into_inner).get(&key) {
            return Ok(Arc::clone(known));
        }
        let read = Arc::new((Cron::parse(expression)?, zone(name)?));
        let mut known = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= KEPT {
            known.clear();
        }
        known.insert(key, Arc::clone(&read));
        Ok(read)
    }
}

impl Calendar for CronCalendar {
    fn next(&self, expression: &str, zone: &str, after: Timestamp) -> Result<Option<Timestamp>> {
        let read = self.read(expression, zone)?;
        Ok(read.0.next(&read.1, after))
    }
}
