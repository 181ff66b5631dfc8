//! `history recent`.

use nuvom_core::ports::StoredResult;
use nuvom_core::{Attempt, Job, State};
use serde_json::Value as Json;

use crate::arguments::Recent;
use crate::failure::{Failure, OK};
use crate::job_json;
use crate::mistyped::nothing_found;
use crate::moments::{Here, span};
use crate::payload::{self, Secrets};
use crate::search::Search;
use crate::session::{Opened, Session};
use crate::styled::{Style, Styled};
use crate::table::{Fit, Table};

/// Longest part of a result that a listing holds, in characters.
const SHOWN: usize = 200;

/// A job with what came of it.
struct Past {
    job: Job,
    result: Option<StoredResult>,
    last_attempt: Option<Attempt>,
}

/// Lists jobs, newest first.
pub(crate) fn recent(options: &Recent, session: &mut Session<'_>) -> Result<i32, Failure> {
    let opened = session.open()?;
    let found = Search::of(&opened, &options.which, &[]).next(usize::from(options.limit))?;
    let jobs = past(&opened, found)?;
    if options.listing.json {
        session.output.json(&jobs.iter().map(json).collect::<Json>())?;
    } else if jobs.is_empty() {
        nothing_found(&options.which, &opened, session)?;
    } else {
        session.output.table(&table(&jobs, &opened.here()))?;
    }
    Ok(OK)
}

fn past(opened: &Opened, jobs: Vec<Job>) -> nuvom_core::Result<Vec<Past>> {
    let stores = &opened.runtime.stores;
    let ids: Vec<_> = jobs.iter().map(|job| job.id).collect();
    let results = stores.results.get(&ids)?;
    let past = jobs.into_iter().zip(results).map(|(job, result)| {
        let last_attempt = stores.inspect.attempts(job.id)?.pop();
        // A result of another lease was written by a holder that lost the job.
        let result = result.filter(|result| job.state == State::Success && result.lease == job.lease);
        Ok(Past { job, result, last_attempt })
    });
    past.collect()
}

fn json(past: &Past) -> Json {
    let record = job_json::with(
        job_json::record(&past.job),
        "result",
        job_json::result(Secrets::Hidden, past.result.as_ref()),
    );
    job_json::with(record, "error", past.last_attempt.as_ref().map_or(Json::Null, job_json::error))
}

fn table(jobs: &[Past], here: &Here) -> Table {
    let mut table = Table::new(&[
        ("ID", Fit::Whole),
        ("STATE", Fit::Whole),
        ("TASK", Fit::Cut(8)),
        ("AGE", Fit::Last(12)),
        ("OUTCOME", Fit::Last(8)),
        ("CREATED", Fit::Optional),
        ("TOOK", Fit::Optional),
    ]);
    for Past { job, result, last_attempt } in jobs {
        table.row([
            job.id.to_string().into(),
            Styled::state(job.state),
            job.task.as_str().into(),
            here.age(job.created_at).into(),
            outcome(job, result.as_ref(), last_attempt.as_ref()),
            here.at(job.created_at).into(),
            took(job).into(),
        ]);
    }
    table
}

/// The result, or else what last went wrong.
fn outcome(job: &Job, result: Option<&StoredResult>, last_attempt: Option<&Attempt>) -> Styled {
    match (result.and_then(|stored| stored.value.as_deref()), last_attempt) {
        (Some(value), _) => match payload::result(value) {
            Ok(value) => payload::repr(&value, SHOWN).into(),
            Err(reason) => reason.to_string().into(),
        },
        (None, Some(attempt)) if job.state != State::Success => {
            Styled::new(Style::Dim, format!("{}: {}", attempt.error.kind, attempt.error.message))
        }
        _ => "".into(),
    }
}

fn took(job: &Job) -> String {
    match (job.started_at, job.ended_at) {
        (Some(started), Some(ended)) => span(ended.since(started)),
        _ => String::new(),
    }
}
