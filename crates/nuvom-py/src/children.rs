//! How a worker starts its child processes.

use std::ffi::OsString;
use std::time::Duration;

use nuvom_engine::ChildCommand;
use nuvom_runtime::Settings;
use pyo3::prelude::*;
use serde::Serialize;

use crate::client;

/// Where a child finds the tasks.
#[derive(FromPyObject, Serialize)]
pub(crate) struct Places {
    #[pyo3(item)]
    path: Vec<String>,
    #[pyo3(item)]
    modules: Vec<String>,
    #[pyo3(item)]
    script: Option<String>,
    /// The project, which may name plugins.
    #[pyo3(item)]
    root: String,
}

/// What `nuvom.execution.child` is told.
#[derive(Serialize)]
struct Terms<'a> {
    #[serde(flatten)]
    places: &'a Places,
    settings: serde_json::Map<String, serde_json::Value>,
    log_level: &'a str,
    log_format: &'a str,
    coroutines: usize,
    max_result_bytes: usize,
    grace_secs: f64,
    fence_secs: f64,
    fence_grace_secs: f64,
    measures: bool,
}

/// The command of a child of a worker with these settings.
pub(crate) fn command(
    py: Python<'_>,
    places: &Places,
    children: usize,
    settings: &Settings,
    lease: Duration,
    warm: bool,
) -> PyResult<ChildCommand> {
    let (grace, coroutines) = (settings.timeout_grace(), settings.max_coroutines());
    let given = client::given().into_iter().map(|(name, value)| {
        let name = name.strip_prefix("NUVOM_").unwrap_or(&name).to_ascii_lowercase();
        (name, serde_json::Value::String(value))
    });
    let program: String = py.import("sys")?.getattr("executable")?.extract()?;
    let mut command = ChildCommand {
        program: OsString::from(program),
        arguments: ["-m", "nuvom.execution.child"].iter().map(OsString::from).collect(),
        environment: Vec::new(),
        children,
        coroutines,
        warm,
        grace,
        lease,
        max_jobs: settings.max_jobs_per_child(),
        max_rss: settings.max_rss(),
    };
    let terms = Terms {
        places,
        settings: given.collect(),
        log_level: settings.log_level(),
        log_format: settings.log_format(),
        coroutines,
        max_result_bytes: settings.max_result_bytes(),
        grace_secs: grace.as_secs_f64(),
        fence_secs: command.fence().as_secs_f64(),
        fence_grace_secs: command.fence_grace().as_secs_f64(),
        measures: command.max_rss.is_some(),
    };
    let terms = serde_json::to_string(&terms).unwrap_or_default();
    command.environment = vec![("NUVOM_CHILD_TERMS".into(), terms.into())];
    Ok(command)
}
