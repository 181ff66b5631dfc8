//! The jobs of one queue that wait, ordered by urgency; so that the next ones are found without looking at those
//! behind, however many there are.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

use nuvom_core::ports::LOOK_PAST;
use nuvom_core::{JobId, SignatureHash, TaskName, Timestamp};

/// Where a job stands within its priority.
pub(crate) type Spot = (Timestamp, JobId);

/// What a claim asks about a job before it takes it.
#[derive(Debug)]
pub(crate) struct Waiting {
    pub(crate) task: TaskName,
    pub(crate) signature: Option<SignatureHash>,
    pub(crate) suspect: bool,
}

/// One for each priority.
const PRIORITIES: usize = 10;

/// One queue.
#[derive(Debug, Default)]
pub(crate) struct Line {
    waiting: [BTreeMap<Spot, Waiting>; PRIORITIES],
    pub(crate) running: u64,
}

impl Line {
    pub(crate) fn add(&mut self, priority: u8, spot: Spot, job: Waiting) {
        if let Some(places) = self.waiting.get_mut(usize::from(priority)) {
            places.insert(spot, job);
        }
    }

    pub(crate) fn remove(&mut self, priority: u8, spot: Spot) {
        if let Some(places) = self.waiting.get_mut(usize::from(priority)) {
            places.remove(&spot);
        }
    }

    pub(crate) fn pending(&self) -> u64 {
        self.waiting.iter().map(|places| places.len() as u64).sum()
    }

    /// The earliest `run_at` of those that wait.
    pub(crate) fn oldest(&self) -> Option<Timestamp> {
        self.waiting
            .iter()
            .filter_map(|places| places.first_key_value())
            .map(|((run_at, _), _)| *run_at)
            .min()
    }

    /// Whether a job is due.
    pub(crate) fn is_due(&self, now: Timestamp) -> bool {
        self.oldest().is_some_and(|run_at| run_at <= now)
    }

    /// The earliest `run_at` among those that are not due.
    pub(crate) fn next_due(&self, now: Timestamp) -> Option<Timestamp> {
        let after = (now, JobId::from_bytes([0xff; 16]));
        let later =
            self.waiting.iter().filter_map(|places| places.range(after..).find(|(spot, _)| spot.0 > now));
        later.map(|((run_at, _), _)| *run_at).min()
    }

    fn due(&self, priority: usize, now: Timestamp) -> impl Iterator<Item = (&Spot, &Waiting)> {
        let places: &BTreeMap<Spot, Waiting> = &self.waiting[priority];
        places.iter().take_while(move |((run_at, _), _)| *run_at <= now)
    }
}

/// The jobs that are due and are taken, from all these queues together, the most urgent first.
pub(crate) fn most_urgent(
    lines: &[&Line],
    now: Timestamp,
    mut take: impl FnMut(&Waiting) -> bool,
    full: impl Fn() -> bool,
) -> Vec<JobId> {
    let mut taken = Vec::new();
    for priority in 0..PRIORITIES {
        let mut queues: Vec<_> = lines.iter().map(|line| (line.due(priority, now), LOOK_PAST)).collect();
        let mut next = BinaryHeap::new();
        for (at, (queue, _)) in queues.iter_mut().enumerate() {
            next.extend(queue.next().map(|(spot, job)| Reverse(Candidate { spot: *spot, at, job })));
        }
        while let Some(Reverse(Candidate { spot, at, job })) = next.pop() {
            if full() {
                return taken;
            }
            let (queue, left) = &mut queues[at];
            if take(job) {
                taken.push(spot.1);
            } else {
                *left -= 1;
            }
            if *left > 0 {
                next.extend(queue.next().map(|(spot, job)| Reverse(Candidate { spot: *spot, at, job })));
            }
        }
    }
    taken
}

/// The first job of a queue that was not looked at yet.
struct Candidate<'a> {
    spot: Spot,
    at: usize,
    job: &'a Waiting,
}

impl Ord for Candidate<'_> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.spot, self.at).cmp(&(other.spot, other.at))
    }
}

impl PartialOrd for Candidate<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Candidate<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Candidate<'_> {}

#[cfg(test)]
mod tests {
    use nuvom_core::Priority;

    use super::*;

    #[test]
    fn every_priority_has_its_place() {
        assert_eq!(Priority::all().count(), PRIORITIES);
    }
}
