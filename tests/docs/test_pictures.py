"""The pictures of terminals show what the commands print today."""

import re
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PICTURES = ROOT / "docs/pictures"
sys.path.insert(0, str(PICTURES))

from draw import plain, shown, svg  # noqa: E402 - found by the line above
from scenes import Scene, scenes  # noqa: E402
from terminal import PROJECT, Sameness  # noqa: E402


@pytest.fixture(scope="module")
def drawn() -> dict[str, Scene]:
    return {scene.name: scene for scene in scenes()}


def words(text: str) -> str:
    """The text without white space: lines are broken and columns are filled as there is room."""
    return "".join(text.split())


@pytest.mark.parametrize("path", sorted(PICTURES.glob("*.svg")), ids=lambda path: path.stem)
def test_a_picture_is_not_stale(path: Path, drawn: dict[str, Scene]) -> None:
    kept = shown(path.read_text(encoding="utf-8"))

    assert words(kept) == words(plain(drawn[path.stem])), f"{path.name} is stale: `make pictures`"


def test_every_scene_has_its_picture_and_every_picture_is_shown(drawn: dict[str, Scene]) -> None:
    documents = "".join(path.read_text(encoding="utf-8") for path in ROOT.glob("docs/**/*.md"))
    pictures = {path.stem for path in PICTURES.glob("*.svg")}

    assert pictures == drawn.keys()
    assert [name for name in sorted(pictures) if f"pictures/{name}.svg" not in documents] == []


# From here on: what the pictures are made with.


def test_the_text_of_a_picture_is_what_was_printed() -> None:
    scene = Scene("x", "echo", "\x1b[31mred\x1b[0m & <plain>\n  indented")

    assert words(shown(svg(scene))) == "$echored&<plain>indented"


def test_a_picture_asks_no_server_for_a_font() -> None:
    addresses = re.findall(r"https?://[^\"')\s]+", svg(Scene("x", "echo", "one")))

    assert addresses == ["http://www.w3.org/2000/svg"]  # the name of the format


def test_what_differs_from_run_to_run_is_the_same_in_pictures() -> None:
    folder = Path("/" + "x" * (len(PROJECT) - 1))
    one, other = Sameness(folder), Sameness(folder)

    first = one(f"\x1b[1m01a217b4-8c55-753b-bcfd-78b3a73c8926\x1b[0m in {folder}, 7 ms, vm-77-0a1b2c, 12 s ago")
    second = other(f"\x1b[1m01a217b4-9999-753b-bcfd-78b3a73c8926\x1b[0m in {folder}, 0.3 ms, h-1-ffffff, 0 s ago")

    assert first == second


def test_a_folder_that_would_break_lines_elsewhere_is_refused() -> None:
    with pytest.raises(ValueError, match="not as long"):
        Sameness(Path("/short"))
