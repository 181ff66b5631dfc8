"""What the package defines, read from its source: signatures and docstrings, without importing anything."""

import ast
import inspect
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import pairwise
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "python"
EXTENSION = "nuvom._nuvom"
RUST = ROOT / "crates/nuvom-py/src"
"""Where the extension's classes have their documentation; its stub has the types."""

Function = ast.FunctionDef | ast.AsyncFunctionDef
WIDEST = 110
_TOLD = ("classmethod", "staticmethod", "abstractmethod")
"""Decorators that say how a function is called, or that it has to be written."""


@dataclass(frozen=True, slots=True)
class Definition:
    """A function, class or value: how it is written, what it is for, and what is in it."""

    name: str
    kind: str
    """"function", "class", "property" or "value"."""
    signature: str
    doc: str
    members: list["Definition"] = field(default_factory=list)


class Undefined(Exception):
    """A name that a module offers, and whose definition was not found."""


@cache
def module(name: str) -> ast.Module:
    """The parsed source of a module."""
    path = PACKAGE / name.replace(".", "/")
    found = next(
        one for one in (path.with_suffix(".py"), path / "__init__.py", path.with_suffix(".pyi")) if one.exists()
    )
    return ast.parse(found.read_text(encoding="utf-8"))


def offered(name: str) -> list[str]:
    """The public names of a module: those of `__all__`, else what it defines without an underscore."""
    body = list(_flat(module(name).body))
    for node in body:
        if isinstance(node, ast.Assign) and _assigned(node) == ["__all__"]:
            return list(ast.literal_eval(node.value))
    names = [node.name for node in body if isinstance(node, Function | ast.ClassDef)]
    names += [target for node, _ in _documented(body) for target in _assigned(node)]
    return list(dict.fromkeys(one for one in names if not one.startswith("_")))


def home(module_name: str, name: str) -> str:
    """The module that defines a name which another one offers."""
    for node in _flat(module(module_name).body):
        if isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                if (alias.asname or alias.name) == name:
                    return home(node.module, alias.name)
    return module_name


def definition(module_name: str, name: str) -> Definition:
    """What a module defines under this name."""
    body = list(_flat(module(module_name).body))
    docs = _rust_docs() if module_name == EXTENSION else {}
    nodes = [node for node in body if isinstance(node, Function | ast.ClassDef) and node.name == name]
    classes = [node for node in nodes if isinstance(node, ast.ClassDef)]
    if classes:
        return _class(classes[0], docs)
    functions = [node for node in nodes if isinstance(node, Function)]
    if functions:
        return _function(name, functions, docs)
    for assignment, doc in _documented(body):
        if name in _assigned(assignment):
            return Definition(name, "value", _unparsed(assignment), doc)
    for node in body:
        if isinstance(node, ast.Assign | ast.AnnAssign) and name in _assigned(node):
            return Definition(name, "value", _unparsed(node), "")
    raise Undefined(f"{module_name}.{name}")


def docstring(module_name: str) -> str:
    """What a module says of itself."""
    return ast.get_docstring(module(module_name)) or ""


def _class(node: ast.ClassDef, docs: dict[str, str]) -> Definition:
    body = list(_flat(node.body))
    members = [_value(one, doc) for one, doc in _documented_or_typed(body)]
    methods: dict[str, list[Function]] = {}
    for one in body:
        if isinstance(one, Function):
            methods.setdefault(one.name, []).append(one)
    first = methods.get("__init__")
    for name, functions in methods.items():
        if not name.startswith("_"):
            members.append(_function(name, functions, docs, f"{node.name}."))
    # Without their type variables; `OfCall` and `OfValue` say nothing to users.
    bases = [name for base in node.bases if not (name := ast.unparse(base).partition("[")[0]).startswith("Of")]
    is_data = any("dataclass" in ast.unparse(one) for one in node.decorator_list)
    if first is not None:
        signature = f"class {_written(node.name, first[0], skips_self=True, answers=False)}"
    else:
        signature = f"class {node.name}" + (f"({', '.join(bases)})" if bases and not is_data else "")
    parts = [ast.get_docstring(node) or docs.get(node.name, ""), (ast.get_docstring(first[0]) or "") if first else ""]
    return Definition(node.name, "class", signature, "\n\n".join(part for part in parts if part), members)


def _function(name: str, nodes: Sequence[Function], docs: dict[str, str], of: str = "") -> Definition:
    """Of several definitions, such as overloads: the one that says most of its parameters, and the one with a text."""
    said = max(nodes, key=lambda node: len(node.args.args) + len(node.args.kwonlyargs))
    doc = next((text for node in nodes if (text := ast.get_docstring(node))), docs.get(of + name, ""))
    decorators = {ast.unparse(one) for node in nodes for one in node.decorator_list}
    if "property" in decorators:
        return Definition(name, "property", f"{name}: {_unparsed(said.returns) if said.returns else 'Any'}", doc)
    prefix = "".join(f"@{one}\n" for one in _TOLD if one in decorators)
    prefix += "async def " if isinstance(said, ast.AsyncFunctionDef) else "def "
    return Definition(name, "function", prefix + _written(name, said, skips_self=bool(of)), doc)


def _value(node: ast.Assign | ast.AnnAssign, doc: str) -> Definition:
    return Definition(_assigned(node)[0], "value", _unparsed(node), doc)


def _written(name: str, node: Function, *, skips_self: bool, answers: bool = True) -> str:
    """The signature, a parameter a line if it is long."""
    parameters = _parameters(node.args)
    if skips_self and parameters[:1] in (["self"], ["cls"]):
        parameters = parameters[2:] if parameters[1:2] == ["/"] else parameters[1:]
    answer = f" -> {_unparsed(node.returns)}" if node.returns and answers else ""
    line = f"{name}({', '.join(parameters)}){answer}"
    if len(line) <= WIDEST:
        return line
    return f"{name}(\n" + "".join(f"    {one},\n" for one in parameters) + f"){answer}"


def _parameters(arguments: ast.arguments) -> list[str]:
    """Each parameter as it is written, with `/` and `*` between them."""
    found: list[str] = []
    positional = [*arguments.posonlyargs, *arguments.args]
    defaults = [None] * (len(positional) - len(arguments.defaults)) + list(arguments.defaults)
    for index, (one, default) in enumerate(zip(positional, defaults, strict=True), start=1):
        found.append(_parameter(one, default))
        if index == len(arguments.posonlyargs):
            found.append("/")
    if arguments.vararg:
        found.append("*" + _parameter(arguments.vararg, None))
    elif arguments.kwonlyargs:
        found.append("*")
    found += [
        _parameter(one, default) for one, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
    ]
    if arguments.kwarg:
        found.append("**" + _parameter(arguments.kwarg, None))
    return found


def _parameter(one: ast.arg, default: ast.expr | None) -> str:
    annotation = f": {_unparsed(one.annotation)}" if one.annotation else ""
    if default is None:
        return one.arg + annotation
    return f"{one.arg}{annotation}{' = ' if annotation else '='}{_unparsed(default)}"


def _unparsed(node: ast.AST) -> str:
    """With the quotes that the project's code has."""
    text = ast.unparse(node)
    return text if '"' in text else text.replace("'", '"')


def _flat(body: Sequence[ast.stmt]) -> Iterator[ast.stmt]:
    """The statements of a body, with those of `if TYPE_CHECKING` among them."""
    for node in body:
        if isinstance(node, ast.If):
            yield from _flat(node.body)
            yield from _flat(node.orelse)
        else:
            yield node


def _documented(body: Sequence[ast.stmt]) -> Iterator[tuple[ast.Assign | ast.AnnAssign, str]]:
    """The values that are followed by a text about them."""
    for node, after in pairwise(body):
        if isinstance(node, ast.Assign | ast.AnnAssign) and (doc := _text(after)):
            yield node, doc


def _documented_or_typed(body: Sequence[ast.stmt]) -> Iterator[tuple[ast.Assign | ast.AnnAssign, str]]:
    """The public fields of a class, each with the text about it if there is one."""
    for node, after in zip(body, [*body[1:], ast.Pass()], strict=True):
        if isinstance(node, ast.AnnAssign) and not _assigned(node)[0].startswith("_"):
            yield node, _text(after)


def _text(node: ast.stmt) -> str:
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
        return inspect.cleandoc(node.value.value)
    return ""


def _assigned(node: ast.Assign | ast.AnnAssign) -> list[str]:
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    return [target.id for target in targets if isinstance(target, ast.Name)]


@cache
def _rust_docs() -> dict[str, str]:
    """What the extension's source says of its classes, methods and functions: by `Class`, `Class.method` or name."""
    docs: dict[str, str] = {}
    written = re.compile(
        r"(?P<doc>(?:^ *///[^\n]*\n)*)(?:^ *#\[[^\n]*\]\n)*"
        r"^ *(?:pub(?:\(\w+\))? )?(?P<kind>struct|fn|impl) (?P<name>\w+)",
        re.MULTILINE,
    )
    for path in sorted(RUST.rglob("*.rs")):
        owner = ""
        for match in written.finditer(path.read_text(encoding="utf-8")):
            if match["kind"] == "impl":
                owner = f"{match['name']}."
                continue
            doc = "\n".join(line.strip().removeprefix("///").strip() for line in match["doc"].splitlines())
            is_method = match[0].splitlines()[-1].startswith("    ")
            key = match["name"] if match["kind"] == "struct" or not is_method else owner + match["name"]
            docs.setdefault(key, doc)
    return docs
