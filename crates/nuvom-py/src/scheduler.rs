//! Schedulers for Python: beside a worker, or alone (`nuvom runscheduler`).

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use nuvom_core::EventSink;
use nuvom_core::ports::Stores;
use nuvom_cron::CALENDAR;
use nuvom_engine::{Scheduler, SchedulerConfig, observed};
use pyo3::prelude::*;

use crate::client::{Client, client};
use crate::errors::OrRaise;
use crate::events::LogEvents;
use crate::metrics::{Metrics, WatchedScheduler, watched_by};
use crate::sinks::{Listener, Sinks};

/// How long the end of a scheduler is waited for: it ends after the commit that it is in.
pub(crate) const END_LIMIT: Duration = Duration::from_secs(5);

/// Starts a scheduler on these stores.
pub(crate) fn start(
    client: &Client,
    stores: Stores,
    events: Arc<dyn EventSink>,
) -> nuvom_core::Result<Scheduler> {
    let settings = &client.runtime.settings;
    let config = SchedulerConfig {
        batch: settings.scheduler_batch(),
        poll: settings.scheduler_poll(),
        jitter: settings.scheduler_jitter(),
        keep_run_out: settings.retention().done,
    };
    Scheduler::start(config, stores, Arc::clone(&client.runtime.clock), Arc::clone(&CALENDAR), events)
}

/// A running scheduler without a worker.
#[pyclass(frozen, module = "nuvom._nuvom")]
pub(crate) struct SchedulerHandle {
    scheduler: Arc<Mutex<Scheduler>>,
    name: String,
    /// Guards whether somebody asked for its end.
    stopping: Mutex<bool>,
    stopped: Condvar,
    log: Arc<LogEvents>,
    /// What the metrics look at, for as long as there is this handle.
    _watched: Option<Arc<WatchedScheduler>>,
}

#[pymethods]
impl SchedulerHandle {
    /// Starts to fire.
    #[new]
    #[pyo3(signature = (name, metrics=None))]
    fn new(py: Python<'_>, name: String, metrics: Option<Py<Metrics>>) -> PyResult<Self> {
        let client = client(py)?;
        let log = LogEvents::start(py, None)?;
        let listeners = metrics.iter().map(|it| Arc::clone(&it.get().counted) as Arc<dyn Listener>).collect();
        let events: Arc<dyn EventSink> = Arc::new(Sinks { listeners, log: Arc::clone(&log) });
        let stores = match &metrics {
            Some(_) => {
                observed(&client.runtime.stores, Arc::clone(&client.runtime.clock), Arc::clone(&events))
            }
            None => client.runtime.stores.clone(),
        };
        let inspect = Arc::clone(&stores.inspect);
        let scheduler = py.detach(|| start(&client, stores, events)).or_raise(py)?;
        let scheduler = Arc::new(Mutex::new(scheduler));
        let watched = metrics.map(|metrics| {
            let watched = WatchedScheduler { scheduler: Arc::clone(&scheduler), inspect };
            watched_by(watched, &metrics.get().counted, &name, client.runtime.settings.environment())
        });
        Ok(Self {
            scheduler,
            name,
            stopping: Mutex::default(),
            stopped: Condvar::new(),
            log,
            _watched: watched,
        })
    }

    /// Its name.
    #[getter]
    fn name(&self) -> &str {
        &self.name
    }

    /// Whether it cannot go on, so that it should be stopped.
    #[getter]
    fn broken(&self) -> bool {
        self.scheduler().is_broken()
    }

    /// Asks it to stop; does not wait.
    fn drain(&self, py: Python<'_>) {
        py.detach(|| {
            *self.stopping.lock().unwrap_or_else(PoisonError::into_inner) = true;
            self.stopped.notify_all();
        });
    }

    /// The same: nothing of it lasts long enough to be cut off.
    fn cut(&self, py: Python<'_>) {
        self.drain(py);
    }

    /// Waits for the end, once a stop was asked for; answers an exit code, and that no jobs were handed back.
    fn wait(&self, py: Python<'_>) -> (u8, usize) {
        /// How often a scheduler that nobody stops is looked after.
        const LOOK: Duration = Duration::from_secs(1);
        py.detach(|| {
            let mut stopping = self.stopping.lock().unwrap_or_else(PoisonError::into_inner);
            while !*stopping && !self.scheduler().is_broken() {
                stopping =
                    self.stopped.wait_timeout(stopping, LOOK).unwrap_or_else(PoisonError::into_inner).0;
            }
            drop(stopping);
            let ended = self.scheduler().join(END_LIMIT);
            self.log.flush();
            (u8::from(!ended), 0)
        })
    }
}

impl SchedulerHandle {
    fn scheduler(&self) -> MutexGuard<'_, Scheduler> {
        self.scheduler.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
