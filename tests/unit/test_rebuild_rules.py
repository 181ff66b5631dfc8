"""The rules of rebuilding: which annotation counts, and what is refused rather than confused."""

from __future__ import annotations

import enum
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import nuvom
import pytest
from harness import PATIENCE
from nuvom import task
from nuvom.errors import JobFailed, NotSerializable

if TYPE_CHECKING:
    from decimal import Decimal


class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"


@dataclass(frozen=True)
class Point:
    x: int
    y: int = 0


@dataclass(frozen=True)
class Dot(Point):
    size: int = 1


@dataclass
class Size:
    x: int
    y: int = 0


@dataclass
class Line:
    points: list[Point]
    label: str | None = None


@pytest.fixture(autouse=True)
def worker(project: object) -> Iterator[None]:
    nuvom.configure(queue_backend="memory")
    with nuvom.Worker(threads=1):
        yield


def test_keywords_varargs_and_defaults_are_rebuilt_by_their_parameters() -> None:
    @task
    def spread(first: Point, *rest: Point, colour: Colour = Colour.RED, **more: Point) -> list[str]:
        return [repr(part) for part in (first, *rest, colour, *more.values())]

    told = spread.delay(Point(1), Point(2), Point(3), colour=Colour.BLUE, z=Point(4)).get(timeout=PATIENCE)

    assert told == [repr(part) for part in (Point(1), Point(2), Point(3), Colour.BLUE, Point(4))]
    assert spread.delay(Point(1)).get(timeout=PATIENCE) == [repr(Point(1)), repr(Colour.RED)]


def test_map_takes_apart_as_delay_does() -> None:
    @task
    def x_of(point: Point) -> int:
        return point.x

    jobs = x_of.map([(Point(1),), {"point": Point(2)}])

    assert [job.get(timeout=PATIENCE) for job in jobs] == [1, 2]


def test_hooks_see_the_value_that_the_task_returned() -> None:
    seen: list[object] = []

    @task(after_job=seen.append)
    def make() -> Point:
        return Point(1)

    make.delay().get(timeout=PATIENCE)

    assert seen == [Point(1)]


def test_without_an_annotation_the_value_is_refused_with_the_way_out() -> None:
    @task
    def take(point): ...  # type: ignore[no-untyped-def]  # what is tested here

    with pytest.raises(NotSerializable, match=rf"args\[0\] has type {__name__}.Point, .* annotate the parameter"):
        take.delay(Point(1))


def test_a_part_that_cannot_be_sent_is_named_by_its_path() -> None:
    @task
    def take(line: Line) -> None: ...

    with pytest.raises(NotSerializable, match=r"args\[0\]\['label'\] has type object"):
        take.delay(Line([Point(1)], object()))  # type: ignore[arg-type]  # what is tested here


def test_an_annotation_that_cannot_be_resolved_counts_as_plain_data() -> None:
    @task
    def take(amount: Decimal, name: str) -> str:
        return f"{amount} {name}"

    assert take.delay(5, "x").get(timeout=PATIENCE) == "5 x"  # type: ignore[arg-type]  # plain data


def test_stored_data_that_no_longer_fits_its_class_fails_the_job_and_says_why() -> None:
    @task(retries=3, retry_delay_secs=0)
    def take(colour: Colour) -> None: ...

    job = take.delay("green")  # type: ignore[arg-type]  # as an older client may have sent it

    with pytest.raises(JobFailed, match="a stored value does not fit Colour: 'green' is not a valid Colour"):
        job.get(timeout=PATIENCE)


def test_a_value_of_a_subclass_is_not_cut_down_to_the_annotation() -> None:
    @task
    def take(point: Point) -> None: ...

    with pytest.raises(NotSerializable, match=rf"args\[0\] has type {__name__}.Dot"):
        take.delay(Dot(1, 2, size=9))


def test_members_of_a_union_that_look_alike_are_refused_rather_than_confused() -> None:
    @task
    def take(shape: Point | Size) -> str:
        return type(shape).__name__

    assert take.delay(Point(1)).get(timeout=PATIENCE) == "Point"
    with pytest.raises(NotSerializable, match="shape is a Size, and would arrive as a Point"):
        take.delay(Size(1))


def test_plain_data_that_looks_like_a_member_of_a_union_is_refused_rather_than_confused() -> None:
    @task
    def take(shape: Point | dict[str, int]) -> str:
        return type(shape).__name__

    assert take.delay(Point(1)).get(timeout=PATIENCE) == "Point"
    assert take.delay({"a": 1}).get(timeout=PATIENCE) == "dict"
    with pytest.raises(NotSerializable, match="shape is a dict, and would arrive as a Point"):
        take.delay({"x": 1})


def test_an_enum_that_looks_like_the_text_beside_it_is_refused_rather_than_confused() -> None:
    @task
    def take(colour: Colour | str) -> str:
        return type(colour).__name__

    assert take.delay("red").get(timeout=PATIENCE) == "str"
    with pytest.raises(NotSerializable, match="colour is a Colour, and would arrive as a str"):
        take.delay(Colour.RED)


def test_the_class_comes_from_the_annotation_and_never_from_the_payload() -> None:
    @task
    def take(data: dict[str, object]) -> str:
        return type(data).__name__

    assert take.delay({"__class__": "Point", "x": 1}).get(timeout=PATIENCE) == "dict"
