//! The queue port: each trigger goes to the board, and its fate becomes the port's answer.

use std::collections::HashSet;
use std::time::Duration;

use nuvom_core::ports::{
    Cancelled, Claim, Ended, Enqueued, Exchanged, JobStore, Reaped, Renewal, Revived, StoredResult,
    Subscription, Topic, Waker,
};
use nuvom_core::{
    Capability, End, Held, Job, JobId, NewJob, Outcome, QueueBound, QueueName, Result, Retention, State,
    Timestamp, Trigger,
};

use crate::MemoryStore;
use crate::board::{Applied, Board};
use crate::line::Line;

impl JobStore for MemoryStore {
    fn capability(&self) -> Capability {
        Capability {
            durable: false,
            cross_process: false,
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
        self.change(|kept, now| {
            let board = &mut kept.board;
            if let Some(bound) = bound {
                let mut ids = HashSet::new();
                let new = jobs.iter().filter(|job| board.job(job.id).is_none() && ids.insert(job.id));
                bound.hold(new.map(|job| &job.queue), |queue, _| Ok(board.orders().waiting(queue)))?;
            }
            Ok(jobs.iter().map(|job| board.accept(job, now)).collect())
        })
    }

    fn exchange(&self, ends: &[End], claim: Option<&Claim>) -> Result<Exchanged> {
        Ok(self.change(|kept, now| {
            let board = &mut kept.board;
            let ended = ends.iter().map(|end| finish(board, end, now)).collect();
            let claimed = claim.map(|claim| board.claim(claim, now)).unwrap_or_default();
            let next_due_in = claim.and_then(|claim| next_due_in(board, claim, now));
            Exchanged { ended, claimed, next_due_in }
        }))
    }

    fn renew(&self, held: &[Held], lease_for: Duration) -> Result<Vec<Renewal>> {
        Ok(self.change(|kept, now| {
            held.iter().map(|held| renew(&mut kept.board, *held, lease_for, now)).collect()
        }))
    }

    fn reap(&self, limit: usize) -> Result<Vec<Reaped>> {
        Ok(self.change(|kept, now| {
            let expired: Vec<JobId> = kept.board.orders().expired(now).take(limit).collect();
            expired.into_iter().filter_map(|id| reap(&mut kept.board, id, now)).collect()
        }))
    }

    fn cancel(&self, ids: &[JobId]) -> Result<Vec<Cancelled>> {
        Ok(self.change(|kept, now| {
            let cancel = |id: &JobId| match kept.board.apply(*id, &Trigger::Cancel, now) {
                Applied::Done(State::Running) => Cancelled::Requested,
                Applied::Done(_) => Cancelled::Done,
                Applied::Refused(state) => Cancelled::Ended(state),
                Applied::Unknown => Cancelled::Unknown,
            };
            ids.iter().map(cancel).collect()
        }))
    }

    fn retry(&self, ids: &[JobId]) -> Result<Vec<Revived>> {
        Ok(self.change(|kept, now| {
            let retry = |id: &JobId| match kept.board.apply(*id, &Trigger::Retry, now) {
                Applied::Done(_) => Revived::Done,
                Applied::Refused(state) => Revived::Refused(state),
                Applied::Unknown => Revived::Unknown,
            };
            ids.iter().map(retry).collect()
        }))
    }

    fn pause(&self, queues: &[QueueName], paused: bool) -> Result<Vec<bool>> {
        Ok(self.change(|kept, _| queues.iter().map(|queue| kept.board.pause(queue, paused)).collect()))
    }

    fn prune(&self, retention: &Retention, limit: usize) -> Result<Vec<JobId>> {
        Ok(self.change(|kept, now| kept.board.prune(retention, limit, now)))
    }

    fn subscribe(&self, topic: Topic, waker: Waker) -> Result<Subscription> {
        Ok(self.wakers.subscribe(topic, waker))
    }
}

fn finish(board: &mut Board, end: &End, now: Timestamp) -> Ended {
    let Applied::Done(state) = board.apply(end.id, &Trigger::End(end), now) else { return Ended::Stale };
    if let Outcome::Succeeded { result: Some(value) } = &end.outcome {
        board.results_mut().put(StoredResult::of_value(end.id, end.lease, value.clone()));
    }
    Ended::Applied(state)
}

/// How long until a waiting job of these queues is due; none if one is due already or none waits.
fn next_due_in(board: &Board, claim: &Claim, now: Timestamp) -> Option<Duration> {
    let earliest = board.orders().open_lines(&claim.queues).into_iter().filter_map(Line::earliest).min()?;
    (earliest > now).then(|| earliest.since(now))
}

fn renew(board: &mut Board, held: Held, lease_for: Duration, now: Timestamp) -> Renewal {
    let trigger = Trigger::Renew { lease: held.lease, lease_for };
    let Applied::Done(_) = board.apply(held.id, &trigger, now) else { return Renewal::Lost };
    match board.job(held.id) {
        Some(Job { lease_until: Some(until), cancel_requested, .. }) => {
            Renewal::Kept { until: *until, cancel: *cancel_requested }
        }
        _ => Renewal::Lost,
    }
}

fn reap(board: &mut Board, id: JobId, now: Timestamp) -> Option<Reaped> {
    let job = board.job(id)?;
    let (held, task, queue) = (job.held(), job.task.clone(), job.queue.clone());
    match board.apply(id, &Trigger::Expire { lease: held.lease }, now) {
        Applied::Done(state) => Some(Reaped { held, task, queue, state }),
        Applied::Refused(_) | Applied::Unknown => None,
    }
}
