"""Where running code is, as text: asked only when an attempt does not end."""

from __future__ import annotations

import faulthandler
import signal
import sys
from traceback import extract_stack, format_list

TYPE_CHECKING = False
if TYPE_CHECKING:
    from traceback import FrameSummary
    from types import FrameType
    from typing import Any

_FRAMES = 100
"""Enough of any stack to see what it does; the innermost are kept."""

_CALLERS = ("nuvom/execution/job_runner.py", "nuvom\\execution\\job_runner.py")
"""What calls tasks: the frames up to there say nothing about the task."""


def of_thread(ident: int) -> str:
    """The stack of a thread from its task on, outermost frame first; empty if there is no such thread."""
    frame = sys._current_frames().get(ident)
    return "" if frame is None else _formatted(extract_stack(frame))


def of_coroutine(coroutine: Any) -> str:
    """The stack of a coroutine that waits, down to what it waits for."""
    frames: list[FrameSummary] = []
    while coroutine is not None and len(frames) < 10 * _FRAMES:
        frame: FrameType | None = getattr(coroutine, "cr_frame", None)
        if frame is None:
            break
        frames.extend(extract_stack(frame, limit=1))
        coroutine = coroutine.cr_await
    return _formatted(frames)


def show_stacks_on_request() -> None:
    """Has SIGUSR1 print where every thread is, even while a task holds the interpreter lock."""
    if hasattr(signal, "SIGUSR1"):
        faulthandler.register(signal.SIGUSR1, all_threads=True)


def _formatted(frames: list[FrameSummary]) -> str:
    callers = [place for place, frame in enumerate(frames) if frame.filename.endswith(_CALLERS)]
    own = frames[callers[-1] + 1 :] if callers else frames
    return "".join(format_list(own[-_FRAMES:]))
