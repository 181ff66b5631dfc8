"""The part of deny.toml that needs no tool: which licences, sources and crates are let in."""

import re
from collections.abc import Iterator
from typing import Any

Package = dict[str, Any]


def refused(packages: list[Package], deny: dict[str, Any]) -> list[str]:
    """What deny.toml does not let in, among the packages of `cargo metadata`."""
    return [
        f"{package['name']} {package['version']}: {fault}"
        for package in packages
        if package["source"] is not None  # None are our own
        for fault in _faults(package, deny)
    ]


def _faults(package: Package, deny: dict[str, Any]) -> Iterator[str]:
    name, licence, source = package["name"], package["license"], package["source"]
    allowed = set(deny["licenses"]["allow"])
    for exception in deny["licenses"]["exceptions"]:
        if exception["crate"] == name:
            allowed |= set(exception["allow"])
    if licence is None or not satisfies(licence, allowed):
        yield f"licence {licence!r} is not among those of deny.toml"
    if source.removeprefix("registry+") not in deny["sources"]["allow-registry"]:
        yield f"comes from {source}, not from crates.io"
    for ban in deny["bans"]["deny"]:
        if ban["crate"] == name:
            yield f"is banned: {ban['reason']}"


def satisfies(expression: str, allowed: set[str]) -> bool:
    """Whether an SPDX expression can be fulfilled with these licences alone. `/` is the old way to write OR."""
    words = re.findall(r"[()]|[^\s()]+", expression.replace("/", " OR "))
    value, rest = _any(words, allowed)
    if rest:
        raise ValueError(f"not an SPDX expression: {expression!r}")
    return value


def _any(words: list[str], allowed: set[str]) -> tuple[bool, list[str]]:
    value, words = _all(words, allowed)
    while words[:1] == ["OR"]:
        other, words = _all(words[1:], allowed)
        value = value or other
    return value, words


def _all(words: list[str], allowed: set[str]) -> tuple[bool, list[str]]:
    value, words = _one(words, allowed)
    while words[:1] == ["AND"]:
        other, words = _one(words[1:], allowed)
        value = value and other
    return value, words


def _one(words: list[str], allowed: set[str]) -> tuple[bool, list[str]]:
    if words[0] == "(":
        value, words = _any(words[1:], allowed)
        return value, words[1:]
    if words[1:2] == ["WITH"]:
        return " ".join(words[:3]) in allowed, words[3:]
    return words[0] in allowed, words[1:]
