//! Whether a call fits a function, told from its code object: as quick as counting, where `inspect` would
//! take longer than storing the job. A call that does not fit is given to `inspect` for its message.

use std::iter::repeat_n;

use nuvom_core::{Parameter, ParameterKind, Signature};
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedStr;
use pyo3::types::{PyDict, PyTuple};

use crate::errors;

const HAS_VARARGS: u32 = 0x04;
const HAS_VARKEYWORDS: u32 = 0x08;

/// Reads the parameters of a function; none if it is wrapped or not written in Python, so that only `inspect` can
/// tell.
pub(crate) fn signature_of(function: &Bound<'_, PyAny>) -> PyResult<Option<Signature>> {
    // A method counts its own object among the parameters of its code.
    let special = ["__wrapped__", "__signature__", "__self__"];
    if special.iter().any(|name| function.hasattr(*name).unwrap_or(true)) {
        return Ok(None);
    }
    let Ok(code) = function.getattr("__code__") else { return Ok(None) };
    let number = |name: &str| code.getattr(name)?.extract::<usize>();
    let by_position = number("co_argcount")?;
    let positional_only = number("co_posonlyargcount")?;
    let flags: u32 = code.getattr("co_flags")?.extract()?;
    let defaults = function.getattr("__defaults__")?;
    let defaults = if defaults.is_none() { 0 } else { defaults.len()? };
    let required = by_position.saturating_sub(defaults);
    let keyword_defaults = function.getattr("__kwdefaults__")?;
    // The order in which Python names them.
    let kinds = repeat_n(ParameterKind::PositionalOnly, positional_only)
        .chain(repeat_n(ParameterKind::PositionalOrKeyword, by_position.saturating_sub(positional_only)))
        .chain(repeat_n(ParameterKind::KeywordOnly, number("co_kwonlyargcount")?))
        .chain((flags & HAS_VARARGS != 0).then_some(ParameterKind::VarPositional))
        .chain((flags & HAS_VARKEYWORDS != 0).then_some(ParameterKind::VarKeyword));
    let names: Vec<String> = code.getattr("co_varnames")?.extract()?;
    let parameters = names.into_iter().zip(kinds).enumerate().map(|(place, (name, kind))| {
        let has_default = match kind {
            ParameterKind::PositionalOnly | ParameterKind::PositionalOrKeyword => place >= required,
            ParameterKind::KeywordOnly => match keyword_defaults.cast::<PyDict>() {
                Ok(defaults) => defaults.contains(&name)?,
                Err(_) => false,
            },
            ParameterKind::VarPositional | ParameterKind::VarKeyword => false,
        };
        Ok(Parameter { name, kind, has_default })
    });
    Ok(Some(Signature::new(parameters.collect::<PyResult<_>>()?)))
}

/// Whether the call fits.
pub(crate) fn fits(
    signature: &Signature,
    args: &Bound<'_, PyTuple>,
    kwargs: Option<&Bound<'_, PyDict>>,
) -> PyResult<bool> {
    let Some(kwargs) = kwargs.filter(|kwargs| !kwargs.is_empty()) else {
        return Ok(signature.accepts(args.len(), &[]));
    };
    let names: Vec<PyBackedStr> = kwargs.keys().extract()?;
    let names: Vec<&str> = names.iter().map(|name| &**name).collect();
    Ok(signature.accepts(args.len(), &names))
}

/// Checks a call of `function`, or raises what Python would say about it.
pub(crate) fn check_call(
    task: &str,
    function: &Bound<'_, PyAny>,
    signature: Option<&Signature>,
    args: &Bound<'_, PyTuple>,
    kwargs: Option<&Bound<'_, PyDict>>,
) -> PyResult<()> {
    if let Some(signature) = signature
        && fits(signature, args, kwargs)?
    {
        return Ok(());
    }
    let py = function.py();
    let inspected = py.import("inspect")?.call_method1("signature", (function,))?;
    match inspected.call_method("bind", args, kwargs) {
        Ok(_) => Ok(()),
        Err(error) => {
            let message = format!("task {task}{inspected} cannot be called so: {}", error.value(py));
            Err(errors::exception(py, "BadArguments", &message))
        }
    }
}
