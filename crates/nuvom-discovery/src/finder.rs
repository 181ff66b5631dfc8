//! Reads the text of one file and says which tasks stand in it. It follows the statements in order, so that
//! a name means what it means at that line, and it runs nothing.

use ruff_python_ast::token::Tokens;
use ruff_python_ast::{ExceptHandler, Expr, Keyword, PySourceType, Stmt, StmtFunctionDef, StmtTry};
use ruff_python_parser::parse_unchecked_source;
use ruff_source_file::LineIndex;
use ruff_text_size::{Ranged, TextSize};
use serde_json::{Map, Value};

use crate::literal;
use crate::problem::{Problem, ProblemKind};
use crate::scope::Scope;
use crate::signature::signature_of;
use crate::task::FoundTask;
use crate::yields::yields;

/// What one file says.
#[derive(Debug, Default)]
pub(crate) struct FileFindings {
    pub(crate) tasks: Vec<FoundTask>,
    pub(crate) problems: Vec<Problem>,
}

impl FileFindings {
    pub(crate) fn of_problem(problem: Problem) -> Self {
        Self { tasks: Vec::new(), problems: vec![problem] }
    }
}

/// The tasks of a file, still without the name of their module. A file that is not Python has none, since
/// it could not be imported.
pub(crate) fn find_tasks(file: &str, text: &str) -> FileFindings {
    let parsed = parse_unchecked_source(text, PySourceType::Python);
    let lines = LineIndex::from_source_text(text);
    let mut finder = Finder { file, text, lines, tokens: parsed.tokens(), found: FileFindings::default() };

    match parsed.errors().iter().min_by_key(|error| error.location.start()) {
        Some(error) => {
            finder.report(ProblemKind::SyntaxError, error.start(), format!("syntax error: {}", error.error));
        }
        None => finder.walk(&parsed.syntax().body, &mut Scope::default(), Place::Module),
    }
    finder.found
}

/// Where a statement stands, which decides whether a function there can be imported by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place<'a> {
    Module,
    Loop,
    Class(&'a str),
    Function(&'a str),
}

struct Finder<'a> {
    file: &'a str,
    text: &'a str,
    lines: LineIndex,
    tokens: &'a Tokens,
    found: FileFindings,
}

impl<'a> Finder<'a> {
    fn walk(&mut self, body: &'a [Stmt], scope: &mut Scope<'a>, place: Place<'a>) {
        for statement in body {
            self.visit(statement, scope, place);
        }
    }

    fn visit(&mut self, statement: &'a Stmt, scope: &mut Scope<'a>, place: Place<'a>) {
        match statement {
            Stmt::FunctionDef(function) => {
                self.visit_function(function, scope, place);
                scope.apply(statement);
                let mut inside = scope.clone();
                inside.forget_parameters(&function.parameters);
                self.walk(&function.body, &mut inside, Place::Function(&function.name));
            }
            Stmt::ClassDef(class) => {
                if class.decorator_list.iter().any(|item| scope.task_options(&item.expression).is_some()) {
                    let reason = format!("`{}` is a class, and only functions can be tasks", class.name);
                    self.report(ProblemKind::NotATask, class.name.start(), reason);
                }
                scope.apply(statement);
                self.walk(&class.body, &mut scope.clone(), Place::Class(&class.name));
            }
            Stmt::If(branch) => {
                let clauses = &branch.elif_else_clauses;
                let has_else = clauses.last().is_some_and(|clause| clause.test.is_none());
                let rest = clauses.iter().map(|clause| clause.body.as_slice());
                let bodies = std::iter::once(branch.body.as_slice()).chain(rest);
                self.visit_branches(bodies, has_else, scope, place);
            }
            Stmt::Match(matching) => {
                let bodies = matching.cases.iter().map(|case| case.body.as_slice());
                self.visit_branches(bodies, false, scope, place);
            }
            Stmt::Try(attempt) => self.visit_try(attempt, scope, place),
            Stmt::With(with) => {
                let targets = with.items.iter().filter_map(|item| item.optional_vars.as_deref());
                targets.for_each(|target| scope.forget_target(target));
                self.walk(&with.body, scope, place);
            }
            Stmt::For(repeat) => {
                scope.forget_target(&repeat.target);
                self.walk(&repeat.body, scope, place.in_loop());
                self.walk(&repeat.orelse, scope, place);
            }
            Stmt::While(repeat) => {
                self.walk(&repeat.body, scope, place.in_loop());
                self.walk(&repeat.orelse, scope, place);
            }
            other => {
                self.visit_value(other, scope);
                scope.apply(other);
            }
        }
    }

    fn visit_function(&mut self, function: &'a StmtFunctionDef, scope: &Scope<'a>, place: Place<'a>) {
        let mut decorators = function.decorator_list.iter();
        let Some(keywords) = decorators.find_map(|item| scope.task_options(&item.expression)) else {
            return;
        };
        let name = match place.refusal(&function.name) {
            Some(reason) => Err(reason),
            None if yields(&function.body) => Err(format!(
                "`{}` yields, so it has no result to keep; return a value instead",
                function.name
            )),
            None => task_name(function, keywords),
        };
        match name {
            Ok(name) => {
                let task = self.task(function, name, keywords);
                self.found.tasks.push(task);
            }
            Err(reason) => self.report(ProblemKind::NotATask, function.name.start(), reason),
        }
    }

    fn task(&self, function: &StmtFunctionDef, name: String, keywords: &[Keyword]) -> FoundTask {
        let (line, _) = self.position(function.name.start());
        let mut options: Map<String, Value> = keywords
            .iter()
            .filter_map(|keyword| {
                Some((keyword.arg.as_ref()?.to_string(), literal::value_of(&keyword.value)?))
            })
            .collect();
        options.remove("name");
        let aliases = options.remove("aliases").map(strings).unwrap_or_default();
        FoundTask {
            name,
            aliases,
            module: String::new(),
            function: function.name.to_string(),
            file: self.file.to_owned(),
            line,
            is_async: function.is_async,
            options,
            signature: signature_of(function, self.text, self.tokens),
            doc: doc_of(&function.body),
        }
    }

    /// A task made by calling the decorator has no `def` of its own to stand at.
    fn visit_value(&mut self, statement: &'a Stmt, scope: &Scope<'a>) {
        let value = match statement {
            Stmt::Expr(statement) => Some(&statement.value),
            Stmt::Assign(assign) => Some(&assign.value),
            Stmt::AnnAssign(assign) => assign.value.as_ref(),
            _ => None,
        };
        let Some(value) = value else { return };
        let reason = match scope.registered_by_call(value) {
            Some(Expr::Lambda(_)) => {
                "a lambda has no name to import it by; write a function with `def` and put `@task` above it"
                    .to_owned()
            }
            Some(Expr::Name(name)) => format!(
                "`{}` is made a task by a call, which discovery cannot follow; put `@task` above its `def`",
                name.id
            ),
            Some(Expr::Attribute(_) | Expr::Call(_)) => {
                "a task is made by a call, which discovery cannot follow; write a function with `def` and put \
                 `@task` above it"
                    .to_owned()
            }
            _ => return,
        };
        self.report(ProblemKind::NotATask, value.start(), reason);
    }

    /// Each branch starts from the same names; afterwards a name may mean what any of them made of it.
    fn visit_branches(
        &mut self,
        bodies: impl Iterator<Item = &'a [Stmt]>,
        one_must_run: bool,
        scope: &mut Scope<'a>,
        place: Place<'a>,
    ) {
        let mut after = if one_must_run { Scope::default() } else { scope.clone() };
        let first = self.found.tasks.len();
        for body in bodies {
            let branch = self.found.tasks.len();
            let mut inside = scope.clone();
            self.walk(body, &mut inside, place);
            self.drop_repeats(first, branch);
            after.merge(inside);
        }
        *scope = after;
    }

    fn visit_try(&mut self, attempt: &'a StmtTry, scope: &mut Scope<'a>, place: Place<'a>) {
        let first = self.found.tasks.len();
        let mut at_failure = scope.clone();
        self.walk(&attempt.body, scope, place);
        at_failure.merge(scope.clone());
        self.walk(&attempt.orelse, scope, place);
        for ExceptHandler::ExceptHandler(handler) in &attempt.handlers {
            let branch = self.found.tasks.len();
            let mut inside = at_failure.clone();
            if let Some(name) = &handler.name {
                inside.forget(name);
            }
            self.walk(&handler.body, &mut inside, place);
            self.drop_repeats(first, branch);
            scope.merge(inside);
        }
        self.walk(&attempt.finalbody, scope, place);
    }

    /// Only one branch runs, so a task that a later branch defines again is the same task.
    fn drop_repeats(&mut self, first: usize, branch: usize) {
        let mut later = self.found.tasks.split_off(branch);
        let earlier = &self.found.tasks[first..];
        later.retain(|task| !earlier.iter().any(|it| it.name == task.name && it.function == task.function));
        self.found.tasks.append(&mut later);
    }

    fn report(&mut self, kind: ProblemKind, at: TextSize, message: String) {
        let (line, column) = self.position(at);
        let file = self.file.to_owned();
        self.found.problems.push(Problem { file, line: Some(line), column: Some(column), kind, message });
    }

    fn position(&self, at: TextSize) -> (u32, u32) {
        let place = self.lines.line_column(at, self.text);
        (place.line.get() as u32, place.column.get() as u32)
    }
}

impl Place<'_> {
    /// A loop inside a function or class changes nothing about it.
    fn in_loop(self) -> Self {
        if self == Place::Module { Place::Loop } else { self }
    }

    /// Why a function here cannot be a task.
    fn refusal(self, function: &str) -> Option<String> {
        match self {
            Place::Module => None,
            Place::Loop => Some(format!(
                "`{function}` is defined inside a loop, so each turn would register it again; move it out of \
                 the loop"
            )),
            Place::Class(class) => Some(format!(
                "`{class}.{function}` is a method, and a worker has no object to call it on; make it a \
                 function outside the class"
            )),
            Place::Function(outer) => Some(format!(
                "`{function}` is defined inside the function `{outer}`, where a worker cannot import it; move \
                 it to the top level of the module"
            )),
        }
    }
}

/// The name that jobs will carry, or why it cannot be known.
fn task_name(function: &StmtFunctionDef, keywords: &[Keyword]) -> Result<String, String> {
    let Some(given) = keywords.iter().find(|keyword| keyword.arg.as_deref() == Some("name")) else {
        return Ok(function.name.to_string());
    };
    match literal::value_of(&given.value) {
        Some(Value::Null) => Ok(function.name.to_string()),
        Some(Value::String(name)) if !name.is_empty() => Ok(name),
        Some(other) => Err(format!("`{}` has {other} as its name; a name is a text", function.name)),
        None => Err(format!(
            "the name of `{}` is computed, and discovery runs no code; write it as a plain string",
            function.name
        )),
    }
}

fn strings(value: Value) -> Vec<String> {
    let Value::Array(items) = value else { return Vec::new() };
    items.into_iter().filter_map(|item| item.as_str().map(str::to_owned)).collect()
}

/// The first line of a docstring that says something.
fn doc_of(body: &[Stmt]) -> Option<String> {
    let Some(Stmt::Expr(statement)) = body.first() else { return None };
    let Expr::StringLiteral(doc) = statement.value.as_ref() else { return None };
    doc.value.to_str().lines().map(str::trim).find(|line| !line.is_empty()).map(str::to_owned)
}
