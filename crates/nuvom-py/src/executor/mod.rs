//! The thread executor: runs tasks on threads of this process, and takes the GIL once for a run of jobs.

mod current;
mod pool;
mod run;
mod slot;
mod threads;

pub(crate) use current::{CurrentJob, current_job};
pub(crate) use slot::Slot;
pub(crate) use threads::ThreadExecutor;
