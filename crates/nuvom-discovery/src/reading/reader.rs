//! Follows the statements of a file in order, so that a name means what it means at that line. What a function does
//! is looked at when the module, or the function around it, has come to its end: that is when it can run.

use std::collections::HashSet;

use ruff_python_ast::token::Tokens;
use ruff_python_ast::visitor::{Visitor, walk_stmt};
use ruff_python_ast::{
    Expr, ExprLambda, Pattern, PySourceType, Stmt, StmtClassDef, StmtFunctionDef, TypeParams,
};
use ruff_python_parser::parse_unchecked_source;
use ruff_source_file::LineIndex;
use ruff_text_size::{Ranged, TextRange, TextSize};

use super::assignments::{Value, is_all, texts};
use super::bound::{Bound, captured, run_at_def};
use super::branches::Branch;
use super::comments;
use super::facts::{Class, Decorator, Facts, Function, Meaning, Place, SignatureFacts, Span};
use super::frames::{Frames, Globals};
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
    pub(super) package: &'a str,
    pub(super) is_package: bool,
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
    pub(super) place: Place,
    /// The alternatives around this point, and how many there are in all.
    pub(super) arms: Vec<(u32, u32)>,
    pub(super) branchings: u32,
    /// What runs when the open module or function has come to its end.
    pub(super) later: Vec<Later<'a>>,
    /// Type parameters of the classes around this point.
    types: Vec<&'a TypeParams>,
    /// The modules inside this package that it has imported.
    pub(super) submodules: HashSet<&'a str>,
    /// Whether a loop's body is read only for what it binds.
    pub(super) is_rehearsal: bool,
}

/// A body that runs later.
pub(super) enum Later<'a> {
    Function(&'a StmtFunctionDef, Vec<&'a TypeParams>),
    Lambda(&'a ExprLambda),
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

    pub(super) fn walk(&mut self, body: &'a [Stmt]) {
        for statement in body {
            self.visit_stmt(statement);
        }
    }

    fn read_function(&mut self, function: &'a StmtFunctionDef) {
        let decorators: Vec<Decorator> =
            function.decorator_list.iter().map(|it| self.decorator(&it.expression)).collect();
        run_at_def(function).skip(function.decorator_list.len()).for_each(|it| self.visit_expr(it));
        let facts = Function {
            name: function.name.to_string(),
            span: self.span(function.name.range()),
            place: self.place.clone(),
            arms: self.arms.clone(),
            is_async: function.is_async,
            yields: yields(&function.body),
            // Nobody asks how a function is called that is neither a task nor can be a hook.
            signature: match (&*decorators, &self.place) {
                ([], Place::Class(_) | Place::Function(_)) => SignatureFacts::default(),
                _ => self.signature(function),
            },
            doc: (!decorators.is_empty()).then(|| doc_of(&function.body)).flatten(),
            decorators,
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

/// The first line of a docstring that says something.
fn doc_of(body: &[Stmt]) -> Option<String> {
    let Some(Stmt::Expr(statement)) = body.first() else { return None };
    let Expr::StringLiteral(doc) = statement.value.as_ref() else { return None };
    doc.value.to_str().lines().map(str::trim).find(|line| !line.is_empty()).map(str::to_owned)
}
