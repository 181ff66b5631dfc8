//! What is said of jobs that do not fit: what is wrong, and what to do.

use nuvom_discovery::FoundTask;

use super::code::Heir;
use super::judge::{Cause, Group};
use crate::payload::{self, Value};
use crate::wording::counted;

/// What is wrong, as a sentence without its final full stop.
pub(super) fn message(task: &str, cause: &Cause, group: &Group<'_>, heir: Option<Heir<'_>>) -> String {
    let jobs = counted(group.count, "job");
    let (waits, lacks, gives) =
        if group.count == 1 { ("waits", "lacks", "gives") } else { ("wait", "lack", "give") };
    let said = match cause {
        Cause::Gone => {
            let instead = match heir {
                Some(Heir::Renamed(now)) => format!("; its function is the task `{}` now", now.name),
                Some(Heir::Near(near)) => format!("; did you mean `{}`?", near.name),
                None => String::new(),
            };
            let waits = if is_failed(group) { "were made for" } else { &format!("{waits} for") };
            format!("{jobs} {waits} `{task}`, and the code has no such task{instead}")
        }
        Cause::Missing(name) => format!("{jobs} of `{task}` {lacks} `{name}`, {}", missing(name, group)),
        Cause::Unknown(name) => {
            let any_more = if group.made_for.is_some() { " any more" } else { "" };
            format!("{jobs} of `{task}` {gives} `{name}`, and it has no such parameter{any_more}")
        }
        Cause::UnknownMore => format!("{jobs} of `{task}` {gives} other arguments that it does not take"),
        Cause::PositionalOnly(name) => {
            format!("{jobs} of `{task}` {gives} `{name}` by name, and it takes that by position only")
        }
        Cause::Doubled(name) => format!(
            "{jobs} of `{task}` {gives} `{name}` twice, by position and by name, as its parameters stand in \
             another order"
        ),
        Cause::TooMany => {
            let (most, taken) = group.positional;
            let up_to = if group.count == 1 { "" } else { "up to " };
            let most = counted(most as u64, "argument");
            format!("{jobs} of `{task}` {gives} {up_to}{most} by position, and it takes {taken}")
        }
        Cause::Unreadable => {
            format!("the arguments of {jobs} of `{task}` cannot be read: {}", group.reason)
        }
    };
    if is_failed(group) {
        return format!("{said}. All have failed, so it matters only if they are run again");
    }
    said
}

/// What to do, as a sentence without its final full stop.
pub(super) fn fix(task: &str, cause: &Cause, group: &Group<'_>, heir: Option<Heir<'_>>) -> String {
    match cause {
        Cause::Gone => gone(task, group, heir),
        Cause::Missing(name) => format!("Give `{name}` a default until these jobs are done"),
        Cause::Unknown(name) => {
            format!(
                "Keep the parameter `{name}`, with a default, until these jobs are done, or accept `**kwargs`"
            )
        }
        Cause::UnknownMore => "Accept `**kwargs` until these jobs are done".to_owned(),
        Cause::PositionalOnly(name) => {
            format!("Let `{name}` be given by name, too, until these jobs are done: put it right of the `/`")
        }
        Cause::Doubled(_) => "Put the parameters back into their order until these jobs are done".to_owned(),
        Cause::TooMany => {
            "Keep the parameters, with defaults, until these jobs are done, or accept `*args`".to_owned()
        }
        Cause::Unreadable => {
            "Look at one by `nuvom inspect job ID --format raw`; what is damaged can only be \
                              ended by `nuvom cancel job ID`, and enqueued anew"
                .to_owned()
        }
    }
}

/// The place to look at: the task itself, or the one that has its function now. Not one that was only guessed.
pub(super) fn place(task: Option<&FoundTask>, heir: Option<Heir<'_>>) -> Option<(String, u32)> {
    let renamed = match heir {
        Some(Heir::Renamed(now)) => Some(now),
        Some(Heir::Near(_)) | None => None,
    };
    task.or(renamed).map(|task| (task.file.clone(), task.line))
}

/// The parameters of a task as written, without what it returns: `(x: int, y: int = 2)`.
pub(super) fn parameters(task: &FoundTask) -> &str {
    let returns = task.returns.as_ref().map(|returns| format!(" -> {returns}"));
    returns.and_then(|returns| task.signature.strip_suffix(&returns)).unwrap_or(&task.signature)
}

/// What happened to a parameter that must be given now. Without the signature for which the jobs were made, nobody
/// knows whether it is new.
fn missing(name: &str, group: &Group<'_>) -> &'static str {
    let Some(made_for) = group.made_for else { return "which has no default" };
    match made_for.parameters.iter().find(|parameter| parameter.name == name) {
        None => "which was added without a default",
        Some(before) if before.has_default => "which has no default any more",
        Some(_) => "which has another place or kind now",
    }
}

fn gone(task: &str, group: &Group<'_>, heir: Option<Heir<'_>>) -> String {
    let aliases = format!("aliases=[{}]", payload::repr(&Value::Text(task.to_owned()), usize::MAX));
    let otherwise = if is_failed(group) {
        "keep the task if these jobs are to be run again"
    } else {
        "keep the task until these jobs are done, or end them by `nuvom cancel job`"
    };
    match heir {
        Some(Heir::Renamed(now)) => format!("Let `{}` serve its old name, too: `@task({aliases})`", now.name),
        Some(Heir::Near(near)) => {
            format!(
                "If `{}` took its place, let it serve this name, too: `@task({aliases})`; else {otherwise}",
                near.name
            )
        }
        None => format!(
            "Let the task that took its place serve this name, too: `@task({aliases})`; else {otherwise}"
        ),
    }
}

fn is_failed(group: &Group<'_>) -> bool {
    group.by_state.failed == group.count
}
