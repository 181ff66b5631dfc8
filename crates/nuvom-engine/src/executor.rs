//! The executor port: whatever calls tasks.

use std::sync::Arc;

use nuvom_core::{End, Event, HandBack, Held, Job, Outcome};

use crate::service::Waking;

/// Runs attempts. It owns the jobs it was given until it reports their end or gives them back.
pub trait Executor: Send + Sync {
    /// What people know it as.
    fn name(&self) -> &'static str {
        "pool"
    }

    /// Begins to run what is submitted, and reports ends to `outcomes`.
    fn start(&self, outcomes: Arc<dyn Outcomes>);

    /// How many attempts can run at once, now.
    fn slots(&self) -> usize;

    /// What it has to do.
    fn load(&self) -> Load;

    /// Takes jobs, to be started in this order.
    fn submit(&self, jobs: Vec<Job>);

    /// Gives back all that has not started.
    fn recall(&self) -> Vec<Job>;

    /// Asks attempts to end; what cannot be interrupted goes on. A job that has not started never will: its end is
    /// reported at once. A claim that it does not have is ignored.
    fn interrupt(&self, held: &[Held], why: Interrupt);

    /// Ends when nothing runs any more; answers false if something could not be ended.
    fn close(&self) -> bool;

    /// Whether an attempt that kills its process takes no other one along.
    fn isolates(&self) -> bool {
        false
    }

    /// The attempts that were asked to end, did not, and cannot be made to: for each the end to be reported if
    /// the whole worker goes away.
    fn stuck(&self) -> Vec<End> {
        Vec::new()
    }

    /// Why it will never run anything again, if so.
    fn failure(&self) -> Option<String> {
        None
    }

    /// Its own services, by name, for the watchdog.
    fn services(&self) -> Vec<(&'static str, Waking)> {
        Vec::new()
    }
}

/// Why an attempt should end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Interrupt {
    /// A client asked for it.
    Cancel,
    /// The lease is gone: somebody else may run the job already.
    LeaseLost,
    /// The worker stops and has waited long enough.
    Stop,
}

impl Interrupt {
    /// The end of a job that had not started when it was interrupted.
    pub fn unstarted(self, held: Held) -> End {
        let outcome = match self {
            Interrupt::Cancel => Outcome::Cancelled,
            Interrupt::LeaseLost | Interrupt::Stop => Outcome::HandedBack { reason: HandBack::Stop },
        };
        End { id: held.id, lease: held.lease, outcome }
    }
}

/// What an executor has to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Load {
    /// Jobs that have not started.
    pub queued: usize,
    /// Attempts that run in its slots; those that are stuck have none any more.
    pub running: usize,
}

/// Receives the ends of attempts, and what else an executor has to say.
pub trait Outcomes: Send + Sync {
    /// An attempt ended. `more` says that the same thread goes on with another job at once, so the end may
    /// wait a moment for company.
    fn ended(&self, end: End, more: bool);

    /// There is more room than before, without an end.
    fn has_room(&self) {}

    /// Something happened that people should know.
    fn tell(&self, event: Event) {
        let _ = event;
    }
}
