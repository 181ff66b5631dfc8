"""Dependencies keep to deny.toml, on the system that the tests run on."""

import json
import subprocess
import tomllib
from typing import Any

import pytest
from licence_rules import Package, refused, satisfies
from project_files import ROOT

CRATES_IO = "registry+https://github.com/rust-lang/crates.io-index"


@pytest.fixture(scope="module")
def deny() -> dict[str, Any]:
    return tomllib.loads((ROOT / "deny.toml").read_text())


def package(name: str, licence: str | None = "MIT", source: str = CRATES_IO) -> Package:
    return {"name": name, "version": "1.0.0", "license": licence, "source": source}


def test_every_dependency_is_let_in_by_deny_toml(deny: dict[str, Any]) -> None:
    host = subprocess.run(["rustc", "-vV"], capture_output=True, text=True, check=True).stdout
    triple = host.partition("host: ")[2].split()[0]
    ran = subprocess.run(
        ["cargo", "metadata", "--locked", "--format-version", "1", "--filter-platform", triple],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )

    assert refused(json.loads(ran.stdout)["packages"], deny) == []


@pytest.mark.parametrize(
    ("planted", "told"),
    [
        (package("readline", "GPL-3.0"), "licence 'GPL-3.0'"),
        (package("nameless", None), "licence None"),
        (package("other", "ISC"), "licence 'ISC'"),
        (package("forked", source="git+https://example.org/forked"), "not from crates.io"),
        (package("tokio"), "is banned: ports are blocking"),
    ],
)
def test_a_dependency_that_deny_toml_does_not_let_in_is_named(
    planted: Package, told: str, deny: dict[str, Any]
) -> None:
    [complaint] = refused([planted], deny)

    assert complaint.startswith(f"{planted['name']} 1.0.0: ")
    assert told in complaint


@pytest.mark.parametrize(
    ("expression", "fulfilled"),
    [
        ("MIT OR GPL-3.0", True),
        ("Unlicense/MIT", True),
        ("MIT AND GPL-3.0", False),
        ("(MIT OR GPL-3.0) AND Zlib", True),
        ("Apache-2.0 WITH LLVM-exception", False),
        ("Apache-2.0 WITH LLVM-exception OR MIT", True),
    ],
)
def test_licence_expressions_mean_what_spdx_says(expression: str, fulfilled: bool) -> None:
    assert satisfies(expression, {"MIT", "Zlib"}) is fulfilled
