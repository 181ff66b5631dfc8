"""Records on a terminal, by Rich."""

from __future__ import annotations

import logging

from rich.console import Console
from rich.text import Text

from nuvom._nuvom import visible
from nuvom.log.lines import of_job

_LEVELS = {
    logging.DEBUG: "dim",
    logging.INFO: "green",
    logging.WARNING: "yellow",
    logging.ERROR: "bold red",
    logging.CRITICAL: "bold white on red",
}


class PeopleHandler(logging.Handler):
    """Writes records with colours. Data is text and never markup; what a terminal would obey is written out."""

    def __init__(self, console: Console) -> None:
        super().__init__()
        self._console = console

    def emit(self, record: logging.LogRecord) -> None:
        """Writes one record."""
        try:
            self._console.print(self._text(record), soft_wrap=True)
        except Exception:  # noqa: BLE001 - as all handlers of logging do, which must not break who logs
            self.handleError(record)

    def _text(self, record: logging.LogRecord) -> Text:
        style = _LEVELS.get(record.levelno, "")
        message, *further = record.getMessage().split("\n")
        text = Text(f"{self._time(record)} ", style="dim", end="")
        text.append(f"{record.levelname:<7} ", style=f"not dim {style}")
        text.append(visible(message), style="not dim")
        text.append(visible(of_job(record)), style="dim")
        if record.exc_info:
            further += (self.formatter or logging.Formatter()).formatException(record.exc_info).split("\n")
        for line in further:
            # The frames of a traceback step back; what was raised stands at its end.
            quiet = line.startswith((" ", "Traceback "))
            text.append(f"\n    {visible(line)}", style="dim" if quiet else "not dim")
        return text

    def _time(self, record: logging.LogRecord) -> str:
        return logging.Formatter().formatTime(record, "%H:%M:%S")


def handler_for_people() -> logging.Handler:
    """A handler that writes to standard error."""
    return PeopleHandler(Console(stderr=True, markup=False, highlight=False, emoji=False))
