"""`.nuvom_plugins.toml`: which plugins a project names, and their settings."""

from __future__ import annotations

import os
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nuvom.errors import InvalidValue
from nuvom.plugins.contracts import KINDS

FILE = ".nuvom_plugins.toml"

START_SECS = 10.0
"""How long the start of a plugin may take, unless its setting `start_timeout_secs` says otherwise."""

_LONGEST_START_SECS = 3_600.0
_OURS = ("required", "start_timeout_secs")
_SWITCH = {"true": True, "1": True, "yes": True, "on": True, "false": False, "0": False, "no": False, "off": False}


@dataclass(frozen=True, slots=True)
class Target:
    """One line of the file."""

    kind: str
    """One of `KINDS`."""

    spec: str
    """`module:Name`, or the name of an installed entry point of the group `nuvom`."""


@dataclass(frozen=True, slots=True)
class Configuration:
    """What the file says."""

    path: Path
    targets: tuple[Target, ...] = ()
    settings: dict[str, dict[str, Any]] = field(default_factory=dict)

    def settings_of(self, name: str) -> dict[str, Any]:
        """The settings of one plugin: `[plugin.NAME]`, with what the environment says instead:
        `NUVOM_PLUGIN_<NAME>_<KEY>` for the key in lower case. What is said there to Nuvom is not among them.
        """
        return {key: value for key, value in self._said_of(name).items() if key not in _OURS}

    def requires(self, name: str) -> bool:
        """Whether nothing starts without this plugin (`required`). Raises `InvalidValue` for what is neither yes nor
        no.
        """
        said = self._said_of(name).get("required", False)
        switch = _SWITCH.get(str(said).lower())
        if switch is None:
            raise InvalidValue(f"{self.path}: required of the plugin {name} is {said!r}, expected true or false")
        return switch

    def start_limit(self, name: str) -> float:
        """The seconds that its start may take (`start_timeout_secs`), 10 unless said. Raises `InvalidValue` for what is
        no such number.
        """
        said = self._said_of(name).get("start_timeout_secs", START_SECS)
        try:
            limit = float(said)
        except (TypeError, ValueError):
            limit = 0.0
        if not 0.0 < limit <= _LONGEST_START_SECS:
            raise InvalidValue(
                f"{self.path}: start_timeout_secs of the plugin {name} is {said!r}, expected seconds, more than 0 "
                f"and at most {_LONGEST_START_SECS:g}"
            )
        return limit

    def required(self) -> set[str]:
        """The names of the sections that say `required`."""
        return {name for name in self.settings if self.requires(name)}

    def _said_of(self, name: str) -> dict[str, Any]:
        prefix = f"NUVOM_PLUGIN_{name.upper()}_"
        given = {key.removeprefix(prefix).lower(): value for key, value in os.environ.items() if key.startswith(prefix)}
        return {**self.settings.get(name, {}), **given}


def read_configuration(root: Path) -> Configuration:
    """Reads the file of a project; one that is not there names no plugins. Raises `InvalidValue` with everything that
    is wrong in it.
    """
    path = root / FILE
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return Configuration(path)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InvalidValue(f"{path} is no TOML file: {error}") from error
    problems: list[str] = []
    targets = tuple(_targets(_table(content, "plugins", problems), problems))
    settings = {name: _table(_table(content, "plugin", problems), name, problems) for name in content.get("plugin", {})}
    problems += [f"[{name}] is not known; there are [plugins] and [plugin.NAME]" for name in content.keys() - _TABLES]
    if problems:
        raise InvalidValue(f"{path}: " + "; ".join(problems))
    return Configuration(path, targets, settings)


_TABLES = {"plugins", "plugin"}


def _table(content: dict[str, Any], name: str, problems: list[str]) -> dict[str, Any]:
    table = content.get(name, {})
    if isinstance(table, dict):
        return table
    problems.append(f"{name} is a {type(table).__name__}, expected a table")
    return {}


def _targets(plugins: dict[str, Any], problems: list[str]) -> list[Target]:
    targets = []
    for kind, specs in plugins.items():
        if kind not in KINDS:
            problems.append(f"{kind} is no kind of plugin; the kinds are {', '.join(KINDS)}")
        elif not isinstance(specs, list) or not all(isinstance(spec, str) for spec in specs):
            problems.append(f'{kind} is {specs!r}, expected a list of targets, such as ["package.module:Name"]')
        else:
            targets += [Target(kind, spec) for spec in specs]
    return targets
