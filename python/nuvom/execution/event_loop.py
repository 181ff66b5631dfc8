"""An event loop on which many attempts of `async def` tasks run at once."""

from __future__ import annotations

import asyncio
import contextvars
import threading
from typing import TYPE_CHECKING, Any

from nuvom.errors import Interruption
from nuvom.execution import stacks
from nuvom.execution.job_runner import run_async

if TYPE_CHECKING:
    from nuvom import _nuvom

current: contextvars.ContextVar[_nuvom.CurrentJob | None] = contextvars.ContextVar("nuvom_current_job", default=None)
"""The attempt that the running coroutine belongs to; `nuvom.current_job()` finds it here."""

_PATIENCE = 1.0
"""Seconds that a loop gets to end when nothing is left on it."""


class EventLoop:
    """A loop in a thread of its own."""

    def __init__(self, source: _nuvom.Coroutines) -> None:
        self._source = source
        self._attempts: set[asyncio.Task[None]] = set()
        self._closing = False
        self.loop = asyncio.new_event_loop()
        self.loop.set_exception_handler(_report)
        self._thread = threading.Thread(target=self._serve, name="nuvom-loop", daemon=True)
        self._thread.start()

    @property
    def thread_id(self) -> int:
        return self._thread.ident or 0

    def wake(self) -> None:
        """Has the loop look for new attempts; may be called from any thread."""
        self.loop.call_soon_threadsafe(self._begin)

    def cancel(self, task: asyncio.Task[None], reason: str) -> None:
        """Has a waiting coroutine go on with `CancelledError`; may be called from any thread."""
        self.loop.call_soon_threadsafe(task.cancel, reason)

    def place_of(self, task: asyncio.Task[None]) -> tuple[bool, str]:
        """Whether this attempt blocks the loop at this moment, and where it is."""
        if asyncio.current_task(self.loop) is task:
            return True, stacks.of_thread(self.thread_id)
        return False, stacks.of_coroutine(task.get_coro())

    def close(self) -> bool:
        """Ends the loop; answers whether it has ended."""
        self._closing = True
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(_PATIENCE)
        return not self._thread.is_alive()

    def _serve(self) -> None:
        asyncio.set_event_loop(self.loop)
        while not self._closing:
            try:
                self.loop.run_forever()
            except Interruption:
                continue  # meant for an attempt that ended a moment earlier
        for task in self._attempts:
            task.cancel()
        self.loop.run_until_complete(self.loop.shutdown_asyncgens())
        self.loop.close()

    def _begin(self) -> None:
        for attempt in self._source.take():
            task = self.loop.create_task(self._run(attempt))
            # The loop itself keeps no strong reference to its tasks.
            self._attempts.add(task)
            task.add_done_callback(self._attempts.discard)
            attempt.runs_as(task, self)

    async def _run(self, attempt: _nuvom.Attempt) -> None:
        current.set(attempt.current)
        args, kwargs = attempt.arguments()
        try:
            value = await run_async(attempt.task, args, kwargs)
        except BaseException as error:  # noqa: BLE001 - whatever a task raises is how its attempt ended
            attempt.failed(error)
        else:
            attempt.succeeded(value)


def _report(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """What asyncio reports of things that nobody awaits, but for an interruption that came a moment late."""
    if not isinstance(context.get("exception"), Interruption):
        loop.default_exception_handler(context)
