//! `discover tasks`.

use std::path::Path;
use std::time::Duration;

use nuvom_core::{ErrorKind, Result};
use nuvom_discovery::{
    Changes, FoundTask, Manifest, Problem, ProblemKind, Scan, ScanOptions, SourceWatch, explain, scan,
};
use nuvom_runtime::Settings;
use serde_json::json;

use crate::arguments::{DiscoverTasks, Source};
use crate::failure::{ERROR, Failure, OK};
use crate::output::Output;
use crate::session::{Configured, Session};
use crate::styled::{Style, Styled};
use crate::table::{Fit, Table};
use crate::wording::counted;

/// Longer than anybody waits; a watch wakes by itself.
const A_DAY: Duration = Duration::from_hours(24);

/// Finds the tasks of the project and writes the manifest. Two tasks of one name are an error: which of them
/// a job would run must not be left to chance. Every other problem is told, and the rest is found.
pub(crate) fn tasks(options: &DiscoverTasks, session: &mut Session<'_>) -> Result<i32, Failure> {
    let Configured { project, settings } = session.configure_source(&options.source)?;
    let scanned = scan_options(&options.source, &settings);
    if let Some(path) = &options.explain {
        let explanation = explain(&project.root, &scanned, &session.folder.join(path))?;
        if options.listing.json {
            session.output.json(&json!({"in": explanation.is_in(), "because": &explanation}))?;
        } else {
            session.output.line(&format!("{}: {explanation}", explanation.path))?;
        }
        return Ok(if explanation.is_in() { OK } else { ERROR });
    }
    let look = Look { root: &project.root, scanned: &scanned, manifest: settings.manifest_path() };
    if !options.watch {
        return look.once(options, &mut session.output);
    }
    let mut watch = SourceWatch::new(&project.root, &scanned)?;
    look.once(options, &mut session.output)?;
    loop {
        session.output.talk("Watching the source. Control-C ends it.")?;
        while !watch.wait(A_DAY)? {}
        look.once(options, &mut session.output)?;
        session.output.flush()?;
    }
}

/// What a scan of a project looks at, with what it learned last time.
pub(crate) fn scan_options(source: &Source, settings: &Settings) -> ScanOptions {
    ScanOptions {
        include: source.include.clone(),
        exclude: source.exclude.clone(),
        roots: settings.source_roots(),
        cache: Some(settings.discovery_cache_path()),
        ..ScanOptions::default()
    }
}

struct Look<'a> {
    root: &'a Path,
    scanned: &'a ScanOptions,
    manifest: &'a Path,
}

impl Look<'_> {
    fn once(&self, options: &DiscoverTasks, output: &mut Output<'_>) -> Result<i32, Failure> {
        let Scan { tasks, problems, files } = scan(self.root, self.scanned)?;
        let old = earlier(self.manifest, options.check, output)?;
        let manifest = Manifest::new(tasks);
        let changes = manifest.diff(old.as_ref().unwrap_or(&Manifest::new(Vec::new())));
        let is_stale = old.as_ref().is_none_or(|old| old.checksum() != manifest.checksum());
        if !options.check && old.as_ref() != Some(&manifest) {
            manifest.save(self.manifest)?;
        }

        if options.listing.json {
            output.json(&json!({
                "tasks": manifest.tasks(),
                "changes": changes,
                "problems": problems,
                "files": files,
                "manifest": self.manifest.display().to_string(),
                "stale": is_stale,
            }))?;
        } else {
            output.table(&listing(&manifest, &changes))?;
        }
        tell(&problems, &changes, output)?;
        output.talk(&summary(manifest.tasks().len(), files, &changes))?;
        output.talk(&format!("Manifest: {}", self.manifest.display()))?;
        if options.check && is_stale {
            output.talk(
                "The manifest is not what the source says. Run `nuvom discover tasks`, and commit it.",
            )?;
            return Ok(ERROR);
        }
        let is_ambiguous = problems.iter().any(|problem| problem.kind == ProblemKind::DuplicateName);
        Ok(if is_ambiguous { ERROR } else { OK })
    }
}

/// The manifest of the last discovery. One that cannot be read is about to be replaced, so it is only told.
fn earlier(path: &Path, is_kept: bool, output: &mut Output<'_>) -> Result<Option<Manifest>, Failure> {
    match Manifest::load(path) {
        Ok(manifest) => Ok(Some(manifest)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) if matches!(error.kind(), ErrorKind::Corrupt | ErrorKind::Foreign) => {
            let next = if is_kept { "" } else { "; it is replaced" };
            output.talk(&format!("warning: {}{next} ({})", error.message(), path.display()))?;
            Ok(None)
        }
        Err(error) => Err(error.into()),
    }
}

/// What is wrong, and how signatures changed.
fn tell(problems: &[Problem], changes: &Changes, output: &mut Output<'_>) -> Result<(), Failure> {
    for problem in problems {
        output.talk(&format!("problem: {problem}"))?;
    }
    for task in &changes.changed {
        let Some(signature) = task.signature.as_ref().filter(|it| it.before != it.now) else { continue };
        let effect = if signature.affects_calls { "" } else { " (calls stay as they are)" };
        output.talk(&format!("{}: {} is now {}{effect}", task.name, signature.before, signature.now))?;
    }
    Ok(())
}

/// All tasks, those that differ from the last discovery marked, and those that are gone.
fn listing(manifest: &Manifest, changes: &Changes) -> Table {
    let mut table = Table::new(&[
        ("", Fit::Whole),
        ("TASK", Fit::Cut(24)),
        ("PLACE", Fit::Cut(20)),
        ("SIGNATURE", Fit::Last(16)),
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
    } else if changes.changed.iter().any(|changed| changed.name == task.name) {
        Styled::new(Style::Busy, "~")
    } else {
        "".into()
    }
}

fn summary(tasks: usize, files: usize, changes: &Changes) -> String {
    let found = format!("{} in {}", counted(tasks as u64, "task"), counted(files as u64, "file"));
    if changes.is_empty() {
        return format!("{found}, as before.");
    }
    let (new, other, gone) = (changes.added.len(), changes.changed.len(), changes.removed.len());
    format!("{found}: {new} added, {other} changed, {gone} removed.")
}
