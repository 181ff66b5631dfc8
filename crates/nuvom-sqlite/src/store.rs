//! The store: its connections, its time, and what all ports share.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use nuvom_core::ports::Stores;
use nuvom_core::{Clock, Error, ErrorKind, Result, StoreTime, Timestamp};
use nuvom_local::{Bell, Gone, Identity, create_private_file, create_private_folder};
use rusqlite::OptionalExtension;

use crate::connection::{self, Durability, Purpose};
use crate::link::{Link, Write};
use crate::rows::Reader;
use crate::schema::{migrate, version};
use crate::statements::{LATEST_TIME, TOUCH_CLOCK};

/// How exactly the store remembers the latest time it saw, in microseconds: fine enough that a clock set back
/// costs a second, coarse enough that keeping it costs nothing.
const TIME_STEP: i64 = 1_000_000;

const GONE: Gone = Gone {
    message: "the database file was deleted or replaced while in use",
    hint: "Restore it if it should not have gone, then restart this process; a restart creates an empty queue where \
           there is no file",
};

/// Connections for questions that are kept open when nobody asks.
const READERS_KEPT: usize = 4;

/// Queue, results and schedules in one SQLite file.
pub struct SqliteStore {
    pub(crate) path: PathBuf,
    pub(crate) bell: Bell,
    identity: Identity,
    durability: Durability,
    clock: Arc<dyn Clock>,
    time: Mutex<Time>,
    acknowledge: Mutex<Option<Link>>,
    work: Mutex<Option<Link>>,
    readers: Mutex<Vec<Link>>,
}

#[derive(Default)]
struct Time {
    now: StoreTime,
    stored: Timestamp,
}

impl std::fmt::Debug for SqliteStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SqliteStore").field("path", &self.path).finish_non_exhaustive()
    }
}

impl SqliteStore {
    /// Opens the database at `path` and creates it, with its folder, if it is not there.
    pub fn open(
        path: impl Into<PathBuf>,
        durability: Durability,
        clock: Arc<dyn Clock>,
    ) -> Result<Arc<Self>> {
        let path = path.into();
        create_database(&path)?;
        let bare = connection::bare(&path)?;
        version(&bare, &path)?;
        let mut first = connection::settle(bare, &path, Purpose::Read, durability)?;
        migrate(&mut first, &path)?;
        let store = Self {
            bell: Bell::in_folder(wake_folder(&path)),
            identity: Identity::of(&path, GONE)?,
            path,
            durability,
            clock,
            time: Mutex::default(),
            acknowledge: Mutex::default(),
            work: Mutex::default(),
            readers: Mutex::default(),
        };
        let reader = store.reader("open");
        let latest: Option<i64> =
            first.query_row(LATEST_TIME, [], |row| row.get(0)).optional().map_err(|e| reader.failed(e))?;
        store.time().now.seen(Timestamp::from_micros(latest.unwrap_or_default()), &*store.clock);
        store.give_back(Link::new(first));
        Ok(Arc::new(store))
    }

    /// All ports, served by this store.
    pub fn stores(self: &Arc<Self>) -> Stores {
        Stores {
            jobs: Arc::clone(self) as _,
            inspect: Arc::clone(self) as _,
            results: Arc::clone(self) as _,
            schedules: Arc::clone(self) as _,
            roster: Arc::clone(self) as _,
            joint_results: true,
        }
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn reader(&self, operation: &'static str) -> Reader<'_> {
        Reader { operation, path: &self.path }
    }

    /// Runs a write that is on the disk when this returns, if durability says so.
    pub(crate) fn acknowledged<T>(
        &self,
        operation: &'static str,
        write: impl FnOnce(&mut Write<'_>, Timestamp) -> Result<T>,
    ) -> Result<T> {
        match self.durability {
            Durability::Full => self.commit(&self.acknowledge, Purpose::Acknowledge, operation, write),
            Durability::Process => self.worked(operation, write),
        }
    }

    /// Runs a write whose loss with the power is a recorded repeat.
    pub(crate) fn worked<T>(
        &self,
        operation: &'static str,
        write: impl FnOnce(&mut Write<'_>, Timestamp) -> Result<T>,
    ) -> Result<T> {
        self.commit(&self.work, Purpose::Work, operation, write)
    }

    /// Asks with the connection that the next write of a worker uses, so that pages are read once for both.
    pub(crate) fn glance<T>(&self, ask: impl FnOnce(&Link) -> Result<T>) -> Result<T> {
        self.still_there("read")?;
        let mut slot = lock(&self.work);
        match &mut *slot {
            Some(link) => ask(link),
            empty => ask(empty.insert(self.connect(Purpose::Work)?)),
        }
    }

    /// Asks with a connection of its own.
    pub(crate) fn read<T>(&self, ask: impl FnOnce(&mut Link) -> Result<T>) -> Result<T> {
        self.still_there("read")?;
        let idle = lock(&self.readers).pop();
        let mut link = match idle {
            Some(link) => link,
            None => self.connect(Purpose::Read)?,
        };
        let answer = ask(&mut link);
        self.give_back(link);
        answer
    }

    /// The store's time. Within a write it cannot be overtaken by another write.
    pub(crate) fn now(&self) -> Timestamp {
        self.time().now.now(&*self.clock)
    }

    fn commit<T>(
        &self,
        slot: &Mutex<Option<Link>>,
        purpose: Purpose,
        operation: &'static str,
        write: impl FnOnce(&mut Write<'_>, Timestamp) -> Result<T>,
    ) -> Result<T> {
        let reader = self.reader(operation);
        self.still_there(operation)?;
        let mut slot = lock(slot);
        let link = match &mut *slot {
            Some(link) => link,
            empty => empty.insert(self.connect(purpose)?),
        };
        let mut transaction = link.write().map_err(|e| reader.failed(e))?;
        let now = self.now();
        let answer = write(&mut transaction, now)?;
        self.remember(&transaction, now).map_err(|e| reader.failed(e))?;
        transaction.commit().map_err(|e| reader.failed(e))?;
        Ok(answer)
    }

    /// Fails if the file was deleted or replaced: what is written now would be lost, and what is read is past.
    fn still_there(&self, operation: &'static str) -> Result<()> {
        self.identity.check(&*self.clock).map_err(|error| error.during(operation))
    }

    fn remember(&self, transaction: &Write<'_>, now: Timestamp) -> rusqlite::Result<()> {
        if now.as_micros() - self.time().stored.as_micros() < TIME_STEP {
            return Ok(());
        }
        let latest: i64 = transaction.prepare(TOUCH_CLOCK)?.query_row([now.as_micros()], |row| row.get(0))?;
        let mut time = self.time();
        time.stored = Timestamp::from_micros(latest);
        time.now.seen(Timestamp::from_micros(latest), &*self.clock);
        Ok(())
    }

    fn connect(&self, purpose: Purpose) -> Result<Link> {
        self.identity.check_now()?;
        let link = connection::open(&self.path, purpose, self.durability).map(Link::new)?;
        // Another file must not be mistaken for the one that this store has opened and checked.
        self.identity.check_now()?;
        Ok(link)
    }

    fn give_back(&self, link: Link) {
        let mut readers = lock(&self.readers);
        if readers.len() < READERS_KEPT {
            readers.push(link);
        }
    }

    fn time(&self) -> MutexGuard<'_, Time> {
        lock(&self.time)
    }
}

/// What a lock of this crate guards is valid between any two statements, so a panic elsewhere leaves no
/// damage behind: an open transaction is rolled back on the way.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Beside the database, as SQLite's own files.
fn wake_folder(path: &Path) -> PathBuf {
    let mut folder = path.as_os_str().to_owned();
    folder.push("-wake");
    folder.into()
}

fn create_database(path: &Path) -> Result<()> {
    let folder = path.parent().unwrap_or(Path::new(""));
    create_private_folder(folder).and_then(|()| create_private_file(path)).map_err(|error| {
        Error::new(ErrorKind::Permission, "the database cannot be opened for writing")
            .during("open")
            .with("path", path.display())
            .caused_by(error)
            .hint("Make the file and its folder writable for this user, or set NUVOM_SQLITE_PATH")
    })
}
