"""Values of annotated classes arrive in the worker, and come back, as values of their classes."""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Annotated, Any, NotRequired, Optional, TypedDict, TypeVar
from uuid import UUID

import msgspec
import nuvom
import pydantic
import pytest
from harness import PATIENCE
from nuvom import task

T = TypeVar("T")


class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"


class Level(enum.IntEnum):
    LOW = 1
    HIGH = 2


@dataclass(frozen=True, slots=True)
class Point:
    x: int
    y: int = 0


@dataclass
class Line:
    points: list[Point]
    colour: Colour = Colour.RED
    label: str | None = None
    length: int = field(init=False, default=0)

    def __post_init__(self) -> None:
        self.length = len(self.points)


@dataclass
class Node:
    value: int
    next: Node | None = None


class Row(TypedDict):
    at: Point
    note: NotRequired[str]


class Order(pydantic.BaseModel):
    id: UUID
    when: datetime
    colour: Colour
    lines: list[dict[str, int]] = []


class Parcel(msgspec.Struct):
    id: int
    when: datetime
    colour: Colour
    data: bytes = b""


@pytest.fixture(autouse=True)
def worker(project: object) -> Iterator[None]:
    nuvom.configure(queue_backend="memory")
    with nuvom.Worker(threads=1):
        yield


def journey(echo: Callable[[T], T], value: T) -> T:
    """The value after its way to a worker and back, once each."""
    return task(name="echo")(echo).delay(value).get(timeout=PATIENCE)


def plain_dataclass(value: Point) -> Point:
    assert type(value) is Point
    return value


def nested_dataclass(value: Line) -> Line:
    assert type(value.points[0]) is Point
    return value


def self_reference(value: Node) -> Node:
    assert value.next is not None
    assert type(value.next.next) is Node
    return value


def optional(value: Optional[Point]) -> Optional[Point]:  # noqa: UP045 - the old spelling counts too
    return value


def union(value: Point | Colour | int) -> Point | Colour | int:
    return value


def list_of_dataclasses(value: list[Point]) -> list[Point]:
    return value


def mapping(value: dict[str, Point]) -> dict[str, Point]:
    return value


def mapping_with_keys(value: dict[Colour, list[Point]]) -> dict[Colour, list[Point]]:
    return value


def pair(value: tuple[Point, int]) -> tuple[Point, int]:
    return value


def many(value: tuple[Point, ...]) -> tuple[Point, ...]:
    return value


def set_of_enums(value: set[Colour]) -> set[Colour]:
    return value


def frozenset_of_dataclasses(value: frozenset[Point]) -> frozenset[Point]:
    return value


def an_enum(value: Colour) -> Colour:
    assert value is Colour.RED
    return value


def an_int_enum(value: Level) -> Level:
    assert value is Level.HIGH
    return value


def typed_dict(value: Row) -> Row:
    assert type(value["at"]) is Point
    return value


def annotated(value: Annotated[Point, "words"]) -> Annotated[Point, "words"]:
    return value


def pydantic_model(value: Order) -> Order:
    assert type(value) is Order
    return value


def pydantic_models(value: list[Order]) -> list[Order]:
    return value


def msgspec_struct(value: Parcel) -> Parcel:
    assert type(value) is Parcel
    return value


NOON = datetime(2024, 1, 2, 12, tzinfo=UTC)
ORDER = Order(id=UUID(int=7), when=NOON, colour=Colour.BLUE, lines=[{"a": 1}])

JOURNEYS: list[tuple[Callable[[Any], Any], Any]] = [
    (plain_dataclass, Point(1, 2)),
    (nested_dataclass, Line([Point(1), Point(2, 3)], Colour.BLUE, "x")),
    (self_reference, Node(1, Node(2, Node(3)))),
    (optional, Point(1)),
    (optional, None),
    (union, Point(1)),
    (union, Colour.BLUE),
    (union, 5),
    (list_of_dataclasses, [Point(1), Point(2)]),
    (list_of_dataclasses, []),
    (mapping, {"a": Point(1)}),
    (mapping_with_keys, {Colour.RED: [Point(1)], Colour.BLUE: []}),
    (pair, (Point(1), 2)),
    (many, (Point(1), Point(2), Point(3))),
    (set_of_enums, {Colour.RED, Colour.BLUE}),
    (frozenset_of_dataclasses, frozenset({Point(1), Point(2)})),
    (an_enum, Colour.RED),
    (an_int_enum, Level.HIGH),
    (typed_dict, {"at": Point(1)}),
    (typed_dict, {"at": Point(1), "note": "n"}),
    (annotated, Point(1)),
    (pydantic_model, ORDER),
    (pydantic_models, [ORDER, ORDER]),
    (msgspec_struct, Parcel(1, NOON, Colour.RED, b"\0\xff")),
]


@pytest.mark.parametrize(("echo", "value"), JOURNEYS, ids=lambda part: getattr(part, "__name__", ""))
def test_a_value_of_an_annotated_class_arrives_and_comes_back(echo: Callable[[Any], Any], value: Any) -> None:
    arrived = journey(echo, value)

    assert arrived == value
    assert type(arrived) is type(value)
    assert repr(arrived) == repr(value) or isinstance(value, (set, frozenset))
