//! Finishing what a dead writer began. Whoever has the right to write compares the head with the journal first: an
//! entry that is whole is carried out, what is left of one that is not is cut off.

use std::io;

use nuvom_core::Timestamp;

use crate::apply::repeat;
use crate::folders::Folders;
use crate::gate::Gate;
use crate::journal::{Generation, Head, Journal, entry_at, entry_text};

/// The head of a store whose files are as its journal says.
pub(crate) fn repaired(
    folders: &Folders,
    journal: &Journal,
    gate: &Gate,
    now: Timestamp,
) -> io::Result<Head> {
    match gate.head()? {
        Some(head) => match journal.length(head.segment)? {
            Some(length) if length == head.offset => Ok(head),
            Some(length) if length > head.offset => finish(folders, journal, gate, head),
            // The machine was not started since the head was written, so no loss of power took this: somebody did.
            // To go on from what is left would undo what was acknowledged, and nobody would know.
            _ => Err(gone()),
        },
        None => repeat_all(folders, journal, gate, now),
    }
}

/// Carries out what stands behind the head.
fn finish(folders: &Folders, journal: &Journal, gate: &Gate, head: Head) -> io::Result<Head> {
    let bytes = journal.read(head.segment, head.offset, None)?.unwrap_or_default();
    let mut now = head;
    let mut at = 0;
    // One with another number is left of an earlier use of the place.
    while let Some(entry) = entry_at(&bytes, at).filter(|entry| entry.number == now.entry + 1) {
        repeat(folders, entry.number, entry.body)?;
        at = entry.end;
        now.entry = entry.number;
        now.time = now.time.max(entry.time);
    }
    now.offset += at as u64;
    if at < bytes.len() {
        journal.open(head.segment)?.cut(now.offset)?;
    }
    gate.set_head(&now)?;
    Ok(now)
}

/// Carries out all that the journal holds: after the machine was started, what was written to files before may not
/// have reached the disk. The journal goes back to a time of which all did.
pub(crate) fn repeat_all(
    folders: &Folders,
    journal: &Journal,
    gate: &Gate,
    now: Timestamp,
) -> io::Result<Head> {
    // Until it is through, files may be of a time long past: nobody is to take them for the truth.
    gate.clear_head()?;
    let generation = Generation::another();
    let mut head: Option<Head> = None;
    for segment in journal.segments()? {
        let bytes = journal.read(segment, 0, None)?.unwrap_or_default();
        let (mut at, mut before) = (0, None);
        while let Some(entry) = entry_at(&bytes, at)
            && before.is_none_or(|before| entry.number == before + 1)
        {
            repeat(folders, entry.number, entry.body)?;
            at = entry.end;
            before = Some(entry.number);
            let (last, time) = head.map_or((0, now), |head| (head.entry, head.time));
            head = Some(Head {
                entry: last.max(entry.number),
                segment,
                offset: at as u64,
                time: entry.time.max(time),
                generation,
            });
        }
        if at < bytes.len() {
            journal.open(segment)?.cut(at as u64)?;
        }
    }
    // A store has a journal from its first moment on. One without is half deleted, and must not become an empty one.
    let head = head.ok_or_else(gone)?;
    gate.set_head(&head)?;
    Ok(head)
}

fn gone() -> io::Error {
    io::Error::new(io::ErrorKind::NotFound, "the journal, or a part of it, is gone")
}

/// Begins the journal of a store that is being made. One that was begun before is left as it is.
pub(crate) fn begin_journal(journal: &Journal, now: Timestamp) -> io::Result<()> {
    if !journal.segments()?.is_empty() {
        return Ok(());
    }
    journal.begin(1, &entry_text(1, now, &[]), true).map(drop)
}
