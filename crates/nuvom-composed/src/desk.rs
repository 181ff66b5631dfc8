//! What this process has of a line: jobs that a worker holds, jobs that it had no room for, jobs that are not due.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::time::Duration;

use nuvom_core::ports::{Receipt, Record};
use nuvom_core::{Held, JobId, Timestamp};

/// A claimed job.
#[derive(Debug, Clone)]
pub(crate) struct Holding {
    pub(crate) record: Record,
    pub(crate) receipt: Receipt,
}

/// A job that was taken from the line and not claimed.
#[derive(Debug, Clone)]
pub(crate) struct Waiting {
    pub(crate) record: Record,
    pub(crate) receipt: Receipt,
    /// When it was taken, on the monotonic clock.
    pub(crate) since: Duration,
}

/// All of it.
#[derive(Debug, Default)]
pub(crate) struct Desk {
    held: HashMap<JobId, Holding>,
    /// In the order of the line.
    aside: VecDeque<Waiting>,
    later: BTreeMap<(Timestamp, JobId), Waiting>,
}

impl Desk {
    /// Whether a worker of this process holds this job, and under which claim.
    pub(crate) fn holds(&self, id: JobId) -> Option<Held> {
        self.held.get(&id).map(|holding| holding.record.job.held())
    }

    pub(crate) fn hold(&mut self, holding: Holding) {
        self.held.insert(holding.record.job.id, holding);
    }

    /// Takes a claimed job off the desk, if this is its claim.
    pub(crate) fn take(&mut self, claim: Held) -> Option<Holding> {
        let holding = self.held.get(&claim.id)?;
        if holding.record.job.lease == claim.lease { self.held.remove(&claim.id) } else { None }
    }

    /// The record of a job that is claimed here.
    pub(crate) fn record(&self, id: JobId) -> Option<&Record> {
        self.held.get(&id).map(|holding| &holding.record)
    }

    pub(crate) fn receipt(&self, claim: Held) -> Option<Receipt> {
        let holding = self.held.get(&claim.id)?;
        (holding.record.job.lease == claim.lease).then_some(holding.receipt)
    }

    pub(crate) fn held_count(&self) -> usize {
        self.held.len()
    }

    pub(crate) fn set_aside(&mut self, waiting: Waiting) {
        self.aside.push_back(waiting);
    }

    pub(crate) fn keep_for_later(&mut self, waiting: Waiting) {
        let job = &waiting.record.job;
        self.later.insert((job.run_at, job.id), waiting);
    }

    /// How many jobs are set aside.
    pub(crate) fn aside_count(&self) -> usize {
        self.aside.len()
    }

    /// What can be claimed now: what was set aside, and what has become due.
    pub(crate) fn take_ready(&mut self, now: Timestamp) -> Vec<Waiting> {
        let mut ready: Vec<Waiting> = self.aside.drain(..).collect();
        let not_due = self
            .later
            .split_off(&(Timestamp::from_micros(now.as_micros() + 1), JobId::floor(Timestamp::default())));
        ready.extend(std::mem::replace(&mut self.later, not_due).into_values());
        ready
    }

    /// What has been set aside for longer than that.
    pub(crate) fn take_stale(&mut self, before: Duration) -> Vec<Waiting> {
        let (stale, fresh): (Vec<_>, Vec<_>) =
            self.aside.drain(..).partition(|waiting| waiting.since < before);
        self.aside = fresh.into();
        stale
    }

    /// All that nobody claimed.
    pub(crate) fn take_unclaimed(&mut self) -> Vec<Waiting> {
        let later = std::mem::take(&mut self.later).into_values();
        self.aside.drain(..).chain(later).collect()
    }

    /// The receipts of what nobody claimed, which must be kept from others.
    pub(crate) fn unclaimed_receipts(&self) -> Vec<Receipt> {
        self.aside.iter().chain(self.later.values()).map(|waiting| waiting.receipt).collect()
    }

    /// When the first of those that wait for their time is due.
    pub(crate) fn next_due(&self) -> Option<Timestamp> {
        self.later.keys().next().map(|(run_at, _)| *run_at)
    }
}
