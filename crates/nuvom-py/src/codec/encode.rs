//! Values to bytes. A value of a type outside the list is refused with its path and type, so that nothing
//! arrives as something else.

use std::fmt::Write as _;

use pyo3::exceptions::PyOverflowError;
use pyo3::prelude::*;
use pyo3::types::{
    PyBool, PyBytes, PyComplex, PyDict, PyFloat, PyFrozenSet, PyInt, PyList, PySet, PyString, PyTuple,
};
use rmp::encode as write;

use super::{FORMAT, MAX_DEPTH, extension};
use crate::errors;

/// Why a value cannot be encoded: a fault, or an exception that Python raised meanwhile.
enum Refused {
    Fault { path: Vec<String>, fault: String },
    Raised(PyErr),
}

type Encoded = Result<(), Refused>;

impl From<PyErr> for Refused {
    fn from(error: PyErr) -> Self {
        Refused::Raised(error)
    }
}

/// The payload of a call.
pub(crate) fn encode_arguments(
    args: &Bound<'_, PyTuple>,
    kwargs: Option<&Bound<'_, PyDict>>,
    headers: &[(String, String)],
) -> PyResult<Vec<u8>> {
    let mut out = Vec::with_capacity(32);
    out.push(FORMAT);
    array(&mut out, if headers.is_empty() { 2 } else { 3 });
    let encoded = arguments(&mut out, args, kwargs);
    if !headers.is_empty() {
        map(&mut out, headers.len());
        for (name, value) in headers {
            string(&mut out, name);
            string(&mut out, value);
        }
    }
    finished(args.py(), encoded, "").map(|()| out)
}

/// The payload of a result.
pub(crate) fn encode_value(value: &Bound<'_, PyAny>) -> PyResult<Vec<u8>> {
    let mut out = Vec::with_capacity(16);
    out.push(FORMAT);
    finished(value.py(), encode(&mut out, value, 0), "the result").map(|()| out)
}

fn arguments(out: &mut Vec<u8>, args: &Bound<'_, PyTuple>, kwargs: Option<&Bound<'_, PyDict>>) -> Encoded {
    array(out, args.len());
    for (index, value) in args.iter_borrowed().enumerate() {
        encode(out, &value, 0).map_err(|refused| refused.below(|| format!("args[{index}]")))?;
    }
    map(out, kwargs.map_or(0, PyDictMethods::len));
    if let Some(kwargs) = kwargs {
        for (name, value) in kwargs.iter() {
            text(out, &name)?;
            encode(out, &value, 0).map_err(|refused| refused.below(|| name.to_string()))?;
        }
    }
    Ok(())
}

fn finished(py: Python<'_>, encoded: Encoded, root: &str) -> PyResult<()> {
    match encoded {
        Ok(()) => Ok(()),
        Err(Refused::Raised(error)) => Err(error),
        Err(Refused::Fault { path, fault }) => {
            let mut place = root.to_owned();
            path.iter().rev().for_each(|step| place.push_str(step));
            Err(errors::not_serializable(py, &format!("{place} {fault}")))
        }
    }
}

impl Refused {
    /// Adds a step to the path, on the way up to the root.
    fn below(self, step: impl FnOnce() -> String) -> Self {
        match self {
            Refused::Fault { mut path, fault } => {
                path.push(step());
                Refused::Fault { path, fault }
            }
            Refused::Raised(error) => Refused::Raised(error),
        }
    }

    fn fault(fault: impl Into<String>) -> Self {
        Refused::Fault { path: Vec::new(), fault: fault.into() }
    }
}

fn encode(out: &mut Vec<u8>, value: &Bound<'_, PyAny>, depth: usize) -> Encoded {
    if let Ok(string) = value.cast_exact::<PyString>() {
        return text(out, string);
    }
    if value.is_none() {
        return infallible(write::write_nil(out));
    }
    if let Ok(flag) = value.cast_exact::<PyBool>() {
        return infallible(write::write_bool(out, flag.is_true()));
    }
    if let Ok(number) = value.cast_exact::<PyInt>() {
        return integer(out, number);
    }
    if let Ok(number) = value.cast_exact::<PyFloat>() {
        write::write_f64(out, number.value()).map_err(|_| Refused::fault("cannot be written"))?;
        return Ok(());
    }
    if let Ok(bytes) = value.cast_exact::<PyBytes>() {
        length(bytes.as_bytes().len())?;
        write::write_bin(out, bytes.as_bytes()).map_err(|_| Refused::fault("cannot be written"))?;
        return Ok(());
    }
    if depth >= MAX_DEPTH {
        return Err(Refused::fault(format!("lies deeper than {MAX_DEPTH} containers, or contains itself")));
    }
    if let Ok(list) = value.cast_exact::<PyList>() {
        array(out, list.len());
        return items(out, list.iter(), list.len(), depth);
    }
    if let Ok(dict) = value.cast_exact::<PyDict>() {
        return entries(out, dict, depth);
    }
    if let Ok(tuple) = value.cast_exact::<PyTuple>() {
        return extended(out, extension::TUPLE, |inner| {
            array(inner, tuple.len());
            items(inner, tuple.iter(), tuple.len(), depth)
        });
    }
    if let Ok(set) = value.cast_exact::<PySet>() {
        return extended(out, extension::SET, |inner| {
            array(inner, set.len());
            items(inner, set.iter(), set.len(), depth)
        });
    }
    if let Ok(set) = value.cast_exact::<PyFrozenSet>() {
        return extended(out, extension::FROZENSET, |inner| {
            array(inner, set.len());
            items(inner, set.iter(), set.len(), depth)
        });
    }
    if let Ok(number) = value.cast_exact::<PyComplex>() {
        return extended(out, extension::COMPLEX, |inner| {
            inner.extend_from_slice(&number.real().to_be_bytes());
            inner.extend_from_slice(&number.imag().to_be_bytes());
            Ok(())
        });
    }
    library_type(out, value)
}

/// Types of the standard library, known by where they are defined: to look here imports none of them.
fn library_type(out: &mut Vec<u8>, value: &Bound<'_, PyAny>) -> Encoded {
    let class = value.get_type();
    let (module, name) = (class.module()?.to_string(), class.qualname()?.to_string());
    match (module.as_str(), name.as_str()) {
        ("datetime", "datetime") => {
            let stamp = datetime(value)?;
            extended(out, extension::DATETIME, |inner| bytes_of(inner, stamp.as_bytes()))
        }
        ("datetime", "date") => extended_text(out, extension::DATE, value, "isoformat"),
        ("datetime", "time") => {
            if !value.getattr("tzinfo")?.is_none() && value.call_method0("utcoffset")?.is_none() {
                return Err(Refused::fault(
                    "is a time in a zone whose offset depends on the day; pass a datetime",
                ));
            }
            extended_text(out, extension::TIME, value, "isoformat")
        }
        ("datetime", "timedelta") => {
            let part = |name| value.getattr(name)?.extract::<i64>();
            let (days, seconds, micros) = (part("days")?, part("seconds")?, part("microseconds")?);
            extended(out, extension::TIMEDELTA, |inner| {
                array(inner, 3);
                for part in [days, seconds, micros] {
                    write::write_sint(inner, part).map_err(|_| Refused::fault("cannot be written"))?;
                }
                Ok(())
            })
        }
        ("decimal", "Decimal") => extended_text(out, extension::DECIMAL, value, "__str__"),
        ("uuid", "UUID") => {
            let bytes = value.getattr("bytes")?;
            let bytes = bytes.cast::<PyBytes>().map_err(PyErr::from)?;
            extended(out, extension::UUID, |inner| bytes_of(inner, bytes.as_bytes()))
        }
        ("pathlib" | "pathlib._local", "Path" | "PosixPath" | "WindowsPath") => {
            extended_text(out, extension::PATH, value, "__str__")
        }
        _ => Err(Refused::fault(unsupported(&module, &name))),
    }
}

fn unsupported(module: &str, name: &str) -> String {
    let mut fault = String::from("has type ");
    if module == "builtins" {
        fault.push_str(name);
    } else {
        let _ = write!(fault, "{module}.{name}");
    }
    fault.push_str(
        ", which cannot be sent to a worker. Pass plain data (str, int, list, dict, ...), or annotate the \
         parameter with a dataclass, Enum, TypedDict, Pydantic or msgspec type",
    );
    fault
}

/// ISO 8601 with its offset, and the zone by name where it has one.
fn datetime(value: &Bound<'_, PyAny>) -> Result<String, Refused> {
    let mut stamp: String = value.call_method0("isoformat")?.extract()?;
    let zone = value.getattr("tzinfo")?;
    if zone.is_none() {
        return Ok(stamp);
    }
    let class = zone.get_type();
    match (class.module()?.to_string().as_str(), class.qualname()?.to_string().as_str()) {
        ("datetime", "timezone") => {}
        ("zoneinfo", "ZoneInfo") => {
            let key = zone.getattr("key")?;
            if key.is_none() {
                return Err(Refused::fault(
                    "has a ZoneInfo without a name; make it by ZoneInfo(\"Area/City\")",
                ));
            }
            let _ = write!(stamp, "[{}]", key.extract::<String>()?);
        }
        (module, name) => {
            return Err(Refused::fault(format!(
                "has a time zone of type {module}.{name}; use zoneinfo.ZoneInfo or datetime.timezone"
            )));
        }
    }
    Ok(stamp)
}

fn integer(out: &mut Vec<u8>, number: &Bound<'_, PyInt>) -> Encoded {
    match number.extract::<i64>() {
        Ok(small) => {
            write::write_sint(out, small).map_err(|_| Refused::fault("cannot be written"))?;
            Ok(())
        }
        Err(error) if error.is_instance_of::<PyOverflowError>(number.py()) => {
            let bits: usize = number.call_method0("bit_length")?.extract()?;
            let size = bits / 8 + 1;
            length(size)?;
            let py = number.py();
            let signed = PyDict::new(py);
            signed.set_item("signed", true)?;
            let bytes = number.call_method("to_bytes", (size, "big"), Some(&signed))?;
            let bytes = bytes.cast::<PyBytes>().map_err(PyErr::from)?;
            extended(out, extension::LARGE_INT, |inner| bytes_of(inner, bytes.as_bytes()))
        }
        Err(error) => Err(error.into()),
    }
}

fn text(out: &mut Vec<u8>, value: &Bound<'_, PyAny>) -> Encoded {
    let string = value.cast::<PyString>().map_err(|_| Refused::fault("is not a str"))?;
    let Ok(string) = string.to_str() else {
        return Err(Refused::fault("is text with a lone surrogate, which has no UTF-8 form"));
    };
    length(string.len())?;
    write::write_str(out, string).map_err(|_| Refused::fault("cannot be written"))
}

/// Items that were counted before: a container that changes meanwhile must not break the format.
fn items<'py>(
    out: &mut Vec<u8>,
    items: impl Iterator<Item = Bound<'py, PyAny>>,
    count: usize,
    depth: usize,
) -> Encoded {
    let mut written = 0;
    for (index, item) in items.take(count).enumerate() {
        encode(out, &item, depth + 1).map_err(|refused| refused.below(|| format!("[{index}]")))?;
        written += 1;
    }
    if written == count { Ok(()) } else { Err(Refused::fault("changed while it was read")) }
}

fn entries(out: &mut Vec<u8>, dict: &Bound<'_, PyDict>, depth: usize) -> Encoded {
    let count = dict.len();
    map(out, count);
    for (key, value) in dict.iter() {
        encode(out, &key, depth + 1).map_err(|refused| refused.below(|| format!(" key {}", shown(&key))))?;
        encode(out, &value, depth + 1).map_err(|refused| refused.below(|| format!("[{}]", shown(&key))))?;
    }
    if dict.len() == count { Ok(()) } else { Err(Refused::fault("changed while it was read")) }
}

fn shown(key: &Bound<'_, PyAny>) -> String {
    key.repr().map_or_else(|_| "?".to_owned(), |repr| repr.to_string())
}

fn extended_text(out: &mut Vec<u8>, code: i8, value: &Bound<'_, PyAny>, method: &str) -> Encoded {
    let string: String = value.call_method0(method)?.extract()?;
    extended(out, code, |inner| bytes_of(inner, string.as_bytes()))
}

#[expect(clippy::unnecessary_wraps, reason = "it is the content of an extension, which may fail")]
fn bytes_of(out: &mut Vec<u8>, bytes: &[u8]) -> Encoded {
    out.extend_from_slice(bytes);
    Ok(())
}

/// Writes the content first: the length of an extension stands before it.
fn extended(out: &mut Vec<u8>, code: i8, content: impl FnOnce(&mut Vec<u8>) -> Encoded) -> Encoded {
    let mut inner = Vec::new();
    content(&mut inner)?;
    length(inner.len())?;
    write::write_ext_meta(out, inner.len() as u32, code).map_err(|_| Refused::fault("cannot be written"))?;
    out.extend_from_slice(&inner);
    Ok(())
}

fn length(bytes: usize) -> Encoded {
    if u32::try_from(bytes).is_ok() { Ok(()) } else { Err(Refused::fault("is larger than 4 GiB")) }
}

/// Containers of Python cannot have more items than fit: each takes eight bytes of the address space, and the
/// size limit of a payload is far below.
fn array(out: &mut Vec<u8>, count: usize) {
    let _ = write::write_array_len(out, u32::try_from(count).unwrap_or(u32::MAX));
}

fn string(out: &mut Vec<u8>, text: &str) {
    let _ = write::write_str(out, text);
}

fn map(out: &mut Vec<u8>, count: usize) {
    let _ = write::write_map_len(out, u32::try_from(count).unwrap_or(u32::MAX));
}

fn infallible<T, E>(written: Result<T, E>) -> Encoded {
    written.map(drop).map_err(|_| Refused::fault("cannot be written"))
}
