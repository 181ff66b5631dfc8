//! Python values to bytes and back: MessagePack with tagged extensions, behind one byte for the version of
//! the format. Nothing that is decoded can name code. docs/reference/wire-format.md describes the bytes.

mod decode;
mod encode;
mod extension;

pub(crate) use decode::{decode_arguments, decode_headers, decode_value, look_at_arguments};
pub(crate) use encode::{encode_arguments, encode_value};

/// The first byte of every payload. A format with another meaning gets another number.
pub(crate) const FORMAT: u8 = 1;

/// Containers may lie so deep in each other: more than any sensible value, far less than a stack.
pub(crate) const MAX_DEPTH: usize = 64;
