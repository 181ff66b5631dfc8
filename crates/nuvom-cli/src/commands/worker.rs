//! `runworker`.

use crate::arguments::Runworker;
use crate::failure::Failure;
use crate::host::{Host, WorkerRequest};
use crate::session::{Configured, Session};

/// Checks the settings with the options among them, and leaves the rest to the host.
pub(crate) fn run(options: Runworker, host: &dyn Host, session: &mut Session<'_>) -> Result<i32, Failure> {
    let given = [("NUVOM_MAX_WORKERS", options.workers), ("NUVOM_LOG_LEVEL", options.log_level)];
    let arguments = given.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect();
    let Configured { project, settings } = session.configure(arguments)?;
    session.output.flush()?;
    Ok(host.run_worker(WorkerRequest { project, settings, queues: options.queues, dev: options.dev }))
}
