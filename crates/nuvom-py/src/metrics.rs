//! Metrics for Python: what a monitoring plugin gets.

use std::sync::{Arc, Mutex, PoisonError, Weak};

use nuvom_core::ports::{Inspect, QueueCounts};
use nuvom_engine::{Scheduler, Worker};
use nuvom_metrics::{About, PoolGauges};
use nuvom_runtime::SystemClock;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};

use crate::executor::KINDS;

/// Counts what a worker tells that was started with it.
#[pyclass(frozen, module = "nuvom._nuvom")]
pub(crate) struct Metrics {
    pub(crate) counted: Arc<nuvom_metrics::Metrics>,
}

#[pymethods]
impl Metrics {
    #[new]
    fn new() -> Self {
        let known = |task: &nuvom_core::TaskName| KINDS.known.now().contains(task);
        Self { counted: Arc::new(nuvom_metrics::Metrics::new(SystemClock::new(), known)) }
    }

    /// All metrics as text.
    fn openmetrics(&self, py: Python<'_>) -> String {
        py.detach(|| self.counted.openmetrics())
    }

    /// All metrics by name: for each its samples, as labels and number.
    fn snapshot<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let snapshot = py.detach(|| self.counted.snapshot());
        let all = PyDict::new(py);
        for (family, samples) in snapshot.families {
            for sample in samples {
                let name = format!("{}{}", family.name, sample.suffix);
                let labels = PyDict::new(py);
                for (label, value) in sample.labels {
                    labels.set_item(label, value)?;
                }
                let kept = if let Some(kept) = all.get_item(&name)? {
                    kept.cast_into::<PyList>()?
                } else {
                    let list = PyList::empty(py);
                    all.set_item(&name, &list)?;
                    list
                };
                kept.append((labels, sample.value))?;
            }
        }
        Ok(all)
    }

    /// Whether the worker can go on; no before it was started, and once it is gone.
    #[getter]
    fn healthy(&self, py: Python<'_>) -> bool {
        py.detach(|| self.counted.is_healthy())
    }

    /// Counts a hook of a plugin that raised.
    fn hook_failed(&self, py: Python<'_>, plugin: &str, hook: &str) {
        py.detach(|| self.counted.hook_failed(plugin, hook));
    }

    /// Counts a hook of a plugin that took too long.
    fn hook_slow(&self, py: Python<'_>, plugin: &str, hook: &str) {
        py.detach(|| self.counted.hook_slow(plugin, hook));
    }
}

/// A worker as its metrics see it.
pub(crate) struct Watched {
    pub(crate) worker: Arc<Worker>,
    pub(crate) inspect: Arc<dyn Inspect>,
}

/// A scheduler without a worker, as its metrics see it.
pub(crate) struct WatchedScheduler {
    pub(crate) scheduler: Arc<Mutex<Scheduler>>,
    pub(crate) inspect: Arc<dyn Inspect>,
}

/// Lets metrics look at a worker or scheduler of this name for as long as the answer is kept.
pub(crate) fn watched_by<W: nuvom_metrics::Worker + 'static>(
    watched: W,
    metrics: &nuvom_metrics::Metrics,
    name: &str,
    environment: &str,
) -> Arc<W> {
    let about = About {
        worker: name.to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        environment: environment.to_owned(),
    };
    let watched = Arc::new(watched);
    let weak: Weak<W> = Arc::downgrade(&watched);
    metrics.watch(about, weak);
    watched
}

impl nuvom_metrics::Worker for WatchedScheduler {
    fn pools(&self) -> Vec<PoolGauges> {
        Vec::new()
    }

    fn queues(&self) -> nuvom_core::Result<Vec<QueueCounts>> {
        self.inspect.queues()
    }

    fn is_healthy(&self) -> bool {
        !self.scheduler.lock().unwrap_or_else(PoisonError::into_inner).is_broken()
    }
}

impl nuvom_metrics::Worker for Watched {
    fn pools(&self) -> Vec<PoolGauges> {
        let states = self.worker.pools().into_iter();
        states
            .map(|pool| PoolGauges {
                name: pool.name,
                slots: pool.slots,
                running: pool.load.running,
                queued: pool.load.queued,
                stuck: pool.stuck,
            })
            .collect()
    }

    fn queues(&self) -> nuvom_core::Result<Vec<QueueCounts>> {
        self.inspect.queues()
    }

    fn is_healthy(&self) -> bool {
        !self.worker.is_broken() && !self.worker.is_stalled()
    }
}
