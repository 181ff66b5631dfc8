//! Keeping an index true: making it from the files, and bringing it to where the journal is.

use std::io;

use nuvom_core::{JobId, State};

use crate::apply::{aside, id_in, queue_in, renewed};
use crate::change::{Change, lines, word};
use crate::facts::Facts;
use crate::folders::{Folders, Kind, PAUSED};
use crate::index::Index;
use crate::journal::{Head, Journal, entry_at};
use crate::names::queues_in;
use crate::record_text::{has_lease_line, lease_until, record_line};

/// An index, and the entry up to which it is true.
#[derive(Debug)]
pub(crate) struct Followed {
    pub(crate) index: Index,
    pub(crate) head: Head,
    /// Files that could not be read, and may have been half written by somebody just then.
    pub(crate) doubtful: Vec<(JobId, State)>,
}

/// The index that follows from the files. Jobs may move meanwhile: whatever moves after `head` stands in the journal
/// after it, and is told to the index when that is followed.
pub(crate) fn make(folders: &Folders, head: Head) -> io::Result<Followed> {
    let mut index = Index::default();
    let mut doubtful = Vec::new();
    for state in [State::Pending, State::Running] {
        for id in folders.ids(Kind::Job(state))? {
            // Gone since its name was read.
            let Some(text) = folders.read(Kind::Job(state), id)? else { continue };
            match facts(id, state, &text) {
                Some(facts) => index.note(&facts),
                None => doubtful.push((id, state)),
            }
        }
    }
    for name in queues_in(folders, PAUSED)? {
        index.pause(name, true);
    }
    Ok(Followed { index, head, doubtful })
}

fn facts(id: JobId, state: State, text: &[u8]) -> Option<Facts<'_>> {
    let mut facts = Facts::read(record_line(text))?;
    if has_lease_line(text) {
        facts.lease_until = lease_until(text);
    }
    let as_it_should_be = facts.id == id && facts.state == state;
    // What is missing from the facts may still make the record unreadable: its end, for one.
    (as_it_should_be && (state == State::Pending || facts.lease_until.is_some())).then_some(facts)
}

impl Followed {
    /// Reads what the journal says since; answers whether it could. It cannot if the entries are gone, or if files
    /// were moved of which no entry tells.
    pub(crate) fn follow(&mut self, journal: &Journal, head: &Head) -> io::Result<bool> {
        if self.head.generation != head.generation {
            return Ok(false);
        }
        // Another thread may have brought it further since the head was read.
        if self.head.entry >= head.entry {
            return Ok(true);
        }
        let mut from = self.head.offset;
        for segment in self.head.segment..=head.segment {
            let to = (segment == head.segment).then_some(head.offset);
            let Some(bytes) = journal.read(segment, from, to)? else { return Ok(false) };
            let mut at = 0;
            while let Some(entry) = entry_at(&bytes, at) {
                // Of an entry that was taken back and written anew, only the new one is in the file.
                self.index.follow(entry.body);
                self.head.entry = entry.number;
                at = entry.end;
            }
            from = 0;
        }
        let arrived = self.head.entry == head.entry;
        self.head = *head;
        Ok(arrived)
    }
}

impl Index {
    fn follow(&mut self, body: &[u8]) {
        for (word, json) in lines(body) {
            match word {
                word::RECORD => {
                    if let Some(facts) = Facts::read(json) {
                        self.note(&facts);
                    }
                }
                word::RENEW => {
                    if let Some((id, lease, until)) = renewed(json) {
                        self.renew(id, lease, until);
                    }
                }
                word::FORGET => {
                    if let Some(id) = id_in(json) {
                        self.forget(id);
                    }
                }
                word::SET_ASIDE => {
                    if let Some((id, ..)) = aside(json) {
                        self.forget(id);
                    }
                }
                word::PAUSE_QUEUE | word::RESUME_QUEUE => {
                    if let Some(name) = queue_in(json) {
                        self.pause(name, word == word::PAUSE_QUEUE);
                    }
                }
                _ => {}
            }
        }
    }

    /// Takes up what this process has just changed besides records, which it noted when it decided on them.
    pub(crate) fn absorb(&mut self, changes: &[Change]) {
        for change in changes {
            match change {
                Change::Renew { id, lease, until } => self.renew(*id, *lease, *until),
                Change::Forget { id } | Change::SetAside { id, .. } => self.forget(*id),
                Change::PauseQueue { name } => self.pause(name.clone(), true),
                Change::ResumeQueue { name } => self.pause(name.clone(), false),
                Change::Put(_)
                | Change::PutResult { .. }
                | Change::ForgetResult { .. }
                | Change::PutSchedule { .. }
                | Change::ForgetSchedule { .. }
                | Change::AddQueue { .. } => {}
            }
        }
    }
}
