//! The workers: is anybody at work, and does anybody serve what waits?

use std::time::Duration;

use nuvom_core::ports::{Listed, QueueCounts};
use nuvom_core::{ListedWorker, Timestamp, WorkerStatus};

use super::report::{Check, Status};
use super::survey::Survey;
use crate::moments::{age, span};
use crate::wording::counted;

/// A worker that is there takes a job long before.
const PATIENCE: Duration = Duration::from_mins(1);
const START: &str = "Start one by `nuvom runworker`";

/// Whether due jobs are taken. Where no roster is kept, what runs is all that is known of workers.
pub(crate) fn workers(survey: &Survey, roster: Option<&Listed>) -> Check {
    let now = survey.now;
    let is_late = |oldest: Option<Timestamp>| oldest.filter(|oldest| *oldest + PATIENCE < now);
    let at_work = roster.map(|roster| with_status(roster, WorkerStatus::Running).count() as u64);
    let at_least = if survey.all { "" } else { "at least " };
    let due = format!("{at_least}{}", counted(survey.due, "due job"));
    let waits = if survey.due == 1 { "waits" } else { "wait" };
    let runs = if survey.held == 1 { "runs" } else { "run" };
    let open = || survey.queues.iter().filter(|queue| !queue.paused);
    let oldest = open().filter_map(|queue| queue.oldest).min();
    if survey.held == 0
        && let Some(oldest) = is_late(oldest)
    {
        let (who, fix) = match at_work {
            None => ("no worker seems to run".to_owned(), START),
            Some(0) => ("no worker runs".to_owned(), START),
            Some(count) => (
                format!("{}, but none takes anything", counted(count, "worker")),
                "See what they serve, by `nuvom list workers`, and what their logs say",
            ),
        };
        let since = span(now.since(oldest));
        let found = format!("{who}: {due} {waits}, for up to {since}, and nothing runs");
        return Check::new("workers", Status::Problem, found).fix(fix);
    }
    let left = open().filter(|queue| queue.running == 0);
    let left: Vec<String> = left
        .filter_map(|queue| is_late(queue.oldest).map(|oldest| (queue, oldest)))
        .map(|(queue, oldest)| {
            let since = span(now.since(oldest));
            format!("queue `{}`: the oldest job is due for {since}{}", queue.queue, served(queue, roster))
        })
        .collect();
    let listed = at_work.filter(|count| *count > 0).map(|count| format!("{}, ", counted(count, "worker")));
    let found =
        format!("{}{} {runs}, {due} {waits}", listed.unwrap_or_default(), counted(survey.held, "job"));
    match left.len() {
        0 => Check::new("workers", Status::Ok, found),
        _ => Check::new("workers", Status::Warning, format!("{found}, and in some queues nothing runs"))
            .details(left)
            .fix("See that a worker serves them: `nuvom runworker` serves all unless `--queues` says which"),
    }
}

/// Those of which nobody has heard for some beats, if there are any.
pub(crate) fn silent(roster: &Listed) -> Option<Check> {
    let now = roster.now;
    let silent: Vec<&ListedWorker> = with_status(roster, WorkerStatus::Silent).collect();
    if silent.is_empty() {
        return None;
    }
    let line = |worker: &&ListedWorker| {
        let report = &worker.report;
        let (name, host, pid) = (&report.worker, &report.host, report.pid);
        format!("{name}: process {pid} on {host}, last heard of {}", age(worker.seen_at, now))
    };
    let (workers, has) =
        (counted(silent.len() as u64, "worker"), if silent.len() == 1 { "has" } else { "have" });
    let check = Check::new("silent", Status::Warning, format!("{workers} {has} gone silent"));
    Some(check.details(silent.iter().map(line)).fix(
        "It died, hangs or cannot reach the store; its log may tell. It is forgotten a day after it was last heard of",
    ))
}

fn with_status(roster: &Listed, status: WorkerStatus) -> impl Iterator<Item = &ListedWorker> {
    roster.workers.iter().filter(move |worker| worker.status(roster.now) == status)
}

/// What the roster says of a queue in which nothing runs.
fn served(queue: &QueueCounts, roster: Option<&Listed>) -> &'static str {
    let is_served =
        |roster: &Listed| roster.workers.iter().any(|worker| worker.serves(&queue.queue, roster.now));
    match roster.map(is_served) {
        Some(false) => ", and no worker serves it",
        Some(true) | None => "",
    }
}
