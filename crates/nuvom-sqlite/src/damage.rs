//! Rows that cannot be records, or that a claim would make into something the schema forbids: they are set aside,
//! once, so that they keep nobody from the others. They stay in the table, as they are but for one time, for a
//! person to look at.

use nuvom_core::ports::Damaged;
use nuvom_core::{Error, JobId, Result};
use rusqlite::{Connection, ErrorCode, params};

use crate::link::{Memory, Write};
use crate::rows::Reader;
use crate::statements::{
    FORGET_ATTEMPTS, FORGET_RESULT, REMOVE_DAMAGED, SET_ASIDE, SET_ASIDE_HELD, SET_ASIDE_JOBS,
};

/// The time, in microseconds, to which `run_at` or `lease_until` of a row is moved that is set aside: it never comes.
pub(crate) const NEVER: i64 = i64::MAX;

/// What a statement found.
#[derive(Default)]
pub(crate) struct Sifted {
    pub(crate) jobs: Vec<nuvom_core::Job>,
    pub(crate) damaged: Vec<(JobId, Error)>,
    /// The id in the last row, whether it could be read or not.
    pub(crate) last: Option<JobId>,
}

impl Sifted {
    pub(crate) fn rows(&self) -> usize {
        self.jobs.len() + self.damaged.len()
    }
}

/// Sets these waiting jobs aside; answers whether that changed anything.
pub(crate) fn set_aside(write: &Write<'_>, ids: impl Iterator<Item = JobId>) -> rusqlite::Result<bool> {
    changed(write, SET_ASIDE, ids)
}

/// The same for jobs that are held.
pub(crate) fn set_aside_held(write: &Write<'_>, ids: impl Iterator<Item = JobId>) -> rusqlite::Result<bool> {
    changed(write, SET_ASIDE_HELD, ids)
}

fn changed(write: &Write<'_>, sql: &str, ids: impl Iterator<Item = JobId>) -> rusqlite::Result<bool> {
    let mut statement = write.prepare(sql)?;
    let mut any = false;
    for id in ids {
        any |= statement.execute(params![id.as_bytes(), NEVER])? > 0;
    }
    Ok(any)
}

/// Removes a job that ended and is old enough to go, with all that is kept of it, though nobody can read it.
pub(crate) fn remove_damaged(write: &Write<'_>, id: JobId) -> rusqlite::Result<()> {
    for statement in [FORGET_ATTEMPTS, FORGET_RESULT, REMOVE_DAMAGED] {
        write.prepare(statement)?.execute([id.as_bytes()])?;
    }
    Ok(())
}

/// Whether the schema forbids what a statement would have made of a row.
pub(crate) fn is_forbidden(error: &rusqlite::Error) -> bool {
    error.sqlite_error_code() == Some(ErrorCode::ConstraintViolation)
}

/// All that was set aside, with the reason.
pub(crate) fn listed(
    connection: &Connection,
    memory: &mut Memory,
    reader: &Reader<'_>,
) -> Result<Vec<Damaged>> {
    let found = reader.sifted(connection, memory, SET_ASIDE_JOBS, [NEVER])?;
    let place = |id: JobId| format!("job {id} in {}", reader.path.display());
    let unread = found
        .damaged
        .iter()
        .map(|(id, error)| Damaged { place: place(*id), reason: error.message().to_owned() });
    let broken = found.jobs.iter().map(|job| Damaged {
        place: place(job.id),
        reason: "its numbers break the rules of the schema".to_owned(),
    });
    Ok(unread.chain(broken).collect())
}
