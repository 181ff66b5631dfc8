//! A throw-away project for one test.
#![allow(dead_code, clippy::unwrap_used, reason = "shared by test binaries that use different parts of it")]

use std::path::{Path, PathBuf};

use nuvom_discovery::{FoundTask, ProblemKind, Scan, ScanOptions, scan};
use tempfile::TempDir;

pub(crate) struct Project {
    folder: TempDir,
}

impl Project {
    pub(crate) fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    /// A project with one file.
    pub(crate) fn with(file: &str, text: impl AsRef<[u8]>) -> Self {
        let project = Self::new();
        project.write(file, text);
        project
    }

    pub(crate) fn root(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn path(&self, file: &str) -> PathBuf {
        self.root().join(file)
    }

    pub(crate) fn write(&self, file: &str, text: impl AsRef<[u8]>) {
        let path = self.path(file);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    pub(crate) fn scan(&self) -> Scan {
        scan(self.root(), &ScanOptions::default()).unwrap()
    }
}

/// A file with one task of this name.
pub(crate) fn task(name: &str) -> String {
    format!("from nuvom import task\n\n@task\ndef {name}():\n    pass\n")
}

pub(crate) fn names(scan: &Scan) -> Vec<&str> {
    scan.tasks.iter().map(|task| task.name.as_str()).collect()
}

pub(crate) fn kinds(scan: &Scan) -> Vec<ProblemKind> {
    scan.problems.iter().map(|problem| problem.kind).collect()
}

/// The only task of a scan that has no problems.
pub(crate) fn only_task(scan: Scan) -> FoundTask {
    assert_eq!(scan.problems, []);
    assert_eq!(scan.tasks.len(), 1);
    scan.tasks.into_iter().next().unwrap()
}
