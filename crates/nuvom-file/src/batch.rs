//! The records of one batch while core decides on them. Nothing reaches a file before all of it is decided.

use std::collections::HashMap;

use nuvom_core::ports::{Enqueued, Record};
use nuvom_core::{
    Attempt, Decision, Error, Job, JobId, NewJob, QueueName, Result, State, Timestamp, Transition, Trigger,
    decide,
};

use crate::change::{Change, Put};
use crate::failure::failure;
use crate::folders::{Folders, Kind};
use crate::record_text::{Fault, Found, from_text, to_text};

/// What is read and changed together.
#[derive(Debug)]
pub(crate) struct Batch<'a> {
    pub(crate) folders: &'a Folders,
    pub(crate) operation: &'static str,
    pub(crate) now: Timestamp,
    works: HashMap<JobId, Work>,
    /// The records that changed, in that order.
    changed: Vec<JobId>,
    others: Vec<Change>,
}

/// One record.
#[derive(Debug)]
struct Work {
    record: Record,
    /// Options that could not be read.
    unread: Option<String>,
    /// The line of its value, if it comes with one.
    result: Option<Vec<u8>>,
    /// Where its file is; none if it is new.
    from: Option<State>,
    before: Vec<u8>,
    changed: bool,
    /// Whether its end is that it is forgotten.
    gone: bool,
}

/// What became of a trigger.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Applied {
    /// The change is made, and the job is in this state.
    Done(State),
    /// Nothing changes; the job is in this state.
    Refused(State),
    /// No such job.
    Unknown,
}

impl<'a> Batch<'a> {
    pub(crate) fn new(folders: &'a Folders, operation: &'static str, now: Timestamp) -> Self {
        Self { folders, operation, now, works: HashMap::new(), changed: Vec::new(), others: Vec::new() }
    }

    /// Takes up a new job, unless its id is known.
    pub(crate) fn accept(&mut self, new: &NewJob) -> Result<Enqueued> {
        if let Some(work) = self.works.get(&new.id) {
            return Ok(Enqueued::Existing(work.record.job.state));
        }
        let known = self.folders.state(new.id).map_err(|e| self.failed(e))?;
        if let Some(state) = known {
            return Ok(Enqueued::Existing(state));
        }
        let record = Record { job: Job::accepted(new, self.now), attempts: Vec::new() };
        let work = Work {
            record,
            unread: None,
            result: None,
            from: None,
            before: Vec::new(),
            changed: true,
            gone: false,
        };
        self.works.insert(new.id, work);
        self.changed.push(new.id);
        Ok(Enqueued::New)
    }

    /// Takes up none of the new jobs after all.
    pub(crate) fn withdraw_new(&mut self) {
        self.works.retain(|_, work| work.from.is_some());
        self.changed.retain(|id| self.works.contains_key(id));
    }

    /// The record of a job, wherever it is.
    pub(crate) fn find(&mut self, id: JobId) -> Result<Option<&Job>> {
        if !self.works.contains_key(&id)
            && let Some(state) = self.folders.state(id).map_err(|e| self.failed(e))?
        {
            self.load(id, state)?;
        }
        Ok(self.known(id))
    }

    /// The record of a job that is in this state, as a file or in this batch.
    pub(crate) fn find_in(&mut self, id: JobId, state: State) -> Result<Option<&Job>> {
        if !self.works.contains_key(&id) {
            self.load(id, state)?;
        }
        Ok(self.known(id).filter(|job| job.state == state))
    }

    /// Makes the change that core decides on, if the job was found before.
    pub(crate) fn apply(&mut self, id: JobId, trigger: &Trigger<'_>) -> Applied {
        let Some(work) = self.works.get_mut(&id).filter(|work| !work.gone) else {
            return Applied::Unknown;
        };
        let Ok(Decision { transition, attempt }) = decide(&work.record.job, trigger, self.now) else {
            return Applied::Refused(work.record.job.state);
        };
        if transition == Transition::Remove {
            work.gone = true;
            self.others.push(Change::Forget { id });
            return Applied::Done(work.record.job.state);
        }
        transition.apply(&mut work.record.job);
        work.record.attempts.extend(attempt);
        if !work.changed {
            work.changed = true;
            self.changed.push(id);
        }
        Applied::Done(work.record.job.state)
    }

    /// A job that was found before.
    pub(crate) fn known(&self, id: JobId) -> Option<&Job> {
        self.works.get(&id).filter(|work| !work.gone).map(|work| &work.record.job)
    }

    /// The attempts of a job that was found before.
    pub(crate) fn attempts(&self, id: JobId) -> &[Attempt] {
        self.works.get(&id).map_or(&[], |work| &work.record.attempts)
    }

    /// Whether all of a found job could be read.
    pub(crate) fn is_whole(&self, id: JobId) -> bool {
        self.works.get(&id).is_some_and(|work| work.unread.is_none())
    }

    /// Has the line of a value written behind the record of a job that changed.
    pub(crate) fn add_result(&mut self, id: JobId, line: Vec<u8>) {
        if let Some(work) = self.works.get_mut(&id) {
            work.result = Some(line);
        }
    }

    /// The records that changed so far.
    pub(crate) fn changed(&self) -> impl Iterator<Item = &Job> {
        self.changed.iter().filter_map(|id| self.known(*id))
    }

    /// Adds a change to something else than a record.
    pub(crate) fn push(&mut self, change: Change) {
        self.others.push(change);
    }

    /// The changes that were added so far.
    pub(crate) fn others(&self) -> &[Change] {
        &self.others
    }

    /// Has a damaged record moved away.
    pub(crate) fn set_aside(&mut self, id: JobId, state: State, reason: String) {
        self.others.push(Change::SetAside { id, state, reason });
    }

    /// The queues of new jobs.
    pub(crate) fn new_queues(&self) -> impl Iterator<Item = &QueueName> {
        self.changed
            .iter()
            .filter_map(|id| self.works.get(id))
            .filter(|work| work.from.is_none())
            .map(|work| &work.record.job.queue)
    }

    /// All that changes, what may need space first.
    pub(crate) fn into_changes(mut self) -> Vec<Change> {
        let mut changes = Vec::with_capacity(self.changed.len() + self.others.len());
        for id in self.changed {
            let Some(work) = self.works.remove(&id).filter(|work| !work.gone) else { continue };
            let job = &work.record.job;
            let mut text = to_text(job, &work.record.attempts, work.unread.as_deref());
            if let Some(result) = &work.result {
                text.extend_from_slice(result);
                text.push(b'\n');
            }
            let (from, before, result) = (work.from, work.before, work.result);
            changes.push(Change::Put(Put { id, state: job.state, from, text, result, before }));
        }
        changes.append(&mut self.others);
        changes
    }

    pub(crate) fn failed(&self, error: std::io::Error) -> Error {
        failure(self.operation, self.folders.root(), error)
    }

    fn load(&mut self, id: JobId, state: State) -> Result<()> {
        let Some(before) = self.folders.read(Kind::Job(state), id).map_err(|e| self.failed(e))? else {
            return Ok(());
        };
        match from_text(id, state, &before) {
            Ok(Found { record, unread }) => {
                let work = Work {
                    record,
                    unread,
                    result: None,
                    from: Some(state),
                    before,
                    changed: false,
                    gone: false,
                };
                self.works.insert(id, work);
                Ok(())
            }
            Err(Fault::Damaged(reason)) => {
                self.set_aside(id, state, reason);
                Ok(())
            }
            Err(Fault::Newer(error)) => Err(error.during(self.operation)),
        }
    }
}
