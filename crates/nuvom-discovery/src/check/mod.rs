//! Checks of a project that need no running of it: what `@task` is given, and every call that asks for a task. Only
//! what is certain is told: a call counts if it can lead to one task alone.

mod arguments;
mod finding;
mod hooks;
mod options;
mod pages;
mod requests;
mod rules;
mod schedules;

use std::path::Path;

use nuvom_core::Result;

use crate::gathering;
use crate::linking::{File, Linked, LinkedTask, Modules, Thing};
use crate::reading::{Meaning, Request, Span};
use crate::scan::{ScanOptions, all_problems, readable_folder, with_linked};
use crate::task::FoundTask;

pub use finding::Finding;
pub use rules::{Rule, RuleText};

/// What a check found.
#[derive(Debug, Clone, Default)]
pub struct Checked {
    /// By file and place.
    pub findings: Vec<Finding>,
    /// The tasks of the project as its code stands.
    pub tasks: Vec<FoundTask>,
    /// How many Python files were looked at.
    pub files: usize,
    /// How many calls could be followed to their task.
    pub calls: usize,
}

/// Checks the project below `root`. Fails only when the root itself cannot be read.
pub fn check(root: &Path, options: &ScanOptions) -> Result<Checked> {
    let gathered = gathering::gather(&readable_folder(root)?, options)?;
    Ok(with_linked(&gathered, |modules, linked| {
        let mut checker = Checker { modules, linked: &linked, findings: Vec::new(), calls: 0 };
        linked.tasks.iter().for_each(|task| checker.check_options(task));
        gathered.files.iter().for_each(|file| checker.check_requests(file));
        let Checker { mut findings, calls, .. } = checker;

        findings.extend(all_problems(&gathered, linked.problems).into_iter().map(Finding::from));
        let mut findings = silence(findings, &gathered.files);
        findings.sort();
        findings.dedup();
        let tasks = linked.tasks.into_iter().map(|task| task.found).collect();
        Checked { findings, tasks, files: gathered.listed, calls }
    }))
}

/// A check at work.
struct Checker<'c, 'f> {
    modules: &'c Modules<'f>,
    linked: &'c Linked<'f>,
    findings: Vec<Finding>,
    calls: usize,
}

impl<'c, 'f> Checker<'c, 'f> {
    fn check_requests(&mut self, file: &'f File) {
        for request in &file.facts.requests {
            if let Some(task) = self.task_of(file, request) {
                self.calls += 1;
                self.check_request(file, request, task);
            }
        }
    }

    /// The one task that a call asks for.
    fn task_of(&self, file: &'f File, request: &Request) -> Option<&'c LinkedTask<'f>> {
        match self.one(file, &request.target)? {
            Thing::Function(function) => {
                self.linked.task_of(function).filter(|task| task.is_plain && task.signature.is_some())
            }
            _ => None,
        }
    }

    /// The one thing that a name leads to.
    fn one(&self, file: &'f File, meanings: &[Meaning]) -> Option<Thing<'f>> {
        match &*self.modules.resolve(file, meanings) {
            [one] => Some(*one),
            _ => None,
        }
    }

    fn report(&mut self, file: &File, span: Span, rule: Rule, message: String) {
        self.findings.push(Finding { file: file.path.clone(), span: Some(span), rule, message });
    }
}

/// Takes out what comments silence: those on the first line of a finding, or on its last.
fn silence(mut findings: Vec<Finding>, files: &[File]) -> Vec<Finding> {
    let mut unknown = Vec::new();
    for file in files {
        for comment in &file.facts.silenced {
            let names =
                |rule: Rule| comment.codes.is_empty() || comment.codes.iter().any(|code| code == rule.code());
            findings.retain(|finding| {
                let here = |span: Span| comment.line == span.line || comment.line == span.end_line;
                finding.file != file.path || !finding.span.is_some_and(here) || !names(finding.rule)
            });
            for code in comment.codes.iter().filter(|code| Rule::of_code(code).is_none()) {
                unknown.push(Finding {
                    file: file.path.clone(),
                    span: Some(comment.span),
                    rule: Rule::UnknownCode,
                    message: format!("there is no rule `{code}`, so this comment silences nothing by it"),
                });
            }
        }
    }
    findings.extend(unknown);
    findings
}
