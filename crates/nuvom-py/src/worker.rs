//! A worker for Python: `nuvom.Worker` and `nuvom runworker` are made of it.

use std::sync::Arc;
use std::time::Duration;

use nuvom_core::{QueueName, WorkerName};
use nuvom_engine::{Executor, Exit, Worker, WorkerConfig};
use pyo3::prelude::*;

use crate::client::client;
use crate::errors::OrRaise;
use crate::events::LogEvents;
use crate::executor::ThreadExecutor;

/// How long an idle worker sleeps when nobody wakes it: the net under the doorbell.
const POLL: Duration = Duration::from_secs(1);

/// How often ended jobs are looked through for those that are too old.
const PRUNE: Duration = Duration::from_mins(1);

/// How long a stop waits for tasks that it has interrupted: long enough to clean up, short enough for a process
/// manager that kills after 30 s.
const CUT_GRACE: Duration = Duration::from_secs(3);

/// Threads that claim and run jobs.
#[pyclass(frozen, module = "nuvom._nuvom")]
pub(crate) struct WorkerHandle {
    worker: Worker,
    name: WorkerName,
    log: Arc<LogEvents>,
}

#[pymethods]
impl WorkerHandle {
    /// Starts to claim.
    #[new]
    #[pyo3(signature = (name, queues, threads=None, stop_grace_secs=None))]
    fn start(
        py: Python<'_>,
        name: &str,
        queues: Vec<String>,
        threads: Option<usize>,
        stop_grace_secs: Option<f64>,
    ) -> PyResult<Self> {
        let client = client(py)?;
        let settings = &client.runtime.settings;
        let name = WorkerName::new(name).or_raise(py)?;
        let queues = queues.iter().map(QueueName::new).collect::<nuvom_core::Result<_>>().or_raise(py)?;
        let stop_grace = stop_grace_secs.and_then(|secs| Duration::try_from_secs_f64(secs).ok());
        let config = WorkerConfig {
            worker: name.clone(),
            queues,
            lease: settings.lease(),
            beat: settings.beat(),
            reap: settings.reap(),
            batch: settings.batch_size(),
            poll: POLL,
            retention: settings.retention(),
            prune: PRUNE,
            stop_grace: stop_grace.unwrap_or(settings.stop_grace()),
            cut_grace: CUT_GRACE,
        };
        let threads = threads.unwrap_or(settings.max_workers());
        let executor: Arc<dyn Executor> =
            Arc::new(ThreadExecutor::new(py, threads, settings.max_result_bytes())?);
        let log = LogEvents::start(py)?;
        let events = Arc::clone(&log);
        let stores = client.runtime.stores.clone();
        let clock = Arc::clone(&client.runtime.clock);
        let worker = py.detach(|| Worker::start(config, stores, clock, executor, events)).or_raise(py)?;
        Ok(Self { worker, name, log })
    }

    /// Its name.
    #[getter]
    fn name(&self) -> &str {
        self.name.as_str()
    }

    /// Whether one of its duties broke, so that it should be stopped.
    #[getter]
    fn broken(&self) -> bool {
        self.worker.is_broken()
    }

    /// First request to stop; does not wait.
    fn drain(&self, py: Python<'_>) {
        py.detach(|| self.worker.drain());
    }

    /// Second request to stop; does not wait.
    fn cut(&self, py: Python<'_>) {
        py.detach(|| self.worker.cut());
    }

    /// Waits for the end, once a stop was asked for; answers how many jobs were handed back.
    fn wait(&self, py: Python<'_>) -> usize {
        py.detach(|| {
            let exit = self.worker.wait();
            self.log.flush();
            match exit {
                Exit::Drained => 0,
                Exit::HandedBack(count) => count,
            }
        })
    }
}
