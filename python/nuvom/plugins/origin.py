"""Where the code of a plugin comes from, found out without importing it."""

from __future__ import annotations

import sys
from functools import cache
from importlib.machinery import PathFinder
from importlib.metadata import PackageNotFoundError, distribution, entry_points, packages_distributions
from pathlib import Path

GROUP = "nuvom"
"""The group in which installed packages announce plugins. They are loaded only when a project names them."""


def origin_of(spec: str, root: Path) -> str:
    """The distribution with its version, such as `shop-plugins 1.2`, or the file, from the project's folder where it
    lies in it. `unknown` if there is no such module. `spec` is `module:Name` or the name of an entry point.
    """
    if ":" not in spec:
        for entry in entry_points(group=GROUP, name=spec):
            if entry.dist is not None:
                return f"{entry.dist.name} {entry.dist.version}"
            spec = entry.value
    module = spec.partition(":")[0].partition(".")[0]
    found = PathFinder.find_spec(module, [str(root), str(root / "src"), *sys.path])
    place = _place(found.origin, found.submodule_search_locations) if found is not None else None
    if place is None:
        return "unknown"
    if place.is_relative_to(root) and not {"site-packages", "dist-packages"} & set(place.parts):
        return str(place.relative_to(root))
    return _versioned(module) or next(filter(None, map(_versioned, _distributions_of(module))), str(place))


def _versioned(name: str) -> str | None:
    try:
        return f"{name} {distribution(name).version}"
    except PackageNotFoundError:
        return None


@cache
def _distributions_of(module: str) -> list[str]:
    """Those that bring it, where none has its name: to know them, all that is installed is read."""
    return packages_distributions().get(module, [])


def _place(file: str | None, folders: object) -> Path | None:
    """The file of a module, or the folder of a package."""
    if isinstance(folders, list) and folders:
        return Path(folders[0])
    return Path(file) if file is not None else None
