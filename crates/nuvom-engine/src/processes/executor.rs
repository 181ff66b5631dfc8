//! The executor port on child processes: one executor for each lane, over the same children. A child that dies
//! takes along what ran in it; it is replaced, and what it had not started goes to another.

use std::ffi::OsString;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use nuvom_core::{Held, Job};

use super::crew::Crew;
use super::supervisor::Supervisor;
use super::wire::Lane;
use crate::executor::{Executor, Interrupt, Load, Outcomes};
use crate::service::{Service, Waking};

/// How long children may take to end by themselves when there is nothing left to do.
const FAREWELL: Duration = Duration::from_secs(2);

/// A stop that cuts waits a few seconds for what it has cut; children must be gone before that.
const CUT: Duration = Duration::from_secs(2);

/// How children are started and kept.
#[derive(Debug, Clone)]
pub struct ChildCommand {
    /// The program.
    pub program: OsString,
    /// Its arguments.
    pub arguments: Vec<OsString>,
    /// What is added to its environment. Unlike arguments, only their user can read it.
    pub environment: Vec<(OsString, OsString)>,
    /// How many run at once.
    pub children: usize,
    /// How many attempts of `Together` run in each at once.
    pub coroutines: usize,
    /// Whether they start with the worker, or only with the first job for them.
    pub warm: bool,
    /// How long an attempt may go on beyond its limit, or after it was asked to end, before its child is killed.
    pub grace: Duration,
    /// How long a claim lasts unless renewed. A child that has not heard of its worker for too much of that time
    /// ends what runs, so that it is gone before somebody else can hold the job.
    pub lease: Duration,
    /// A child that has been given so many jobs is replaced.
    pub max_jobs: Option<u64>,
    /// A child with more memory than this, in bytes, is replaced.
    pub max_rss: Option<u64>,
}

impl ChildCommand {
    /// How often a busy child hears of its worker, which looks after it then.
    pub(super) fn beat(&self) -> Duration {
        (self.lease / 10).min(Duration::from_millis(500))
    }

    /// A busy child that hears nothing for so long ends what runs. Its worker may have been frozen just before it
    /// renewed its leases, when a third of their time was gone: this, and the grace, fit into the rest.
    pub fn fence(&self) -> Duration {
        self.lease.mul_f64(0.4)
    }

    /// How long that may take before the child ends itself.
    pub fn fence_grace(&self) -> Duration {
        self.grace.min(self.lease.mul_f64(0.1))
    }
}

/// Child processes that run attempts.
pub struct Processes {
    crew: Arc<Crew>,
    supervisor: Arc<Mutex<Option<Service>>>,
}

impl Processes {
    /// Prepares them; they start with the first of their executors.
    pub fn new(command: ChildCommand) -> Self {
        Self { crew: Arc::new(Crew::new(command)), supervisor: Arc::default() }
    }

    /// The executor that runs attempts one at a time in each child.
    pub fn line(&self) -> Arc<dyn Executor> {
        self.executor(Lane::Line)
    }

    /// The executor that runs many at once in each child.
    pub fn together(&self) -> Arc<dyn Executor> {
        self.executor(Lane::Together)
    }

    fn executor(&self, lane: Lane) -> Arc<dyn Executor> {
        Arc::new(InProcesses { crew: Arc::clone(&self.crew), supervisor: Arc::clone(&self.supervisor), lane })
    }
}

struct InProcesses {
    crew: Arc<Crew>,
    supervisor: Arc<Mutex<Option<Service>>>,
    lane: Lane,
}

impl InProcesses {
    /// A worker without such jobs has neither children nor a thread for them.
    fn supervise(&self) {
        let mut supervisor = self.supervisor.lock().unwrap_or_else(PoisonError::into_inner);
        if supervisor.is_none() && !self.crew.lock().closing {
            let duty = Supervisor::new(Arc::clone(&self.crew));
            *supervisor = Service::start(duty, self.crew.waking.clone()).ok();
        }
    }
}

impl Executor for InProcesses {
    fn name(&self) -> &'static str {
        match self.lane {
            Lane::Line => "children",
            Lane::Together => "children's event loops",
        }
    }

    fn start(&self, outcomes: Arc<dyn Outcomes>) {
        let _ = self.crew.outcomes.set(outcomes);
        if self.crew.command.warm {
            self.supervise();
        }
    }

    fn slots(&self) -> usize {
        let state = self.crew.lock();
        let children = if state.wanted {
            state.children.iter().filter(|child| child.works()).count()
        } else {
            self.crew.command.children
        };
        match self.lane {
            Lane::Line => children.min(self.crew.command.children),
            Lane::Together => children * self.crew.command.coroutines,
        }
    }

    fn load(&self) -> Load {
        let mut state = self.crew.lock();
        let held: usize = state.children.iter().map(|child| child.desk.len(self.lane)).sum();
        let running: usize = state.children.iter().map(|child| child.desk.running(self.lane)).sum();
        Load { queued: state.waiting(self.lane).len() + held - running, running }
    }

    fn submit(&self, jobs: Vec<Job>) {
        let mut state = self.crew.lock();
        state.recalling = false;
        state.wanted = true;
        for job in jobs {
            // One that may have taken a process down shares its own with no other attempt of its kind.
            let lane = if job.is_suspect() { Lane::Line } else { self.lane };
            state.waiting(lane).push_back(job);
        }
        self.crew.feed(&mut state);
        drop(state);
        self.supervise();
    }

    fn recall(&self) -> Vec<Job> {
        let mut state = self.crew.lock();
        if self.lane == Lane::Line {
            state.recalling = true;
            state.children.iter_mut().for_each(super::child::Child::recall);
        }
        state.waiting(self.lane).drain(..).collect()
    }

    fn interrupt(&self, held: &[Held], why: Interrupt) {
        let now = Instant::now();
        let grace = self.crew.command.grace;
        let grace = match why {
            Interrupt::Cancel => grace,
            // What is left of the lease when it cannot be trusted any more.
            Interrupt::LeaseLost => grace.min(self.crew.command.lease.mul_f64(0.05)),
            Interrupt::Stop => grace.min(CUT),
        };
        let mut state = self.crew.lock();
        let mut unstarted = Vec::new();
        state.waiting(self.lane).retain(|job| {
            let keep = !held.contains(&job.held());
            if !keep {
                unstarted.push(why.unstarted(job.held()));
            }
            keep
        });
        for claim in held {
            let _ = state.children.iter_mut().any(|child| child.interrupt(*claim, why, grace, now));
        }
        drop(state);
        self.crew.report(unstarted);
        self.crew.waking.wake();
    }

    fn close(&self) -> bool {
        let mut state = self.crew.lock();
        state.closing = true;
        state.children.iter_mut().for_each(super::child::Child::dismiss);
        let some_left = |state: &mut super::crew::State| !state.children.is_empty();
        let waited = self.crew.changed.wait_timeout_while(state, FAREWELL, some_left);
        let mut state = waited.unwrap_or_else(PoisonError::into_inner).0;
        let ended = state.children.is_empty();
        let now = Instant::now();
        state.children.iter_mut().for_each(|child| child.kill(now));
        let waited = self.crew.changed.wait_timeout_while(state, FAREWELL, some_left);
        drop(waited);
        if let Some(mut supervisor) = self.supervisor.lock().unwrap_or_else(PoisonError::into_inner).take() {
            supervisor.join(Duration::from_secs(1));
        }
        ended
    }

    fn isolates(&self) -> bool {
        true
    }

    fn failure(&self) -> Option<String> {
        self.crew.failure()
    }

    fn services(&self) -> Vec<(&'static str, Waking)> {
        match self.lane {
            Lane::Line => vec![("children", self.crew.waking.clone())],
            Lane::Together => Vec::new(),
        }
    }
}
