"""From a target's text to the object that it names. Nothing is imported that is not named."""

from __future__ import annotations

import re
import sys
from contextlib import contextmanager
from importlib import import_module
from importlib.metadata import entry_points
from typing import TYPE_CHECKING

from nuvom.errors import PluginError
from nuvom.plugins.origin import GROUP

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import Any


def load_target(spec: str, root: Path) -> Any:
    """The object of `module:Name`, or of an installed entry point with this name. Modules are looked for in the
    project, too. Raises `PluginError` that says what is not there.
    """
    if ":" not in spec:
        [*found] = entry_points(group=GROUP, name=spec)
        if not found:
            installed = ", ".join(sorted(entry_points(group=GROUP).names)) or "none"
            raise PluginError(
                f"the plugin target {spec!r} is neither module:Name nor an installed entry point of the group {GROUP!r}"
                f" ({installed})"
            )
        spec = found[0].value
    module_name, _, path = spec.partition(":")
    with _importing_from(root):
        try:
            target: Any = import_module(module_name)
        except Exception as error:
            raise PluginError(
                f"the plugin {spec} cannot be loaded: {type(error).__name__} while importing {module_name}: {error}"
            ) from error
    for name in path.split("."):
        if not hasattr(target, name):
            raise PluginError(f"the plugin {spec} cannot be loaded: {module_name} has no {path}")
        target = getattr(target, name)
    return target


def name_of(target: Any) -> str:
    """By which a setting names a backend: its `name`, else the name of its class in snake case."""
    name = getattr(target, "name", None)
    if isinstance(name, str) and name:
        return name
    return snake_case(getattr(target, "__name__", type(target).__name__))


def snake_case(name: str) -> str:
    """`MyQueue` as `my_queue`."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


@contextmanager
def _importing_from(root: Path) -> Iterator[None]:
    """As when a worker imports tasks: the project's own modules come first."""
    added = [folder for folder in (str(root), str(root / "src")) if folder not in sys.path]
    sys.path[:0] = added
    try:
        yield
    finally:
        for folder in added:
            sys.path.remove(folder)
