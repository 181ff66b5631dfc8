"""Python's scopes: who binds a name, and what a reader of it sees."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from enum import Enum, auto

from reference_values import OTHER, UNBOUND, Plain, Values, union, without_unbound

Function = ast.FunctionDef | ast.AsyncFunctionDef
Comprehension = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp


class Kind(Enum):
    """What opened a scope."""

    MODULE = auto()
    CLASS = auto()
    FUNCTION = auto()
    INNER = auto()
    """A comprehension, or the type parameters of a generic."""


class Scope:
    """The names of one scope, at the point which its code has reached."""

    def __init__(self, kind: Kind, parent: Scope | None, outside: dict[str, Values] | None = None) -> None:
        self.kind = kind
        self.parent = parent
        self.now: dict[str, Values] = {}
        self.ever: dict[str, Values] = {}
        self.outside: dict[str, Values] = {} if outside is None else outside
        """What other scopes bind here, by `global` or `nonlocal`, at a time that nobody knows."""
        self.own: set[str] = set()
        """The names that a function binds somewhere, which makes them its own everywhere in it."""
        self.globals: set[str] = set()
        self.nonlocals: set[str] = set()
        self.recorders: list[dict[str, Values]] = []

    @property
    def module(self) -> Scope:
        return self if self.parent is None else self.parent.module

    @property
    def runs_in_place(self) -> bool:
        """Whether its code runs where it stands: a class does, and a function does not."""
        return self.kind is not Kind.FUNCTION and (self.parent is None or self.parent.runs_in_place)

    def holder(self) -> Scope:
        """Where `:=` binds: comprehensions hand it on."""
        return self.parent.holder() if self.kind is Kind.INNER and self.parent else self

    def bind(self, name: str, values: Values) -> None:
        """Gives a name a value, or takes it away."""
        owner = self._owner_elsewhere(name)
        if owner is not None:
            owner.outside[name] = union(owner.outside.get(name, ()), without_unbound(values))
            return
        self.now[name] = values
        self.ever[name] = union(self.ever.get(name, ()), without_unbound(values))
        for recorder in self.recorders:
            recorder[name] = union(recorder.get(name, ()), values)

    def read(self, name: str) -> Values:
        """What code that runs in this scope sees now."""
        if name in self.globals:
            return self._of_module(name)
        if self._binds(name):
            values = self._now(name)
            if self.kind is Kind.FUNCTION or self.parent is None or Plain.UNBOUND not in values:
                return values
            return union(without_unbound(values), self._around(name))
        return self._around(name)

    def read_ever(self, name: str) -> Values:
        """What code that runs later may see, such as the body of a function in this scope."""
        if name in self.globals:
            return self._of_module(name)
        if self._binds(name):
            values = union(self.ever.get(name, ()), self.outside.get(name, ()))
            if values or self.kind in (Kind.FUNCTION, Kind.MODULE):
                return values or UNBOUND
        return self._enclosing().read_ever(name)

    def _now(self, name: str) -> Values:
        values, elsewhere = self.now.get(name, UNBOUND), self.outside.get(name, ())
        return union(values, elsewhere)

    def _binds(self, name: str) -> bool:
        if name in self.globals or name in self.nonlocals:
            return False
        return name in self.own if self.kind is Kind.FUNCTION else True

    def _around(self, name: str) -> Values:
        enclosing = self._enclosing()
        return enclosing.read_ever(name) if self.kind is Kind.FUNCTION else enclosing.read(name)

    def _enclosing(self) -> Scope:
        """The scope in which a free name is looked for: never a class."""
        scope = self.parent
        while scope is not None and scope.kind is Kind.CLASS:
            scope = scope.parent
        assert scope is not None, "only a module has no scope around it, and it has no free names"
        return scope

    def _of_module(self, name: str) -> Values:
        return self.module.read(name) if self.runs_in_place else self.module.read_ever(name)

    def _owner_elsewhere(self, name: str) -> Scope | None:
        if name in self.globals and self.parent is not None:
            return self.module
        if name in self.nonlocals:
            scope = self._enclosing()
            while scope.parent is not None and not (scope.kind is Kind.FUNCTION and scope._binds(name)):
                scope = scope._enclosing()
            return scope
        return None


def function_scope(node: Function | ast.Lambda, parent: Scope, outside: dict[str, Values]) -> Scope:
    """The scope of a function's body, with its parameters bound."""
    scope = Scope(Kind.FUNCTION, parent, outside)
    body = [node.body] if isinstance(node, ast.Lambda) else node.body
    scope.own, scope.globals, scope.nonlocals = names_bound_by(body)
    arguments = node.args
    every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, arguments.vararg, arguments.kwarg]
    for argument in filter(None, every):
        scope.own.add(argument.arg)
        scope.bind(argument.arg, OTHER)
    return scope


def class_scope(node: ast.ClassDef, parent: Scope) -> Scope:
    """The scope of a class's body."""
    scope = Scope(Kind.CLASS, parent)
    _, scope.globals, scope.nonlocals = names_bound_by(node.body)
    return scope


def around_type_parameters(node: Function | ast.ClassDef, parent: Scope) -> Scope:
    """The scope of `[T]` in `def f[T]()`, which only the inside of `f` sees."""
    parameters: list[ast.AST] = getattr(node, "type_params", [])
    if not parameters:
        return parent
    scope = Scope(Kind.INNER, parent)
    for parameter in parameters:
        scope.bind(getattr(parameter, "name", ""), OTHER)
    return scope


def names_bound_by(body: Iterable[ast.AST]) -> tuple[set[str], set[str], set[str]]:
    """The names that a function's body binds, and those that it declares `global` and `nonlocal`."""
    search = _Bindings()
    for node in body:
        search.visit(node)
    return search.bound - search.globals - search.nonlocals, search.globals, search.nonlocals


def names_in(target: ast.AST) -> list[str]:
    """The names that a target, or a pattern of `match`, binds."""
    search = _Bindings()
    search.visit(target)
    return sorted(search.bound)


class _Bindings(ast.NodeVisitor):
    """Collects what one scope binds. What opens a scope of its own is not entered."""

    def __init__(self) -> None:
        self.bound: set[str] = set()
        self.globals: set[str] = set()
        self.nonlocals: set[str] = set()

    def visit_Name(self, node: ast.Name) -> None:
        if not isinstance(node.ctx, ast.Load):
            self.bound.add(node.id)

    def visit_Global(self, node: ast.Global) -> None:
        self.globals.update(node.names)

    def visit_Nonlocal(self, node: ast.Nonlocal) -> None:
        self.nonlocals.update(node.names)

    def visit_alias(self, node: ast.alias) -> None:
        self.bound.add(node.asname or node.name.partition(".")[0])

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> None:
        self.bound.update(filter(None, [node.name]))
        self.generic_visit(node)

    def visit_MatchAs(self, node: ast.MatchAs) -> None:
        self.bound.update(filter(None, [node.name]))
        self.generic_visit(node)

    def visit_MatchStar(self, node: ast.MatchStar) -> None:
        self.bound.update(filter(None, [node.name]))

    def visit_MatchMapping(self, node: ast.MatchMapping) -> None:
        self.bound.update(filter(None, [node.rest]))
        self.generic_visit(node)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        self._named(node, [*node.decorator_list, *node.args.defaults, *filter(None, node.args.kw_defaults)])

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> None:
        self._named(node, [*node.decorator_list, *node.args.defaults, *filter(None, node.args.kw_defaults)])

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        self._named(node, [*node.decorator_list, *node.bases, *(keyword.value for keyword in node.keywords)])

    def _named(self, node: Function | ast.ClassDef, outside: list[ast.expr]) -> None:
        self.bound.add(node.name)
        for expression in outside:
            self.visit(expression)

    def visit_Lambda(self, node: ast.Lambda) -> None:
        for default in [*node.args.defaults, *filter(None, node.args.kw_defaults)]:
            self.visit(default)

    def visit_comprehension(self, node: ast.comprehension) -> None:
        # Its targets are its own; a `:=` anywhere else in it is not.
        self.visit(node.iter)
        for condition in node.ifs:
            self.visit(condition)
