"""The rules for files: each holds for the project, and each can fail."""

import tomllib

import pytest
from project_files import ROOT, File, project_files
from text_rules import (
    MOST_LINES,
    careless_unsafe,
    compared_backends,
    dead_paths,
    drawers,
    machine_paths,
    made_statements,
    missing_tests,
    runs_data,
    too_long,
)

MAY_BE_LONG: dict[str, str] = {}
"""Files past the limit, each with the reason why it is better whole."""

GONE = "no-such-page"
"""Put together where it is used, so that this file itself names no path to nowhere."""

EXISTING = {file.path for file in project_files()}


def test_no_file_has_grown_past_one_duty() -> None:
    assert too_long(project_files(), MAY_BE_LONG) == []


def test_no_module_is_a_drawer() -> None:
    assert drawers(project_files()) == []


def test_every_path_that_a_document_or_comment_names_is_there() -> None:
    assert dead_paths(project_files(), EXISTING) == []


def test_no_file_names_a_path_of_one_machine() -> None:
    assert machine_paths(project_files()) == []


def test_unsafe_stands_in_one_crate_with_its_reason() -> None:
    assert careless_unsafe(project_files()) == []


def test_every_other_crate_takes_the_lints_that_forbid_unsafe() -> None:
    crates = ROOT.glob("crates/*/Cargo.toml")
    manifests = {path.parent.name: tomllib.loads(path.read_text()) for path in crates}

    assert {name for name, manifest in manifests.items() if manifest["lints"] != {"workspace": True}} == {"nuvom-py"}
    assert tomllib.loads((ROOT / "Cargo.toml").read_text())["workspace"]["lints"]["rust"]["unsafe_code"] == "forbid"


def test_nobody_asks_which_backend_it_is() -> None:
    assert compared_backends(project_files()) == []


def test_nothing_in_the_package_makes_code_of_data() -> None:
    assert runs_data(project_files()) == []


def test_no_statement_is_put_together_from_text() -> None:
    assert made_statements(project_files()) == []


def test_each_risk_names_tests_that_are_there() -> None:
    [page] = [file for file in project_files() if file.path == "docs/security.md"]

    assert missing_tests(page, project_files()) == []


def test_every_example_has_its_test() -> None:
    examples = {path.split("/")[1].removesuffix(".py") for path in EXISTING if path.startswith("examples/")}
    tested = {
        path.removeprefix("tests/examples/test_").removesuffix(".py")
        for path in EXISTING
        if "tests/examples/test_" in path
    }

    assert examples - tested == set()


# From here on: each rule catches what is planted.


def test_a_file_of_two_duties_is_caught() -> None:
    grown = File("crates/x/src/all.rs", "let x = 1;\n" * (MOST_LINES + 1))

    assert too_long([grown], {}) == ["crates/x/src/all.rs: 401 lines of code"]
    assert too_long([grown], {grown.path: "a table"}) == []


def test_comments_and_empty_lines_are_not_code() -> None:
    told = File("crates/x/src/told.rs", "/// Why.\n\n" * MOST_LINES)

    assert too_long([told], {}) == []


def test_an_excuse_that_is_not_needed_is_caught() -> None:
    assert too_long([], {"gone.rs": "was long"}) == ["gone.rs: needs no excuse any more"]


@pytest.mark.parametrize("path", ["crates/x/src/util.rs", "crates/x/src/helpers/mod.rs", "python/nuvom/_types.py"])
def test_a_drawer_is_caught(path: str) -> None:
    assert len(drawers([File(path, "")])) == 1


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("docs/page.md", f"See docs/{GONE}/page.md."),
        ("docs/page.md", f"See [this](../{GONE}.md)."),
        ("README.md", f"Look into `crates/nuvom-core/src/{GONE}.rs`."),
        ("crates/x/src/lib.rs", f"//! The bytes are in docs/{GONE}/wire.md."),
        ("crates/x/src/lib.rs", f"let x = 1; // by {GONE}.md"),
        ("python/nuvom/x.py", f'"""Written in docs/{GONE}/page.md."""'),
    ],
)
def test_a_path_to_nowhere_is_caught(path: str, text: str) -> None:
    assert len(dead_paths([File(path, text)], EXISTING)) == 1


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("docs/guides/page.md", "See [this](../../README.md) and crates/*/src, in docs/."),
        ("docs/page.md", "See https://example.org/docs/anything/else.md."),
        ("crates/x/src/lib.rs", 'let path = "docs/made/up";'),
    ],
)
def test_a_path_that_leads_somewhere_is_not(path: str, text: str) -> None:
    assert dead_paths([File(path, text)], EXISTING) == []


@pytest.mark.parametrize("folder", ["home", "root", "work", "Users"])
def test_a_path_of_one_machine_is_caught(folder: str) -> None:
    assert machine_paths([File("docs/x.md", f"open /{folder}/ann/x")]) == ["docs/x.md:1: a path of one machine"]


def test_a_part_of_a_longer_path_is_not() -> None:
    assert machine_paths([File("docs/x.md", "bench/work/x and https://example.org/home/x")]) == []


def test_unsafe_outside_its_crate_is_caught() -> None:
    proven = '#[expect(unsafe_code, reason = "speed")]\n// SAFETY: trust me.\nunsafe { go() }'

    assert len(careless_unsafe([File("crates/nuvom-core/src/x.rs", proven)])) == 1
    assert careless_unsafe([File("crates/nuvom-py/src/x.rs", proven)]) == []


def test_unsafe_without_its_proof_is_caught() -> None:
    assert len(careless_unsafe([File("crates/nuvom-py/src/x.rs", "unsafe { go() }")])) == 1


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("crates/nuvom-engine/src/x.rs", 'if name == "sqlite" {'),
        ("crates/nuvom-cli/src/x.rs", '"memory" => refuse(),'),
        ("crates/nuvom-py/src/x.rs", 'matches!(name, "redis" | "postgres")'),
        ("crates/nuvom-sqlite/src/x.rs", 'if name != "memory" {'),
        ("python/nuvom/x.py", 'if backend in ("sqlite", "file"):'),
        ("python/nuvom/x.py", 'case "memory":'),
    ],
)
def test_a_comparison_with_a_backends_name_is_caught(path: str, line: str) -> None:
    assert len(compared_backends([File(path, line)])) == 1


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("crates/nuvom-runtime/src/backends.rs", 'if name == "sqlite" {'),
        ("crates/nuvom-sqlite/src/x.rs", 'if name == "sqlite" {'),
        ("crates/nuvom-engine/tests/x.rs", 'if name == "sqlite" {'),
        ("python/nuvom/x.py", 'configure(queue_backend="memory")'),
    ],
)
def test_where_names_belong_they_may_be_compared(path: str, line: str) -> None:
    assert compared_backends([File(path, line)]) == []


@pytest.mark.parametrize(
    "line", ["import pickle", "from pickle import loads", "import marshal as m", "eval(text)", "exec(text)"]
)
def test_code_made_of_data_is_caught(line: str) -> None:
    assert len(runs_data([File("python/nuvom/x.py", line)])) == 1


@pytest.mark.parametrize(
    "line",
    [
        'connection.execute(&format!("DELETE FROM jobs WHERE id = {id}"), [])',
        'write!(sql, "SELECT {}", columns.join(", "))',
    ],
)
def test_a_statement_that_is_put_together_is_caught(line: str) -> None:
    assert len(made_statements([File("crates/nuvom-sqlite/src/x.rs", line)])) == 1
    assert made_statements([File("crates/nuvom-sqlite/tests/x.rs", line)]) == []


@pytest.mark.parametrize(
    ("tests", "complaints"),
    [("`tests/unit/test_x.py::test_there`", 0), ("`tests/unit/test_x.py::test_gone`", 1), ("none", 1)],
)
def test_a_risk_without_a_test_is_caught(tests: str, complaints: int) -> None:
    there = File("tests/unit/test_x.py", "def test_there() -> None: ...")
    page = File("docs/x.md", f"| a risk | what holds | {tests} |")

    assert len(missing_tests(page, [there])) == complaints
