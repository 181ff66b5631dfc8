//! Bytes to values, within bounds of size and depth.

use std::fmt;

use rmpv::Value as Raw;
use rmpv::decode::{Error as RawError, read_value_with_max_depth};

use super::extension;
use super::secrets::{hidden_within, without_secrets};
use super::value::{Arguments, Brackets, Value};

/// The first byte of every payload of the format that is read here.
const FORMAT: u8 = 1;
/// As deep as the encoder goes.
pub(super) const MAX_DEPTH: usize = 64;
/// Twice the default limit of a result: decoded, a value can take forty times its room.
pub(crate) const MAX_BYTES: usize = 16 * 1024 * 1024;

/// Why a payload cannot be shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Undecodable {
    pub(crate) reason: String,
    pub(crate) bytes: usize,
}

impl fmt::Display for Undecodable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<undecodable: {}, {} bytes>", self.reason, self.bytes)
    }
}

/// Why a part of a payload is not what it should be.
pub(super) type Fault = String;

/// Whether values are shown that their names say are secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Secrets {
    Hidden,
    Shown,
}

/// The arguments in a payload, without secrets.
pub(crate) fn arguments(payload: &[u8]) -> Result<Arguments, Undecodable> {
    arguments_with(Secrets::Hidden, payload)
}

/// The arguments in a payload.
pub(crate) fn arguments_with(secrets: Secrets, payload: &[u8]) -> Result<Arguments, Undecodable> {
    let decoded = decode(payload).and_then(|value| match value {
        Value::Items(Brackets::List, mut parts) => match &mut parts[..] {
            // The headers of middleware may follow.
            [Value::Items(Brackets::List, positional), Value::Map(keywords)]
            | [Value::Items(Brackets::List, positional), Value::Map(keywords), Value::Map(_)] => {
                Ok(Arguments { positional: std::mem::take(positional), keywords: std::mem::take(keywords) })
            }
            _ => Err("these are no arguments".to_owned()),
        },
        _ => Err("these are no arguments".to_owned()),
    });
    let shown = decoded.map(|arguments| match secrets {
        Secrets::Hidden => without_secrets(arguments),
        Secrets::Shown => arguments,
    });
    shown.map_err(|reason| Undecodable { reason, bytes: payload.len() })
}

/// The one value in a payload, without secrets.
pub(crate) fn result(payload: &[u8]) -> Result<Value, Undecodable> {
    result_with(Secrets::Hidden, payload)
}

/// The one value in a payload.
pub(crate) fn result_with(secrets: Secrets, payload: &[u8]) -> Result<Value, Undecodable> {
    let shown = decode(payload).map(|value| match secrets {
        Secrets::Hidden => hidden_within(value),
        Secrets::Shown => value,
    });
    shown.map_err(|reason| Undecodable { reason, bytes: payload.len() })
}

fn decode(payload: &[u8]) -> Result<Value, Fault> {
    if payload.len() > MAX_BYTES {
        return Err("too large to be shown; `inspect job --format raw` has the bytes".to_owned());
    }
    match payload.split_first() {
        None => Err("empty".to_owned()),
        Some((&FORMAT, rest)) => message(rest, MAX_DEPTH),
        Some((format, _)) => Err(format!("format {format}, and this Nuvom knows format {FORMAT}")),
    }
}

/// The one MessagePack value that these bytes are, nested at most `depth` deep.
pub(super) fn message(mut bytes: &[u8], depth: usize) -> Result<Value, Fault> {
    // rmpv counts a container as two levels, and the text or extension inside the last one as three.
    let raw = read_value_with_max_depth(&mut bytes, 2 * depth + 3).map_err(|error| match error {
        RawError::DepthLimitExceeded => too_deep(),
        RawError::InvalidMarkerRead(_) | RawError::InvalidDataRead(_) => "cut off".to_owned(),
    })?;
    if !bytes.is_empty() {
        return Err(format!("{} bytes too many", bytes.len()));
    }
    value(raw, depth)
}

/// The value that MessagePack's own types and our extensions stand for.
fn value(raw: Raw, depth: usize) -> Result<Value, Fault> {
    Ok(match raw {
        Raw::Nil => Value::None,
        Raw::Boolean(flag) => Value::Bool(flag),
        Raw::Integer(number) => Value::Integer(number.to_string()),
        Raw::F32(number) => Value::Float(number.into()),
        Raw::F64(number) => Value::Float(number),
        Raw::String(text) => Value::Text(text.into_str().ok_or("a text is not UTF-8")?),
        Raw::Binary(bytes) => Value::Bytes(bytes),
        Raw::Array(raw_items) => {
            let depth = below(depth)?;
            let items = raw_items.into_iter().map(|item| value(item, depth)).collect::<Result<_, _>>()?;
            Value::Items(Brackets::List, items)
        }
        Raw::Map(entries) => {
            let depth = below(depth)?;
            let entries =
                entries.into_iter().map(|(key, item)| Ok((value(key, depth)?, value(item, depth)?)));
            Value::Map(entries.collect::<Result<_, Fault>>()?)
        }
        Raw::Ext(code, data) => extension::value(code, &data, depth)?,
    })
}

/// The depth that is left inside a container.
pub(super) fn below(depth: usize) -> Result<usize, Fault> {
    depth.checked_sub(1).ok_or_else(too_deep)
}

fn too_deep() -> Fault {
    format!("nested deeper than {MAX_DEPTH}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reason(payload: &[u8]) -> String {
        result(payload).unwrap_err().reason
    }

    #[test]
    fn arguments_are_a_list_and_a_map() {
        let decoded = arguments(&[1, 0x92, 0x91, 0x05, 0x81, 0xa1, b'y', 0x07]).unwrap();

        assert_eq!(decoded.positional, [Value::Integer("5".into())]);
        assert_eq!(decoded.keywords, [(Value::Text("y".into()), Value::Integer("7".into()))]);
    }

    #[test]
    fn a_payload_without_arguments_in_it_is_undecodable() {
        assert_eq!(
            arguments(&[1, 0x05]).unwrap_err().to_string(),
            "<undecodable: these are no arguments, 2 bytes>"
        );
    }

    #[test]
    fn what_is_damaged_is_told_apart() {
        assert_eq!(reason(b""), "empty");
        assert_eq!(reason(b"arguments"), "format 97, and this Nuvom knows format 1");
        assert_eq!(reason(&[1]), "cut off");
        assert_eq!(reason(&[1, 0xa5, b'a']), "cut off");
        assert_eq!(reason(&[1, 0x05, 0x06]), "1 bytes too many");
        assert_eq!(reason(&[1, 0xa1, 0xff]), "a text is not UTF-8");
    }

    #[test]
    fn a_length_that_lies_allocates_nothing_of_that_size() {
        assert_eq!(reason(&[1, 0xdd, 0xff, 0xff, 0xff, 0xff]), "cut off");
        assert_eq!(reason(&[1, 0xc6, 0xff, 0xff, 0xff, 0xff]), "cut off");
    }

    #[test]
    fn depth_is_bounded_where_the_encoder_bounds_it() {
        let nested = |depth: usize| [&[1_u8][..], &vec![0x91; depth], &[0xa1, b'x']].concat();

        assert!(result(&nested(MAX_DEPTH)).is_ok());
        assert_eq!(reason(&nested(MAX_DEPTH + 1)), "nested deeper than 64");
        assert_eq!(reason(&nested(100_000)), "nested deeper than 64");
    }

    #[test]
    fn tuples_in_tuples_count_as_depth() {
        let mut nested = vec![0xc0];
        for _ in 0..70 {
            let inner = [&[0x91], &nested[..]].concat();
            nested = [&[0xc8][..], &(inner.len() as u16).to_be_bytes(), &[1], &inner].concat();
        }

        assert_eq!(reason(&[&[1][..], &nested].concat()), "nested deeper than 64");
    }
}
