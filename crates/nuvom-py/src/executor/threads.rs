//! The executor port on threads.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use nuvom_core::{End, Held, Job};
use nuvom_engine::{Duty, Executor, Interrupt, Load, Outcomes, Service, Waking};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use super::pool::Pool;
use super::slot::{Reason, Slot};

/// What the threads share.
pub(crate) struct Shared {
    pub(crate) pool: Pool,
    pub(crate) limits: Limits,
    pub(crate) max_result_bytes: usize,
    outcomes: OnceLock<Arc<dyn Outcomes>>,
}

impl Shared {
    pub(crate) fn ended(&self, end: End, more: bool) {
        if let Some(outcomes) = self.outcomes.get() {
            outcomes.ended(end, more);
        }
    }
}

/// Runs tasks on Python threads, so that users see them by name.
pub(crate) struct ThreadExecutor {
    shared: Arc<Shared>,
    slots: Arc<Vec<Py<Slot>>>,
    threads: Vec<Py<PyAny>>,
    enforcer: Mutex<Option<Service>>,
}

impl ThreadExecutor {
    /// Starts so many threads.
    pub(crate) fn new(py: Python<'_>, count: usize, max_result_bytes: usize) -> PyResult<Self> {
        let shared = Arc::new(Shared {
            pool: Pool::default(),
            limits: Limits::new(),
            max_result_bytes,
            outcomes: OnceLock::new(),
        });
        let thread_class = py.import("threading")?.getattr("Thread")?;
        let (mut slots, mut threads) = (Vec::new(), Vec::new());
        for number in 1..=count {
            let slot = Py::new(py, Slot::new(Arc::clone(&shared)))?;
            let options = PyDict::new(py);
            options.set_item("target", slot.getattr(py, "serve")?)?;
            options.set_item("name", format!("nuvom-task-{number}"))?;
            options.set_item("daemon", true)?;
            let thread = thread_class.call((), Some(&options))?;
            slots.push(slot);
            threads.push(thread.unbind());
        }
        for thread in &threads {
            thread.call_method0(py, "start")?;
        }
        Ok(Self { shared, slots: Arc::new(slots), threads, enforcer: Mutex::default() })
    }
}

impl Executor for ThreadExecutor {
    fn start(&self, outcomes: Arc<dyn Outcomes>) {
        let _ = self.shared.outcomes.set(outcomes);
        let duty = EnforceLimits { slots: Arc::clone(&self.slots), shared: Arc::clone(&self.shared) };
        let started = Service::start(duty, self.shared.limits.waking.clone()).ok();
        *self.enforcer.lock().unwrap_or_else(PoisonError::into_inner) = started;
    }

    fn slots(&self) -> usize {
        self.slots.len()
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
        if held.is_empty() {
            return;
        }
        Python::attach(|py| {
            for claim in held {
                let _ = self.slots.iter().any(|slot| slot.get().interrupt(py, *claim, Reason::Engine(why)));
            }
        });
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
            self.threads.iter().fold(true, |all, thread| {
                let joined = thread.call_method1(py, "join", (PATIENCE,));
                let alive = joined.and_then(|_| thread.call_method0(py, "is_alive")?.is_truthy(py));
                all && matches!(alive, Ok(false))
            })
        })
    }
}

/// When the next time limit passes. A job with a limit like the others' wakes nobody.
pub(crate) struct Limits {
    started: Instant,
    /// Microseconds from `started` to the moment for which the enforcer is awake anyway.
    next: AtomicU64,
    waking: Waking,
}

impl Limits {
    fn new() -> Self {
        Self { started: Instant::now(), next: AtomicU64::new(u64::MAX), waking: Waking::new() }
    }

    /// Makes sure that the enforcer is awake at this moment.
    pub(crate) fn expect(&self, deadline: Instant) {
        let moment = self.micros(deadline);
        if moment < self.next.load(Ordering::Acquire) {
            self.next.fetch_min(moment, Ordering::AcqRel);
            self.waking.wake();
        }
    }

    fn micros(&self, moment: Instant) -> u64 {
        u64::try_from(moment.saturating_duration_since(self.started).as_micros()).unwrap_or(u64::MAX)
    }
}

struct EnforceLimits {
    slots: Arc<Vec<Py<Slot>>>,
    shared: Arc<Shared>,
}

impl Duty for EnforceLimits {
    fn name(&self) -> &'static str {
        "limits"
    }

    fn run_once(&mut self) -> Duration {
        let limits = &self.shared.limits;
        let (now, next) = (Instant::now(), limits.next.load(Ordering::Acquire));
        if next == u64::MAX {
            return Duration::MAX;
        }
        let early = Duration::from_micros(next).saturating_sub(now.duration_since(limits.started));
        if !early.is_zero() {
            return early;
        }
        // Only now is there anything to look at, and only now is the GIL worth taking.
        limits.next.store(u64::MAX, Ordering::Release);
        let left =
            Python::attach(|py| self.slots.iter().filter_map(|slot| slot.get().enforce_limit(py, now)).min());
        let Some(left) = left else { return Duration::ZERO };
        limits.next.fetch_min(limits.micros(now + left), Ordering::AcqRel);
        left
    }
}
