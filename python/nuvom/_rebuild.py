"""Values of annotated classes: taken apart into plain data for the payload, put together again on the other
side. The annotation decides, never the payload, so that stored data cannot pick a class.
"""

from __future__ import annotations

import dataclasses
import enum
import types
import typing
from collections.abc import Callable
from inspect import Parameter, signature
from typing import Any, Union, get_args, get_origin, get_type_hints

from nuvom.errors import CorruptData, NotSerializable


@dataclasses.dataclass(frozen=True, slots=True)
class Shape:
    """How values of one annotation become plain data (`flatten`), and how they come back (`restore`)."""

    flatten: Callable[[Any], Any]
    restore: Callable[[Any], Any]
    fits: Callable[[Any], bool]
    """Whether a value is of this annotation: to choose among the members of a union."""


class Rebuild:
    """The shapes of a task's parameters and of its value."""

    def __init__(self, function: Callable[..., Any], shapes: dict[str, Shape], result: Shape | None) -> None:
        self._parameters = list(signature(function).parameters.values())
        self._shapes = shapes
        self._result = result

    def flatten_call(self, args: Any, kwargs: Any) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """The same call with plain data."""
        return self._call(args, kwargs, lambda shape, value: shape.flatten(value))

    def restore_call(self, args: Any, kwargs: Any) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """The same call with the values that the function expects. Raises `CorruptData` where one does not fit."""
        return self._call(args, kwargs, lambda shape, value: shape.restore(value))

    def flatten_result(self, value: Any) -> Any:
        """The task's value as plain data."""
        return value if self._result is None else self._result.flatten(value)

    def restore_result(self, value: Any) -> Any:
        """The task's value as its annotation says."""
        return value if self._result is None else self._result.restore(value)

    def _call(
        self, args: Any, kwargs: Any, change: Callable[[Shape, Any], Any]
    ) -> tuple[tuple[Any, ...], dict[str, Any]]:
        def one(name: str, value: Any) -> Any:
            shape = self._shapes.get(name)
            if shape is None:
                return value
            try:
                return change(shape, value)
            except NotSerializable as error:
                raise NotSerializable(f"{name}{error}") from None

        positional = [
            p for p in self._parameters if p.kind in (Parameter.POSITIONAL_ONLY, Parameter.POSITIONAL_OR_KEYWORD)
        ]
        rest = next((p.name for p in self._parameters if p.kind is Parameter.VAR_POSITIONAL), "")
        more = next((p.name for p in self._parameters if p.kind is Parameter.VAR_KEYWORD), "")
        named = {
            p.name for p in self._parameters if p.kind in (Parameter.POSITIONAL_OR_KEYWORD, Parameter.KEYWORD_ONLY)
        }
        names = [p.name for p in positional] + [rest] * max(0, len(args) - len(positional))
        return (
            tuple(one(name, value) for name, value in zip(names, args, strict=False)),
            {name: one(name if name in named else more, value) for name, value in kwargs.items()},
        )


def rebuild_for(function: Callable[..., Any]) -> Rebuild | None:
    """The shapes of a function's annotations, or `None` if plain data is all it takes and returns.

    An annotation that cannot be resolved (a name imported for type checkers alone) counts as plain data.
    """
    try:
        hints = get_type_hints(function)
    except Exception:  # noqa: BLE001 - whatever evaluating an annotation may raise
        hints = {name: hint for name, hint in function.__annotations__.items() if not isinstance(hint, str)}
    shapes = {name: shape for name, hint in hints.items() if (shape := _shape(hint, ())) is not None}
    result = shapes.pop("return", None)
    return Rebuild(function, shapes, result) if shapes or result else None


def _shape(hint: Any, within: tuple[Any, ...]) -> Shape | None:
    """The shape of an annotation, or `None` for one whose values are plain data already."""
    if hint in within:
        return None  # a class that contains itself is taken apart as deep as its own fields say
    origin = get_origin(hint)
    if origin is typing.Annotated:
        return _shape(get_args(hint)[0], within)
    if origin in (Union, types.UnionType):
        return _union(get_args(hint), within)
    if origin in (list, set, frozenset):
        return _collection(origin, get_args(hint), within)
    if origin is tuple:
        return _tuple(get_args(hint), within)
    if origin is dict:
        return _mapping(get_args(hint), within)
    if not isinstance(hint, type):
        return None
    if issubclass(hint, enum.Enum):
        return _by_class(hint, lambda member: member.value, hint)
    if dataclasses.is_dataclass(hint):
        return _fields_of_dataclass(hint, (*within, hint))
    if typing.is_typeddict(hint):
        return _fields_of_typed_dict(hint, (*within, hint))
    if hasattr(hint, "model_validate") and hasattr(hint, "model_dump"):
        return _by_class(hint, lambda model: _without_enums(model.model_dump()), hint.model_validate)
    if hasattr(hint, "__struct_fields__"):
        return _msgspec(hint)
    return None


def _by_class(kind: type, flatten: Callable[[Any], Any], restore: Callable[[Any], Any]) -> Shape:
    def flat(value: Any) -> Any:
        # Anything else goes on as it is: the codec takes it or names it. That holds for a subclass too, which
        # would come back as less than it was.
        return flatten(value) if type(value) is kind else value

    def back(value: Any) -> Any:
        try:
            return restore(value)
        except Exception as error:
            raise CorruptData(f"a stored value does not fit {kind.__qualname__}: {error}") from error

    return Shape(flat, back, lambda value: type(value) is kind)


def _fields_of_dataclass(kind: type, within: tuple[Any, ...]) -> Shape:
    fields = [field for field in dataclasses.fields(kind) if field.init]
    hints = get_type_hints(kind)
    shapes = {field.name: _lazy(hints.get(field.name, Any), within) for field in fields}

    def flatten(value: Any) -> dict[str, Any]:
        return {name: _step(f".{name}", shape.flatten, getattr(value, name)) for name, shape in shapes.items()}

    def restore(value: Any) -> Any:
        return kind(**{name: shapes[name].restore(part) for name, part in value.items()})

    return _by_class(kind, flatten, restore)


def _fields_of_typed_dict(kind: Any, within: tuple[Any, ...]) -> Shape:
    shapes = {name: _lazy(hint, within) for name, hint in get_type_hints(kind).items()}

    def through(method: str) -> Callable[[Any], Any]:
        def change(value: Any) -> Any:
            if not isinstance(value, dict):
                return value
            return {
                key: _step(f"[{key!r}]", getattr(shapes[key], method), part) if key in shapes else part
                for key, part in value.items()
            }

        return change

    return Shape(through("flatten"), through("restore"), lambda value: isinstance(value, dict))


def _lazy(hint: Any, within: tuple[Any, ...]) -> Shape:
    """The shape of a field. A class inside itself is looked up when a value reaches it."""
    if hint in within:
        outer = within[: within.index(hint)]

        def found() -> Shape:
            return _shape(hint, outer) or _PLAIN

        return Shape(
            lambda value: found().flatten(value),
            lambda value: found().restore(value),
            lambda value: type(value) is hint,
        )
    if get_origin(hint) in (Union, types.UnionType):
        members = [_lazy(member, within) for member in get_args(hint)]
        return _choice(get_args(hint), members)
    return _shape(hint, within) or _PLAIN


def _step(step: str, change: Callable[[Any], Any], value: Any) -> Any:
    try:
        return change(value)
    except NotSerializable as error:
        raise NotSerializable(f"{step}{error}") from None


_PLAIN = Shape(lambda value: value, lambda value: value, lambda value: True)


def _union(members: tuple[Any, ...], within: tuple[Any, ...]) -> Shape | None:
    shapes = [_shape(member, within) for member in members]
    if not any(shapes):
        return None
    return _choice(members, [shape or _PLAIN for shape in shapes])


def _choice(members: tuple[Any, ...], shapes: list[Shape]) -> Shape:
    """A union. To come back, its members are tried in order; plain data that is of a plain member's own class is
    that member. A value that would come back as another member is refused.
    """
    pairs = list(zip(members, shapes, strict=True))
    plain = tuple(m for m, shape in pairs if shape is _PLAIN and isinstance(m, type))
    special = [shape for shape in shapes if shape is not _PLAIN]

    unmistakable = len(special) == 1 and all(shape in special or m is types.NoneType for m, shape in pairs)

    def flatten(value: Any) -> Any:
        shape = next((shape for shape in special if shape.fits(value)), _PLAIN)
        flat = shape.flatten(value)
        if not unmistakable:
            _check_way_back(value, flat)
        return flat

    def _check_way_back(value: Any, flat: Any) -> None:
        try:
            arrived = type(restore(flat))
        except CorruptData:
            return  # of no member: the codec takes it or names it
        if arrived is not type(value):
            sent = type(value).__qualname__
            raise NotSerializable(f" is a {sent}, and would arrive as a {arrived.__qualname__}: the union has both")

    def restore(value: Any) -> Any:
        if plain and type(value) in plain:
            return value
        refused: CorruptData | None = None
        for shape in special:
            try:
                return shape.restore(value)
            except CorruptData as error:
                refused = error
        if refused is None or any(shape is _PLAIN for shape in shapes):
            return value
        raise refused

    return Shape(
        flatten, restore, lambda value: any(shape.fits(value) for shape in special) or isinstance(value, plain)
    )


def _collection(kind: Any, arguments: tuple[Any, ...], within: tuple[Any, ...]) -> Shape | None:
    item = _shape(arguments[0], within) if arguments else None
    if item is None:
        return None

    def flatten(value: Any) -> Any:
        if not isinstance(value, kind):
            return value
        # Plain data of a class may be a dict, which no set can hold: all travel as lists.
        return [_step(f"[{index}]", item.flatten, part) for index, part in enumerate(value)]

    return Shape(flatten, lambda value: kind(map(item.restore, value)), lambda value: isinstance(value, kind))


def _tuple(arguments: tuple[Any, ...], within: tuple[Any, ...]) -> Shape | None:
    open_ended = len(arguments) == 2 and arguments[1] is Ellipsis
    shapes = [_shape(argument, within) for argument in arguments if argument is not Ellipsis]
    if not any(shapes):
        return None

    def pick(index: int) -> Shape:
        return (shapes[0 if open_ended else index] if open_ended or index < len(shapes) else None) or _PLAIN

    def through(method: str) -> Callable[[Any], Any]:
        def change(value: Any) -> Any:
            if not isinstance(value, (tuple, list)):
                return value
            return tuple(_step(f"[{i}]", getattr(pick(i), method), part) for i, part in enumerate(value))

        return change

    return Shape(through("flatten"), through("restore"), lambda value: isinstance(value, tuple))


def _mapping(arguments: tuple[Any, ...], within: tuple[Any, ...]) -> Shape | None:
    key, value = (_shape(argument, within) for argument in arguments)
    if key is None and value is None:
        return None
    key, value = key or _PLAIN, value or _PLAIN

    def flatten(mapping: Any) -> Any:
        if not isinstance(mapping, dict):
            return mapping
        return {key.flatten(k): _step(f"[{k!r}]", value.flatten, v) for k, v in mapping.items()}

    def restore(mapping: Any) -> Any:
        return {key.restore(k): value.restore(v) for k, v in mapping.items()}

    return Shape(flatten, restore, lambda mapping: isinstance(mapping, dict))


def _without_enums(value: Any) -> Any:
    """Pydantic's plain data, in which it leaves members of enums as they are."""
    if isinstance(value, enum.Enum):
        return value.value
    if type(value) is dict:
        return {_without_enums(key): _without_enums(part) for key, part in value.items()}
    if type(value) in (list, tuple, set, frozenset):
        return type(value)(map(_without_enums, value))
    return value


def _msgspec(kind: type) -> Shape:
    import msgspec  # the user's own dependency: only its classes lead here

    return _by_class(kind, msgspec.to_builtins, lambda value: msgspec.convert(value, kind))
