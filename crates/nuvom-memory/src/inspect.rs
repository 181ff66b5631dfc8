//! The reading port.

use nuvom_core::ports::{Filter, Inspect, Page, QueueCounts};
use nuvom_core::{Attempt, Job, JobId, Result, State};

use crate::MemoryStore;
use crate::board::Board;
use crate::line::slot;

impl Inspect for MemoryStore {
    fn jobs(&self, ids: &[JobId]) -> Result<Vec<Option<Job>>> {
        Ok(self.read(|kept| ids.iter().map(|id| kept.board.job(*id).cloned()).collect()))
    }

    fn states(&self, ids: &[JobId]) -> Result<Vec<Option<State>>> {
        Ok(self.read(|kept| ids.iter().map(|id| kept.board.job(*id).map(|job| job.state)).collect()))
    }

    fn attempts(&self, id: JobId) -> Result<Vec<Attempt>> {
        Ok(self.read(|kept| kept.board.attempts(id).to_vec()))
    }

    fn list(&self, filter: &Filter, page: &Page) -> Result<Vec<Job>> {
        Ok(self.read(|kept| {
            let jobs = kept.board.newest_first(page.before);
            jobs.filter(|job| filter.admits(job)).take(page.limit).cloned().collect()
        }))
    }

    fn count(&self, filter: &Filter) -> Result<[u64; 5]> {
        Ok(self.read(|kept| {
            if filter.tasks.is_empty() {
                count_queues(&kept.board, filter)
            } else {
                count_jobs(&kept.board, filter)
            }
        }))
    }

    fn queues(&self) -> Result<Vec<QueueCounts>> {
        Ok(self.read(|kept| {
            let queues = kept.board.orders().queues();
            let counts = queues.map(|(queue, line)| QueueCounts {
                queue: queue.clone(),
                pending: line.by_state()[slot(State::Pending)],
                running: line.by_state()[slot(State::Running)],
                oldest: line.earliest(),
            });
            counts.collect()
        }))
    }
}

/// Adds up what each queue knows of itself.
fn count_queues(board: &Board, filter: &Filter) -> [u64; 5] {
    let lines = board.orders().lines(&filter.queues);
    State::ALL.map(|state| {
        let wanted = filter.states.is_empty() || filter.states.contains(&state);
        if wanted { lines.iter().map(|line| line.by_state()[slot(state)]).sum() } else { 0 }
    })
}

/// Looks at every job.
fn count_jobs(board: &Board, filter: &Filter) -> [u64; 5] {
    let mut counts = [0; 5];
    for job in board.newest_first(None).filter(|job| filter.admits(job)) {
        counts[slot(job.state)] += 1;
    }
    counts
}
