//! What the command line asks of the program that it is part of.

use nuvom_core::ports::StoredResult;
use nuvom_core::{Attempt, Error, ErrorKind, Job, QueueName, Result};
use nuvom_runtime::{Backends, Project, Settings};
use serde_json::Value as Json;

/// The program around the command line. It does what needs Python.
pub trait Host {
    /// Runs a worker until it is stopped, and answers with the exit code.
    fn run_worker(&self, request: WorkerRequest) -> i32;

    /// Makes jobs of schedules until it is stopped, and answers with the exit code.
    fn run_scheduler(&self, request: SchedulerRequest) -> i32;

    /// Runs one job on a store that ends with this process, and answers what became of it.
    fn try_job(&self, request: TrialRequest) -> Result<Trial> {
        let _ = request;
        Err(Error::new(ErrorKind::Unsupported, "to run a task needs Python"))
    }

    /// Makes the schedules of a project what its code says, or only finds out what would be done. Answers a list of
    /// objects with "id" and "done". The code is Python's, so the host reads it.
    fn sync_schedules(&self, project: &Project, is_dry: bool) -> Result<Json> {
        let _ = (project, is_dry);
        Err(Error::new(ErrorKind::Unsupported, "the schedules in the code need Python"))
    }

    /// The version of Nuvom, as the package has it.
    fn version(&self) -> String;

    /// Adds the backends of plugins that these settings name.
    fn add_backends(&self, project: &Project, settings: &Settings, backends: &mut Backends) {
        let _ = (project, settings, backends);
    }

    /// What `nuvom plugin VERB` wants to know of a project, as JSON. Plugins are code, so the host does what they need.
    fn plugins(&self, project: &Project, verb: &str, arguments: Vec<String>) -> Result<Json> {
        let _ = (project, verb, arguments);
        Err(Error::new(ErrorKind::Unsupported, "plugins need Python"))
    }

    /// What else `nuvom version` shows, such as the version of Python: names and values.
    fn components(&self) -> Vec<(String, String)> {
        Vec::new()
    }
}

/// A worker that a user asked for. The settings are checked, and its options are among them.
#[derive(Debug, Clone)]
pub struct WorkerRequest {
    /// Whose jobs it runs.
    pub project: Project,
    /// The settings, `--workers` and `--log-level` included.
    pub settings: Settings,
    /// The settings that its options name.
    pub arguments: Vec<(String, String)>,
    /// The queues it serves; none named means all.
    pub queues: Vec<QueueName>,
    /// Whether it starts anew whenever the source changes.
    pub reloads: bool,
    /// Whether a module that cannot be loaded keeps it from starting.
    pub is_strict: bool,
    /// Whether it fires the ticks of schedules, too.
    pub fires: bool,
}

/// A scheduler that a user asked for. The settings are checked, and its options are among them.
#[derive(Debug, Clone)]
pub struct SchedulerRequest {
    /// The settings, `--poll` and `--log-level` included.
    pub settings: Settings,
    /// The settings that its options name.
    pub arguments: Vec<(String, String)>,
}

/// One job that a user wants to try. The settings are checked, and name a store that ends with the process.
#[derive(Debug, Clone)]
pub struct TrialRequest {
    /// The settings, with those of `arguments`.
    pub settings: Settings,
    /// The settings that are given above all sources.
    pub arguments: Vec<(String, String)>,
    /// The task, which the manifest knows by this name or alias.
    pub task: String,
    /// The arguments and options as JSON: an object with `args`, `kwargs`, `retries`, `timeout_secs`, or some of these.
    pub description: String,
    /// What messages call the place of that text.
    pub place: String,
    /// Whether what the task prints must not get between the data.
    pub keeps_stdout: bool,
}

/// What became of it.
#[derive(Debug, Clone)]
pub struct Trial {
    /// The job at its end.
    pub job: Job,
    /// Its attempts that did not succeed.
    pub attempts: Vec<Attempt>,
    /// Its value, if one is kept.
    pub result: Option<StoredResult>,
    /// How many jobs it has made. They are not run.
    pub enqueued: u64,
}
