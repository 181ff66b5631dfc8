//! The reading port.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use nuvom_core::ports::{Damaged, Filter, Inspect, Page, QueueCounts};
use nuvom_core::{Attempt, ErrorKind, Job, JobId, QueueName, Result, State};

use crate::batch::Batch;
use crate::damage::damaged;
use crate::folders::{Kind, QUEUES};
use crate::journal::Head;
use crate::line::Line;
use crate::names::queues_in;
use crate::store::FileStore;

/// So many records are read as of one moment; a longer listing is of several moments and keeps nobody waiting.
const AT_ONCE: usize = 100;

/// So long a listing serves the pages that follow the first.
const LISTED_FOR: Duration = Duration::from_secs(10);

/// The ids that the first page of a listing found: to list all folders again for each page would take as long as all
/// pages before.
#[derive(Debug)]
pub(crate) struct Listing {
    states: Vec<State>,
    /// The newest first.
    ids: Arc<Vec<JobId>>,
    head: Head,
    at: Duration,
}

impl Inspect for FileStore {
    fn jobs(&self, ids: &[JobId]) -> Result<Vec<Option<Job>>> {
        let mut found = Vec::with_capacity(ids.len());
        for some in ids.chunks(AT_ONCE) {
            found.extend(self.ask("read jobs", |batch| {
                some.iter().map(|id| Ok(batch.find(*id)?.cloned())).collect::<Result<Vec<_>>>()
            })?);
        }
        Ok(found)
    }

    fn states(&self, ids: &[JobId]) -> Result<Vec<Option<State>>> {
        self.ask("read states", |batch| {
            ids.iter().map(|id| batch.folders.state(*id).map_err(|e| batch.failed(e))).collect()
        })
    }

    fn attempts(&self, id: JobId) -> Result<Vec<Attempt>> {
        self.ask("read attempts", |batch| {
            batch.find(id)?;
            Ok(batch.attempts(id).to_vec())
        })
    }

    fn list(&self, filter: &Filter, page: &Page) -> Result<Vec<Job>> {
        let mut listed = Vec::new();
        let ids = self.newest_first(&filter.states, page.before)?;
        for some in ids.chunks(AT_ONCE.min(page.limit.max(1))) {
            if listed.len() >= page.limit {
                break;
            }
            let jobs = self.ask("list jobs", |batch| readable(batch, some))?;
            listed.extend(jobs.into_iter().filter(|job| filter.admits(job)));
        }
        listed.truncate(page.limit);
        Ok(listed)
    }

    fn count(&self, filter: &Filter) -> Result<[u64; 5]> {
        let mut counts = [0; 5];
        if filter.tasks.is_empty() && filter.queues.is_empty() {
            for state in State::ALL {
                if filter.states.is_empty() || filter.states.contains(&state) {
                    let ids = self.folders.ids(Kind::Job(state)).map_err(|e| self.failed("count jobs", e))?;
                    counts[state as usize] = ids.len() as u64;
                }
            }
            return Ok(counts);
        }
        for some in self.newest_first(&filter.states, None)?.chunks(AT_ONCE) {
            let jobs = self.ask("count jobs", |batch| readable(batch, some))?;
            for job in jobs.iter().filter(|job| filter.admits(job)) {
                counts[job.state as usize] += 1;
            }
        }
        Ok(counts)
    }

    fn queues(&self) -> Result<Vec<QueueCounts>> {
        let names = queues_in(&self.folders, QUEUES).map_err(|error| self.failed("count queues", error))?;
        self.ask_index("count queues", |index, _| {
            let counts = |queue: QueueName| {
                let line = index.line(&queue);
                QueueCounts {
                    pending: line.map_or(0, Line::pending),
                    running: line.map_or(0, |line| line.running),
                    oldest: line.and_then(Line::oldest),
                    paused: index.is_paused(&queue),
                    // When jobs ended stands in their files alone, and to read those takes long.
                    pace: None,
                    queue,
                }
            };
            names.into_iter().map(counts).collect()
        })
    }

    fn damaged(&self) -> Result<Vec<Damaged>> {
        damaged(&self.folders).map_err(|e| self.failed("list damaged records", e))
    }
}

impl FileStore {
    /// The ids of all jobs in these states, the newest first; of all if no state is named.
    fn newest_first(&self, states: &[State], before: Option<JobId>) -> Result<Vec<JobId>> {
        self.still_there("list jobs")?;
        let head = self.quiet_head("list jobs")?;
        let mut last = self.listing();
        let now = self.monotonic();
        // A page goes on where the last one ended. What moved into these states since is on no later page anyway.
        let goes_on = |last: &Listing| before.is_some() && now.saturating_sub(last.at) < LISTED_FOR;
        let ids = match &*last {
            Some(last) if last.states == states && (last.head == head || goes_on(last)) => {
                Arc::clone(&last.ids)
            }
            _ => {
                let mut ids = self.list_anew(states)?;
                if self.quiet_head("list jobs")? != head {
                    // A job that went back to a folder that was listed before was missed, and is there now.
                    ids.append(&mut self.list_anew(states)?);
                }
                let ids: Arc<Vec<JobId>> = Arc::new(ids.into_iter().rev().collect());
                let listed = Arc::clone(&ids);
                *last = Some(Listing { states: states.to_vec(), ids: listed, head, at: now });
                ids
            }
        };
        drop(last);
        let start = before.map_or(0, |before| ids.partition_point(|id| *id >= before));
        Ok(ids[start..].to_vec())
    }

    fn list_anew(&self, states: &[State]) -> Result<BTreeSet<JobId>> {
        // One that moves on while the folders are listed may be met twice.
        let mut ids = BTreeSet::new();
        for state in State::ALL {
            if states.is_empty() || states.contains(&state) {
                let found = self.folders.ids(Kind::Job(state)).map_err(|e| self.failed("list jobs", e))?;
                ids.extend(found);
            }
        }
        Ok(ids)
    }
}

/// Those of these jobs that can be read here. What a newer Nuvom wrote does not keep the others from being listed.
fn readable(batch: &mut Batch<'_>, ids: &[JobId]) -> Result<Vec<Job>> {
    let mut jobs = Vec::with_capacity(ids.len());
    for id in ids {
        match batch.find(*id) {
            Ok(job) => jobs.extend(job.cloned()),
            Err(error) if error.kind() == ErrorKind::Foreign => {}
            Err(error) => return Err(error),
        }
    }
    Ok(jobs)
}
