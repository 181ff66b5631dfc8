//! Whether a function yields, which makes it a generator: it has no value that could be a result.

use ruff_python_ast::visitor::{Visitor, walk_expr, walk_stmt};
use ruff_python_ast::{Expr, Stmt};

use super::bound::run_at_def;
use super::expressions::MAX_DEPTH;

/// Looks through a function's body, but not into functions, lambdas and classes inside it.
pub(super) fn yields(body: &[Stmt]) -> bool {
    let mut search = Search { found: false, depth: 0 };
    search.visit_body(body);
    search.found
}

struct Search {
    found: bool,
    depth: usize,
}

impl<'a> Visitor<'a> for Search {
    fn visit_stmt(&mut self, statement: &'a Stmt) {
        match statement {
            Stmt::FunctionDef(function) => run_at_def(function).for_each(|it| self.visit_expr(it)),
            Stmt::ClassDef(class) => {
                class.decorator_list.iter().for_each(|it| self.visit_expr(&it.expression));
            }
            _ => walk_stmt(self, statement),
        }
    }

    fn visit_expr(&mut self, expression: &'a Expr) {
        match expression {
            Expr::Yield(_) | Expr::YieldFrom(_) => self.found = true,
            Expr::Lambda(_) | Expr::Generator(_) => {}
            _ if self.found || self.depth >= MAX_DEPTH => {}
            _ => {
                self.depth += 1;
                walk_expr(self, expression);
                self.depth -= 1;
            }
        }
    }
}
