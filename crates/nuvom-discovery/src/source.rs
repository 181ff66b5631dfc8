//! Brings the text of a file into memory, unless its bytes already show that it can hold no task.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use crate::encoding::{self, Undecodable};
use crate::problem::{Problem, ProblemKind};

/// Source that people write is far smaller; a file beyond this is data, and would cost memory for nothing.
const MAX_BYTES: u64 = 64 * 1024 * 1024;

/// A task must be followed to an import of this package, so a file without the word has none.
const MARKER: &[u8] = b"nuvom";

/// Why a file has no text.
#[derive(Debug)]
pub(crate) struct Unreadable {
    line: Option<u32>,
    message: String,
}

/// The text of a file that may hold tasks, else nothing.
pub(crate) fn read(path: &Path) -> Result<Option<String>, Unreadable> {
    let bytes = read_bytes(path)?;
    if !mentions_nuvom(&bytes) {
        return Ok(None);
    }
    Ok(Some(encoding::decode(bytes)?))
}

fn read_bytes(path: &Path) -> Result<Vec<u8>, Unreadable> {
    let file = File::open(path)?;
    let expected = file.metadata()?.len();
    let mut bytes = Vec::with_capacity(expected.min(MAX_BYTES) as usize + 1);
    file.take(MAX_BYTES + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(Unreadable {
            line: None,
            message: format!(
                "is larger than {} MiB, so it is not read; move its data out of the source, or name it in \
                 .nuvomignore",
                MAX_BYTES / (1024 * 1024)
            ),
        });
    }
    Ok(bytes)
}

fn mentions_nuvom(bytes: &[u8]) -> bool {
    bytes.windows(MARKER.len()).any(|window| window == MARKER)
}

impl Unreadable {
    pub(crate) fn into_problem(self, file: String) -> Problem {
        Problem { file, line: self.line, column: None, kind: ProblemKind::Unreadable, message: self.message }
    }
}

impl From<io::Error> for Unreadable {
    fn from(error: io::Error) -> Self {
        Self { line: None, message: format!("cannot be read: {error}") }
    }
}

impl From<Undecodable> for Unreadable {
    fn from(error: Undecodable) -> Self {
        Self { line: Some(error.line), message: error.message }
    }
}
