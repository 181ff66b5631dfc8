"""What a plugin is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

API_VERSION = "1.0"
"""The version of these contracts. A plugin of another major version is not started."""

KINDS = ("queue_backend", "result_backend", "scheduler_backend", "middleware", "lifecycle_hook", "monitoring")
"""What a plugin can provide, as `.nuvom_plugins.toml` names it."""


class Plugin(ABC):
    """Something that takes part in a client or a worker from its start to its end.

    A backend needs none of this: the class of a queue, of a result or a scheduler backend is a target by itself.
    """

    api_version: str = API_VERSION
    """The version of the contracts that it was written for."""

    name: str
    """By which its settings, other plugins and people know it."""

    provides: Sequence[str] = ()
    """What it offers: some of `KINDS`."""

    requires: Sequence[str] = ()
    """Names of plugins, or kinds, that must have been started before it."""

    @abstractmethod
    def start(self, settings: Mapping[str, Any], **runtime: Any) -> None:
        """Begins. `settings` are those of this plugin; `runtime` holds what the process offers: `role` ("client",
        "worker" or "child"), and in a worker `worker`, its name, and `metrics_provider`.

        It has ten seconds. What it raises disables the plugin, or stops the start where it is required.
        """

    def update_runtime(self, **runtime: Any) -> None:  # noqa: B027 - most plugins need not know
        """Hears that the worker claims now, with `worker` and `metrics_provider` as in `start`."""

    @abstractmethod
    def stop(self) -> None:
        """Ends. It has five seconds; what it raises is told, and the others are stopped all the same."""
