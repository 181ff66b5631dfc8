"""Builds the site: gathers the pages, has Zensical make HTML of them, and takes every warning for an error.

python docs/site/build.py [FOLDER]      by default build/site; the pages are in its html/
"""

import json
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from markdown_text import broken, rewritten, with_bars
from navigation import ROOT_PAGES, Entry, navigation, place

ROOT = Path(__file__).parents[2]
HERE = Path(__file__).parent
REPOSITORY = "https://github.com/nuvom/nuvom/blob/main"
"""Where links lead whose files are not on the site."""

ASSETS = {".svg", ".png"}


def main() -> int:
    """Builds into the folder that the command line names."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "build/site"
    html = build(folder.resolve())
    print(f"{sum(1 for _ in html.rglob('*.html'))} pages: {html / 'index.html'}")
    return 0


def build(folder: Path) -> Path:
    """The folder of HTML. What was in `folder` is gone."""
    shutil.rmtree(folder, ignore_errors=True)
    source = folder / "source"
    pages = gather(source)
    shutil.copyfile(HERE / "site.css", source / "site.css")
    if complaints := broken(pages, project_files()):
        raise SystemExit("\n".join(complaints))
    (folder / "zensical.toml").write_text(configuration(navigation(pages)), encoding="utf-8")
    # By module: the program's script names the interpreter of the environment that it was installed into.
    subprocess.run([sys.executable, "-m", "zensical", "build", "--strict"], cwd=folder, check=True)
    return folder / "html"


def gather(source: Path) -> dict[str, str]:
    """Writes the pages as the site needs them; answers them as they are, by path from the project's folder."""
    paths = [path for path in project_files() if is_page(path)]
    pages = {path: (ROOT / path).read_text(encoding="utf-8") for path in paths}
    places = {path: place(path) for path in pages}
    assets = [path for path in project_files() if path.startswith("docs/") and Path(path).suffix in ASSETS]
    places |= {path: place(path) for path in assets}
    for path, text in pages.items():
        goal = source / places[path]
        goal.parent.mkdir(parents=True, exist_ok=True)
        goal.write_text(with_bars(rewritten(text, path, places, REPOSITORY)), encoding="utf-8")
    for path in assets:
        goal = source / places[path]
        goal.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / path, goal)
    return pages


def is_page(path: str) -> bool:
    """Whether the site shows this file of the project."""
    return path in ROOT_PAGES or (path.startswith("docs/") and path.endswith(".md"))


def project_files() -> set[str]:
    """What git tracks, or would if asked, and is there."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],  # noqa: S607 - git is a tool of development
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return {path for path in listed.stdout.split("\0") if path and (ROOT / path).is_file()}


def configuration(entries: Sequence[Entry]) -> str:
    """zensical.toml with the table of contents."""
    written = (HERE / "zensical.toml").read_text(encoding="utf-8")
    return written.replace("[project]\n", f"[project]\nnav = {_toml(entries)}\n", 1)


def _toml(value: Entry | Sequence[Entry]) -> str:
    if isinstance(value, str):
        return json.dumps(value)
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{json.dumps(key)} = {_toml(one)}" for key, one in value.items()) + " }"
    return "[" + ", ".join(_toml(one) for one in value) + "]"


if __name__ == "__main__":
    sys.exit(main())
