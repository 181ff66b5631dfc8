//! The store: whose turn it is to write, the journal before the files, and what all ports share.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use nuvom_core::ports::Stores;
use nuvom_core::{Clock, Error, Result, StoreTime, Timestamp};
use nuvom_local::{Bell, Gone, Identity};

use crate::asking::{look_again, settled_head};
use crate::batch::Batch;
use crate::checkpoint::Checkpoint;
use crate::failure::failure;
use crate::folders::{Folders, JOURNAL, WAKE};
use crate::follow::Followed;
use crate::gate::{Gate, Turn};
use crate::home::{create_folder, is_settled, refuse_foreign, refuse_network, settle};
use crate::index::Index;
use crate::inspect::Listing;
use crate::journal::{Head, Journal};
use crate::machine::Machine;
use crate::repair::{repaired, repeat_all};
use crate::writing::Writer;

const GONE: Gone = Gone {
    message: "the folder of the file backend was deleted or replaced while in use",
    hint: "Restore it if it should not have gone, then restart this process; a restart creates an empty queue where \
           there is no folder",
};

/// What an accepted job survives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Durability {
    /// A loss of power: every batch is on the disk before its call returns.
    #[default]
    Full,
    /// The death of processes. A loss of power may cost, or damage, what was written in the last minute.
    Process,
}

/// How a store is opened.
#[derive(Debug, Clone, Copy, Default)]
pub struct Options {
    /// What an accepted job survives.
    pub durability: Durability,
    /// Opens a folder on a network, or of another machine, which it then belongs to this one.
    pub force: bool,
}

/// Queue, results and schedules in one folder.
pub struct FileStore {
    pub(crate) folders: Arc<Folders>,
    pub(crate) journal: Arc<Journal>,
    pub(crate) gate: Gate,
    pub(crate) bell: Bell,
    identity: Identity,
    pub(crate) synced: bool,
    clock: Arc<dyn Clock>,
    time: Mutex<StoreTime>,
    writer: Mutex<Writer>,
    /// None until this process claims. Locked after `writer`, where both are.
    followed: Mutex<Option<Followed>>,
    listing: Mutex<Option<Listing>>,
    pub(crate) checkpoint: Checkpoint,
}

impl fmt::Debug for FileStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FileStore").field("path", &self.path()).finish_non_exhaustive()
    }
}

impl FileStore {
    /// Opens the folder at `path` and makes it a store, if it is not there or empty.
    pub fn open(path: impl Into<PathBuf>, options: Options, clock: Arc<dyn Clock>) -> Result<Arc<Self>> {
        let path = path.into();
        create_folder(&path)?;
        let machine = Machine::here(&path);
        Self::open_on(&machine, path, options, clock)
    }

    /// The same on a machine of which these facts hold: how tests have another one.
    pub fn open_on(
        machine: &Machine,
        path: impl Into<PathBuf>,
        options: Options,
        clock: Arc<dyn Clock>,
    ) -> Result<Arc<Self>> {
        let given = path.into();
        create_folder(&given)?;
        let failed = |error| failure("open", &given, error);
        // Whatever the working directory becomes.
        let path = std::path::absolute(&given).map_err(failed)?;
        refuse_network(&path, machine, options.force)?;
        refuse_foreign(&path)?;
        let folders = Arc::new(Folders::new(path.clone()));
        folders.check().map_err(failed)?;
        let gate = Gate::open(&path, machine.boot.as_deref()).map_err(failed)?;
        let synced = options.durability == Durability::Full;
        let journal = Arc::new(Journal::new(path.join(JOURNAL)));
        let mut time = StoreTime::default();
        // Mostly all is as it should be, and whoever only wants to ask need not wait for a writer.
        let is_home = machine.boot.is_some() && is_settled(&folders, machine)?;
        let settled = settled_head(&gate, &journal).map_err(failed)?.filter(|_| is_home);
        let head = if let Some(head) = settled {
            head
        } else {
            let _turn = gate.wait("open")?;
            let now = time.now(&*clock);
            settle(&folders, &journal, machine, options.force, now)?;
            // Where nobody can say when the machine was started, every opening may be the first one after.
            let head = match machine.boot {
                Some(_) => repaired(&folders, &journal, &gate, now),
                None => repeat_all(&folders, &journal, &gate, now),
            };
            head.map_err(failed)?
        };
        time.seen(head.time, &*clock);
        Ok(Arc::new(Self {
            bell: Bell::in_folder(path.join(WAKE)),
            identity: Identity::of(&Gate::path_in(&path), GONE)?,
            folders,
            journal,
            gate,
            synced,
            clock,
            time: Mutex::new(time),
            writer: Mutex::default(),
            followed: Mutex::default(),
            listing: Mutex::default(),
            checkpoint: Checkpoint::default(),
        }))
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

    /// The folder.
    pub fn path(&self) -> &Path {
        self.folders.root()
    }

    /// Waits until old parts of the journal are gone, if that is being done.
    pub fn wait_for_checkpoint(&self) {
        self.checkpoint.wait();
    }

    /// The store's time. Within a batch it cannot be overtaken by another one.
    pub(crate) fn now(&self) -> Timestamp {
        lock(&self.time).now(&*self.clock)
    }

    /// The clock, for a store beside this one.
    pub(crate) fn clock(&self) -> Arc<dyn Clock> {
        Arc::clone(&self.clock)
    }

    /// Learns what time others have seen.
    pub(crate) fn seen(&self, time: Timestamp) {
        lock(&self.time).seen(time, &*self.clock);
    }

    /// Changes records that the batch finds by their ids.
    pub(crate) fn change<T>(
        &self,
        operation: &'static str,
        act: impl FnOnce(&mut Batch<'_>) -> Result<T>,
    ) -> Result<T> {
        self.in_turn(operation, |writer, head| {
            let mut batch = Batch::new(&self.folders, operation, self.now());
            let answer = act(&mut batch)?;
            self.commit(writer, head, batch)?;
            Ok(answer)
        })
    }

    /// Changes records that are found by the index. `act` notes each record that it changed there itself.
    pub(crate) fn change_found<T>(
        &self,
        operation: &'static str,
        act: impl FnOnce(&mut Batch<'_>, &mut Index) -> Result<T>,
    ) -> Result<T> {
        self.make_index(operation)?;
        self.in_turn(operation, |writer, head| {
            let mut slot = lock(&self.followed);
            self.bring_up(&mut slot, &head).map_err(|e| self.failed(operation, e))?;
            // Until the batch is through, the index says what is not so yet.
            let mut followed = slot.take().unwrap_or_else(|| unreachable!("it was brought up"));
            let mut batch = Batch::new(&self.folders, operation, self.now());
            let doubtful = std::mem::take(&mut followed.doubtful);
            look_again(&mut batch, &mut followed.index, &doubtful)?;
            let answer = act(&mut batch, &mut followed.index)?;
            followed.index.absorb(batch.others());
            followed.head = self.commit(writer, head, batch)?;
            *slot = Some(followed);
            Ok(answer)
        })
    }

    /// Asks the index, brought to where the journal is, without waiting for anybody's turn.
    pub(crate) fn ask_index<T>(
        &self,
        operation: &'static str,
        ask: impl FnOnce(&mut Index, Timestamp) -> T,
    ) -> Result<T> {
        self.still_there(operation)?;
        self.make_index(operation)?;
        let head = self.quiet_head(operation)?;
        let mut slot = lock(&self.followed);
        let followed = self.bring_up(&mut slot, &head).map_err(|e| self.failed(operation, e))?;
        Ok(ask(&mut followed.index, self.now()))
    }

    /// Waits for this process's and this thread's turn, and finishes what a dead one began.
    pub(crate) fn turn(&self, operation: &'static str) -> Result<(Turn<'_>, Head)> {
        let turn = self.gate.wait(operation)?;
        let head = repaired(&self.folders, &self.journal, &self.gate, self.now());
        let head = head.map_err(|e| self.failed(operation, e))?;
        self.seen(head.time);
        Ok((turn, head))
    }

    /// Fails if the folder was deleted or replaced: what is written now would be lost, and what is read is past.
    pub(crate) fn still_there(&self, operation: &'static str) -> Result<()> {
        self.identity.check(&*self.clock).map_err(|error| error.during(operation))
    }

    /// An error of a file; or that the folder is gone, if that is why.
    pub(crate) fn failed(&self, operation: &'static str, error: std::io::Error) -> Error {
        match self.identity.check_now() {
            Ok(()) => failure(operation, self.path(), error),
            Err(gone) => gone.during(operation),
        }
    }

    /// What the last listing found.
    pub(crate) fn listing(&self) -> MutexGuard<'_, Option<Listing>> {
        lock(&self.listing)
    }

    pub(crate) fn monotonic(&self) -> std::time::Duration {
        self.clock.monotonic()
    }

    /// The index of this process.
    pub(crate) fn followed(&self) -> MutexGuard<'_, Option<Followed>> {
        lock(&self.followed)
    }

    fn in_turn<T>(
        &self,
        operation: &'static str,
        act: impl FnOnce(&mut Writer, Head) -> Result<T>,
    ) -> Result<T> {
        self.still_there(operation)?;
        let mut writer = lock(&self.writer);
        let (turn, head) = self.turn(operation)?;
        let answer = act(&mut writer, head);
        drop(turn);
        answer
    }
}

/// What a lock of this crate guards is valid between any two statements, so a panic elsewhere leaves no damage behind.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
