"""Pages that are made from the code are as the code would make them."""

import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("example", "page"),
    [("settings_reference", "configuration.md"), ("capabilities", "capabilities.md")],
)
def test_a_reference_page_is_not_stale(example: str, page: str) -> None:
    made = subprocess.run(
        ["cargo", "run", "--quiet", "--locked", "-p", "nuvom-runtime", "--example", example],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout

    assert (ROOT / "docs/reference" / page).read_text() == made, f"docs/reference/{page} is stale: `make reference`"
