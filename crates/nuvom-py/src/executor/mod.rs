//! The executors that call Python: on threads, on an event loop, and as a child of another process.

mod attempt;
mod child;
mod coroutines;
mod current;
mod kinds;
mod limits;
mod pipes;
mod pool;
mod slot;
mod tasks;
mod threads;
mod watch;

pub(crate) use attempt::{Attempt, Coroutines};
pub(crate) use child::serve_child;
pub(crate) use coroutines::LoopExecutor;
pub(crate) use current::{CurrentJob, current_job};
pub(crate) use kinds::{KINDS, note_kind};
pub(crate) use slot::Slot;
pub(crate) use threads::ThreadExecutor;
