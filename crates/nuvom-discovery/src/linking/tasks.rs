//! Which functions of a project are tasks, and what carries `@task` and can't be one.

use nuvom_core::Signature;
use serde_json::{Map, Value};

use super::duplicates;
use super::modules::{File, FileFunction, Modules, Thing};
use crate::problem::{Problem, ProblemKind};
use crate::reading::{Argument, Function, Given, Place, Shape, Span, Subject};
use crate::task::FoundTask;

/// The tasks of a project, and what stands in the way of others.
#[derive(Debug, Default)]
pub(crate) struct Linked<'f> {
    /// By file and line.
    pub(crate) tasks: Vec<LinkedTask<'f>>,
    pub(crate) problems: Vec<Problem>,
}

/// A task, and where it comes from.
#[derive(Debug)]
pub(crate) struct LinkedTask<'f> {
    pub(crate) found: FoundTask,
    pub(crate) function: FileFunction<'f>,
    /// What its decorator is given, and where that is written.
    pub(crate) options: &'f [Argument],
    pub(crate) options_file: &'f File,
    /// How it can be called; none if another decorator may have changed that.
    pub(crate) signature: Option<Signature>,
    /// Whether its name stands for the task itself, not for what another decorator made of it.
    pub(crate) is_plain: bool,
}

/// Finds the tasks of these files.
pub(crate) fn link<'f>(files: &'f [File], modules: &Modules<'f>) -> Linked<'f> {
    let mut linked = Linked::default();
    for file in files {
        if let Some((span, message)) = &file.facts.syntax_error {
            linked.report(file, *span, ProblemKind::SyntaxError, format!("syntax error: {message}"));
        }
        let first = linked.tasks.len();
        linked.functions(file, modules);
        linked.classes(file, modules);
        linked.applied(file, modules);
        linked.drop_repeats(first);
        linked.drop_unimportable(file, modules, first);
    }
    linked.problems.extend(duplicates::remove(&mut linked.tasks));
    linked
}

impl<'f> Linked<'f> {
    /// The task that this function is.
    pub(crate) fn task_of(&self, function: FileFunction<'f>) -> Option<&LinkedTask<'f>> {
        self.tasks.iter().find(|task| task.function == function)
    }

    fn functions(&mut self, file: &'f File, modules: &Modules<'f>) {
        let mut found: Vec<_> = file.facts.functions.iter().enumerate().collect();
        found.sort_by_key(|(_, function)| function.span);
        for (place, function) in found {
            let mut decorators = function.decorators.iter().enumerate();
            let Some((at, (options_file, options))) =
                decorators.find_map(|(at, it)| Some((at, modules.task_options(file, it)?)))
            else {
                continue;
            };
            let name = match refusal(function) {
                Some(reason) => Err(reason),
                None => task_name(function, options),
            };
            match name {
                Ok(name) => {
                    self.tasks.push(task(FileFunction { file, place }, name, at, options, options_file));
                }
                Err(reason) => self.report(file, function.span, ProblemKind::NotATask, reason),
            }
        }
    }

    fn classes(&mut self, file: &'f File, modules: &Modules<'f>) {
        for class in &file.facts.classes {
            if class.decorators.iter().any(|it| modules.task_options(file, it).is_some()) {
                let reason = format!("`{}` is a class, and only functions can be tasks", class.name);
                self.report(file, class.span, ProblemKind::NotATask, reason);
            }
        }
    }

    /// A task made by calling the decorator has no `def` of its own to stand at.
    fn applied(&mut self, file: &'f File, modules: &Modules<'f>) {
        for applied in &file.facts.applied {
            let makes_tasks = |thing: &Thing<'f>| match thing {
                Thing::Decorator => true,
                Thing::Kept(file, place) => modules.is_kept_decorator(file, *place),
                _ => false,
            };
            if !modules.resolve(file, &applied.called).iter().any(makes_tasks) {
                continue;
            }
            let reason = match &applied.subject {
                Subject::Lambda => {
                    "a lambda has no name to import it by; write a function with `def` and put `@task` above it"
                        .to_owned()
                }
                Subject::Name(name) => format!(
                    "`{name}` is made a task by a call, which discovery cannot follow; put `@task` above its `def`"
                ),
                Subject::Other => {
                    "a task is made by a call, which discovery cannot follow; write a function with `def` and \
                     put `@task` above it"
                        .to_owned()
                }
            };
            self.report(file, applied.span, ProblemKind::NotATask, reason);
        }
    }

    /// Of alternatives only one is defined, so a task that a later one defines again is the same task.
    fn drop_repeats(&mut self, first: usize) {
        let mut kept: Vec<LinkedTask<'f>> = Vec::new();
        for task in self.tasks.drain(first..) {
            let is_repeat = |it: &LinkedTask<'f>| {
                it.found.name == task.found.name
                    && it.found.function == task.found.function
                    && it.function.get().excludes(task.function.get())
            };
            match kept.iter_mut().find(|it| is_repeat(it)) {
                // Which of the two runs is not known.
                Some(earlier) => earlier.signature = None,
                None => kept.push(task),
            }
        }
        self.tasks.append(&mut kept);
    }

    /// Tasks of a file that no import reaches.
    fn drop_unimportable(&mut self, file: &'f File, modules: &Modules<'f>, first: usize) {
        if self.tasks.len() == first {
            return;
        }
        let reason = match &file.module {
            Err(reason) => reason.clone(),
            Ok(module) => match modules.path_of(module) {
                Some(first) if first != file.path => format!(
                    "holds tasks, but cannot be imported: `import {module}` reads {first}, which comes first; \
                     rename one of them"
                ),
                _ => return,
            },
        };
        self.tasks.truncate(first);
        self.problems.push(Problem::of_file(ProblemKind::BadModuleName, file.path.clone(), reason));
    }

    fn report(&mut self, file: &File, span: Span, kind: ProblemKind, message: String) {
        let (line, column) = (Some(span.line), Some(span.column));
        self.problems.push(Problem { file: file.path.clone(), line, column, kind, message });
    }
}

fn task<'f>(
    function: FileFunction<'f>,
    name: String,
    at: usize,
    given: &'f [Argument],
    options_file: &'f File,
) -> LinkedTask<'f> {
    let FileFunction { file, .. } = function;
    let facts = function.get();
    let mut options: Map<String, Value> = given
        .iter()
        .filter_map(|argument| match &argument.given {
            Given::ByName(name) => Some((name.clone(), argument.shape.to_json()?)),
            _ => None,
        })
        .collect();
    options.remove("name");
    let aliases = options.remove("aliases").map(strings).unwrap_or_default();
    let is_plain = facts.decorators.len() == 1;
    // The decorators below are applied first.
    let is_bare = at + 1 == facts.decorators.len();
    let signature = is_bare.then(|| facts.signature.to_core());
    let found = FoundTask {
        name,
        aliases,
        module: file.module.clone().unwrap_or_default(),
        function: facts.name.clone(),
        file: file.path.clone(),
        line: facts.span.line,
        is_async: facts.is_async,
        options,
        signature: facts.signature.text.clone(),
        parameters: facts.signature.parameters.iter().map(Into::into).collect(),
        returns: facts.signature.returns.clone(),
        signature_hash: signature.as_ref().map(|it| it.hash().to_string()),
        doc: facts.doc.clone(),
    };
    LinkedTask { found, function, options: given, options_file, signature, is_plain }
}

/// Why a function here cannot be a task.
fn refusal(function: &Function) -> Option<String> {
    let name = &function.name;
    match &function.place {
        Place::Loop => Some(format!(
            "`{name}` is defined inside a loop, so each turn would register it again; move it out of the loop"
        )),
        Place::Class(class) => Some(format!(
            "`{class}.{name}` is a method, and a worker has no object to call it on; make it a function \
             outside the class"
        )),
        Place::Function(outer) => Some(format!(
            "`{name}` is defined inside the function `{outer}`, where a worker cannot import it; move it to \
             the top level of the module"
        )),
        Place::Module if function.yields => {
            Some(format!("`{name}` yields, so it has no result to keep; return a value instead"))
        }
        Place::Module => None,
    }
}

/// The name that jobs will carry, or why it cannot be known.
fn task_name(function: &Function, options: &[Argument]) -> Result<String, String> {
    let own = || function.name.clone();
    let given = options.iter().find(|it| matches!(&it.given, Given::ByName(name) if name == "name"));
    match given.map(|argument| &argument.shape) {
        None | Some(Shape::None) => Ok(own()),
        Some(Shape::Text(name)) if !name.is_empty() => Ok(name.clone()),
        Some(other) => match other.to_json() {
            Some(value) => Err(format!("`{}` has {value} as its name; a name is a text", own())),
            None => Err(format!(
                "the name of `{}` is computed, and discovery runs no code; write it as a plain string",
                own()
            )),
        },
    }
}

fn strings(value: Value) -> Vec<String> {
    let Value::Array(items) = value else { return Vec::new() };
    items.into_iter().filter_map(|item| item.as_str().map(str::to_owned)).collect()
}
