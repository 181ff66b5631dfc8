//! From the name of a plugin's backend to an open one.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use nuvom_core::ports::{Line, ResultStore, ScheduleStore};
use nuvom_core::{Clock, Error, ErrorKind, Result};
use nuvom_runtime::{Backends, Part, Project, Settings};
use pyo3::prelude::*;

use super::line::{PythonLine, demand};
use super::results::PythonResults;
use super::schedules::PythonSchedules;

/// Where a project names its plugins.
const FILE: &str = ".nuvom_plugins.toml";

const QUEUE: &[&str] = &["enqueue", "dequeue", "pop_batch", "qsize", "clear"];
const SCHEDULES: &[&str] = &["enqueue", "get", "list", "due", "ack_dispatched", "reschedule", "cancel"];
const RESULTS: &[&str] = &["set_result", "get_result", "set_error", "get_error", "get_full", "list_jobs"];

/// Adds the backends that the settings name and that only a plugin can be. A project without plugins pays for one look
/// at a file, and only if a name is unknown.
pub(crate) fn add_named(project: &Project, settings: &Settings, backends: &mut Backends) {
    let unknown =
        |part, name: &str| !backends.names(part).any(|known| known == name) && may_be_plugin(&project.root);
    let (queue, results) = (settings.queue_backend(), settings.result_backend());
    let schedules = settings.scheduler_backend();
    let (has_queue, has_results) = (unknown(Part::Queue, queue), unknown(Part::Results, results));
    let has_schedules = schedules != queue && unknown(Part::Schedules, schedules);
    if has_queue {
        let (root, name) = (project.root.clone(), queue.to_owned());
        backends.add_line(queue, Box::new(move |_| open_line(&root, &name)));
    }
    if has_schedules {
        let (root, name) = (project.root.clone(), schedules.to_owned());
        backends.add_schedules(schedules, Box::new(move |clock| open_schedules(&root, &name, clock)));
    }
    if has_results {
        let (root, name) = (project.root.clone(), results.to_owned());
        backends.add_results(results, Box::new(move |_| open_results(&root, &name)));
    }
}

/// Whether this project has a file that names plugins.
pub(crate) fn names_plugins(root: &Path) -> bool {
    root.join(FILE).exists()
}

/// Whether this project names plugins, or the program has registered some.
fn may_be_plugin(root: &Path) -> bool {
    names_plugins(root)
        || Python::attach(|py| {
            let modules = py.import("sys")?.getattr("modules")?;
            modules.contains("nuvom.plugins.registry")
        })
        .unwrap_or(false)
}

fn open_line(root: &PathBuf, name: &str) -> Result<Arc<dyn Line>> {
    open(root, "queue_backend", name, |queue| {
        demand(queue, "queue backend", QUEUE)?;
        let line = PythonLine::new(queue).map_err(|raised| refused(queue.py(), &raised))?;
        Ok(Arc::new(line) as Arc<dyn Line>)
    })
}

fn open_results(root: &PathBuf, name: &str) -> Result<Arc<dyn ResultStore>> {
    open(root, "result_backend", name, |backend| {
        demand(backend, "result backend", RESULTS)?;
        let results = PythonResults::new(backend).map_err(|raised| refused(backend.py(), &raised))?;
        Ok(Arc::new(results) as Arc<dyn ResultStore>)
    })
}

fn open_schedules(root: &PathBuf, name: &str, clock: Arc<dyn Clock>) -> Result<Arc<dyn ScheduleStore>> {
    open(root, "scheduler_backend", name, |backend| {
        demand(backend, "scheduler backend", SCHEDULES)?;
        Ok(Arc::new(PythonSchedules::new(backend, clock)) as Arc<dyn ScheduleStore>)
    })
}

fn open<T>(
    root: &PathBuf,
    kind: &str,
    name: &str,
    adapt: impl FnOnce(&Bound<'_, PyAny>) -> Result<T>,
) -> Result<T> {
    Python::attach(|py| {
        let opened = py
            .import("nuvom.plugins.loader")
            .and_then(|loader| loader.getattr("open_backend")?.call1((root, kind, name)))
            .map_err(|raised| refused(py, &raised))?;
        adapt(&opened)
    })
}

/// What a plugin raised, as an error that tells it and nothing else.
pub(crate) fn refused(py: Python<'_>, raised: &PyErr) -> Error {
    Error::new(ErrorKind::Invalid, raised.value(py).to_string())
}
