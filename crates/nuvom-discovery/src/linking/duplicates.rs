//! A name leads to one task. The first claim, by file and line, holds; each later one is a problem that shows
//! both places.

use std::collections::HashMap;

use crate::problem::{Problem, ProblemKind};
use crate::task::FoundTask;

use super::tasks::LinkedTask;

/// Takes out the tasks, and the aliases, whose name an earlier one holds.
pub(super) fn remove(tasks: &mut Vec<LinkedTask<'_>>) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut claimed: HashMap<String, String> = HashMap::new();

    // Names first: a name that a task has today outweighs a name that another one had once.
    tasks.retain(|task| {
        let task = &task.found;
        if let Some(holder) = claimed.get(&task.name) {
            problems.push(problem(task, &format!("the task name `{}`", task.name), holder));
            return false;
        }
        claimed.insert(task.name.clone(), place(task));
        true
    });
    for task in tasks {
        let task = &mut task.found;
        let mut kept = Vec::with_capacity(task.aliases.len());
        for alias in std::mem::take(&mut task.aliases) {
            if let Some(holder) = claimed.get(&alias) {
                problems.push(problem(task, &format!("the alias `{alias}` of `{}`", task.name), holder));
            } else {
                claimed.insert(alias.clone(), place(task));
                kept.push(alias);
            }
        }
        task.aliases = kept;
    }
    problems
}

fn place(task: &FoundTask) -> String {
    format!("{}:{} (`{}`)", task.file, task.line, task.function)
}

fn problem(task: &FoundTask, claim: &str, holder: &str) -> Problem {
    Problem {
        file: task.file.clone(),
        line: Some(task.line),
        column: None,
        kind: ProblemKind::DuplicateName,
        message: format!(
            "{claim}, claimed at {}, is already taken at {holder}; rename one, or give it its own `name=`",
            place(task)
        ),
    }
}
