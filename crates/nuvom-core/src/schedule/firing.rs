//! What a schedule whose tick has come does: which jobs it makes, and where it stands then.

use super::ticks::{LATE_AFTER, due_ticks};
use super::{Misfire, Overlap, Schedule, ScheduleChange};
use crate::ports::Calendar;
use crate::{NewJob, Result, Timestamp};

/// A decided fire, and what there is to tell of it.
#[derive(Debug, Clone)]
pub struct Fire {
    /// What happens.
    pub change: ScheduleChange,
    /// The tick that is fired: the latest of those that were due.
    pub tick: Timestamp,
    /// How many ticks were missed.
    pub missed: u64,
    /// How many ticks make no job of their own and are not made good by another's.
    pub skipped: u64,
}

/// Decides about a schedule whose next tick is due. `is_running` says whether its last job has not ended.
///
/// # Errors
///
/// Those of the calendar, if the rule cannot be understood any more.
pub fn fire(
    schedule: &Schedule,
    now: Timestamp,
    is_running: bool,
    calendar: &dyn Calendar,
) -> Result<Option<Fire>> {
    let Some(first) = schedule.next_tick.filter(|tick| *tick <= now && !schedule.is_paused) else {
        return Ok(None);
    };
    let definition = &schedule.definition;
    let due = due_ticks(definition, first, now, calendar)?;
    let is_late = |tick: &Timestamp| *tick + LATE_AFTER < now;
    let on_time = due.latest.iter().filter(|tick| !is_late(tick)).count();
    let missed = due.count - on_time as u64;
    let Some(tick) = due.latest.last().copied() else { return Ok(None) };

    // Each job with the number of missed ticks that it makes good.
    let mut fired: Vec<(Timestamp, u64)> = match definition.misfire {
        Misfire::Once if missed > 0 => vec![(tick, due.count - 1)],
        Misfire::All => due.latest.iter().map(|tick| (*tick, 0)).collect(),
        Misfire::Once | Misfire::Skip => {
            due.latest.iter().filter(|tick| !is_late(tick)).map(|tick| (*tick, 0)).collect()
        }
    };
    if definition.overlap == Overlap::Skip {
        // Of several, the latest is the one that is wanted most.
        let kept = usize::from(!is_running);
        fired.drain(..fired.len().saturating_sub(kept));
    }
    let left = definition.max_runs.map_or(u64::MAX, |most| most.get().saturating_sub(schedule.runs));
    fired.truncate(usize::try_from(left).unwrap_or(usize::MAX));

    let jobs: Vec<NewJob> = fired.iter().map(|(tick, missed)| schedule.job_at(*tick, *missed)).collect();
    let made_good: u64 = fired.iter().map(|(_, missed)| 1 + missed).sum();
    let skipped = due.count - made_good;
    let runs = schedule.runs + jobs.len() as u64;
    let then = Schedule {
        next_tick: due.next.filter(|_| definition.max_runs.is_none_or(|most| runs < most.get())),
        is_moved: false,
        runs,
        skipped: schedule.skipped + skipped,
        last_tick: Some(tick),
        last_job: jobs.last().map(|job| job.id).or(schedule.last_job),
        changed_at: schedule.changed_by(now),
        ..schedule.clone()
    };
    let change =
        ScheduleChange { id: schedule.id.clone(), seen: Some(schedule.changed_at), then: Some(then), jobs };
    Ok(Some(Fire { change, tick, missed, skipped }))
}
