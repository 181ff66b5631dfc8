"""`nuvom runworker --dev`: a worker that starts anew whenever the source changes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from typing import TYPE_CHECKING

from nuvom import _nuvom
from nuvom.discovery.manifest import ManifestManager
from nuvom.errors import NuvomError
from nuvom.log import logger
from nuvom.wakeups import Wakeups

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_CHANGED = b"\xf0"
_ENDED = b"\xf1"
_A_DAY_SECS = 86_400.0


def run_reloading(arguments: Sequence[str]) -> int:
    """Runs the same command without `--dev` in a process of its own, and another one after each change; answers the
    exit code of the last.

    A changed module cannot be put in place of one that runs: its functions, classes and threads live on. A new process
    knows nothing of them. The old one first stops in good order: what runs may finish, the rest goes back.
    """
    return _Reloading([argument for argument in arguments if argument != "--dev"]).run()


def main() -> None:
    """The worker's process. It stops when the one that started it has gone: then its input comes to an end."""
    from nuvom.__main__ import main as run

    stdin = sys.stdin.fileno()

    def follow() -> None:
        # Not by `sys.stdin`, whose lock the end of the process would ask for.
        while os.read(stdin, 1024):
            pass
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=follow, name="nuvom-dev", daemon=True).start()
    sys.exit(run())


class _Reloading:
    def __init__(self, arguments: Sequence[str]) -> None:
        # As for the command itself, the working directory is no place to import from (-P).
        self._command = [sys.executable, "-P", "-c", "from nuvom.reloading import main; main()", *arguments]
        self._worker: subprocess.Popen[bytes] | None = None
        self._stopping = False
        self._wakeups = Wakeups(self._stop)

    def run(self) -> int:
        watch = _nuvom.SourceWatch()
        self._in_background(lambda: self._follow(watch))
        self._start()
        code = 0
        while True:
            news = self._wakeups.wait()
            worker = self._worker
            if worker is not None and (ended := worker.poll()) is not None:
                self._worker, code = None, ended
                if _CHANGED not in news and not self._stopping:
                    logger.warning("the worker ended with exit code %d; it starts again with the next change", code)
            if self._stopping and self._worker is None:
                self._wakeups.close()
                return code
            if _CHANGED in news and not self._stopping:
                logger.info("the source has changed: starting anew")
                self._end()
                self._start()

    def _start(self) -> None:
        try:
            ManifestManager().refresh()
        except NuvomError as error:
            logger.error("the source could not be searched for tasks (%s); the last manifest is used", error)
        # In a group of its own, so that Control-C reaches it once, by way of this process.
        apart = sys.platform != "win32"
        self._worker = worker = subprocess.Popen(  # noqa: S603 - our own command
            self._command, stdin=subprocess.PIPE, start_new_session=apart
        )

        def wait() -> None:
            worker.wait()
            self._wakeups.note(_ENDED)

        self._in_background(wait)

    def _end(self) -> None:
        worker = self._worker
        if worker is not None:
            worker.terminate()
            worker.wait()

    def _stop(self) -> None:
        self._stopping = True
        if self._worker is not None:
            self._worker.terminate()

    def _follow(self, watch: _nuvom.SourceWatch) -> None:
        try:
            while True:
                if watch.wait(_A_DAY_SECS):
                    self._wakeups.note(_CHANGED)
        except NuvomError as error:
            logger.error("the source is not watched any more, so changes need a new start: %s", error)

    @staticmethod
    def _in_background(run: Callable[[], None]) -> None:
        threading.Thread(target=run, name="nuvom-dev", daemon=True).start()
