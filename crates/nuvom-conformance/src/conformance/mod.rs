//! The suite that every backend passes. Cases hold a backend to the docs of the ports and are chosen by its
//! [`Capability`](nuvom_core::Capability): one that needs a promise the backend does not give ends at once.
//!
//! ```ignore
//! nuvom_conformance::conformance_tests!(MyBackend);
//! ```
#![expect(missing_docs, reason = "the name of a case is its claim")]

use std::any::Any;
use std::sync::Arc;

use nuvom_core::ports::Stores;

use crate::FakeClock;

mod bench;
mod list;
mod making;
mod run;

pub use making::CASES;
pub use run::{Case, Verdict};

pub mod bounds;
pub mod cancel;
pub mod claim;
pub mod durable;
pub mod ends;
pub mod enqueue;
pub mod finish;
pub mod fire;
pub mod handback;
pub mod inspect;
pub mod pausing;
pub mod prune;
pub mod races;
pub mod reap;
pub mod renew;
pub mod results;
pub mod retry;
pub mod roster;
pub mod schedules;
pub mod signatures;
pub mod stale;
pub mod time;
pub mod wake;

/// How the suite gets at a backend.
pub trait Harness: Sync {
    /// A fresh store without anything in it.
    fn open(&self) -> Opened;

    /// One more opening of the data of an earlier one, as another process would have it; the earlier one may be
    /// closed by then or still be in use. Required of backends that promise to be durable or cross-process.
    fn reopen(&self, clock: &Arc<FakeClock>, keep: &Arc<dyn Any + Send + Sync>) -> Option<Opened> {
        let _ = (clock, keep);
        None
    }
}

/// An opened store.
#[derive(Debug)]
pub struct Opened {
    /// Its ports.
    pub stores: Stores,
    /// The clock by which it goes, unless it has its own (`store_clock`).
    pub clock: Arc<FakeClock>,
    /// What must outlive it and leads to its data, such as a temporary folder; `Arc::new(())` if nothing.
    pub keep: Arc<dyn Any + Send + Sync>,
}
