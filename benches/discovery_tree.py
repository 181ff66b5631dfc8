"""A project of thousands of real files for discovery to search, and the old Nuvom to search it too."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
CACHE = HERE.parent / "target" / "bench-discovery"
"""What is fetched, once."""

# The judge and what puts tasks into real files belong to the tests.
sys.path.insert(0, str(HERE.parent / "tests" / "discovery"))
from injector import LIBRARY, inject  # noqa: E402 - the path must be there first

PACKAGES = (
    "django==5.2.8",
    "sympy==1.14.0",
    "sqlalchemy==2.0.44",
    "pandas==2.3.3",
    "scipy==1.16.3",
    "celery==5.5.3",
    "prefect==3.6.0",
    "invoke==2.2.1",
    "apache-airflow-core==3.1.3",
)
"""Much Python, and the libraries whose own `task` is not Nuvom's."""

OLD = "0.11.2"
"""The last Nuvom that was pure Python."""
OLD_NEEDS = ("click<8.2",)
"""Its command line does not run with what pip would choose today."""


def make_tree(root: Path, files: int, tasks: int, seed: int) -> None:
    """Fills a folder with at least so many files, about so many functions of which have a decorator."""
    packages = _packages()
    sources = [file for file in sorted(packages.rglob("*.py")) if "__pycache__" not in file.parts]
    copies = 0
    while (left := files - copies * len(sources)) > 0:
        # When there are more packages than are asked for the rest is copied too: half a package helps nobody.
        above = root / LIBRARY / f"again{copies}" if copies else root / LIBRARY
        for file in sources:
            copy = above / file.relative_to(packages)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, copy)
        copies += 1
        if left <= len(sources):
            break
    inject(root, seed=seed, tasks=tasks)


def old_nuvom() -> Path:
    """The command of the old Nuvom, in an environment of its own."""
    venv = CACHE / f"nuvom-{OLD}"
    command = venv / "bin" / "nuvom"
    if not command.exists():
        subprocess.run([sys.executable, "-m", "venv", venv], check=True)
        _pip(venv / "bin" / "python", f"nuvom=={OLD}", *OLD_NEEDS)
    return command


def _packages() -> Path:
    folder = CACHE / "packages"
    done = CACHE / "packages.txt"
    wanted = "\n".join(PACKAGES)
    if not done.exists() or done.read_text() != wanted:
        shutil.rmtree(folder, ignore_errors=True)
        only_files = ["--no-deps", "--only-binary", ":all:", "--no-compile", "--target", str(folder)]
        _pip(Path(sys.executable), *only_files, *PACKAGES)
        done.write_text(wanted)
    return folder


def _pip(python: Path, *arguments: str) -> None:
    CACHE.mkdir(parents=True, exist_ok=True)
    command = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *arguments]
    subprocess.run(command, check=True)
