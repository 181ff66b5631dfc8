"""Settings: where they come from is written in docs/reference/configuration.md, and `nuvom config` shows it."""

from __future__ import annotations

from nuvom import _nuvom

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def configure(**settings: Any) -> None:
    """Sets settings for this process, above all other sources: `configure(queue_backend="memory")`.

    Names are those of the environment without `NUVOM_`, in lower case; `None` takes one back. Stores that are
    open are closed, and opened anew on next use, which is also when a wrong name or value is refused
    (`InvalidValue`).
    """
    _nuvom.configure([(f"NUVOM_{name.upper()}", _text(value)) for name, value in settings.items()])


def get_settings() -> dict[str, str]:
    """Every setting by its name, as text. Passwords in URLs are hidden."""
    return {name: value for name, value, _ in _nuvom.settings()}


def _text(value: Any) -> str | None:
    if value is None:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
