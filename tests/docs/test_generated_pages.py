"""Pages that are made from the code are as the code would make them."""

import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest
from nuvom import errors

ROOT = Path(__file__).parents[2]
REFERENCE = ROOT / "docs/reference"


@pytest.mark.parametrize(
    ("crate", "example", "page"),
    [
        ("nuvom-runtime", "settings_reference", "configuration.md"),
        ("nuvom-runtime", "capabilities", "capabilities.md"),
        ("nuvom-metrics", "metrics_reference", "metrics.md"),
        ("nuvom-cli", "commands_reference", "commands.md"),
    ],
)
def test_a_reference_page_is_not_stale(crate: str, example: str, page: str) -> None:
    made = run_example(crate, example)

    assert (REFERENCE / page).read_text() == made, f"docs/reference/{page} is stale: `make reference`"


def test_the_pages_of_the_rules_are_not_stale(tmp_path: Path) -> None:
    run_example("nuvom-discovery", "rules_reference", str(tmp_path))

    made = texts([tmp_path / "rules.md", *tmp_path.glob("rules/*")])
    kept = texts([REFERENCE / "rules.md", *REFERENCE.glob("rules/*")])
    assert kept.keys() == made.keys()
    stale = sorted(name for name, text in made.items() if kept[name] != text)
    assert stale == [], "`make reference`"


def test_the_reference_of_the_package_is_not_stale() -> None:
    made = subprocess.run(
        [sys.executable, "docs/site/python_reference.py"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout

    assert (REFERENCE / "python.md").read_text(encoding="utf-8") == made, "`make reference`"


def test_the_page_of_errors_is_not_stale() -> None:
    causes = run_example("nuvom-runtime", "causes")
    made = subprocess.run(
        [sys.executable, "docs/site/errors_reference.py"],
        cwd=ROOT,
        input=causes,
        capture_output=True,
        text=True,
        check=True,
    ).stdout

    assert (REFERENCE / "errors.md").read_text(encoding="utf-8") == made, "`make reference`"


def test_the_page_of_errors_has_every_error_of_the_package() -> None:
    text = (REFERENCE / "errors.md").read_text(encoding="utf-8")
    kinds = (errors.NuvomError, errors.Interruption)
    raised = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, kinds)]

    assert len(raised) > 20
    assert [kind.__name__ for kind in raised if kind not in kinds and f"| `{kind.__name__}` |" not in text] == []


def test_the_reference_has_every_name_of_the_package() -> None:
    import nuvom

    text = (REFERENCE / "python.md").read_text(encoding="utf-8")

    assert [name for name in nuvom.__all__ if f"`{name}`" not in text and f"### {name}\n" not in text] == [
        "__version__"
    ]


def run_example(crate: str, example: str, *arguments: str) -> str:
    return subprocess.run(
        ["cargo", "run", "--quiet", "--locked", "-p", crate, "--example", example, *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout


def texts(paths: Iterable[Path]) -> dict[str, str]:
    return {path.name: path.read_text(encoding="utf-8") for path in paths}
