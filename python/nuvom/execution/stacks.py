"""Where running code is, as text: asked only when an attempt does not end."""

from __future__ import annotations

import sys
from traceback import format_stack

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import FrameType

_FRAMES = 100
"""Enough of any stack to see what it does; the innermost are kept."""


def of_thread(ident: int) -> str:
    """The stack of a thread, outermost frame first; empty if there is no such thread."""
    return of_frame(sys._current_frames().get(ident))


def of_frame(frame: FrameType | None) -> str:
    """The stack that ends with this frame."""
    return "" if frame is None else "".join(format_stack(frame)[-_FRAMES:])
