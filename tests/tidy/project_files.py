"""The files of the project, as the rules look at them: what git tracks, or would if asked."""

import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
TEXT = frozenset({".rs", ".py", ".pyi", ".sql", ".md", ".toml", ".yml", ".yaml", ".json", ".lock", ""})


@dataclass(frozen=True, slots=True)
class File:
    """A text file, by its path from the project's folder."""

    path: str
    text: str

    @property
    def suffix(self) -> str:
        return Path(self.path).suffix

    @property
    def is_test(self) -> bool:
        return self.path.startswith("tests/") or "/tests/" in self.path or "nuvom-testkit/" in self.path


@cache
def project_files() -> tuple[File, ...]:
    """All text files of the project."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    paths = sorted({path for path in listed.stdout.split("\0") if path})
    present = [path for path in paths if Path(path).suffix in TEXT and (ROOT / path).is_file()]
    return tuple(File(path, (ROOT / path).read_text(encoding="utf-8")) for path in present)
