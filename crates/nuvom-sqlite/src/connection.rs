//! Opening a connection: settings that every one of them needs, and the wait for a busy neighbour.

use std::cell::Cell;
use std::path::Path;
use std::time::{Duration, Instant};

use nuvom_core::{Error, ErrorKind, Result};
use rusqlite::{Connection, ErrorCode, OpenFlags};

use crate::failure::failure;

/// What an acknowledged job survives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Durability {
    /// Loss of power: an enqueue waits for the disk. Claims and finishes do not, since a lost finish is a
    /// recorded repeat.
    #[default]
    Full,
    /// The crash of any process, but not of the machine: nothing waits for the disk.
    Process,
}

/// Before this version a WAL database could be damaged by a rare race of two checkpoints.
const OLDEST_SQLITE: i32 = 3_051_003;

/// The version of SQLite in this program.
pub fn linked_version() -> &'static str {
    rusqlite::version()
}

/// How long a call waits for another process's transaction before it gives up.
const BUSY_WAIT: Duration = Duration::from_secs(30);

/// Kept in memory by a connection that needs it, in KiB; an idle one holds almost nothing.
const CACHE_KIB: i64 = 32 * 1024;

/// Pages in the WAL before a commit copies them back (16 MiB): often enough for the file to stay small,
/// seldom enough for a busy worker not to notice.
const CHECKPOINT_PAGES: i64 = 4_000;

const STATEMENTS_KEPT: usize = 64;

/// What a connection is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Writes that must be on the disk when they return, under `Durability::Full`.
    Acknowledge,
    /// Writes that may be lost with the power.
    Work,
    /// Questions.
    Read,
}

/// Opens one connection to an existing file.
pub(crate) fn open(path: &Path, purpose: Purpose, durability: Durability) -> Result<Connection> {
    settle(bare(path)?, path, purpose, durability)
}

/// Opens a file that may belong to somebody else: nothing is changed in it, not even its journal mode.
pub(crate) fn bare(path: &Path) -> Result<Connection> {
    let failed = |error| failure("open", path, error);
    if rusqlite::version_number() < OLDEST_SQLITE {
        return Err(Error::new(
            ErrorKind::Unsupported,
            "the linked SQLite is too old to be trusted with a WAL",
        )
        .with("found", rusqlite::version())
        .with("needed", "3.51.3"));
    }
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = Connection::open_with_flags(path, flags).map_err(failed)?;
    connection.busy_handler(Some(wait_for_neighbour)).map_err(failed)?;
    Ok(connection)
}

/// Gives a connection the settings that every one needs.
pub(crate) fn settle(
    connection: Connection,
    path: &Path,
    purpose: Purpose,
    durability: Durability,
) -> Result<Connection> {
    let failed = |error| failure("open", path, error);
    log_ahead(&connection).map_err(failed)?;
    let synchronous = match (purpose, durability) {
        (Purpose::Acknowledge, Durability::Full) => "FULL",
        _ => "NORMAL",
    };
    let settings: [(&str, &dyn rusqlite::ToSql); 5] = [
        ("synchronous", &synchronous),
        ("wal_autocheckpoint", &CHECKPOINT_PAGES),
        ("cache_size", &-CACHE_KIB),
        ("mmap_size", &0),
        ("temp_store", &"MEMORY"),
    ];
    for (name, value) in settings {
        connection.pragma(None, name, value, |_| Ok(())).map_err(failed)?;
    }
    connection.set_prepared_statement_cache_capacity(STATEMENTS_KEPT);
    Ok(connection)
}

/// Switches to WAL, once in the life of a file. Where another process is about to do the same, SQLite refuses at
/// once and asks no busy handler, since each could be waiting for the other: whoever was refused comes back.
fn log_ahead(connection: &Connection) -> rusqlite::Result<()> {
    let (since, mut tries) = (Instant::now(), 0);
    loop {
        let switched =
            connection.pragma_update_and_check(None, "journal_mode", "wal", |row| row.get::<_, String>(0));
        match switched {
            Err(error)
                if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy)
                    && since.elapsed() < BUSY_WAIT =>
            {
                pause(tries);
                tries += 1;
            }
            other => return other.map(drop),
        }
    }
}

/// Asked by SQLite while another connection holds a lock: whether to try again.
fn wait_for_neighbour(tries: i32) -> bool {
    thread_local! {
        static SINCE: Cell<Option<Instant>> = const { Cell::new(None) };
    }
    let now = Instant::now();
    let since = match SINCE.get() {
        Some(since) if tries > 0 => since,
        _ => {
            SINCE.set(Some(now));
            now
        }
    };
    if now.duration_since(since) > BUSY_WAIT {
        return false;
    }
    pause(tries);
    true
}

/// Sleeps a little longer each time, with jitter so that neighbours do not march in step.
fn pause(tries: i32) {
    let longest = 50_u64 << tries.clamp(0, 7);
    std::thread::sleep(Duration::from_micros(fastrand::u64(longest / 2..=longest)));
}
