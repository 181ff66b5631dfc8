//! Jobs by what people know of them. State, task, queue and time are the store's affair; words and tags are looked for in
//! what it gives out, a page at a time.

use nuvom_core::ports::{Filter, Page};
use nuvom_core::{Job, JobId, Result, State, Timestamp};

use crate::arguments::Which;
use crate::payload;
use crate::session::Opened;

/// Jobs read at once.
const PAGE: usize = 500;

/// Longest part of arguments in which words are looked for, in characters.
const LOOKED_AT: usize = 100_000;

/// The jobs that are meant, newest first.
pub(crate) struct Search<'a> {
    opened: &'a Opened,
    which: &'a Which,
    filter: Filter,
    since: Option<Timestamp>,
    /// The next page begins behind this job.
    before: Option<JobId>,
    is_over: bool,
}

impl<'a> Search<'a> {
    /// A search for jobs in these states, unless others are asked for.
    pub(crate) fn new(opened: &'a Opened, which: &'a Which, states: &[State]) -> Self {
        let here = opened.here();
        let states = if which.status.is_empty() { states.to_vec() } else { which.status.clone() };
        let filter = Filter { states, tasks: which.task.clone(), queues: which.queue.clone() };
        let before = which.until.map(|until| JobId::floor(until.at(&here)));
        let since = which.since.map(|since| since.at(&here));
        Self { opened, which, filter, since, before, is_over: false }
    }

    /// The next of them, at most `limit`; none at the end.
    pub(crate) fn next(&mut self, limit: usize) -> Result<Vec<Job>> {
        let mut found = Vec::new();
        while found.len() < limit && !self.is_over {
            // Where nothing is looked for in them, no more are read than are wanted.
            let wanted = if self.looks_inside() { PAGE } else { limit - found.len() };
            let page = Page { before: self.before, limit: wanted };
            let jobs = self.opened.runtime.stores.inspect.list(&self.filter, &page)?;
            self.is_over = jobs.len() < wanted;
            for job in jobs {
                if self.since.is_some_and(|since| job.id < JobId::floor(since)) {
                    self.is_over = true;
                    break;
                }
                self.before = Some(job.id);
                if self.admits(&job)? {
                    found.push(job);
                    if found.len() == limit {
                        break;
                    }
                }
            }
        }
        Ok(found)
    }

    fn looks_inside(&self) -> bool {
        !self.which.tag.is_empty() || self.which.text.is_some()
    }

    fn admits(&self, job: &Job) -> Result<bool> {
        if !self.which.tag.iter().all(|tag| job.options.tags.contains(tag)) {
            return Ok(false);
        }
        let Some(text) = self.which.text.as_deref().map(str::to_lowercase) else { return Ok(true) };
        let holds = |place: &str| place.to_lowercase().contains(&text);
        let call = payload::arguments(&job.payload).map(|arguments| payload::call(&arguments, LOOKED_AT));
        if holds(job.task.as_str()) || call.is_ok_and(|call| holds(&call)) {
            return Ok(true);
        }
        if job.failures + job.losses == 0 {
            return Ok(false);
        }
        let attempts = self.opened.runtime.stores.inspect.attempts(job.id)?;
        Ok(attempts.iter().any(|it| holds(&it.error.kind) || holds(&it.error.message)))
    }
}
