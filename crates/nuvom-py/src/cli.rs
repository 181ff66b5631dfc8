//! The command line's host: it runs workers and single jobs, and knows the versions.

use std::ffi::OsString;

use nuvom_cli::{ERROR, Host, SchedulerRequest, Trial, TrialRequest, WorkerRequest};
use nuvom_core::ports::{Filter, Stores};
use nuvom_core::{Error, ErrorKind, JobId, QueueName};
use nuvom_runtime::{Backends, Project, Settings};
use pyo3::prelude::*;
use serde_json::Value as Json;

use crate::backends::{add_named, refused};
use crate::client::{client, configure};
use crate::errors::kind_of;

/// Runs the command that these arguments name; answers the exit code.
#[pyfunction]
pub(crate) fn run_command_line(py: Python<'_>, arguments: Vec<OsString>) -> i32 {
    let python = Python::version_str().split_whitespace().next().unwrap_or_default().to_owned();
    py.detach(|| nuvom_cli::run(arguments, &PythonHost { python }))
}

/// The text with everything that a terminal would obey, or that cannot be seen, written out.
#[pyfunction]
pub(crate) fn visible(text: &str) -> std::borrow::Cow<'_, str> {
    nuvom_cli::visible(text)
}

struct PythonHost {
    python: String,
}

/// What Python raised, as an error; one that is none of Nuvom's is a defect, and told with its traceback.
fn told(py: Python<'_>, raised: &PyErr) -> Error {
    let is_ours = py
        .import("nuvom.errors")
        .and_then(|errors| raised.value(py).is_instance(&errors.getattr("NuvomError")?))
        .unwrap_or(false);
    if is_ours {
        return Error::new(kind_of(py, raised), raised.value(py).to_string());
    }
    raised.print(py);
    Error::new(ErrorKind::Internal, "the job could not be run")
}

/// What became of a job, and how many others there are.
fn tried(id: JobId, stores: &Stores) -> nuvom_core::Result<Trial> {
    let job = stores.inspect.jobs(&[id])?.pop().flatten().ok_or_else(|| {
        Error::new(ErrorKind::Internal, "the job is not in the store that it was put into").with("job", id)
    })?;
    let attempts = stores.inspect.attempts(id)?;
    let result = stores.results.get(&[id])?.pop().flatten();
    let others = stores.inspect.count(&Filter::default())?.iter().sum::<u64>().saturating_sub(1);
    Ok(Trial { job, attempts, result, enqueued: others })
}

impl Host for PythonHost {
    fn run_worker(&self, request: WorkerRequest) -> i32 {
        let queues: Vec<&str> = request.queues.iter().map(QueueName::as_str).collect();
        let settings = &request.settings;
        let arguments = (
            queues,
            settings.log_level(),
            settings.log_format(),
            request.is_strict,
            request.reloads,
            request.fires,
        );
        Python::attach(|py| {
            configure(py, request.arguments.into_iter().map(|(name, value)| (name, Some(value))).collect());
            let ran = py
                .import("nuvom.worker")
                .and_then(|worker| worker.getattr("run_worker")?.call1(arguments))
                .and_then(|code| code.extract());
            ran.unwrap_or_else(|error: PyErr| {
                error.print(py);
                ERROR
            })
        })
    }

    fn run_scheduler(&self, request: SchedulerRequest) -> i32 {
        let arguments = (request.settings.log_level(), request.settings.log_format());
        Python::attach(|py| {
            configure(py, request.arguments.into_iter().map(|(name, value)| (name, Some(value))).collect());
            let ran = py
                .import("nuvom.worker")
                .and_then(|worker| worker.getattr("run_scheduler")?.call1(arguments))
                .and_then(|code| code.extract());
            ran.unwrap_or_else(|error: PyErr| {
                error.print(py);
                ERROR
            })
        })
    }

    fn try_job(&self, request: TrialRequest) -> nuvom_core::Result<Trial> {
        let settings = &request.settings;
        let (level, format) = (settings.log_level(), settings.log_format());
        let arguments =
            (request.task, request.description, request.place, level, format, request.keeps_stdout);
        Python::attach(|py| {
            configure(py, request.arguments.into_iter().map(|(name, value)| (name, Some(value))).collect());
            let ran = py
                .import("nuvom.trial")
                .and_then(|trial| trial.getattr("try_job")?.call1(arguments)?.extract::<String>())
                .and_then(|id| Ok((id, client(py)?)));
            let (id, client) = ran.map_err(|raised| told(py, &raised))?;
            py.detach(|| tried(id.parse()?, &client.runtime.stores))
        })
    }

    fn sync_schedules(&self, _project: &Project, is_dry: bool) -> nuvom_core::Result<Json> {
        Python::attach(|py| {
            let answered = py
                .import("nuvom.scheduler.declared")
                .and_then(|declared| declared.getattr("answer")?.call1((is_dry,)))
                .and_then(|answer| answer.extract::<String>());
            let text =
                answered.map_err(|raised| Error::new(kind_of(py, &raised), raised.value(py).to_string()))?;
            serde_json::from_str(&text)
                .map_err(|error| Error::new(ErrorKind::Internal, "the answer is no JSON").caused_by(error))
        })
    }

    fn add_backends(&self, project: &Project, settings: &Settings, backends: &mut Backends) {
        add_named(project, settings, backends);
    }

    fn plugins(&self, project: &Project, verb: &str, arguments: Vec<String>) -> nuvom_core::Result<Json> {
        Python::attach(|py| {
            let answered = py
                .import("nuvom.plugins.command")
                .and_then(|command| command.getattr("answer")?.call1((project.root.clone(), verb, arguments)))
                .and_then(|answer| answer.extract::<String>());
            let text = answered.map_err(|raised| refused(py, &raised))?;
            serde_json::from_str(&text)
                .map_err(|error| Error::new(ErrorKind::Internal, "the answer is no JSON").caused_by(error))
        })
    }

    fn version(&self) -> String {
        env!("CARGO_PKG_VERSION").to_owned()
    }

    fn components(&self) -> Vec<(String, String)> {
        vec![
            ("Python".to_owned(), self.python.clone()),
            ("SQLite".to_owned(), nuvom_runtime::sqlite_version().to_owned()),
            ("build".to_owned(), if cfg!(debug_assertions) { "debug" } else { "release" }.to_owned()),
        ]
    }
}
