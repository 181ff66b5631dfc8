//! A queue written in Python as a line. Each call takes the GIL once, however many jobs it is about.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use nuvom_core::ports::{Line, LinePromises, Lined, Receipt, Taken};
use nuvom_core::{Error, ErrorKind, QueueName, Result};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};

use super::QueuedJob;
use super::door;
use super::faults::fault;

/// A queue backend of a plugin.
pub(crate) struct PythonLine {
    queue: Py<PyAny>,
    promises: LinePromises,
    takes_batches: bool,
    numbers: AtomicU64,
    /// What was given out: the queue's own objects, by which it knows them again.
    out: Mutex<HashMap<Receipt, Py<QueuedJob>>>,
}

impl PythonLine {
    /// This object as a line. Raises `PluginError` if it lacks a method that every queue has.
    pub(crate) fn new(queue: &Bound<'_, PyAny>) -> PyResult<Self> {
        let has = |method: &str| offers(queue, method);
        let declared: HashSet<String> = match queue.getattr_opt("promises")? {
            Some(declared) => {
                declared.try_iter()?.map(|word| word?.extract()).collect::<PyResult<HashSet<String>>>()?
            }
            None => HashSet::new(),
        };
        let promises = LinePromises {
            durable: declared.contains("durable"),
            cross_process: declared.contains("cross_process"),
            acknowledge: has("ack")?,
            extend: has("ack")? && has("extend")?,
            release: has("ack")? && has("release")?,
            delays: has("enqueue_later")?,
            priorities: declared.contains("priorities"),
            queues: declared.contains("queues"),
            deliveries: declared.contains("deliveries"),
            own_clock: has("ack")? || has("enqueue_later")?,
        };
        Ok(Self {
            promises,
            takes_batches: has("enqueue_batch")?,
            queue: queue.clone().unbind(),
            numbers: AtomicU64::new(0),
            out: Mutex::default(),
        })
    }

    fn ask<T>(&self, method: &'static str, call: impl FnOnce(&Bound<'_, PyAny>) -> PyResult<T>) -> Result<T> {
        let _inside = door::enter()?;
        Python::attach(|py| {
            let queue = self.queue.bind(py);
            call(queue).map_err(|raised| fault(py, queue, method, &raised))
        })
    }

    fn out(&self) -> MutexGuard<'_, HashMap<Receipt, Py<QueuedJob>>> {
        self.out.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The object that the queue gave out under this receipt.
    fn given_out(&self, py: Python<'_>, receipt: Receipt) -> Option<Py<QueuedJob>> {
        self.out().get(&receipt).map(|job| job.clone_ref(py))
    }

    fn note(&self, job: Bound<'_, QueuedJob>) -> Taken {
        let receipt = Receipt(self.numbers.fetch_add(1, Ordering::Relaxed));
        let record = job.get().record().clone();
        let deliveries = self.promises.deliveries.then(|| job.get().deliveries_so_far()).flatten();
        if self.promises.acknowledge {
            self.out().insert(receipt, job.unbind());
        }
        Taken { receipt, record, deliveries }
    }
}

/// The job as the queue sees it.
fn object<'py>(py: Python<'py>, lined: &Lined) -> PyResult<Bound<'py, QueuedJob>> {
    Bound::new(py, QueuedJob::of(lined.record.clone()))
}

impl Line for PythonLine {
    fn promises(&self) -> LinePromises {
        self.promises
    }

    fn put(&self, jobs: &[Lined]) -> Result<()> {
        let (now, later): (Vec<&Lined>, Vec<&Lined>) = jobs.iter().partition(|job| job.delay.is_zero());
        if !later.is_empty() {
            self.ask("enqueue_later", |queue| {
                for lined in &later {
                    let job = object(queue.py(), lined)?;
                    queue.call_method1("enqueue_later", (job, lined.delay.as_secs_f64()))?;
                }
                Ok(())
            })?;
        }
        if self.takes_batches && now.len() > 1 {
            return self.ask("enqueue_batch", |queue| {
                let batch = PyList::empty(queue.py());
                for lined in &now {
                    batch.append(object(queue.py(), lined)?)?;
                }
                queue.call_method1("enqueue_batch", (batch,)).map(drop)
            });
        }
        self.ask("enqueue", |queue| {
            let enqueue = queue.getattr("enqueue")?;
            for lined in &now {
                enqueue.call1((object(queue.py(), lined)?,))?;
            }
            Ok(())
        })
    }

    fn take(&self, limit: usize, queues: &[QueueName], wait: Duration) -> Result<Vec<Taken>> {
        let method = if wait.is_zero() { "pop_batch" } else { "dequeue" };
        self.ask(method, |queue| {
            let named = PyDict::new(queue.py());
            if self.promises.queues && !queues.is_empty() {
                named.set_item("queues", queues.iter().map(QueueName::as_str).collect::<Vec<_>>())?;
            }
            let given = if wait.is_zero() {
                queue.call_method(method, (limit,), Some(&named))?
            } else {
                named.set_item("timeout", wait.as_secs_f64())?;
                let job = queue.call_method(method, (), Some(&named))?;
                if job.is_none() {
                    return Ok(Vec::new());
                }
                PyList::new(queue.py(), [job])?.into_any()
            };
            given.try_iter()?.map(|job| Ok(self.note(job?.cast_into::<QueuedJob>()?))).collect()
        })
    }

    fn acknowledge(&self, taken: &[Receipt]) -> Result<Vec<bool>> {
        self.ask("ack", |queue| {
            let mut answers = Vec::new();
            for receipt in taken {
                let Some(job) = self.given_out(queue.py(), *receipt) else {
                    answers.push(false);
                    continue;
                };
                let answer = queue.call_method1("ack", (job,))?;
                self.out().remove(receipt);
                answers.push(is_not_refused(&answer)?);
            }
            Ok(answers)
        })
    }

    fn extend(&self, taken: &[Receipt], lease_for: Duration) -> Result<Vec<bool>> {
        self.ask("extend", |queue| {
            let extend = |receipt: &Receipt| match self.given_out(queue.py(), *receipt) {
                Some(job) => is_not_refused(&queue.call_method1("extend", (job, lease_for.as_secs_f64()))?),
                None => Ok(false),
            };
            taken.iter().map(extend).collect()
        })
    }

    fn release(&self, taken: &[(Receipt, Duration)]) -> Result<()> {
        self.ask("release", |queue| {
            for (receipt, delay) in taken {
                if let Some(job) = self.given_out(queue.py(), *receipt) {
                    queue.call_method1("release", (job, delay.as_secs_f64()))?;
                    self.out().remove(receipt);
                }
            }
            Ok(())
        })
    }

    fn length(&self) -> Result<u64> {
        self.ask("qsize", |queue| queue.call_method0("qsize")?.extract())
    }

    fn clear(&self) -> Result<u64> {
        self.ask("clear", |queue| {
            let count = queue.call_method0("clear")?;
            if count.is_none() { Ok(0) } else { count.extract() }
        })
    }
}

/// Nothing said is agreement.
fn is_not_refused(answer: &Bound<'_, PyAny>) -> PyResult<bool> {
    if answer.is_none() { Ok(true) } else { answer.is_truthy() }
}

/// Whether a backend has this method, other than as the contract's own word that it has not.
pub(super) fn offers(backend: &Bound<'_, PyAny>, method: &str) -> PyResult<bool> {
    Ok(backend.getattr_opt(method)?.is_some_and(|method| method.is_callable()))
}

/// The methods without which an object is no queue, or no result backend.
pub(super) fn demand(backend: &Bound<'_, PyAny>, what: &str, methods: &[&str]) -> Result<()> {
    let missing: Vec<&str> =
        methods.iter().copied().filter(|method| !offers(backend, method).unwrap_or(false)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let class = backend.get_type().name().map_or_else(|_| "this object".to_owned(), |name| name.to_string());
    Err(Error::new(ErrorKind::Invalid, format!("{class} is no {what}: it lacks {}", missing.join(", "))))
}
