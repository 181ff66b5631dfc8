//! The project: settings, stores, manifest, tasks.

use nuvom_core::{Error, Result};
use nuvom_discovery::{Changes, Manifest, ProblemKind, Scan};
use nuvom_runtime::{Project, Settings};

use super::report::{Check, Status};
use crate::wording::counted;

const DISCOVER: &str = "Run `nuvom discover tasks`, and start the workers anew";

pub(crate) fn settings(project: &Project, settings: &Result<Settings>) -> Check {
    match settings {
        Err(error) => Check::of_error("settings", error),
        Ok(settings) => {
            let found = format!("of the project at {}", project.root.display());
            let warnings = settings.warnings().to_vec();
            let status = if warnings.is_empty() { Status::Ok } else { Status::Warning };
            Check::new("settings", status, found).details(warnings)
        }
    }
}

/// What other users of the machine could read, if there is anything.
pub(crate) fn privacy(exposed: &[String]) -> Option<Check> {
    let (first, others) = exposed.split_first()?;
    let check = Check::new("privacy", Status::Warning, first.as_str()).details(others.iter().cloned());
    Some(check.fix("Give `.nuvom` and what is in it to the user who runs Nuvom, with the mode 0700 for folders and 0600 for files"))
}

/// Whether the stores can be used; `places` are those of jobs and of results.
pub(crate) fn stores(opened: Result<bool, &Error>, places: &[String]) -> Check {
    let places = places.join(", results in ");
    match opened {
        Err(error) => Check::of_error("stores", error),
        Ok(true) => Check::new("stores", Status::Ok, places),
        Ok(false) => {
            let found = format!("{places} lives inside one process, so nothing can be said of its jobs");
            Check::new("stores", Status::Warning, found).fix(
                "Set NUVOM_QUEUE_BACKEND to one that processes can share, such as sqlite, unless every worker \
                 runs inside its program, by `with nuvom.Worker():`",
            )
        }
    }
}

/// Whether workers know the tasks that the source has.
pub(crate) fn manifest(manifest: &Result<Manifest>, scan: Option<&Scan>) -> Check {
    let manifest = match manifest {
        Err(error) => return Check::of_error("manifest", error),
        Ok(manifest) => manifest,
    };
    let Some(scan) = scan else { return Check::new("manifest", Status::Ok, "readable") };
    let changes = Manifest::new(scan.tasks.clone()).diff(manifest);
    if changes.is_empty() {
        return Check::new("manifest", Status::Ok, "as the source stands");
    }
    let (new, other, gone) = (changes.added.len(), changes.changed.len(), changes.removed.len());
    let found = format!("the source has changed since: {new} added, {other} changed, {gone} removed");
    // Workers import what the manifest names; all else they learn from the code itself.
    let misleads = new > 0 || gone > 0 || changes.changed.iter().any(|it| has_moved(&it.fields));
    let status = if misleads { Status::Problem } else { Status::Warning };
    Check::new("manifest", status, found).details(named(&changes)).fix(DISCOVER)
}

/// Whether the tasks of the source can run.
pub(crate) fn tasks(scan: &Result<Scan>) -> Check {
    let scan = match scan {
        Err(error) => return Check::of_error("tasks", error),
        Ok(scan) => scan,
    };
    let files = counted(scan.files as u64, "file");
    let found = format!("{} in {files}", counted(scan.tasks.len() as u64, "task"));
    let stops = |kind| match kind {
        ProblemKind::SyntaxError
        | ProblemKind::Unreadable
        | ProblemKind::DuplicateName
        | ProblemKind::BadModuleName => true,
        ProblemKind::NotATask | ProblemKind::BadIgnoreRule => false,
    };
    if scan.problems.is_empty() {
        return match scan.tasks.len() {
            0 => Check::new("tasks", Status::Warning, found).fix("Mark a function with `@task`"),
            _ => Check::new("tasks", Status::Ok, found),
        };
    }
    let problems = counted(scan.problems.len() as u64, "problem");
    let is_stopped = scan.problems.iter().any(|problem| stops(problem.kind));
    let status = if is_stopped { Status::Problem } else { Status::Warning };
    Check::new("tasks", status, format!("{found}, and {problems} of discovery"))
        .details(scan.problems.iter().map(ToString::to_string))
        .fix("Correct the source, and run `nuvom discover tasks`")
}

fn has_moved(fields: &[&'static str]) -> bool {
    fields.iter().any(|field| matches!(*field, "module" | "function"))
}

fn named(changes: &Changes) -> Vec<String> {
    let added = changes.added.iter().map(|name| format!("`{name}` is new"));
    let removed = changes.removed.iter().map(|name| format!("`{name}` is gone"));
    let other =
        changes.changed.iter().map(|it| format!("`{}` has another {}", it.name, it.fields.join(", ")));
    added.chain(removed).chain(other).collect()
}
