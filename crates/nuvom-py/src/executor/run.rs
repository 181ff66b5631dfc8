//! One attempt: finds the task, decodes, calls, encodes. Whatever happens, it ends in one outcome.

use std::ffi::c_long;
use std::sync::Arc;

use nuvom_core::{End, HandBack, Job, JobError, Outcome};
use nuvom_engine::Interrupt;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use super::slot::{Reason, Slot};
use super::threads::Shared;
use crate::blueprint::Blueprint;
use crate::codec::{decode_arguments, encode_value};

/// The tasks of this process, and how they are called.
pub(crate) struct Tasks {
    shared: Arc<Shared>,
    /// The registry's own dict of tasks by name: one look-up a job.
    registered: Py<PyDict>,
    /// `nuvom.execution.job_runner`'s `run(task, args, kwargs)`.
    run: Py<PyAny>,
    /// `nuvom.execution.failure`'s `describe(exception)`.
    describe: Py<PyAny>,
}

impl Tasks {
    pub(crate) fn new(py: Python<'_>, shared: Arc<Shared>) -> PyResult<Self> {
        let registry = py.import("nuvom.registry.registry")?;
        Ok(Self {
            shared,
            registered: registry.getattr("by_name")?.cast_into::<PyDict>()?.unbind(),
            run: py.import("nuvom.execution.job_runner")?.getattr("run")?.unbind(),
            describe: py.import("nuvom.execution.failure")?.getattr("describe")?.unbind(),
        })
    }

    pub(crate) fn run(&self, py: Python<'_>, slot: &Slot, thread: c_long, job: &Job) -> End {
        let outcome = self
            .outcome(py, slot, thread, job)
            .unwrap_or_else(|error| Outcome::Failed { error: self.describe(py, &error), retryable: false });
        End { id: job.id, lease: job.lease, outcome }
    }

    /// The error of this function is one that no further attempt can mend.
    fn outcome(&self, py: Python<'_>, slot: &Slot, thread: c_long, job: &Job) -> PyResult<Outcome> {
        let Some(task) = self.registered.bind(py).get_item(job.task.as_str())? else {
            return Ok(Outcome::HandedBack { reason: HandBack::UnknownTask });
        };
        let (args, kwargs) = decode_arguments(py, &job.payload)?;
        let blueprint = task.getattr("_blueprint")?.cast_into::<Blueprint>()?;
        blueprint.get().check_call(&args, Some(&kwargs))?;
        slot.begin(thread, job);
        let returned = self.run.bind(py).call1((&task, args, kwargs));
        let interrupted = slot.finish(py);
        match returned {
            Ok(_) if !job.options.store_result => Ok(Outcome::Succeeded { result: None }),
            Ok(value) => Ok(self.store(py, job, &value)),
            Err(error) => Ok(self.failed(py, &task, job, &error, interrupted)),
        }
    }

    /// The work is done, so a value that cannot be kept is no reason to do it again.
    fn store(&self, py: Python<'_>, job: &Job, value: &Bound<'_, PyAny>) -> Outcome {
        let bytes = match encode_value(value) {
            Ok(bytes) => bytes,
            Err(error) => {
                return unstorable(format!(
                    "{} returned a value that cannot be kept: {}",
                    job.task,
                    error.value(py)
                ));
            }
        };
        let limit = self.shared.max_result_bytes;
        if bytes.len() > limit {
            return unstorable(format!(
                "{} returned {} bytes, and NUVOM_MAX_RESULT_BYTES allows {limit}. Return a reference to the data \
                 (a path, a key, a URL), use store_result=False, or raise the setting",
                job.task,
                bytes.len()
            ));
        }
        Outcome::Succeeded { result: Some(bytes.into()) }
    }

    fn failed(
        &self,
        py: Python<'_>,
        task: &Bound<'_, PyAny>,
        job: &Job,
        error: &PyErr,
        interrupted: Option<Reason>,
    ) -> Outcome {
        let described = self.describe(py, error);
        match interrupted {
            Some(Reason::TimeLimit) => {
                let limit = job.options.timeout.unwrap_or_default().as_secs_f64();
                let message = format!("{} ran longer than its limit of {limit} s", job.task);
                let error = JobError { kind: "TimeLimitReached".into(), message, ..described };
                return Outcome::TimedOut { error };
            }
            Some(Reason::Engine(Interrupt::Cancel)) => return Outcome::Cancelled,
            Some(Reason::Engine(Interrupt::Stop | Interrupt::LeaseLost)) => {
                return Outcome::HandedBack { reason: HandBack::Stop };
            }
            None => {}
        }
        let retryable = task
            .call_method1("_retries_on", (error.value(py),))
            .and_then(|retries| retries.is_truthy())
            .unwrap_or(true);
        Outcome::Failed { error: described, retryable }
    }

    fn describe(&self, py: Python<'_>, error: &PyErr) -> JobError {
        let described = self.describe.bind(py).call1((error.value(py),));
        match described.and_then(|described| described.extract::<(String, String, String)>()) {
            Ok((kind, message, traceback)) => JobError { kind, message, traceback },
            // The description itself cannot fail by design; if it does, the failure must still be told.
            Err(_) => JobError::new("Exception", "the exception could not be described"),
        }
    }
}

fn unstorable(message: String) -> Outcome {
    Outcome::Failed { error: JobError::new("ResultError", message), retryable: false }
}
