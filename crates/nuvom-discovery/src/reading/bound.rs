//! Which names a function makes its own. In Python a name that is bound anywhere in a function is local to all of it.

use std::collections::HashSet;

use ruff_python_ast::visitor::{Visitor, walk_expr, walk_pattern, walk_stmt};
use ruff_python_ast::{
    Alias, Comprehension, ExceptHandler, Expr, ExprLambda, Identifier, Parameters, Pattern, Stmt,
    StmtFunctionDef, TypeParams,
};

use super::expressions::MAX_DEPTH;

/// The names of a function, or of anything with a body of its own.
#[derive(Debug, Default)]
pub(super) struct Bound<'a> {
    pub(super) locals: HashSet<&'a str>,
    /// Names that it says are the module's.
    pub(super) globals: HashSet<&'a str>,
    /// Names that it says are those of a function around it.
    pub(super) nonlocals: HashSet<&'a str>,
    depth: usize,
}

impl<'a> Bound<'a> {
    pub(super) fn of(
        parameters: Option<&'a Parameters>,
        types: Option<&'a TypeParams>,
        body: &'a [Stmt],
    ) -> Self {
        let mut bound = Self::default();
        bound.visit_body(body);
        bound.locals.retain(|name| !bound.globals.contains(name) && !bound.nonlocals.contains(name));
        bound.locals.extend(parameters.into_iter().flatten().map(|parameter| parameter.name().as_str()));
        bound
            .locals
            .extend(types.into_iter().flat_map(|types| &types.type_params).map(|it| it.name().as_str()));
        bound
    }

    /// Those of a lambda.
    pub(super) fn of_lambda(lambda: &'a ExprLambda) -> Self {
        let mut bound = Self::of(lambda.parameters.as_deref(), None, &[]);
        bound.visit_expr(&lambda.body);
        bound
    }

    /// The type parameters of a class.
    pub(super) fn of_types(types: &'a TypeParams) -> Self {
        Self::of(None, Some(types), &[])
    }

    /// The names that the target of a comprehension binds.
    pub(super) fn targets(&mut self, target: &'a Expr) {
        self.visit_expr(target);
    }

    fn alias(&mut self, alias: &'a Alias, is_dotted: bool) {
        let name = alias.asname.as_ref().unwrap_or(&alias.name).as_str();
        let first = if is_dotted { name.split('.').next().unwrap_or(name) } else { name };
        self.locals.insert(first);
    }
}

impl<'a> Visitor<'a> for Bound<'a> {
    fn visit_stmt(&mut self, statement: &'a Stmt) {
        match statement {
            Stmt::FunctionDef(function) => {
                self.locals.insert(function.name.as_str());
                run_at_def(function).for_each(|it| self.visit_expr(it));
            }
            Stmt::ClassDef(class) => {
                self.locals.insert(class.name.as_str());
                class.decorator_list.iter().for_each(|it| self.visit_expr(&it.expression));
            }
            Stmt::Import(import) => import.names.iter().for_each(|alias| self.alias(alias, true)),
            Stmt::ImportFrom(import) => import.names.iter().for_each(|alias| self.alias(alias, false)),
            Stmt::Global(global) => {
                self.globals.extend(global.names.iter().map(Identifier::as_str));
            }
            Stmt::Nonlocal(outer) => {
                self.nonlocals.extend(outer.names.iter().map(Identifier::as_str));
            }
            _ => walk_stmt(self, statement),
        }
    }

    fn visit_expr(&mut self, expression: &'a Expr) {
        match expression {
            Expr::Name(name) if !name.ctx.is_load() => {
                self.locals.insert(name.id.as_str());
            }
            Expr::Lambda(_) => {}
            _ if self.depth >= MAX_DEPTH => {}
            _ => {
                self.depth += 1;
                walk_expr(self, expression);
                self.depth -= 1;
            }
        }
    }

    /// The targets of a comprehension are its own.
    fn visit_comprehension(&mut self, comprehension: &'a Comprehension) {
        self.visit_expr(&comprehension.iter);
        comprehension.ifs.iter().for_each(|condition| self.visit_expr(condition));
    }

    fn visit_except_handler(&mut self, handler: &'a ExceptHandler) {
        let ExceptHandler::ExceptHandler(inner) = handler;
        self.locals.extend(inner.name.as_ref().map(Identifier::as_str));
        ruff_python_ast::visitor::walk_except_handler(self, handler);
    }

    fn visit_pattern(&mut self, pattern: &'a Pattern) {
        self.locals.extend(captured(pattern));
        walk_pattern(self, pattern);
    }
}

/// What runs where a function is defined, not when it is called: decorators and defaults.
pub(super) fn run_at_def(function: &StmtFunctionDef) -> impl Iterator<Item = &Expr> {
    let decorators = function.decorator_list.iter().map(|decorator| &decorator.expression);
    let parameters = function.parameters.iter_non_variadic_params();
    decorators.chain(parameters.filter_map(ruff_python_ast::ParameterWithDefault::default))
}

/// The name that this pattern, not one inside it, captures.
pub(super) fn captured(pattern: &Pattern) -> Option<&str> {
    match pattern {
        Pattern::MatchAs(it) => it.name.as_ref(),
        Pattern::MatchStar(it) => it.name.as_ref(),
        Pattern::MatchMapping(it) => it.rest.as_ref(),
        _ => None,
    }
    .map(Identifier::as_str)
}
