//! The days on which the clocks of a zone are changed.

use jiff::Timestamp as Instant;
use jiff::tz::TimeZone;
use nuvom_core::Timestamp;

/// A change of a zone's clocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Transition {
    /// When.
    pub at: Timestamp,
    /// By how many seconds clocks go forward, or back if it is negative.
    pub by_secs: i32,
}

/// The last change up to a moment, and the first `count` after it. A zone may have none.
pub fn transitions_around(zone: &TimeZone, moment: Timestamp, count: usize) -> Vec<Transition> {
    let Ok(moment) = Instant::from_microsecond(moment.as_micros()) else { return Vec::new() };
    let change = |at: Instant| {
        let before = at.checked_sub(jiff::SignedDuration::from_nanos(1)).ok()?;
        let by_secs = zone.to_offset(at).seconds() - zone.to_offset(before).seconds();
        Some(Transition { at: Timestamp::from_micros(at.as_microsecond()), by_secs })
    };
    let moved = |change: &Transition| change.by_secs != 0;
    // Which answers those before it: a change at this very moment has happened.
    let Ok(just_after) = moment.checked_add(jiff::SignedDuration::from_nanos(1)) else { return Vec::new() };
    let last = zone.preceding(just_after).filter_map(|found| change(found.timestamp())).find(moved);
    let coming =
        zone.following(moment).filter_map(|found| change(found.timestamp())).filter(moved).take(count);
    last.into_iter().chain(coming).collect()
}
