//! `explain`: in a sentence or two, why a job is where it is, and what would move it.

use std::time::Duration;

use nuvom_core::ports::Listed;
use nuvom_core::{Attempt, Job, OnLost, State, Timestamp};
use serde_json::json;

use crate::arguments::OneJobListed;
use crate::failure::{Failure, OK};
use crate::moments::{age, elapsed, span};
use crate::session::Session;
use crate::wording::{counted, to_resume, wrapped};

/// Explains a job.
pub(crate) fn job(options: &OneJobListed, session: &mut Session<'_>) -> Result<i32, Failure> {
    let opened = session.open()?;
    let id = opened.job_id(&options.id)?;
    let stores = &opened.runtime.stores;
    let job = stores.inspect.jobs(&[id])?.pop().flatten().ok_or_else(|| opened.no_such_job(id))?;
    let attempts = stores.inspect.attempts(id)?;
    let grace = opened.runtime.settings.timeout_grace();
    let paused = job.state == State::Pending
        && stores.inspect.queues()?.iter().any(|queue| queue.paused && queue.queue == job.queue);
    let waits = job.state == State::Pending && stores.jobs.capability().roster;
    let roster = waits.then(|| stores.roster.list_workers()).transpose()?;
    let told = explanation(&job, attempts.last(), paused, roster.as_ref(), grace, opened.now());
    if options.listing.json {
        let state = job.state.as_str();
        session.output.json(&json!({ "id": id.to_string(), "state": state, "explanation": told }))?;
        return Ok(OK);
    }
    let width = session.output.width;
    for line in wrapped(&told, width) {
        session.output.line(&line)?;
    }
    Ok(OK)
}

/// Why the job is where it is, and what would move it.
fn explanation(
    job: &Job,
    last: Option<&Attempt>,
    paused: bool,
    roster: Option<&Listed>,
    grace: Duration,
    now: Timestamp,
) -> String {
    match job.state {
        State::Pending => waiting(job, last, paused, roster, now),
        State::Running => running(job, grace, now),
        State::Success => {
            let attempts = counted(u64::from(job.failures + 1), "attempt");
            format!("It succeeded {} after {attempts}; nothing moves it any more.", ended(job, now))
        }
        State::Cancelled => format!(
            "It was cancelled {}, since someone asked for its end; `nuvom retry job {}` would run it again.",
            ended(job, now),
            job.id
        ),
        State::Failed => format!(
            "It failed for good {}: {}. `nuvom retry job {}` gives it a fresh budget.",
            ended(job, now),
            why_it_failed(job, last),
            job.id
        ),
    }
}

fn waiting(
    job: &Job,
    last: Option<&Attempt>,
    paused: bool,
    roster: Option<&Listed>,
    now: Timestamp,
) -> String {
    let queue = format!("a worker that serves the queue {} and knows the task {}", job.queue, job.task);
    let tried = match last.map(|attempt| attempt.ending.as_str()) {
        Some("handed back") => {
            "It was handed back by a worker that could not or would not run it; ".to_owned()
        }
        Some("lost") => format!("It lost its worker ({} of {}); ", job.losses, job.max_losses),
        Some(_) if job.failures > 0 => {
            format!("Attempt {} of {} failed; ", job.failures, job.max_attempts)
        }
        _ => String::new(),
    };
    let resume = || {
        let command = to_resume([&job.queue]);
        format!("its queue {} is paused: no worker takes it from there until `{command}`.", job.queue)
    };
    let due = if paused && job.run_at > now {
        format!("it is due {}, but {}", age(job.run_at, now), resume())
    } else if paused {
        format!("it has been due for {}, and {}", elapsed(job.run_at, now), resume())
    } else if job.run_at > now {
        format!("it is due {} and then waits for {queue}.", age(job.run_at, now))
    } else {
        format!(
            "it has been due for {} and waits for a free slot of {queue}{}.",
            elapsed(job.run_at, now),
            whether_there_is_one(job, roster)
        )
    };
    if tried.is_empty() { capitalised(&due) } else { format!("{tried}{due}") }
}

/// What the roster says of the workers for a due job.
fn whether_there_is_one(job: &Job, roster: Option<&Listed>) -> String {
    let Some(Listed { now, workers }) = roster else {
        return "; `nuvom doctor` tells whether there is one".to_owned();
    };
    let serving: Vec<_> = workers.iter().filter(|worker| worker.serves(&job.queue, *now)).collect();
    if serving.is_empty() {
        return ". No worker runs that serves this queue: start one by `nuvom runworker`".to_owned();
    }
    let busy: u64 = serving.iter().map(|worker| u64::from(worker.report.busy)).sum();
    let slots = serving.iter().map(|worker| u64::from(worker.report.slots)).sum();
    let (count, serve) = (serving.len() as u64, if serving.len() == 1 { "serves" } else { "serve" });
    format!(
        ". {} {serve} this queue, and {busy} of {} {} busy; `nuvom doctor` tells whether they know the task",
        counted(count, "worker"),
        counted(slots, "slot"),
        if slots == 1 { "is" } else { "are" }
    )
}

fn running(job: &Job, grace: Duration, now: Timestamp) -> String {
    let worker = job.worker.as_ref().map_or("a worker", |worker| worker.as_str());
    let since = job.started_at.map_or_else(String::new, |started| format!(" for {}", elapsed(started, now)));
    if job.lease_until.is_some_and(|until| until <= now) {
        let then = match job.options.on_lost {
            OnLost::Fail => "it fails, as its task wants it",
            OnLost::Retry if job.losses + 1 >= job.max_losses.get() => "it fails, as it has lost too many",
            OnLost::Retry => "it waits to run again",
        };
        return format!(
            "Worker {worker} had it and has gone silent: its lease ran out {}. The next worker that looks takes it from there, \
             and {then}.",
            job.lease_until.map_or_else(String::new, |until| age(until, now))
        );
    }
    let limit = job.options.timeout.zip(job.started_at).map(|(limit, started)| started + limit);
    let end = match limit {
        Some(limit) if limit + grace * 2 < now => {
            "It is past its time limit and did not end: it is stuck, and keeps its slot's work from nobody; the log of its \
             worker tells where it is."
                .to_owned()
        }
        Some(limit) => format!("It ends by itself, or is told to at its time limit {}.", age(limit, now)),
        None => "It ends by itself; it has no time limit.".to_owned(),
    };
    let asked =
        if job.cancel_requested { " Someone asked for its end, and its worker has been told." } else { "" };
    format!("It runs on {worker}{since}, attempt {} of {}. {end}{asked}", job.attempt(), job.max_attempts)
}

fn why_it_failed(job: &Job, last: Option<&Attempt>) -> String {
    let Some(last) = last else { return "nothing was kept of its last attempt".to_owned() };
    let how = match last.ending.as_str() {
        "lost" => format!("its worker was lost for the {}. time of {}", job.losses, job.max_losses),
        "timed out" => {
            let limit = job.options.timeout.map_or_else(String::new, |limit| format!(" of {}", span(limit)));
            format!("its last attempt passed the time limit{limit}")
        }
        _ => format!("its last attempt, {} of {}, raised {}", last.number, job.max_attempts, last.error.kind),
    };
    if last.error.message.is_empty() { how } else { format!("{how} ({})", last.error.message) }
}

fn ended(job: &Job, now: Timestamp) -> String {
    job.ended_at.map_or_else(String::new, |ended| age(ended, now))
}

fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}
