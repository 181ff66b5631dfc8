//! What a backend written in Python raises, as an error of the engine.

use nuvom_core::{Error, ErrorKind};
use pyo3::exceptions::PyNotImplementedError;
use pyo3::prelude::*;

/// The error for what this method of a backend raised. Whatever it is, the same call may work later: a broker that is
/// away raises anything.
pub(super) fn fault(
    py: Python<'_>,
    backend: &Bound<'_, PyAny>,
    method: &'static str,
    raised: &PyErr,
) -> Error {
    let class = backend.get_type();
    let name = class.name().map_or_else(|_| "the backend".to_owned(), |name| name.to_string());
    let is = |class: &str| {
        py.import("nuvom.errors")
            .and_then(|errors| errors.getattr(class))
            .is_ok_and(|class| raised.matches(py, class).unwrap_or(false))
    };
    let kind = if raised.is_instance_of::<PyNotImplementedError>(py) {
        ErrorKind::Unsupported
    } else if is("QueueFull") {
        ErrorKind::Full
    } else {
        ErrorKind::Unavailable
    };
    let what = raised.get_type(py).name().map_or_else(|_| "an exception".to_owned(), |name| name.to_string());
    let said = raised.value(py).str().map(|text| text.to_string()).unwrap_or_default();
    Error::new(kind, format!("{name}.{method} raised {what}: {said}"))
}
