//! The comment that names a file's encoding. Python looks for it byte by byte before anything is decoded.

/// A comment such as `# -*- coding: latin-1 -*-`.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Declaration {
    /// Where it stands: line 1 or 2.
    pub(super) line: u32,
    /// The encoding, as it is written there.
    pub(super) name: String,
}

impl Declaration {
    /// The name that Python goes on with: a suffix that an editor added to two of them, such as `-unix`, is
    /// dropped.
    pub(super) fn spelling(&self) -> &str {
        let lower = self.name.to_ascii_lowercase().replace('_', "-");
        let is = |name: &str| {
            lower.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
        };
        if is("utf-8") {
            "utf-8"
        } else if is("latin-1") || is("iso-8859-1") || is("iso-latin-1") {
            "iso-8859-1"
        } else {
            &self.name
        }
    }
}

/// Finds the declaration of source that starts with these bytes (behind the byte order mark, if it has one).
/// The second line counts only if the first holds no code.
pub(super) fn find(bytes: &[u8]) -> Option<Declaration> {
    let mut rest = bytes;
    for line in 1..=2 {
        let (text, below) = split_line(rest).unwrap_or((rest, b""));
        let code = text.iter().position(|byte| !b" \t\x0c".contains(byte));
        match code.map(|start| &text[start..]) {
            Some(comment @ [b'#', ..]) => {
                if let Some(name) = name_in(comment) {
                    return Some(Declaration { line, name });
                }
            }
            Some(_) => return None,
            None => {}
        }
        rest = below;
    }
    None
}

/// The first line and what is below it. A carriage return alone ends a line too, as it does for Python.
pub(super) fn split_line(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = bytes.iter().position(|byte| matches!(byte, b'\n' | b'\r'))?;
    let length = if bytes[end..].starts_with(b"\r\n") { 2 } else { 1 };
    Some((&bytes[..end], &bytes[end + length..]))
}

/// `coding`, then `:` or `=`, then blanks, then a name; the first place in the comment that has all of it.
fn name_in(comment: &[u8]) -> Option<String> {
    const WORD: &[u8] = b"coding";

    comment.windows(WORD.len()).enumerate().filter(|(_, window)| *window == WORD).find_map(|(at, _)| {
        let [b':' | b'=', rest @ ..] = &comment[at + WORD.len()..] else {
            return None;
        };
        let blanks = rest.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
        let name: String = rest[blanks..]
            .iter()
            .take_while(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(byte))
            .map(|byte| char::from(*byte))
            .collect();
        (!name.is_empty()).then_some(name)
    })
}
