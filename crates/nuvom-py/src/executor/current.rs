//! What a task can learn about the attempt it runs in.

use std::cell::RefCell;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use nuvom_core::{Job, JobId, Payload, QueueName, TaskName, Tick};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyDict;

use crate::codec::decode_headers;

thread_local! {
    static CURRENT: RefCell<Option<CurrentJob>> = const { RefCell::new(None) };
}

/// The attempt that runs on this thread.
#[pyclass(frozen, from_py_object, module = "nuvom._nuvom")]
#[derive(Clone)]
pub(crate) struct CurrentJob {
    job: JobId,
    task_name: TaskName,
    queue_name: QueueName,
    lease: u64,
    number: u32,
    allowed: u32,
    payload: Payload,
    tick: Option<Tick>,
    cancel: Arc<AtomicBool>,
}

#[pymethods]
impl CurrentJob {
    /// The job's id.
    #[getter]
    fn id(&self) -> String {
        self.job.to_string()
    }

    /// The name of the task.
    #[getter]
    fn task(&self) -> &str {
        self.task_name.as_str()
    }

    /// The queue it came from.
    #[getter]
    fn queue(&self) -> &str {
        self.queue_name.as_str()
    }

    /// The number of the claim under which it runs: a fencing token, greater for each later run of the job.
    #[getter]
    fn lease(&self) -> u64 {
        self.lease
    }

    /// The number of this attempt, from 1.
    #[getter]
    fn attempt(&self) -> u32 {
        self.number
    }

    /// The number of attempts that failures may use.
    #[getter]
    fn max_attempts(&self) -> u32 {
        self.allowed
    }

    /// The id of the schedule that made the job; `None` if none did.
    #[getter]
    fn schedule(&self) -> Option<&str> {
        self.tick.as_ref().map(|tick| tick.schedule.as_str())
    }

    /// The time at which that schedule was due, in UTC.
    #[getter]
    fn tick_at<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        let Some(tick) = &self.tick else { return Ok(None) };
        let datetime = py.import("datetime")?;
        let seconds = tick.at.as_micros() as f64 / 1e6;
        let moment = datetime
            .getattr("datetime")?
            .call_method1("fromtimestamp", (seconds, datetime.getattr("UTC")?))?;
        Ok(Some(moment))
    }

    /// How many earlier ticks were missed, for which this job stands too.
    #[getter]
    fn missed_ticks(&self) -> u64 {
        self.tick.as_ref().map_or(0, |tick| tick.missed)
    }

    /// What middleware sent along with the job: texts by name.
    #[getter]
    fn headers<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        decode_headers(py, &self.payload)
    }

    /// Whether somebody asked for the job's end.
    #[getter]
    fn cancel_requested(&self) -> bool {
        self.cancel.load(Ordering::Acquire)
    }

    fn __repr__(&self) -> String {
        format!("<CurrentJob {} of {}, attempt {}>", self.job, self.task_name, self.number)
    }
}

/// The context variable that holds the attempt of a coroutine, once there are any.
static ON_LOOPS: PyOnceLock<Py<PyAny>> = PyOnceLock::new();

/// The attempt that runs on this thread or in this coroutine, or `None` outside a task.
#[pyfunction]
pub(crate) fn current_job(py: Python<'_>) -> PyResult<Option<CurrentJob>> {
    if let Some(current) = CURRENT.with_borrow(Clone::clone) {
        return Ok(Some(current));
    }
    let Some(variable) = ON_LOOPS.get(py) else { return Ok(None) };
    variable.call_method1(py, "get", (py.None(),))?.extract(py).map_err(Into::into)
}

/// Has attempts be looked for in this context variable, too.
pub(super) fn found_on_loops(py: Python<'_>, variable: Py<PyAny>) {
    let _ = ON_LOOPS.set(py, variable);
}

impl CurrentJob {
    pub(super) fn of(job: &Job, cancel: Arc<AtomicBool>) -> Self {
        Self {
            job: job.id,
            task_name: job.task.clone(),
            queue_name: job.queue.clone(),
            lease: job.lease.0,
            number: job.attempt(),
            allowed: job.max_attempts.get(),
            payload: Arc::clone(&job.payload),
            tick: job.options.tick.clone(),
            cancel,
        }
    }
}

pub(super) fn begin(job: &Job, cancel: Arc<AtomicBool>) {
    CURRENT.set(Some(CurrentJob::of(job, cancel)));
}

pub(super) fn finish() {
    CURRENT.set(None);
}
