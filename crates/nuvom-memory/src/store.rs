//! The store itself: one lock over all that is kept, and the wakers that are called when it is free again.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use nuvom_core::ports::{Stores, Wakers};
use nuvom_core::{Clock, ListedWorker, StoreTime, Timestamp, WorkerName};

use crate::board::Board;
use crate::timetable::Timetable;

/// Jobs, results and schedules of one process.
pub struct MemoryStore {
    clock: Arc<dyn Clock>,
    kept: Mutex<Kept>,
    pub(crate) wakers: Arc<Wakers>,
}

/// All that the store keeps; one lock guards it, so that each operation is whole or not seen at all.
#[derive(Default)]
pub(crate) struct Kept {
    pub(crate) board: Board,
    pub(crate) timetable: Timetable,
    pub(crate) workers: BTreeMap<WorkerName, ListedWorker>,
    time: StoreTime,
}

impl MemoryStore {
    /// An empty store that goes by this clock.
    pub fn new(clock: Arc<dyn Clock>) -> Arc<Self> {
        Arc::new(Self { clock, kept: Mutex::default(), wakers: Arc::default() })
    }

    /// This store as every port.
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

    /// Reads what is kept.
    pub(crate) fn read<T>(&self, ask: impl FnOnce(&Kept) -> T) -> T {
        ask(&self.kept())
    }

    /// The store's time.
    pub(crate) fn now(&self) -> Timestamp {
        self.kept().time.now(&*self.clock)
    }

    /// Changes what is kept, at the store's time, and then tells whoever waits for such a change.
    pub(crate) fn change<T>(&self, act: impl FnOnce(&mut Kept, Timestamp) -> T) -> T {
        let (answer, changed) = {
            let mut kept = self.kept();
            let now = kept.time.now(&*self.clock);
            (act(&mut kept, now), kept.board.take_changed())
        };
        // A waker may call the store, so it is called without the lock.
        self.wakers.call(&changed);
        answer
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        // Nothing under the lock is expected to panic; if something does, the others go on.
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryStore").finish_non_exhaustive()
    }
}
