//! The reading port. What a worker of this process holds and what has ended can be read; of a job that waits in the
//! line nothing is known but that it has not ended.

use nuvom_core::ports::{Filter, Inspect, Page, QueueCounts, Record, StoredResult};
use nuvom_core::{Attempt, Job, JobId, QueueName, Result, State};

use crate::store::LineStore;

/// Read from the result store at a time.
const PAGE: usize = 500;

impl Inspect for LineStore {
    fn jobs(&self, ids: &[JobId]) -> Result<Vec<Option<Job>>> {
        Ok(self.records(ids)?.into_iter().map(|record| record.map(|record| record.job)).collect())
    }

    /// A job of which nothing is known is taken for one that waits: only its end is on record.
    fn states(&self, ids: &[JobId]) -> Result<Vec<Option<State>>> {
        let states = self.jobs(ids)?.into_iter().map(|job| Some(job.map_or(State::Pending, |job| job.state)));
        Ok(states.collect())
    }

    fn attempts(&self, id: JobId) -> Result<Vec<Attempt>> {
        Ok(self.records(&[id])?.into_iter().flatten().flat_map(|record| record.attempts).collect())
    }

    fn list(&self, filter: &Filter, page: &Page) -> Result<Vec<Job>> {
        let mut found = Vec::new();
        let limit = page.limit;
        self.each_page(&mut Page { before: page.before, limit: PAGE }, |job| {
            if filter.admits(&job) {
                found.push(job);
            }
            found.len() < limit
        })?;
        Ok(found)
    }

    fn count(&self, filter: &Filter) -> Result<[u64; 5]> {
        let mut counts = [0; 5];
        self.each_page(&mut Page { before: None, limit: PAGE }, |job| {
            if filter.admits(&job) && job.state.is_terminal() {
                counts[State::ALL.iter().position(|state| *state == job.state).unwrap_or(0)] += 1;
            }
            true
        })?;
        // The line knows how many wait in it, and nothing else about them.
        if filter.tasks.is_empty() && filter.queues.is_empty() {
            let wanted = |state| filter.states.is_empty() || filter.states.contains(&state);
            let (waiting, running) = self.here()?;
            counts[0] = if wanted(State::Pending) { waiting } else { 0 };
            counts[1] = if wanted(State::Running) { running } else { 0 };
        }
        Ok(counts)
    }

    fn queues(&self) -> Result<Vec<QueueCounts>> {
        let (pending, running) = self.here()?;
        let queue = QueueName::new("default")?;
        Ok(vec![QueueCounts { queue, pending, running, oldest: None, paused: false, pace: None }])
    }
}

impl LineStore {
    fn records(&self, ids: &[JobId]) -> Result<Vec<Option<Record>>> {
        let kept = self.results.get(ids)?;
        let desk = self.desk();
        let record = |(id, kept): (&JobId, Option<StoredResult>)| {
            let kept = kept.and_then(|kept| kept.record);
            match desk.record(*id) {
                // An end is an end, although this process may think that it holds the job.
                Some(here) if !kept.as_ref().is_some_and(|kept| kept.job.state.is_terminal()) => {
                    Some(here.clone())
                }
                _ => kept.map(|kept| Record::clone(&kept)),
            }
        };
        Ok(ids.iter().zip(kept).map(record).collect())
    }

    /// How many jobs wait in the line, and how many run in this process.
    fn here(&self) -> Result<(u64, u64)> {
        Ok((self.line.length()?, self.desk().held_count() as u64))
    }

    /// Passes all that is on record to `see`, newest first, until it has seen enough.
    fn each_page(&self, page: &mut Page, mut see: impl FnMut(Job) -> bool) -> Result<()> {
        loop {
            let listed = self.results.list_results(page)?;
            let last = listed.last().map(|kept| kept.id);
            let full = listed.len() == page.limit;
            for record in listed.into_iter().filter_map(|kept| kept.record) {
                if !see(record.job.clone()) {
                    return Ok(());
                }
            }
            if !full {
                return Ok(());
            }
            page.before = last;
        }
    }
}
