//! What `nuvom.Task` and `nuvom.Job` do: enqueue, wait, read, cancel, retry.

use std::time::{Duration, Instant};

use nuvom_core::ports::{Cancelled, Revived, StoredResult};
use nuvom_core::{Error, ErrorKind, Job, JobId, NewJob, State, Timestamp};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyMapping, PySequence, PyString, PyTuple};

use crate::blueprint::Blueprint;
use crate::client::{Client, client};
use crate::codec::{decode_value, look_at_arguments};
use crate::errors::OrRaise;

/// Stores a job; answers its id.
#[pyfunction]
pub(crate) fn enqueue(
    py: Python<'_>,
    blueprint: &Bound<'_, Blueprint>,
    args: &Bound<'_, PyTuple>,
    kwargs: Option<&Bound<'_, PyDict>>,
) -> PyResult<String> {
    let client = client(py)?;
    attended(py, &client, blueprint.get(), 1, |headers| {
        let job = blueprint.get().job(&client, args, kwargs, headers)?;
        let id = job.id;
        store(py, &client, &[job])?;
        Ok(id.to_string())
    })
}

/// Stores a job for each element, in one batch: a sequence of positional arguments, or a mapping of keywords.
#[pyfunction]
pub(crate) fn enqueue_many(
    py: Python<'_>,
    blueprint: &Bound<'_, Blueprint>,
    calls: &Bound<'_, PyAny>,
) -> PyResult<Vec<String>> {
    let client = client(py)?;
    let calls = calls.try_iter()?.enumerate();
    let calls: Vec<Call<'_>> = calls.map(|(index, call)| call_of(&call?, index)).collect::<PyResult<_>>()?;
    attended(py, &client, blueprint.get(), calls.len(), |headers| {
        let job = |(args, kwargs): &Call<'_>| blueprint.get().job(&client, args, kwargs.as_ref(), headers);
        let jobs: Vec<NewJob> = calls.iter().map(job).collect::<PyResult<_>>()?;
        store(py, &client, &jobs)?;
        Ok(jobs.iter().map(|job| job.id.to_string()).collect())
    })
}

/// Enqueues with the middleware of plugins around it, where there is some: it may add headers, and refuse.
fn attended<T>(
    py: Python<'_>,
    client: &Client,
    blueprint: &Blueprint,
    count: usize,
    enqueue: impl FnOnce(&[(String, String)]) -> PyResult<T>,
) -> PyResult<T> {
    let Some(middleware) = client.middleware(py)? else { return enqueue(&[]) };
    let (task, queue) = blueprint.destination();
    let entered = middleware.call1(py, (task, queue, count))?;
    let (headers, leave): (Vec<(String, String)>, Py<PyAny>) = entered.extract(py)?;
    let enqueued = enqueue(&headers);
    leave.call1(py, (enqueued.as_ref().err().map(|error| error.value(py).clone()),))?;
    enqueued
}

type Call<'py> = (Bound<'py, PyTuple>, Option<Bound<'py, PyDict>>);

fn call_of<'py>(element: &Bound<'py, PyAny>, index: usize) -> PyResult<Call<'py>> {
    let py = element.py();
    if let Ok(args) = element.cast::<PyTuple>() {
        return Ok((args.clone(), None));
    }
    if let Ok(mapping) = element.cast::<PyMapping>() {
        let kwargs = PyDict::new(py);
        kwargs.update(mapping)?;
        return Ok((PyTuple::empty(py), Some(kwargs)));
    }
    // A str is a sequence too, but nobody means its letters.
    if let Ok(sequence) = element.cast::<PySequence>()
        && !element.is_instance_of::<PyString>()
    {
        return Ok((sequence.to_tuple()?, None));
    }
    Err(pyo3::exceptions::PyTypeError::new_err(format!(
        "element {index} of map is a {}, expected a sequence of positional arguments, such as (5,), or a \
         mapping of keyword arguments",
        element.get_type().name()?
    )))
}

fn store(py: Python<'_>, client: &Client, jobs: &[NewJob]) -> PyResult<()> {
    let bound = client.runtime.settings.queue_bound();
    let enqueued = py.detach(|| client.runtime.stores.jobs.enqueue_within(jobs, bound));
    enqueued.map_err(advise_on_full).or_raise(py)?;
    Ok(())
}

fn advise_on_full(error: Error) -> Error {
    if error.kind() != ErrorKind::Full || error.next_step().is_some() {
        return error;
    }
    error.hint("Try again when workers have taken some, add workers, or raise NUVOM_QUEUE_MAXSIZE")
}

/// Waits until the job has ended, at most `timeout` seconds; answers its state as last seen.
#[pyfunction]
pub(crate) fn wait(py: Python<'_>, id: &str, timeout: Option<f64>) -> PyResult<&'static str> {
    let client = client(py)?;
    let id = parse(py, id)?;
    let deadline = timeout.map(deadline).transpose()?.flatten();
    let mut interrupted = None;
    let state = py
        .detach(|| {
            client.waits().wait(id, deadline, &mut || {
                // Control-C is noticed by Python alone, and only when it is asked.
                interrupted = Python::attach(|py: Python<'_>| py.check_signals()).err();
                interrupted.is_some()
            })
        })
        .or_raise(py)?;
    match interrupted {
        Some(error) => Err(error),
        None => known(py, id, state).map(State::as_str),
    }
}

fn deadline(timeout: f64) -> PyResult<Option<Instant>> {
    if timeout.is_nan() || timeout < 0.0 {
        return Err(PyValueError::new_err(format!("timeout is {timeout}, expected seconds, 0 or more")));
    }
    // A time too far away to be named is none.
    Ok(Duration::try_from_secs_f64(timeout).ok().and_then(|span| Instant::now().checked_add(span)))
}

/// Has `callback(state, error)` called once the job has ended, on a thread of the engine.
#[pyfunction]
pub(crate) fn call_back(py: Python<'_>, id: &str, callback: Py<PyAny>) -> PyResult<()> {
    let client = client(py)?;
    let id = parse(py, id)?;
    let called = move |answer: nuvom_core::Result<Option<State>>| {
        Python::attach(|py| {
            let answer = answer.or_raise(py).and_then(|state| known(py, id, state));
            let called = match answer {
                Ok(state) => callback.call1(py, (state.as_str(), py.None())),
                Err(error) => callback.call1(py, (py.None(), error.into_value(py))),
            };
            if let Err(error) = called {
                error.write_unraisable(py, Some(callback.bind(py)));
            }
        });
    };
    py.detach(|| client.waits().call_back(id, Box::new(called))).or_raise(py)
}

/// The state of the job.
#[pyfunction]
pub(crate) fn status(py: Python<'_>, id: &str) -> PyResult<&'static str> {
    let client = client(py)?;
    let id = parse(py, id)?;
    let state = py.detach(|| client.runtime.stores.inspect.states(&[id])).or_raise(py)?.pop().flatten();
    known(py, id, state).map(State::as_str)
}

/// The stored value of a job that succeeded; `None` if it keeps none.
#[pyfunction]
pub(crate) fn result<'py>(py: Python<'py>, id: &str) -> PyResult<Bound<'py, PyAny>> {
    let client = client(py)?;
    let id = parse(py, id)?;
    let stored = py.detach(|| client.runtime.stores.results.get(&[id])).or_raise(py)?.pop().flatten();
    match stored {
        Some(StoredResult { value: Some(value), .. }) => decode_value(py, &value),
        _ => Ok(py.None().into_bound(py)),
    }
}

/// The attempts that did not succeed, as dicts, oldest first.
#[pyfunction]
pub(crate) fn attempts<'py>(py: Python<'py>, id: &str) -> PyResult<Bound<'py, PyList>> {
    let client = client(py)?;
    let id = parse(py, id)?;
    let attempts = py.detach(|| client.runtime.stores.inspect.attempts(id)).or_raise(py)?;
    let list = PyList::empty(py);
    for attempt in attempts {
        let item = PyDict::new(py);
        item.set_item("attempt", attempt.number)?;
        item.set_item("outcome", attempt.ending.as_str())?;
        item.set_item("kind", attempt.error.kind)?;
        item.set_item("message", attempt.error.message)?;
        item.set_item("traceback", attempt.error.traceback)?;
        item.set_item("worker", attempt.worker.as_ref().map(nuvom_core::WorkerName::as_str))?;
        item.set_item("started_at", seconds(attempt.started_at))?;
        item.set_item("ended_at", seconds(Some(attempt.ended_at)))?;
        list.append(item)?;
    }
    Ok(list)
}

/// The whole record as a dict; times are seconds since the Unix epoch.
#[pyfunction]
pub(crate) fn record<'py>(py: Python<'py>, id: &str) -> PyResult<Bound<'py, PyDict>> {
    let client = client(py)?;
    let id = parse(py, id)?;
    let job = py.detach(|| client.runtime.stores.inspect.jobs(&[id])).or_raise(py)?.pop().flatten();
    record_of(py, &known(py, id, job)?)
}

pub(crate) fn record_of<'py>(py: Python<'py>, job: &Job) -> PyResult<Bound<'py, PyDict>> {
    let (args, kwargs, undecodable) = look_at_arguments(py, &job.payload)?;
    let record = PyDict::new(py);
    record.set_item("id", job.id.to_string())?;
    record.set_item("task", job.task.as_str())?;
    record.set_item("signature", job.signature.map(|hash| hash.to_string()))?;
    record.set_item("queue", job.queue.as_str())?;
    record.set_item("priority", job.priority.get())?;
    record.set_item("state", job.state.as_str())?;
    record.set_item("attempt", job.attempt())?;
    record.set_item("created_at", seconds(Some(job.created_at)))?;
    record.set_item("run_at", seconds(Some(job.run_at)))?;
    record.set_item("started_at", seconds(job.started_at))?;
    record.set_item("ended_at", seconds(job.ended_at))?;
    record.set_item("worker", job.worker.as_ref().map(nuvom_core::WorkerName::as_str))?;
    record.set_item("failures", job.failures)?;
    record.set_item("losses", job.losses)?;
    record.set_item("handbacks", job.handbacks)?;
    record.set_item("max_attempts", job.max_attempts.get())?;
    record.set_item("cancel_requested", job.cancel_requested)?;
    record.set_item("tags", &job.options.tags)?;
    let tick = job.options.tick.as_ref();
    record.set_item("schedule", tick.map(|tick| tick.schedule.as_str()))?;
    record.set_item("tick_at", seconds(tick.map(|tick| tick.at)))?;
    record.set_item("missed_ticks", tick.map_or(0, |tick| tick.missed))?;
    record.set_item("args", args)?;
    record.set_item("kwargs", kwargs)?;
    record.set_item("undecodable", undecodable)?;
    Ok(record)
}

/// Asks for the end of a job: "done", "requested", or the state in which it had ended already.
#[pyfunction]
pub(crate) fn cancel(py: Python<'_>, id: &str) -> PyResult<&'static str> {
    let client = client(py)?;
    let id = parse(py, id)?;
    let answer = py.detach(|| client.runtime.stores.jobs.cancel(&[id])).or_raise(py)?.pop();
    match answer {
        Some(Cancelled::Done) => Ok("done"),
        Some(Cancelled::Requested) => Ok("requested"),
        Some(Cancelled::Ended(state)) => Ok(state.as_str()),
        Some(Cancelled::Unknown) | None => known(py, id, None),
    }
}

/// Gives a job that failed or was cancelled a fresh budget: "done", or the state that does not allow it.
#[pyfunction]
pub(crate) fn retry(py: Python<'_>, id: &str) -> PyResult<&'static str> {
    let client = client(py)?;
    let id = parse(py, id)?;
    let answer = py.detach(|| client.runtime.stores.jobs.retry(&[id])).or_raise(py)?.pop();
    match answer {
        Some(Revived::Done) => Ok("done"),
        Some(Revived::Refused(state)) => Ok(state.as_str()),
        Some(Revived::Unknown) | None => known(py, id, None),
    }
}

/// Raises unless this is a job id; answers its usual form.
#[pyfunction]
pub(crate) fn check_id(py: Python<'_>, id: &str) -> PyResult<String> {
    parse(py, id).map(|id| id.to_string())
}

fn parse(py: Python<'_>, id: &str) -> PyResult<JobId> {
    id.parse().or_raise(py)
}

fn known<T>(py: Python<'_>, id: JobId, found: Option<T>) -> PyResult<T> {
    found
        .ok_or_else(|| {
            Error::new(ErrorKind::NotFound, "there is no such job")
                .with("id", id)
                .hint("It may be older than its retention, or belong to another project's store")
        })
        .or_raise(py)
}

fn seconds(time: Option<Timestamp>) -> Option<f64> {
    time.map(|time| time.as_micros() as f64 / 1e6)
}
