//! What a worker asks for: how many jobs, and of which kinds it has room for fewer.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use crate::{QueueName, SignatureHash, TaskName, WorkerName};

/// Of one queue and priority, a store looks past no more than so many waiting jobs that a claim has no room for; what
/// stands behind them waits.
/// Far enough that one kind of job seldom hides the others, near enough that a look stays cheap.
pub const LOOK_PAST: usize = 1_000;

/// A worker's wish for jobs.
#[derive(Debug, Clone)]
pub struct Claim {
    /// Who asks.
    pub worker: WorkerName,
    /// From these queues; none named means all.
    pub queues: Vec<QueueName>,
    /// At most so many.
    pub limit: usize,
    /// Of some of them, fewer: a job must fit into every share that covers it, or is passed over.
    pub shares: Vec<Share>,
    /// For how long, unless renewed.
    pub lease_for: Duration,
}

/// How many jobs of one kind a claim has room for.
#[derive(Debug, Clone)]
pub struct Share {
    /// The jobs that it covers, by their task.
    pub tasks: Tasks,
    /// Whether it covers only jobs that may be what takes their holders down.
    pub suspects: bool,
    /// At most so many.
    pub limit: usize,
}

/// Jobs of some tasks among all.
#[derive(Debug, Clone)]
pub enum Tasks {
    /// These.
    Only(Arc<HashSet<TaskName>>),
    /// All others.
    AllBut(Arc<HashSet<TaskName>>),
    /// These, as far as their jobs were made for one of these signatures.
    MadeFor(Arc<HashMap<TaskName, HashSet<SignatureHash>>>),
}

impl Claim {
    /// Whether the signatures of jobs make a difference to it. They are far to read where payloads are large, so a
    /// store need not look at them otherwise.
    pub fn minds_signatures(&self) -> bool {
        self.shares.iter().any(|share| matches!(share.tasks, Tasks::MadeFor(_)))
    }

    /// Counts what is taken against the claim.
    pub fn room(&self) -> Room<'_> {
        Room { left: self.limit, shares: self.shares.iter().map(|share| (share, share.limit)).collect() }
    }
}

/// What a claim has room for still.
#[derive(Debug)]
pub struct Room<'a> {
    left: usize,
    shares: Vec<(&'a Share, usize)>,
}

impl Room<'_> {
    /// How many more jobs there is room for, of whatever kind.
    pub fn left(&self) -> usize {
        self.left
    }

    /// How many jobs fit for certain, or at least in the kind that has the least room of those that have any: what to
    /// ask for of a store that cannot choose.
    pub fn least(&self) -> usize {
        let open = self.shares.iter().map(|(_, left)| *left).filter(|left| *left > 0);
        open.min().map_or(self.left, |least| least.min(self.left))
    }

    /// Takes a job of this task and made for this signature, suspect or not, if it fits.
    pub fn take(&mut self, task: &TaskName, signature: Option<SignatureHash>, suspect: bool) -> bool {
        let covers = |share: &Share| (suspect || !share.suspects) && share.tasks.contain(task, signature);
        if self.left == 0 || self.shares.iter().any(|(share, left)| *left == 0 && covers(share)) {
            return false;
        }
        self.left -= 1;
        for (share, left) in &mut self.shares {
            if covers(share) {
                *left -= 1;
            }
        }
        true
    }
}

impl Tasks {
    /// Whether a job of this task and made for this signature is among them.
    pub fn contain(&self, task: &TaskName, signature: Option<SignatureHash>) -> bool {
        match self {
            Tasks::Only(tasks) => tasks.contains(task),
            Tasks::AllBut(tasks) => !tasks.contains(task),
            Tasks::MadeFor(signatures) => signature
                .is_some_and(|hash| signatures.get(task).is_some_and(|hashes| hashes.contains(&hash))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(task: &str) -> TaskName {
        TaskName::new(task).unwrap()
    }

    fn claim(limit: usize, shares: Vec<Share>) -> Claim {
        let worker = WorkerName::new("w").unwrap();
        Claim { worker, queues: Vec::new(), limit, shares, lease_for: Duration::from_secs(30) }
    }

    fn slow() -> Arc<HashSet<TaskName>> {
        Arc::new(HashSet::from([name("slow")]))
    }

    #[test]
    fn a_job_fits_only_if_every_share_that_covers_it_has_room() {
        let shares = vec![
            Share { tasks: Tasks::Only(slow()), suspects: false, limit: 1 },
            Share { tasks: Tasks::AllBut(slow()), suspects: true, limit: 1 },
        ];
        let claim = claim(9, shares);
        let mut room = claim.room();

        assert!(room.take(&name("slow"), None, false));
        assert!(!room.take(&name("slow"), None, false));
        assert!(room.take(&name("quick"), None, true));
        assert!(!room.take(&name("quick"), None, true));
        assert!(room.take(&name("quick"), None, false));
        assert_eq!(room.left(), 6);
    }

    #[test]
    fn nothing_fits_beyond_the_limit() {
        let claim = claim(1, Vec::new());
        let mut room = claim.room();

        assert!(room.take(&name("quick"), None, false));
        assert!(!room.take(&name("quick"), None, false));
    }

    #[test]
    fn of_one_task_jobs_made_for_some_signatures_can_be_left_alone() {
        let (left, taken) = (SignatureHash::from_bits(1), SignatureHash::from_bits(2));
        let tasks = Tasks::MadeFor(Arc::new(HashMap::from([(name("send"), HashSet::from([left]))])));
        let claim = claim(9, vec![Share { tasks, suspects: false, limit: 0 }]);
        let mut room = claim.room();

        assert!(!room.take(&name("send"), Some(left), false));
        assert!(room.take(&name("send"), Some(taken), false));
        assert!(room.take(&name("send"), None, false));
        assert!(room.take(&name("add"), Some(left), false));
        assert!(claim.minds_signatures());
    }
}
