//! The queue: is there work that nobody can do?

use nuvom_core::{JobId, Timestamp, WorkerName};

use super::refused::{Group, Kind};
use super::report::{Check, Status};
use super::survey::Survey;
use crate::gate::{Break, summary};
use crate::moments::{age, span};
use crate::wording::{counted, to_resume};

/// Workers that are told by name.
const MOST_WORKERS: usize = 4;
const FULL_ANSWER: &str = "`nuvom check --against-queue` tells which jobs, and what to do";

/// Whether jobs wait for somebody to resume their queue.
pub(crate) fn paused(survey: &Survey) -> Option<Check> {
    let waits: Vec<_> = survey.queues.iter().filter(|queue| queue.paused && queue.pending > 0).collect();
    if waits.is_empty() {
        return None;
    }
    let count = waits.iter().map(|queue| queue.pending).sum();
    let (jobs, wait) = (counted(count, "job"), if count == 1 { "waits" } else { "wait" });
    let are = if waits.len() == 1 { "a queue that is" } else { "queues that are" };
    let details =
        waits.iter().map(|queue| format!("queue `{}`: {}", queue.queue, counted(queue.pending, "job")));
    let fix = format!("`{}` has workers take them again", to_resume(waits.iter().map(|queue| &queue.queue)));
    let check = Check::new("paused", Status::Warning, format!("{jobs} {wait} in {are} paused"));
    Some(check.details(details).fix(fix))
}

/// Whether what the dead held goes to others.
pub(crate) fn leases(survey: &Survey) -> Check {
    let silent = &survey.silent;
    let Some(since) = silent.since else {
        return Check::new("leases", Status::Ok, "no job is held by a worker that has gone silent");
    };
    let (jobs, is) = (counted(silent.count, "job"), if silent.count == 1 { "is" } else { "are" });
    let ended = age(since, survey.now);
    let found = format!("{jobs} {is} held by workers that have gone silent; the first lease ended {ended}");
    Check::new("leases", Status::Problem, found)
        .details(ids(&silent.samples, silent.count))
        .fix("Any worker puts them back; see that one runs, with `nuvom runworker`")
}

/// Jobs that no worker accepts: a check for each sort of them.
pub(crate) fn refused(survey: &Survey) -> Vec<Check> {
    let groups = survey.refused.groups();
    let mut checks: Vec<Check> =
        groups.map(|(task, kind, group)| of_group(task, kind, group, survey.now)).collect();
    if survey.refused.unread > 0 {
        let found = format!(
            "{} more went back to the queue, and were not looked at",
            counted(survey.refused.unread, "job")
        );
        checks.push(Check::new("refused", Status::Warning, found));
    }
    if checks.is_empty() {
        checks.push(Check::new("refused", Status::Ok, "no job waits that workers do not accept"));
    }
    checks
}

/// Whether the code as it stands takes the jobs, in short.
pub(crate) fn code(survey: &Survey) -> Check {
    let gate = &survey.gate;
    let status = match &gate.breaks[..] {
        [] => Status::Ok,
        breaks if breaks.iter().any(Break::is_pressing) => Status::Problem,
        _ => Status::Warning,
    };
    let partly = if survey.all { "" } else { " Only the newest jobs were looked at." };
    let found = format!("{}{partly}", summary(gate));
    let check = Check::new("code", status, found.trim_end_matches('.'))
        .details(gate.breaks.iter().map(|it| it.message.clone()));
    if status == Status::Ok && survey.all { check } else { check.fix(FULL_ANSWER) }
}

fn of_group(task: &str, kind: Kind, group: &Group, now: Timestamp) -> Check {
    let (jobs, waits) = (counted(group.count, "job"), if group.count == 1 { "waits" } else { "wait" });
    let why = match kind {
        Kind::UnknownTask => "do not know the task",
        Kind::OtherSignature => "have another signature",
    };
    let by = named(&group.workers.iter().map(WorkerName::as_str).collect::<Vec<_>>());
    let next = if group.next > now {
        format!("next tried {}", age(group.next, now))
    } else {
        format!("due for {}", span(now.since(group.next)))
    };
    let found = format!(
        "{jobs} of `{task}` {waits}, refused by workers that {why} ({}), up to {} in a row, last by {by}; {next}",
        kind.as_str(),
        counted(group.refusals as u64, "time"),
    );
    let fix = match (group.breaks, group.fits) {
        (1.., _) => format!("The code as it stands does not take them either; {FULL_ANSWER}"),
        (0, 1..) => {
            "The code as it stands takes them: run `nuvom discover tasks`, and start a worker with it"
                .to_owned()
        }
        (0, 0) => {
            "Start a worker of the version that made them, or end them by `nuvom cancel job`".to_owned()
        }
    };
    let status = if group.is_stranded() { Status::Problem } else { Status::Warning };
    Check::new("refused", status, found).details(ids(&group.samples, group.count)).fix(fix)
}

fn ids(samples: &[JobId], count: u64) -> Vec<String> {
    let more = count.saturating_sub(samples.len() as u64);
    let more = (more > 0).then(|| format!("and {more} more"));
    samples.iter().map(ToString::to_string).chain(more).collect()
}

fn named(workers: &[&str]) -> String {
    let told = workers.iter().take(MOST_WORKERS).copied().collect::<Vec<_>>().join(", ");
    match workers.len() {
        0 => "unknown ones".to_owned(),
        count if count > MOST_WORKERS => format!("{told} and {} more", count - MOST_WORKERS),
        _ => told,
    }
}
