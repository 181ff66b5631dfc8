//! Finding the jobs that a worker should take next: by priority, then `run_at`, then id, in each queue.

use std::time::Duration;

use nuvom_core::ports::{Claim, LOOK_PAST, Room};
use nuvom_core::{
    Decision, End, HandBack, Job, JobId, Outcome, Priority, Result, TaskName, Timestamp, Trigger, decide,
    is_suspect,
};
use rusqlite::{Connection, OptionalExtension, params};

use crate::damage::{NEVER, is_forbidden, set_aside};
use crate::link::{Write, queues};
use crate::rows::Reader;
use crate::statements::{BEHIND, CLAIM, CLAIMABLE, FRONT, JOB, NEXT_DUE};

/// What waits in the queues of a claim. The index has a front for each queue and priority, so looking at all
/// of them costs the same however many jobs stand behind.
pub(crate) struct Waiting {
    /// Queues and priorities whose first job is due, in the order in which to take from them.
    due: Vec<Front>,
    /// The earliest `run_at` among the others.
    later: Option<Timestamp>,
}

struct Front {
    priority: u8,
    run_at: Timestamp,
    queue: i64,
}

impl Waiting {
    /// Looks, without taking anything.
    pub(crate) fn look(connection: &Connection, claim: &Claim, now: Timestamp) -> rusqlite::Result<Self> {
        let mut front = connection.prepare_cached(FRONT)?;
        let mut waiting = Self { due: Vec::new(), later: None };
        for (queue, name, paused) in queues(connection)? {
            if paused || !(claim.queues.is_empty() || claim.queues.contains(&name)) {
                continue;
            }
            let mut from = 0;
            while from <= Priority::LAST.get() {
                let found = front
                    .query_row(params![queue, from], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?)))
                    .optional()?;
                let Some((priority, run_at)) = found else { break };
                // None can only have been written by another program; its jobs are out of reach.
                let Ok(priority) = u8::try_from(priority) else { break };
                let run_at = Timestamp::from_micros(run_at);
                if run_at <= now {
                    waiting.due.push(Front { priority, run_at, queue });
                } else if run_at != Timestamp::from_micros(NEVER) {
                    waiting.later = Some(waiting.later.map_or(run_at, |later| later.min(run_at)));
                }
                from = priority + 1;
            }
        }
        // Between queues the one whose first job has waited longest comes first, so none starves.
        waiting.due.sort_by_key(|front| (front.priority, front.run_at));
        Ok(waiting)
    }

    /// Whether there is nothing to take now.
    pub(crate) fn is_idle(&self) -> bool {
        self.due.is_empty()
    }

    /// How long until there is something, if anything waits.
    pub(crate) fn next_due_in(&self, now: Timestamp) -> Option<Duration> {
        self.later.map(|run_at| run_at.since(now))
    }

    /// Takes what the claim has room for.
    pub(crate) fn take(
        mut self,
        write: &mut Write<'_>,
        reader: &Reader<'_>,
        claim: &Claim,
        now: Timestamp,
    ) -> Result<(Vec<Job>, Option<Duration>)> {
        let failed = |e| reader.failed(e);
        let (mut room, mut claimed) = (claim.room(), Vec::new());
        for front in &self.due {
            if room.left() == 0 {
                return Ok((claimed, None));
            }
            let place = params![front.queue, front.priority, now.as_micros(), room.left() as i64];
            let mut jobs = loop {
                let found = reader.sifted(write.connection, write.memory, CLAIMABLE, place)?;
                let damaged = found.damaged.iter().map(|(id, _)| *id);
                if !set_aside(write, damaged).map_err(failed)? {
                    break found.jobs;
                }
            };
            let full = jobs.len() == room.left();
            jobs.retain(|job| room.take(&job.task, job.signature, job.is_suspect()));
            take(write, reader, claim, jobs, &mut claimed, now)?;
            if full && room.left() > 0 {
                // Some were passed over. Those behind them may fit.
                let ids = front.behind(write, reader, claim, &mut room, now)?;
                for id in ids {
                    let found = reader.sifted(write.connection, write.memory, JOB, [id.as_bytes()])?;
                    set_aside(write, found.damaged.iter().map(|(id, _)| *id)).map_err(failed)?;
                    take(write, reader, claim, found.jobs, &mut claimed, now)?;
                }
            }
            let next: Option<i64> = write
                .connection
                .prepare_cached(NEXT_DUE)
                .and_then(|mut next| {
                    next.query_row(params![front.queue, front.priority, now.as_micros()], |row| row.get(0))
                        .optional()
                })
                .map_err(failed)?;
            if let Some(run_at) = next.filter(|next| *next != NEVER).map(Timestamp::from_micros) {
                self.later = Some(self.later.map_or(run_at, |later| later.min(run_at)));
            }
        }
        let next_due_in = if room.left() > 0 { self.next_due_in(now) } else { None };
        Ok((claimed, next_due_in))
    }
}

impl Front {
    /// The jobs that there is room for, reading little of those that are passed over.
    fn behind(
        &self,
        write: &Write<'_>,
        reader: &Reader<'_>,
        claim: &Claim,
        room: &mut Room<'_>,
        now: Timestamp,
    ) -> Result<Vec<JobId>> {
        let failed = |e| reader.failed(e);
        let (mut fitting, mut past) = (Vec::new(), LOOK_PAST);
        let mut statement = write.prepare(BEHIND).map_err(failed)?;
        let look = past + room.left();
        let place =
            params![self.queue, self.priority, now.as_micros(), look as i64, claim.minds_signatures()];
        let mut rows = statement.query(place).map_err(failed)?;
        while let Some(row) = rows.next().map_err(failed)? {
            if room.left() == 0 || past == 0 {
                break;
            }
            // What cannot be read is set aside by whoever comes to it.
            let (Ok(task), Ok(losses), Ok(most)) =
                (TaskName::new(reader.text(row, 1)?), reader.get(row, 2), reader.get(row, 3))
            else {
                past -= 1;
                continue;
            };
            let suspect = is_suspect(losses, most);
            if room.take(&task, reader.signature(row, 4)?, suspect) {
                fitting.push(JobId::from_bytes(reader.get(row, 0)?));
            } else {
                past -= 1;
            }
        }
        Ok(fitting)
    }
}

/// Claims these jobs; one that cannot be read here goes back at once.
fn take(
    write: &mut Write<'_>,
    reader: &Reader<'_>,
    claim: &Claim,
    jobs: Vec<Job>,
    claimed: &mut Vec<Job>,
    now: Timestamp,
) -> Result<()> {
    let failed = |e| reader.failed(e);
    let trigger = Trigger::Claim { worker: &claim.worker, lease_for: claim.lease_for };
    let mut statement = write.connection.prepare_cached(CLAIM).map_err(failed)?;
    for mut job in jobs {
        let Ok(Decision { transition, .. }) = decide(&job, &trigger, now) else { continue };
        transition.apply(&mut job);
        let taken = statement.execute(params![
            job.id.as_bytes(),
            job.lease.0,
            job.lease_until.map(Timestamp::as_micros),
            claim.worker.as_str(),
            now.as_micros()
        ]);
        match taken {
            Ok(_) => {}
            Err(error) if is_forbidden(&error) => {
                set_aside(write, std::iter::once(job.id)).map_err(failed)?;
                continue;
            }
            Err(error) => return Err(failed(error)),
        }
        if write.memory.was_unreadable(job.id) {
            hand_back(write, &job, now).map_err(failed)?;
        } else {
            claimed.push(job);
        }
    }
    Ok(())
}

/// A job that this build cannot read waits, with a growing delay, for a worker that can.
fn hand_back(write: &Write<'_>, job: &Job, now: Timestamp) -> rusqlite::Result<()> {
    let outcome = Outcome::HandedBack { reason: HandBack::Unreadable };
    let end = End { id: job.id, lease: job.lease, outcome };
    match decide(job, &Trigger::End(&end), now) {
        Ok(decision) => write.decided(job, &decision),
        Err(_) => Ok(()),
    }
}
