"""The table of contents, by what a reader needs. A guide or a page of the reference that it does not name is added."""

from collections.abc import Collection, Mapping, Sequence

Entry = str | Mapping[str, str | Sequence["Entry"]]

ROOT_PAGES = ("ARCHITECTURE.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md", "UPGRADING.md")
"""Pages of the site that lie beside docs/, where people look for them in a repository."""

SECTIONS: dict[str, list[tuple[str, str]]] = {
    "Start": [
        ("Nuvom", "docs/index.md"),
        ("In five minutes", "docs/start.md"),
        ("A first job", "docs/guides/first-job.md"),
    ],
    "Concepts": [
        ("How it works", "docs/concepts.md"),
        ("The life of a job", "docs/state-machine.md"),
    ],
    "Guides": [
        ("Retries and time limits", "docs/guides/retries-and-time-limits.md"),
        ("Where jobs run", "docs/guides/pools.md"),
        ("Schedules", "docs/guides/schedules.md"),
        ("Testing", "docs/guides/testing.md"),
        ("Check before it runs", "docs/guides/checking.md"),
        ("Deploying", "docs/guides/deploying.md"),
        ("Production", "docs/guides/production.md"),
        ("Sizing", "docs/guides/sizing.md"),
        ("Backups", "docs/guides/backup.md"),
        ("Looking after jobs", "docs/guides/looking-after-jobs.md"),
        ("Monitoring", "docs/guides/monitoring.md"),
        ("Jobs as files", "docs/guides/file-backend.md"),
        ("Plugins", "docs/guides/plugins.md"),
    ],
    "Reference": [
        ("Commands", "docs/reference/commands.md"),
        ("Settings", "docs/reference/configuration.md"),
        ("Python", "docs/reference/python.md"),
        ("Errors", "docs/reference/errors.md"),
        ("Capabilities", "docs/reference/capabilities.md"),
        ("Metrics", "docs/reference/metrics.md"),
        ("Wire format", "docs/reference/wire-format.md"),
    ],
    "Design & guarantees": [
        ("Guarantees", "docs/guarantees.md"),
        ("How they are tested", "docs/guarantees-tested.md"),
        ("Architecture", "ARCHITECTURE.md"),
        ("Security", "SECURITY.md"),
        ("What is defended", "docs/security.md"),
        ("Contributing", "CONTRIBUTING.md"),
    ],
    "Compare & migrate": [
        ("Compare", "docs/compare.md"),
        ("From Nuvom 0.11", "docs/migrating/from-0.11.md"),
        ("From Celery", "docs/migrating/celery.md"),
        ("From RQ", "docs/migrating/rq.md"),
        ("From Huey", "docs/migrating/huey.md"),
        ("From Dramatiq", "docs/migrating/dramatiq.md"),
    ],
    "Changes": [
        ("Changelog", "CHANGELOG.md"),
        ("Upgrading", "UPGRADING.md"),
    ],
}

TAKEN_UP: dict[str, tuple[str, str]] = {
    "docs/guides/": ("Guides", ""),
    "docs/reference/rules/": ("Reference", "Rules"),
    "docs/reference/rules.md": ("Reference", "Rules"),
    "docs/reference/": ("Reference", ""),
    "docs/decisions/": ("Design & guarantees", "Decisions"),
    "docs/migrating/": ("Compare & migrate", ""),
}
"""Where pages go that no section names: a section, and a heading in it."""


class PageWithoutPlace(Exception):
    """A page that nobody would find."""


def place(path: str) -> str:
    """Where a file of the project lies on the site."""
    return path.removeprefix("docs/") if path.startswith("docs/") else path.lower()


def navigation(pages: Collection[str]) -> list[Entry]:
    """The sections with those of their pages that exist, and every other page where its folder belongs."""
    named = {path for section in SECTIONS.values() for _, path in section}
    found: list[Entry] = []
    left = sorted(set(pages) - named)
    for title, section in SECTIONS.items():
        entries: list[Entry] = [{name: place(path)} for name, path in section if path in pages]
        headings: dict[str, list[Entry]] = {}
        for path in [path for path in left if _belongs(path)[0] == title]:
            headings.setdefault(_belongs(path)[1], []).append(place(path))
        entries += headings.pop("", [])
        entries += [{heading: under} for heading, under in headings.items()]
        if entries:
            found.append({title: entries})
    return found


def _belongs(path: str) -> tuple[str, str]:
    for prefix, home in TAKEN_UP.items():
        if path.startswith(prefix):
            return home
    raise PageWithoutPlace(f"{path}: docs/site/navigation.py does not say where it belongs")
