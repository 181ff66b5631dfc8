"""Walks the statements of one file in their order, and keeps what each name may stand for on the way."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from reference_findings import Branch, Findings, Place
from reference_imports import Exports, Imports
from reference_modules import Project
from reference_scopes import (
    Comprehension,
    Function,
    Kind,
    Scope,
    around_type_parameters,
    class_scope,
    function_scope,
    names_in,
)
from reference_values import (
    OTHER,
    UNBOUND,
    Configured,
    Listed,
    Values,
    as_decorator,
    configured_by,
    joined,
    literal_names,
    union,
)

Body = Sequence[ast.stmt]
OutsideBindings = dict[int, dict[str, Values]]


@dataclass
class _Loop:
    """The names at the jumps out of a loop's body."""

    scope: Scope
    breaks: list[dict[str, Values]]
    continues: list[dict[str, Values]]


class Flow:
    """One walk over one file: first the module, then the functions that it holds, which run later."""

    def __init__(self, project: Project, file: Path, exports: Exports, outside: OutsideBindings) -> None:
        self._outside = outside
        self.module = Scope(Kind.MODULE, None, outside.setdefault(0, {}))
        self.imports = Imports(project, file, exports, self.module)
        self.findings = Findings()
        self._loops: list[_Loop] = []
        self._later: dict[int, tuple[Function | ast.Lambda, Scope]] = {}

    def walk(self, tree: ast.Module) -> None:
        """Walks a whole file."""
        self._run(tree.body, self.module, Place.MODULE, ())
        done: set[int] = set()
        while waiting := [key for key in self._later if key not in done]:
            for key in waiting:
                done.add(key)
                node, around = self._later[key]
                scope = function_scope(node, around, self._outside.setdefault(key, {}))
                if isinstance(node, ast.Lambda):
                    self._visit(node.body, scope)
                else:
                    self._run(node.body, scope, Place.FUNCTION, ())

    # Statements.

    def _run(self, body: Body, scope: Scope, place: Place, branch: Branch) -> None:
        for statement in body:
            self._statement(statement, scope, place, branch)

    def _statement(self, statement: ast.stmt, scope: Scope, place: Place, branch: Branch) -> None:
        match statement:
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                self._function(statement, scope, place, branch)
            case ast.ClassDef():
                self._class(statement, scope)
            case ast.Import():
                self.imports.plain(statement, scope)
            case ast.ImportFrom():
                self.imports.members(statement, scope)
            case ast.If():
                self._if(statement, scope, place, branch)
            case ast.Match():
                self._match(statement, scope, place, branch)
            case ast.Try():
                self._try(statement, scope, place, branch)
            case ast.With() | ast.AsyncWith():
                self._with(statement, scope, place, branch)
            case ast.For() | ast.AsyncFor() | ast.While():
                self._loop(statement, scope, place, branch)
            case _ if type(statement).__name__ == "TryStar":
                self._try(statement, scope, place, branch)
            case _:
                self._simple(statement, scope)

    def _simple(self, statement: ast.stmt, scope: Scope) -> None:
        match statement:
            case ast.Assign(targets=targets, value=value):
                self._visit(value, scope)
                for target in targets:
                    self._assign(target, value, scope)
            case ast.AnnAssign(target=target, value=value):
                if value is not None:
                    self._visit(value, scope)
                    self._assign(target, value, scope)
            case ast.AugAssign(target=target, value=value):
                self._visit(value, scope)
                self._extend(target, value, scope)
            case ast.Delete(targets=targets):
                for target in targets:
                    for name in names_in(target):
                        scope.bind(name, UNBOUND)
            case ast.Expr(value=value):
                self._visit(value, scope)
                self._change_of_all(value, scope)
            case ast.Break() | ast.Continue():
                if self._loops and self._loops[-1].scope is scope:
                    loop = self._loops[-1]
                    jumps = loop.breaks if isinstance(statement, ast.Break) else loop.continues
                    jumps.append(dict(scope.now))
            case _:
                for child in ast.iter_child_nodes(statement):
                    self._visit(child, scope)
                self._bind_other(statement, scope)

    def _function(self, node: Function, scope: Scope, place: Place, branch: Branch) -> None:
        options = self._decorators(node, scope)
        for default in [*node.args.defaults, *filter(None, node.args.kw_defaults)]:
            self._visit(default, scope)
        if options is not None:
            self.findings.function(node, options, place, branch)
        self._later.setdefault(id(node), (node, around_type_parameters(node, scope)))
        scope.bind(node.name, OTHER)

    def _class(self, node: ast.ClassDef, scope: Scope) -> None:
        if self._decorators(node, scope) is not None:
            self.findings.refuse(node.lineno, "class")
        around = around_type_parameters(node, scope)
        for expression in [*node.bases, *(keyword.value for keyword in node.keywords)]:
            self._visit(expression, around)
        self._run(node.body, class_scope(node, around), Place.CLASS, ())
        scope.bind(node.name, OTHER)

    def _decorators(self, node: Function | ast.ClassDef, scope: Scope) -> Configured | None:
        found = None
        for decorator in node.decorator_list:
            self._visit(decorator, scope)
            found = found or as_decorator(self.value(decorator, scope))
        return found

    # What runs perhaps.

    def _if(self, node: ast.If, scope: Scope, place: Place, branch: Branch) -> None:
        self._visit(node.test, scope)
        before = dict(scope.now)
        self._run(node.body, scope, place, (*branch, (node, 0)))
        after, scope.now = scope.now, before
        self._run(node.orelse, scope, place, (*branch, (node, 1)))
        scope.now = joined(after, scope.now)

    def _match(self, node: ast.Match, scope: Scope, place: Place, branch: Branch) -> None:
        self._visit(node.subject, scope)
        ends = []
        for number, case in enumerate(node.cases):
            before = dict(scope.now)
            for name in names_in(case.pattern):
                scope.bind(name, OTHER)
            if case.guard is not None:
                self._visit(case.guard, scope)
            # What a pattern bound stays bound when its guard says no.
            unmatched = joined(before, scope.now)
            self._run(case.body, scope, place, (*branch, (node, number)))
            ends.append(scope.now)
            scope.now = unmatched
        last = node.cases[-1]
        if last.guard is None and isinstance(last.pattern, ast.MatchAs) and last.pattern.pattern is None:
            scope.now = joined(*ends)
        else:
            scope.now = joined(scope.now, *ends)

    def _try(self, node: ast.stmt, scope: Scope, place: Place, branch: Branch) -> None:
        assert isinstance(node, ast.Try) or type(node).__name__ == "TryStar"
        before = dict(scope.now)
        with self._recorded(scope) as bound:
            self._run(node.body, scope, place, (*branch, (node, 0)))  # type: ignore[attr-defined]  # TryStar is like Try
        # An exception can come between any two statements.
        failed = joined(before, {name: union(before.get(name, UNBOUND), bound[name]) for name in bound})
        self._run(node.orelse, scope, place, (*branch, (node, 0)))  # type: ignore[attr-defined]
        ends = [scope.now]
        for number, handler in enumerate(node.handlers, start=1):  # type: ignore[attr-defined]
            scope.now = dict(failed)
            if handler.type is not None:
                self._visit(handler.type, scope)
            if handler.name is not None:
                scope.bind(handler.name, OTHER)
            self._run(handler.body, scope, place, (*branch, (node, number)))
            if handler.name is not None:
                scope.bind(handler.name, UNBOUND)
            ends.append(scope.now)
        scope.now = joined(*ends)
        self._run(node.finalbody, scope, place, branch)  # type: ignore[attr-defined]

    def _with(self, node: ast.With | ast.AsyncWith, scope: Scope, place: Place, branch: Branch) -> None:
        for item in node.items:
            self._visit(item.context_expr, scope)
            if item.optional_vars is not None:
                self._bind_other(item.optional_vars, scope)
        before = dict(scope.now)
        with self._recorded(scope) as bound:
            self._run(node.body, scope, place, branch)
        # `suppress` and its like go on after an exception.
        scope.now = joined(scope.now, before, {name: union(before.get(name, UNBOUND), bound[name]) for name in bound})

    def _loop(self, node: ast.For | ast.AsyncFor | ast.While, scope: Scope, place: Place, branch: Branch) -> None:
        if not isinstance(node, ast.While):
            self._visit(node.iter, scope)
        breaks: list[dict[str, Values]] = []
        start = None
        turn = dict(scope.now)
        # What one turn binds the next one sees.
        while turn != start:
            start = turn
            scope.now = dict(start)
            if isinstance(node, ast.While):
                self._visit(node.test, scope)
            left = dict(scope.now)
            if not isinstance(node, ast.While):
                self._bind_other(node.target, scope)
            self._loops.append(_Loop(scope, breaks, []))
            self._run(node.body, scope, place.in_loop(), branch)
            turn = joined(start, scope.now, *self._loops.pop().continues)
        scope.now = left
        self._run(node.orelse, scope, place, branch)
        scope.now = joined(scope.now, *breaks)

    @contextmanager
    def _recorded(self, scope: Scope) -> Iterator[dict[str, Values]]:
        bound: dict[str, Values] = {}
        scope.recorders.append(bound)
        yield bound
        scope.recorders.pop()

    @contextmanager
    def _perhaps(self, scope: Scope) -> Iterator[None]:
        before = dict(scope.now)
        yield
        scope.now = joined(scope.now, before)

    # Binding.

    def _assign(self, target: ast.expr, value: ast.expr, scope: Scope) -> None:
        match target, value:
            case ast.Name(id="__all__"), _:
                names = literal_names(value)
                scope.bind("__all__", OTHER if names is None else (Listed(names),))
            case ast.Name(id=name), _:
                scope.bind(name, self.value(value, scope))
            case ((ast.Tuple(elts=targets) | ast.List(elts=targets)), (ast.Tuple(elts=items) | ast.List(elts=items))):
                if len(targets) == len(items) and not any(isinstance(it, ast.Starred) for it in [*targets, *items]):
                    for values, part in zip([self.value(it, scope) for it in items], targets, strict=True):
                        if isinstance(part, ast.Name):
                            scope.bind(part.id, values)
                        else:
                            self._bind_other(part, scope)
                else:
                    self._bind_other(target, scope)
            case _:
                self._visit(target, scope)
                self._bind_other(target, scope)

    def _bind_other(self, target: ast.AST, scope: Scope) -> None:
        for name in names_in(target):
            scope.bind(name, OTHER)

    def _extend(self, target: ast.expr, value: ast.expr, scope: Scope) -> None:
        if isinstance(target, ast.Name) and target.id == "__all__":
            self._add_to_all(literal_names(value), scope)
        else:
            self._bind_other(target, scope)

    def _change_of_all(self, value: ast.expr, scope: Scope) -> None:
        """`__all__.append("x")` and `__all__.extend(["x"])`."""
        match value:
            case ast.Call(func=ast.Attribute(value=ast.Name(id="__all__"), attr=method), args=args):
                names = literal_names(ast.List(args)) if method == "append" else None
                if method == "extend" and len(args) == 1:
                    names = literal_names(args[0])
                self._add_to_all(names, scope)

    def _add_to_all(self, names: frozenset[str] | None, scope: Scope) -> None:
        old = scope.read("__all__")
        known = [Listed(it.names | names) if isinstance(it, Listed) and names is not None else None for it in old]
        scope.bind("__all__", OTHER if None in known else union(filter(None, known)))

    # Expressions.

    def value(self, expression: ast.expr, scope: Scope) -> Values:
        """What an expression may be. What only running it would tell is something else."""
        match expression:
            case ast.Name(id=name):
                return scope.read(name)
            case ast.Attribute(value=of, attr=name):
                return self.imports.attribute(self.value(of, scope), name, scope)
            case ast.NamedExpr(value=value):
                return self.value(value, scope)
            case ast.Call(func=function, args=[]):
                called = self.value(function, scope)
                configured = as_decorator(tuple(it for it in called if not isinstance(it, Configured)))
                return OTHER if configured is None else (configured_by(expression),)
        return OTHER

    def _visit(self, node: ast.AST, scope: Scope) -> None:
        """Follows what an expression binds, and finds the calls in it that make tasks."""
        match node:
            case ast.Lambda():
                for default in [*node.args.defaults, *filter(None, node.args.kw_defaults)]:
                    self._visit(default, scope)
                self._later.setdefault(id(node), (node, scope))
            case ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp():
                self._visit(node.generators[0].iter, scope)
                with self._perhaps(scope.holder()):
                    self._comprehension(node, scope)
            case ast.NamedExpr():
                self._visit(node.value, scope)
                scope.holder().bind(node.target.id, self.value(node.value, scope))
            case ast.BoolOp(values=[first, *rest]):
                self._visit(first, scope)
                self._visit_perhaps(rest, scope)
            case ast.IfExp():
                self._visit(node.test, scope)
                self._visit_perhaps([node.body], scope)
                self._visit_perhaps([node.orelse], scope)
            case ast.Compare(left=left, comparators=[first, *rest]):
                self._visit(left, scope)
                self._visit(first, scope)
                self._visit_perhaps(rest, scope)
            case _:
                for child in ast.iter_child_nodes(node):
                    self._visit(child, scope)
                if isinstance(node, ast.Call):
                    self._call(node, scope)

    def _visit_perhaps(self, nodes: list[ast.expr], scope: Scope) -> None:
        for node in nodes:
            with self._perhaps(scope.holder()):
                self._visit(node, scope)

    def _comprehension(self, node: Comprehension, scope: Scope) -> None:
        inner = Scope(Kind.INNER, scope)
        for number, generator in enumerate(node.generators):
            if number:
                self._visit(generator.iter, inner)
            self._bind_other(generator.target, inner)
            for condition in generator.ifs:
                self._visit(condition, inner)
        for part in [node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt]:
            self._visit(part, inner)

    def _call(self, call: ast.Call, scope: Scope) -> None:
        match call.args:
            case [ast.Lambda(), *_]:
                why = "lambda"
            case [ast.Name() | ast.Attribute() | ast.Call(), *_]:
                why = "by call"
            case _:
                return
        if as_decorator(self.value(call.func, scope)) is not None:
            self.findings.refuse(call.lineno, why)
