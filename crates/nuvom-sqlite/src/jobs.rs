//! The queue port: reads a record, lets core decide, writes the decision.

use std::time::Duration;

use nuvom_core::ports::{
    Cancelled, Claim, Ended, Enqueued, Exchanged, JobStore, Reaped, Renewal, Revived, Subscription, Topic,
    Waker,
};
use nuvom_core::{
    Capability, End, Held, Job, JobId, NewJob, Outcome, QueueBound, QueueName, Refusal, Result, Retention,
    State, Timestamp, Transition, Trigger, decide, renewed, succeeded,
};
use rusqlite::{OptionalExtension, params};

use crate::claims::Waiting;
use crate::damage::{NEVER, remove_damaged, set_aside_held};
use crate::link::Write;
use crate::rows::Reader;
use crate::statements::{
    ENQUEUE, EXPIRED, JOB, PAUSE, PRUNABLE, PUT_RESULT, RENEW, RESUME, STATE, SUCCEED, WAITING_UP_TO,
};
use crate::store::SqliteStore;
use nuvom_local::failpoint;

impl JobStore for SqliteStore {
    fn capability(&self) -> Capability {
        Capability {
            durable: true,
            cross_process: true,
            records: true,
            recovery: true,
            leases: true,
            queues: true,
            pausing: true,
            priorities: true,
            delays: true,
            notify: true,
            joint_results: true,
            store_clock: false,
            roster: true,
        }
    }

    fn enqueue_within(&self, jobs: &[NewJob], bound: Option<QueueBound>) -> Result<Vec<Enqueued>> {
        if jobs.is_empty() {
            return Ok(Vec::new());
        }
        let reader = self.reader("enqueue");
        let answers = self.acknowledged("enqueue", |write, now| {
            let answers =
                jobs.iter().map(|job| enqueue(write, &reader, job, now)).collect::<Result<Vec<_>>>()?;
            if let Some(bound) = bound {
                hold(write, &reader, bound, jobs, &answers)?;
            }
            failpoint("enqueue.before_commit");
            Ok(answers)
        })?;
        failpoint("enqueue.after_commit");
        if answers.contains(&Enqueued::New) {
            self.bell.ring(Topic::Ready);
        }
        Ok(answers)
    }

    fn exchange(&self, ends: &[End], claim: Option<&Claim>) -> Result<Exchanged> {
        let claim = claim.filter(|claim| claim.limit > 0);
        if ends.is_empty() {
            let Some(claim) = claim else { return Ok(Exchanged::default()) };
            // An idle worker looks without the write lock, so that many of them cost a busy one nothing.
            let now = self.now();
            let waiting = self.glance(|link| {
                Waiting::look(&link.connection, claim, now).map_err(|e| self.reader("claim").failed(e))
            })?;
            if waiting.is_idle() {
                return Ok(Exchanged { next_due_in: waiting.next_due_in(now), ..Exchanged::default() });
            }
        }
        let reader = self.reader("exchange");
        let exchanged = self.worked("exchange", |write, now| {
            let ended = finish(write, &reader, ends, now)?;
            let (claimed, next_due_in) = match claim {
                Some(claim) => Waiting::look(write.connection, claim, now)
                    .map_err(|e| reader.failed(e))?
                    .take(write, &reader, claim, now)?,
                None => (Vec::new(), None),
            };
            if !ended.is_empty() {
                failpoint("ack.before_commit");
            }
            Ok(Exchanged { ended, claimed, next_due_in })
        })?;
        if !exchanged.ended.is_empty() {
            failpoint("ack.after_commit");
        }
        if !exchanged.claimed.is_empty() {
            failpoint("claim.after_commit");
        }
        self.announce(exchanged.ended.iter().filter_map(|ended| match ended {
            Ended::Applied(state) => Some(*state),
            Ended::Stale => None,
        }));
        Ok(exchanged)
    }

    fn renew(&self, held: &[Held], lease_for: Duration) -> Result<Vec<Renewal>> {
        if held.is_empty() {
            return Ok(Vec::new());
        }
        let reader = self.reader("renew");
        self.worked("renew", |write, now| {
            let Transition::Renew { lease_until: until } = renewed(lease_for, now) else { unreachable!() };
            let mut statement = write.prepare(RENEW).map_err(|e| reader.failed(e))?;
            held.iter()
                .map(|held| {
                    statement
                        .query_row(params![held.id.as_bytes(), held.lease.0, until.as_micros()], |row| {
                            row.get(0)
                        })
                        .optional()
                        .map(|cancel| cancel.map_or(Renewal::Lost, |cancel| Renewal::Kept { until, cancel }))
                        .map_err(|e| reader.failed(e))
                })
                .collect()
        })
    }

    fn reap(&self, limit: usize) -> Result<Vec<Reaped>> {
        let reader = self.reader("reap");
        let now = self.now();
        let limit = limit as i64;
        let none = self.read(|link| {
            let expired = link
                .connection
                .prepare_cached(EXPIRED)
                .and_then(|mut s| s.exists(params![now.as_micros(), 1]));
            expired.map(|any| !any).map_err(|e| reader.failed(e))
        })?;
        if none {
            return Ok(Vec::new());
        }
        let reaped = self.worked("reap", |write, now| {
            let found =
                reader.sifted(write.connection, write.memory, EXPIRED, params![now.as_micros(), limit])?;
            set_aside_held(write, found.damaged.iter().map(|(id, _)| *id)).map_err(|e| reader.failed(e))?;
            let mut reaped = Vec::new();
            for job in found.jobs {
                if let Ok(state) = decided(write, &reader, &job, &Trigger::Expire { lease: job.lease }, now)?
                {
                    let (held, task, queue) = (job.held(), job.task, job.queue);
                    reaped.push(Reaped { held, task, queue, state });
                }
            }
            Ok(reaped)
        })?;
        self.announce(reaped.iter().map(|reaped| reaped.state));
        Ok(reaped)
    }

    fn cancel(&self, ids: &[JobId]) -> Result<Vec<Cancelled>> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let reader = self.reader("cancel");
        let answers = self.acknowledged("cancel", |write, now| {
            ids.iter()
                .map(|id| {
                    let Some(job) = find(write, &reader, *id)? else { return Ok(Cancelled::Unknown) };
                    Ok(match decided(write, &reader, &job, &Trigger::Cancel, now)? {
                        Ok(State::Cancelled) => Cancelled::Done,
                        Ok(_) => Cancelled::Requested,
                        Err(_) => Cancelled::Ended(job.state),
                    })
                })
                .collect::<Result<Vec<_>>>()
        })?;
        if answers.contains(&Cancelled::Done) {
            self.bell.ring(Topic::Ended);
        }
        if answers.contains(&Cancelled::Requested) {
            self.bell.ring(Topic::CancelRequested);
        }
        Ok(answers)
    }

    fn retry(&self, ids: &[JobId]) -> Result<Vec<Revived>> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let reader = self.reader("retry");
        let answers = self.acknowledged("retry", |write, now| {
            ids.iter()
                .map(|id| {
                    let Some(job) = find(write, &reader, *id)? else { return Ok(Revived::Unknown) };
                    let revived = decided(write, &reader, &job, &Trigger::Retry, now)?;
                    Ok(revived.map_or(Revived::Refused(job.state), |_| Revived::Done))
                })
                .collect::<Result<Vec<_>>>()
        })?;
        if answers.contains(&Revived::Done) {
            self.bell.ring(Topic::Ready);
        }
        Ok(answers)
    }

    fn pause(&self, queues: &[QueueName], paused: bool) -> Result<Vec<bool>> {
        if queues.is_empty() {
            return Ok(Vec::new());
        }
        let reader = self.reader("pause");
        let statement = if paused { PAUSE } else { RESUME };
        let changed = self.acknowledged("pause", |write, _| {
            let mut statement = write.prepare(statement).map_err(|e| reader.failed(e))?;
            let mut change = |queue: &QueueName| Ok(statement.execute([queue.as_str()])? > 0);
            queues.iter().map(|queue| change(queue).map_err(|e| reader.failed(e))).collect::<Result<Vec<_>>>()
        })?;
        if !paused && changed.contains(&true) {
            self.bell.ring(Topic::Ready);
        }
        Ok(changed)
    }

    fn prune(&self, retention: &Retention, limit: usize) -> Result<Vec<JobId>> {
        let reader = self.reader("prune");
        let now = self.now();
        // Mostly there is nothing to remove, and to find that out takes no lock.
        let none = self.read(|link| {
            let mut prunable = link.connection.prepare_cached(PRUNABLE).map_err(|e| reader.failed(e))?;
            for state in ENDED {
                let (floor, oldest) = age_limit(state, retention, now);
                let place = params![state as u8, floor.as_bytes(), oldest.as_micros(), 1];
                if prunable.exists(place).map_err(|e| reader.failed(e))? {
                    return Ok(false);
                }
            }
            Ok(true)
        })?;
        if none {
            return Ok(Vec::new());
        }
        self.worked("prune", |write, now| {
            let mut removed = Vec::new();
            for state in ENDED {
                let (floor, oldest) = age_limit(state, retention, now);
                let place = params![
                    state as u8,
                    floor.as_bytes(),
                    oldest.as_micros(),
                    (limit - removed.len()) as i64
                ];
                let found = reader.sifted(write.connection, write.memory, PRUNABLE, place)?;
                for (id, _) in found.damaged {
                    remove_damaged(write, id).map_err(|e| reader.failed(e))?;
                    removed.push(id);
                }
                for job in found.jobs {
                    if decided(write, &reader, &job, &Trigger::Prune(retention), now)?.is_ok() {
                        removed.push(job.id);
                    }
                }
            }
            Ok(removed)
        })
    }

    fn subscribe(&self, topic: Topic, waker: Waker) -> Result<Subscription> {
        self.bell.subscribe(topic, waker)
    }
}

impl SqliteStore {
    /// Rings for the states that jobs have come to.
    fn announce(&self, states: impl Iterator<Item = State>) {
        let (mut ready, mut ended) = (false, false);
        for state in states {
            ready |= state == State::Pending;
            ended |= state.is_terminal();
        }
        if ready {
            self.bell.ring(Topic::Ready);
        }
        if ended {
            self.bell.ring(Topic::Ended);
        }
    }
}

pub(crate) fn enqueue(
    write: &mut Write<'_>,
    reader: &Reader<'_>,
    job: &NewJob,
    now: Timestamp,
) -> Result<Enqueued> {
    let failed = |e| reader.failed(e);
    let queue = write.queue_id(&job.queue).map_err(failed)?;
    let options = write.memory.options_text(&job.options);
    let added = write
        .prepare(ENQUEUE)
        .and_then(|mut statement| {
            statement.execute(params![
                job.id.as_bytes(),
                job.task.as_str(),
                queue,
                job.priority.get(),
                now.as_micros(),
                job.due.at(now).as_micros(),
                job.options.max_attempts_from(0).get(),
                job.options.max_losses_from(0).get(),
                &*options,
                &*job.payload,
                job.signature.map(|hash| hash.to_bits().cast_signed())
            ])
        })
        .map_err(failed)?;
    if added > 0 {
        return Ok(Enqueued::New);
    }
    let state: u8 = write
        .prepare(STATE)
        .and_then(|mut statement| statement.query_row([job.id.as_bytes()], |row| row.get(0)))
        .map_err(failed)?;
    reader.state(state).map(Enqueued::Existing)
}

/// Refuses, as long as nothing is committed, what goes beyond the bound.
fn hold(
    write: &mut Write<'_>,
    reader: &Reader<'_>,
    bound: QueueBound,
    jobs: &[NewJob],
    answers: &[Enqueued],
) -> Result<()> {
    let new = jobs.iter().zip(answers).filter(|(_, answer)| **answer == Enqueued::New);
    bound.hold(new.map(|(job, _)| &job.queue), |queue, new| {
        let id = write.queue_id(queue).map_err(|e| reader.failed(e))?;
        let counted = write.prepare(WAITING_UP_TO).and_then(|mut statement| {
            let most = i64::try_from(bound.get().saturating_add(new)).unwrap_or(i64::MAX);
            statement.query_row(params![id, NEVER, most], |row| row.get::<_, i64>(0))
        });
        let counted = counted.map_err(|e| reader.failed(e))?;
        Ok(counted.cast_unsigned().saturating_sub(new))
    })
}

const ENDED: [State; 3] = [State::Success, State::Failed, State::Cancelled];

/// Jobs of this state that ended at the time answered, or before, may go; their ids are below the other answer,
/// since no job ends before the time in its id.
fn age_limit(state: State, retention: &Retention, now: Timestamp) -> (JobId, Timestamp) {
    let keep = if state == State::Failed { retention.failed } else { retention.done };
    let oldest = now - keep;
    (JobId::floor(oldest + Duration::from_millis(1)), oldest)
}

/// Applies the ends of attempts, in order.
fn finish(write: &mut Write<'_>, reader: &Reader<'_>, ends: &[End], now: Timestamp) -> Result<Vec<Ended>> {
    ends.chunk_by(|one, next| is_success(one) == is_success(next))
        .map(|run| {
            if is_success(&run[0]) { succeed(write, reader, run, now) } else { end(write, reader, run, now) }
        })
        .collect::<Result<Vec<_>>>()
        .map(|answers| answers.concat())
}

fn is_success(end: &End) -> bool {
    matches!(end.outcome, Outcome::Succeeded { .. })
}

/// The success of a holder needs nothing of the record but its guard, which the statement repeats.
fn succeed(write: &Write<'_>, reader: &Reader<'_>, ends: &[End], now: Timestamp) -> Result<Vec<Ended>> {
    let failed = |e| reader.failed(e);
    let Transition::Succeed { ended_at } = succeeded(now) else {
        unreachable!("core says what a success is")
    };
    let mut succeed = write.prepare(SUCCEED).map_err(failed)?;
    let mut put = write.prepare(PUT_RESULT).map_err(failed)?;
    let mut answers = Vec::with_capacity(ends.len());
    for end in ends {
        let (id, lease) = (end.id.as_bytes(), end.lease.0);
        if succeed.execute(params![id, lease, ended_at.as_micros()]).map_err(failed)? == 0 {
            answers.push(Ended::Stale);
            continue;
        }
        if let Outcome::Succeeded { result: Some(value) } = &end.outcome {
            put.execute(params![id, lease, &**value]).map_err(failed)?;
        }
        answers.push(Ended::Applied(State::Success));
    }
    Ok(answers)
}

/// Every other end is decided on the record.
fn end(write: &mut Write<'_>, reader: &Reader<'_>, ends: &[End], now: Timestamp) -> Result<Vec<Ended>> {
    ends.iter()
        .map(|end| {
            let Some(job) = find(write, reader, end.id)? else { return Ok(Ended::Stale) };
            Ok(decided(write, reader, &job, &Trigger::End(end), now)?.map_or(Ended::Stale, Ended::Applied))
        })
        .collect()
}

/// Lets core decide and writes what it decided; answers where the job is now, or why nothing changed.
fn decided(
    write: &mut Write<'_>,
    reader: &Reader<'_>,
    job: &Job,
    trigger: &Trigger<'_>,
    now: Timestamp,
) -> Result<Result<State, Refusal>> {
    let decision = match decide(job, trigger, now) {
        Ok(decision) => decision,
        Err(refusal) => return Ok(Err(refusal)),
    };
    write.decided(job, &decision).map_err(|e| reader.failed(e))?;
    Ok(Ok(decision.transition.state().unwrap_or(job.state)))
}

fn find(write: &mut Write<'_>, reader: &Reader<'_>, id: JobId) -> Result<Option<Job>> {
    Ok(reader.jobs(write.connection, write.memory, JOB, [id.as_bytes()])?.pop())
}
