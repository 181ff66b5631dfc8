//! The one sanitiser: text from jobs, files and users is made visible before it reaches a terminal, so that
//! it can neither move the cursor, nor write the clipboard, nor reorder what a person reads.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::io;

use serde::Serialize;
use serde_json::ser::{CharEscape, CompactFormatter, Formatter, PrettyFormatter, Serializer};

/// The text with everything that a terminal would obey, or that cannot be seen, written out.
pub fn visible(text: &str) -> Cow<'_, str> {
    if !text.contains(is_unsafe) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 8);
    for sign in text.chars() {
        match sign {
            '\n' => shown.push_str("\\n"),
            '\r' => shown.push_str("\\r"),
            '\t' => shown.push_str("\\t"),
            _ if is_unsafe(sign) => escape(&mut shown, sign),
            _ => shown.push(sign),
        }
    }
    Cow::Owned(shown)
}

fn escape(shown: &mut String, sign: char) {
    let code = u32::from(sign);
    let written = match code {
        0..=0xff => write!(shown, "\\x{code:02x}"),
        0x100..=0xffff => write!(shown, "\\u{code:04x}"),
        _ => write!(shown, "\\U{code:08x}"),
    };
    written.expect("a String takes all that is written to it");
}

/// Control characters (C0, DEL, C1), and what reorders, hides or breaks a line without being seen.
fn is_unsafe(sign: char) -> bool {
    sign.is_control()
        || matches!(
            sign,
            '\u{61c}'
                | '\u{200b}'
                | '\u{200e}'
                | '\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{feff}'
                | '\u{fff9}'..='\u{fffb}'
                | '\u{e0000}'..='\u{e007f}'
        )
}

/// A value as JSON in which strings keep their meaning, but hold nothing that a terminal obeys.
pub(crate) fn to_json(value: &impl Serialize) -> io::Result<String> {
    let mut bytes = Vec::new();
    let formatter = Safe { layout: PrettyFormatter::new() };
    value.serialize(&mut Serializer::with_formatter(&mut bytes, formatter))?;
    String::from_utf8(bytes).map_err(io::Error::other)
}

/// Indented JSON, as `serde_json` lays it out; only strings differ.
struct Safe {
    layout: PrettyFormatter<'static>,
}

impl Formatter for Safe {
    fn write_string_fragment<W: ?Sized + io::Write>(
        &mut self,
        writer: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        for part in fragment.split_inclusive(is_unsafe) {
            let plain = part.trim_end_matches(is_unsafe);
            writer.write_all(plain.as_bytes())?;
            for sign in part[plain.len()..].chars() {
                for unit in sign.encode_utf16(&mut [0; 2]) {
                    write!(writer, "\\u{unit:04x}")?;
                }
            }
        }
        Ok(())
    }

    fn write_char_escape<W: ?Sized + io::Write>(
        &mut self,
        writer: &mut W,
        escape: CharEscape,
    ) -> io::Result<()> {
        CompactFormatter.write_char_escape(writer, escape)
    }

    fn begin_array<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.layout.begin_array(writer)
    }

    fn end_array<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.layout.end_array(writer)
    }

    fn begin_array_value<W: ?Sized + io::Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        self.layout.begin_array_value(writer, first)
    }

    fn end_array_value<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.layout.end_array_value(writer)
    }

    fn begin_object<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.layout.begin_object(writer)
    }

    fn end_object<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.layout.end_object(writer)
    }

    fn begin_object_key<W: ?Sized + io::Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        self.layout.begin_object_key(writer, first)
    }

    fn begin_object_value<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.layout.begin_object_value(writer)
    }

    fn end_object_value<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.layout.end_object_value(writer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_text_in_any_script_stays_as_it_is() {
        assert_eq!(visible("héllo 日本 👨‍👩‍👧 [/red]"), "héllo 日本 👨‍👩‍👧 [/red]");
    }

    #[test]
    fn an_escape_sequence_is_written_out() {
        assert_eq!(visible("\u{1b}]52;c;aGk=\u{7}\u{1b}[31m"), "\\x1b]52;c;aGk=\\x07\\x1b[31m");
    }

    #[test]
    fn the_eight_bit_forms_of_escapes_are_written_out() {
        assert_eq!(visible("\u{9b}31m\u{9d}0;t\u{9c}\u{7f}"), "\\x9b31m\\x9d0;t\\x9c\\x7f");
    }

    #[test]
    fn a_line_break_cannot_start_a_line() {
        assert_eq!(visible("a\r\nb\tc\u{2028}d"), "a\\r\\nb\\tc\\u2028d");
    }

    #[test]
    fn what_reorders_or_hides_text_is_written_out() {
        assert_eq!(visible("a\u{202e}b\u{2066}c\u{200f}d\u{e0041}"), "a\\u202eb\\u2066c\\u200fd\\U000e0041");
    }

    #[test]
    fn what_was_made_visible_stays_as_it_is() {
        let once = visible("\u{1b}[0m\n").into_owned();

        assert_eq!(visible(&once), once);
    }

    #[test]
    fn json_keeps_the_meaning_and_holds_no_raw_control() {
        let text = "\u{1b}[0m\u{9b}\u{202e}\"\\\n\u{7f}é\u{e0041}";

        let json = to_json(&text).unwrap();

        assert!(!json.contains(is_unsafe), "{json:?}");
        assert_eq!(serde_json::from_str::<String>(&json).unwrap(), text);
    }

    #[test]
    fn json_is_indented() {
        let json = to_json(&serde_json::json!({"a": [1, {"b": 2}], "c": {}})).unwrap();

        assert_eq!(json, "{\n  \"a\": [\n    1,\n    {\n      \"b\": 2\n    }\n  ],\n  \"c\": {}\n}");
    }
}
