//! What `nuvom.sdk` asks: jobs by filter, a page at a time, counts, queues, and workers.

use nuvom_cli::{Search, Sought};
use nuvom_core::ports::{Filter, Inspect, Listed};
use nuvom_core::{JobId, ListedWorker, QueueName, State, TaskName, Timestamp};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};

use crate::client::client;
use crate::errors::{OrRaise, exception};
use crate::jobs::record_of;

/// Jobs in memory while they are counted.
const READ_AT_ONCE: usize = 500;

/// Which jobs; an empty list does not restrict.
#[derive(FromPyObject)]
pub(crate) struct Wanted {
    #[pyo3(item)]
    states: Vec<String>,
    #[pyo3(item)]
    tasks: Vec<String>,
    #[pyo3(item)]
    queues: Vec<String>,
    #[pyo3(item)]
    tags: Vec<String>,
    #[pyo3(item)]
    text: Option<String>,
    /// In microseconds since 1970.
    #[pyo3(item)]
    since: Option<i64>,
    #[pyo3(item)]
    until: Option<i64>,
}

impl Wanted {
    fn sought(self, py: Python<'_>) -> PyResult<Sought> {
        Ok(Sought {
            filter: self.filter(py)?,
            tags: self.tags,
            text: self.text,
            since: self.since.map(Timestamp::from_micros),
            until: self.until.map(Timestamp::from_micros),
        })
    }

    fn filter(&self, py: Python<'_>) -> PyResult<Filter> {
        let state = |name: &String| {
            State::parse(name).ok_or_else(|| {
                let names = State::ALL.map(State::as_str).join(", ");
                let message = format!("there is no state {name:?}; a state is one of {names}");
                exception(py, "InvalidValue", &message)
            })
        };
        Ok(Filter {
            states: self.states.iter().map(state).collect::<PyResult<_>>()?,
            tasks: self.tasks.iter().map(TaskName::new).collect::<nuvom_core::Result<_>>().or_raise(py)?,
            queues: self.queues.iter().map(QueueName::new).collect::<nuvom_core::Result<_>>().or_raise(py)?,
        })
    }
}

/// The records of jobs, newest first, at most `limit` that are older than the job `before`.
#[pyfunction]
pub(crate) fn list_jobs<'py>(
    py: Python<'py>,
    wanted: Wanted,
    before: Option<&str>,
    limit: usize,
) -> PyResult<Bound<'py, PyList>> {
    let client = client(py)?;
    let sought = wanted.sought(py)?;
    let before: Option<JobId> = before.map(str::parse).transpose().or_raise(py)?;
    let inspect = &*client.runtime.stores.inspect;
    let jobs = py.detach(|| Search::new(inspect, sought, before).next(limit)).or_raise(py)?;
    let list = PyList::empty(py);
    for job in &jobs {
        list.append(record_of(py, job)?)?;
    }
    Ok(list)
}

/// How many jobs there are, by the name of their state.
#[pyfunction]
pub(crate) fn count_jobs(py: Python<'_>, wanted: Wanted) -> PyResult<Bound<'_, PyDict>> {
    let client = client(py)?;
    let sought = wanted.sought(py)?;
    let counts = py.detach(|| counted(&*client.runtime.stores.inspect, sought)).or_raise(py)?;
    let told = PyDict::new(py);
    for (state, count) in State::ALL.iter().zip(counts) {
        told.set_item(state.as_str(), count)?;
    }
    Ok(told)
}

/// Where the store alone cannot tell, the jobs are read, some at a time.
fn counted(inspect: &dyn Inspect, sought: Sought) -> nuvom_core::Result<[u64; 5]> {
    if sought.is_of_the_store() {
        return inspect.count(&sought.filter);
    }
    let mut counts = [0; 5];
    let mut search = Search::new(inspect, sought, None);
    loop {
        let jobs = search.next(READ_AT_ONCE)?;
        if jobs.is_empty() {
            return Ok(counts);
        }
        for (count, state) in counts.iter_mut().zip(State::ALL) {
            *count += jobs.iter().filter(|job| job.state == state).count() as u64;
        }
    }
}

/// Name, waiting, running, and the earliest time; whether it is paused, and how many were made and ended a minute.
type Queue = (String, u64, u64, Option<f64>, bool, Option<u64>, Option<u64>);

/// The queues: name, waiting jobs, running jobs, the earliest time for which one waits, in seconds since 1970, whether
/// it is paused, and how many jobs a minute are made and end in it, where there is a quick way to tell.
#[pyfunction]
pub(crate) fn list_queues(py: Python<'_>) -> PyResult<Vec<Queue>> {
    let client = client(py)?;
    let queues = py.detach(|| client.runtime.stores.inspect.queues()).or_raise(py)?;
    let row = |queue: nuvom_core::ports::QueueCounts| {
        let oldest = queue.oldest.map(|time| time.as_micros() as f64 / 1e6);
        let (made, ended) = (queue.pace.map(|pace| pace.made), queue.pace.map(|pace| pace.ended));
        (queue.queue.as_str().to_owned(), queue.pending, queue.running, oldest, queue.paused, made, ended)
    };
    Ok(queues.into_iter().map(row).collect())
}

/// Pauses queues, or resumes them; answers for each whether that changed anything.
#[pyfunction]
pub(crate) fn pause_queues(py: Python<'_>, names: Vec<String>, paused: bool) -> PyResult<Vec<bool>> {
    let client = client(py)?;
    let queues: Vec<QueueName> =
        names.iter().map(QueueName::new).collect::<nuvom_core::Result<_>>().or_raise(py)?;
    py.detach(|| client.runtime.stores.jobs.pause(&queues, paused)).or_raise(py)
}

/// The workers, as dicts: what each says of itself, its status, and its times in seconds since 1970.
#[pyfunction]
pub(crate) fn list_workers(py: Python<'_>) -> PyResult<Bound<'_, PyList>> {
    let client = client(py)?;
    let stores = &client.runtime.stores;
    if !stores.jobs.capability().roster {
        let message = "this queue keeps no roster, so nobody can say which workers there are";
        return Err(exception(py, "Unsupported", message));
    }
    let Listed { now, workers } = py.detach(|| stores.roster.list_workers()).or_raise(py)?;
    let list = PyList::empty(py);
    for worker in &workers {
        list.append(worker_of(py, worker, now)?)?;
    }
    Ok(list)
}

fn worker_of<'py>(py: Python<'py>, worker: &ListedWorker, now: Timestamp) -> PyResult<Bound<'py, PyDict>> {
    let report = &worker.report;
    let seconds = |time: Timestamp| time.as_micros() as f64 / 1e6;
    let told = PyDict::new(py);
    told.set_item("name", report.worker.as_str())?;
    told.set_item("status", worker.status(now).as_str())?;
    told.set_item("queues", report.queues.iter().map(QueueName::as_str).collect::<Vec<_>>())?;
    told.set_item("busy", report.busy)?;
    told.set_item("slots", report.slots)?;
    told.set_item("stuck", report.stuck)?;
    told.set_item("pool", &report.pool)?;
    told.set_item("host", &report.host)?;
    told.set_item("pid", report.pid)?;
    told.set_item("version", &report.version)?;
    told.set_item("started_at", seconds(report.started_at))?;
    told.set_item("seen_at", seconds(worker.seen_at))?;
    Ok(told)
}
