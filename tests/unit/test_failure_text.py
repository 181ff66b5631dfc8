"""Any exception becomes text that can be stored."""

from __future__ import annotations

from nuvom.execution.failure import describe


class Mute(Exception):
    def __str__(self) -> str:
        raise RuntimeError("cannot say")

    __repr__ = __str__


class Leaving(Exception):
    def __str__(self) -> str:
        raise SystemExit(3)


def raised(error: BaseException) -> BaseException:
    try:
        raise error
    except BaseException as caught:  # noqa: BLE001 - with its traceback is how it is wanted
        return caught


def test_an_exception_is_told_by_class_message_and_traceback() -> None:
    kind, message, traceback = describe(raised(ValueError("no")))

    assert (kind, message) == ("ValueError", "no")
    assert traceback.startswith("Traceback (most recent call last):\n")
    assert traceback.endswith("ValueError: no\n")


def test_a_class_outside_the_builtins_is_told_with_its_module() -> None:
    assert describe(Mute())[0] == f"{__name__}.Mute"


def test_a_message_that_cannot_be_made_is_told_as_such() -> None:
    kind, message, traceback = describe(raised(Mute()))

    assert message == "<its message could not be made: RuntimeError>"
    assert kind in traceback


def test_an_exception_that_raises_anything_when_it_is_asked_is_told_all_the_same() -> None:
    assert describe(raised(Leaving()))[1] == "<its message could not be made: SystemExit>"


def test_a_message_of_fifty_megabytes_keeps_its_ends() -> None:
    _, message, traceback = describe(raised(ValueError("begin" + "x" * 50_000_000 + "end")))

    assert message.startswith("beginxxx")
    assert message.endswith("xxxend")
    assert "[49990008 characters left out]" in message
    assert len(message) < 10_100
    assert len(traceback) < 64_100


def test_surrogates_are_replaced() -> None:
    _, message, traceback = describe(raised(ValueError("half \ud800 pair")))

    assert message == "half ? pair"
    assert "half ? pair" in traceback


def test_a_deep_recursion_keeps_the_frames_at_both_ends() -> None:
    def deeper(level: int) -> None:
        # Two functions take turns, so that Python does not fold the repeated lines by itself.
        other(level + 1)

    def other(level: int) -> None:
        if level > 400:
            raise LookupError("deep enough")
        deeper(level + 1)

    try:
        deeper(0)
    except LookupError as error:
        _, _, traceback = describe(error)

    assert "test_a_deep_recursion_keeps_the_frames_at_both_ends" in traceback
    assert 'raise LookupError("deep enough")' in traceback
    assert "[303 frames left out]" in traceback
    assert traceback.count("\n") < 300


def test_the_causes_of_an_exception_are_told() -> None:
    try:
        try:
            raise KeyError("inner")
        except KeyError as inner:
            raise ValueError("outer") from inner
    except ValueError as error:
        _, message, traceback = describe(error)

    assert message == "outer"
    assert "KeyError: 'inner'" in traceback
    assert "direct cause" in traceback


def test_all_of_a_group_are_told() -> None:
    group = raised(ExceptionGroup("two", [ValueError("one"), KeyError("other")]))

    kind, message, traceback = describe(group)

    assert (kind, message) == ("ExceptionGroup", "two (2 sub-exceptions)")
    assert "ValueError: one" in traceback
    assert "KeyError: 'other'" in traceback


def test_an_exception_that_causes_itself_is_told() -> None:
    error = ValueError("circle")
    error.__cause__ = error

    assert describe(error)[1] == "circle"


def test_an_exception_that_was_never_raised_is_told() -> None:
    assert describe(ValueError("no")) == ("ValueError", "no", "ValueError: no\n")
