//! The queue port: each trigger goes to core by way of the batch, and its fate becomes the port's answer.

use std::collections::HashMap;
use std::time::Duration;

use nuvom_core::ports::{
    Cancelled, Claim, Ended, Enqueued, Exchanged, JobStore, Reaped, Renewal, Revived, StoredResult,
    Subscription, Topic, Waker,
};
use nuvom_core::{
    Capability, End, Error, ErrorKind, Held, JobId, NewJob, Outcome, QueueBound, QueueName, Result,
    Retention, State, Timestamp, Transition, Trigger, renewed,
};
use nuvom_local::failpoint;

use crate::batch::{Applied, Batch};
use crate::change::Change;
use crate::claims::{claim, idle};
use crate::folders::{Kind, is_there};
use crate::index::{self, Index};
use crate::line::Line;
use crate::names::{paused_path, queue_path};
use crate::results::keep_value;
use crate::store::FileStore;

impl JobStore for FileStore {
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
        let answers = match bound {
            None => self.change("enqueue", |batch| {
                let answers = jobs.iter().map(|job| batch.accept(job)).collect::<Result<Vec<_>>>();
                failpoint("enqueue.before_commit");
                answers
            })?,
            // A refusal is an answer: an error would cost this process its index.
            Some(bound) => self.change_found("enqueue", |batch, index| {
                let answers = jobs.iter().map(|job| batch.accept(job)).collect::<Result<Vec<_>>>()?;
                if let Err(full) = hold(index, bound, jobs, &answers) {
                    batch.withdraw_new();
                    return Ok(Err(full));
                }
                batch.changed().for_each(|job| index.note_job(job));
                failpoint("enqueue.before_commit");
                Ok(Ok(answers))
            })??,
        };
        failpoint("enqueue.after_commit");
        if answers.contains(&Enqueued::New) {
            self.bell.ring(Topic::Ready);
        }
        Ok(answers)
    }

    fn exchange(&self, ends: &[End], wish: Option<&Claim>) -> Result<Exchanged> {
        let wish = wish.filter(|claim| claim.limit > 0);
        if ends.is_empty() {
            let Some(wish) = wish else { return Ok(Exchanged::default()) };
            // An idle worker looks without a turn, so that many of them cost a busy one nothing.
            if let Some(idle) = self.ask_index("claim", |index, now| idle(index, wish, now))? {
                return Ok(idle);
            }
        }
        let exchanged = self.change_found("exchange", |batch, index| {
            let ended = ends.iter().map(|end| finish(batch, end)).collect::<Result<Vec<_>>>()?;
            batch.changed().for_each(|job| index.note_job(job));
            let (claimed, next_due_in) = match wish {
                Some(wish) => claim(batch, index, wish)?,
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
        self.change_found("renew", |batch, index| {
            let Transition::Renew { lease_until: until } = renewed(lease_for, batch.now) else {
                unreachable!("core says what a renewal is")
            };
            Ok(held.iter().map(|held| renew(batch, index, *held, until)).collect())
        })
    }

    fn reap(&self, limit: usize) -> Result<Vec<Reaped>> {
        let any = self.ask_index("reap", |index, now| index.expired(now).next().is_some())?;
        if !any || limit == 0 {
            return Ok(Vec::new());
        }
        let reaped = self.change_found("reap", |batch, index| {
            let expired: Vec<JobId> = index.expired(batch.now).take(limit).collect();
            let reaped = expired.into_iter().map(|id| reap(batch, index, id)).collect::<Result<Vec<_>>>()?;
            batch.changed().for_each(|job| index.note_job(job));
            Ok(reaped.into_iter().flatten().collect::<Vec<_>>())
        })?;
        self.announce(reaped.iter().map(|reaped| reaped.state));
        Ok(reaped)
    }

    fn cancel(&self, ids: &[JobId]) -> Result<Vec<Cancelled>> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let answer = |applied| match applied {
            Applied::Done(State::Running) => Cancelled::Requested,
            Applied::Done(_) => Cancelled::Done,
            Applied::Refused(state) => Cancelled::Ended(state),
            Applied::Unknown => Cancelled::Unknown,
        };
        let answers = self.change("cancel", |batch| each(batch, ids, &Trigger::Cancel, answer))?;
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
        let answer = |applied| match applied {
            Applied::Done(_) => Revived::Done,
            Applied::Refused(state) => Revived::Refused(state),
            Applied::Unknown => Revived::Unknown,
        };
        let answers = self.change("retry", |batch| each(batch, ids, &Trigger::Retry, answer))?;
        if answers.contains(&Revived::Done) {
            self.bell.ring(Topic::Ready);
        }
        Ok(answers)
    }

    fn pause(&self, queues: &[QueueName], paused: bool) -> Result<Vec<bool>> {
        if queues.is_empty() {
            return Ok(Vec::new());
        }
        let changed = self.change("pause", |batch| {
            let mut so_far = HashMap::new();
            queues.iter().map(|queue| pause(batch, &mut so_far, queue, paused)).collect::<Result<Vec<_>>>()
        })?;
        if !paused {
            self.bell.ring(Topic::Ready);
        }
        Ok(changed)
    }

    fn prune(&self, retention: &Retention, limit: usize) -> Result<Vec<JobId>> {
        self.learn_ended()?;
        // Mostly there is nothing to remove, and to find that out takes no turn.
        let any = self.ask_index("prune", |index, now| prunable(index, retention, now).next().is_some())?;
        if !any || limit == 0 {
            return Ok(Vec::new());
        }
        self.change_found("prune", |batch, index| {
            let old: Vec<JobId> = prunable(index, retention, batch.now).take(LOOKED_AT).collect();
            let mut gone = Vec::new();
            for id in old {
                if gone.len() == limit {
                    break;
                }
                if prune(batch, index, id, retention)? {
                    gone.push(id);
                }
            }
            Ok(gone)
        })
    }

    fn subscribe(&self, topic: Topic, waker: Waker) -> Result<Subscription> {
        self.bell.subscribe(topic, waker)
    }
}

impl FileStore {
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

    /// Which jobs ended is learned when it is first asked, by their names alone.
    fn learn_ended(&self) -> Result<()> {
        // Those that end while the folders are listed are kept, too.
        if self.ask_index("prune", |index, _| index.keep_ended())? {
            return Ok(());
        }
        let mut ids = Vec::new();
        for state in State::ALL.into_iter().filter(|state| state.is_terminal()) {
            ids.extend(self.folders.ids(Kind::Job(state)).map_err(|e| self.failed("prune", e))?);
        }
        self.ask_index("prune", |index, _| index.learn_ended(ids.into_iter()))
    }
}

/// Asks the same of several jobs. One that a newer Nuvom wrote is none that is known here, and keeps nobody from the
/// others; whoever asks for no other hears why.
fn hold(index: &Index, bound: QueueBound, jobs: &[NewJob], answers: &[Enqueued]) -> Result<()> {
    let new = jobs.iter().zip(answers).filter(|(_, answer)| **answer == Enqueued::New);
    bound.hold(new.map(|(job, _)| &job.queue), |queue, _| Ok(index.line(queue).map_or(0, Line::pending)))
}

fn each<T>(
    batch: &mut Batch<'_>,
    ids: &[JobId],
    trigger: &Trigger<'_>,
    answer: impl Fn(Applied) -> T,
) -> Result<Vec<T>> {
    let (mut answers, mut newer, mut any) = (Vec::with_capacity(ids.len()), None, false);
    for id in ids {
        let applied = match batch.find(*id) {
            Ok(_) => batch.apply(*id, trigger),
            Err(error) => {
                newer = Some(if is_newer(&error) { error } else { return Err(error) });
                Applied::Unknown
            }
        };
        any |= applied != Applied::Unknown;
        answers.push(answer(applied));
    }
    match newer {
        Some(error) if !any => Err(error),
        _ => Ok(answers),
    }
}

/// Whether a record cannot be read because a newer Nuvom wrote it, which knows what to do with it.
fn is_newer(error: &Error) -> bool {
    error.kind() == ErrorKind::Foreign
}

/// Pauses or resumes a queue; answers whether it was not so before. The journal is told in any case: somebody may have
/// made or removed the mark by hand, of which those who follow know nothing.
fn pause(
    batch: &mut Batch<'_>,
    so_far: &mut HashMap<QueueName, bool>,
    queue: &QueueName,
    paused: bool,
) -> Result<bool> {
    let was = match so_far.insert(queue.clone(), paused) {
        Some(was) => was,
        None => is_there(&paused_path(batch.folders, queue)).map_err(|e| batch.failed(e))?,
    };
    if paused && !is_there(&queue_path(batch.folders, queue)).map_err(|e| batch.failed(e))? {
        batch.push(Change::AddQueue { name: queue.clone() });
    }
    let name = queue.clone();
    batch.push(if paused { Change::PauseQueue { name } } else { Change::ResumeQueue { name } });
    Ok(was != paused)
}

fn finish(batch: &mut Batch<'_>, end: &End) -> Result<Ended> {
    match batch.find_in(end.id, State::Running) {
        Ok(Some(_)) => {}
        Ok(None) => return Ok(Ended::Stale),
        // It is not as it was when it was claimed.
        Err(error) if is_newer(&error) => return Ok(Ended::Stale),
        Err(error) => return Err(error),
    }
    let Applied::Done(state) = batch.apply(end.id, &Trigger::End(end)) else { return Ok(Ended::Stale) };
    if let Outcome::Succeeded { result: Some(value) } = &end.outcome {
        keep_value(batch, &StoredResult::of_value(end.id, end.lease, value.clone()));
    }
    Ok(Ended::Applied(state))
}

fn renew(batch: &mut Batch<'_>, index: &Index, held: Held, until: Timestamp) -> Renewal {
    match index.held(held.id) {
        Some(known) if known.lease == held.lease => {
            batch.push(Change::Renew { id: held.id, lease: held.lease, until });
            Renewal::Kept { until, cancel: known.cancel_requested }
        }
        _ => Renewal::Lost,
    }
}

fn reap(batch: &mut Batch<'_>, index: &mut Index, id: JobId) -> Result<Option<Reaped>> {
    let found = match batch.find_in(id, State::Running) {
        Err(error) if is_newer(&error) => {
            index.leave_alone(id);
            return Ok(None);
        }
        found => found?,
    };
    let Some(job) = found else {
        // Damaged, or removed by hand: either way it is not to be met again each time, before those behind it.
        index.forget(id);
        return Ok(None);
    };
    let (held, task, queue) = (job.held(), job.task.clone(), job.queue.clone());
    Ok(match batch.apply(id, &Trigger::Expire { lease: held.lease }) {
        Applied::Done(state) => Some(Reaped { held, task, queue, state }),
        Applied::Refused(_) | Applied::Unknown => None,
    })
}

/// Of so many jobs a pruner reads the records in one turn, to learn how long ago they ended.
const LOOKED_AT: usize = 5_000;

/// Ended jobs that may be old enough to go: those of which it is not known, too.
fn prunable(index: &Index, retention: &Retention, now: Timestamp) -> impl Iterator<Item = JobId> {
    let (done, failed) = (now - retention.done, now - retention.failed);
    let youngest = JobId::floor(done.max(failed) + Duration::from_millis(1));
    index
        .ended_below(youngest)
        .filter(move |(_, end)| end.is_none_or(|end| end.at <= if end.failed { failed } else { done }))
        .map(|(id, _)| id)
}

fn prune(batch: &mut Batch<'_>, index: &mut Index, id: JobId, retention: &Retention) -> Result<bool> {
    let found = match batch.find(id) {
        Err(error) if is_newer(&error) => {
            index.leave_alone(id);
            return Ok(false);
        }
        found => found?,
    };
    let Some(job) = found else {
        // Another pruner was here before the index knew of it.
        index.forget(id);
        return Ok(false);
    };
    if let Some(at) = job.ended_at {
        index.learn_end(id, index::End { failed: job.state == State::Failed, at });
    }
    if !matches!(batch.apply(id, &Trigger::Prune(retention)), Applied::Done(_)) {
        return Ok(false);
    }
    batch.push(Change::ForgetResult { id });
    Ok(true)
}
