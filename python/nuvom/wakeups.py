"""What the main thread of a worker's process sleeps on: stop signals, and notes from other threads."""

from __future__ import annotations

import signal
import socket
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


class Wakeups:
    """Sleeps until something happens; calls `on_stop` at each stop signal.

    The system may give a signal to any thread. Python notes it there, and wakes the main thread, which alone runs
    handlers, through a file; a wait for a lock would sleep on.
    """

    def __init__(self, on_stop: Callable[[], None]) -> None:
        self._woken, self._waker = socket.socketpair()
        self._waker.setblocking(False)
        signal.set_wakeup_fd(self._waker.fileno(), warn_on_full_buffer=False)
        for name in ("SIGTERM", "SIGINT", "SIGHUP"):
            if hasattr(signal, name):
                signal.signal(getattr(signal, name), lambda number, frame: on_stop())

    def wait(self) -> bytes:
        """Sleeps; answers the notes, among the numbers of signals."""
        return self._woken.recv(1024)

    def note(self, what: bytes = b"\0") -> None:
        """Wakes the main thread, from any other."""
        with suppress(BlockingIOError):  # so full that it wakes anyway
            self._waker.send(what)

    def close(self) -> None:
        """Stops listening. Handlers stay: another signal must not end a process that is ending."""
        signal.set_wakeup_fd(-1)
        self._woken.close()
        self._waker.close()
