//! A thread on which attempts run one after another, and how they are interrupted there.

use std::ffi::c_long;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use nuvom_core::{End, Event, Held, Job};
use pyo3::prelude::*;

use super::current;
use super::tasks::Tasks;
use super::threads::Shared;
use super::watch::{Due, Reason, Watch};

/// A thread of the pool.
#[pyclass(frozen, module = "nuvom._nuvom")]
pub(crate) struct Slot {
    shared: Arc<Shared>,
    /// Guards what runs here. Whoever interrupts holds the GIL from the look to the interruption, and so does
    /// the thread when it ends its attempt: an interruption can never reach the next one.
    running: Mutex<Option<Running>>,
}

struct Running {
    watch: Watch,
    thread: c_long,
}

#[pymethods]
impl Slot {
    /// Runs jobs until the pool is closed or another thread has taken its place: the target of a thread.
    fn serve(&self, py: Python<'_>) -> PyResult<()> {
        let thread: c_long = py.import("threading")?.call_method0("get_ident")?.extract()?;
        let tasks = Tasks::new(py, self.shared.max_result_bytes)?;
        let run = py.import("nuvom.execution.job_runner")?.getattr("run")?;
        let pool = &self.shared.pool;
        while py.detach(|| pool.await_job()) {
            while let Some(job) = pool.take() {
                let (end, replaced) = self.run(py, &tasks, &run, thread, &job);
                if replaced {
                    self.shared.forget(self);
                    self.shared.ended(end, false);
                    return Ok(());
                }
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

    /// One attempt; with its end, whether this thread has been replaced meanwhile.
    fn run(
        &self,
        py: Python<'_>,
        tasks: &Tasks,
        run: &Bound<'_, PyAny>,
        thread: c_long,
        job: &Job,
    ) -> (End, bool) {
        // At once: whoever interrupts holds the GIL and finds the job either in the pool or here.
        self.begin(thread, job);
        let call = match tasks.prepare(py, job) {
            Ok(call) => call,
            Err(outcome) => {
                let (_, replaced) = self.finish(py);
                return (End { id: job.id, lease: job.lease, outcome }, replaced);
            }
        };
        let returned = run.call1((&call.task, call.args, call.kwargs));
        let (interrupted, replaced) = self.finish(py);
        (tasks.end(py, &call.task, job, returned, interrupted), replaced)
    }

    /// Notes that an attempt begins on this thread.
    fn begin(&self, thread: c_long, job: &Job) {
        let cancel_requested = Arc::new(AtomicBool::new(false));
        current::begin(job, Arc::clone(&cancel_requested));
        let watch = Watch::new(job, self.shared.grace, Instant::now(), cancel_requested);
        let next = watch.next();
        *self.lock() = Some(Running { watch, thread });
        if let Some(moment) = next {
            self.shared.limits.expect(moment);
        }
    }

    /// Notes that it ended; answers whether it was interrupted, and takes back an interruption that was asked
    /// for but not yet raised.
    fn finish(&self, _py: Python<'_>) -> (Option<Reason>, bool) {
        current::finish();
        let Some(running) = self.lock().take() else { return (None, false) };
        let interrupted = running.watch.interrupted();
        if interrupted.is_some() {
            set_exception(running.thread, std::ptr::null_mut());
        }
        (interrupted, running.watch.is_stuck() && self.shared.replaces)
    }

    /// Interrupts the attempt if it is this one.
    pub(super) fn interrupt(&self, py: Python<'_>, held: Held, reason: Reason) -> bool {
        let mut running = self.lock();
        match &mut *running {
            Some(running) if running.watch.held == held => {
                running.interrupt(py, reason);
                if let Some(moment) = running.watch.next() {
                    self.shared.limits.expect(moment);
                }
                true
            }
            _ => false,
        }
    }

    /// Does what is due; answers when it is to be looked at again, and the news that its attempt is stuck.
    pub(super) fn enforce(&self, py: Python<'_>, now: Instant) -> (Option<Instant>, Option<Event>) {
        let mut lock = self.lock();
        let Some(running) = &mut *lock else { return (None, None) };
        match running.watch.due(now) {
            Due::Later(next) => (next, None),
            Due::Interrupt => {
                running.interrupt(py, Reason::TimeLimit);
                (running.watch.next(), None)
            }
            Due::Urge => {
                running.watch.urge(now);
                (running.watch.next(), None)
            }
            Due::Stuck => {
                let (held, thread) = (running.watch.held, running.thread);
                drop(lock);
                // Python code runs here, so no lock is held; the attempt may end meanwhile.
                let stack = stack_of(py, thread);
                let mut lock = self.lock();
                let Some(running) = lock.as_mut().filter(|running| running.watch.held == held) else {
                    return (None, None);
                };
                running.watch.give_up(stack.clone());
                let task = running.watch.task().clone();
                (None, Some(Event::Stuck { id: held.id, lease: held.lease, task, stack }))
            }
        }
    }

    /// The end to be reported of a stuck attempt if the worker goes away.
    pub(super) fn stuck(&self) -> Option<End> {
        self.lock().as_ref().and_then(|running| running.watch.end_if_stuck())
    }

    fn lock(&self) -> MutexGuard<'_, Option<Running>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Running {
    fn interrupt(&mut self, py: Python<'_>, reason: Reason) {
        if self.watch.interrupt(reason, Instant::now()) {
            raise_in(py, self.thread, reason);
        }
    }
}

/// Where a thread is, as Python prints stacks; empty if that cannot be found out.
pub(super) fn stack_of(py: Python<'_>, thread: c_long) -> String {
    let stacks = py.import("nuvom.execution.stacks");
    stacks.and_then(|stacks| stacks.call_method1("of_thread", (thread,))?.extract()).unwrap_or_default()
}

/// Has a thread raise the exception of an interruption at its next bytecode.
pub(super) fn raise_in(py: Python<'_>, thread: c_long, reason: Reason) {
    let class = py.import("nuvom.errors").and_then(|errors| errors.getattr(reason.exception()));
    if let Ok(class) = class {
        set_exception(thread, class.as_ptr());
    }
}

/// Takes back what was to be raised in a thread.
pub(super) fn take_back(_py: Python<'_>, thread: c_long) {
    set_exception(thread, std::ptr::null_mut());
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
