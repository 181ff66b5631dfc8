//! Brings the bytes of a file into memory, and says whether they mention a word.

use std::fs::File;
use std::io::{self, Read};
use std::ops::Range;
use std::path::Path;

use memchr::memmem;

use crate::encoding::Undecodable;
use crate::problem::{Problem, ProblemKind};

/// Source that people write is far smaller; a file beyond this is data, and would cost memory for nothing.
const MAX_BYTES: u64 = 64 * 1024 * 1024;

/// Why a file has no text.
#[derive(Debug)]
pub(crate) struct Unreadable {
    line: Option<u32>,
    message: String,
}

/// The bytes of a file.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>, Unreadable> {
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

/// Whether a word stands in these bytes, and not as a part of a longer one.
pub(crate) fn mentions(bytes: &[u8], word: &str) -> bool {
    memmem::find_iter(bytes, word).any(|at| is_whole_word(bytes, at..at + word.len()))
}

/// Whether what stands here is not a part of a longer word. A letter beyond ASCII is part of a word.
pub(crate) fn is_whole_word(bytes: &[u8], range: Range<usize>) -> bool {
    let is_part = |byte: Option<&u8>| {
        byte.is_some_and(|it| *it == b'_' || it.is_ascii_alphanumeric() || !it.is_ascii())
    };
    let before = range.start.checked_sub(1).and_then(|at| bytes.get(at));
    !is_part(before) && !is_part(bytes.get(range.end))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_mentioned_only_as_a_whole() {
        assert!(mentions(b"from nuvom import task", "nuvom"));
        assert!(mentions(b"xnuvom nuvom", "nuvom"));
        assert!(!mentions(b"nuvoms, my_nuvom", "nuvom"));
    }
}
