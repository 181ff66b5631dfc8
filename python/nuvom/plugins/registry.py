"""What plugins offer, by kind and name."""

from __future__ import annotations

from typing import Any

from nuvom.errors import InvalidValue


class Registry:
    """Classes and callables of plugins."""

    def __init__(self) -> None:
        self._offers: dict[str, dict[str, Any]] = {}

    def register(self, capability: str, name: str, target: Any, *, override: bool = False) -> None:
        """Offers `target` under a name. Raises `InvalidValue` if the name is taken by another, unless `override`."""
        offers = self._offers.setdefault(capability, {})
        if offers.get(name, target) is not target and not override:
            raise InvalidValue(f"a {capability} named {name!r} is registered already; pass override=True to replace it")
        offers[name] = target

    def get(self, capability: str, name: str | None = None) -> Any | None:
        """What is offered under this name, or the only offer of the kind; `None` if there is none."""
        offers = self._offers.get(capability, {})
        if name is not None:
            return offers.get(name)
        return next(iter(offers.values())) if len(offers) == 1 else None

    def names(self, capability: str) -> list[str]:
        """The names under which something of this kind is offered, in order of registration."""
        return list(self._offers.get(capability, {}))

    def clear(self) -> None:
        """Forgets all offers."""
        self._offers.clear()


REGISTRY = Registry()
"""The offers of this process."""


def register_queue_backend(name: str, cls: Any, *, override: bool = False) -> None:
    """Offers a queue backend: its class, or a callable that makes one."""
    REGISTRY.register("queue_backend", name, cls, override=override)


def register_result_backend(name: str, cls: Any, *, override: bool = False) -> None:
    """Offers a result backend: its class, or a callable that makes one."""
    REGISTRY.register("result_backend", name, cls, override=override)


def register_scheduler_backend(name: str, cls: Any, *, override: bool = False) -> None:
    """Offers a scheduler backend: its class, or a callable that makes one."""
    REGISTRY.register("scheduler_backend", name, cls, override=override)
