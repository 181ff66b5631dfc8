//! The schema and its numbered migrations. Migrations only add; the number in the file tells which it has.

use std::path::Path;

use nuvom_core::{Error, ErrorKind, Result};
use rusqlite::{Connection, TransactionBehavior};

use crate::failure::failure;

/// `Nuvo` in ASCII: how a database says that it is ours.
const APPLICATION_ID: i64 = 0x4e75_766f;

/// What tells whose a database is. One statement, so that all of it is of one moment: between two, another
/// process may make an empty file into a database of ours.
const SIGNATURE: &str = "\
    SELECT (SELECT application_id FROM pragma_application_id), (SELECT user_version FROM pragma_user_version), \
    (SELECT count(*) FROM sqlite_schema)";

const MIGRATIONS: &[&str] = &[
    include_str!("../migrations/0001_start.sql"),
    include_str!("../migrations/0002_signatures.sql"),
    include_str!("../migrations/0003_records.sql"),
    include_str!("../migrations/0004_schedules.sql"),
    include_str!("../migrations/0005_workers.sql"),
];

/// The newest schema that this build knows.
pub const SCHEMA_VERSION: i64 = MIGRATIONS.len() as i64;

/// Brings the database to the newest schema, or says why it must not be touched.
pub(crate) fn migrate(connection: &mut Connection, path: &Path) -> Result<()> {
    let failed = |error| failure("open", path, error);
    if version(connection, path)? == SCHEMA_VERSION {
        return Ok(());
    }
    // Two processes may start at once: whoever gets the write lock second finds the work done.
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(failed)?;
    let present = version(&transaction, path)?;
    for migration in &MIGRATIONS[present as usize..] {
        transaction.execute_batch(migration).map_err(failed)?;
    }
    transaction.pragma_update(None, "application_id", APPLICATION_ID).map_err(failed)?;
    transaction.pragma_update(None, "user_version", SCHEMA_VERSION).map_err(failed)?;
    transaction.commit().map_err(failed)
}

/// The schema number of a database of ours, 0 for an empty file.
pub(crate) fn version(connection: &Connection, path: &Path) -> Result<i64> {
    let failed = |error| failure("open", path, error);
    let (application, version, tables): (i64, i64, i64) = connection
        .query_row(SIGNATURE, [], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .map_err(failed)?;
    if application == APPLICATION_ID {
        if version > SCHEMA_VERSION {
            return Err(Error::new(
                ErrorKind::Foreign,
                format!(
                    "the database has schema {version}, and this Nuvom knows schemas up to {SCHEMA_VERSION}"
                ),
            )
            .with("path", path.display())
            .hint("Upgrade Nuvom, or point NUVOM_SQLITE_PATH at another file"));
        }
        return Ok(version);
    }
    if application != 0 || version != 0 || tables != 0 {
        return Err(Error::new(ErrorKind::Foreign, "the database belongs to another program")
            .with("path", path.display())
            .hint("Point NUVOM_SQLITE_PATH at another file; this one was left as it is"));
    }
    Ok(0)
}
