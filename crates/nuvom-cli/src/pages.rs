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

#[cfg(test)]
mod tests {
    use nuvom_core::ports::Stores;
    use nuvom_runtime::{Backends, Project, Settings};
    use nuvom_testkit::FakeClock;
    use nuvom_testkit::builders::{a_job, jobs};

    use super::*;

    fn stores() -> Stores {
        let folder = tempfile::tempdir().unwrap();
        let memory = [("NUVOM_QUEUE_BACKEND", "memory"), ("NUVOM_RESULT_BACKEND", "memory")];
        let arguments = memory.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let settings = Settings::load(&Project::at(folder.path()), arguments, []).unwrap();
        Backends::built_in().open(&settings, &(FakeClock::new() as _)).unwrap()
    }

    fn walk(stores: &Stores, state: State, most: u64) -> (Vec<JobId>, Walked) {
        let mut seen = Vec::new();
        let walked = each_job(&*stores.inspect, state, most, |job| {
            seen.push(job.id);
            Ok(())
        });
        (seen, walked.unwrap())
    }

    #[test]
    fn a_walk_shows_each_job_once_and_the_newest_first() {
        let stores = stores();
        let made = jobs("add", 2_345);
        stores.jobs.enqueue(&made).unwrap();

        let (seen, walked) = walk(&stores, State::Pending, u64::MAX);

        assert!(seen.iter().eq(made.iter().rev().map(|job| &job.id)));
        assert_eq!(walked, Walked { jobs: 2_345, all: true });
        assert_eq!(walk(&stores, State::Failed, u64::MAX), (vec![], Walked { jobs: 0, all: true }));
    }

    #[test]
    fn a_walk_that_ends_early_says_so() {
        let stores = stores();
        stores.jobs.enqueue(&jobs("add", 250)).unwrap();

        for (most, jobs, all) in [(0, 0, false), (100, 100, false), (249, 249, false), (250, 250, true)] {
            assert_eq!(walk(&stores, State::Pending, most).1, Walked { jobs, all });
        }
    }

    #[test]
    fn large_payloads_make_small_pages_and_lose_nothing() {
        let stores = stores();
        let made: Vec<_> = (0..150).map(|_| a_job("add").payload(&vec![0; 1024 * 1024]).build()).collect();
        stores.jobs.enqueue(&made).unwrap();

        assert_eq!(walk(&stores, State::Pending, u64::MAX).1, Walked { jobs: 150, all: true });
    }
}
