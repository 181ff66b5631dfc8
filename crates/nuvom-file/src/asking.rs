//! Asking without a turn. The head is read before and after: where nobody wrote in between, what was read is of one
//! moment. Where somebody did, again and again, the question waits for its turn like a change.

use std::io;

use nuvom_core::{ErrorKind, JobId, Result, State};

use crate::batch::Batch;
use crate::follow::{Followed, make};
use crate::gate::Gate;
use crate::index::Index;
use crate::journal::{Head, Journal};
use crate::store::FileStore;

/// How often a question is asked without a turn.
const TRIES: usize = 3;

impl FileStore {
    /// Asks the files.
    pub(crate) fn ask<T>(
        &self,
        operation: &'static str,
        ask: impl Fn(&mut Batch<'_>) -> Result<T>,
    ) -> Result<T> {
        self.still_there(operation)?;
        for _ in 0..TRIES {
            let Some(before) = self.settled(operation)? else { continue };
            let mut batch = Batch::new(&self.folders, operation, before.time);
            let answer = ask(&mut batch);
            if self.settled(operation)? == Some(before) && batch.others().is_empty() {
                return answer;
            }
        }
        // Also what is damaged is moved away here, when nobody can be writing it.
        self.change(operation, |batch| ask(batch))
    }

    /// The head, if all that the journal holds has reached the files.
    fn settled(&self, operation: &'static str) -> Result<Option<Head>> {
        settled_head(&self.gate, &self.journal).map_err(|error| self.failed(operation, error))
    }

    /// The head as it was a moment ago. A dead writer's entry is carried out first.
    pub(crate) fn quiet_head(&self, operation: &'static str) -> Result<Head> {
        if let Some(head) = self.settled(operation)? {
            self.seen(head.time);
            return Ok(head);
        }
        self.turn(operation).map(|(_, head)| head)
    }

    /// Makes the index, unless this process has it.
    pub(crate) fn make_index(&self, operation: &'static str) -> Result<()> {
        if self.followed().is_some() {
            return Ok(());
        }
        let head = self.quiet_head(operation)?;
        let followed = make(&self.folders, head).map_err(|e| self.failed(operation, e))?;
        let all_read = followed.doubtful.is_empty();
        *self.followed() = Some(followed);
        // What looked damaged is looked at again when it is our turn.
        if all_read { Ok(()) } else { self.change_found(operation, |_, _| Ok(())) }
    }

    /// Brings the index to where the journal is; makes it anew where the journal does not go back so far.
    pub(crate) fn bring_up<'a>(
        &self,
        slot: &'a mut Option<Followed>,
        head: &Head,
    ) -> io::Result<&'a mut Followed> {
        let keeps_up = match slot {
            Some(followed) => followed.follow(&self.journal, head)?,
            None => false,
        };
        if !keeps_up {
            *slot = Some(make(&self.folders, *head)?);
        }
        Ok(slot.as_mut().unwrap_or_else(|| unreachable!("it was made a moment ago")))
    }
}

/// The head, if all that the journal holds has reached the files.
pub(crate) fn settled_head(gate: &Gate, journal: &Journal) -> io::Result<Option<Head>> {
    let Some(head) = gate.head()? else { return Ok(None) };
    Ok((journal.length(head.segment)? == Some(head.offset)).then_some(head))
}

/// Reads again what could not be read while others may have been writing it. What still cannot be is set aside.
pub(crate) fn look_again(
    batch: &mut Batch<'_>,
    index: &mut Index,
    doubtful: &[(JobId, State)],
) -> Result<()> {
    for (id, state) in doubtful {
        match batch.find_in(*id, *state) {
            Ok(Some(job)) => index.note_job(job),
            Ok(None) => {}
            // A newer Nuvom wrote it, and knows what to do with it.
            Err(error) if error.kind() == ErrorKind::Foreign => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}
