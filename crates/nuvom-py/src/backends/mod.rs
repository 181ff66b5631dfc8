//! Backends written in Python, as the engine's ports. The contracts are those of `nuvom.queue_backends.base`,
//! `nuvom.result_backends.base` and `nuvom.scheduler.backend`; what a class promises follows from the methods that it has.

mod door;
mod faults;
mod line;
mod opening;
mod queued_job;
mod results;
mod schedules;
mod suite;

pub(crate) use door::close as close_door;
pub(crate) use opening::{add_named, names_plugins, refused};
pub(crate) use queued_job::QueuedJob;
pub(crate) use suite::{backend_promises, conformance_cases, judge_case};
