//! The stretches of time during which the clocks of a zone are not changed.

use jiff::Timestamp as Instant;
use jiff::tz::TimeZone;

use crate::local::LocalSeconds;

/// Seconds since the Unix epoch.
pub(crate) type Seconds = i64;

/// Clocks were never turned by more than a day, so what was shown before this does not come again.
const MEMORY: Seconds = 2 * 86_400;

/// A time during which the clocks of a zone are not changed, as far as the database says.
pub(crate) struct Stretch {
    /// Its first second; none if it has no beginning.
    pub(crate) start: Option<Seconds>,
    /// The first second after it; none if it has no end.
    pub(crate) end: Option<Seconds>,
    /// What the local clock shows beyond UTC.
    pub(crate) offset: i64,
    /// Where the local clock had come to when the stretch began: it showed everything before that, or skips it.
    shown_until: Option<LocalSeconds>,
}

impl Stretch {
    /// The stretch that `at` lies in; none outside the years that can be told.
    pub(crate) fn of(zone: &TimeZone, at: Seconds) -> Option<Self> {
        let moment = Instant::from_second(at).ok()?;
        // The transitions before the next second: one at `at` itself has happened.
        let just_after = Instant::from_second(at.checked_add(1)?).ok()?;
        let mut earlier = zone.preceding(just_after).map(|transition| transition.timestamp().as_second());
        let start = earlier.next();
        let shown = |transition: Seconds| Some(transition + offset(zone, transition - 1)?);
        let shown_until = start.and_then(|start| {
            let recent = earlier.take_while(|transition| start - transition < MEMORY).filter_map(shown);
            recent.chain(shown(start)).max()
        });
        Some(Self {
            start,
            end: zone.following(moment).next().map(|transition| transition.timestamp().as_second()),
            offset: offset(zone, at)?,
            shown_until,
        })
    }

    /// Whether the local clock shows this for the second time.
    pub(crate) fn repeats(&self, local: LocalSeconds) -> bool {
        self.shown_until.is_some_and(|shown| local < shown)
    }

    /// The first local time from `at` on that was not shown before. At the start of the stretch it is what the
    /// clock skips, if it skips anything.
    pub(crate) fn first_unseen(&self, at: Seconds) -> LocalSeconds {
        let local = at + self.offset;
        match self.shown_until {
            Some(shown) if self.start == Some(at) => shown,
            Some(shown) => local.max(shown),
            None => local,
        }
    }
}

/// By how many seconds the local clock is ahead of UTC; negative in the west.
pub(crate) fn offset(zone: &TimeZone, at: Seconds) -> Option<i64> {
    Some(i64::from(zone.to_offset(Instant::from_second(at).ok()?).seconds()))
}
