//! `runtestworker run`: one job, here and now, to try its task.

use std::collections::HashSet;

use nuvom_core::{Error, ErrorKind, State, nearest};
use nuvom_discovery::Manifest;
use serde_json::json;

use super::inspect::{arguments, field, show_attempt, shown_result};
use crate::arguments::TestJob;
use crate::failure::{ERROR, Failure, OK};
use crate::host::{Trial, TrialRequest};
use crate::job_file::JobFile;
use crate::job_json;
use crate::moments::span;
use crate::output::Output;
use crate::payload::Secrets;
use crate::session::Session;
use crate::styled::{Style, Styled};
use crate::wording::counted;

/// Where the job and all that it enqueues is kept, and the metrics of a worker that is there for one job.
const ALONE: [(&str, &str); 4] = [
    ("NUVOM_QUEUE_BACKEND", "memory"),
    ("NUVOM_RESULT_BACKEND", "memory"),
    ("NUVOM_SCHEDULER_BACKEND", "memory"),
    ("NUVOM_PROMETHEUS_PORT", "0"),
];

/// Has the host run the job that a file describes, and shows what became of it.
pub(crate) fn run(options: &TestJob, session: &mut Session<'_>) -> Result<i32, Failure> {
    let settings: Vec<(String, String)> =
        ALONE.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let configured = session.configure(settings.clone())?;
    let most = configured.settings.max_args_bytes();
    let file = JobFile::read(&options.file, &session.folder, &mut *session.input, most)?;
    let manifest = Manifest::load(configured.settings.manifest_path())?;
    known(&file, &manifest)?;
    session.output.flush()?;
    let request = TrialRequest {
        settings: configured.settings,
        arguments: settings,
        task: file.task,
        description: file.text,
        place: file.place,
        keeps_stdout: options.listing.json,
    };
    let trial = session.host.try_job(request)?;
    let secrets = if options.show_secrets { Secrets::Shown } else { Secrets::Hidden };
    if options.listing.json {
        session.output.json(&json!({
            "task": trial.job.task.as_str(),
            "state": trial.job.state.as_str(),
            "took_secs": took(&trial).map(|span| span.as_secs_f64()),
            "arguments": job_json::arguments(secrets, &trial.job.payload),
            "result": job_json::result(secrets, trial.result.as_ref()),
            "attempts": job_json::attempts(&trial.attempts),
            "enqueued": trial.enqueued,
        }))?;
    } else {
        show(&trial, secrets, session)?;
    }
    Ok(if trial.job.state == State::Success { OK } else { ERROR })
}

/// Holds the task's name against the manifest, before anything is imported.
fn known(file: &JobFile, manifest: &Manifest) -> Result<(), Error> {
    let tasks = manifest.tasks().iter();
    let names: HashSet<&str> =
        tasks.flat_map(|task| task.aliases.iter().chain([&task.name])).map(String::as_str).collect();
    if names.contains(file.task.as_str()) {
        return Ok(());
    }
    let mut names: Vec<&str> = names.into_iter().collect();
    names.sort_unstable();
    let meant = nearest(&file.task, names).map_or_else(String::new, |name| format!("Did you mean {name}? "));
    let what = format!("{}: no task is named \"{}\"", file.place, file.task.escape_debug());
    Err(Error::new(ErrorKind::Invalid, what).hint(format!(
        "{meant}`nuvom list tasks` lists those of the manifest, `nuvom discover tasks` writes it anew"
    )))
}

fn took(trial: &Trial) -> Option<std::time::Duration> {
    Some(trial.job.ended_at?.since(trial.job.started_at?))
}

fn show(trial: &Trial, secrets: Secrets, session: &mut Session<'_>) -> Result<(), Failure> {
    let here = session.here();
    let (job, output): (_, &mut Output<'_>) = (&trial.job, &mut session.output);
    field(output, "Task", job.task.as_str().into())?;
    field(output, "Arguments", arguments(secrets, job).into())?;
    field(output, "State", Styled::state(job.state))?;
    if job.state == State::Success {
        field(output, "Result", shown_result(secrets, trial.result.as_ref()))?;
    }
    if let Some(took) = took(trial) {
        field(output, "Took", span(took).into())?;
    }
    if trial.enqueued > 0 {
        let jobs = counted(trial.enqueued, "job");
        let told = format!(
            "{jobs} that it made, and that {} not run",
            if trial.enqueued == 1 { "is" } else { "are" }
        );
        field(output, "Enqueued", Styled::new(Style::Dim, told))?;
    }
    for attempt in &trial.attempts {
        show_attempt(output, attempt, &here, "--json")?;
    }
    Ok(())
}
