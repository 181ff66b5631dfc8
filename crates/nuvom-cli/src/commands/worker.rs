//! `runworker` and `runscheduler`.

use crate::arguments::{Runscheduler, Runworker};
use crate::failure::Failure;
use crate::host::{Host, SchedulerRequest, WorkerRequest};
use crate::session::Session;

/// Checks the settings with the options among them and that their stores can be used, and leaves the rest to the
/// host.
pub(crate) fn run(options: Runworker, host: &dyn Host, session: &mut Session<'_>) -> Result<i32, Failure> {
    let given = [
        ("NUVOM_MAX_WORKERS", options.workers),
        ("NUVOM_POOL", options.pool),
        ("NUVOM_MAX_JOBS_PER_CHILD", options.max_jobs_per_child),
        ("NUVOM_MAX_RSS", options.max_rss),
        ("NUVOM_LOG_LEVEL", options.log_level),
    ];
    let given = given.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
    let arguments: Vec<(String, String)> = given.collect();
    let configured = session.configure(arguments.clone())?;
    let runtime = session.open_configured(configured)?.runtime;
    session.output.flush()?;
    let (project, settings) = (runtime.project.clone(), runtime.settings.clone());
    // The host opens its own: it may be long until it needs them.
    drop(runtime);
    Ok(host.run_worker(WorkerRequest {
        project,
        settings,
        arguments,
        queues: options.queues,
        reloads: options.dev,
        is_strict: options.strict,
        fires: !options.no_scheduler,
    }))
}

/// The same for a scheduler without a worker.
pub(crate) fn run_scheduler(
    options: Runscheduler,
    host: &dyn Host,
    session: &mut Session<'_>,
) -> Result<i32, Failure> {
    let given = [
        ("NUVOM_SCHEDULER_POLL_SECS", options.poll),
        ("NUVOM_SCHEDULER_BATCH", options.batch),
        ("NUVOM_SCHEDULER_JITTER_SECS", options.jitter),
        ("NUVOM_LOG_LEVEL", options.log_level),
    ];
    let given = given.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
    let arguments: Vec<(String, String)> = given.collect();
    let configured = session.configure(arguments.clone())?;
    let runtime = session.open_configured(configured)?.runtime;
    session.output.flush()?;
    let settings = runtime.settings.clone();
    drop(runtime);
    Ok(host.run_scheduler(SchedulerRequest { settings, arguments }))
}
