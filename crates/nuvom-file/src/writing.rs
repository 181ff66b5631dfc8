//! A batch on its way to the disk: the journal, then the files, then the head.

use std::collections::HashSet;
use std::io;

use nuvom_core::{QueueName, Result, Timestamp};
use nuvom_local::failpoint;

use crate::apply::apply;
use crate::batch::Batch;
use crate::change::Change;
use crate::journal::{Generation, Head, Segment, entry_text};
use crate::store::FileStore;

/// So long that a checkpoint is rare, so short that a start after a loss of power repeats it in seconds.
const SEGMENT: u64 = 32 << 20;

/// What the thread of this process uses whose turn it is.
#[derive(Debug, Default)]
pub(crate) struct Writer {
    segment: Option<Segment>,
    /// Queues that have their file.
    queues: HashSet<QueueName>,
}

impl FileStore {
    /// Writes the journal, then the files. Answers how far the journal reaches now.
    pub(crate) fn commit(&self, writer: &mut Writer, head: Head, mut batch: Batch<'_>) -> Result<Head> {
        let (operation, now) = (batch.operation, batch.now);
        let queues: HashSet<QueueName> =
            batch.new_queues().filter(|name| !writer.queues.contains(*name)).cloned().collect();
        for name in &queues {
            batch.push(Change::AddQueue { name: name.clone() });
        }
        let changes = batch.into_changes();
        if changes.is_empty() {
            return Ok(head);
        }
        let mut body = Vec::new();
        for change in &changes {
            change.write_to(&mut body);
        }
        let head = self.write(writer, head, now, &body, &changes).map_err(|e| self.failed(operation, e))?;
        writer.queues.extend(queues);
        Ok(head)
    }

    fn write(
        &self,
        writer: &mut Writer,
        head: Head,
        now: Timestamp,
        body: &[u8],
        changes: &[Change],
    ) -> io::Result<Head> {
        if writer.segment.as_ref().is_none_or(|segment| segment.number != head.segment) {
            writer.segment = Some(self.journal.open(head.segment)?);
        }
        let Some(segment) = &writer.segment else { unreachable!("it was opened a moment ago") };
        let entry = entry_text(head.entry + 1, now, body);
        segment.append(head.offset, &entry, self.synced)?;
        failpoint("journal.written");
        if let Err(stopped) = apply(&self.folders, head.entry + 1, changes) {
            if stopped.taken_back {
                // Whoever looked at the files meanwhile saw some that were moved back since. The head is to say so
                // before the entry is gone, because until then nobody takes it for the truth. If it cannot, the
                // entry goes all the same: its caller is told that nothing happened.
                let _ = self.gate.set_head(&Head { generation: Generation::another(), ..head });
                segment.cut(head.offset)?;
                if self.synced {
                    segment.sync()?;
                }
            }
            // Otherwise the entry stands, and is carried out by whoever has a turn when there is space.
            return Err(stopped.error);
        }
        failpoint("files.written");
        let offset = head.offset + entry.len() as u64;
        let written = Head { entry: head.entry + 1, offset, time: now.max(head.time), ..head };
        self.gate.set_head(&written)?;
        if offset < SEGMENT {
            return Ok(written);
        }
        // The batch is through. Where there is no space for another segment, this one goes on.
        Ok(self.next_segment(writer, written).unwrap_or(written))
    }

    fn next_segment(&self, writer: &mut Writer, head: Head) -> io::Result<Head> {
        let first = entry_text(head.entry + 1, head.time, &[]);
        let number = head.segment + 1;
        writer.segment = Some(self.journal.begin(number, &first, self.synced)?);
        let next = Head { entry: head.entry + 1, segment: number, offset: first.len() as u64, ..head };
        if let Err(error) = self.gate.set_head(&next) {
            // Whoever begins this segment next makes its file anew, and the one that is open here is then no more.
            writer.segment = None;
            return Err(error);
        }
        self.checkpoint.begin(&self.folders, &self.journal, number, self.synced);
        Ok(next)
    }
}
