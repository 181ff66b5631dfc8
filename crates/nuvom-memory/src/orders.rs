//! The orders in which jobs are looked for: by urgency, by the end of their lease, by when they ended.

use std::collections::{BTreeMap, BTreeSet};

use nuvom_core::{Job, JobId, QueueName, State, Timestamp};

use crate::line::{Line, slot};

/// Jobs by something that happens to them at a time.
type ByTime = BTreeSet<(Timestamp, JobId)>;

/// All jobs, in every order that is asked for.
#[derive(Default)]
pub(crate) struct Orders {
    lines: BTreeMap<QueueName, Line>,
    /// Apart from the lines, because those come and go with their jobs.
    paused: BTreeSet<QueueName>,
    leases: ByTime,
    done: ByTime,
    failed: ByTime,
}

impl Orders {
    /// Takes up a job as it is now.
    pub(crate) fn add(&mut self, job: &Job) {
        match self.lines.get_mut(&job.queue) {
            Some(line) => line.add(job),
            None => self.lines.entry(job.queue.clone()).or_default().add(job),
        }
        if let Some((order, time)) = self.by_time(job) {
            order.insert((time, job.id));
        }
    }

    /// Forgets a job, which must be as it was when it was added.
    pub(crate) fn remove(&mut self, job: &Job) {
        if let Some(line) = self.lines.get_mut(&job.queue) {
            line.remove(job);
        }
        if let Some((order, time)) = self.by_time(job) {
            order.remove(&(time, job.id));
        }
    }

    /// Forgets a queue that holds nothing any more, so that names that come and go leave nothing behind.
    pub(crate) fn close(&mut self, queue: &QueueName) {
        if self.lines.get(queue).is_some_and(|line| line.by_state() == [0; 5]) {
            self.lines.remove(queue);
        }
    }

    /// The queues with these names, each once; all if none is named.
    pub(crate) fn lines(&self, named: &[QueueName]) -> Vec<&Line> {
        if named.is_empty() {
            return self.lines.values().collect();
        }
        let named: BTreeSet<&QueueName> = named.iter().collect();
        named.into_iter().filter_map(|name| self.lines.get(name)).collect()
    }

    /// How many jobs wait in this queue.
    pub(crate) fn waiting(&self, queue: &QueueName) -> u64 {
        self.lines.get(queue).map_or(0, |line| line.by_state()[slot(State::Pending)])
    }

    /// The same without those that are paused: what a claim may take from.
    pub(crate) fn open_lines(&self, named: &[QueueName]) -> Vec<&Line> {
        if self.paused.is_empty() {
            return self.lines(named);
        }
        let is_open = |name: &&QueueName| !self.paused.contains(*name);
        let open: Vec<QueueName> = if named.is_empty() {
            self.lines.keys().filter(is_open).cloned().collect()
        } else {
            named.iter().filter(is_open).cloned().collect()
        };
        // No name at all would mean all of them.
        if open.is_empty() { Vec::new() } else { self.lines(&open) }
    }

    /// Pauses or resumes a queue; answers whether it was not so before.
    pub(crate) fn pause(&mut self, queue: &QueueName, paused: bool) -> bool {
        if paused { self.paused.insert(queue.clone()) } else { self.paused.remove(queue) }
    }

    pub(crate) fn is_paused(&self, queue: &QueueName) -> bool {
        self.paused.contains(queue)
    }

    /// All queues, by name. One that is paused need not have a line.
    pub(crate) fn queues(&self) -> impl Iterator<Item = (&QueueName, Option<&Line>)> {
        let names: BTreeSet<&QueueName> = self.lines.keys().chain(&self.paused).collect();
        names.into_iter().map(|name| (name, self.lines.get(name)))
    }

    /// Running jobs whose lease ends by `now`, the longest lost first.
    pub(crate) fn expired(&self, now: Timestamp) -> impl Iterator<Item = JobId> {
        self.leases.iter().take_while(move |(until, _)| *until <= now).map(|(_, id)| *id)
    }

    /// Ended jobs, those with the same retention together and the oldest of them first.
    pub(crate) fn ended(&self) -> [impl Iterator<Item = JobId>; 2] {
        [&self.done, &self.failed].map(|order| order.iter().map(|(_, id)| *id))
    }

    /// Ended jobs by when they did, the latest first of each.
    pub(crate) fn ended_lately(&self) -> [impl Iterator<Item = (Timestamp, JobId)>; 2] {
        [&self.done, &self.failed].map(|order| order.iter().rev().copied())
    }

    /// The order by time in which a job stands in its state, and its time there.
    fn by_time(&mut self, job: &Job) -> Option<(&mut ByTime, Timestamp)> {
        match job.state {
            State::Pending => None,
            State::Running => Some((&mut self.leases, job.lease_until?)),
            State::Success | State::Cancelled => Some((&mut self.done, job.ended_at?)),
            State::Failed => Some((&mut self.failed, job.ended_at?)),
        }
    }
}
