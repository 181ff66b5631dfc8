//! A worker for Python: `nuvom.Worker` and `nuvom runworker` are made of it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use nuvom_core::{EventSink, QueueName, WorkerName};
use nuvom_engine::{Executor, Exit, Pools, Processes, Scheduler, Worker, WorkerConfig, observed};
use nuvom_runtime::Settings;
use pyo3::prelude::*;

use crate::children::{Places, command};
use crate::client::client;
use crate::errors::OrRaise;
use crate::events::LogEvents;
use crate::executor::{KINDS, LoopExecutor, ThreadExecutor};
use crate::metrics::{Metrics, Watched, watched_by};
use crate::scheduler::{self, END_LIMIT};
use crate::sinks::{Listener, Sinks};

/// How long an idle worker sleeps when nobody wakes it: the net under the doorbell.
const POLL: Duration = Duration::from_secs(1);

/// How often ended jobs are looked through for those that are too old.
const PRUNE: Duration = Duration::from_mins(1);

/// How long a stop waits for tasks that it has interrupted: long enough to clean up, short enough for a process
/// manager that kills after 30 s.
const CUT_GRACE: Duration = Duration::from_secs(3);

/// Exit codes of `nuvom runworker`.
const DRAINED: u8 = 0;
const HANDED_BACK: u8 = 3;
const STUCK: u8 = 4;
const STALLED: u8 = 5;

/// What a program says about its worker.
#[derive(FromPyObject)]
pub(crate) struct Options {
    #[pyo3(item)]
    queues: Vec<String>,
    /// Jobs at once; the setting unless given.
    #[pyo3(item)]
    slots: Option<usize>,
    /// "thread" or "process"; the setting unless given.
    #[pyo3(item)]
    pool: Option<String>,
    #[pyo3(item)]
    stop_grace_secs: Option<f64>,
    /// Whether the process is there for this worker alone, and ends with it.
    #[pyo3(item)]
    owns_process: bool,
    /// Whether it fires the ticks of schedules, too.
    #[pyo3(item)]
    scheduler: bool,
    #[pyo3(item)]
    places: Places,
    /// The machine, as it calls itself.
    #[pyo3(item)]
    host: String,
    /// What counts what it does, if anything should.
    #[pyo3(item)]
    metrics: Option<Py<Metrics>>,
}

/// A running worker.
#[pyclass(frozen, module = "nuvom._nuvom")]
pub(crate) struct WorkerHandle {
    worker: Arc<Worker>,
    /// None if it fires no ticks, or has ended.
    scheduler: Mutex<Option<Scheduler>>,
    name: WorkerName,
    log: Arc<LogEvents>,
    metrics: Option<Py<Metrics>>,
    /// What the metrics look at, for as long as there is this handle.
    _watched: Option<Arc<Watched>>,
}

#[pymethods]
impl WorkerHandle {
    /// Starts to claim.
    #[new]
    fn start(py: Python<'_>, name: &str, options: Options) -> PyResult<Self> {
        let client = client(py)?;
        let settings = &client.runtime.settings;
        let name = WorkerName::new(name).or_raise(py)?;
        let queues =
            options.queues.iter().map(QueueName::new).collect::<nuvom_core::Result<_>>().or_raise(py)?;
        let stop_grace = options.stop_grace_secs.and_then(|secs| Duration::try_from_secs_f64(secs).ok());
        let config = WorkerConfig {
            worker: name.clone(),
            host: options.host.clone(),
            queues,
            lease: settings.lease(),
            beat: settings.beat(),
            reap: settings.reap(),
            batch: settings.batch_size(),
            poll: POLL,
            retention: settings.retention(),
            prune: PRUNE,
            watchdog: settings.watchdog(),
            stop_grace: stop_grace.unwrap_or(settings.stop_grace()),
            cut_grace: CUT_GRACE,
        };
        let pools = pools(py, &options, settings)?;
        let log = LogEvents::start(py, options.owns_process.then_some(STALLED))?;
        let metrics = options.metrics;
        let counted = metrics.as_ref().map(|metrics| Arc::clone(&metrics.get().counted));
        let listeners = counted.iter().map(|counted| Arc::clone(counted) as Arc<dyn Listener>).collect();
        let events: Arc<dyn EventSink> = Arc::new(Sinks { listeners, log: Arc::clone(&log) });
        let clock = Arc::clone(&client.runtime.clock);
        let stores = match &counted {
            Some(_) => observed(&client.runtime.stores, Arc::clone(&clock), Arc::clone(&events)),
            None => client.runtime.stores.clone(),
        };
        let inspect = Arc::clone(&stores.inspect);
        let fires = options.scheduler.then(|| (stores.clone(), Arc::clone(&events)));
        let worker = py.detach(|| Worker::start(config, stores, clock, pools, events)).or_raise(py)?;
        let worker = Arc::new(worker);
        let started =
            py.detach(|| fires.map(|(stores, events)| scheduler::start(&client, stores, events)).transpose());
        let scheduler = Mutex::new(started.or_raise(py)?);
        let watched = counted.map(|counted| {
            let watched = Watched { worker: Arc::clone(&worker), inspect };
            watched_by(watched, &counted, name.as_str(), settings.environment())
        });
        Ok(Self { worker, scheduler, name, log, metrics, _watched: watched })
    }

    /// What counts what it does, if anything does.
    #[getter]
    fn metrics(&self, py: Python<'_>) -> Option<Py<Metrics>> {
        self.metrics.as_ref().map(|metrics| metrics.clone_ref(py))
    }

    /// Its name.
    #[getter]
    fn name(&self) -> &str {
        self.name.as_str()
    }

    /// Whether it cannot go on, so that it should be stopped.
    #[getter]
    fn broken(&self) -> bool {
        self.worker.is_broken() || self.scheduler().as_ref().is_some_and(Scheduler::is_broken)
    }

    /// First request to stop; does not wait.
    fn drain(&self, py: Python<'_>) {
        py.detach(|| {
            // First, so that it makes no jobs that this worker would not run.
            if let Some(scheduler) = &*self.scheduler() {
                scheduler.stop();
            }
            self.worker.drain();
        });
    }

    /// Second request to stop; does not wait.
    fn cut(&self, py: Python<'_>) {
        py.detach(|| self.worker.cut());
    }

    /// Waits for the end, once a stop was asked for; answers the exit code, and how many jobs were handed back.
    fn wait(&self, py: Python<'_>) -> (u8, usize) {
        py.detach(|| {
            let exit = self.worker.wait();
            if let Some(mut scheduler) = self.scheduler().take() {
                scheduler.join(END_LIMIT);
            }
            self.log.flush();
            match exit {
                Exit::Drained => (DRAINED, 0),
                Exit::HandedBack(count) => (HANDED_BACK, count),
                Exit::Stuck(_) => (STUCK, 0),
                Exit::Stalled => (STALLED, 0),
            }
        })
    }
}

impl WorkerHandle {
    fn scheduler(&self) -> MutexGuard<'_, Option<Scheduler>> {
        self.scheduler.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The worker's own pool takes the tasks that ask for none; the others have theirs beside it.
fn pools(py: Python<'_>, options: &Options, settings: &Settings) -> PyResult<Pools> {
    let slots = options.slots.unwrap_or(settings.max_workers());
    let (results, grace) = (settings.max_result_bytes(), settings.timeout_grace());
    let threads: Arc<dyn Executor> = Arc::new(ThreadExecutor::new(py, slots, results, grace)?);
    let event_loop = Arc::new(LoopExecutor::new(py, settings.max_coroutines(), results, grace, true)?);
    let in_processes = options.pool.as_deref().map_or(settings.runs_in_processes(), |pool| pool == "process");
    let kinds = &*KINDS;
    let asked_for = !kinds.process.now().is_empty() || !kinds.coroutine_in_process.now().is_empty();
    let warm = in_processes || asked_for;
    let processes = Processes::new(command(py, &options.places, slots, settings, settings.lease(), warm)?);
    let (process, coroutine) = (kinds.process.clone(), kinds.coroutine.clone());
    let (here, there) = (kinds.coroutine_here.clone(), kinds.coroutine_in_process.clone());
    Ok(if in_processes {
        Pools::of(processes.line())
            .with(vec![coroutine, there], processes.together())
            .with(vec![kinds.thread.clone()], threads)
            .with(vec![here], event_loop)
    } else {
        Pools::of(threads)
            .with(vec![coroutine, here], event_loop)
            .with(vec![process], processes.line())
            .with(vec![there], processes.together())
    })
}
