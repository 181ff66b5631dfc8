//! What is never a project's own source, unless somebody says so.

use super::entry::Entry;
use super::reason::{FolderSort, Reason};

/// Folders known by their names. Those with a dot need their row for a walk that includes what is hidden.
const FOLDERS: &[(&str, FolderSort)] = &[
    (".git", FolderSort::VersionControl),
    (".hg", FolderSort::VersionControl),
    (".svn", FolderSort::VersionControl),
    (".mypy_cache", FolderSort::Cache),
    (".pytest_cache", FolderSort::Cache),
    (".ruff_cache", FolderSort::Cache),
    ("__pycache__", FolderSort::Cache),
    (".nox", FolderSort::Environment),
    (".tox", FolderSort::Environment),
    (".venv", FolderSort::Environment),
    ("node_modules", FolderSort::Dependencies),
    ("site-packages", FolderSort::Dependencies),
    (".nuvom", FolderSort::OwnFiles),
    ("build", FolderSort::BuildOutput),
    ("dist", FolderSort::BuildOutput),
    ("target", FolderSort::BuildOutput),
];

/// Why an entry is out by default, if it is.
pub(super) fn reason_against(entry: &Entry<'_>, include_hidden: bool) -> Option<Reason> {
    if entry.is_folder() {
        let sort = FOLDERS.iter().find(|(name, _)| entry.name() == *name).map(|(_, sort)| *sort);
        if let Some(sort) = sort.filter(|sort| *sort != FolderSort::BuildOutput || !is_package(entry)) {
            return Some(Reason::DefaultFolder { sort });
        }
        // Python itself knows a virtual environment by this file.
        if entry.path.join("pyvenv.cfg").exists() {
            return Some(Reason::VirtualEnvironment);
        }
    }
    let is_hidden = entry.name().as_encoded_bytes().starts_with(b".");
    (is_hidden && !include_hidden).then_some(Reason::Hidden)
}

fn is_package(folder: &Entry<'_>) -> bool {
    folder.path.join("__init__.py").exists()
}
