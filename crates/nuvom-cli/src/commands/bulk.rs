//! `retry jobs`, `cancel jobs` and `queue clear`: many jobs at once, after they were counted and agreed on.

use nuvom_core::ports::{Cancelled, Revived};
use nuvom_core::{Error, ErrorKind, JobId, QueueName, Result as CoreResult, State};

use crate::arguments::{ClearQueue, ManyJobs, Which};
use crate::failure::{Failure, OK, USAGE};
use crate::mistyped::nothing_found;
use crate::search::Search;
use crate::session::{Opened, Session};
use crate::wording::counted;

/// Changed in one commit, so that workers get their turn in between.
const BATCH: usize = 500;

/// Gives all jobs that are meant a fresh budget; those that failed, unless said otherwise.
pub(crate) fn retry(options: &ManyJobs, session: &mut Session<'_>) -> Result<i32, Failure> {
    only(&options.which, "run again", &[State::Failed, State::Cancelled])?;
    let done = |opened: &Opened, ids: &[JobId]| {
        let answers = opened.runtime.stores.jobs.retry(ids)?;
        Ok(answers.into_iter().filter(|answer| *answer == Revived::Done).count())
    };
    run(&options.which, options.yes, ("run again", &[State::Failed]), done, session)
}

/// Asks for the end of all jobs that are meant; those that wait or run, unless said otherwise.
pub(crate) fn cancel(options: &ManyJobs, session: &mut Session<'_>) -> Result<i32, Failure> {
    let states = [State::Pending, State::Running];
    only(&options.which, "cancelled", &states)?;
    run(&options.which, options.yes, ("cancelled", &states), cancelled, session)
}

/// Cancels all jobs that wait in a queue.
pub(crate) fn clear(options: &ClearQueue, session: &mut Session<'_>) -> Result<i32, Failure> {
    let which = Which { queue: vec![options.name.clone()], ..Which::default() };
    known(&options.name, session)?;
    run(&which, options.yes, ("cancelled", &[State::Pending]), cancelled, session)
}

/// Jobs of a state in which nothing can be done must not be counted as if it could.
fn only(which: &Which, what: &str, states: &[State]) -> Result<(), Failure> {
    let Some(wrong) = which.status.iter().find(|state| !states.contains(state)) else { return Ok(()) };
    let can = states.iter().map(|state| state.as_str()).collect::<Vec<_>>().join(" or ");
    Err(Error::new(ErrorKind::Invalid, format!("jobs that are {} cannot be {what}", wrong.as_str()))
        .hint(format!("Only those that are {can} can."))
        .into())
}

/// A queue whose name is mistyped must not look empty.
fn known(name: &QueueName, session: &mut Session<'_>) -> Result<(), Failure> {
    let opened = session.open()?;
    let queues = opened.runtime.stores.inspect.queues()?;
    if queues.iter().any(|queue| queue.queue == *name) {
        return Ok(());
    }
    Err(super::queue::unknown(name, &queues, &opened.place).into())
}

fn cancelled(opened: &Opened, ids: &[JobId]) -> CoreResult<usize> {
    let answers = opened.runtime.stores.jobs.cancel(ids)?;
    let is_done = |answer: &Cancelled| matches!(answer, Cancelled::Done | Cancelled::Requested);
    Ok(answers.iter().filter(|answer| is_done(answer)).count())
}

fn run(
    which: &Which,
    yes: bool,
    (what, states): (&str, &[State]),
    change: impl Fn(&Opened, &[JobId]) -> CoreResult<usize>,
    session: &mut Session<'_>,
) -> Result<i32, Failure> {
    let opened = session.open()?;
    let mut search = Search::of(&opened, which, states);
    let mut ids: Vec<JobId> = Vec::new();
    loop {
        let found = search.next(BATCH)?;
        if found.is_empty() {
            break;
        }
        ids.extend(found.iter().map(|job| job.id));
    }
    if ids.is_empty() {
        nothing_found(which, &opened, session)?;
        return Ok(OK);
    }
    let asked = format!("{} in {} would be {what}", counted(ids.len() as u64, "job"), opened.place);
    if !yes && !session.agrees(&asked)? {
        session.output.talk(&format!("{asked}. Nothing was changed; --yes does it."))?;
        return Ok(USAGE);
    }
    let (mut done, mut seen) = (0, 0);
    for batch in ids.chunks(BATCH) {
        done += change(&opened, batch)?;
        // Jobs that had moved on count too, or the bar would never end its line.
        seen += batch.len();
        session.output.progress(seen, ids.len(), "jobs")?;
    }
    let left = match ids.len() - done {
        0 => String::new(),
        left => format!("; {} had moved on", counted(left as u64, "job")),
    };
    session.output.line(&format!("{} {what}{left}", counted(done as u64, "job")))?;
    Ok(OK)
}
