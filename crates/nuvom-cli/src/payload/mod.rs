//! Opens payloads for people: arguments and results as they were, or why that is not possible. What cannot
//! be decoded is never a failure of the command. The engine itself never opens a payload. What the names beside
//! values say is secret is hidden, unless the caller says otherwise.

#[cfg(test)]
mod damage;
mod decode;
mod extension;
mod json;
mod python;
mod secrets;
mod value;

pub(crate) use self::decode::{
    MAX_BYTES, Secrets, Undecodable, arguments, arguments_with, result, result_with,
};
pub(crate) use self::json::{hexadecimal, to_json};
pub(crate) use self::python::{call, repr};
pub(crate) use self::value::Value;
