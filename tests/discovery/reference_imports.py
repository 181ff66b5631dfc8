"""What an import brings, as far as the project's own modules and Nuvom go."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from pathlib import Path

from reference_modules import Project
from reference_scopes import Kind, Scope
from reference_values import (
    OTHER,
    UNBOUND,
    FromNuvom,
    Listed,
    Module,
    Names,
    Plain,
    Value,
    Values,
    union,
    without_unbound,
)

Exports = Mapping[Path, Names]
"""The names of each module at its end."""


class Imports:
    """The imports of one file."""

    def __init__(self, project: Project, file: Path, exports: Exports, module: Scope) -> None:
        self._project = project
        self._file = file
        self._exports = exports
        self._module = module
        self._imported: set[Module] = set()
        self.asked: set[Path] = set()
        """The modules that this one depends on."""

    def plain(self, statement: ast.Import, scope: Scope) -> None:
        """`import a.b` and `import a.b as c`."""
        for alias in statement.names:
            parts = alias.name.split(".")
            values = self._absolute(parts[:1]) if self._absolute(parts) != OTHER else OTHER
            self._note_submodules(scope, None, parts)
            if alias.asname is None:
                scope.bind(parts[0], values)
                continue
            for part in parts[1:]:
                values = self.attribute(values, part, scope)
            scope.bind(alias.asname, values)

    def members(self, statement: ast.ImportFrom, scope: Scope) -> None:
        """`from a import b`, `from a import *`."""
        parts = statement.module.split(".") if statement.module else []
        source = self._relative(statement.level, parts) if statement.level else self._absolute(parts)
        self._note_submodules(scope, statement.level, parts)
        for alias in statement.names:
            if alias.name == "*":
                self._star(source, scope)
            else:
                scope.bind(alias.asname or alias.name, without_unbound(self.attribute(source, alias.name, scope)))

    def attribute(self, values: Values, name: str, scope: Scope) -> Values:
        """What `value.name` is."""
        return union(*(self._attribute(value, name, scope) for value in values))

    def _attribute(self, value: Value, name: str, scope: Scope) -> Values:
        if isinstance(value, FromNuvom):
            return (FromNuvom(f"{value.path}.{name}"),)
        if not isinstance(value, Module):
            return OTHER
        bound = self._names_of(value, scope).get(name, UNBOUND)
        if Plain.UNBOUND not in bound:
            return bound
        submodule = self._project.child(value, name)
        return union(without_unbound(bound), (submodule,) if submodule else OTHER)

    def _names_of(self, module: Module, scope: Scope) -> Names:
        if module.file is None:
            return {}
        if module.file == self._file:
            # It imports itself, as packages do for their submodules: what it has bound so far.
            return self._module.now if scope.runs_in_place else self._module.ever
        self.asked.add(module.file)
        return self._exports.get(module.file, {})

    def _absolute(self, parts: list[str]) -> Values:
        if parts[0] == "nuvom":
            return (FromNuvom(".".join(parts)),)
        found = self._project.find(parts)
        return (found,) if found else OTHER

    def _relative(self, level: int, parts: list[str]) -> Values:
        found = self._project.package_above(self._file, level)
        for part in parts:
            found = self._project.child(found, part) if found else None
        return (found,) if found else OTHER

    def _note_submodules(self, scope: Scope, level: int | None, parts: list[str]) -> None:
        """The first import of a submodule binds it in its package, also when the package itself imports it."""
        if scope.kind is not Kind.MODULE or self._file.name != "__init__.py":
            return
        for length in range(1, len(parts) + 1):
            way = self._relative(level, parts[:length]) if level else self._absolute(parts[:length])
            around = (
                self._relative(level, parts[: length - 1]) if level else self._absolute(parts[: length - 1] or ["."])
            )
            for package, submodule in zip(around, way, strict=False):
                mine = isinstance(package, Module) and package.file == self._file
                if mine and isinstance(submodule, Module) and submodule not in self._imported:
                    self._imported.add(submodule)
                    scope.bind(parts[length - 1], (submodule,))

    def _star(self, source: Values, scope: Scope) -> None:
        for value in source:
            if isinstance(value, FromNuvom) and value.path in ("nuvom", "nuvom.task"):
                scope.bind("task", (FromNuvom(f"{value.path}.task"),))
            elif isinstance(value, Module):
                self._star_of(value, scope)

    def _star_of(self, module: Module, scope: Scope) -> None:
        names = self._names_of(module, scope)
        lists = [value.names if isinstance(value, Listed) else None for value in names.get("__all__", UNBOUND)]
        for name in sorted(names.keys() | {name for listed in lists for name in listed or ()}):
            # Where what `__all__` says cannot be known, it may as well not be there.
            told = [not name.startswith("_") if listed is None else name in listed for listed in lists]
            values = (
                self.attribute((module,), name, scope) if any(told) and None not in lists else names.get(name, UNBOUND)
            )
            certain = all(told) and Plain.UNBOUND not in values
            brought = without_unbound(values)
            if any(told) and brought:
                scope.bind(name, brought if certain else union(brought, scope.read(name)))
