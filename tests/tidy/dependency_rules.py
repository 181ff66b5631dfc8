"""Who may depend on whom. The table is the architecture: a new crate needs a row, and a reason to exist."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

MAY_USE: dict[str, set[str]] = {
    "nuvom-core": set(),
    # The one wire form of a record, for backends that keep it as text.
    "nuvom-record": {"nuvom-core"},
    # What cron expressions and time zones mean; the engine asks it through a port of core.
    "nuvom-cron": {"nuvom-core"},
    "nuvom-memory": {"nuvom-core"},
    # What backends share whose data lies on this machine.
    "nuvom-local": {"nuvom-core"},
    "nuvom-sqlite": {"nuvom-core", "nuvom-local", "nuvom-record"},
    "nuvom-file": {"nuvom-core", "nuvom-local", "nuvom-record"},
    "nuvom-engine": {"nuvom-core"},
    "nuvom-discovery": {"nuvom-core", "nuvom-cron"},
    # What operators graph. It counts events and asks by a port of its own, so it needs no engine.
    "nuvom-metrics": {"nuvom-core"},
    # The one part of the tests that ships: `nuvom plugin test` runs it.
    "nuvom-conformance": {"nuvom-core"},
    "nuvom-testkit": {"nuvom-conformance", "nuvom-core"},
    "nuvom-runtime": {"nuvom-composed", "nuvom-core", "nuvom-file", "nuvom-memory", "nuvom-sqlite"},
    "nuvom-cli": {"nuvom-core", "nuvom-cron", "nuvom-discovery", "nuvom-runtime"},
    # Stores made of parts, such as the queue of a plugin and a result store.
    "nuvom-composed": {"nuvom-core"},
    "nuvom-py": {
        "nuvom-core",
        "nuvom-cli",
        "nuvom-composed",
        "nuvom-conformance",
        "nuvom-cron",
        "nuvom-discovery",
        "nuvom-engine",
        # Beside a backend under test.
        "nuvom-memory",
        "nuvom-metrics",
        "nuvom-record",
        "nuvom-runtime",
    },
}
"""The crates of the workspace that each may use in what it ships."""

MAY_TEST_WITH: dict[str, set[str]] = {
    "nuvom-core": set(),
    "nuvom-engine": {"nuvom-memory", "nuvom-testkit"},
    "nuvom-composed": {"nuvom-memory", "nuvom-testkit"},
}
"""What its tests may use besides; where a crate has no row, only the testkit."""

CORE_MAY_USE = {"uuid"}
"""From outside: an id is a UUID, and nothing else in core is anybody's business."""

ASYNC_RUNTIMES = {"tokio", "async-std", "smol", "async-executor", "futures-executor", "glommio", "monoio"}
WITHOUT_ASYNC = {
    "nuvom-core",
    "nuvom-engine",
    "nuvom-file",
    "nuvom-memory",
    "nuvom-metrics",
    "nuvom-local",
    "nuvom-sqlite",
}


@dataclass(frozen=True, slots=True)
class Edge:
    """A dependency as it stands in a manifest."""

    crate: str
    on: str
    is_dev: bool = False


def edges(metadata: dict[str, Any]) -> list[Edge]:
    """All dependencies that `cargo metadata --no-deps` shows."""
    return [
        Edge(package["name"], dependency["name"], dependency["kind"] == "dev")
        for package in metadata["packages"]
        for dependency in package["dependencies"]
    ]


def broken_edges(found: Iterable[Edge]) -> list[str]:
    """What each edge breaks, if it breaks anything."""
    return [f"{edge.crate} -> {edge.on}: {fault}" for edge in found if (fault := _fault(edge))]


def crates_without_row(crates: Iterable[str]) -> list[str]:
    """Crates about which the table says nothing."""
    return sorted(set(crates) - MAY_USE.keys())


def _fault(edge: Edge) -> str | None:
    crate, on = edge.crate, edge.on
    if on == "nuvom-py":
        return "nothing depends on the crate that knows Python (rule 3)"
    if on.startswith("pyo3") and crate != "nuvom-py":
        return "only nuvom-py knows PyO3 (rule 3)"
    if on in ASYNC_RUNTIMES and crate in WITHOUT_ASYNC:
        return "ports are blocking; no async runtime here (rule 5)"
    if on == "nuvom-testkit" and not edge.is_dev:
        return "the testkit is for tests only"
    if on.startswith("nuvom-"):
        return _fault_inside(edge)
    if crate == "nuvom-core" and not edge.is_dev and on not in CORE_MAY_USE:
        return f"core uses nothing from outside but {', '.join(sorted(CORE_MAY_USE))} (rule 1)"
    return None


def _fault_inside(edge: Edge) -> str | None:
    allowed = MAY_USE.get(edge.crate, set())
    if edge.is_dev:
        allowed = allowed | MAY_TEST_WITH.get(edge.crate, {"nuvom-testkit"})
    if edge.on in allowed:
        return None
    may = ", ".join(sorted(allowed)) or "no crate of the workspace"
    return f"{edge.crate} may use {may} (rules 1 and 2)"
