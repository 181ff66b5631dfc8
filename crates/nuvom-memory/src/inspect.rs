//! The reading port.

use nuvom_core::ports::{Filter, Inspect, PACE_LOOK, PACE_SPAN, Pace, Page, QueueCounts, Tally};
use nuvom_core::{Attempt, Job, JobId, QueueName, Result, State, Timestamp};

use crate::MemoryStore;
use crate::board::Board;
use crate::line::{Line, slot};

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
        let now = self.now();
        Ok(self.read(|kept| {
            let lately = Lately::look(&kept.board, now);
            let orders = kept.board.orders();
            let counts = orders.queues().map(|(queue, line)| {
                let by_state = line.map(Line::by_state).unwrap_or_default();
                QueueCounts {
                    queue: queue.clone(),
                    pending: by_state[slot(State::Pending)],
                    running: by_state[slot(State::Running)],
                    oldest: line.and_then(Line::earliest),
                    paused: orders.is_paused(queue),
                    pace: Some(lately.pace(queue)),
                }
            });
            counts.collect()
        }))
    }
}

/// What the newest jobs tell of how fast they come and go.
struct Lately<'a> {
    made: Tally<&'a QueueName>,
    ended: [Tally<&'a QueueName>; 2],
}

impl<'a> Lately<'a> {
    fn look(board: &'a Board, now: Timestamp) -> Self {
        let (mut made, first) = (Tally::new(now), JobId::floor(now - PACE_SPAN));
        for job in board.newest_first(None).take(PACE_LOOK).take_while(|job| job.id >= first) {
            made.look(&job.queue, job.created_at);
        }
        let ended = board.orders().ended_lately().map(|latest_first| {
            let mut ended = Tally::new(now);
            for (at, id) in latest_first.take(PACE_LOOK).take_while(|(at, _)| *at > now - PACE_SPAN) {
                if let Some(job) = board.job(id) {
                    ended.look(&job.queue, at);
                }
            }
            ended
        });
        Self { made, ended }
    }

    fn pace(&self, queue: &'a QueueName) -> Pace {
        let ended = self.ended.iter().map(|tally| tally.per_minute(&queue)).sum();
        Pace { made: self.made.per_minute(&queue), ended }
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
