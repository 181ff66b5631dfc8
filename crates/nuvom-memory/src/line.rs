//! The jobs of one queue. Those that wait are ordered by urgency, so that the next ones are found without
//! looking at the others, however many wait and however many of them are for later.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};

use nuvom_core::ports::LOOK_PAST;
use nuvom_core::{Job, JobId, Priority, State, Timestamp};

/// Where a job stands within its priority.
type Place = (Timestamp, JobId);

/// One queue.
#[derive(Default)]
pub(crate) struct Line {
    waiting: BTreeMap<Priority, BTreeSet<Place>>,
    by_state: [u64; 5],
}

impl Line {
    /// Takes up a job as it is now.
    pub(crate) fn add(&mut self, job: &Job) {
        self.by_state[slot(job.state)] += 1;
        if job.state == State::Pending {
            self.waiting.entry(job.priority).or_default().insert((job.run_at, job.id));
        }
    }

    /// Forgets a job, which must be as it was when it was added.
    pub(crate) fn remove(&mut self, job: &Job) {
        self.by_state[slot(job.state)] -= 1;
        if job.state == State::Pending
            && let Some(places) = self.waiting.get_mut(&job.priority)
        {
            places.remove(&(job.run_at, job.id));
        }
    }

    /// How many jobs it holds, by state.
    pub(crate) fn by_state(&self) -> [u64; 5] {
        self.by_state
    }

    /// The earliest `run_at` of those that wait.
    pub(crate) fn earliest(&self) -> Option<Timestamp> {
        let firsts = self.waiting.values().filter_map(BTreeSet::first);
        firsts.map(|(run_at, _)| *run_at).min()
    }

    /// Those of one priority that are due, in order.
    fn due(&self, priority: Priority, now: Timestamp) -> impl Iterator<Item = Place> {
        let places = self.waiting.get(&priority).into_iter().flatten().copied();
        places.take_while(move |(run_at, _)| *run_at <= now)
    }
}

/// At most `limit` jobs that are due and are taken, from all these queues together, the most urgent first.
pub(crate) fn most_urgent(
    lines: &[&Line],
    limit: usize,
    mut take: impl FnMut(&JobId) -> bool,
    now: Timestamp,
) -> Vec<JobId> {
    let mut taken = Vec::new();
    for priority in Priority::all() {
        if taken.len() == limit {
            break;
        }
        let mut queues: Vec<_> = lines.iter().map(|line| line.due(priority, now)).collect();
        let mut passed = vec![0; queues.len()];
        let firsts = queues.iter_mut().enumerate();
        let mut heads: BinaryHeap<_> =
            firsts.filter_map(|(index, queue)| Some(Reverse((queue.next()?, index)))).collect();
        while taken.len() < limit
            && let Some(Reverse(((_, id), index))) = heads.pop()
        {
            if take(&id) {
                taken.push(id);
            } else {
                passed[index] += 1;
            }
            if passed[index] < LOOK_PAST {
                heads.extend(queues[index].next().map(|place| Reverse((place, index))));
            }
        }
    }
    taken
}

/// Where counts by state keep this one: its place in `State::ALL`.
pub(crate) fn slot(state: State) -> usize {
    match state {
        State::Pending => 0,
        State::Running => 1,
        State::Success => 2,
        State::Failed => 3,
        State::Cancelled => 4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_kept_in_the_order_of_all_states() {
        assert_eq!(State::ALL.map(slot), [0, 1, 2, 3, 4]);
    }
}
