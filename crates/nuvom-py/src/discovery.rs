//! Discovery and the manifest, as plain data for `nuvom.discovery`.

use std::path::{Path, PathBuf};

use nuvom_discovery::{FoundTask, Manifest, ScanOptions, scan};
use pyo3::prelude::*;

use crate::client::client;
use crate::errors::OrRaise;

/// Tasks found below a folder, and what is wrong there: two JSON texts.
#[pyfunction]
pub(crate) fn scan_tasks(py: Python<'_>, root: PathBuf) -> PyResult<(String, String)> {
    let found = py.detach(|| scan(&root, &ScanOptions::default())).or_raise(py)?;
    Ok((json(py, &found.tasks)?, json(py, &found.problems)?))
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

/// The project's folder, and its manifest's path.
#[pyfunction]
pub(crate) fn project(py: Python<'_>) -> PyResult<(PathBuf, PathBuf)> {
    let client = client(py)?;
    let manifest: &Path = client.runtime.settings.manifest_path();
    Ok((client.runtime.project.root.clone(), manifest.to_owned()))
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

fn json(py: Python<'_>, value: &impl serde::Serialize) -> PyResult<String> {
    serde_json::to_string(value)
        .map_err(|error| crate::errors::exception(py, "InternalError", &error.to_string()))
}
