//! Statements that run in part, or not at all, or again and again: what names may mean behind them.

use ruff_python_ast::{ExceptHandler, Expr, Pattern, Stmt, StmtTry, StmtWith};

use ruff_python_ast::visitor::Visitor;

use super::assignments::Value;
use super::facts::{Facts, Meaning, Place};
use super::reader::Reader;
use super::shape::Unsendable;

/// One of several ways that the module can go.
pub(super) struct Branch<'a> {
    pub(super) pattern: Option<&'a Pattern>,
    pub(super) test: Option<&'a Expr>,
    pub(super) body: &'a [Stmt],
}

impl<'a> Reader<'a> {
    /// Each branch starts from the same names; afterwards a name may mean what any of them made of it.
    pub(super) fn read_branches(&mut self, branches: impl Iterator<Item = Branch<'a>>, one_must_run: bool) {
        let branching = self.next_branching();
        let mut ways = Vec::new();
        for (arm, branch) in branches.enumerate() {
            let mark = self.frames.mark();
            branch.pattern.iter().for_each(|pattern| self.visit_pattern(pattern));
            branch.test.iter().for_each(|test| self.visit_expr(test));
            self.in_arm(branching, arm, |reader| reader.walk(branch.body));
            ways.push(self.frames.go_back(mark));
        }
        self.frames.join(&ways, !one_must_run);
    }

    pub(super) fn read_try(&mut self, attempt: &'a StmtTry) {
        let branching = self.next_branching();
        let mark = self.frames.mark();
        self.in_arm(branching, 0, |reader| reader.walk(&attempt.body));
        let failed = self.frames.interrupted_since(mark);
        self.in_arm(branching, 0, |reader| reader.walk(&attempt.orelse));
        let mut ways = vec![self.frames.go_back(mark)];
        for (arm, ExceptHandler::ExceptHandler(handler)) in attempt.handlers.iter().enumerate() {
            let mark = self.frames.mark();
            self.frames.take(failed.clone());
            handler.type_.iter().for_each(|kind| self.visit_expr(kind));
            if let Some(name) = &handler.name {
                self.frames.bind(name, vec![Meaning::Unknown]);
            }
            self.in_arm(branching, arm + 1, |reader| reader.walk(&handler.body));
            if let Some(name) = &handler.name {
                self.frames.unbind(name);
            }
            ways.push(self.frames.go_back(mark));
        }
        self.frames.join(&ways, false);
        self.walk(&attempt.finalbody);
    }

    pub(super) fn in_arm(&mut self, branching: u32, arm: usize, read: impl FnOnce(&mut Self)) {
        self.arms.push((branching, arm as u32));
        read(self);
        self.arms.pop();
    }

    pub(super) fn next_branching(&mut self) -> u32 {
        self.branchings += 1;
        self.branchings
    }

    /// The body may not run at all, or again and again.
    pub(super) fn read_loop(&mut self, target: Option<&'a Expr>, body: &'a [Stmt], orelse: &'a [Stmt]) {
        let outer = self.place.clone();
        if self.place == Place::Module {
            // A loop inside a function or class changes nothing about it.
            self.place = Place::Loop;
        }
        let start = self.frames.mark();
        if !self.is_rehearsal {
            let mark = self.frames.mark();
            self.rehearse(target, body);
            let turn = self.frames.go_back(mark);
            self.frames.join(&[turn], true);
        }
        if let Some(target) = target {
            self.bind_target(target, &Value::Unknown);
        }
        let mark = self.frames.mark();
        self.walk(body);
        if breaks(body) {
            let left = self.frames.interrupted_since(mark);
            self.frames.take(left);
        }
        self.frames.pass(mark);
        self.place = outer;
        let way = self.frames.go_back(start);
        self.frames.join(&[way], true);
        self.walk(orelse);
    }

    /// Reads a body for what it binds: its next turn begins with that.
    pub(super) fn rehearse(&mut self, target: Option<&'a Expr>, body: &'a [Stmt]) {
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

    pub(super) fn read_with(&mut self, with: &'a StmtWith) {
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
        let mark = self.frames.mark();
        self.walk(&with.body);
        if suppresses {
            let left = self.frames.interrupted_since(mark);
            self.frames.take(left);
        }
        self.frames.pass(mark);
    }
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
