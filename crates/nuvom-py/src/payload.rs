//! The codec by itself, for tests and for those who read a store with other tools.

use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::codec::{decode_value, encode_value};

/// The bytes that a value is stored as.
#[pyfunction]
pub(crate) fn encode<'py>(py: Python<'py>, value: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyBytes>> {
    Ok(PyBytes::new(py, &encode_value(value)?))
}

/// The value that these bytes hold.
#[pyfunction]
pub(crate) fn decode<'py>(py: Python<'py>, payload: &[u8]) -> PyResult<Bound<'py, PyAny>> {
    decode_value(py, payload)
}
