//! The extension module `nuvom._nuvom`: converts on entry, works without the GIL, converts on exit. What it
//! offers is typed in `python/nuvom/_nuvom.pyi`.

mod backends;
mod blueprint;
mod children;
mod cli;
mod client;
mod codec;
mod discovery;
mod errors;
mod events;
mod executor;
mod jobs;
mod last_resort;
mod metrics;
mod payload;
mod queries;
mod scheduler;
mod schedules;
mod signature;
mod sinks;
mod worker;

use pyo3::prelude::*;

#[pymodule]
mod _nuvom {
    use pyo3::prelude::*;

    #[pymodule_export]
    use crate::backends::{QueuedJob, backend_promises, conformance_cases, judge_case};
    #[pymodule_export]
    use crate::blueprint::Blueprint;
    #[pymodule_export]
    use crate::cli::{run_command_line, visible};
    #[pymodule_export]
    use crate::client::{after_fork, at_exit, close, configure};
    #[pymodule_export]
    use crate::discovery::{
        PySourceWatch, load_manifest, project, save_manifest, scan_tasks, settings, store_place,
    };
    #[pymodule_export]
    use crate::executor::{Attempt, Coroutines, CurrentJob, Slot, current_job, note_kind, serve_child};
    #[pymodule_export]
    use crate::jobs::{
        attempts, call_back, cancel, check_id, enqueue, enqueue_many, record, result, retry, status, wait,
    };
    #[pymodule_export]
    use crate::metrics::Metrics;
    #[pymodule_export]
    use crate::payload::{decode, encode};
    #[pymodule_export]
    use crate::queries::{count_jobs, list_jobs, list_queues, list_workers, pause_queues};
    #[pymodule_export]
    use crate::scheduler::SchedulerHandle;
    #[pymodule_export]
    use crate::schedules::{
        cancel_schedule, cron_ticks, pause_schedule, preview_schedule, reschedule, resume_schedule,
        schedule_record, schedule_records, sync_schedules, trigger_schedule, write_schedule,
    };
    #[pymodule_export]
    use crate::worker::WorkerHandle;

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        module.add("__version__", env!("CARGO_PKG_VERSION"))?;
        module.add("DEBUG_BUILD", cfg!(debug_assertions))
    }
}
