//! `inspect job`.

use std::time::Duration;

use nuvom_core::ports::StoredResult;
use nuvom_core::{Attempt, Job, State, Timestamp};

use crate::arguments::{Format, InspectJob};
use crate::failure::{Failure, OK};
use crate::job_json;
use crate::moments::{Here, age, span};
use crate::output::Output;
use crate::payload::{self, Secrets, hexadecimal};
use crate::session::Session;
use crate::styled::{Style, Styled};
use crate::traceback;

/// Longest part of arguments or a result that is shown to people, in characters.
const SHOWN: usize = 4_000;
/// Longest part of a traceback that is shown to people, in lines.
const SHOWN_LINES: usize = 200;
/// The width of the names before values.
const NAMES: usize = 11;

/// Shows everything about a job.
pub(crate) fn job(options: &InspectJob, session: &mut Session<'_>) -> Result<i32, Failure> {
    let opened = session.open()?;
    let stores = &opened.runtime.stores;
    let id = opened.job_id(&options.id)?;
    let job = stores.inspect.jobs(&[id])?.pop().flatten().ok_or_else(|| opened.no_such_job(id))?;
    let attempts = stores.inspect.attempts(job.id)?;
    // A result of another lease was written by a holder that lost the job.
    let result = stores.results.get(&[job.id])?.pop().flatten();
    let result = result.filter(|result| job.state == State::Success && result.lease == job.lease);

    let secrets = if options.show_secrets { Secrets::Shown } else { Secrets::Hidden };
    let record = || job_json::with(job_json::record(&job), "attempts", job_json::attempts(&attempts));
    match if options.json { Format::Json } else { options.format } {
        Format::Table => {
            let grace = opened.runtime.settings.timeout_grace();
            table(&job, result.as_ref(), &attempts, (grace, &opened.here()), secrets, &mut session.output)?;
        }
        Format::Json => {
            let record = job_json::with(record(), "arguments", job_json::arguments(secrets, &job.payload));
            let result = job_json::result(secrets, result.as_ref());
            session.output.json(&job_json::with(record, "result", result))?;
        }
        Format::Raw => {
            let record = job_json::with(record(), "arguments_hex", hexadecimal(&job.payload).into());
            let record = job_json::with(record, "result_hex", job_json::raw_result(result.as_ref()));
            session.output.json(&record)?;
        }
    }
    Ok(OK)
}

fn table(
    job: &Job,
    result: Option<&StoredResult>,
    attempts: &[Attempt],
    (grace, here): (Duration, &Here),
    secrets: Secrets,
    output: &mut Output<'_>,
) -> Result<(), Failure> {
    field(output, "Job", job.id.to_string().into())?;
    field(output, "Task", job.task.as_str().into())?;
    state(output, job, grace, here.now)?;
    field(output, "Queue", format!("{}, priority {}", job.queue, job.priority.get()).into())?;
    field(output, "Attempts", budget(job).into())?;
    if let Some(tick) = &job.options.tick {
        let missed = match tick.missed {
            0 => String::new(),
            count => format!(", and for {count} missed before"),
        };
        let made_by = format!("{} at {}{missed}", tick.schedule, here.at(tick.at));
        field(output, "Schedule", made_by.into())?;
    }
    field(output, "Created", here.with_age(job.created_at).into())?;
    if job.state == State::Pending && job.run_at > job.created_at {
        field(output, "Due", here.with_age(job.run_at).into())?;
    }
    if let Some(started_at) = job.started_at {
        field(output, "Started", here.with_age(started_at).into())?;
    }
    if let Some(ended_at) = job.ended_at {
        field(output, "Ended", here.with_age(ended_at).into())?;
    }
    if let (Some(started_at), Some(ended_at)) = (job.started_at, job.ended_at) {
        field(output, "Took", span(ended_at.since(started_at)).into())?;
    }
    if let Some(worker) = &job.worker {
        field(output, "Worker", worker.as_str().into())?;
    }
    if !job.options.tags.is_empty() {
        field(output, "Tags", job.options.tags.join(", ").into())?;
    }
    field(output, "Arguments", arguments(secrets, job).into())?;
    if job.state == State::Success {
        field(output, "Result", shown_result(secrets, result))?;
    }
    for attempt in attempts {
        show_attempt(output, attempt, here, "-f json")?;
    }
    Ok(())
}

pub(crate) fn field(output: &mut Output<'_>, name: &str, value: Styled) -> std::io::Result<()> {
    output.pieces(&[Styled::new(Style::Heading, format!("{name:NAMES$}")), value])
}

/// The state, with the view of it that a person would ask for next.
fn state(output: &mut Output<'_>, job: &Job, grace: Duration, now: Timestamp) -> std::io::Result<()> {
    let view = match job.state {
        State::Pending if job.failures > 0 => format!("  retrying, due {}", age(job.run_at, now)),
        State::Pending if job.run_at > now => format!("  due {}", age(job.run_at, now)),
        State::Running if job.lease_until.is_some_and(|until| until <= now) => {
            "  its worker has gone silent; another will take it".to_owned()
        }
        State::Running if is_stuck(job, grace, now) => {
            "  stuck: past its time limit, and did not end; the log of its worker tells where it is"
                .to_owned()
        }
        State::Running if job.cancel_requested => "  its worker was asked to end it".to_owned(),
        _ => String::new(),
    };
    let name = Styled::new(Style::Heading, format!("{:NAMES$}", "State"));
    output.pieces(&[name, Styled::state(job.state), Styled::new(Style::Dim, view)])
}

/// Whether its worker has told it to end and waited in vain. Twice the grace: a job waits a little before it starts.
fn is_stuck(job: &Job, grace: Duration, now: Timestamp) -> bool {
    let limit =
        job.started_at.zip(job.options.timeout).map(|(started_at, limit)| started_at + limit + grace * 2);
    limit.is_some_and(|limit| limit < now)
}

fn budget(job: &Job) -> String {
    let counted = |count: u32, what: &str| match count {
        0 => String::new(),
        _ => format!(", {count} {what}"),
    };
    let (lost, handed_back) = (counted(job.losses, "lost"), counted(job.handbacks, "handed back"));
    format!("{} of {} used{lost}{handed_back}", used(job), job.max_attempts)
}

/// Attempts that took from the budget, the one that runs or succeeded included.
fn used(job: &Job) -> u32 {
    job.failures + u32::from(matches!(job.state, State::Running | State::Success))
}

pub(crate) fn arguments(secrets: Secrets, job: &Job) -> String {
    match payload::arguments_with(secrets, &job.payload) {
        Ok(arguments) => payload::call(&arguments, SHOWN),
        Err(reason) => reason.to_string(),
    }
}

pub(crate) fn shown_result(secrets: Secrets, stored: Option<&StoredResult>) -> Styled {
    let value = stored.and_then(|stored| stored.value.as_deref());
    match value.map(|value| payload::result_with(secrets, value)) {
        None => Styled::new(Style::Dim, "not kept"),
        Some(Ok(value)) => payload::repr(&value, SHOWN).into(),
        Some(Err(reason)) => Styled::new(Style::Dim, reason.to_string()),
    }
}

/// An attempt that did not succeed; `whole` is the option by which the whole of a long traceback is shown.
pub(crate) fn show_attempt(
    output: &mut Output<'_>,
    attempt: &Attempt,
    here: &Here,
    whole: &str,
) -> std::io::Result<()> {
    let worker = attempt.worker.as_ref().map_or_else(String::new, |worker| format!(" on {worker}"));
    output.line("")?;
    output.pieces(&[
        Styled::new(Style::Heading, format!("Attempt {} ", attempt.number)),
        Styled::new(Style::Bad, attempt.ending.as_str()),
        format!(" {}{worker}", here.with_age(attempt.ended_at)).into(),
    ])?;
    let error = &attempt.error;
    if !error.kind.is_empty() || !error.message.is_empty() {
        output.line(&format!("  {}: {}", error.kind, error.message))?;
    }
    // Every line is indented: none of them can pass for a line of ours.
    let mut lines = traceback::styles(error.traceback.lines());
    for (style, line) in lines.by_ref().take(SHOWN_LINES) {
        output.pieces(&["  | ".into(), Styled::new(style, line)])?;
    }
    match lines.count() {
        0 => Ok(()),
        more => output.line(&format!("  | … {more} lines more; `{whole}` shows them")),
    }
}
