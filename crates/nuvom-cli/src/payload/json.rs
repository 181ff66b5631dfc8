//! Values as JSON, for programs that read `--json`: what JSON has is used, the rest becomes text. The stored
//! bytes, from which nothing is lost, are what `inspect job -f raw` shows.

use std::fmt::Write as _;

use serde_json::{Map, Number, Value as Json};

use super::python::repr;
use super::value::{HIDDEN, Value};

/// The value as JSON. Tuples and sets become arrays; bytes become hexadecimal text; maps with keys other than
/// text become arrays of pairs; numbers that JSON cannot hold become text.
pub(crate) fn to_json(value: &Value) -> Json {
    match value {
        Value::None => Json::Null,
        Value::Bool(flag) => Json::Bool(*flag),
        Value::Integer(digits) => integer(digits),
        Value::Float(number) => {
            Number::from_f64(*number).map_or_else(|| Json::String(repr(value, 10)), Json::Number)
        }
        Value::Text(text) | Value::Named(_, text) => Json::String(text.clone()),
        Value::Bytes(bytes) => Json::String(hexadecimal(bytes)),
        Value::Hidden => Json::String(HIDDEN.to_owned()),
        Value::Items(_, items) => Json::Array(items.iter().map(to_json).collect()),
        Value::Map(entries) => map(entries),
    }
}

/// Bytes as hexadecimal text.
pub(crate) fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        write!(text, "{byte:02x}").expect("a String takes all that is written to it");
        text
    })
}

fn integer(digits: &str) -> Json {
    let number = digits.parse::<i64>().map(Number::from).or_else(|_| digits.parse::<u64>().map(Number::from));
    number.map_or_else(|_| Json::String(digits.to_owned()), Json::Number)
}

fn map(entries: &[(Value, Value)]) -> Json {
    let named: Option<Map<String, Json>> = entries
        .iter()
        .map(|(key, value)| match key {
            Value::Text(key) => Some((key.clone(), to_json(value))),
            _ => None,
        })
        .collect();
    named.map_or_else(
        || Json::Array(entries.iter().map(|(key, value)| [to_json(key), to_json(value)].into()).collect()),
        Json::Object,
    )
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn numbers_that_json_cannot_hold_become_text() {
        assert_eq!(to_json(&Value::Integer("18446744073709551615".into())), json!(u64::MAX));
        assert_eq!(to_json(&Value::Integer("100000000000000000000".into())), json!("100000000000000000000"));
        assert_eq!(to_json(&Value::Float(f64::INFINITY)), json!("inf"));
    }

    #[test]
    fn a_map_with_other_keys_loses_none_of_them() {
        let value = Value::Map(vec![
            (Value::Integer("1".into()), Value::None),
            (Value::Text("1".into()), Value::Bytes(vec![0, 255])),
        ]);

        assert_eq!(to_json(&value), json!([[1, null], ["1", "00ff"]]));
    }
}
