//! One place where an attempt runs, and how it is interrupted there.

use std::ffi::c_long;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use nuvom_core::{Held, Job};
use nuvom_engine::Interrupt;
use pyo3::prelude::*;

use super::current;
use super::run::Tasks;
use super::threads::Shared;

/// Why an attempt was interrupted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reason {
    TimeLimit,
    Engine(Interrupt),
}

impl Reason {
    /// The exception of `nuvom.errors` that is raised inside the task.
    fn exception(self) -> &'static str {
        match self {
            Reason::TimeLimit => "TimeLimitReached",
            Reason::Engine(Interrupt::Cancel) => "CancelRequested",
            Reason::Engine(Interrupt::LeaseLost) => "LeaseLost",
            Reason::Engine(Interrupt::Stop) => "WorkerStopping",
        }
    }
}

/// A thread of the pool.
#[pyclass(frozen, module = "nuvom._nuvom")]
pub(crate) struct Slot {
    shared: Arc<Shared>,
    /// Guards what runs here. Whoever interrupts holds the GIL from the look to the interruption, and so does
    /// the thread when it ends its attempt: an interruption can never reach the next one.
    running: Mutex<Option<Running>>,
}

struct Running {
    held: Held,
    thread: c_long,
    deadline: Option<Instant>,
    interrupted: Option<Reason>,
    cancel_requested: Arc<AtomicBool>,
}

#[pymethods]
impl Slot {
    /// Runs jobs until the pool is closed: the target of a thread.
    fn serve(&self, py: Python<'_>) -> PyResult<()> {
        let thread: c_long = py.import("threading")?.call_method0("get_ident")?.extract()?;
        let tasks = Tasks::new(py, Arc::clone(&self.shared))?;
        let pool = &self.shared.pool;
        while py.detach(|| pool.await_job()) {
            while let Some(job) = pool.take() {
                let end = tasks.run(py, self, thread, &job);
                let more = pool.done();
                self.shared.ended(end, more);
            }
        }
        Ok(())
    }
}

impl Slot {
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        Self { shared, running: Mutex::new(None) }
    }

    /// Notes that an attempt begins on this thread.
    pub(crate) fn begin(&self, thread: c_long, job: &Job) {
        let cancel_requested = Arc::new(AtomicBool::new(false));
        current::begin(job, Arc::clone(&cancel_requested));
        let deadline = job.options.timeout.and_then(|timeout| Instant::now().checked_add(timeout));
        let running = Running { held: job.held(), thread, deadline, interrupted: None, cancel_requested };
        *self.lock() = Some(running);
        if let Some(deadline) = deadline {
            self.shared.limits.expect(deadline);
        }
    }

    /// Notes that it ended; answers whether it was interrupted, and takes back an interruption that was asked
    /// for but not yet raised.
    pub(crate) fn finish(&self, _py: Python<'_>) -> Option<Reason> {
        current::finish();
        let running = self.lock().take()?;
        if running.interrupted.is_some() {
            set_exception(running.thread, std::ptr::null_mut());
        }
        running.interrupted
    }

    /// Interrupts the attempt if it is this one.
    pub(crate) fn interrupt(&self, py: Python<'_>, held: Held, reason: Reason) -> bool {
        let mut running = self.lock();
        match &mut *running {
            Some(running) if running.held == held => {
                running.raise(py, reason);
                true
            }
            _ => false,
        }
    }

    /// Interrupts the attempt if its time is over; answers when it will be.
    pub(crate) fn enforce_limit(&self, py: Python<'_>, now: Instant) -> Option<Duration> {
        let mut running = self.lock();
        let running = running.as_mut().filter(|running| running.interrupted.is_none())?;
        let deadline = running.deadline?;
        if deadline <= now {
            running.raise(py, Reason::TimeLimit);
            return None;
        }
        Some(deadline - now)
    }

    fn lock(&self) -> MutexGuard<'_, Option<Running>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Running {
    fn raise(&mut self, py: Python<'_>, reason: Reason) {
        if reason == Reason::Engine(Interrupt::Cancel) {
            self.cancel_requested.store(true, Ordering::Release);
        }
        // One exception is enough: a second would cut off what the task does about the first. Only a stop, which
        // comes last, may follow another.
        if self.interrupted.is_some() && reason != Reason::Engine(Interrupt::Stop) {
            return;
        }
        let class = py.import("nuvom.errors").and_then(|errors| errors.getattr(reason.exception()));
        if let Ok(class) = class {
            self.interrupted = Some(reason);
            set_exception(self.thread, class.as_ptr());
        }
    }
}

/// Has a thread raise an exception of this class at its next bytecode; null takes one back.
#[expect(unsafe_code, reason = "PyO3 has no safe form of this call of Python's C interface")]
fn set_exception(thread: c_long, class: *mut pyo3::ffi::PyObject) {
    // SAFETY: the caller holds the GIL (it has a `Python` token), and the class is a living object or null;
    // Python takes its own reference. A thread that is gone is not found, which is fine.
    unsafe {
        pyo3::ffi::PyThreadState_SetAsyncExc(thread, class);
    }
}
