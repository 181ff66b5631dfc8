//! The store: a line, a result store, and what this process has of the line.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use nuvom_core::ports::{
    Line, LinePromises, Lined, Receipt, ResultStore, Roster, ScheduleStore, Stores, Topic, Wakers,
};
use nuvom_core::{Capability, Clock, Error, ErrorKind, JobId, Result, StoreTime, Timestamp};

use crate::desk::{Desk, Waiting};
use crate::waiter::Waiter;
use crate::{NoRoster, SplitSchedules};

/// A line and a result store, as one store.
pub struct LineStore {
    pub(crate) line: Arc<dyn Line>,
    pub(crate) results: Arc<dyn ResultStore>,
    roster: Option<Arc<dyn Roster>>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) promises: LinePromises,
    pub(crate) keeps_records: bool,
    pub(crate) wakers: Arc<Wakers>,
    pub(crate) waiter: Waiter,
    /// How far down the result store was looked through for what is too old; none after the end of it.
    pub(crate) pruned_to: Mutex<Option<JobId>>,
    pub(crate) me: Weak<LineStore>,
    time: Mutex<StoreTime>,
    /// Guards what this process has of the line; never held while the line or the result store is asked.
    desk: Mutex<Desk>,
}

impl fmt::Debug for LineStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LineStore").field("promises", &self.promises).finish_non_exhaustive()
    }
}

impl LineStore {
    /// A store whose jobs stand in this line, whose ends are kept there, and whose workers are listed there, if
    /// anywhere.
    pub fn new(
        line: Arc<dyn Line>,
        results: Arc<dyn ResultStore>,
        roster: Option<Arc<dyn Roster>>,
        clock: Arc<dyn Clock>,
    ) -> Arc<Self> {
        Arc::new_cyclic(|me| Self {
            promises: line.promises(),
            keeps_records: results.result_capability().keeps_records,
            line,
            results,
            roster,
            clock,
            wakers: Arc::default(),
            waiter: Waiter::default(),
            pruned_to: Mutex::default(),
            me: Weak::clone(me),
            time: Mutex::default(),
            desk: Mutex::default(),
        })
    }

    /// This store as the ports that it serves, with schedules from elsewhere.
    pub fn stores(self: &Arc<Self>, schedules: Arc<dyn ScheduleStore>) -> Stores {
        Stores {
            jobs: Arc::clone(self) as _,
            inspect: Arc::clone(self) as _,
            results: Arc::clone(&self.results),
            schedules: Arc::new(SplitSchedules { schedules, jobs: Arc::clone(self) as _ }),
            roster: self.roster.clone().unwrap_or_else(|| Arc::new(NoRoster)),
            // This store writes both, each in its place, in the right order.
            joint_results: true,
        }
    }

    pub(crate) fn capability_of_line(&self) -> Capability {
        let LinePromises {
            durable, cross_process, acknowledge, delays, priorities, queues, own_clock, ..
        } = self.promises;
        Capability {
            durable,
            cross_process,
            records: false,
            recovery: acknowledge,
            leases: false,
            queues,
            pausing: false,
            priorities,
            delays,
            // Ends are told inside the process alone, and so are new jobs, unless the line can be waited at.
            notify: !cross_process,
            joint_results: false,
            store_clock: own_clock,
            roster: self.roster.is_some(),
        }
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.time.lock().unwrap_or_else(PoisonError::into_inner).now(&*self.clock)
    }

    pub(crate) fn desk(&self) -> MutexGuard<'_, Desk> {
        self.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Gives back to the line what this process has taken and does not run.
    pub(crate) fn give_back(&self, unclaimed: Vec<Waiting>) -> Result<()> {
        if unclaimed.is_empty() {
            return Ok(());
        }
        let now = self.now();
        let (mut released, mut put, mut replaced) = (Vec::new(), Vec::new(), Vec::new());
        for Waiting { record, receipt, .. } in unclaimed {
            let delay = record.job.run_at.since(now);
            if self.promises.release && self.keeps_records {
                released.push((receipt, delay));
            } else {
                let delay = if self.promises.delays { delay } else { Duration::ZERO };
                put.push(Lined { record, delay });
                replaced.push(receipt);
            }
        }
        if !released.is_empty() {
            self.line.release(&released)?;
        }
        self.put(&put)?;
        self.acknowledge(&replaced)
    }

    /// Has the line take jobs in, and tells whoever waits for some.
    pub(crate) fn put(&self, jobs: &[Lined]) -> Result<()> {
        if jobs.is_empty() {
            return Ok(());
        }
        self.line.put(jobs)?;
        self.wakers.call(&[Topic::Ready]);
        Ok(())
    }

    /// Has the line forget what it gave out, where it remembers that.
    pub(crate) fn acknowledge(&self, receipts: &[Receipt]) -> Result<()> {
        if self.promises.acknowledge && !receipts.is_empty() {
            self.line.acknowledge(receipts)?;
        }
        Ok(())
    }
}

/// That the line does not promise this.
pub(crate) fn unsupported(what: &str) -> Error {
    Error::new(ErrorKind::Unsupported, format!("this queue {what}"))
        .hint("`nuvom plugin inspect` shows what it promises; docs/reference/capabilities.md what others do")
}

impl Drop for LineStore {
    fn drop(&mut self) {
        let unclaimed = self.desk().take_unclaimed();
        // Nobody is left to hear of a failure; a line that acknowledges gives these out again by itself.
        let _ = self.give_back(unclaimed);
    }
}
