//! What an attempt begins and ends with: finding the task, decoding, encoding. Whatever happens in between, it ends
//! in one outcome.

use nuvom_core::{Cause, End, HandBack, Job, JobError, Outcome};
use nuvom_engine::Interrupt;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};

use super::watch::Reason;
use crate::blueprint::Blueprint;
use crate::codec::{decode_arguments, encode_value};

/// The tasks of this process, and how they are called.
pub(crate) struct Tasks {
    max_result_bytes: usize,
    /// The registry's own dict of tasks by name: one look-up a job.
    registered: Py<PyDict>,
    /// `nuvom.execution.failure`'s `describe(exception)`.
    describe: Py<PyAny>,
}

/// A call that can be made.
pub(crate) struct Call<'py> {
    pub(crate) task: Bound<'py, PyAny>,
    pub(crate) args: Bound<'py, PyTuple>,
    pub(crate) kwargs: Bound<'py, PyDict>,
}

impl Tasks {
    pub(crate) fn new(py: Python<'_>, max_result_bytes: usize) -> PyResult<Self> {
        let registry = py.import("nuvom.registry.registry")?;
        Ok(Self {
            max_result_bytes,
            registered: registry.getattr("by_name")?.cast_into::<PyDict>()?.unbind(),
            describe: py.import("nuvom.execution.failure")?.getattr("describe")?.unbind(),
        })
    }

    /// The task of a job with its arguments; or how the attempt ends because there is no such call.
    pub(crate) fn prepare<'py>(&self, py: Python<'py>, job: &Job) -> Result<Call<'py>, Outcome> {
        match self.call(py, job) {
            Ok(Ok(call)) => Ok(call),
            Ok(Err(reason)) => Err(Outcome::HandedBack { reason }),
            Err(error) => Err(Outcome::Failed { error: self.describe(py, &error), retryable: false }),
        }
    }

    /// The call, or why it is another version's. The exception of this function is one that no further attempt can
    /// mend.
    fn call<'py>(&self, py: Python<'py>, job: &Job) -> PyResult<Result<Call<'py>, HandBack>> {
        let Some(task) = self.registered.bind(py).get_item(job.task.as_str())? else {
            return Ok(Err(HandBack::UnknownTask));
        };
        let (args, kwargs) = decode_arguments(py, &job.payload)?;
        let blueprint = task.getattr("_blueprint")?.cast_into::<Blueprint>()?;
        if blueprint.get().is_call_of_another(job.signature, &args, &kwargs)? {
            return Ok(Err(HandBack::OtherSignature));
        }
        blueprint.get().check_call(&args, Some(&kwargs))?;
        Ok(Ok(Call { task, args, kwargs }))
    }

    /// How an attempt ended that returned or raised.
    pub(crate) fn end(
        &self,
        py: Python<'_>,
        task: &Bound<'_, PyAny>,
        job: &Job,
        returned: PyResult<Bound<'_, PyAny>>,
        interrupted: Option<Reason>,
    ) -> End {
        let outcome = match returned {
            Ok(_) if !job.options.store_result => Outcome::Succeeded { result: None },
            Ok(value) => self.store(py, job, &value),
            Err(error) => self.failed(py, task, job, &error, interrupted),
        };
        End { id: job.id, lease: job.lease, outcome }
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
        let limit = self.max_result_bytes;
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
                let error = JobError { kind: Cause::TimeLimitReached.into(), message, ..described };
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
    Outcome::Failed { error: JobError::new(Cause::ResultError, message), retryable: false }
}
