"""What the README, the guides and the wire format show is what happens."""

import re
from pathlib import Path

import pytest
from snippets import Block, Mismatch, Snippets, blocks

ROOT = Path(__file__).parents[2]
DOCUMENTS = [
    ROOT / "README.md",
    ROOT / "UPGRADING.md",
    *sorted((ROOT / "docs").glob("*.md")),
    *sorted((ROOT / "docs/guides").glob("*.md")),
    *sorted((ROOT / "docs/migrating").glob("*.md")),
    ROOT / "docs/reference/wire-format.md",
]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_block_does_what_the_document_says(document: Path, tmp_path: Path) -> None:
    with Snippets(tmp_path) as snippets:
        for block in blocks(document.read_text()):
            snippets.run(block)


def test_every_target_of_make_that_a_document_names_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    documents = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("examples/**/*.md")]
    named = {
        name for path in documents for name in re.findall(r"`make ([a-z-]+)|^ *make ([a-z-]+)", path.read_text(), re.M)
    }

    assert {one or other for one, other in named} - targets == set()


# From here on: what does not agree is caught.


def run(folder: Path, language: str, text: str) -> None:
    with Snippets(folder) as snippets:
        snippets.run(Block(1, language, text))


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("python", "raise ValueError\n"),
        ("console", "$ echo one\ntwo\n"),
        ("console", "$ echo one\n"),
        ("console", "$ echo one; echo two\none\n"),
        ("console", "$ echo one; echo two; echo three\none\n...\nfour\n"),
        ("console", "no prompt\n"),
        ("console", "$ nuvom runworker\n"),
    ],
)
def test_a_block_that_does_something_else_is_caught(language: str, text: str, tmp_path: Path) -> None:
    with pytest.raises(Mismatch):
        run(tmp_path, language, text)


@pytest.mark.parametrize(
    "text",
    [
        "$ echo one\none\n",
        "$ echo one; echo two; echo three\n...\nthree\n",
        "$ echo one; echo two; echo three\none\n...\n",
        "$ echo 17 ms, 2026-01-02 03:04:05Z, host-12-0a1b2c\n3 ms, 2020-01-01 00:00:00Z, vm-1-ffffff\n",
        "$ pwd\n/srv/app\n",
    ],
)
def test_a_block_that_agrees_but_for_what_varies_passes(text: str, tmp_path: Path) -> None:
    run(tmp_path, "console", text)


def test_an_id_of_the_document_stands_for_the_id_of_this_run(tmp_path: Path) -> None:
    written, made = "00000000-0000-7000-8000-000000000001", "00000000-0000-7000-8000-0000000000ff"

    run(tmp_path, "console", f"$ echo {made}\n{written}\n$ echo {written} again\n{written} again\n")


def test_a_block_with_a_name_is_a_file(tmp_path: Path) -> None:
    run(tmp_path, "python", "# deep/tasks.py\nx = 1\n")

    assert (tmp_path / "deep/tasks.py").read_text() == "# deep/tasks.py\nx = 1\n"
