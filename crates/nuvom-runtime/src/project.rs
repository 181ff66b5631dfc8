//! Where a project begins: the folder from which relative paths start, so that a client and a worker started
//! in different folders of it meet in the same store.

use std::path::{Path, PathBuf};

/// The folder of Nuvom's own files in a project.
const FOLDER: &str = ".nuvom";
/// The file by which a Python project is known.
const PYPROJECT: &str = "pyproject.toml";

/// The project that a process works for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Project {
    /// The absolute path of its folder.
    pub root: PathBuf,
}

impl Project {
    /// The nearest folder, from `start` upwards, that holds `.nuvom` or `pyproject.toml`; else `start` itself.
    pub fn find(start: &Path) -> Self {
        let start = absolute(start);
        let root = start
            .ancestors()
            .find(|folder| folder.join(FOLDER).is_dir() || folder.join(PYPROJECT).is_file())
            .unwrap_or(&start);
        Self { root: root.to_owned() }
    }

    /// This folder, whatever it holds.
    pub fn at(root: &Path) -> Self {
        Self { root: absolute(root) }
    }

    /// The folder of Nuvom's own files.
    pub(crate) fn data_folder(&self) -> PathBuf {
        self.root.join(FOLDER)
    }

    /// The file of environment values beside the project's code.
    pub(crate) fn dotenv(&self) -> PathBuf {
        self.root.join(".env")
    }

    /// The file that describes the Python project.
    pub(crate) fn pyproject(&self) -> PathBuf {
        self.root.join(PYPROJECT)
    }
}

/// Only an empty path and a working directory that is gone have no absolute form; then the path stands.
fn absolute(path: &Path) -> PathBuf {
    let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_deep_folder_belongs_to_the_project_above_it() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("pyproject.toml"), "").unwrap();
        let deep = folder.path().join("src/shop");
        fs::create_dir_all(&deep).unwrap();

        assert_eq!(Project::find(&deep).root, folder.path());
    }

    #[test]
    fn the_nearest_mark_wins() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("pyproject.toml"), "").unwrap();
        let inner = folder.path().join("inner");
        fs::create_dir_all(inner.join(".nuvom")).unwrap();

        assert_eq!(Project::find(&inner).root, inner);
    }

    #[test]
    fn without_a_mark_the_start_is_the_project() {
        let folder = tempfile::tempdir().unwrap();

        assert_eq!(Project::find(folder.path()).root, folder.path());
    }
}
