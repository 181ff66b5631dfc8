//! Taking the jobs that a worker should run next: by priority, then `run_at`, then id, over all its queues.

use std::cell::RefCell;
use std::time::Duration;

use nuvom_core::ports::{Claim, Exchanged};
use nuvom_core::{ErrorKind, Job, JobId, Result, State, Timestamp, Trigger};

use crate::batch::{Applied, Batch};
use crate::index::Index;
use crate::line::{Line, most_urgent};

/// The answer to a claim that finds nothing to take.
pub(crate) fn idle(index: &Index, claim: &Claim, now: Timestamp) -> Option<Exchanged> {
    let lines = index.open_lines(&claim.queues);
    let nothing = lines.iter().all(|line| !line.is_due(now));
    nothing.then(|| Exchanged { next_due_in: next_due_in(&lines, now), ..Exchanged::default() })
}

/// Takes what the claim has room for, and says how long until there is more.
pub(crate) fn claim(
    batch: &mut Batch<'_>,
    index: &mut Index,
    claim: &Claim,
) -> Result<(Vec<Job>, Option<Duration>)> {
    let now = batch.now;
    // Two questions to one thing: whether a job fits, and whether any would.
    let room = RefCell::new(claim.room());
    let urgent = most_urgent(
        &index.open_lines(&claim.queues),
        now,
        |job| room.borrow_mut().take(&job.task, job.signature, job.suspect),
        || room.borrow().left() == 0,
    );
    let mut claimed = Vec::with_capacity(urgent.len());
    for id in urgent {
        if let Some(job) = take(batch, index, claim, id)? {
            index.note_job(&job);
            claimed.push(job);
        }
    }
    let more = room.borrow().left() > 0;
    Ok((claimed, if more { next_due_in(&index.open_lines(&claim.queues), now) } else { None }))
}

fn take(batch: &mut Batch<'_>, index: &mut Index, claim: &Claim, id: JobId) -> Result<Option<Job>> {
    let is_there = match batch.find_in(id, State::Pending) {
        Ok(job) => job.is_some(),
        // A newer Nuvom wrote it.
        Err(error) if error.kind() == ErrorKind::Foreign => {
            index.leave_alone(id);
            return Ok(None);
        }
        Err(error) => return Err(error),
    };
    if !is_there {
        // Damaged, or removed by hand: either way it is not there to be taken.
        index.forget(id);
        return Ok(None);
    }
    if !batch.is_whole(id) {
        index.leave_alone(id);
        return Ok(None);
    }
    let trigger = Trigger::Claim { worker: &claim.worker, lease_for: claim.lease_for };
    match batch.apply(id, &trigger) {
        Applied::Done(_) => Ok(batch.known(id).cloned()),
        Applied::Refused(_) | Applied::Unknown => Ok(None),
    }
}

fn next_due_in(lines: &[&Line], now: Timestamp) -> Option<Duration> {
    lines.iter().filter_map(|line| line.next_due(now)).min().map(|run_at| run_at.since(now))
}
