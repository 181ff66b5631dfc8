//! Opens payloads for people: arguments and results as they were, or why that is not possible. What cannot
//! be decoded is never a failure of the command. The engine itself never opens a payload.

mod decode;
mod extension;
mod json;
mod python;
mod value;

pub(crate) use self::decode::{MAX_BYTES, Undecodable, arguments, result};
pub(crate) use self::json::{hexadecimal, to_json};
pub(crate) use self::python::{call, repr};
pub(crate) use self::value::Value;
