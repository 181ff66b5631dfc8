//! Jobs by what people know of them. State, task, queue and time are the store's affair; words and tags are looked for in
//! what it gives out, a page at a time.

use nuvom_core::ports::{Filter, Inspect, Page};
use nuvom_core::{Job, JobId, Result, State, Timestamp};

use crate::arguments::Which;
use crate::payload;
use crate::session::Opened;

/// Jobs read at once.
const PAGE: usize = 500;

/// Longest part of arguments in which words are looked for, in characters.
const LOOKED_AT: usize = 100_000;

/// What is known of the jobs that are meant; what is left out does not restrict.
#[derive(Debug, Clone, Default)]
pub struct Sought {
    /// In these states, of these tasks, in these queues.
    pub filter: Filter,
    /// With all these tags.
    pub tags: Vec<String>,
    /// With this text in task, arguments or errors, whatever its case.
    pub text: Option<String>,
    /// Made at this time or later.
    pub since: Option<Timestamp>,
    /// Made before this time.
    pub until: Option<Timestamp>,
}

impl Sought {
    /// Whether the store alone can tell.
    pub fn is_of_the_store(&self) -> bool {
        !self.looks_inside() && self.since.is_none() && self.until.is_none()
    }

    fn looks_inside(&self) -> bool {
        !self.tags.is_empty() || self.text.is_some()
    }

    fn admits(&self, job: &Job, inspect: &dyn Inspect) -> Result<bool> {
        if !self.tags.iter().all(|tag| job.options.tags.contains(tag)) {
            return Ok(false);
        }
        let Some(text) = self.text.as_deref().map(str::to_lowercase) else { return Ok(true) };
        let holds = |place: &str| place.to_lowercase().contains(&text);
        let call = payload::arguments(&job.payload).map(|arguments| payload::call(&arguments, LOOKED_AT));
        if holds(job.task.as_str()) || call.is_ok_and(|call| holds(&call)) {
            return Ok(true);
        }
        if job.failures + job.losses == 0 {
            return Ok(false);
        }
        let attempts = inspect.attempts(job.id)?;
        Ok(attempts.iter().any(|it| holds(&it.error.kind) || holds(&it.error.message)))
    }
}

/// The jobs that are meant, newest first.
pub struct Search<'a> {
    inspect: &'a dyn Inspect,
    sought: Sought,
    /// The next page begins behind this job.
    before: Option<JobId>,
    is_over: bool,
}

impl<'a> Search<'a> {
    /// A search for jobs that are older than `before`.
    pub fn new(inspect: &'a dyn Inspect, sought: Sought, before: Option<JobId>) -> Self {
        let until = sought.until.map(JobId::floor);
        let before = before.into_iter().chain(until).min();
        Self { inspect, sought, before, is_over: false }
    }

    /// What a command was asked for: jobs in these states, unless it names others.
    pub(crate) fn of(opened: &'a Opened, which: &Which, states: &[State]) -> Self {
        let here = opened.here();
        let states = if which.status.is_empty() { states.to_vec() } else { which.status.clone() };
        let sought = Sought {
            filter: Filter { states, tasks: which.task.clone(), queues: which.queue.clone() },
            tags: which.tag.clone(),
            text: which.text.clone(),
            since: which.since.map(|since| since.at(&here)),
            until: which.until.map(|until| until.at(&here)),
        };
        Self::new(&*opened.runtime.stores.inspect, sought, None)
    }

    /// The next of them, at most `limit`; none at the end.
    pub fn next(&mut self, limit: usize) -> Result<Vec<Job>> {
        let mut found = Vec::new();
        while found.len() < limit && !self.is_over {
            // Where nothing is looked for in them, no more are read than are wanted.
            let wanted = if self.sought.looks_inside() { PAGE } else { limit - found.len() };
            let page = Page { before: self.before, limit: wanted };
            let jobs = self.inspect.list(&self.sought.filter, &page)?;
            self.is_over = jobs.len() < wanted;
            for job in jobs {
                if self.sought.since.is_some_and(|since| job.id < JobId::floor(since)) {
                    self.is_over = true;
                    break;
                }
                self.before = Some(job.id);
                if self.sought.admits(&job, self.inspect)? {
                    found.push(job);
                    if found.len() == limit {
                        // The rest of the page is read again, even if it is the last one.
                        self.is_over = false;
                        return Ok(found);
                    }
                }
            }
        }
        Ok(found)
    }
}
