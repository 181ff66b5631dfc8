//! Which tasks ask for which pool. A worker looks a job's task up here, without the GIL, to place it.

use std::sync::LazyLock;

use nuvom_core::TaskName;
use nuvom_engine::TaskSet;
use pyo3::prelude::*;

use crate::errors::OrRaise;

/// The tasks of this process that are not plain functions for the worker's own pool. No task is in two sets.
#[derive(Default)]
pub(crate) struct Kinds {
    /// `def`, for a thread of the worker.
    pub(crate) thread: TaskSet,
    /// `def`, for a process.
    pub(crate) process: TaskSet,
    /// `async def`, for the worker's own pool.
    pub(crate) coroutine: TaskSet,
    /// `async def`, for the worker itself.
    pub(crate) coroutine_here: TaskSet,
    /// `async def`, for a process.
    pub(crate) coroutine_in_process: TaskSet,
    /// All of them: what is not here has no series of its own in metrics.
    pub(crate) known: TaskSet,
}

pub(crate) static KINDS: LazyLock<Kinds> = LazyLock::new(Kinds::default);

/// Notes how a task wants to run; the registry calls it for each name and alias.
#[pyfunction]
#[pyo3(signature = (name, is_async, run_in=None))]
pub(crate) fn note_kind(py: Python<'_>, name: &str, is_async: bool, run_in: Option<&str>) -> PyResult<()> {
    let name = TaskName::new(name).or_raise(py)?;
    let kinds = &*KINDS;
    kinds.known.insert(name.clone());
    let all =
        [&kinds.thread, &kinds.process, &kinds.coroutine, &kinds.coroutine_here, &kinds.coroutine_in_process];
    for set in all {
        set.remove(&name);
    }
    match (is_async, run_in) {
        (false, Some("thread")) => kinds.thread.insert(name),
        (false, Some("process")) => kinds.process.insert(name),
        (true, Some("thread")) => kinds.coroutine_here.insert(name),
        (true, Some("process")) => kinds.coroutine_in_process.insert(name),
        (true, _) => kinds.coroutine.insert(name),
        (false, _) => {}
    }
    Ok(())
}
