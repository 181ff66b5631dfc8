"""Runs what the documents show, and counts it: python tests/docs/count.py"""

import sys
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory

from snippets import Snippets, blocks
from test_snippets import DOCUMENTS, ROOT

COLUMNS = ("commands", "workers", "programs", "files")


def main() -> int:
    """Prints a row a document, and their sum. What does not agree raises, as in the tests."""
    total: Counter[str] = Counter()
    print(row("document", COLUMNS))
    for document in DOCUMENTS:
        ran = counted(document)
        total += ran
        print(row(str(document.relative_to(ROOT)), [ran[column] for column in COLUMNS]))
    print(row("all", [total[column] for column in COLUMNS]))
    print(f"{total.total()} commands, workers, programs and files of {len(DOCUMENTS)} documents were run")
    return 0


def row(name: str, cells: tuple[str, ...] | list[int]) -> str:
    """A line of the table."""
    return f"{name:<40}" + "".join(f"{cell:>12}" for cell in cells)


def counted(document: Path) -> Counter[str]:
    """What the tests run of a document."""
    with TemporaryDirectory() as folder, Snippets(Path(folder)) as snippets:
        for block in blocks(document.read_text(encoding="utf-8")):
            snippets.run(block)
        return snippets.ran


if __name__ == "__main__":
    sys.exit(main())
