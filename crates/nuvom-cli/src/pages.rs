//! Walks through the jobs of a store without ever holding many of them.

use nuvom_core::ports::{Filter, Inspect, Page};
use nuvom_core::{Job, JobId, Result, State};

/// Most jobs of a page.
const MOST: usize = 1_000;
/// The first page: its payloads tell how large others may be.
const FIRST: usize = 100;
/// What the payloads of a page should weigh at most.
const BYTES: usize = 32 * 1024 * 1024;

/// Shows jobs of one state to `look`, newest first, but no more than `most`. Answers how many it showed, and whether
/// these were all.
///
/// The store moves on meanwhile: a job that changes its state during the walk may be missed.
pub(crate) fn each_job(
    inspect: &dyn Inspect,
    state: State,
    most: u64,
    mut look: impl FnMut(&Job) -> Result<()>,
) -> Result<Walked> {
    let filter = Filter { states: vec![state], ..Filter::default() };
    let (mut before, mut limit) = (None::<JobId>, FIRST);
    let mut walked = Walked { jobs: 0, all: true };
    loop {
        // One more than may be shown tells whether there are more.
        let left = usize::try_from(most - walked.jobs).unwrap_or(usize::MAX);
        let asked = limit.min(left.saturating_add(1));
        let jobs = inspect.list(&filter, &Page { before, limit: asked })?;
        for job in jobs.iter().take(left) {
            look(job)?;
            walked.jobs += 1;
        }
        if jobs.len() > left {
            return Ok(Walked { all: false, ..walked });
        }
        let Some(last) = jobs.last().filter(|_| jobs.len() == asked) else { return Ok(walked) };
        before = Some(last.id);
        let bytes: usize = jobs.iter().map(|job| job.payload.len()).sum();
        limit = (BYTES / (bytes / jobs.len()).max(1)).clamp(1, MOST);
    }
}

/// How far a walk came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Walked {
    pub(crate) jobs: u64,
    pub(crate) all: bool,
}
