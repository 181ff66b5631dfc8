//! A job as queues written in Python see it: what they may sort by, and bytes.

use std::sync::{Mutex, PoisonError};

use nuvom_core::ports::Record;
use nuvom_record::{record_from_bytes, record_to_bytes};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyTuple, PyType};

use crate::codec::decode_arguments;
use crate::errors::OrRaise;

/// A job in a queue.
#[pyclass(frozen, module = "nuvom._nuvom")]
pub(crate) struct QueuedJob {
    record: Record,
    /// What the queue notes about it.
    notes: Mutex<Notes>,
}

#[derive(Default)]
struct Notes {
    deliveries: Option<u64>,
    receipt: Option<Py<PyAny>>,
}

impl QueuedJob {
    pub(super) fn of(record: Record) -> Self {
        Self { record, notes: Mutex::default() }
    }

    pub(super) fn deliveries_so_far(&self) -> Option<u64> {
        self.deliveries()
    }

    pub(super) fn record(&self) -> &Record {
        &self.record
    }
}

#[pymethods]
impl QueuedJob {
    /// The job's id.
    #[getter]
    fn id(&self) -> String {
        self.record.job.id.to_string()
    }

    /// The name of the task.
    #[getter]
    fn task(&self) -> &str {
        self.record.job.task.as_str()
    }

    /// The name of the task, as Nuvom 0.11 called it.
    #[getter]
    fn func_name(&self) -> &str {
        self.task()
    }

    /// The queue that it was sent to.
    #[getter]
    fn queue(&self) -> &str {
        self.record.job.queue.as_str()
    }

    /// 0 goes first, 9 last.
    #[getter]
    fn priority(&self) -> u8 {
        self.record.job.priority.get()
    }

    /// The attempt that it waits for, from 1.
    #[getter]
    fn attempt(&self) -> u32 {
        self.record.job.attempt()
    }

    /// When it may run, in seconds since the Unix epoch.
    #[getter]
    fn run_at(&self) -> f64 {
        self.record.job.run_at.as_micros() as f64 / 1e6
    }

    /// The positional arguments.
    #[getter]
    fn args<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        Ok(decode_arguments(py, &self.record.job.payload)?.0)
    }

    /// The named arguments.
    #[getter]
    fn kwargs<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        Ok(decode_arguments(py, &self.record.job.payload)?.1)
    }

    /// How often the queue has given it out, this time included; `None` if it does not count.
    #[getter]
    fn deliveries(&self) -> Option<u64> {
        self.notes.lock().unwrap_or_else(PoisonError::into_inner).deliveries
    }

    #[setter]
    fn set_deliveries(&self, deliveries: Option<u64>) {
        self.notes.lock().unwrap_or_else(PoisonError::into_inner).deliveries = deliveries;
    }

    /// Whatever the queue needs to find it again, such as the message that carried it.
    #[getter]
    fn receipt(&self, py: Python<'_>) -> Option<Py<PyAny>> {
        let notes = self.notes.lock().unwrap_or_else(PoisonError::into_inner);
        notes.receipt.as_ref().map(|receipt| receipt.clone_ref(py))
    }

    #[setter]
    fn set_receipt(&self, receipt: Option<Py<PyAny>>) {
        let mut notes = self.notes.lock().unwrap_or_else(PoisonError::into_inner);
        let before = std::mem::replace(&mut notes.receipt, receipt);
        drop(notes);
        // Its end may run code of Python.
        drop(before);
    }

    /// The job as bytes, to be sent anywhere.
    fn to_bytes<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, &record_to_bytes(&self.record.job, &self.record.attempts))
    }

    /// The job that these bytes hold. Raises `CorruptData` or `ForeignData` if they are no job, or a newer version's.
    #[classmethod]
    fn from_bytes(cls: &Bound<'_, PyType>, data: &[u8]) -> PyResult<Self> {
        Ok(Self::of(record_from_bytes(data).or_raise(cls.py())?))
    }

    /// The job as a dict that JSON can hold, with the keys of its bytes.
    fn to_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        py.import("json")?.call_method1("loads", (self.to_bytes(py),))
    }

    /// The job of such a dict. Raises as `from_bytes` does.
    #[classmethod]
    fn from_dict(cls: &Bound<'_, PyType>, data: &Bound<'_, PyDict>) -> PyResult<Self> {
        let text: String = cls.py().import("json")?.call_method1("dumps", (data,))?.extract()?;
        Self::from_bytes(cls, text.as_bytes())
    }

    fn __repr__(&self) -> String {
        format!("<QueuedJob {} of {}, attempt {}>", self.record.job.id, self.record.job.task, self.attempt())
    }
}
