//! What an operator looks at when something is wrong: the project, its stores and its queue, a verdict each. No
//! job, task or manifest is changed.

mod damaged;
mod project;
mod queue;
mod refused;
mod report;
mod survey;
mod workers;

pub(crate) use damaged::damaged;
pub(crate) use project::{manifest, privacy, settings, stores, tasks};
pub(crate) use queue::{code, leases, paused, refused};
pub(crate) use report::{Check, Report, Status};
pub(crate) use survey::Survey;
pub(crate) use workers::{silent, workers};
