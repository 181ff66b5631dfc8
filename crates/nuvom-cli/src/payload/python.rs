//! Values as Python would write them, up to a length.

use std::fmt::Write as _;

use super::value::{Arguments, Brackets, HIDDEN, Value};

/// A value, cut after about `limit` characters.
pub(crate) fn repr(value: &Value, limit: usize) -> String {
    let mut writer = Writer { text: String::new(), limit };
    writer.value(value);
    writer.finished()
}

/// Arguments in the brackets of a call, cut after about `limit` characters.
pub(crate) fn call(arguments: &Arguments, limit: usize) -> String {
    let mut writer = Writer { text: "(".to_owned(), limit };
    let mut separator = "";
    for value in &arguments.positional {
        writer.text.push_str(separator);
        writer.value(value);
        separator = ", ";
    }
    for (name, value) in &arguments.keywords {
        writer.text.push_str(separator);
        match name {
            Value::Text(name) => writer.text.push_str(name),
            other => writer.value(other),
        }
        writer.text.push('=');
        writer.value(value);
        separator = ", ";
        if writer.is_full() {
            break;
        }
    }
    writer.text.push(')');
    writer.finished()
}

/// Writes until the limit is passed, so that a large value costs no more than what is shown of it.
struct Writer {
    text: String,
    limit: usize,
}

impl Writer {
    fn is_full(&self) -> bool {
        self.text.len() > self.limit
    }

    fn finished(self) -> String {
        match self.text.char_indices().nth(self.limit) {
            Some((end, _)) => format!("{}…", &self.text[..end]),
            None => self.text,
        }
    }

    fn value(&mut self, value: &Value) {
        match value {
            Value::None => self.text.push_str("None"),
            Value::Bool(true) => self.text.push_str("True"),
            Value::Bool(false) => self.text.push_str("False"),
            Value::Integer(digits) => self.text.push_str(digits),
            Value::Float(number) => self.text.push_str(&float(*number)),
            Value::Text(text) => self.quoted(text),
            Value::Bytes(bytes) => self.bytes(bytes),
            Value::Items(brackets, items) => self.items(*brackets, items),
            Value::Map(entries) => self.map(entries),
            Value::Hidden => self.text.push_str(HIDDEN),
            Value::Named(class, text) => {
                self.text.push_str(class);
                self.text.push('(');
                self.quoted(text);
                self.text.push(')');
            }
        }
    }

    fn items(&mut self, brackets: Brackets, items: &[Value]) {
        let (open, close) = match brackets {
            Brackets::List => ("[", "]"),
            Brackets::Tuple if items.len() == 1 => ("(", ",)"),
            Brackets::Tuple => ("(", ")"),
            Brackets::Set if items.is_empty() => ("set(", ")"),
            Brackets::Set => ("{", "}"),
            Brackets::Frozenset if items.is_empty() => ("frozenset(", ")"),
            Brackets::Frozenset => ("frozenset({", "})"),
        };
        self.text.push_str(open);
        for (place, item) in items.iter().enumerate() {
            if self.is_full() {
                break;
            }
            self.text.push_str(if place == 0 { "" } else { ", " });
            self.value(item);
        }
        self.text.push_str(close);
    }

    fn map(&mut self, entries: &[(Value, Value)]) {
        self.text.push('{');
        for (place, (key, value)) in entries.iter().enumerate() {
            if self.is_full() {
                break;
            }
            self.text.push_str(if place == 0 { "" } else { ", " });
            self.value(key);
            self.text.push_str(": ");
            self.value(value);
        }
        self.text.push('}');
    }

    /// Control characters are left to the sanitiser through which every text passes.
    fn quoted(&mut self, text: &str) {
        let quote = if text.contains('\'') && !text.contains('"') { '"' } else { '\'' };
        self.text.push(quote);
        for sign in text.chars() {
            if self.is_full() {
                break;
            }
            if sign == '\\' || sign == quote {
                self.text.push('\\');
            }
            self.text.push(sign);
        }
        self.text.push(quote);
    }

    fn bytes(&mut self, bytes: &[u8]) {
        self.text.push_str("b'");
        for byte in bytes {
            if self.is_full() {
                break;
            }
            match byte {
                b'\\' | b'\'' => {
                    self.text.push('\\');
                    self.text.push(char::from(*byte));
                }
                0x20..0x7f => self.text.push(char::from(*byte)),
                _ => write!(self.text, "\\x{byte:02x}").expect("a String takes all that is written to it"),
            }
        }
        self.text.push('\'');
    }
}

fn float(number: f64) -> String {
    if number.is_nan() {
        "nan".to_owned()
    } else {
        // With a point or an exponent, so that it is no integer: `1.0`, `1e16`, `inf`.
        format!("{number:?}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn integer(digits: &str) -> Value {
        Value::Integer(digits.to_owned())
    }

    fn shown(value: &Value) -> String {
        repr(value, 100)
    }

    #[test]
    fn values_look_as_in_python() {
        let entries = vec![(Value::Text("a".into()), Value::Float(1.0)), (integer("2"), Value::Bool(true))];

        assert_eq!(shown(&Value::Map(entries)), "{'a': 1.0, 2: True}");
        assert_eq!(shown(&Value::Items(Brackets::Tuple, vec![integer("1")])), "(1,)");
        assert_eq!(shown(&Value::Items(Brackets::Set, vec![])), "set()");
        assert_eq!(shown(&Value::Items(Brackets::Frozenset, vec![Value::None])), "frozenset({None})");
        assert_eq!(shown(&Value::Bytes(b"a'\x00\xff".to_vec())), "b'a\\'\\x00\\xff'");
        assert_eq!(shown(&Value::Named("Decimal", "1.50".into())), "Decimal('1.50')");
    }

    #[test]
    fn texts_are_quoted_so_that_their_end_is_seen() {
        assert_eq!(shown(&Value::Text("it's".into())), "\"it's\"");
        assert_eq!(shown(&Value::Text("a\\'\"".into())), "'a\\\\\\'\"'");
    }

    #[test]
    fn floats_that_are_no_numbers_are_named() {
        assert_eq!(shown(&Value::Float(f64::NAN)), "nan");
        assert_eq!(shown(&Value::Float(f64::NEG_INFINITY)), "-inf");
    }

    #[test]
    fn a_large_value_is_cut() {
        let value = Value::Items(Brackets::List, vec![Value::Text("x".repeat(1000)); 1000]);

        assert_eq!(repr(&value, 10), "['xxxxxxxx…");
    }

    #[test]
    fn a_call_shows_positional_arguments_and_keywords() {
        let arguments = Arguments {
            positional: vec![integer("5")],
            keywords: vec![(Value::Text("y".into()), integer("7"))],
        };

        assert_eq!(call(&arguments, 100), "(5, y=7)");
    }
}
