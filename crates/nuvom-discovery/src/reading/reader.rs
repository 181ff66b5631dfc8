//! Follows the statements of a file in order, so that a name means what it means at that line. What a function does
//! is looked at when the module, or the function around it, has come to its end: that is when it can run.

use std::sync::Arc;

use ruff_python_ast::token::Tokens;
use ruff_python_ast::visitor::{Visitor, walk_stmt};
use ruff_python_ast::{
    ExceptHandler, Expr, ExprLambda, ExprList, ExprTuple, Identifier, Pattern, PySourceType, Stmt,
    StmtClassDef, StmtFunctionDef, StmtImport, StmtImportFrom, StmtTry, StmtWith,
};
use ruff_python_parser::parse_unchecked_source;
use ruff_source_file::LineIndex;
use ruff_text_size::{Ranged, TextRange, TextSize};

use super::bound::{Bound, captured};
use super::comments;
use super::facts::{Class, Decorator, Facts, Function, Meaning, Place, Span};
use super::frames::{Frames, Names};
use super::shape::Unsendable;
use super::yields::yields;

/// The facts of a file. `package` is what a relative import starts from.
pub(crate) fn read(text: &str, package: &str) -> Facts {
    let parsed = parse_unchecked_source(text, PySourceType::Python);
    let lines = LineIndex::from_source_text(text);
    let mut reader = Reader::new(text, &lines, parsed.tokens(), package);
    if let Some(error) = parsed.errors().iter().min_by_key(|error| error.location.start()) {
        // A file that is not Python cannot be imported, so nothing in it counts.
        reader.facts.syntax_error = Some((reader.span(error.location), error.error.to_string()));
        return reader.facts;
    }
    reader.read_module(&parsed.syntax().body);
    let silenced = comments::silenced(text, parsed.tokens(), |range| reader.span(range));
    reader.facts.silenced = silenced;
    reader.facts
}

pub(super) struct Reader<'a> {
    pub(super) text: &'a str,
    lines: &'a LineIndex,
    pub(super) tokens: &'a Tokens,
    package: &'a str,
    pub(super) frames: Frames<'a>,
    pub(super) facts: Facts,
    pub(super) depth: usize,
    place: Place,
    /// The alternatives around this point, and how many there are in all.
    arms: Vec<(u32, u32)>,
    branchings: u32,
    /// What runs when the open module or function has come to its end.
    pub(super) later: Vec<Later<'a>>,
}

/// A body that runs later.
pub(super) enum Later<'a> {
    Function(&'a StmtFunctionDef),
    Lambda(&'a ExprLambda),
}

/// One of several ways that the module can go.
struct Branch<'a> {
    pattern: Option<&'a Pattern>,
    test: Option<&'a Expr>,
    body: &'a [Stmt],
}

impl<'a> Reader<'a> {
    fn new(text: &'a str, lines: &'a LineIndex, tokens: &'a Tokens, package: &'a str) -> Self {
        Self {
            text,
            lines,
            tokens,
            package,
            frames: Frames::of_module(),
            facts: Facts::default(),
            depth: 0,
            place: Place::Module,
            arms: Vec::new(),
            branchings: 0,
            later: Vec::new(),
        }
    }

    fn read_module(&mut self, body: &'a [Stmt]) {
        self.walk(body);
        self.run_later();
        self.facts.names = self.frames.exports().collect();
        self.facts.stars = self.frames.stars().to_vec();
    }

    fn run_later(&mut self) {
        for later in std::mem::take(&mut self.later) {
            match later {
                Later::Function(function) => {
                    let types = function.type_params.as_deref();
                    self.frames.enter_function(Bound::of(Some(&function.parameters), types, &function.body));
                    let outer =
                        std::mem::replace(&mut self.place, Place::Function(function.name.to_string()));
                    self.walk(&function.body);
                    self.run_later();
                    self.place = outer;
                }
                Later::Lambda(lambda) => {
                    self.frames.enter_function(Bound::of(lambda.parameters.as_deref(), None, &[]));
                    self.visit_expr(&lambda.body);
                    self.run_later();
                }
            }
            self.frames.leave();
        }
    }

    fn walk(&mut self, body: &'a [Stmt]) {
        for statement in body {
            self.visit_stmt(statement);
        }
    }

    fn read_function(&mut self, function: &'a StmtFunctionDef) {
        let decorators = function.decorator_list.iter().map(|it| self.decorator(&it.expression)).collect();
        for parameter in function.parameters.iter_non_variadic_params() {
            parameter.default().into_iter().for_each(|default| self.visit_expr(default));
        }
        let facts = Function {
            name: function.name.to_string(),
            span: self.span(function.name.range()),
            place: self.place.clone(),
            arms: self.arms.clone(),
            is_async: function.is_async,
            yields: yields(&function.body),
            decorators,
            signature: self.signature(function),
            doc: doc_of(&function.body),
        };
        self.frames.bind(&function.name, vec![Meaning::Function(self.facts.functions.len())]);
        self.facts.functions.push(facts);
        self.later.push(Later::Function(function));
    }

    fn read_class(&mut self, class: &'a StmtClassDef) {
        let decorators: Vec<Decorator> =
            class.decorator_list.iter().map(|it| self.decorator(&it.expression)).collect();
        if let Some(arguments) = &class.arguments {
            self.visit_arguments(arguments);
        }
        let meaning = match &*decorators {
            [] => Meaning::Unsendable(Unsendable::Class),
            _ => Meaning::Unknown,
        };
        if !decorators.is_empty() {
            let (name, span) = (class.name.to_string(), self.span(class.name.range()));
            self.facts.classes.push(Class { name, span, decorators });
        }
        self.frames.enter_class();
        let outer = std::mem::replace(&mut self.place, Place::Class(class.name.to_string()));
        self.walk(&class.body);
        self.place = outer;
        self.frames.leave();
        self.frames.bind(&class.name, vec![meaning]);
    }

    fn decorator(&mut self, expression: &'a Expr) -> Decorator {
        self.visit_expr(expression);
        let span = self.span(expression.range());
        match expression {
            Expr::Call(call) => Decorator {
                meanings: self.meaning_of(&call.func),
                is_called: true,
                arguments: self.arguments(&call.arguments),
                span,
            },
            other => {
                Decorator { meanings: self.meaning_of(other), is_called: false, arguments: Vec::new(), span }
            }
        }
    }

    /// Each branch starts from the same names; afterwards a name may mean what any of them made of it.
    fn read_branches(&mut self, branches: impl Iterator<Item = Branch<'a>>, one_must_run: bool) {
        let before = self.frames.now();
        let mut after = if one_must_run { Vec::new() } else { vec![before.clone()] };
        let branching = self.next_branching();
        for (arm, branch) in branches.enumerate() {
            self.frames.set_now(before.clone());
            branch.pattern.iter().for_each(|pattern| self.visit_pattern(pattern));
            branch.test.iter().for_each(|test| self.visit_expr(test));
            self.in_arm(branching, arm, |reader| reader.walk(branch.body));
            after.push(self.frames.now());
        }
        self.merge_all(after);
    }

    fn read_try(&mut self, attempt: &'a StmtTry) {
        let before = self.frames.now();
        let branching = self.next_branching();
        self.in_arm(branching, 0, |reader| reader.walk(&attempt.body));
        let tried = self.frames.now();
        self.in_arm(branching, 0, |reader| reader.walk(&attempt.orelse));
        let mut after = vec![self.frames.now()];
        for (arm, ExceptHandler::ExceptHandler(handler)) in attempt.handlers.iter().enumerate() {
            // It may have failed anywhere.
            self.frames.set_now(before.clone());
            self.frames.merge(tried.clone());
            handler.type_.iter().for_each(|kind| self.visit_expr(kind));
            if let Some(name) = &handler.name {
                self.frames.bind(name, vec![Meaning::Unknown]);
            }
            self.in_arm(branching, arm + 1, |reader| reader.walk(&handler.body));
            if let Some(name) = &handler.name {
                self.frames.unbind(name);
            }
            after.push(self.frames.now());
        }
        self.merge_all(after);
        self.walk(&attempt.finalbody);
    }

    fn merge_all(&mut self, after: Vec<Names<'a>>) {
        let mut after = after.into_iter();
        self.frames.set_now(after.next().unwrap_or_default());
        after.for_each(|names| self.frames.merge(names));
    }

    fn in_arm(&mut self, branching: u32, arm: usize, read: impl FnOnce(&mut Self)) {
        self.arms.push((branching, arm as u32));
        read(self);
        self.arms.pop();
    }

    fn next_branching(&mut self) -> u32 {
        self.branchings += 1;
        self.branchings
    }

    /// The body may not run at all.
    fn read_loop(&mut self, body: &'a [Stmt], orelse: &'a [Stmt]) {
        let before = self.frames.now();
        let outer = self.place.clone();
        if self.place == Place::Module {
            // A loop inside a function or class changes nothing about it.
            self.place = Place::Loop;
        }
        self.walk(body);
        self.place = outer;
        self.frames.merge(before);
        self.walk(orelse);
    }

    fn read_with(&mut self, with: &'a StmtWith) {
        for item in &with.items {
            self.visit_expr(&item.context_expr);
            let Some(target) = item.optional_vars.as_deref() else { continue };
            let opened = vec![Meaning::Unsendable(Unsendable::OpenFile)];
            let is_file = self.meaning_of(&item.context_expr) == opened;
            self.bind_target(target, if is_file { opened } else { vec![Meaning::Unknown] });
        }
        self.walk(&with.body);
    }

    fn import(&mut self, import: &'a StmtImport) {
        for alias in &import.names {
            let module = alias.name.as_str();
            let first = module.split('.').next().unwrap_or(module);
            let (bound, path) = alias.asname.as_ref().map_or((first, first), |name| (name.as_str(), module));
            self.frames.bind(bound, vec![Meaning::Path(path.into())]);
        }
    }

    fn import_from(&mut self, import: &'a StmtImportFrom) {
        let module = self.absolute(import);
        for alias in &import.names {
            let bound = alias.asname.as_ref().unwrap_or(&alias.name).as_str();
            match (&module, bound) {
                (Some(module), "*") => self.frames.import_all(module.as_str().into()),
                (None, "*") => self.frames.import_all("".into()),
                (Some(module), _) => {
                    let path = format!("{module}.{}", alias.name);
                    self.frames.bind(bound, vec![Meaning::Path(path.into())]);
                }
                (None, _) => self.frames.bind(bound, vec![Meaning::Unknown]),
            }
        }
    }

    /// The module that is meant, by its full name; none if a relative import leads out of the project.
    fn absolute(&self, import: &StmtImportFrom) -> Option<String> {
        let named = import.module.as_ref().map(Identifier::as_str);
        if import.level == 0 {
            return named.map(str::to_owned);
        }
        let mut package = self.package;
        for _ in 1..import.level {
            package = package.rsplit_once('.').map(|(outer, _)| outer)?;
        }
        if package.is_empty() {
            return None;
        }
        Some(named.map_or_else(|| package.to_owned(), |named| format!("{package}.{named}")))
    }

    /// Gives a meaning to the names of an assignment's target.
    pub(super) fn bind_target(&mut self, target: &'a Expr, meanings: Vec<Meaning>) {
        match target {
            Expr::Name(name) => self.frames.bind(name.id.as_str(), meanings),
            Expr::Tuple(ExprTuple { elts, .. }) | Expr::List(ExprList { elts, .. }) => {
                for element in elts {
                    self.bind_target(element, vec![Meaning::Unknown]);
                }
            }
            Expr::Starred(starred) => self.bind_target(&starred.value, vec![Meaning::Unknown]),
            other => self.visit_expr(other),
        }
    }

    fn assign(&mut self, targets: &'a [Expr], value: &'a Expr) {
        self.visit_expr(value);
        self.note_applied(value);
        let meanings = self.meaning_to_keep(value);
        for target in targets {
            if matches!(target, Expr::Name(name) if name.id.as_str() == "__all__") {
                self.facts.all = texts(value);
            }
            self.bind_target(target, meanings.clone());
        }
    }

    pub(super) fn span(&self, range: TextRange) -> Span {
        let (line, column) = position(self.lines, self.text, range.start());
        let (end_line, end_column) = position(self.lines, self.text, range.end());
        Span { line, column, end_line, end_column }
    }
}

impl<'a> Visitor<'a> for Reader<'a> {
    fn visit_stmt(&mut self, statement: &'a Stmt) {
        match statement {
            Stmt::FunctionDef(function) => self.read_function(function),
            Stmt::ClassDef(class) => self.read_class(class),
            Stmt::If(branch) => {
                let clauses = &branch.elif_else_clauses;
                let has_else = clauses.last().is_some_and(|clause| clause.test.is_none());
                let first = Branch { pattern: None, test: Some(&branch.test), body: &branch.body };
                let others = clauses.iter().map(|clause| Branch {
                    pattern: None,
                    test: clause.test.as_ref(),
                    body: &clause.body,
                });
                self.read_branches(std::iter::once(first).chain(others), has_else);
            }
            Stmt::Match(matching) => {
                self.visit_expr(&matching.subject);
                let cases = matching.cases.iter().map(|case| Branch {
                    pattern: Some(&case.pattern),
                    test: case.guard.as_deref(),
                    body: &case.body,
                });
                self.read_branches(cases, false);
            }
            Stmt::Try(attempt) => self.read_try(attempt),
            Stmt::With(with) => self.read_with(with),
            Stmt::For(repeat) => {
                self.visit_expr(&repeat.iter);
                self.bind_target(&repeat.target, vec![Meaning::Unknown]);
                self.read_loop(&repeat.body, &repeat.orelse);
            }
            Stmt::While(repeat) => {
                self.visit_expr(&repeat.test);
                self.read_loop(&repeat.body, &repeat.orelse);
            }
            Stmt::Import(import) => self.import(import),
            Stmt::ImportFrom(import) => self.import_from(import),
            Stmt::Assign(assign) => self.assign(&assign.targets, &assign.value),
            Stmt::AnnAssign(assign) => {
                if let Some(value) = &assign.value {
                    self.assign(std::slice::from_ref(&assign.target), value);
                }
            }
            Stmt::AugAssign(assign) => {
                self.visit_expr(&assign.value);
                if matches!(&*assign.target, Expr::Name(name) if name.id.as_str() == "__all__") {
                    let more = texts(&assign.value);
                    self.facts.all = self.facts.all.take().zip(more).map(|(all, more)| [all, more].concat());
                }
                self.bind_target(&assign.target, vec![Meaning::Unknown]);
            }
            Stmt::Delete(delete) => {
                for target in &delete.targets {
                    match target {
                        Expr::Name(name) => self.frames.unbind(name.id.as_str()),
                        other => self.visit_expr(other),
                    }
                }
            }
            Stmt::TypeAlias(alias) => self.bind_target(&alias.name, vec![Meaning::Unknown]),
            Stmt::Expr(statement) => {
                self.visit_expr(&statement.value);
                self.note_applied(&statement.value);
            }
            other => walk_stmt(self, other),
        }
    }

    fn visit_expr(&mut self, expression: &'a Expr) {
        self.read_expression(expression);
    }

    fn visit_pattern(&mut self, pattern: &'a Pattern) {
        if let Some(name) = captured(pattern) {
            self.frames.bind(name, vec![Meaning::Unknown]);
        }
        ruff_python_ast::visitor::walk_pattern(self, pattern);
    }
}

fn position(lines: &LineIndex, text: &str, at: TextSize) -> (u32, u32) {
    let place = lines.line_column(at, text);
    (place.line.get() as u32, place.column.get() as u32)
}

/// The texts of a plain list.
fn texts(value: &Expr) -> Option<Vec<String>> {
    let items = match value {
        Expr::List(list) => &list.elts,
        Expr::Tuple(tuple) => &tuple.elts,
        _ => return None,
    };
    let text = |item: &Expr| match item {
        Expr::StringLiteral(literal) => Some(literal.value.to_str().to_owned()),
        _ => None,
    };
    items.iter().map(text).collect()
}

/// The first line of a docstring that says something.
fn doc_of(body: &[Stmt]) -> Option<String> {
    let Some(Stmt::Expr(statement)) = body.first() else { return None };
    let Expr::StringLiteral(doc) = statement.value.as_ref() else { return None };
    doc.value.to_str().lines().map(str::trim).find(|line| !line.is_empty()).map(str::to_owned)
}

/// The path of an attribute.
pub(super) fn joined(path: &str, attribute: &str) -> Arc<str> {
    format!("{path}.{attribute}").into()
}
