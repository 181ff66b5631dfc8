"""What arrives is what was sent, down to its type; or it is refused with its path."""

from __future__ import annotations

import collections
import enum
import math
import pathlib
import threading
import uuid
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import pytest
from nuvom._nuvom import decode, encode
from nuvom.errors import NotSerializable

BERLIN = ZoneInfo("Europe/Berlin")

INTEGERS = [
    0, 1, -1, 127, 128, 255, 256, -32, -33, -128, -129, 2**15, 2**16, 2**31, 2**32, -(2**31) - 1,
    2**63 - 1, 2**63, 2**64 - 1, 2**64, -(2**63), -(2**63) - 1, -(2**64), 10**1000, -(10**1000),
]  # fmt: skip

VALUES: list[Any] = [
    None, True, False, 0.0, -0.0, 1.5, 1e308, 5e-324, math.inf, -math.inf,
    "", "a", "ä€𝄞", "\0\n\x1b", "x" * 70_000,
    b"", b"\0\xff", b"x" * 70_000,
    [], [1, [2, [3]]], list(range(20)), list(range(70_000)),
    (), (1,), (1, (2, (3,))), [(), [()]],
    set(), {1, "a", (2, 3)}, frozenset(), frozenset({1, frozenset({2})}),
    {}, {"a": 1}, {1: "a", -(2**70): "b"}, {(1, "x"): [2], None: 3, 1.5: 4, b"k": 5, frozenset({1}): 6},
    {f"k{n}": n for n in range(70_000)},
    1 + 2j, complex(-0.0, math.inf),
    Decimal("1.10"), Decimal("-0"), Decimal("1E+400"), Decimal("Infinity"),
    uuid.UUID("01890a5d-ac96-774b-bcce-b302099a8057"), uuid.UUID(int=0),
    pathlib.Path("a/b.txt"), pathlib.Path("/"), pathlib.Path(),
    timedelta(0), timedelta(microseconds=-1), timedelta.max, timedelta.min,
    date(2024, 2, 29), date.min, date.max,
    time(0), time(23, 59, 59, 999999), time(12, 30, tzinfo=UTC), time(1, tzinfo=timezone(timedelta(hours=-3))),
    datetime.min, datetime.max, datetime(2024, 2, 29, 12, 0, 0, 1),
    datetime(2024, 1, 2, tzinfo=UTC),
    datetime(2024, 1, 2, tzinfo=timezone(timedelta(hours=5, minutes=30, seconds=15))),
    datetime(1, 1, 1, tzinfo=UTC),
    {"deep": [{"mixed": ({1: [{"x": (None, b"", {2})}]},)}]},
]  # fmt: skip


def shape(value: Any) -> Any:
    """The value with the types of all its parts, which `==` leaves out."""
    if isinstance(value, dict):
        return dict, [(shape(key), shape(part)) for key, part in value.items()]
    if isinstance(value, (list, tuple)):
        return type(value), [shape(part) for part in value]
    if isinstance(value, (set, frozenset)):
        return type(value), {shape_of_hashable(part) for part in value}
    return type(value), repr(value)


def shape_of_hashable(value: Any) -> str:
    return repr(shape(value))


@pytest.mark.parametrize("value", VALUES, ids=lambda value: repr(value)[:40])
def test_a_value_arrives_as_it_was_sent(value: Any) -> None:
    assert shape(decode(encode(value))) == shape(value)


@pytest.mark.parametrize("number", INTEGERS, ids=lambda number: hex(number)[:24])
def test_an_integer_of_any_size_arrives(number: int) -> None:
    assert decode(encode(number)) == number
    assert decode(encode([-number]))[0] == -number


def test_nan_arrives_as_nan() -> None:
    assert math.isnan(decode(encode(math.nan)))


@pytest.mark.parametrize("fold", [0, 1])
def test_a_time_in_the_hour_that_occurs_twice_keeps_its_pass_and_its_zone(fold: int) -> None:
    sent = datetime(2024, 10, 27, 2, 30, tzinfo=BERLIN, fold=fold)

    arrived = decode(encode(sent))

    assert arrived == sent
    assert (arrived.tzinfo, arrived.fold, arrived.utcoffset()) == (BERLIN, fold, sent.utcoffset())


def test_a_time_in_the_hour_that_is_skipped_is_the_same_instant() -> None:
    sent = datetime(2024, 3, 31, 2, 30, tzinfo=BERLIN)

    arrived = decode(encode(sent))

    assert arrived.tzinfo is BERLIN
    assert arrived.astimezone(UTC) == sent.astimezone(UTC)


def test_a_payload_begins_with_its_version() -> None:
    assert encode(None) == b"\x01\xc0"


def nested(depth: int, wrap: Any) -> Any:
    value: Any = wrap()
    for _ in range(depth - 1):
        value = wrap(value)
    return value


WRAPS = {
    "list": lambda *inner: list(inner),
    "tuple": lambda *inner: tuple(inner),
    "dict": lambda *inner: {"in": inner[0]} if inner else {},
    "frozenset": lambda *inner: frozenset(inner),
}


@pytest.mark.parametrize("kind", WRAPS)
def test_sixty_four_containers_may_lie_in_each_other(kind: str) -> None:
    value = nested(64, WRAPS[kind])

    assert decode(encode(value)) == value


@pytest.mark.parametrize("kind", WRAPS)
def test_sixty_five_are_refused(kind: str) -> None:
    with pytest.raises(NotSerializable, match="lies deeper than 64 containers"):
        encode(nested(65, WRAPS[kind]))


def test_a_list_that_contains_itself_is_refused() -> None:
    endless: list[Any] = []
    endless.append(endless)

    with pytest.raises(NotSerializable, match="or contains itself"):
        encode(endless)


class Text(str):
    pass


class Number(int):
    pass


class Stamp(datetime):
    pass


class Point(NamedTuple):
    x: int


class Colour(enum.IntEnum):
    RED = 1


REFUSED: list[tuple[Any, str]] = [
    (object(), "object"),
    (lambda: None, "function"),
    (threading.Lock(), "_thread.lock"),
    ((n for n in [1]), "generator"),
    (collections.OrderedDict(a=1), "collections.OrderedDict"),
    (collections.defaultdict(int), "collections.defaultdict"),
    (Point(1), f"{__name__}.Point"),
    (Text("a"), f"{__name__}.Text"),
    (Number(1), f"{__name__}.Number"),
    (Stamp(2024, 1, 1), f"{__name__}.Stamp"),
    (Colour.RED, f"{__name__}.Colour"),
    (ValueError("x"), "ValueError"),
    (bytearray(b"x"), "bytearray"),
    (memoryview(b"x"), "memoryview"),
    (range(3), "range"),
    (int, "type"),
    (..., "ellipsis"),
    (pathlib, "module"),
    (pathlib.PurePosixPath("a"), "pathlib.PurePosixPath"),
    (pathlib.PureWindowsPath("a"), "pathlib.PureWindowsPath"),
]


@pytest.mark.parametrize(("value", "name"), REFUSED, ids=lambda part: part if isinstance(part, str) else "")
def test_any_other_type_is_refused_by_its_name(value: Any, name: str) -> None:
    with pytest.raises(NotSerializable, match=f"^the result has type {name.replace('.', '[.]')}, which cannot be sent"):
        encode(value)


@pytest.mark.parametrize(
    ("value", "path"),
    [
        pytest.param({"when": object()}, "['when']", id="dict"),
        pytest.param({"rows": [1, (2, {"x": object()})]}, "['rows'][1][1]['x']", id="nested"),
        pytest.param({(1, 2): object()}, "[(1, 2)]", id="tuple key"),
        pytest.param([frozenset({Text("a")})], "[0][0]", id="set"),
    ],
)
def test_a_refused_part_is_named_by_its_path(value: Any, path: str) -> None:
    with pytest.raises(NotSerializable) as refused:
        encode(value)

    assert str(refused.value).startswith(f"the result{path} has type ")


def test_a_refused_key_is_named() -> None:
    with pytest.raises(NotSerializable, match=r"^the result\['a'\] key \(<Colour.RED: 1>,\)\[0\] has type"):
        encode({"a": {(Colour.RED,): 1}})


@pytest.mark.parametrize(
    ("value", "fault"),
    [
        pytest.param(["\ud800"], r"\[0\] is text with a lone surrogate", id="surrogate"),
        pytest.param(
            time(1, tzinfo=BERLIN), "is a time in a zone whose offset depends on the day", id="time in a zone"
        ),
    ],
)
def test_a_value_without_a_form_says_why(value: Any, fault: str) -> None:
    with pytest.raises(NotSerializable, match=fault):
        encode(value)
