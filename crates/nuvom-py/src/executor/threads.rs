//! The executor port on threads.

use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use nuvom_core::{End, Event, Held, Job};
use nuvom_engine::{Executor, Interrupt, Load, Outcomes, Service, Waking};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use super::limits::{Enforcer, Limited, Limits};
use super::pool::Pool;
use super::slot::Slot;
use super::watch::Reason;

/// What the threads share.
pub(crate) struct Shared {
    pub(super) pool: Pool,
    pub(super) limits: Limits,
    pub(super) max_result_bytes: usize,
    /// How long an attempt may take to end after it was interrupted, before it counts as stuck.
    pub(super) grace: Duration,
    /// Whether a thread with a stuck attempt gets a replacement.
    pub(super) replaces: bool,
    outcomes: OnceLock<Arc<dyn Outcomes>>,
    /// Guards the list of threads, those with stuck attempts included; not held while Python runs.
    threads: Mutex<Vec<Thread>>,
    /// Interruptions that were asked for. The thread that enforces limits raises them: it may wait for the GIL, and
    /// whoever asks, as the one that sends beats, must not.
    wanted: Mutex<Vec<(Held, Interrupt)>>,
}

struct Thread {
    slot: Py<Slot>,
    /// The `threading.Thread`; none for the main thread of a child.
    thread: Option<Py<PyAny>>,
}

/// Runs tasks on Python threads, so that users see them by name.
pub(crate) struct ThreadExecutor {
    shared: Arc<Shared>,
    count: usize,
    enforcer: Mutex<Option<Service>>,
}

impl ThreadExecutor {
    /// Starts so many threads.
    pub(crate) fn new(
        py: Python<'_>,
        count: usize,
        max_result_bytes: usize,
        grace: Duration,
    ) -> PyResult<Self> {
        let executor = Self::without_threads(count, max_result_bytes, grace, true);
        for _ in 0..count {
            executor.shared.start_thread(py)?;
        }
        Ok(executor)
    }

    /// One whose only thread is the one that calls `serve` of the slot.
    pub(crate) fn on_this_thread(
        py: Python<'_>,
        max_result_bytes: usize,
        grace: Duration,
    ) -> PyResult<(Self, Py<Slot>)> {
        let executor = Self::without_threads(1, max_result_bytes, grace, false);
        let slot = Py::new(py, Slot::new(Arc::clone(&executor.shared)))?;
        executor.shared.lock().push(Thread { slot: slot.clone_ref(py), thread: None });
        Ok((executor, slot))
    }

    fn without_threads(count: usize, max_result_bytes: usize, grace: Duration, replaces: bool) -> Self {
        let shared = Arc::new(Shared {
            pool: Pool::default(),
            limits: Limits::new(),
            max_result_bytes,
            grace,
            replaces,
            outcomes: OnceLock::new(),
            threads: Mutex::default(),
            wanted: Mutex::default(),
        });
        Self { shared, count, enforcer: Mutex::default() }
    }
}

impl Shared {
    pub(super) fn ended(&self, end: End, more: bool) {
        if let Some(outcomes) = self.outcomes.get() {
            outcomes.ended(end, more);
        }
    }

    fn start_thread(self: &Arc<Self>, py: Python<'_>) -> PyResult<()> {
        let slot = Py::new(py, Slot::new(Arc::clone(self)))?;
        let number = self.lock().len() + 1;
        let options = PyDict::new(py);
        options.set_item("target", slot.getattr(py, "serve")?)?;
        options.set_item("name", format!("nuvom-task-{number}"))?;
        options.set_item("daemon", true)?;
        let thread = py.import("threading")?.getattr("Thread")?.call((), Some(&options))?;
        thread.call_method0("start")?;
        self.lock().push(Thread { slot, thread: Some(thread.unbind()) });
        Ok(())
    }

    /// A thread whose place was taken has come to its end after all.
    pub(super) fn forget(&self, slot: &Slot) {
        self.lock().retain(|thread| !std::ptr::eq(thread.slot.get(), slot));
    }

    fn slots(&self, py: Python<'_>) -> Vec<Py<Slot>> {
        self.lock().iter().map(|thread| thread.slot.clone_ref(py)).collect()
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Thread>> {
        self.threads.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// An attempt that cannot be ended keeps its thread and its lease; another thread takes over its place.
    fn give_up(self: &Arc<Self>, py: Python<'_>, stuck: Event) {
        let Some(outcomes) = self.outcomes.get() else { return };
        if self.replaces {
            self.pool.done();
            if let Err(error) = self.start_thread(py) {
                error.write_unraisable(py, None);
            }
            outcomes.has_room();
        }
        outcomes.tell(stuck);
    }
}

struct Threads(Arc<Shared>);

impl Limited for Threads {
    fn limits(&self) -> &Limits {
        &self.0.limits
    }

    fn enforce(&self, py: Python<'_>, now: Instant) -> Option<Instant> {
        let wanted = std::mem::take(&mut *self.0.wanted.lock().unwrap_or_else(PoisonError::into_inner));
        let slots = self.0.slots(py);
        for (claim, why) in wanted {
            let _ = slots.iter().any(|slot| slot.get().interrupt(py, claim, Reason::Engine(why)));
        }
        let mut next = None;
        for slot in slots {
            let (moment, stuck) = slot.get().enforce(py, now);
            next = [next, moment].into_iter().flatten().min();
            if let Some(stuck) = stuck {
                self.0.give_up(py, stuck);
            }
        }
        next
    }
}

impl Executor for ThreadExecutor {
    fn name(&self) -> &'static str {
        "threads"
    }

    fn start(&self, outcomes: Arc<dyn Outcomes>) {
        let _ = self.shared.outcomes.set(outcomes);
        let duty = Enforcer(Arc::new(Threads(Arc::clone(&self.shared))));
        let started = Service::start(duty, self.shared.limits.waking.clone()).ok();
        *self.enforcer.lock().unwrap_or_else(PoisonError::into_inner) = started;
    }

    fn slots(&self) -> usize {
        self.count
    }

    fn load(&self) -> Load {
        Load { queued: self.shared.pool.queued(), running: self.shared.pool.running() }
    }

    fn submit(&self, jobs: Vec<Job>) {
        self.shared.pool.submit(jobs);
    }

    fn recall(&self) -> Vec<Job> {
        self.shared.pool.recall()
    }

    fn interrupt(&self, held: &[Held], why: Interrupt) {
        for claim in self.shared.pool.withdraw(held) {
            self.shared.ended(why.unstarted(claim), false);
        }
        if !held.is_empty() {
            let wishes = held.iter().map(|claim| (*claim, why));
            self.shared.wanted.lock().unwrap_or_else(PoisonError::into_inner).extend(wishes);
            self.shared.limits.expect(Instant::now());
        }
    }

    fn close(&self) -> bool {
        /// Long enough for a thread that is between two jobs.
        const PATIENCE: f64 = 1.0;
        self.shared.pool.close();
        let enforcer = self.enforcer.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(mut enforcer) = enforcer {
            enforcer.join(Duration::from_secs(1));
        }
        Python::attach(|py| {
            // What was to be interrupted just before the end is interrupted still: it may run elsewhere already.
            let _ = Threads(Arc::clone(&self.shared)).enforce(py, Instant::now());
            let threads: Vec<Thread> = std::mem::take(&mut *self.shared.lock());
            threads.iter().fold(true, |all, Thread { slot, thread }| {
                let Some(thread) = thread else { return all };
                // To wait for one that is stuck would be in vain.
                let patience = if slot.get().stuck().is_some() { 0.0 } else { PATIENCE };
                let joined = thread.call_method1(py, "join", (patience,));
                let alive = joined.and_then(|_| thread.call_method0(py, "is_alive")?.is_truthy(py));
                all && matches!(alive, Ok(false))
            })
        })
    }

    fn stuck(&self) -> Vec<End> {
        self.shared.lock().iter().filter_map(|thread| thread.slot.get().stuck()).collect()
    }

    fn services(&self) -> Vec<(&'static str, Waking)> {
        vec![("limits", self.shared.limits.waking.clone())]
    }
}
