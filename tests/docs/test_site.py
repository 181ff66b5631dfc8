"""The site: every page has its place, every link leads somewhere, and no page asks anybody but its own folder."""

import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from posixpath import dirname, normpath
from urllib.parse import unquote

import pytest

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "docs/site"))

from markdown_text import anchors, broken, rewritten, with_bars  # noqa: E402
from navigation import PageWithoutPlace, navigation  # noqa: E402

from build import project_files  # noqa: E402 - found by the line above


@pytest.fixture(scope="module")
def html(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, built as `make site` builds it."""
    folder = tmp_path_factory.mktemp("site")
    ran = subprocess.run(
        [sys.executable, "docs/site/build.py", str(folder)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return folder / "html"


class Requests(HTMLParser):
    """Collects the addresses that a browser asks for by itself when it shows a page."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = dict(attributes)
        names = ["src", "srcset", "poster", "data"]
        if tag == "link" and given.get("rel") not in {"canonical", "prev", "next", "alternate"}:
            names.append("href")
        if tag in {"image", "use"}:
            names += ["href", "xlink:href"]
        self.asked += [value for name in names if (value := given.get(name))]
        self.asked += re.findall(r"url\(([^)]+)\)", given.get("style") or "")


class Places(HTMLParser):
    """Collects where a page leads, and the places on it that can be led to."""

    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []
        self.ids: set[str] = set()

    @classmethod
    def of(cls, path: Path) -> "Places":
        page = cls()
        page.feed(path.read_text(encoding="utf-8"))
        return page

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = dict(attributes)
        self.ids |= {value for name in ("id", "name") if (value := given.get(name))}
        if tag == "a" and (href := given.get("href")) and not re.match(r"\w+:", href):
            self.links.append(href)


def leads_somewhere(link: str, page: str, pages: dict[str, Places], html: Path) -> bool:
    path, _, anchor = unquote(link).partition("#")
    goal = normpath(f"{dirname(page)}/{path}".lstrip("/")) if path else page
    if goal in pages:
        return not anchor or anchor in pages[goal].ids
    return (html / goal / "index.html").is_file() or (html / goal).is_file()


def foreign_requests(folder: Path) -> list[str]:
    """What the pages, styles and pictures of a folder would ask of another server."""
    found = []
    for path in sorted(folder.rglob("*")):
        if path.suffix not in {".html", ".css", ".svg"}:
            continue
        text = path.read_text(encoding="utf-8")
        asked = re.findall(r"(?:url\(|@import )\s*[\"']?([^\"')\s]+)", text)
        if path.suffix != ".css":
            page = Requests()
            page.feed(text)
            asked += page.asked
        found += [f"{path.relative_to(folder)}: {one}" for one in asked if re.match(r"[\"']?(https?:)?//", one)]
    return found


def test_no_page_asks_another_server_for_anything(html: Path) -> None:
    assert len(list(html.rglob("*.html"))) > 50
    assert foreign_requests(html) == []


def test_no_page_has_what_the_scripts_fetch_from_others(html: Path) -> None:
    # The scripts of the theme load Mermaid, MathJax, an editor, a lightbox and the stars of a repository, if a page
    # asks for them.
    wanted = re.compile(r"class=\"[^\"]*\b(mermaid|arithmatex|pyodide|glightbox)\b|data-md-component=\"source\"")
    pages = {path: path.read_text(encoding="utf-8") for path in html.rglob("*.html")}

    assert [path.name for path, text in pages.items() if wanted.search(text)] == []


def test_every_link_of_the_built_pages_leads_to_a_page_and_a_place_on_it(html: Path) -> None:
    # The anchors of the documents are held to GitHub's form; here they are held to what the site made of them.
    pages = {path.relative_to(html).as_posix(): Places.of(path) for path in html.rglob("*.html")}
    lost = [
        f"{name}: {link}"
        for name, page in pages.items()
        if name != "404.html"  # it is shown at any address
        for link in page.links
        if not leads_somewhere(link, name, pages, html)
    ]

    assert lost == []


def test_every_link_and_anchor_of_every_document_leads_somewhere() -> None:
    files = project_files()
    documents = {path: (ROOT / path).read_text(encoding="utf-8") for path in files if path.endswith(".md")}

    assert broken(documents, files) == []


# From here on: what is wrong is caught.


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.html", '<link rel="stylesheet" href="https://fonts.example.org/a.css">'),
        ("a.html", '<script src="//cdn.example.org/a.js"></script>'),
        ("a.html", "<style>@import 'https://example.org/a.css'</style>"),
        ("a.css", "@font-face { src: url('https://cdn.example.org/a.woff2') }"),
        ("a.svg", '<svg><style>@font-face { src: url("https://cdn.example.org/a.woff2") }</style></svg>'),
        ("a.svg", '<svg><image href="https://example.org/a.png"/></svg>'),
    ],
)
def test_a_request_to_another_server_is_caught(name: str, text: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(text)

    assert len(foreign_requests(tmp_path)) == 1


@pytest.mark.parametrize(("link", "leads"), [("b.html#x", True), ("b.html#y", False), ("c.html", False), ("#x", False)])
def test_a_place_that_the_site_does_not_have_is_caught(link: str, leads: bool, tmp_path: Path) -> None:
    (tmp_path / "a.html").write_text("<p>no place</p>")
    (tmp_path / "b.html").write_text('<h2 id="x">X</h2>')
    pages = {path.name: Places.of(path) for path in tmp_path.glob("*.html")}

    assert leads_somewhere(link, "a.html", pages, tmp_path) is leads


def test_a_link_that_a_reader_may_follow_is_no_request(tmp_path: Path) -> None:
    (tmp_path / "a.html").write_text('<a href="https://example.org">x</a><img src="a.svg">')

    assert foreign_requests(tmp_path) == []


@pytest.mark.parametrize(
    "link", ["[x](gone)", "[x](B#gone)", "[x](#gone)", "![x](gone)", '<img src="gone">', "[x]: gone"]
)
def test_a_broken_link_is_caught(link: str) -> None:
    pages = {"A": f"# A\n\n{link}\n", "B": "# B\n"}

    assert len(broken(pages, pages.keys())) == 1


@pytest.mark.parametrize(
    "link",
    ["[x](B#some-code--more)", "[x](.)", "[x](#a)", "https://x.org/y", "`[x](gone)`", "[x](B#b-1)"],
)
def test_a_link_that_leads_somewhere_is_not(link: str) -> None:
    pages = {"A": f"# A\n\n{link}\n", "B": "# B\n\n## Some `code` & more\n\n## B\n"}

    assert broken(pages, pages.keys()) == []


def test_a_heading_in_a_block_of_code_is_no_anchor() -> None:
    assert anchors("# A\n\n```sh\n# b\n```\n\n## C [d](e)\n") == {"a", "c-d"}


def test_links_of_a_page_are_led_to_the_site_or_to_the_repository() -> None:
    places = {"guides/A": "guides/A", "CHANGELOG.md": "changelog.md"}

    made = rewritten("[x](../CHANGELOG.md#new) [y](../LICENSE) [w](#w)", "guides/A", places, "R")

    assert made == "[x](../changelog.md#new) [y](R/LICENSE) [w](#w)"


def test_links_in_code_stay_as_they_are() -> None:
    text = "```md\n[x](../gone)\n```\n"

    assert rewritten(text, "A", {"A": "A"}, "R") == text


def test_a_bar_in_the_code_of_a_table_is_a_bar_on_the_site() -> None:
    row = r"| `list[str] \| None` | `<x>` | a \| b |"

    assert with_bars(row) == r"| <code>list[str] &#124; None</code> | `<x>` | a \| b |"
    assert with_bars(r"no table: `a \| b`") == r"no table: `a \| b`"


def test_a_new_guide_is_taken_up_by_itself() -> None:
    assert navigation(["docs/guides/new.md"]) == [{"Guides": ["guides/new.md"]}]


def test_a_page_for_which_there_is_no_place_is_refused() -> None:
    with pytest.raises(PageWithoutPlace, match=r"docs/lost"):
        navigation(["docs/lost"])
