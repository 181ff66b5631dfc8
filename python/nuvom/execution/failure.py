"""An exception as text that can always be stored."""

from __future__ import annotations

from traceback import TracebackException

_FRAMES = 50
"""So many frames are kept at either end: the cause is at one, the way there at the other."""

_MESSAGE_CHARS = 10_000
_TRACEBACK_CHARS = 64_000

_OWN_FILES = tuple(
    f"nuvom{sep}execution{sep}{file}" for file in ("job_runner.py", "event_loop.py") for sep in ("/", "\\")
)


def describe(error: BaseException) -> tuple[str, str, str]:
    """Class, message and traceback. Never raises, whatever the exception's own methods do."""
    return _kind(error), _storable(_message(error), _MESSAGE_CHARS), _storable(_traceback(error), _TRACEBACK_CHARS)


def _kind(error: BaseException) -> str:
    kind = type(error)
    module = getattr(kind, "__module__", None)
    name = getattr(kind, "__qualname__", "Exception")
    return _storable(name if module in (None, "builtins") else f"{module}.{name}", 200)


def _message(error: BaseException) -> str:
    try:
        return str(error)
    except BaseException as failure:  # noqa: BLE001 - an exception may raise anything when asked for its text
        return f"<its message could not be made: {type(failure).__name__}>"


def _traceback(error: BaseException) -> str:
    try:
        told = TracebackException.from_exception(error, limit=None, compact=True)
        stack = [frame for frame in told.stack if not frame.filename.endswith(_OWN_FILES)]
        if len(stack) > 2 * _FRAMES:
            told.stack[:] = stack[:_FRAMES] + stack[-_FRAMES:]
            lines = list(told.format())
            middle = len(lines) // 2
            lines.insert(middle, f"  [{len(stack) - 2 * _FRAMES} frames left out]\n")
            return "".join(lines)
        told.stack[:] = stack
        return "".join(told.format())
    except BaseException as failure:  # noqa: BLE001 - as above
        return f"<its traceback could not be made: {type(failure).__name__}>"


def _storable(text: str, limit: int) -> str:
    """Valid UTF-8, and not beyond the limit."""
    text = text.encode("utf-8", "replace").decode("utf-8")
    if len(text) <= limit:
        return text
    half = limit // 2
    return f"{text[:half]}\n[{len(text) - 2 * half} characters left out]\n{text[-half:]}"
