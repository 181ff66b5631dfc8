//! From bytes to text as Python does it: a byte order mark, else a `coding:` comment in the first two lines, else
//! UTF-8 (PEP 263). Bytes that Python refuses are refused here too, with few exceptions that [`names`] tells.

mod declaration;
mod names;

#[cfg(test)]
mod tests;

use encoding_rs::DecoderResult;

use declaration::Declaration;
use names::{Named, Quirk};

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// Why bytes are not text, and the line (counted from 1) that shows it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Undecodable {
    pub(crate) line: u32,
    pub(crate) message: String,
}

/// The text, without its byte order mark.
pub(crate) fn decode(mut bytes: Vec<u8>) -> Result<String, Undecodable> {
    let is_marked = bytes.starts_with(BYTE_ORDER_MARK);
    if is_marked {
        bytes.drain(..BYTE_ORDER_MARK.len());
    }
    let Some(declaration) = declaration::find(&bytes) else {
        return decode_utf8(bytes);
    };
    // Python is strict here: even `utf8`, another name of the same encoding, is an error after the mark.
    if is_marked && declaration.spelling() != "utf-8" {
        return Err(declaration.refused(
            "but it starts with the mark of UTF-8; write `coding: utf-8`, or remove one of the two",
        ));
    }
    match names::named(declaration.spelling()) {
        Some(Named::Utf8) => decode_utf8(bytes),
        Some(Named::Ascii) => decode_ascii(bytes),
        Some(Named::Latin1) => Ok(bytes.into_iter().map(char::from).collect()),
        Some(Named::Wide) => Err(declaration.refused("in which Python reads no source; save it as UTF-8")),
        Some(Named::Other(encoding, quirk)) => {
            decode_other(&bytes, encoding, quirk).map_err(|offset| Undecodable {
                line: line_at(&bytes, offset),
                message: format!(
                    "holds bytes that are no text in `{}`, the encoding that its line {} names; save it as UTF-8 \
                     and remove that comment",
                    declaration.name, declaration.line
                ),
            })
        }
        None => Err(declaration.refused("which discovery cannot read; save it as UTF-8")),
    }
}

impl Declaration {
    /// The line that names the encoding is the place of the trouble.
    fn refused(&self, why: &str) -> Undecodable {
        Undecodable { line: self.line, message: format!("is written in `{}`, {why}", self.name) }
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

/// The text, else the offset of the first bytes that are none.
fn decode_other(
    bytes: &[u8],
    encoding: &'static encoding_rs::Encoding,
    quirk: Quirk,
) -> Result<String, usize> {
    let mut decoder = encoding.new_decoder_without_bom_handling();
    let mut text = String::with_capacity(bytes.len() + bytes.len() / 2);
    let mut consumed = 0;
    loop {
        let (result, read) =
            decoder.decode_to_string_without_replacement(&bytes[consumed..], &mut text, true);
        consumed += read;
        match result {
            DecoderResult::InputEmpty => return quirk.apply(text, bytes),
            // Some room is always left over, or a decoder that needs a few bytes at once would never go on.
            DecoderResult::OutputFull => text.reserve(bytes.len() - consumed + 16),
            DecoderResult::Malformed(malformed, after) => {
                return Err(consumed.saturating_sub(usize::from(malformed) + usize::from(after)));
            }
        }
    }
}

fn line_at(bytes: &[u8], offset: usize) -> u32 {
    let mut rest = &bytes[..offset];
    let mut line = 1;
    while let Some((_, below)) = declaration::split_line(rest) {
        line += 1;
        rest = below;
    }
    line
}
