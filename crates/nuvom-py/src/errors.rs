//! The one place that makes Python exceptions. Their classes are written in Python (`nuvom.errors`), so that
//! users can read them; here an error finds its class.

use nuvom_core::{Error, ErrorKind};
use pyo3::prelude::*;

/// The exception for an error of the engine.
pub(crate) fn raised(py: Python<'_>, error: &Error) -> PyErr {
    let class = match error.kind() {
        ErrorKind::Invalid => "InvalidValue",
        ErrorKind::NotFound => "NotFound",
        ErrorKind::Conflict => "Conflict",
        ErrorKind::Full => "QueueFull",
        ErrorKind::Unavailable => "StoreUnavailable",
        ErrorKind::Corrupt => "CorruptData",
        ErrorKind::Foreign => "ForeignData",
        ErrorKind::Permission => "StorePermission",
        ErrorKind::Unsupported => "Unsupported",
        ErrorKind::Internal => "InternalError",
    };
    exception(py, class, &error.to_string())
}

/// The kind of an exception of `nuvom.errors`; any other is the fault of whoever wrote what raised it.
pub(crate) fn kind_of(py: Python<'_>, raised: &PyErr) -> ErrorKind {
    let name = raised.get_type(py).name().map(|name| name.to_string()).unwrap_or_default();
    match name.as_str() {
        "NotFound" => ErrorKind::NotFound,
        "Conflict" => ErrorKind::Conflict,
        "QueueFull" => ErrorKind::Full,
        "StoreUnavailable" => ErrorKind::Unavailable,
        "CorruptData" => ErrorKind::Corrupt,
        "ForeignData" => ErrorKind::Foreign,
        "StorePermission" => ErrorKind::Permission,
        "Unsupported" => ErrorKind::Unsupported,
        "InternalError" => ErrorKind::Internal,
        _ => ErrorKind::Invalid,
    }
}

/// An exception of `nuvom.errors` by the name of its class.
pub(crate) fn exception(py: Python<'_>, class: &str, message: &str) -> PyErr {
    let made = py
        .import("nuvom.errors")
        .and_then(|errors| errors.getattr(class))
        .and_then(|class| class.call1((message,)));
    match made {
        Ok(exception) => PyErr::from_value(exception),
        Err(error) => error,
    }
}

pub(crate) fn not_serializable(py: Python<'_>, message: &str) -> PyErr {
    exception(py, "NotSerializable", message)
}

pub(crate) fn undecodable(py: Python<'_>, message: &str) -> PyErr {
    exception(py, "CorruptData", message)
}

/// Turns results of the engine into results for Python.
pub(crate) trait OrRaise<T> {
    /// The value, or the exception for the error.
    fn or_raise(self, py: Python<'_>) -> PyResult<T>;
}

impl<T> OrRaise<T> for nuvom_core::Result<T> {
    fn or_raise(self, py: Python<'_>) -> PyResult<T> {
        self.map_err(|error| raised(py, &error))
    }
}
