//! When a cron expression is due in a time zone. What an expression means is `croner`'s affair, what a zone does `jiff`'s;
//! here is how the two go together on the days on which clocks are changed:
//!
//! - An expression that names its times of day (no `*`, `?` or `/` in second, minute and hour) is due at those times of
//!   each day. One that a day does not have, since clocks went forward, is due at the first moment after the gap; one
//!   that a day has twice is due the first time only. That is what Debian's cron does for such jobs.
//! - Any other follows elapsed time: it is due whenever a clock on the wall shows a time that matches, both times where
//!   clocks go back, and never at a time that no clock shows.

mod calendar;
mod expression;
mod ticks;
mod transitions;
mod zone;

pub use calendar::{CALENDAR, CronCalendar};
pub use expression::{Cron, MAX_LENGTH};
pub use ticks::Place;
pub use transitions::{Transition, transitions_around};
pub use zone::{civil, zone};
