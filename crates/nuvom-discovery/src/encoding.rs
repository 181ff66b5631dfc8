//! From bytes to text by the rules of PEP 263: a byte order mark, else a `coding:` comment in the first two
//! lines, else UTF-8. Of the encodings that Python knows it reads UTF-8, Latin-1 and ASCII.

use std::borrow::Cow;

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// Why bytes are not text, and the line (counted from 1) that shows it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Undecodable {
    pub(crate) line: u32,
    pub(crate) message: String,
}

/// The text, without its byte order mark.
pub(crate) fn decode(mut bytes: Vec<u8>) -> Result<String, Undecodable> {
    let declared = declared_encoding(&bytes);
    let marked = bytes.starts_with(BYTE_ORDER_MARK);
    if marked {
        bytes.drain(..BYTE_ORDER_MARK.len());
    }
    match declared {
        None => decode_utf8(bytes),
        Some((line, name)) => match normalized(&name).as_str() {
            "utf-8" => decode_utf8(bytes),
            _ if marked => Err(Undecodable {
                line,
                message: format!(
                    "names the encoding `{name}`, but starts with the mark of UTF-8; remove one of the two"
                ),
            }),
            "ascii" => decode_ascii(bytes),
            "latin-1" => Ok(bytes.into_iter().map(char::from).collect()),
            _ => Err(Undecodable {
                line,
                message: format!("is written in `{name}`, which discovery cannot read; save it as UTF-8"),
            }),
        },
    }
}

fn decode_utf8(bytes: Vec<u8>) -> Result<String, Undecodable> {
    String::from_utf8(bytes).map_err(|error| Undecodable {
        line: line_at(error.as_bytes(), error.utf8_error().valid_up_to()),
        message: "is not valid UTF-8; save it as UTF-8, or name its encoding in the first line, as in \
                  `# coding: latin-1`"
            .to_owned(),
    })
}

fn decode_ascii(bytes: Vec<u8>) -> Result<String, Undecodable> {
    match bytes.iter().position(|byte| !byte.is_ascii()) {
        Some(offset) => Err(Undecodable {
            line: line_at(&bytes, offset),
            message: "says that it is ASCII, but holds other characters; save it as UTF-8 and remove its \
                      `coding` comment"
                .to_owned(),
        }),
        None => decode_utf8(bytes),
    }
}

fn line_at(bytes: &[u8], offset: usize) -> u32 {
    1 + bytes[..offset].split(|byte| *byte == b'\n').skip(1).count() as u32
}

/// The encoding named by a comment, and the line of that comment. The second line counts only if the first
/// is empty or a comment.
fn declared_encoding(bytes: &[u8]) -> Option<(u32, String)> {
    let bytes = bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(bytes);
    for (line, text) in (1..=2).zip(bytes.split(|byte| *byte == b'\n')) {
        let text = text.trim_ascii();
        if let Some(name) = encoding_in(text) {
            return Some((line, name));
        }
        if !text.is_empty() && !text.starts_with(b"#") {
            return None;
        }
    }
    None
}

/// PEP 263 in words: a comment that holds `coding`, then `:` or `=`, then blanks, then a name.
fn encoding_in(line: &[u8]) -> Option<String> {
    let line = String::from_utf8_lossy(line);
    let comment = line.strip_prefix('#')?;
    comment.match_indices("coding").find_map(|(at, word)| {
        let rest = comment[at + word.len()..].strip_prefix([':', '='])?;
        let name: String = rest
            .trim_start_matches([' ', '\t'])
            .chars()
            .take_while(|letter| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_' | '.'))
            .collect();
        (!name.is_empty()).then_some(name)
    })
}

/// One spelling for the encodings that are read, else the name as given.
fn normalized(name: &str) -> String {
    let name = name.to_ascii_lowercase().replace('_', "-");
    let known: Cow<'_, str> = match name.as_str() {
        "utf-8" | "utf8" | "u8" | "utf-8-sig" => "utf-8".into(),
        "latin-1" | "latin1" | "l1" | "latin" | "iso-8859-1" | "iso8859-1" | "iso-latin-1" | "8859"
        | "cp819" => "latin-1".into(),
        "ascii" | "us-ascii" | "646" => "ascii".into(),
        // Python reads these as the plain encoding, so that editors can add a suffix such as `-unix`.
        other if other.starts_with("utf-8-") => "utf-8".into(),
        other if other.starts_with("latin-1-") || other.starts_with("iso-8859-1-") => "latin-1".into(),
        other => other.into(),
    };
    known.into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_byte_order_mark_is_not_part_of_the_text() {
        assert_eq!(decode(b"\xef\xbb\xbfx = 1".to_vec()).unwrap(), "x = 1");
    }

    #[test]
    fn a_byte_order_mark_and_another_encoding_contradict_each_other() {
        let error = decode(b"\xef\xbb\xbf# coding: latin-1\n".to_vec()).unwrap_err();

        assert_eq!(error.line, 1);
        assert!(error.message.contains("latin-1"));
    }

    #[test]
    fn a_comment_in_the_second_line_names_the_encoding() {
        let text = decode(b"#!/usr/bin/python\n# -*- coding: ISO_8859_1 -*-\n# \xe9".to_vec()).unwrap();

        assert!(text.ends_with('é'));
    }

    #[test]
    fn a_comment_below_code_names_no_encoding() {
        let error = decode(b"x = 1\n# coding: latin-1\n# \xe9".to_vec()).unwrap_err();

        assert_eq!(error.line, 3);
        assert!(error.message.contains("not valid UTF-8"));
    }

    #[test]
    fn an_encoding_that_is_not_read_is_named() {
        let error = decode(b"\n# coding=cp1252\n".to_vec()).unwrap_err();

        assert_eq!(error.line, 2);
        assert!(error.message.contains("`cp1252`"));
    }

    #[test]
    fn ascii_means_ascii() {
        let error = decode(b"# coding: ascii\n\n# \xe9".to_vec()).unwrap_err();

        assert_eq!(error.line, 3);
        assert_eq!(decode(b"# coding: us-ascii".to_vec()).unwrap(), "# coding: us-ascii");
    }

    #[test]
    fn a_suffix_of_an_editor_changes_nothing() {
        let text = decode(b"# vim: set fileencoding=latin-1-unix :\n# \xe9".to_vec()).unwrap();

        assert!(text.ends_with('é'));
    }
}
