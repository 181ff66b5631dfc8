//! What a process that claims knows of all jobs, in memory: who waits where, whose lease ends when, who ended. It is
//! made from the files and then follows the journal; the files decide.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use nuvom_core::{Job, JobId, Lease, QueueName, SignatureHash, State, TaskName, Timestamp, is_suspect};

use crate::facts::Facts;
use crate::line::{Line, Waiting};

/// The index of one store, as far as one entry of the journal.
#[derive(Debug, Default)]
pub(crate) struct Index {
    lines: BTreeMap<QueueName, Line>,
    paused: BTreeSet<QueueName>,
    places: HashMap<JobId, Place>,
    leases: BTreeSet<(Timestamp, JobId)>,
    /// Ended jobs, and when; that of some was not looked at yet. None until somebody asks.
    ended: Option<BTreeMap<JobId, Option<End>>>,
    /// Whether these are all, and not only those that ended since somebody asked.
    all_ended: bool,
    tasks: HashMap<Box<str>, TaskName>,
}

/// How a job ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct End {
    pub(crate) failed: bool,
    pub(crate) at: Timestamp,
}

/// Where a job is that has not ended.
#[derive(Debug)]
enum Place {
    Waits { queue: QueueName, priority: u8, run_at: Timestamp },
    Runs { queue: QueueName, held: Held },
}

/// What the holder of a job is told with its beat.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Held {
    pub(crate) lease: Lease,
    pub(crate) until: Timestamp,
    pub(crate) cancel_requested: bool,
}

impl Index {
    /// Takes up a job as it is now.
    pub(crate) fn note(&mut self, facts: &Facts<'_>) {
        self.forget(facts.id);
        match facts.state {
            State::Pending => self.wait(facts),
            State::Running => self.run(facts),
            State::Success | State::Failed | State::Cancelled => {
                if let Some(ended) = &mut self.ended {
                    let end = facts.ended_at.map(|at| End { failed: facts.state == State::Failed, at });
                    ended.insert(facts.id, end);
                }
            }
        }
    }

    /// The same from the record.
    pub(crate) fn note_job(&mut self, job: &Job) {
        self.note(&Facts::of(job));
    }

    fn wait(&mut self, facts: &Facts<'_>) {
        let (Some(queue), Some(task)) = (self.queue(&facts.queue), self.task(&facts.task)) else { return };
        let waiting = Waiting {
            task,
            signature: facts.signature.map(SignatureHash::from_bits),
            suspect: is_suspect(facts.losses, facts.max_losses),
        };
        self.lines.entry(queue.clone()).or_default().add(facts.priority, (facts.run_at, facts.id), waiting);
        let place = Place::Waits { queue, priority: facts.priority, run_at: facts.run_at };
        self.places.insert(facts.id, place);
    }

    fn run(&mut self, facts: &Facts<'_>) {
        let (Some(queue), Some(until)) = (self.queue(&facts.queue), facts.lease_until) else { return };
        self.lines.entry(queue.clone()).or_default().running += 1;
        self.leases.insert((until, facts.id));
        let held = Held { lease: facts.lease, until, cancel_requested: facts.cancel_requested };
        self.places.insert(facts.id, Place::Runs { queue, held });
    }

    /// A lease that ends later.
    pub(crate) fn renew(&mut self, id: JobId, lease: Lease, until: Timestamp) {
        if let Some(Place::Runs { held, .. }) = self.places.get_mut(&id)
            && held.lease == lease
        {
            self.leases.remove(&(held.until, id));
            held.until = until;
            self.leases.insert((until, id));
        }
    }

    /// Forgets a job.
    pub(crate) fn forget(&mut self, id: JobId) {
        match self.places.remove(&id) {
            Some(Place::Waits { queue, priority, run_at }) => {
                if let Some(line) = self.lines.get_mut(&queue) {
                    line.remove(priority, (run_at, id));
                }
            }
            Some(Place::Runs { queue, held }) => {
                if let Some(line) = self.lines.get_mut(&queue) {
                    line.running -= 1;
                }
                self.leases.remove(&(held.until, id));
            }
            None => {
                if let Some(ended) = &mut self.ended {
                    ended.remove(&id);
                }
            }
        }
    }

    /// Leaves a job to processes of another version, until it changes: it is not found to be due, lost or old.
    pub(crate) fn leave_alone(&mut self, id: JobId) {
        match self.places.get(&id) {
            Some(Place::Waits { queue, priority, run_at }) => {
                if let Some(line) = self.lines.get_mut(queue) {
                    line.remove(*priority, (*run_at, id));
                }
            }
            Some(Place::Runs { held, .. }) => {
                self.leases.remove(&(held.until, id));
            }
            None => {
                if let Some(ended) = &mut self.ended {
                    ended.remove(&id);
                }
            }
        }
    }

    /// The queues with these names that are not paused, each once; all of those if none is named.
    pub(crate) fn open_lines(&self, named: &[QueueName]) -> Vec<&Line> {
        let is_open = |name: &&QueueName| !self.paused.contains(*name);
        if named.is_empty() {
            return self.lines.iter().filter(|(name, _)| is_open(name)).map(|(_, line)| line).collect();
        }
        let named: BTreeSet<&QueueName> = named.iter().filter(is_open).collect();
        named.into_iter().filter_map(|name| self.lines.get(name)).collect()
    }

    /// Notes that a queue is paused, or not any more.
    pub(crate) fn pause(&mut self, queue: QueueName, paused: bool) {
        if paused {
            self.paused.insert(queue);
        } else {
            self.paused.remove(&queue);
        }
    }

    pub(crate) fn is_paused(&self, queue: &QueueName) -> bool {
        self.paused.contains(queue)
    }

    /// The queue of this name, if a job was in it since the index was made.
    pub(crate) fn line(&self, queue: &QueueName) -> Option<&Line> {
        self.lines.get(queue)
    }

    pub(crate) fn held(&self, id: JobId) -> Option<Held> {
        match self.places.get(&id) {
            Some(Place::Runs { held, .. }) => Some(*held),
            _ => None,
        }
    }

    /// Running jobs whose lease ends by `now`, the longest lost first.
    pub(crate) fn expired(&self, now: Timestamp) -> impl Iterator<Item = JobId> {
        self.leases.iter().take_while(move |(until, _)| *until <= now).map(|(_, id)| *id)
    }

    /// Keeps from now on which jobs end; answers whether it knows which did before.
    pub(crate) fn keep_ended(&mut self) -> bool {
        self.ended.get_or_insert_default();
        self.all_ended
    }

    /// Learns which jobs ended before it kept them. Those of which something is known keep it.
    pub(crate) fn learn_ended(&mut self, ids: impl Iterator<Item = JobId>) {
        // An index that was made anew meanwhile did not keep those that ended since the folders were listed.
        let Some(kept) = self.ended.take() else { return };
        let mut ended: BTreeMap<JobId, Option<End>> =
            ids.filter(|id| !self.places.contains_key(id)).map(|id| (id, None)).collect();
        ended.extend(kept);
        self.ended = Some(ended);
        self.all_ended = true;
    }

    /// When this job ended.
    pub(crate) fn learn_end(&mut self, id: JobId, end: End) {
        if let Some(known) = self.ended.as_mut().and_then(|ended| ended.get_mut(&id)) {
            *known = Some(end);
        }
    }

    /// Ended jobs whose id is below this one, with what is known of their end. No job ends before the time in its
    /// id, so there is no need to look at the others.
    pub(crate) fn ended_below(&self, id: JobId) -> impl Iterator<Item = (JobId, Option<End>)> {
        self.ended.iter().flat_map(move |ended| ended.range(..id).map(|(id, end)| (*id, *end)))
    }

    fn queue(&self, name: &str) -> Option<QueueName> {
        // One name is shared by all jobs of a queue.
        let found = QueueName::new(name).ok()?;
        Some(self.lines.get_key_value(&found).map_or(found, |(known, _)| known.clone()))
    }

    fn task(&mut self, name: &str) -> Option<TaskName> {
        if let Some(known) = self.tasks.get(name) {
            return Some(known.clone());
        }
        let task = TaskName::new(name).ok()?;
        self.tasks.insert(name.into(), task.clone());
        Some(task)
    }
}
