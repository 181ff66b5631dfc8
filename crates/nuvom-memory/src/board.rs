//! The records and what belongs to them. Every change of state goes through `apply`, which keeps the orders
//! true and notes who has to be told.

use std::collections::{BTreeMap, HashMap};
use std::ops::Bound;

use nuvom_core::ports::{Claim, Enqueued, Topic};
use nuvom_core::{
    Attempt, Decision, Job, JobId, NewJob, QueueName, Retention, State, Timestamp, Transition, Trigger,
    decide,
};

use crate::line::most_urgent;
use crate::orders::Orders;
use crate::results::Results;

/// All jobs.
#[derive(Default)]
pub(crate) struct Board {
    jobs: BTreeMap<JobId, Job>,
    orders: Orders,
    attempts: HashMap<JobId, Vec<Attempt>>,
    results: Results,
    changed: Vec<Topic>,
}

/// What became of a trigger.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Applied {
    /// The change was made, and the job is in this state.
    Done(State),
    /// Nothing changed; the job is in this state.
    Refused(State),
    /// No such job.
    Unknown,
}

impl Board {
    /// Takes up a new job, unless its id is known.
    pub(crate) fn accept(&mut self, new: &NewJob, now: Timestamp) -> Enqueued {
        if let Some(known) = self.jobs.get(&new.id) {
            return Enqueued::Existing(known.state);
        }
        let job = Job::accepted(new, now);
        self.orders.add(&job);
        self.jobs.insert(job.id, job);
        self.note(Topic::Ready);
        Enqueued::New
    }

    /// Makes the change that core decides on.
    pub(crate) fn apply(&mut self, id: JobId, trigger: &Trigger<'_>, now: Timestamp) -> Applied {
        let Some(job) = self.jobs.get_mut(&id) else { return Applied::Unknown };
        let Ok(Decision { transition, attempt }) = decide(job, trigger, now) else {
            return Applied::Refused(job.state);
        };
        self.orders.remove(job);
        transition.apply(job);
        self.orders.add(job);
        let state = job.state;
        if let Some(attempt) = attempt {
            self.attempts.entry(id).or_default().push(attempt);
        }
        if let Some(topic) = told(&transition) {
            self.note(topic);
        }
        Applied::Done(state)
    }

    /// Claims what is most urgent.
    pub(crate) fn claim(&mut self, claim: &Claim, now: Timestamp) -> Vec<Job> {
        let trigger = Trigger::Claim { worker: &claim.worker, lease_for: claim.lease_for };
        let mut room = claim.room();
        let mut fits = |job: &Job| room.take(&job.task, job.signature, job.is_suspect());
        let take = |id: &JobId| self.jobs.get(id).is_some_and(&mut fits);
        let urgent = most_urgent(&self.orders.open_lines(&claim.queues), claim.limit, take, now);
        let claimed =
            urgent.into_iter().filter(|id| matches!(self.apply(*id, &trigger, now), Applied::Done(_)));
        let claimed: Vec<JobId> = claimed.collect();
        claimed.iter().filter_map(|id| self.jobs.get(id).cloned()).collect()
    }

    /// Pauses or resumes a queue; answers whether it was not so before.
    pub(crate) fn pause(&mut self, queue: &QueueName, paused: bool) -> bool {
        let changed = self.orders.pause(queue, paused);
        if changed && !paused {
            self.note(Topic::Ready);
        }
        changed
    }

    /// Forgets at most `limit` ended jobs with all that belongs to them.
    pub(crate) fn prune(&mut self, retention: &Retention, limit: usize, now: Timestamp) -> Vec<JobId> {
        let trigger = Trigger::Prune(retention);
        let old = |id: &JobId| self.jobs.get(id).is_some_and(|job| decide(job, &trigger, now).is_ok());
        let ended = self.orders.ended().into_iter();
        let gone: Vec<JobId> =
            ended.flat_map(|oldest_first| oldest_first.take_while(old)).take(limit).collect();
        for id in &gone {
            self.forget(*id);
        }
        gone
    }

    fn forget(&mut self, id: JobId) {
        if let Some(job) = self.jobs.remove(&id) {
            self.orders.remove(&job);
            self.orders.close(&job.queue);
        }
        self.attempts.remove(&id);
        self.results.remove(id);
    }

    /// Notes that whoever waits for such a change has to be told.
    pub(crate) fn note(&mut self, topic: Topic) {
        if !self.changed.contains(&topic) {
            self.changed.push(topic);
        }
    }

    /// What has changed since this was last asked.
    pub(crate) fn take_changed(&mut self) -> Vec<Topic> {
        std::mem::take(&mut self.changed)
    }

    pub(crate) fn job(&self, id: JobId) -> Option<&Job> {
        self.jobs.get(&id)
    }

    /// All jobs older than this one, the newest first.
    pub(crate) fn newest_first(&self, before: Option<JobId>) -> impl Iterator<Item = &Job> {
        let end = before.map_or(Bound::Unbounded, Bound::Excluded);
        self.jobs.range((Bound::Unbounded, end)).rev().map(|(_, job)| job)
    }

    pub(crate) fn attempts(&self, id: JobId) -> &[Attempt] {
        self.attempts.get(&id).map_or(&[], Vec::as_slice)
    }

    pub(crate) fn orders(&self) -> &Orders {
        &self.orders
    }

    pub(crate) fn results(&self) -> &Results {
        &self.results
    }

    pub(crate) fn results_mut(&mut self) -> &mut Results {
        &mut self.results
    }
}

/// Who has to be told of a change.
fn told(transition: &Transition) -> Option<Topic> {
    match transition {
        Transition::RequestCancel => Some(Topic::CancelRequested),
        Transition::RetryLater { .. }
        | Transition::HandBack { .. }
        | Transition::Recover { .. }
        | Transition::Revive { .. } => Some(Topic::Ready),
        Transition::Succeed { .. }
        | Transition::Fail { .. }
        | Transition::GiveUp { .. }
        | Transition::Cancel { .. } => Some(Topic::Ended),
        Transition::Claim { .. } | Transition::Renew { .. } | Transition::Remove => None,
    }
}
