//! Files named after queues, schedules and workers. Their names are foreign text, so a file is named by what of it is harmless,
//! for people, and a hash of all of it, which decides.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::fs;
use std::io;
use std::path::PathBuf;

use nuvom_core::{QueueName, ScheduleId, WorkerName};
use sha2::{Digest, Sha256};

use crate::folders::{Folders, PAUSED, QUEUES, SCHEDULES, WORKERS, read};

/// Long enough to recognise a name by.
const SHOWN: usize = 40;
/// Bytes of the hash: nobody makes two names that share so many.
const HASHED: usize = 16;

pub(crate) fn queue_path(folders: &Folders, name: &QueueName) -> PathBuf {
    folders.root().join(QUEUES).join(file_name(name.as_str()))
}

/// The mark that a queue is paused.
pub(crate) fn paused_path(folders: &Folders, name: &QueueName) -> PathBuf {
    folders.root().join(PAUSED).join(file_name(name.as_str()))
}

pub(crate) fn schedule_path(folders: &Folders, id: &ScheduleId) -> PathBuf {
    folders.root().join(SCHEDULES).join(file_name(id.as_str()))
}

pub(crate) fn worker_path(folders: &Folders, name: &WorkerName) -> PathBuf {
    folders.root().join(WORKERS).join(file_name(name.as_str()))
}

/// Whether a file may be that of a queue, a schedule or a worker. What editors and systems put beside them is not.
pub(crate) fn is_file_name(name: &str) -> bool {
    let hash = name.strip_suffix(".json").and_then(|name| name.rsplit_once('-')).map(|(_, hash)| hash);
    hash.is_some_and(|hash| hash.len() == 2 * HASHED && hash.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

/// What the file of a queue holds.
pub(crate) fn queue_text(name: &QueueName) -> Vec<u8> {
    let mut text = serde_json::to_vec(&serde_json::json!({ "queue": name.as_str() })).unwrap_or_default();
    text.push(b'\n');
    text
}

/// The queue that a file is of.
fn queue_of(text: &[u8]) -> Option<QueueName> {
    #[derive(serde::Deserialize)]
    struct Line {
        queue: String,
    }
    QueueName::new(serde_json::from_slice::<Line>(text).ok()?.queue).ok()
}

/// The queues that have a file in this folder of the store.
pub(crate) fn queues_in(folders: &Folders, folder: &str) -> io::Result<BTreeSet<QueueName>> {
    let mut names = BTreeSet::new();
    let entries = match fs::read_dir(folders.root().join(folder)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound && folder == PAUSED => return Ok(names),
        entries => entries?,
    };
    for entry in entries {
        let entry = entry?;
        let is_file = entry.file_type().is_ok_and(|kind| kind.is_file());
        if is_file && entry.file_name().to_str().is_some_and(is_file_name) {
            names.extend(read(&entry.path())?.and_then(|text| queue_of(&text)));
        }
    }
    Ok(names)
}

/// The same on file systems that do not tell upper from lower case.
fn file_name(text: &str) -> String {
    let harmless = text.chars().take(SHOWN).map(|c| match c {
        'a'..='z' | '0'..='9' | '-' | '_' => c,
        'A'..='Z' => c.to_ascii_lowercase(),
        _ => '_',
    });
    let mut name: String = harmless.collect();
    name.push('-');
    for byte in &Sha256::digest(text.as_bytes())[..HASHED] {
        // Writing to a string cannot fail.
        let _ = write!(name, "{byte:02x}");
    }
    name.push_str(".json");
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_leads_out_of_its_folder_or_to_the_file_of_another() {
        let names = ["../../etc/passwd", "..", "a/b", "a_b", "A/b", "CON", "\u{202e}x", "größe"];

        let files: Vec<String> = names.iter().map(|name| file_name(name)).collect();

        assert!(files.iter().all(|file| !file.contains(['/', '\\', '.']) || file.matches('.').count() == 1));
        assert!(files.iter().all(|file| !file.starts_with('.') && file.is_ascii() && !file.contains('/')));
        assert_eq!(files.iter().collect::<std::collections::HashSet<_>>().len(), names.len());
    }

    #[test]
    fn a_name_of_two_hundred_wide_characters_fits() {
        assert!(file_name(&"€".repeat(200)).len() < 100);
    }
}
