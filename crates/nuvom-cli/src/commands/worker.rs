//! `runworker`.

use crate::arguments::Runworker;
use crate::failure::Failure;
use crate::host::{Host, WorkerRequest};
use crate::session::Session;

/// Checks the settings with the options among them and that their stores can be used, and leaves the rest to the
/// host.
pub(crate) fn run(options: Runworker, host: &dyn Host, session: &mut Session<'_>) -> Result<i32, Failure> {
    let given = [("NUVOM_MAX_WORKERS", options.workers), ("NUVOM_LOG_LEVEL", options.log_level)];
    let arguments = given.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect();
    let configured = session.configure(arguments)?;
    let runtime = session.open_configured(configured)?.runtime;
    session.output.flush()?;
    let (project, settings) = (runtime.project.clone(), runtime.settings.clone());
    // The host opens its own: it may be long until it needs them.
    drop(runtime);
    Ok(host.run_worker(WorkerRequest { project, settings, queues: options.queues }))
}
