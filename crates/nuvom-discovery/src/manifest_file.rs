//! The manifest on disk. Writing replaces the whole file or leaves the last good one; reading trusts nothing
//! that it has not checked.

use std::collections::HashSet;
use std::fs::File;
use std::io::{self, Read, Write};
use std::path::Path;

use nuvom_core::{Error, ErrorKind, Result, SignatureHash};
use serde::Deserialize;
use serde_json::Value;

use crate::manifest::{MANIFEST_VERSION, Manifest, checksum_of};
use crate::module_name::{is_dotted_name, is_name};
use crate::task::FoundTask;
use crate::whole_file;

/// Room for some hundred thousand tasks; more is not a manifest, and is refused before it is read.
const MAX_BYTES: u64 = 64 * 1024 * 1024;

const REPAIR: &str = "Run `nuvom discover tasks` to write it anew";

impl Manifest {
    /// Reads a manifest. A file that is missing, damaged, from another version, or that points outside the
    /// project is refused, with the command that repairs it.
    pub fn load(path: &Path) -> Result<Manifest> {
        load(path).map_err(|error| error.during("load the manifest").with("path", path.display()))
    }

    /// Writes the manifest so that a reader sees the old file or the new one, never a part, also after a
    /// loss of power. If it fails, the old file is still there.
    pub fn save(&self, path: &Path) -> Result<()> {
        let mut text = serde_json::to_string_pretty(self)
            .expect("a manifest holds text, numbers and maps by text, which JSON can hold");
        text.push('\n');
        whole_file::replace(path, |file| file.write_all(text.as_bytes())).map_err(|cause| {
            Error::new(kind_of(&cause), "cannot write the manifest")
                .during("save the manifest")
                .with("path", path.display())
                .caused_by(cause)
                .hint("No earlier manifest was damaged; make its folder writable and run the command again")
        })
    }
}

fn load(path: &Path) -> Result<Manifest> {
    let text = read(path)?;
    let document: Value = serde_json::from_slice(&text)
        .map_err(|cause| corrupt("the manifest is cut off or garbled").caused_by(cause))?;
    check_version(&document)?;
    let document = Document::deserialize(document)
        .map_err(|cause| corrupt("the manifest lacks a part or holds a wrong one").caused_by(cause))?;

    if checksum_of(&document.tasks) != document.checksum {
        return Err(corrupt("the manifest was changed after it was written: its checksum does not match"));
    }
    let tasks = Vec::<FoundTask>::deserialize(document.tasks)
        .map_err(|cause| corrupt("a task in the manifest is incomplete").caused_by(cause))?;
    let mut names = HashSet::new();
    for task in &tasks {
        if let Some(reason) = refusal(task, names.insert(&task.name)) {
            return Err(corrupt(format!("a task in the manifest is refused, because {reason}"))
                .with("task", format!("{:?}", task.name)));
        }
    }
    Ok(Manifest::restored(document.generated_by, document.checksum, tasks))
}

/// The file as it must be once its version is known.
#[derive(Deserialize)]
struct Document {
    generated_by: String,
    checksum: String,
    /// Kept as JSON until the checksum is checked, so that it covers every field.
    tasks: Value,
}

fn read(path: &Path) -> Result<Vec<u8>> {
    let bytes = File::open(path).and_then(|file| {
        let mut bytes = Vec::new();
        file.take(MAX_BYTES + 1).read_to_end(&mut bytes)?;
        Ok(bytes)
    });
    match bytes {
        Ok(bytes) if bytes.len() as u64 > MAX_BYTES => Err(corrupt("the manifest is too large to be one")),
        Ok(bytes) => Ok(bytes),
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => {
            Err(Error::new(ErrorKind::NotFound, "there is no manifest yet")
                .hint("Run `nuvom discover tasks`"))
        }
        Err(cause) => Err(Error::new(kind_of(&cause), "cannot read the manifest")
            .caused_by(cause)
            .hint("Make it readable for this user, or run `nuvom discover tasks` to write it anew")),
    }
}

fn check_version(document: &Value) -> Result<()> {
    match document.get("version") {
        Some(version) if *version == MANIFEST_VERSION => Ok(()),
        Some(version) => Err(Error::new(
            ErrorKind::Foreign,
            format!(
                "the manifest has the format version {version}, and this Nuvom reads version {MANIFEST_VERSION}"
            ),
        )
        .hint(REPAIR)),
        None => Err(corrupt("the manifest names no version")),
    }
}

/// Why a task is not taken from the file: its place must lie inside the project, its names must be names.
fn refusal(task: &FoundTask, is_new: bool) -> Option<&'static str> {
    if task.name.is_empty() || !is_new {
        return Some("its name is empty or occurs twice");
    }
    if !is_inside_project(&task.file) {
        return Some("its file is not a path inside the project");
    }
    if !is_dotted_name(&task.module) {
        return Some("its module is not a name that Python can import");
    }
    if !is_name(&task.function) {
        return Some("its function is not a Python name");
    }
    let hash = task.signature_hash.as_ref();
    if hash.is_some_and(|hash| hash.parse::<SignatureHash>().is_err()) {
        return Some("its signature's hash is not 16 hexadecimal digits");
    }
    None
}

/// Judged alike on every system, as a manifest may travel: a drive letter or a backslash is refused on Linux.
fn is_inside_project(file: &str) -> bool {
    !file.contains(['\\', ':', '\0']) && file.split('/').all(|part| !matches!(part, "" | "." | ".."))
}

fn corrupt(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::Corrupt, message).hint(REPAIR)
}

fn kind_of(cause: &io::Error) -> ErrorKind {
    match cause.kind() {
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => ErrorKind::Permission,
        io::ErrorKind::NotADirectory | io::ErrorKind::IsADirectory | io::ErrorKind::InvalidInput => {
            ErrorKind::Invalid
        }
        _ => ErrorKind::Unavailable,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_relative_paths_are_inside_the_project() {
        assert!(is_inside_project("tasks.py") && is_inside_project("shop/mail.py"));
        assert!(!is_inside_project("") && !is_inside_project("/etc/x.py") && !is_inside_project("a//b.py"));
        assert!(!is_inside_project("../x.py") && !is_inside_project("a/../../x.py"));
        assert!(!is_inside_project("C:/x.py") && !is_inside_project("a\\..\\x.py"));
    }
}
