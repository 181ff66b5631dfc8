"""Draws the pictures of terminals in docs/pictures, from what the commands print today.

python docs/pictures/draw.py        draws all of them
python docs/pictures/draw.py --text prints what they would show
"""

import html
import io
import re
import sys
from pathlib import Path

from rich.console import Console
from rich.terminal_theme import TerminalTheme
from rich.text import Text
from scenes import Scene, scenes

HERE = Path(__file__).parent

THEME = TerminalTheme(
    (22, 24, 29),
    (214, 216, 220),
    [(56, 60, 68), (235, 105, 105), (120, 200, 120), (229, 192, 98), (110, 160, 245), (198, 130, 220), (90, 195, 205),
     (214, 216, 220)],
    [(125, 130, 140), (250, 130, 130), (150, 220, 150), (245, 215, 130), (145, 185, 255), (220, 160, 240),
     (125, 220, 230), (255, 255, 255)],
)  # fmt: skip


def main() -> int:
    """Draws or prints."""
    for scene in scenes():
        if "--text" in sys.argv[1:]:
            print(f"--- {scene.name}\n{plain(scene)}")
        else:
            (HERE / f"{scene.name}.svg").write_text(svg(scene), encoding="utf-8")
            print(f"docs/pictures/{scene.name}.svg")
    return 0


def content(scene: Scene) -> Text:
    """The command behind its prompt, and what it printed."""
    return Text.from_ansi(f"\x1b[32m$\x1b[0m \x1b[1m{scene.command}\x1b[0m\n{scene.printed.rstrip()}")


def plain(scene: Scene) -> str:
    """What a picture shows, without colours."""
    return content(scene).plain


def svg(scene: Scene) -> str:
    """The picture."""
    console = Console(
        record=True, width=scene.columns, file=io.StringIO(), force_terminal=True, color_system="truecolor"
    )
    console.print(content(scene), highlight=False, soft_wrap=False)
    drawn = console.export_svg(title="", theme=THEME, unique_id=scene.name)
    # The template names a font on a server; whoever looks at a picture has one that is as wide.
    drawn = re.sub(r"<!-- .*? -->\s*", "", drawn)
    return re.sub(r"@font-face \{.*?\}\s*", "", drawn, flags=re.DOTALL).replace("Fira Code, monospace", "monospace")


def shown(picture: str) -> str:
    """The text of a picture that was drawn, line by line."""
    lines: dict[float, list[tuple[float, str]]] = {}
    for x, y, text in re.findall(r"<text [^>]*?\bx=\"([\d.]+)\" y=\"([\d.]+)\"[^>]*>([^<]*)</text>", picture):
        lines.setdefault(float(y), []).append((float(x), html.unescape(text)))
    return "\n".join("".join(text for _, text in sorted(parts)) for _, parts in sorted(lines.items()))


if __name__ == "__main__":
    sys.exit(main())
