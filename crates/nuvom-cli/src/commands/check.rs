//! `check`.

use std::path::{Path, PathBuf};

use nuvom_core::{Error, ErrorKind, Result, nearest};
use nuvom_discovery::{Checked, Finding, FoundTask, Manifest, Rule, check, scan};
use serde_json::json;

use super::discover::scan_options;
use crate::arguments::{Check, Report};
use crate::failure::{ERROR, Failure, OK};
use crate::gate::{self, Break};
use crate::output::Output;
use crate::sarif;
use crate::session::{Configured, Session};
use crate::styled::{Style, Styled};
use crate::wording::counted;

/// Holds the code against the tasks that it asks for. Findings are data, so they go to stdout.
pub(crate) fn run(options: &Check, session: &mut Session<'_>) -> Result<i32, Failure> {
    if let Some(code) = &options.explain {
        return explain(code, &mut session.output);
    }
    let Configured { project, settings } = session.configure_source(&options.source)?;
    let scanned = scan_options(&options.source, &settings);
    if options.against_queue {
        let tasks = scan(&project.root, &scanned)?.tasks;
        return against_queue(options, &tasks, Configured { project, settings }, session);
    }
    let Checked { findings, tasks, files, calls } = check(&project.root, &scanned)?;
    let root = project.root.canonicalize().unwrap_or_else(|_| project.root.clone());
    let wanted = wanted(&options.paths, &session.folder, &root)?;
    let findings: Vec<Finding> = findings.into_iter().filter(|it| is_wanted(it, &wanted)).collect();

    let output = &mut session.output;
    match if options.json { Report::Json } else { options.format } {
        Report::Json => {
            output
                .json(&json!({"findings": findings, "files": files, "tasks": tasks.len(), "calls": calls}))?;
        }
        Report::Sarif => output.json(&sarif::log(&findings))?,
        Report::Text => {
            for finding in &findings {
                show(finding, output)?;
            }
        }
    }
    let looked = format!(
        "{}, {} and {}",
        counted(files as u64, "file"),
        counted(tasks.len() as u64, "task"),
        counted(calls as u64, "followed call")
    );
    output.talk(&match findings.len() as u64 {
        0 => format!("Nothing is wrong in {looked}."),
        found => {
            format!(
                "{} in {looked}. `nuvom check --explain CODE` tells of a rule.",
                counted(found, "finding")
            )
        }
    })?;
    Ok(if findings.is_empty() { OK } else { ERROR })
}

/// Holds the jobs of the store against the code as it stands.
fn against_queue(
    options: &Check,
    tasks: &[FoundTask],
    configured: Configured,
    session: &mut Session<'_>,
) -> Result<i32, Failure> {
    let report = if options.json { Report::Json } else { options.format };
    if report == Report::Sarif {
        let error =
            Error::new(ErrorKind::Invalid, "jobs have no place in the source, so SARIF cannot hold them");
        return Err(error.hint("Use --format json").into());
    }
    // What the jobs were written for is told better with it, and without it as well.
    let last = Manifest::load(configured.settings.manifest_path()).ok();
    let opened = session.open_configured(configured)?;
    let inspect = &*opened.runtime.stores.inspect;
    let output = &mut session.output;
    let gate = gate::against(inspect, tasks, last.as_ref(), opened.runtime.clock.now(), &mut |_| {})?;
    if report == Report::Json {
        output.json(&gate)?;
    } else {
        gate::render(&gate, output)?;
    }
    output.talk(&gate::summary(&gate))?;
    // What failed stays for weeks, and comes back only if somebody retries it: it is told, and keeps nobody from a deploy.
    Ok(if gate.breaks.iter().any(Break::is_pressing) { ERROR } else { OK })
}

/// The page of a rule.
fn explain(code: &str, output: &mut Output<'_>) -> Result<i32, Failure> {
    let wanted = code.to_ascii_uppercase();
    let Some(rule) = Rule::of_code(&wanted) else {
        let codes = Rule::ALL.map(Rule::code);
        let hint = match nearest(&wanted, codes) {
            Some(near) => format!("Did you mean {near}? The rules are {}", codes.join(", ")),
            None => format!("The rules are {}", codes.join(", ")),
        };
        return Err(Error::new(ErrorKind::Invalid, "there is no such rule")
            .with("code", code)
            .hint(hint)
            .into());
    };
    for line in rule.page().lines() {
        output.line(line)?;
    }
    Ok(OK)
}

fn show(finding: &Finding, output: &mut Output<'_>) -> Result<(), Failure> {
    let place = match finding.span {
        Some(span) => format!("{}:{}:{}", finding.file, span.line, span.column),
        None => finding.file.clone(),
    };
    output.pieces(&[
        format!("{place}: ").into(),
        Styled::new(Style::Bad, finding.rule.code()),
        format!(" {}", finding.message).into(),
    ])?;
    Ok(())
}

/// The given paths as findings name them.
fn wanted(paths: &[PathBuf], folder: &Path, root: &Path) -> Result<Vec<String>> {
    let mut wanted = Vec::with_capacity(paths.len());
    for path in paths {
        let full = folder.join(path).canonicalize().map_err(|cause| {
            Error::new(ErrorKind::NotFound, "there is no such file or folder")
                .with("path", path.display())
                .caused_by(cause)
        })?;
        let inside = full.strip_prefix(root).map_err(|_| {
            Error::new(ErrorKind::Invalid, "this is not inside the project")
                .with("path", path.display())
                .with("project", root.display())
                .hint("Run the command in its own project, or name that by --root")
        })?;
        let parts: Vec<_> = inside.iter().map(|part| part.to_string_lossy()).collect();
        wanted.push(parts.join("/"));
    }
    Ok(wanted)
}

fn is_wanted(finding: &Finding, wanted: &[String]) -> bool {
    let is_below = |path: &String| {
        path.is_empty()
            || finding
                .file
                .strip_prefix(path.as_str())
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    wanted.is_empty() || wanted.iter().any(is_below)
}
