//! When cron expressions are due: their grammar, time zones, and what becomes of a tick where the clocks of a
//! zone change. It knows nothing of schedules, reads no clock and keeps nothing but a few parsed expressions.
//!
//! ```
//! use nuvom_core::Timestamp;
//! use nuvom_cron::{Cron, zone};
//!
//! let cron = Cron::parse("30 9 * * MON-FRI").unwrap();
//! let berlin = zone("Europe/Berlin").unwrap();
//! let saturday = Timestamp::from_micros(1_782_561_600_000_000); // 2026-06-27 12:00 UTC
//!
//! let monday = cron.next(&berlin, saturday).unwrap();
//!
//! assert_eq!(monday.as_micros(), 1_782_718_200_000_000); // 2026-06-29 07:30 UTC
//! ```
//!
//! What an expression may hold, and the rules at changes of the clock, stand in `docs/decisions/0009-cron.md`.

mod calendar;
mod expression;
mod grammar;
mod local;
mod stretch;
mod transitions;
mod walk;
mod zone;

pub use calendar::{CALENDAR, CronCalendar};
pub use expression::{Cron, Kind};
pub use grammar::MAX_LENGTH;
pub use transitions::{Transition, transitions_around};
pub use walk::Place;
pub use zone::{civil, first_moment, zone};
