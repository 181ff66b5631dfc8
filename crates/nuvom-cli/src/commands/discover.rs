//! `discover tasks`.

use std::path::Path;

use nuvom_core::{ErrorKind, Result};
use nuvom_discovery::{Changes, FoundTask, Manifest, ProblemKind, Scan, ScanOptions, scan};
use nuvom_runtime::Project;
use serde_json::json;

use crate::arguments::DiscoverTasks;
use crate::failure::{ERROR, Failure, OK};
use crate::output::Output;
use crate::session::{Configured, Session};
use crate::styled::{Style, Styled};
use crate::table::{Fit, Table};

/// Finds the tasks of the project and writes the manifest. Two tasks of one name are an error: which of them
/// a job would run must not be left to chance. Every other problem is told, and the rest is found.
pub(crate) fn tasks(options: &DiscoverTasks, session: &mut Session<'_>) -> Result<i32, Failure> {
    let project = match &options.root {
        Some(folder) => Project::at(&session.folder.join(folder)),
        None => Project::find(&session.folder),
    };
    let Configured { project, settings } = session.configure_project(project, Vec::new())?;
    let path = settings.manifest_path();
    let output = &mut session.output;

    let Scan { tasks, problems, files } = scan(&project.root, &ScanOptions::default())?;
    let old = earlier(path, output)?;
    let manifest = Manifest::new(tasks);
    let changes = manifest.diff(old.as_ref().unwrap_or(&Manifest::new(Vec::new())));
    if old.as_ref() != Some(&manifest) {
        manifest.save(path)?;
    }

    if options.listing.json {
        output.json(&json!({
            "tasks": manifest.tasks(),
            "changes": changes,
            "problems": problems,
            "files": files,
            "manifest": path.display().to_string(),
        }))?;
    } else {
        output.table(&listing(&manifest, &changes))?;
    }
    for problem in &problems {
        output.talk(&format!("problem: {problem}"))?;
    }
    output.talk(&summary(manifest.tasks().len(), files, &changes))?;
    output.talk(&format!("Manifest: {}", path.display()))?;

    let is_ambiguous = problems.iter().any(|problem| problem.kind == ProblemKind::DuplicateName);
    Ok(if is_ambiguous { ERROR } else { OK })
}

/// The manifest of the last discovery. One that cannot be read is about to be replaced, so it is only told.
fn earlier(path: &Path, output: &mut Output<'_>) -> Result<Option<Manifest>, Failure> {
    match Manifest::load(path) {
        Ok(manifest) => Ok(Some(manifest)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) if matches!(error.kind(), ErrorKind::Corrupt | ErrorKind::Foreign) => {
            output.talk(&format!("warning: {}; it is replaced ({})", error.message(), path.display()))?;
            Ok(None)
        }
        Err(error) => Err(error.into()),
    }
}

/// All tasks, those that differ from the last discovery marked, and those that are gone.
fn listing(manifest: &Manifest, changes: &Changes) -> Table {
    let mut table = Table::new(&[
        ("", Fit::Whole),
        ("TASK", Fit::Cut(24)),
        ("PLACE", Fit::Cut(20)),
        ("SIGNATURE", Fit::Cut(16)),
    ]);
    for task in manifest.tasks() {
        table.row([
            mark(task, changes),
            task.name.as_str().into(),
            format!("{}:{}", task.file, task.line).into(),
            task.signature.as_str().into(),
        ]);
    }
    for name in &changes.removed {
        let gone = Styled::new(Style::Dim, "gone");
        table.row([Styled::new(Style::Bad, "-"), name.as_str().into(), gone, "".into()]);
    }
    table
}

fn mark(task: &FoundTask, changes: &Changes) -> Styled {
    if changes.added.contains(&task.name) {
        Styled::new(Style::Good, "+")
    } else if changes.changed.iter().any(|it| it.name == task.name) {
        Styled::new(Style::Busy, "~")
    } else {
        "".into()
    }
}

fn summary(tasks: usize, files: usize, changes: &Changes) -> String {
    let found = format!("{} in {}", counted(tasks, "task"), counted(files, "file"));
    if changes.is_empty() {
        return format!("{found}, as before.");
    }
    let (new, other, gone) = (changes.added.len(), changes.changed.len(), changes.removed.len());
    format!("{found}: {new} added, {other} changed, {gone} removed.")
}

fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}
