//! A copy of the database, by SQLite's own means: what is in the WAL is in it, and what is written meanwhile is not.

use std::path::Path;

use nuvom_core::ports::{Backup, Copied};
use nuvom_core::{Error, ErrorKind, Result};
use nuvom_local::create_private_file;
use rusqlite::backup::{Backup as Copying, StepResult};
use rusqlite::{Connection, ErrorCode, ffi};

use crate::connection;
use crate::failure::failure;
use crate::statements::{BACKUP_BEGIN, BACKUP_CHECK, BACKUP_JOBS};
use crate::store::SqliteStore;

/// Pages a step (4 MiB): seldom enough to cost nothing, often enough to be seen to move.
const STEP: i32 = 1_000;

impl Backup for SqliteStore {
    fn back_up(&self, to: &Path, progress: &mut dyn FnMut(u64, u64)) -> Result<Copied> {
        let failed = |error: rusqlite::Error| match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseCorrupt) => damaged(self.path(), &error.to_string()),
            _ => failure("back up", to, error),
        };
        create_private_file(to).map_err(|error| {
            Error::new(ErrorKind::Permission, "the copy cannot be written")
                .during("back up")
                .with("path", to.display())
                .caused_by(error)
                .hint("Make its folder writable for this user, or name another one")
        })?;
        let mut copy = connection::bare(to)?;
        self.read(|link| copied(&link.connection, &mut copy, progress).map_err(failed))?;
        let verdict: String = copy.query_row(BACKUP_CHECK, [], |row| row.get(0)).map_err(failed)?;
        if verdict != "ok" {
            return Err(damaged(self.path(), &verdict));
        }
        let jobs = copy.query_row(BACKUP_JOBS, [], |row| row.get(0)).map_err(failed)?;
        // One file alone, that can be moved and opened by whoever may only read it.
        copy.pragma_update_and_check(None, "journal_mode", "delete", |_| Ok(())).map_err(failed)?;
        copy.close().map_err(|(_, error)| failed(error))?;
        let bytes = std::fs::symlink_metadata(to).map_or(0, |file| file.len());
        Ok(Copied { jobs, bytes, damaged: 0 })
    }
}

/// Copies all pages, as they are at the moment at which this begins.
fn copied(
    from: &Connection,
    to: &mut Connection,
    progress: &mut dyn FnMut(u64, u64),
) -> rusqlite::Result<()> {
    // Without a transaction around all steps, each commit of another process would have it begin anew.
    let transaction = from.unchecked_transaction()?;
    transaction.query_row(BACKUP_BEGIN, [], |_| Ok(()))?;
    let backup = Copying::new(&transaction, to)?;
    loop {
        let ended = backup.step(STEP)?;
        let told = backup.progress();
        let (all, left) = (told.pagecount.max(0).unsigned_abs(), told.remaining.max(0).unsigned_abs());
        progress(u64::from(all.saturating_sub(left)), u64::from(all));
        match ended {
            StepResult::Done => break,
            StepResult::More => {}
            // Nobody else knows of the copy, and whoever reads the store waits for nobody.
            _ => return Err(rusqlite::Error::SqliteFailure(ffi::Error::new(ffi::SQLITE_BUSY), None)),
        }
    }
    drop(backup);
    transaction.commit()
}

fn damaged(path: &Path, verdict: &str) -> Error {
    Error::new(ErrorKind::Corrupt, format!("the copy is damaged, as the store probably is: {verdict}"))
        .during("back up")
        .with("path", path.display())
        .hint("Keep the backups that you have. Stop all workers, and save what `sqlite3 FILE .recover` can read")
}
