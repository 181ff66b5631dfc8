//! The journal: numbered entries, one for each batch, at the end of a segment. An entry is written whole, and to the
//! disk as far as durability says, before a file of a job is touched; so that whoever comes next can finish what was
//! begun, and after a loss of power all that was acknowledged can be done again.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use nuvom_core::Timestamp;
use serde::{Deserialize, Serialize};

use crate::folders::{open_to_change, remove};
use crate::positions::{read_from, write_at};

/// Where the journal ends, and how far its entries have reached the files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Head {
    /// The number of the last entry.
    pub(crate) entry: u64,
    /// The segment that it stands in.
    pub(crate) segment: u64,
    /// Where it ends there.
    pub(crate) offset: u64,
    /// The store's time when it was written.
    pub(crate) time: Timestamp,
    /// Another one whenever files were moved and no new entry says so: what somebody learned of them meanwhile holds
    /// no longer.
    pub(crate) generation: Generation,
}

/// Drawn, and not counted: so it is another one also where the last one can no longer be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Generation(pub(crate) u32);

impl Generation {
    /// One that was not there before.
    pub(crate) fn another() -> Self {
        let [.., one, two, three, four] = uuid::Uuid::now_v7().into_bytes();
        Self(u32::from_be_bytes([one, two, three, four]))
    }
}

/// An entry, found in a segment.
#[derive(Debug)]
pub(crate) struct Entry<'a> {
    pub(crate) number: u64,
    pub(crate) time: Timestamp,
    pub(crate) body: &'a [u8],
    /// Where the next one begins.
    pub(crate) end: usize,
}

#[derive(Serialize, Deserialize)]
struct Opening {
    entry: u64,
    time: i64,
    length: usize,
    check: String,
}

/// The text of an entry.
pub(crate) fn entry_text(number: u64, time: Timestamp, body: &[u8]) -> Vec<u8> {
    let opening =
        Opening { entry: number, time: time.as_micros(), length: body.len(), check: check(number, body) };
    let mut text = serde_json::to_vec(&opening).unwrap_or_default();
    text.push(b'\n');
    text.extend_from_slice(body);
    text
}

/// The entry that begins here, if it is whole. One that is not was never acknowledged.
pub(crate) fn entry_at(bytes: &[u8], start: usize) -> Option<Entry<'_>> {
    let rest = bytes.get(start..)?;
    let line = rest.iter().position(|byte| *byte == b'\n')?;
    let opening: Opening = serde_json::from_slice(&rest[..line]).ok()?;
    let body = rest.get(line + 1..)?.get(..opening.length)?;
    (check(opening.entry, body) == opening.check).then(|| Entry {
        number: opening.entry,
        time: Timestamp::from_micros(opening.time),
        body,
        end: start + line + 1 + opening.length,
    })
}

/// FNV-1a. It finds what a crash leaves: parts that are missing, zero or of an earlier use. Nobody is to be kept from
/// writing here on purpose, whom the folder's mode lets in.
pub(crate) fn check(seed: u64, bytes: &[u8]) -> String {
    let start = 0xcbf2_9ce4_8422_2325 ^ seed;
    let sum = bytes.iter().fold(start, |sum, byte| (sum ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3));
    format!("{sum:016x}")
}

/// The segments of a journal.
#[derive(Debug)]
pub(crate) struct Journal {
    folder: PathBuf,
}

/// A segment that is open for writing.
#[derive(Debug)]
pub(crate) struct Segment {
    pub(crate) number: u64,
    file: File,
}

impl Journal {
    pub(crate) fn new(folder: PathBuf) -> Self {
        Self { folder }
    }

    pub(crate) fn path(&self, segment: u64) -> PathBuf {
        self.folder.join(format!("{segment:010}.log"))
    }

    /// The numbers of all segments, the oldest first.
    pub(crate) fn segments(&self) -> io::Result<Vec<u64>> {
        let mut found = Vec::new();
        for entry in fs::read_dir(&self.folder)? {
            let name = entry?.file_name();
            found.extend(name.to_str().and_then(|name| name.strip_suffix(".log")?.parse::<u64>().ok()));
        }
        found.sort_unstable();
        Ok(found)
    }

    /// How long a segment is; none if it is not there.
    pub(crate) fn length(&self, segment: u64) -> io::Result<Option<u64>> {
        match fs::symlink_metadata(self.path(segment)) {
            Ok(found) => Ok(Some(found.len())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// What a segment holds from this place on; none if it is not there.
    pub(crate) fn read(&self, segment: u64, from: u64, to: Option<u64>) -> io::Result<Option<Vec<u8>>> {
        match open_to_change(&self.path(segment)) {
            Ok(file) => read_from(&file, from, to).map(Some),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Begins a segment. One with this number that is there was begun by somebody who then died.
    pub(crate) fn begin(&self, number: u64, first: &[u8], synced: bool) -> io::Result<Segment> {
        let path = self.path(number);
        remove(&path)?;
        crate::folders::write_new(&path, first)?;
        let segment = self.open(number)?;
        if synced {
            segment.file.sync_all()?;
            sync_folder(&self.folder)?;
        }
        Ok(segment)
    }

    /// Opens a segment for writing.
    pub(crate) fn open(&self, number: u64) -> io::Result<Segment> {
        Ok(Segment { number, file: open_to_change(&self.path(number))? })
    }

    /// Forgets the segments below this one.
    pub(crate) fn forget_below(&self, segment: u64) -> io::Result<()> {
        for old in self.segments()?.into_iter().filter(|old| *old < segment) {
            remove(&self.path(old))?;
        }
        Ok(())
    }
}

impl Segment {
    /// Writes an entry at the end, whole or not at all as far as anybody can see.
    pub(crate) fn append(&self, offset: u64, entry: &[u8], synced: bool) -> io::Result<()> {
        let written = write_at(&self.file, entry, offset)
            .and_then(|()| if synced { self.file.sync_data() } else { Ok(()) });
        if written.is_err() {
            // What cannot be cut off now is found to be no whole entry by whoever comes next.
            let _ = self.cut(offset);
        }
        written
    }

    /// Takes back what was written behind this place.
    pub(crate) fn cut(&self, offset: u64) -> io::Result<()> {
        self.file.set_len(offset)
    }

    /// Brings what was taken back, or is there, to the disk.
    pub(crate) fn sync(&self) -> io::Result<()> {
        self.file.sync_data()
    }
}

/// Brings the names in a folder to the disk, where the system has a call for it.
pub(crate) fn sync_folder(folder: &Path) -> io::Result<()> {
    #[cfg(unix)]
    {
        File::open(folder)?.sync_all()
    }
    #[cfg(not(unix))]
    {
        let _ = folder;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_that_was_not_written_to_its_end_is_none() {
        let text = entry_text(7, Timestamp::from_micros(5), b"record {}\n");

        let whole = entry_at(&text, 0).unwrap();

        assert_eq!((whole.number, whole.body, whole.end), (7, b"record {}\n".as_slice(), text.len()));
        assert!((0..text.len()).all(|cut| entry_at(&text[..cut], 0).is_none()));
    }

    #[test]
    fn an_entry_with_another_byte_in_it_is_none() {
        let text = entry_text(7, Timestamp::from_micros(5), b"record {}\n");

        let garbled = |at: usize| {
            let mut garbled = text.clone();
            garbled[at] ^= 1;
            garbled
        };

        assert!((text.len() - 10..text.len()).all(|at| entry_at(&garbled(at), 0).is_none()));
    }
}
