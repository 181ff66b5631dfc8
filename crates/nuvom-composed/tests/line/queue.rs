//! A line in memory that promises what a test wants it to.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use nuvom_core::ports::{Line, LinePromises, Lined, Receipt, Taken};
use nuvom_core::{Clock, QueueName, Result, Timestamp};

/// How long what was given out stays with its taker.
pub(crate) const VISIBILITY: Duration = Duration::from_secs(30);

/// Nothing beyond taking in and giving out.
pub(crate) const BARE: LinePromises = LinePromises {
    durable: false,
    cross_process: false,
    acknowledge: false,
    extend: false,
    release: false,
    delays: false,
    priorities: false,
    queues: false,
    deliveries: false,
    own_clock: false,
};

/// All that a line can promise inside one process.
pub(crate) const FULL: LinePromises = LinePromises {
    durable: false,
    cross_process: false,
    acknowledge: true,
    extend: true,
    release: true,
    delays: true,
    priorities: true,
    queues: true,
    deliveries: true,
    own_clock: false,
};

pub(crate) struct Queue {
    promises: LinePromises,
    clock: Arc<dyn Clock>,
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    number: u64,
    standing: Vec<Standing>,
    out: HashMap<Receipt, (Standing, Timestamp)>,
}

#[derive(Clone)]
struct Standing {
    number: u64,
    lined: Lined,
    visible_at: Timestamp,
    deliveries: u64,
}

impl Queue {
    pub(crate) fn new(promises: LinePromises, clock: Arc<dyn Clock>) -> Arc<Self> {
        Arc::new(Self { promises, clock, kept: Mutex::default() })
    }

    /// As if the takers of all that is out had died, and their time were over.
    pub(crate) fn forget_takers(&self) {
        let kept = &mut *self.kept.lock().unwrap();
        kept.standing.extend(kept.out.drain().map(|(_, (standing, _))| standing));
    }
}

impl Line for Queue {
    fn promises(&self) -> LinePromises {
        self.promises
    }

    fn put(&self, jobs: &[Lined]) -> Result<()> {
        let kept = &mut *self.kept.lock().unwrap();
        for lined in jobs {
            kept.number += 1;
            let (number, visible_at) = (kept.number, self.clock.now() + lined.delay);
            kept.standing.push(Standing { number, lined: lined.clone(), visible_at, deliveries: 0 });
        }
        Ok(())
    }

    fn take(&self, limit: usize, queues: &[QueueName], _wait: Duration) -> Result<Vec<Taken>> {
        let kept = &mut *self.kept.lock().unwrap();
        let now = self.clock.now();
        let over: Vec<Receipt> =
            kept.out.iter().filter(|(_, (_, until))| *until <= now).map(|(receipt, _)| *receipt).collect();
        kept.standing.extend(over.iter().filter_map(|receipt| kept.out.remove(receipt)).map(|(job, _)| job));
        let serves = |job: &Standing| queues.is_empty() || queues.contains(&job.lined.record.job.queue);
        let (mut ready, rest): (Vec<_>, Vec<_>) =
            kept.standing.drain(..).partition(|job| job.visible_at <= now && serves(job));
        kept.standing = rest;
        if self.promises.priorities {
            ready.sort_by_key(|job| {
                let job = &job.lined.record.job;
                (job.priority, job.run_at, job.id)
            });
        } else {
            ready.sort_by_key(|job| job.number);
        }
        let left = ready.split_off(limit.min(ready.len()));
        kept.standing.extend(left);
        let mut taken = Vec::new();
        for mut job in ready {
            kept.number += 1;
            let receipt = Receipt(kept.number);
            job.deliveries += 1;
            let deliveries = self.promises.deliveries.then_some(job.deliveries);
            taken.push(Taken { receipt, record: job.lined.record.clone(), deliveries });
            if self.promises.acknowledge {
                kept.out.insert(receipt, (job, now + VISIBILITY));
            }
        }
        Ok(taken)
    }

    fn acknowledge(&self, taken: &[Receipt]) -> Result<Vec<bool>> {
        let kept = &mut *self.kept.lock().unwrap();
        Ok(taken.iter().map(|receipt| kept.out.remove(receipt).is_some()).collect())
    }

    fn extend(&self, taken: &[Receipt], lease_for: Duration) -> Result<Vec<bool>> {
        let kept = &mut *self.kept.lock().unwrap();
        let until = self.clock.now() + lease_for;
        let extend = |receipt| kept.out.get_mut(receipt).map(|(_, end)| *end = until).is_some();
        Ok(taken.iter().map(extend).collect())
    }

    fn release(&self, taken: &[(Receipt, Duration)]) -> Result<()> {
        let kept = &mut *self.kept.lock().unwrap();
        for (receipt, delay) in taken {
            if let Some((mut job, _)) = kept.out.remove(receipt) {
                job.visible_at = self.clock.now() + *delay;
                kept.standing.push(job);
            }
        }
        Ok(())
    }

    fn length(&self) -> Result<u64> {
        Ok(self.kept.lock().unwrap().standing.len() as u64)
    }

    fn clear(&self) -> Result<u64> {
        let count = self.length()?;
        *self.kept.lock().unwrap() = Kept::default();
        Ok(count)
    }
}
