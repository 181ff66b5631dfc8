//! What a task can learn about the attempt it runs in.

use std::cell::RefCell;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use nuvom_core::{Job, JobId, QueueName, TaskName};
use pyo3::prelude::*;

thread_local! {
    static CURRENT: RefCell<Option<CurrentJob>> = const { RefCell::new(None) };
}

/// The attempt that runs on this thread.
#[pyclass(frozen, module = "nuvom._nuvom")]
#[derive(Clone)]
pub(crate) struct CurrentJob {
    job: JobId,
    task_name: TaskName,
    queue_name: QueueName,
    lease: u64,
    number: u32,
    allowed: u32,
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

    /// Whether somebody asked for the job's end.
    #[getter]
    fn cancel_requested(&self) -> bool {
        self.cancel.load(Ordering::Acquire)
    }

    fn __repr__(&self) -> String {
        format!("<CurrentJob {} of {}, attempt {}>", self.job, self.task_name, self.number)
    }
}

/// The attempt that runs on this thread, or `None` outside a task.
#[pyfunction]
pub(crate) fn current_job() -> Option<CurrentJob> {
    CURRENT.with_borrow(Clone::clone)
}

pub(super) fn begin(job: &Job, cancel: Arc<AtomicBool>) {
    CURRENT.set(Some(CurrentJob {
        job: job.id,
        task_name: job.task.clone(),
        queue_name: job.queue.clone(),
        lease: job.lease.0,
        number: job.attempt(),
        allowed: job.max_attempts.get(),
        cancel,
    }));
}

pub(super) fn finish() {
    CURRENT.set(None);
}
