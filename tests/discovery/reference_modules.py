"""Which files a project has, what Python calls them, and which of them an import finds."""

from __future__ import annotations

import keyword
import os
from pathlib import Path

from reference_values import Module

SKIPPED = {"__pycache__", "node_modules", "site-packages"}
"""Folders of tools and of other people's code. Those whose name starts with a dot are skipped for that."""
SKIPPED_UNLESS_PACKAGE = {"build", "dist", "target"}


class Project:
    """The Python files below a folder. It knows no `.nuvomignore`."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.files = sorted(_python_files(root), key=lambda file: file.relative_to(root).parts)
        self.broken: set[Path] = set()
        """Files that are not Python: whatever imports one gets nothing."""
        self._files = set(self.files)
        self._folders = {folder for file in self.files for folder in file.parents}
        src = root / "src"
        self._strips_src = not (src / "__init__.py").exists()
        # `auto_register` puts the project's folder before `src`.
        self._entries = (root, src) if self._strips_src else (root,)

    def shown(self, file: Path) -> str:
        """A path as people and the manifest see it."""
        return file.relative_to(self.root).as_posix()

    def importable_name(self, file: Path) -> str | None:
        """What an import calls a file, if it can."""
        parts = list(file.relative_to(self._entry(file)).with_suffix("").parts)
        if parts[-1] == "__init__":
            parts.pop()
        spelled = all(part.isidentifier() and not keyword.iskeyword(part) for part in parts)
        return ".".join(parts) if parts and spelled else None

    def find(self, parts: list[str]) -> Module | None:
        """The module that an absolute import finds."""
        found: Module | None = Module(None, self._entries)
        for part in parts:
            found = self.child(found, part) if found else None
        return found

    def child(self, package: Module, name: str) -> Module | None:
        """A submodule, looked for as Python's path finder does: in each folder a package before a module; a
        folder without `__init__.py` only if no folder has anything better.
        """
        portions = []
        for folder in package.folders:
            inside = folder / name
            for file, folders in ((inside / "__init__.py", (inside,)), (folder / f"{name}.py", ())):
                if file in self._files:
                    return None if file in self.broken else Module(file, folders)
            if inside in self._folders:
                portions.append(inside)
        return Module(None, tuple(portions)) if portions else None

    def package_above(self, file: Path, level: int) -> Module | None:
        """Where a relative import with so many dots starts. A module at the top has no package around it."""
        folder, top = file.parent, self._entry(file)
        for _ in range(level - 1):
            if folder == top:
                return None
            folder = folder.parent
        if folder == top:
            return None
        init = folder / "__init__.py"
        if init in self.broken:
            return None
        return Module(init if init in self._files else None, (folder,))

    def _entry(self, file: Path) -> Path:
        src = self.root / "src"
        return src if self._strips_src and src in file.parents else self.root


def _python_files(root: Path) -> list[Path]:
    found = []
    for folder, folders, files in os.walk(root):
        here = Path(folder)
        folders[:] = [name for name in folders if not _is_skipped(here / name)]
        found += [here / name for name in files if name.endswith(".py") and not name.startswith(".")]
    return [file for file in found if not file.is_symlink()]


def _is_skipped(folder: Path) -> bool:
    return (
        folder.name.startswith(".")
        or folder.name in SKIPPED
        or (folder.name in SKIPPED_UNLESS_PACKAGE and not (folder / "__init__.py").exists())
        or (folder / "pyvenv.cfg").exists()
        or folder.is_symlink()
    )
