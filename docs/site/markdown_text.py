"""Markdown as GitHub reads it, and as the site has to have it: links, anchors, and bars in tables."""

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from html import escape
from pathlib import PurePosixPath
from posixpath import normpath, relpath

_FENCE = re.compile(r"^ *```.*?^ *```[ \t]*$", re.MULTILINE | re.DOTALL)
_CODE = re.compile(r"`[^`\n]+`")
_LINK = re.compile(r"(?<=\])\((?P<target>[^()\s]+)\)")
_DEFINED = re.compile(r"^\[[^\]]+\]: (?P<target>\S+)$", re.MULTILINE)
_SOURCE = re.compile(r"(?<=\bsrc=\")(?P<target>[^\"]+)(?=\")")
_HEADING = re.compile(r"^#{1,6} +(.*?)(?: #+)?$", re.MULTILINE)
_GIVEN = re.compile(r"<a (?:id|name)=\"([^\"]+)\"|^#.*\{#([\w.-]+)\}$", re.MULTILINE)
_ROW = re.compile(r"^ *\|.*$", re.MULTILINE)
_ELSEWHERE = re.compile(r"[a-z][a-z0-9+.-]*:|//", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Link:
    """A link to a place in the project: as it is written, and the line on which it stands."""

    line: int
    target: str

    def leads_to(self, page: str) -> tuple[str, str]:
        """The path from the project's folder that it means on `page`, and the anchor there."""
        path, _, anchor = self.target.partition("#")
        return (normpath(str(PurePosixPath(page).parent / path)) if path else page), anchor


def links(text: str) -> Iterator[Link]:
    """The relative links of a page, pictures included; code is none."""
    bare = _without_code(text)
    for pattern in (_LINK, _DEFINED, _SOURCE):
        for match in pattern.finditer(bare):
            if not _ELSEWHERE.match(match["target"]):
                yield Link(bare.count("\n", 0, match.start()) + 1, match["target"])


def anchors(text: str) -> set[str]:
    """What can stand behind `#`: GitHub's form of each heading, and the names that are given."""
    found: set[str] = {one or other for one, other in _GIVEN.findall(_without_code(text))}
    seen: dict[str, int] = {}
    for heading in _HEADING.findall(_FENCE.sub("", text)):
        slug = _slug(heading)
        found.add(slug if slug not in seen else f"{slug}-{seen[slug]}")
        seen[slug] = seen.get(slug, 0) + 1
    return found


def broken(pages: Mapping[str, str], existing: Collection[str]) -> list[str]:
    """Links of these pages, by path, that lead to no file, folder or heading of the project."""
    folders = {str(parent) for path in existing for parent in PurePosixPath(path).parents}
    known = {path: anchors(text) for path, text in pages.items()}
    complaints = []
    for page, text in pages.items():
        for link in links(text):
            path, anchor = link.leads_to(page)
            if path not in existing and path not in folders:
                complaints.append(f"{page}:{link.line}: {link.target} leads to no file")
            elif anchor and path in known and anchor not in known[path]:
                complaints.append(f"{page}:{link.line}: {link.target} leads to no heading")
    return complaints


def rewritten(text: str, page: str, places: Mapping[str, str], repository: str) -> str:
    """The page with links that hold on the site: to the places of files that are on it, else to the repository."""

    def elsewhere(target: str) -> str:
        if _ELSEWHERE.match(target) or target.startswith("#"):
            return target
        path, anchor = Link(0, target).leads_to(page)
        here = PurePosixPath(places[page]).parent
        way = relpath(places[path], here) if path in places else f"{repository}/{path}"
        return f"{way}#{anchor}" if anchor else way

    return _outside_code(text, lambda part: _with_targets(part, elsewhere))


def with_bars(text: str) -> str:
    """Code in cells of tables that holds a bar, which GitHub wants escaped, and which the site would show escaped."""

    def plain(match: re.Match[str]) -> str:
        return f"<code>{escape(match[1]).replace(chr(92) + '|', '&#124;')}</code>" if r"\|" in match[0] else match[0]

    return _outside_code(text, lambda part: _ROW.sub(lambda row: re.sub(r"`([^`\n]+)`", plain, row[0]), part))


def _with_targets(text: str, elsewhere: Callable[[str], str]) -> str:
    text = _LINK.sub(lambda match: f"({elsewhere(match['target'])})", text)
    text = _SOURCE.sub(lambda match: elsewhere(match["target"]), text)
    return _DEFINED.sub(lambda match: match[0].replace(match["target"], elsewhere(match["target"])), text)


def _outside_code(text: str, change: Callable[[str], str]) -> str:
    parts = re.split(f"({_FENCE.pattern})", text, flags=_FENCE.flags)
    return "".join(change(part) if index % 2 == 0 else part for index, part in enumerate(parts))


def _without_code(text: str) -> str:
    """Blank where code is, so that places stay; the names of links keep theirs, since code may be a part of them."""
    text = _FENCE.sub(lambda match: re.sub(r"[^\n]", " ", match[0]), text)
    return _CODE.sub(lambda match: " " * len(match[0]), text)


def _slug(heading: str) -> str:
    text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading)
    text = re.sub(r"\{#[\w.-]+\}$", "", text).strip().lower()
    return re.sub(r"[^\w\- ]", "", text).replace(" ", "-")
