"""The directions of dependencies between the crates, by the rules of ARCHITECTURE.md."""

import json
import subprocess
from typing import Any

import pytest
from dependency_rules import Edge, broken_edges, crates_without_row, edges
from project_files import ROOT


@pytest.fixture(scope="module")
def metadata() -> dict[str, Any]:
    ran = subprocess.run(
        ["cargo", "metadata", "--offline", "--no-deps", "--format-version", "1"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    return dict(json.loads(ran.stdout))


def test_no_dependency_points_the_wrong_way(metadata: dict[str, Any]) -> None:
    assert broken_edges(edges(metadata)) == []


def test_every_crate_has_its_row(metadata: dict[str, Any]) -> None:
    assert crates_without_row(package["name"] for package in metadata["packages"]) == []


@pytest.mark.parametrize(
    ("planted", "told"),
    [
        (Edge("nuvom-core", "nuvom-engine"), "no crate of the workspace"),
        (Edge("nuvom-core", "serde"), "core uses nothing from outside but uuid"),
        (Edge("nuvom-core", "nuvom-testkit", is_dev=True), "no crate of the workspace"),
        (Edge("nuvom-sqlite", "nuvom-engine"), "nuvom-sqlite may use nuvom-core"),
        (
            Edge("nuvom-sqlite", "nuvom-memory", is_dev=True),
            "nuvom-sqlite may use nuvom-core, nuvom-local, nuvom-record, nuvom-testkit",
        ),
        (Edge("nuvom-engine", "nuvom-sqlite", is_dev=True), "nuvom-engine may use"),
        (Edge("nuvom-engine", "nuvom-memory"), "nuvom-engine may use nuvom-core"),
        (Edge("nuvom-cli", "nuvom-py"), "nothing depends on the crate that knows Python"),
        (Edge("nuvom-runtime", "pyo3-ffi"), "only nuvom-py knows PyO3"),
        (Edge("nuvom-runtime", "nuvom-testkit"), "for tests only"),
        (Edge("nuvom-engine", "tokio", is_dev=True), "no async runtime"),
    ],
)
def test_a_wrong_edge_is_named_with_its_rule(planted: Edge, told: str) -> None:
    [complaint] = broken_edges([planted])

    assert complaint.startswith(f"{planted.crate} -> {planted.on}: ")
    assert told in complaint


def test_a_crate_that_the_table_does_not_know_is_named() -> None:
    assert crates_without_row(["nuvom-core", "nuvom-new"]) == ["nuvom-new"]
