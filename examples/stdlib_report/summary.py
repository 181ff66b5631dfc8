"""What the surveys say together, for people with 80 columns."""

from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path

from tasks import Survey

SHOWN = 5
WIDTH = 78


def print_summary(surveys: list[Survey], root: Path) -> None:
    """Prints counts and lists; paths are shown from `root`."""

    def place(survey: Survey) -> str:
        path = Path(survey["path"])
        return path.relative_to(root).as_posix() if path.is_relative_to(root) else path.name

    def total(count: Callable[[Survey], int]) -> int:
        return sum(map(count, surveys))

    broken = [survey for survey in surveys if survey["problem"]]
    definitions = total(lambda s: s["functions"] + s["classes"])
    documented = 100 * total(lambda s: s["documented"]) // max(definitions, 1)
    print(
        f"  {total(lambda s: s['lines']):,} lines, {total(lambda s: s['functions']):,} functions, "
        f"{total(lambda s: s['classes']):,} classes, {total(lambda s: s['todos']):,} TODOs;"
    )
    print(f"  {documented} % of functions and classes have a docstring;")
    print(f"  {len(broken)} files are not valid Python: the library tests its parser with them.")

    _list(
        "Biggest files",
        ((f"{s['lines']:,} lines", place(s)) for s in _top(surveys, lambda s: s["lines"])),
    )
    _list(
        "Longest functions",
        ((f"{s['longest'][0]:,} lines", f"{s['longest'][1]}  in {place(s)}") for s in _top(surveys, _longest)),
    )
    _list(
        "Slowest to survey",
        ((f"{s['seconds'] * 1000:,.0f} ms", place(s)) for s in _top(surveys, lambda s: s["seconds"])),
    )
    imports = Counter(name for survey in surveys for name in survey["imports"]).most_common(SHOWN)
    most = max((count for _, count in imports), default=1)
    _list(
        "Most imported", ((f"{count:,} files", f"{name:<12} {'#' * (40 * count // most)}") for name, count in imports)
    )


def _longest(survey: Survey) -> int:
    return survey["longest"][0]


def _top(surveys: list[Survey], by: Callable[[Survey], float]) -> list[Survey]:
    return sorted(surveys, key=by, reverse=True)[:SHOWN]


def _list(title: str, rows: Iterable[tuple[str, str]]) -> None:
    print(f"\n{title}")
    for amount, what in rows:
        print(f"  {amount:>12}  {what}"[:WIDTH])
