//! Whether a call fits a function, told from its code object: as quick as counting, where `inspect` would
//! take longer than storing the job. A call that does not fit is given to `inspect` for its message.

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString, PyTuple};

use crate::errors;

const HAS_VARARGS: u32 = 0x04;
const HAS_VARKEYWORDS: u32 = 0x08;

/// The parameters of a plain Python function.
pub(crate) struct Signature {
    /// Names that can be given by position, in order.
    positional: Vec<String>,
    /// So many of them only by position.
    positional_only: usize,
    /// So many of the last ones have a default.
    defaults: usize,
    /// Names that can only be given as keywords, and whether each has a default.
    keyword_only: Vec<(String, bool)>,
    varargs: bool,
    varkeywords: bool,
}

impl Signature {
    /// Reads the parameters; none if the function is wrapped or not written in Python, so that only `inspect`
    /// can tell.
    pub(crate) fn of(function: &Bound<'_, PyAny>) -> PyResult<Option<Self>> {
        // A method counts its own object among the parameters of its code.
        let special = ["__wrapped__", "__signature__", "__self__"];
        if special.iter().any(|name| function.hasattr(*name).unwrap_or(true)) {
            return Ok(None);
        }
        let Ok(code) = function.getattr("__code__") else { return Ok(None) };
        let number = |name: &str| code.getattr(name)?.extract::<usize>();
        let (count, keyword_count) = (number("co_argcount")?, number("co_kwonlyargcount")?);
        let flags: u32 = code.getattr("co_flags")?.extract()?;
        let names: Vec<String> = code.getattr("co_varnames")?.extract()?;
        let defaults = function.getattr("__defaults__")?;
        let keyword_defaults = function.getattr("__kwdefaults__")?;
        let has_default = |name: &str| match keyword_defaults.cast::<PyDict>() {
            Ok(defaults) => defaults.contains(name),
            Err(_) => Ok(false),
        };
        let keyword_names = names.iter().skip(count).take(keyword_count);
        Ok(Some(Self {
            positional: names.iter().take(count).cloned().collect(),
            positional_only: number("co_posonlyargcount")?,
            defaults: if defaults.is_none() { 0 } else { defaults.len()? },
            keyword_only: keyword_names
                .map(|name| Ok((name.clone(), has_default(name)?)))
                .collect::<PyResult<_>>()?,
            varargs: flags & HAS_VARARGS != 0,
            varkeywords: flags & HAS_VARKEYWORDS != 0,
        }))
    }

    /// Whether the call fits.
    fn fits(&self, given: usize, kwargs: Option<&Bound<'_, PyDict>>) -> PyResult<bool> {
        if given > self.positional.len() && !self.varargs {
            return Ok(false);
        }
        let given = given.min(self.positional.len());
        if let Some(kwargs) = kwargs {
            for name in kwargs.keys() {
                if !self.takes(name.cast::<PyString>()?.to_str()?, given) {
                    return Ok(false);
                }
            }
        }
        let named = |name: &String| kwargs.map_or(Ok(false), |kwargs| kwargs.contains(name));
        let required = self.positional.len() - self.defaults.min(self.positional.len());
        for (index, name) in self.positional.iter().enumerate().take(required).skip(given) {
            if index < self.positional_only || !named(name)? {
                return Ok(false);
            }
        }
        for (name, has_default) in &self.keyword_only {
            if !has_default && !named(name)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Whether this keyword can be given beside so many positional arguments.
    fn takes(&self, keyword: &str, given: usize) -> bool {
        let by_name = self.positional.iter().skip(self.positional_only);
        match by_name.enumerate().find(|(_, name)| *name == keyword) {
            Some((index, _)) => index + self.positional_only >= given,
            None => self.varkeywords || self.keyword_only.iter().any(|(name, _)| name == keyword),
        }
    }
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
        && signature.fits(args.len(), kwargs)?
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
