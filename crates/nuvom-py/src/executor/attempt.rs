//! One attempt on an event loop, as Python sees it, and where a loop takes its attempts from.

use std::sync::{Arc, Mutex, PoisonError};

use nuvom_core::{End, Job};
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};

use super::coroutines::Shared;
use super::current::CurrentJob;
use super::slot::take_back;
use super::tasks::Call;

/// What an event loop takes its attempts from.
#[pyclass(frozen, module = "nuvom._nuvom")]
pub(crate) struct Coroutines(pub(super) Arc<Shared>);

/// One attempt on an event loop.
#[pyclass(frozen, module = "nuvom._nuvom")]
pub(crate) struct Attempt {
    shared: Arc<Shared>,
    job: Job,
    current: CurrentJob,
    task: Py<PyAny>,
    arguments: Mutex<Option<(Py<PyTuple>, Py<PyDict>)>>,
}

#[pymethods]
impl Coroutines {
    /// The attempts that can begin now.
    fn take(&self, py: Python<'_>) -> Vec<Attempt> {
        let shared = &self.0;
        let mut attempts = Vec::new();
        while let Some((job, current)) = shared.begin() {
            match shared.tasks.prepare(py, &job) {
                Ok(Call { task, args, kwargs }) => attempts.push(Attempt {
                    shared: Arc::clone(shared),
                    job,
                    current,
                    task: task.unbind(),
                    arguments: Mutex::new(Some((args.unbind(), kwargs.unbind()))),
                }),
                Err(outcome) => {
                    shared.lock().remove(&job.held());
                    let more = shared.pool.done();
                    shared.ended(End { id: job.id, lease: job.lease, outcome }, more);
                }
            }
        }
        attempts
    }
}

#[pymethods]
impl Attempt {
    /// What `nuvom.current_job()` answers in it.
    #[getter]
    fn current(&self) -> CurrentJob {
        self.current.clone()
    }

    /// The registered task.
    #[getter]
    fn task(&self, py: Python<'_>) -> Py<PyAny> {
        self.task.clone_ref(py)
    }

    /// The arguments. They are handed over, not kept: a large one lives no longer than the task needs it.
    fn arguments(&self) -> PyResult<(Py<PyTuple>, Py<PyDict>)> {
        let taken = self.arguments.lock().unwrap_or_else(PoisonError::into_inner).take();
        taken.ok_or_else(|| PyRuntimeError::new_err("the arguments of an attempt can be taken once"))
    }

    /// Says which `asyncio.Task` runs it, on which loop.
    fn runs_as(&self, py: Python<'_>, task: Py<PyAny>, event_loop: Py<PyAny>) -> PyResult<()> {
        let interrupted = self.shared.lock().get_mut(&self.job.held()).and_then(|running| {
            running.task = Some((task.clone_ref(py), event_loop));
            running.watch.interrupted()
        });
        if let Some(reason) = interrupted {
            task.call_method1(py, "cancel", (reason.exception(),))?;
        }
        Ok(())
    }

    /// It returned.
    fn succeeded(&self, py: Python<'_>, value: Bound<'_, PyAny>) {
        self.finish(py, Ok(value));
    }

    /// It raised.
    fn failed(&self, py: Python<'_>, error: Bound<'_, PyAny>) {
        self.finish(py, Err(PyErr::from_value(error)));
    }
}

impl Attempt {
    fn finish(&self, py: Python<'_>, returned: PyResult<Bound<'_, PyAny>>) {
        let Some(running) = self.shared.lock().remove(&self.job.held()) else { return };
        if let Some(thread) = running.raised_in {
            take_back(py, thread);
        }
        let interrupted = running.watch.interrupted();
        let end = self.shared.tasks.end(py, self.task.bind(py), &self.job, returned, interrupted);
        let replaced = running.watch.is_stuck() && self.shared.replaces;
        let more = if replaced { false } else { self.shared.pool.done() };
        self.shared.ended(end, more);
        if more {
            self.shared.waking.wake();
        }
    }
}
