//! Follows the statements of a file in order, so that a name means what it means at that line. What a function does
//! is looked at when the module, or the function around it, has come to its end: that is when it can run.

use std::collections::HashSet;

use ruff_python_ast::token::Tokens;
use ruff_python_ast::visitor::{Visitor, walk_stmt};
use ruff_python_ast::{
    ExceptHandler, Expr, ExprLambda, ExprList, ExprTuple, Identifier, Pattern, PySourceType, Stmt,
    StmtClassDef, StmtFunctionDef, StmtImport, StmtImportFrom, StmtTry, StmtWith, TypeParams,
};
use ruff_python_parser::parse_unchecked_source;
use ruff_source_file::LineIndex;
use ruff_text_size::{Ranged, TextRange, TextSize};

use super::bound::{Bound, captured, run_at_def};
use super::comments;
use super::facts::{Class, Decorator, Facts, Function, Meaning, Place, Span};
use super::frames::{Frames, Globals, Names, merge};
use super::shape::Unsendable;
use super::yields::yields;

/// The facts of a file. `package` is what a relative import starts from; `is_package` tells whether the file is that
/// package itself.
pub(crate) fn read(text: &str, package: &str, is_package: bool) -> Facts {
    let parsed = parse_unchecked_source(text, PySourceType::Python);
    let lines = LineIndex::from_source_text(text);
    let source = Source { text, lines: &lines, tokens: parsed.tokens(), package, is_package };
    if let Some(error) = parsed.errors().iter().min_by_key(|error| error.location.start()) {
        // A file that is not Python cannot be imported, so nothing in it counts.
        let syntax_error = Some((source.span(error.location), error.error.to_string()));
        return Facts { syntax_error, ..Facts::default() };
    }
    let body = &parsed.syntax().body;
    let mut reader = Reader::new(source, Globals::new());
    reader.read_module(body);
    let Reader { frames, mut facts, .. } = reader;
    let global = frames.into_global();
    if !global.is_empty() {
        // What functions make of the module's names may hold anywhere in it.
        let mut reader = Reader::new(source, global);
        reader.read_module(body);
        facts = reader.facts;
    }
    facts.silenced = comments::silenced(text, source.tokens, |range| source.span(range));
    facts
}

/// A file's text, and what is known about it.
#[derive(Clone, Copy)]
pub(super) struct Source<'a> {
    pub(super) text: &'a str,
    lines: &'a LineIndex,
    pub(super) tokens: &'a Tokens,
    package: &'a str,
    is_package: bool,
}

impl Source<'_> {
    fn span(&self, range: TextRange) -> Span {
        let (line, column) = position(self.lines, self.text, range.start());
        let (end_line, end_column) = position(self.lines, self.text, range.end());
        Span { line, column, end_line, end_column }
    }
}

pub(super) struct Reader<'a> {
    pub(super) source: Source<'a>,
    pub(super) frames: Frames<'a>,
    pub(super) facts: Facts,
    pub(super) depth: usize,
    place: Place,
    /// The alternatives around this point, and how many there are in all.
    arms: Vec<(u32, u32)>,
    branchings: u32,
    /// What runs when the open module or function has come to its end.
    pub(super) later: Vec<Later<'a>>,
    /// Type parameters of the classes around this point.
    types: Vec<&'a TypeParams>,
    /// The modules inside this package that it has imported.
    submodules: HashSet<&'a str>,
    /// Whether a loop's body is read only for what it binds.
    is_rehearsal: bool,
}

/// What is assigned: one value, or several to several names.
enum Value {
    One(Vec<Meaning>),
    Several(Vec<Value>),
    Unknown,
}

impl Value {
    fn meanings(&self) -> Vec<Meaning> {
        match self {
            Value::One(meanings) => meanings.clone(),
            Value::Several(_) | Value::Unknown => vec![Meaning::Unknown],
        }
    }
}

/// More values than that are data.
const MAX_UNPACKED: usize = 50;

/// A body that runs later.
pub(super) enum Later<'a> {
    Function(&'a StmtFunctionDef, Vec<&'a TypeParams>),
    Lambda(&'a ExprLambda),
}

/// One of several ways that the module can go.
struct Branch<'a> {
    pattern: Option<&'a Pattern>,
    test: Option<&'a Expr>,
    body: &'a [Stmt],
}

impl<'a> Reader<'a> {
    fn new(source: Source<'a>, global: Globals<'a>) -> Self {
        Self {
            source,
            frames: Frames::of_module(global),
            facts: Facts::default(),
            depth: 0,
            place: Place::Module,
            arms: Vec::new(),
            branchings: 0,
            later: Vec::new(),
            types: Vec::new(),
            submodules: HashSet::new(),
            is_rehearsal: false,
        }
    }

    fn read_module(&mut self, body: &'a [Stmt]) {
        self.walk(body);
        self.run_later();
        for (name, meanings, is_optional) in self.frames.exports() {
            if is_optional {
                self.facts.optional.insert(name.clone());
            }
            self.facts.names.insert(name, meanings);
        }
        self.facts.stars = self.frames.stars().to_vec();
    }

    fn run_later(&mut self) {
        for later in std::mem::take(&mut self.later) {
            match later {
                Later::Function(function, types) => {
                    for types in &types {
                        self.frames.enter_inset(Bound::of_types(types));
                    }
                    let own = function.type_params.as_deref();
                    self.frames.enter_function(Bound::of(Some(&function.parameters), own, &function.body));
                    let outer =
                        std::mem::replace(&mut self.place, Place::Function(function.name.to_string()));
                    let outer_types = std::mem::take(&mut self.types);
                    self.walk(&function.body);
                    self.run_later();
                    self.place = outer;
                    self.types = outer_types;
                    for _ in &types {
                        self.frames.leave();
                    }
                }
                Later::Lambda(lambda) => {
                    self.frames.enter_function(Bound::of_lambda(lambda));
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
        run_at_def(function).skip(function.decorator_list.len()).for_each(|it| self.visit_expr(it));
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
        self.later.push(Later::Function(function, self.types.clone()));
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
        if let Some(types) = class.type_params.as_deref() {
            self.frames.enter_inset(Bound::of_types(types));
            self.types.push(types);
        }
        self.frames.enter_class();
        let outer = std::mem::replace(&mut self.place, Place::Class(class.name.to_string()));
        self.walk(&class.body);
        self.place = outer;
        self.frames.leave();
        if class.type_params.is_some() {
            self.frames.leave();
            self.types.pop();
        }
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
        let branching = self.next_branching();
        let mut at_failure = Names::new();
        self.in_arm(branching, 0, |reader| at_failure = reader.walk_for_interruption(&attempt.body));
        self.in_arm(branching, 0, |reader| reader.walk(&attempt.orelse));
        let mut after = vec![self.frames.now()];
        for (arm, ExceptHandler::ExceptHandler(handler)) in attempt.handlers.iter().enumerate() {
            self.frames.set_now(at_failure.clone());
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

    /// Answers what names may mean if the body ends anywhere.
    fn walk_for_interruption(&mut self, body: &'a [Stmt]) -> Names<'a> {
        let mut names = self.frames.now();
        for statement in body {
            self.visit_stmt(statement);
            merge(&mut names, self.frames.now());
        }
        names
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

    /// The body may not run at all, or again and again.
    fn read_loop(&mut self, target: Option<&'a Expr>, body: &'a [Stmt], orelse: &'a [Stmt]) {
        let before = self.frames.now();
        let outer = self.place.clone();
        if self.place == Place::Module {
            // A loop inside a function or class changes nothing about it.
            self.place = Place::Loop;
        }
        if !self.is_rehearsal {
            self.rehearse(target, body);
            self.frames.merge(before.clone());
        }
        if let Some(target) = target {
            self.bind_target(target, &Value::Unknown);
        }
        let interrupted = self.walk_for_interruption(body);
        if breaks(body) {
            self.frames.merge(interrupted);
        }
        self.place = outer;
        self.frames.merge(before);
        self.walk(orelse);
    }

    /// Reads a body for what it binds: its next turn begins with that.
    fn rehearse(&mut self, target: Option<&'a Expr>, body: &'a [Stmt]) {
        let facts = std::mem::take(&mut self.facts);
        // Places of what is found count on from here.
        self.facts.functions = facts.functions;
        self.facts.kept = facts.kept;
        let (functions, kept) = (self.facts.functions.len(), self.facts.kept.len());
        let (later, branchings) = (self.later.len(), self.branchings);
        self.is_rehearsal = true;
        if let Some(target) = target {
            self.bind_target(target, &Value::Unknown);
        }
        self.walk(body);
        self.is_rehearsal = false;
        self.later.truncate(later);
        self.branchings = branchings;
        self.facts.functions.truncate(functions);
        self.facts.kept.truncate(kept);
        let (functions, kept) =
            (std::mem::take(&mut self.facts.functions), std::mem::take(&mut self.facts.kept));
        self.facts = Facts { functions, kept, ..facts };
    }

    fn read_with(&mut self, with: &'a StmtWith) {
        let mut suppresses = false;
        for item in &with.items {
            self.visit_expr(&item.context_expr);
            if let Expr::Call(call) = &item.context_expr {
                suppresses |= self.meaning_of(&call.func) == [Meaning::Path("contextlib:suppress".into())];
            }
            let Some(target) = item.optional_vars.as_deref() else { continue };
            let opened = vec![Meaning::Unsendable(Unsendable::OpenFile)];
            let is_file = self.meaning_of(&item.context_expr) == opened;
            self.bind_target(target, &if is_file { Value::One(opened) } else { Value::Unknown });
        }
        let interrupted = self.walk_for_interruption(&with.body);
        if suppresses {
            self.frames.merge(interrupted);
        }
    }

    fn import(&mut self, import: &'a StmtImport) {
        for alias in &import.names {
            let module = alias.name.as_str();
            let first = module.split('.').next().unwrap_or(module);
            self.bind_submodule(module);
            // `import a.b as c` takes what `a` has under the name `b`.
            let inside = module.strip_prefix(first).map_or("", |rest| rest.trim_start_matches('.'));
            let (bound, path) = match &alias.asname {
                Some(name) => (name.as_str(), format!("{first}:{inside}")),
                None => (first, format!("{first}:")),
            };
            self.frames.bind(bound, vec![Meaning::Path(path.into())]);
        }
    }

    fn import_from(&mut self, import: &'a StmtImportFrom) {
        let module = self.absolute(import);
        match (&import.module, import.level) {
            (Some(named), 0) => self.bind_submodule(named.as_str()),
            (Some(named), 1) if self.source.is_package => self.bind_first(named.as_str()),
            _ => {}
        }
        for alias in &import.names {
            let bound = alias.asname.as_ref().unwrap_or(&alias.name).as_str();
            match (&module, bound) {
                (Some(module), "*") => self.frames.import_all(module.as_str().into()),
                (None, "*") => self.frames.import_all("".into()),
                (Some(module), _) => {
                    let path = format!("{module}:{}", alias.name);
                    self.frames.bind(bound, vec![Meaning::Path(path.into())]);
                }
                (None, _) => self.frames.bind(bound, vec![Meaning::Unknown]),
            }
        }
    }

    /// A package gets a name for each module inside it that is imported, whoever imports it.
    fn bind_submodule(&mut self, module: &'a str) {
        let inside = module.strip_prefix(self.source.package).and_then(|rest| rest.strip_prefix('.'));
        if let Some(inside) = inside.filter(|_| self.source.is_package) {
            self.bind_first(inside);
        }
    }

    fn bind_first(&mut self, inside: &'a str) {
        let first = inside.split('.').next().unwrap_or(inside);
        if !self.submodules.insert(first) {
            return; // Only the first import of a module does that.
        }
        self.frames.bind(first, vec![Meaning::Path(format!("{}.{first}:", self.source.package).into())]);
    }

    /// The module that is meant, by its full name; none if a relative import leads out of the project.
    fn absolute(&self, import: &StmtImportFrom) -> Option<String> {
        let named = import.module.as_ref().map(Identifier::as_str);
        if import.level == 0 {
            return named.map(str::to_owned);
        }
        let mut package = self.source.package;
        for _ in 1..import.level {
            package = package.rsplit_once('.').map(|(outer, _)| outer)?;
        }
        if package.is_empty() {
            return None;
        }
        Some(named.map_or_else(|| package.to_owned(), |named| format!("{package}.{named}")))
    }

    /// Gives a meaning to the names of an assignment's target.
    fn bind_target(&mut self, target: &'a Expr, value: &Value) {
        match (target, value) {
            (Expr::Name(name), value) => self.frames.bind(name.id.as_str(), value.meanings()),
            (Expr::Tuple(ExprTuple { elts, .. }) | Expr::List(ExprList { elts, .. }), value) => {
                for (place, element) in elts.iter().enumerate() {
                    let part = match value {
                        Value::Several(parts) if parts.len() == elts.len() => &parts[place],
                        _ => &Value::Unknown,
                    };
                    self.bind_target(element, part);
                }
            }
            (Expr::Starred(starred), _) => self.bind_target(&starred.value, &Value::Unknown),
            (other, _) => self.visit_expr(other),
        }
    }

    /// Gives a target the meaning of a value.
    pub(super) fn bind_value(&mut self, target: &'a Expr, value: &'a Expr) {
        let value = self.value_of(value);
        self.bind_target(target, &value);
    }

    fn value_of(&mut self, value: &'a Expr) -> Value {
        match value {
            Expr::Tuple(ExprTuple { elts, .. }) | Expr::List(ExprList { elts, .. })
                if elts.len() <= MAX_UNPACKED && !elts.iter().any(Expr::is_starred_expr) =>
            {
                Value::Several(elts.iter().map(|element| self.value_of(element)).collect())
            }
            other => Value::One(self.meaning_to_keep(other)),
        }
    }

    fn assign(&mut self, targets: &'a [Expr], value: &'a Expr) {
        self.visit_expr(value);
        let meaning = self.value_of(value);
        for target in targets {
            if is_all(target) {
                self.facts.all = texts(value);
            }
            self.bind_target(target, &meaning);
        }
    }

    fn delete(&mut self, target: &'a Expr) {
        match target {
            Expr::Name(name) => self.frames.unbind(name.id.as_str()),
            Expr::Tuple(ExprTuple { elts, .. }) | Expr::List(ExprList { elts, .. }) => {
                for element in elts {
                    self.delete(element);
                }
            }
            other => self.visit_expr(other),
        }
    }

    /// `__all__.append("name")` and the like.
    fn change_all(&mut self, statement: &'a Expr) {
        let Expr::Call(call) = statement else { return };
        let Expr::Attribute(method) = &*call.func else { return };
        if !is_all(&method.value) {
            return;
        }
        let more = match (method.attr.as_str(), &*call.arguments.args) {
            ("append", [Expr::StringLiteral(name)]) => Some(vec![name.value.to_str().to_owned()]),
            ("extend", [names]) => texts(names),
            _ => None,
        };
        self.facts.all = self.facts.all.take().zip(more).map(|(all, more)| [all, more].concat());
    }

    pub(super) fn span(&self, range: TextRange) -> Span {
        self.source.span(range)
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
                let is_exhaustive = matching.cases.iter().any(|case| {
                    case.guard.is_none()
                        && matches!(&case.pattern, Pattern::MatchAs(pattern) if pattern.pattern.is_none())
                });
                self.read_branches(cases, is_exhaustive);
            }
            Stmt::Try(attempt) => self.read_try(attempt),
            Stmt::With(with) => self.read_with(with),
            Stmt::For(repeat) => {
                self.visit_expr(&repeat.iter);
                self.read_loop(Some(&repeat.target), &repeat.body, &repeat.orelse);
            }
            Stmt::While(repeat) => {
                self.visit_expr(&repeat.test);
                self.read_loop(None, &repeat.body, &repeat.orelse);
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
                if is_all(&assign.target) {
                    let more = texts(&assign.value);
                    self.facts.all = self.facts.all.take().zip(more).map(|(all, more)| [all, more].concat());
                }
                self.bind_target(&assign.target, &Value::Unknown);
            }
            Stmt::Delete(delete) => {
                for target in &delete.targets {
                    self.delete(target);
                }
            }
            Stmt::TypeAlias(alias) => self.bind_target(&alias.name, &Value::Unknown),
            Stmt::Expr(statement) => {
                self.visit_expr(&statement.value);
                self.change_all(&statement.value);
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

fn is_all(target: &Expr) -> bool {
    matches!(target, Expr::Name(name) if name.id.as_str() == "__all__")
}

/// Whether a loop with this body may be left from its middle.
fn breaks(body: &[Stmt]) -> bool {
    body.iter().any(|statement| match statement {
        Stmt::Break(_) => true,
        Stmt::If(branch) => {
            breaks(&branch.body) || branch.elif_else_clauses.iter().any(|clause| breaks(&clause.body))
        }
        Stmt::With(with) => breaks(&with.body),
        Stmt::Match(matching) => matching.cases.iter().any(|case| breaks(&case.body)),
        Stmt::Try(attempt) => {
            let handlers = attempt.handlers.iter();
            let mut handled = handlers.map(|ExceptHandler::ExceptHandler(handler)| breaks(&handler.body));
            breaks(&attempt.body)
                || breaks(&attempt.orelse)
                || breaks(&attempt.finalbody)
                || handled.any(|breaks| breaks)
        }
        Stmt::For(inner) => breaks(&inner.orelse),
        Stmt::While(inner) => breaks(&inner.orelse),
        _ => false,
    })
}
