//! The port to what knows calendars: cron expressions and time zones. Core has neither.

use crate::{Result, Timestamp};

/// Where the ticks of cron expressions come from.
pub trait Calendar: Send + Sync {
    /// The first time after `after` at which `expression` is due in `zone`; none if it never is again.
    ///
    /// # Errors
    ///
    /// `Invalid` if the expression or the zone cannot be understood.
    fn next(&self, expression: &str, zone: &str, after: Timestamp) -> Result<Option<Timestamp>>;
}
