//! Bytes to values. Lengths are checked against what is left before anything is allocated, and depth is
//! bounded; what does not fit is an error, never a guess.

use pyo3::exceptions::{PyException, PyMemoryError};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyComplex, PyDict, PyFrozenSet, PyInt, PyList, PySet, PyString, PyTuple};
use rmp::Marker;

use super::{FORMAT, MAX_DEPTH, extension};
use crate::errors;
use nuvom_core::ErrorKind;

/// The arguments of a call.
pub(crate) fn decode_arguments<'py>(
    py: Python<'py>,
    payload: &[u8],
) -> PyResult<(Bound<'py, PyTuple>, Bound<'py, PyDict>)> {
    let (args, kwargs, _) = call(py, payload)?;
    Ok((args, kwargs))
}

/// The same for those who only look: a payload that cannot be decoded has no arguments, and a reason why.
pub(crate) fn look_at_arguments<'py>(py: Python<'py>, payload: &[u8]) -> PyResult<Looked<'py>> {
    match decode_arguments(py, payload) {
        Ok((args, kwargs)) => Ok((args, kwargs, None)),
        Err(error) if errors::kind_of(py, &error) == ErrorKind::Corrupt => {
            Ok((PyTuple::empty(py), PyDict::new(py), Some(error.value(py).to_string())))
        }
        Err(error) => Err(error),
    }
}

/// Positional arguments, named ones, and why there are none.
type Looked<'py> = (Bound<'py, PyTuple>, Bound<'py, PyDict>, Option<String>);

/// The headers that were sent along with a call.
pub(crate) fn decode_headers<'py>(py: Python<'py>, payload: &[u8]) -> PyResult<Bound<'py, PyDict>> {
    call(py, payload).map(|(_, _, headers)| headers)
}

fn call<'py>(py: Python<'py>, payload: &[u8]) -> PyResult<Call<'py>> {
    let mut input = Input::of(py, payload)?;
    let decoded = input.arguments();
    decoded.map_err(|error| damage(py, error))
}

/// Positional arguments, named ones, headers.
type Call<'py> = (Bound<'py, PyTuple>, Bound<'py, PyDict>, Bound<'py, PyDict>);

/// One value.
pub(crate) fn decode_value<'py>(py: Python<'py>, payload: &[u8]) -> PyResult<Bound<'py, PyAny>> {
    let mut input = Input::of(py, payload)?;
    let decoded = input.value(0).and_then(|value| input.end().map(|()| value));
    decoded.map_err(|error| damage(py, error))
}

/// What a class of Python says about a value that it cannot make is the fault of the bytes, whatever it raises.
fn damage(py: Python<'_>, error: PyErr) -> PyErr {
    let ours = py.import("nuvom.errors").and_then(|errors| errors.getattr("NuvomError"));
    let passes = ours.is_ok_and(|class| error.matches(py, class).unwrap_or(false))
        || error.is_instance_of::<PyMemoryError>(py)
        || !error.is_instance_of::<PyException>(py);
    if passes {
        return error;
    }
    let fault = format!("payload is damaged: it holds a value that cannot be made ({})", error.value(py));
    errors::undecodable(py, &fault)
}

struct Input<'py, 'a> {
    py: Python<'py>,
    rest: &'a [u8],
}

impl<'py, 'a> Input<'py, 'a> {
    fn of(py: Python<'py>, payload: &'a [u8]) -> PyResult<Self> {
        match payload.split_first() {
            Some((&FORMAT, rest)) => Ok(Self { py, rest }),
            Some((version, _)) => Err(errors::undecodable(
                py,
                &format!(
                    "payload has format {version}, this Nuvom reads format {FORMAT}: upgrade this worker"
                ),
            )),
            None => Err(errors::undecodable(py, "payload is empty")),
        }
    }

    fn arguments(&mut self) -> PyResult<Call<'py>> {
        let parts = self.array_length()?;
        if !(2..=3).contains(&parts) {
            return Err(self.damaged("arguments are two values, or three with headers"));
        }
        let count = self.array_length()?;
        let args = PyTuple::new(self.py, self.values(count, 0)?)?;
        let kwargs = self.dict(0)?;
        let headers = if parts == 3 { self.dict(0)? } else { PyDict::new(self.py) };
        self.end()?;
        Ok((args, kwargs, headers))
    }

    fn value(&mut self, depth: usize) -> PyResult<Bound<'py, PyAny>> {
        let py = self.py;
        let marker = self.marker()?;
        Ok(match marker {
            Marker::Null => py.None().into_bound(py),
            Marker::True => true.into_pyobject(py)?.to_owned().into_any(),
            Marker::False => false.into_pyobject(py)?.to_owned().into_any(),
            Marker::FixPos(number) => number.into_pyobject(py)?.into_any(),
            Marker::FixNeg(number) => number.into_pyobject(py)?.into_any(),
            Marker::U8 => u8::from_be_bytes(self.bytes()?).into_pyobject(py)?.into_any(),
            Marker::U16 => u16::from_be_bytes(self.bytes()?).into_pyobject(py)?.into_any(),
            Marker::U32 => u32::from_be_bytes(self.bytes()?).into_pyobject(py)?.into_any(),
            Marker::U64 => u64::from_be_bytes(self.bytes()?).into_pyobject(py)?.into_any(),
            Marker::I8 => i8::from_be_bytes(self.bytes()?).into_pyobject(py)?.into_any(),
            Marker::I16 => i16::from_be_bytes(self.bytes()?).into_pyobject(py)?.into_any(),
            Marker::I32 => i32::from_be_bytes(self.bytes()?).into_pyobject(py)?.into_any(),
            Marker::I64 => i64::from_be_bytes(self.bytes()?).into_pyobject(py)?.into_any(),
            Marker::F32 => f32::from_be_bytes(self.bytes()?).into_pyobject(py)?.into_any(),
            Marker::F64 => f64::from_be_bytes(self.bytes()?).into_pyobject(py)?.into_any(),
            Marker::FixStr(_) | Marker::Str8 | Marker::Str16 | Marker::Str32 => {
                let length = self.length(marker)?;
                PyString::new(py, self.text(length)?).into_any()
            }
            Marker::Bin8 | Marker::Bin16 | Marker::Bin32 => {
                let length = self.length(marker)?;
                PyBytes::new(py, self.take(length)?).into_any()
            }
            Marker::FixArray(_) | Marker::Array16 | Marker::Array32 => {
                let length = self.length(marker)?;
                PyList::new(py, self.values(length, depth)?)?.into_any()
            }
            Marker::FixMap(_) | Marker::Map16 | Marker::Map32 => {
                let length = self.length(marker)?;
                self.entries(length, depth)?.into_any()
            }
            Marker::FixExt1
            | Marker::FixExt2
            | Marker::FixExt4
            | Marker::FixExt8
            | Marker::FixExt16
            | Marker::Ext8
            | Marker::Ext16
            | Marker::Ext32 => {
                let length = self.length(marker)?;
                let [code] = self.bytes()?;
                let content = Input { py, rest: self.take(length)? };
                content.extended(code as i8, depth)?
            }
            Marker::Reserved => return Err(self.damaged("it holds a reserved byte")),
        })
    }

    fn extended(mut self, code: i8, depth: usize) -> PyResult<Bound<'py, PyAny>> {
        let py = self.py;
        let value = match code {
            extension::TUPLE => {
                let count = self.array_length()?;
                PyTuple::new(py, self.values(count, depth)?)?.into_any()
            }
            extension::SET => {
                let count = self.array_length()?;
                PySet::new(py, self.values(count, depth)?)?.into_any()
            }
            extension::FROZENSET => {
                let count = self.array_length()?;
                PyFrozenSet::new(py, self.values(count, depth)?)?.into_any()
            }
            extension::DATETIME => self.datetime()?,
            extension::DATE => self.parsed_text("datetime", "date", Some("fromisoformat"))?,
            extension::TIME => self.parsed_text("datetime", "time", Some("fromisoformat"))?,
            extension::TIMEDELTA => {
                let count = self.array_length()?;
                let parts = PyTuple::new(py, self.values(count, depth)?)?;
                py.import("datetime")?.getattr("timedelta")?.call1(parts)?
            }
            extension::DECIMAL => self.parsed_text("decimal", "Decimal", None)?,
            extension::PATH => self.parsed_text("pathlib", "Path", None)?,
            extension::UUID => {
                let named = PyDict::new(py);
                named.set_item("bytes", PyBytes::new(py, self.all()))?;
                py.import("uuid")?.getattr("UUID")?.call((), Some(&named))?
            }
            extension::LARGE_INT => {
                let signed = PyDict::new(py);
                signed.set_item("signed", true)?;
                let bytes = PyBytes::new(py, self.all());
                py.get_type::<PyInt>().call_method("from_bytes", (bytes, "big"), Some(&signed))?
            }
            extension::COMPLEX => {
                let (real, imaginary) = (self.bytes()?, self.bytes()?);
                PyComplex::from_doubles(py, f64::from_be_bytes(real), f64::from_be_bytes(imaginary))
                    .into_any()
            }
            unknown => {
                let fault = format!("it holds extension type {unknown}, which this Nuvom does not know");
                return Err(self.damaged(&fault));
            }
        };
        self.end()?;
        Ok(value)
    }

    fn datetime(&mut self) -> PyResult<Bound<'py, PyAny>> {
        let stamp = self.whole_text()?;
        let (stamp, zone) = match stamp.strip_suffix(']').and_then(|stamp| stamp.split_once('[')) {
            Some((stamp, zone)) => (stamp, Some(zone)),
            None => (stamp, None),
        };
        let class = self.py.import("datetime")?.getattr("datetime")?;
        let value = class.call_method1("fromisoformat", (stamp,))?;
        match zone {
            None => Ok(value),
            Some(name) => {
                let zone = self.py.import("zoneinfo")?.getattr("ZoneInfo")?.call1((name,))?;
                value.call_method1("astimezone", (zone,))
            }
        }
    }

    fn parsed_text(
        &mut self,
        module: &str,
        class: &str,
        method: Option<&str>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let text = self.whole_text()?;
        let class = self.py.import(module)?.getattr(class)?;
        match method {
            Some(method) => class.call_method1(method, (text,)),
            None => class.call1((text,)),
        }
    }

    fn dict(&mut self, depth: usize) -> PyResult<Bound<'py, PyDict>> {
        let marker = self.marker()?;
        if !matches!(marker, Marker::FixMap(_) | Marker::Map16 | Marker::Map32) {
            return Err(self.damaged("named arguments are a map"));
        }
        let count = self.length(marker)?;
        self.entries(count, depth)
    }

    fn entries(&mut self, count: usize, depth: usize) -> PyResult<Bound<'py, PyDict>> {
        self.deeper(depth)?;
        let dict = PyDict::new(self.py);
        for _ in 0..count {
            let key = self.value(depth + 1)?;
            let value = self.value(depth + 1)?;
            dict.set_item(key, value)?;
        }
        Ok(dict)
    }

    fn values(&mut self, count: usize, depth: usize) -> PyResult<Vec<Bound<'py, PyAny>>> {
        self.deeper(depth)?;
        // Every value takes at least a byte, so a count beyond what is left is a lie.
        if count > self.rest.len() {
            return Err(self.damaged("it is cut off"));
        }
        let mut values = Vec::with_capacity(count);
        for _ in 0..count {
            values.push(self.value(depth + 1)?);
        }
        Ok(values)
    }

    fn deeper(&self, depth: usize) -> PyResult<()> {
        if depth >= MAX_DEPTH { Err(self.damaged("it is nested too deep")) } else { Ok(()) }
    }

    fn array_length(&mut self) -> PyResult<usize> {
        let marker = self.marker()?;
        match marker {
            Marker::FixArray(_) | Marker::Array16 | Marker::Array32 => self.length(marker),
            _ => Err(self.damaged("a list is missing")),
        }
    }

    fn length(&mut self, marker: Marker) -> PyResult<usize> {
        Ok(match marker {
            Marker::FixStr(length) | Marker::FixArray(length) | Marker::FixMap(length) => usize::from(length),
            Marker::FixExt1 => 1,
            Marker::FixExt2 => 2,
            Marker::FixExt4 => 4,
            Marker::FixExt8 => 8,
            Marker::FixExt16 => 16,
            Marker::Str8 | Marker::Bin8 | Marker::Ext8 => usize::from(u8::from_be_bytes(self.bytes()?)),
            Marker::Str16 | Marker::Bin16 | Marker::Ext16 | Marker::Array16 | Marker::Map16 => {
                usize::from(u16::from_be_bytes(self.bytes()?))
            }
            _ => u32::from_be_bytes(self.bytes()?) as usize,
        })
    }

    fn marker(&mut self) -> PyResult<Marker> {
        let [byte] = self.bytes()?;
        Ok(Marker::from_u8(byte))
    }

    fn bytes<const N: usize>(&mut self) -> PyResult<[u8; N]> {
        match self.rest.split_first_chunk::<N>() {
            Some((chunk, rest)) => {
                self.rest = rest;
                Ok(*chunk)
            }
            None => Err(self.damaged("it is cut off")),
        }
    }

    fn take(&mut self, count: usize) -> PyResult<&'a [u8]> {
        match self.rest.split_at_checked(count) {
            Some((taken, rest)) => {
                self.rest = rest;
                Ok(taken)
            }
            None => Err(self.damaged("it is cut off")),
        }
    }

    fn all(&mut self) -> &'a [u8] {
        std::mem::take(&mut self.rest)
    }

    fn text(&mut self, count: usize) -> PyResult<&'a str> {
        let bytes = self.take(count)?;
        std::str::from_utf8(bytes).map_err(|_| self.damaged("it holds text that is not UTF-8"))
    }

    fn whole_text(&mut self) -> PyResult<&'a str> {
        let count = self.rest.len();
        self.text(count)
    }

    fn end(&self) -> PyResult<()> {
        if self.rest.is_empty() { Ok(()) } else { Err(self.damaged("something follows its end")) }
    }

    fn damaged(&self, fault: &str) -> PyErr {
        errors::undecodable(self.py, &format!("payload is damaged: {fault}"))
    }
}
