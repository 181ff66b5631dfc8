//! What the walk meets in a folder.

use std::ffi::OsStr;
use std::fs::FileType;
use std::path::Path;

/// What an entry is. A link is a link, whatever it leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum EntryKind {
    Folder,
    File,
    Link,
    /// A socket, a pipe, a device.
    Other,
}

impl From<FileType> for EntryKind {
    fn from(kind: FileType) -> Self {
        if kind.is_symlink() {
            Self::Link
        } else if kind.is_dir() {
            Self::Folder
        } else if kind.is_file() {
            Self::File
        } else {
            Self::Other
        }
    }
}

/// One entry of a folder.
#[derive(Debug, Clone, Copy)]
pub(super) struct Entry<'a> {
    /// Its full path: the root, and what follows.
    pub(super) path: &'a Path,
    pub(super) kind: EntryKind,
}

impl Entry<'_> {
    pub(super) fn is_folder(&self) -> bool {
        self.kind == EntryKind::Folder
    }

    pub(super) fn name(&self) -> &OsStr {
        self.path.file_name().unwrap_or_default()
    }

    pub(super) fn is_python(&self) -> bool {
        self.path.extension() == Some(OsStr::new("py"))
    }
}
