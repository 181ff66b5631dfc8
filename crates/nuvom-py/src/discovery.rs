//! Discovery and the manifest, as plain data for `nuvom.discovery`.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use nuvom_discovery::{FoundTask, Manifest, Scan, ScanOptions, SourceWatch, scan};
use pyo3::prelude::*;

use crate::client::{Client, client};
use crate::errors::OrRaise;

/// Tasks found below a folder, and what is wrong there: two JSON texts. Without a folder: of the project, by its
/// settings.
#[pyfunction]
#[pyo3(signature = (root=None))]
pub(crate) fn scan_tasks(py: Python<'_>, root: Option<PathBuf>) -> PyResult<(String, String)> {
    let (root, options) = match root {
        Some(root) => (root, ScanOptions::default()),
        None => of_project(&*client(py)?),
    };
    let Scan { tasks, problems, .. } = py.detach(|| scan(&root, &options)).or_raise(py)?;
    Ok((json(py, &tasks)?, json(py, &problems)?))
}

/// The tasks of a manifest, as JSON text.
#[pyfunction]
pub(crate) fn load_manifest(py: Python<'_>, path: PathBuf) -> PyResult<String> {
    let manifest = py.detach(|| Manifest::load(&path)).or_raise(py)?;
    json(py, &manifest.tasks())
}

/// Writes tasks, as `scan_tasks` answers them, into a manifest.
#[pyfunction]
pub(crate) fn save_manifest(py: Python<'_>, path: PathBuf, tasks: &str) -> PyResult<()> {
    let tasks: Vec<FoundTask> = serde_json::from_str(tasks).map_err(|error| {
        crate::errors::exception(py, "InvalidValue", &format!("these are not tasks: {error}"))
    })?;
    py.detach(|| Manifest::new(tasks).save(&path)).or_raise(py)
}

/// The project's folder, its manifest's path, and the folders that modules are imported from, in Python's order.
#[pyfunction]
pub(crate) fn project(py: Python<'_>) -> PyResult<(PathBuf, PathBuf, Vec<PathBuf>)> {
    let client = client(py)?;
    let (root, settings) = (client.runtime.project.root.clone(), &client.runtime.settings);
    let manifest: &Path = settings.manifest_path();
    let named = settings.source_roots();
    let roots = match &*named {
        [] => vec![root.clone(), root.join("src")],
        named => named.iter().map(|folder| root.join(folder)).collect(),
    };
    Ok((root, manifest.to_owned(), roots))
}

/// Waits for changes of the project's source.
#[pyclass(frozen, module = "nuvom._nuvom", name = "SourceWatch")]
pub(crate) struct PySourceWatch(Mutex<SourceWatch>);

#[pymethods]
impl PySourceWatch {
    #[new]
    fn new(py: Python<'_>) -> PyResult<Self> {
        let (root, options) = of_project(&*client(py)?);
        let watch = py.detach(|| SourceWatch::new(&root, &options)).or_raise(py)?;
        Ok(Self(Mutex::new(watch)))
    }

    /// Whether something changed within so many seconds; answers once it has come to rest.
    fn wait(&self, py: Python<'_>, at_most_secs: f64) -> PyResult<bool> {
        let at_most = Duration::try_from_secs_f64(at_most_secs).unwrap_or(Duration::MAX);
        py.detach(|| self.0.lock().unwrap_or_else(PoisonError::into_inner).wait(at_most)).or_raise(py)
    }
}

fn of_project(client: &Client) -> (PathBuf, ScanOptions) {
    let settings = &client.runtime.settings;
    let options = ScanOptions {
        roots: settings.source_roots(),
        cache: Some(settings.discovery_cache_path()),
        ..ScanOptions::default()
    };
    (client.runtime.project.root.clone(), options)
}

/// Every setting: name, value, and where the value comes from.
#[pyfunction]
pub(crate) fn settings(py: Python<'_>) -> PyResult<Vec<(String, String, String)>> {
    let client = client(py)?;
    let entries = client.runtime.settings.entries();
    Ok(entries
        .into_iter()
        .map(|entry| (entry.name.to_owned(), entry.value.clone(), entry.origin.as_str().to_owned()))
        .collect())
}

/// Where jobs are kept, for people.
#[pyfunction]
pub(crate) fn store_place(py: Python<'_>) -> PyResult<String> {
    Ok(client(py)?.runtime.place.clone())
}

fn json(py: Python<'_>, value: &impl serde::Serialize) -> PyResult<String> {
    serde_json::to_string(value)
        .map_err(|error| crate::errors::exception(py, "InternalError", &error.to_string()))
}
