//! A result backend written in Python as a result store. It keeps ends in words of Python: values, exceptions, times
//! in seconds. What it does not keep, such as the number of a lease, is not asked of it.

use std::sync::Arc;

use nuvom_core::ports::{Page, Record, ResultCapability, ResultStore, StoredResult};
use nuvom_core::{
    Attempt, Cause, Ending, Error, ErrorKind, Job, JobError, JobId, JobOptions, Lease, NewJob, Payload,
    Priority, QueueName, Result, State, TaskName, Timestamp,
};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyTuple};

use super::door;
use super::faults::fault;
use super::line::offers;
use crate::codec::{decode_value, encode_arguments, encode_value, look_at_arguments};

/// A result backend of a plugin.
pub(crate) struct PythonResults {
    backend: Py<PyAny>,
    deletes: bool,
}

impl PythonResults {
    pub(crate) fn new(backend: &Bound<'_, PyAny>) -> PyResult<Self> {
        Ok(Self { deletes: offers(backend, "delete")?, backend: backend.clone().unbind() })
    }

    fn ask<T>(&self, method: &'static str, call: impl FnOnce(&Bound<'_, PyAny>) -> PyResult<T>) -> Result<T> {
        let _inside = door::enter()?;
        Python::attach(|py| {
            let backend = self.backend.bind(py);
            call(backend).map_err(|raised| fault(py, backend, method, &raised))
        })
    }
}

impl ResultStore for PythonResults {
    fn result_capability(&self) -> ResultCapability {
        ResultCapability { fenced: false, deletes: self.deletes, keeps_records: false, wants_records: true }
    }

    fn put(&self, results: &[StoredResult]) -> Result<()> {
        self.ask("set_result", |backend| {
            for StoredResult { id, value, record, .. } in results {
                let record = record.as_deref();
                match record.map(|record| record.job.state) {
                    Some(State::Success) | None => set_result(backend, *id, value.as_ref(), record)?,
                    Some(_) => set_error(backend, *id, record)?,
                }
            }
            Ok(())
        })
    }

    fn get(&self, ids: &[JobId]) -> Result<Vec<Option<StoredResult>>> {
        self.ask("get_full", |backend| ids.iter().map(|id| kept(backend, *id)).collect())
    }

    fn list_results(&self, page: &Page) -> Result<Vec<StoredResult>> {
        self.ask("list_jobs", |backend| {
            let mut listed = Vec::new();
            for described in backend.call_method0("list_jobs")?.try_iter()? {
                let described = described?.cast_into::<PyDict>()?;
                // A row that is no job of ours hides no other.
                if let Some(id) = id_of(&described)
                    && page.before.is_none_or(|before| id < before)
                    && let Some(stored) = stored(backend, id, &described)?
                {
                    listed.push(stored);
                }
            }
            listed.sort_by_key(|stored| std::cmp::Reverse(stored.id));
            listed.truncate(page.limit);
            Ok(listed)
        })
    }

    fn delete(&self, ids: &[JobId]) -> Result<()> {
        if ids.is_empty() {
            return Ok(());
        }
        if !self.deletes {
            return Err(Error::new(ErrorKind::Unsupported, "this result backend forgets nothing")
                .hint("It has no method `delete(job_ids)`"));
        }
        self.ask("delete", |backend| {
            let ids = PyList::new(backend.py(), ids.iter().map(JobId::to_string))?;
            backend.call_method1("delete", (ids,)).map(drop)
        })
    }
}

fn set_result(
    backend: &Bound<'_, PyAny>,
    id: JobId,
    value: Option<&Payload>,
    record: Option<&Record>,
) -> PyResult<()> {
    let py = backend.py();
    let value = value.map(|value| decode_value(py, value)).transpose()?;
    let task = record.map_or("", |record| record.job.task.as_str());
    backend.call_method("set_result", (id.to_string(), task, value), Some(&about(py, record)?)).map(drop)
}

fn set_error(backend: &Bound<'_, PyAny>, id: JobId, record: Option<&Record>) -> PyResult<()> {
    let (py, Some(record)) = (backend.py(), record) else { return Ok(()) };
    let JobError { kind, message, traceback } = match record.attempts.last() {
        Some(attempt) => attempt.error.clone(),
        None => JobError::new(Cause::Cancelled, "it was cancelled before it ran"),
    };
    let class = py.import("nuvom.errors")?.getattr("JobFailed")?;
    let error = class.call1((id.to_string(), kind, message, traceback))?;
    let task = record.job.task.as_str();
    backend.call_method("set_error", (id.to_string(), task, error), Some(&about(py, Some(record))?)).map(drop)
}

/// What the contract tells beside the end itself.
fn about<'py>(py: Python<'py>, record: Option<&Record>) -> PyResult<Bound<'py, PyDict>> {
    let named = PyDict::new(py);
    let Some(Record { job, .. }) = record else { return Ok(named) };
    // Without them where they are damaged: the end of such a job must find its way to the backend, too.
    let (args, kwargs, _) = look_at_arguments(py, &job.payload)?;
    named.set_item("args", args)?;
    named.set_item("kwargs", kwargs)?;
    // A failure that ends the job leaves none, whatever its budget was: so an end is told from a failure in between.
    let left = if job.state.is_terminal() { 0 } else { job.max_attempts.get() - job.failures };
    named.set_item("retries_left", left)?;
    named.set_item("attempts", job.lease.0)?;
    named.set_item("created_at", seconds(job.created_at))?;
    named.set_item("completed_at", job.ended_at.map(seconds))?;
    Ok(named)
}

fn seconds(time: Timestamp) -> f64 {
    time.as_micros() as f64 / 1e6
}

fn kept(backend: &Bound<'_, PyAny>, id: JobId) -> PyResult<Option<StoredResult>> {
    let described = backend.call_method1("get_full", (id.to_string(),))?;
    if described.is_none() {
        return Ok(None);
    }
    stored(backend, id, &described.cast_into::<PyDict>()?)
}

fn id_of(described: &Bound<'_, PyDict>) -> Option<JobId> {
    let id = described.get_item("job_id").ok()??;
    id.extract::<String>().ok()?.parse().ok()
}

/// What the backend says of a job, as far as it says it.
fn stored(
    backend: &Bound<'_, PyAny>,
    id: JobId,
    described: &Bound<'_, PyDict>,
) -> PyResult<Option<StoredResult>> {
    let py = backend.py();
    let left: u64 = item(described, "retries_left")?.unwrap_or(0);
    let status: Option<String> = item(described, "status")?;
    let error = described.get_item("error")?.filter(|error| !error.is_none());
    let failed = status.map_or(error.is_some(), |status| status.eq_ignore_ascii_case("FAILED"));
    let value = if failed {
        None
    } else {
        let value = backend.call_method1("get_result", (id.to_string(),))?;
        Some(Payload::from(encode_value(&value)?))
    };
    let task: Option<String> = item(described, "func_name")?;
    let Ok(task) = TaskName::new(task.as_deref().filter(|task| !task.is_empty()).unwrap_or("unknown")) else {
        return Ok(None);
    };
    let lease = Lease(item(described, "attempts")?.unwrap_or(1));
    let created_at = time(item(described, "created_at")?).unwrap_or_default();
    let ended_at = time(item(described, "completed_at")?).unwrap_or(created_at);
    let job = NewJob {
        id,
        task,
        signature: None,
        queue: queue(),
        priority: Priority::DEFAULT,
        due: nuvom_core::Due::Now,
        options: Arc::new(JobOptions::default()),
        payload: arguments(py, described)?,
    };
    let mut job = Job { lease, ..Job::accepted(&job, created_at) };
    let mut attempts = Vec::new();
    job.state = match (failed, left) {
        (false, _) => State::Success,
        (true, 0) => State::Failed,
        (true, _) => State::Pending,
    };
    if job.state.is_terminal() {
        job.ended_at = Some(ended_at);
    }
    if failed {
        job.failures = 1;
        attempts.push(Attempt {
            lease,
            number: 1,
            ending: Ending::Failed,
            error: described_error(error.as_ref()),
            worker: None,
            started_at: None,
            ended_at,
        });
    }
    Ok(Some(StoredResult { id, lease, value, record: Some(Arc::new(Record { job, attempts })) }))
}

fn item<'py, T: FromPyObjectOwned<'py>>(described: &Bound<'py, PyDict>, key: &str) -> PyResult<Option<T>> {
    match described.get_item(key)?.filter(|value| !value.is_none()) {
        Some(value) => value.extract().map(Some).map_err(Into::into),
        None => Ok(None),
    }
}

fn time(seconds: Option<f64>) -> Option<Timestamp> {
    seconds.map(|seconds| Timestamp::from_micros((seconds * 1e6).round() as i64))
}

fn queue() -> QueueName {
    static DEFAULT: std::sync::OnceLock<Option<QueueName>> = std::sync::OnceLock::new();
    let name = DEFAULT.get_or_init(|| QueueName::new("default").ok());
    name.clone().unwrap_or_else(|| unreachable!("the word is a good name"))
}

fn arguments(py: Python<'_>, described: &Bound<'_, PyDict>) -> PyResult<Payload> {
    let args = described.get_item("args")?.filter(|args| !args.is_none());
    let args = match args {
        Some(args) => PyTuple::new(py, args.try_iter()?.collect::<PyResult<Vec<_>>>()?)?,
        None => PyTuple::empty(py),
    };
    let kwargs = described.get_item("kwargs")?.and_then(|kwargs| kwargs.cast_into::<PyDict>().ok());
    Ok(encode_arguments(&args, kwargs.as_ref(), &[])?.into())
}

/// An error as backends keep it: a dict of type, message and traceback, or a text.
fn described_error(error: Option<&Bound<'_, PyAny>>) -> JobError {
    let Some(error) = error else { return JobError::new("Failed", "") };
    let text = |value: Bound<'_, PyAny>| value.str().map(|text| text.to_string()).unwrap_or_default();
    match error.cast::<PyDict>() {
        Ok(parts) => {
            let part = |key: &str| parts.get_item(key).ok().flatten().map(text).unwrap_or_default();
            JobError { kind: part("type"), message: part("message"), traceback: part("traceback") }
        }
        Err(_) => JobError::new("Failed", text(error.clone())),
    }
}
