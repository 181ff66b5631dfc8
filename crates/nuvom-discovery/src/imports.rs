//! The imports of a file, read from its bytes without parsing it. It may find imports where there are none, as in a
//! text, but misses none: it only decides which files are worth to be parsed.

use memchr::memmem;

use crate::module_name::absolute;
use crate::source::is_whole_word;

/// Longer than anybody's list of names.
const MAX_LIST_BYTES: usize = 16 * 1024;

/// One import, with its module's full name.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Import {
    pub(crate) module: String,
    /// The names that are taken from it; none if it is the module that is imported.
    pub(crate) names: Option<Vec<String>>,
}

/// The imports in these bytes of a file of this package; none if they cannot be told without parsing.
pub(crate) fn imports(bytes: &[u8], package: &str) -> Option<Vec<Import>> {
    let mut found = Vec::new();
    for at in memmem::find_iter(bytes, "import") {
        let behind = at + "import".len();
        if !is_whole_word(bytes, at..behind) {
            continue;
        }
        let rest = statement(bytes, behind)?;
        let names = String::from_utf8(rest).ok().filter(|names| names.is_ascii())?;
        match module_before(bytes, at) {
            Before::Unclear => return None,
            Before::From(module) => {
                let name = module.trim_start_matches('.');
                if let Some(module) = absolute(name, module.len() - name.len(), package) {
                    let names = names.split(|letter: char| !is_letter(letter) && letter != '*');
                    let names = names.filter(|name| !name.is_empty()).map(str::to_owned);
                    found.push(Import { module, names: Some(names.collect()) });
                }
            }
            Before::Nothing => {
                for part in names.split(',') {
                    let path = part.split(" as ").next().unwrap_or(part);
                    let module: String = path.chars().filter(|it| is_letter(*it) || *it == '.').collect();
                    if !module.is_empty() {
                        found.push(Import { module, names: None });
                    }
                }
            }
        }
    }
    Some(found)
}

/// What follows `import`: to the end of the line, or of the brackets. None if it does not end.
fn statement(bytes: &[u8], from: usize) -> Option<Vec<u8>> {
    let mut text = Vec::new();
    let mut in_brackets = false;
    let mut in_comment = false;
    let mut is_joined = false;
    for byte in bytes.get(from..)?.iter().copied().take(MAX_LIST_BYTES) {
        let ends_line = matches!(byte, b'\n' | b'\r');
        match byte {
            _ if in_comment && !ends_line => {}
            b'#' if in_brackets => in_comment = true,
            b'#' | b';' | b')' => return Some(text),
            b'(' => in_brackets = true,
            b'\\' => is_joined = true,
            _ if ends_line && !in_brackets && !is_joined => return Some(text),
            _ if ends_line => {
                in_comment = false;
                text.push(b' ');
            }
            _ => {
                is_joined = false;
                text.push(byte);
            }
        }
    }
    (bytes.len() - from < MAX_LIST_BYTES).then_some(text)
}

/// What stands before an `import`.
enum Before {
    /// `from` and a module, with its dots.
    From(String),
    Nothing,
    Unclear,
}

fn module_before(bytes: &[u8], import: usize) -> Before {
    let mut end = import;
    let mut parts: Vec<&[u8]> = Vec::new();
    let mut after_name = false;
    loop {
        while end > 0 && matches!(bytes[end - 1], b' ' | b'\t' | b'\x0c' | b'\\' | b'\r' | b'\n') {
            // A line break belongs to the statement only behind a backslash.
            if matches!(bytes[end - 1], b'\n' | b'\r') && !is_joined(bytes, end) {
                return Before::Nothing;
            }
            end -= 1;
        }
        match end.checked_sub(1).map(|at| bytes[at]) {
            Some(b'.') => {
                parts.push(b".");
                after_name = false;
                end -= 1;
            }
            Some(byte) if is_letter_byte(byte) => {
                let mut start = end;
                while start > 0 && is_letter_byte(bytes[start - 1]) {
                    start -= 1;
                }
                let word = &bytes[start..end];
                if word == b"from" {
                    let module: Vec<u8> = parts.iter().rev().copied().flatten().copied().collect();
                    let module = String::from_utf8(module).ok().filter(|module| module.is_ascii());
                    return module.map_or(Before::Unclear, Before::From);
                }
                if after_name {
                    return Before::Nothing;
                }
                parts.push(word);
                after_name = true;
                end = start;
            }
            _ => return Before::Nothing,
        }
    }
}

/// Whether the line break that ends here follows a backslash.
fn is_joined(bytes: &[u8], end: usize) -> bool {
    let before = bytes[..end].strip_suffix(b"\n").unwrap_or(&bytes[..end]);
    before.strip_suffix(b"\r").unwrap_or(before).ends_with(b"\\")
}

fn is_letter(letter: char) -> bool {
    letter == '_' || letter.is_alphanumeric()
}

fn is_letter_byte(byte: u8) -> bool {
    byte == b'_' || byte.is_ascii_alphanumeric() || !byte.is_ascii()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Vec<(String, Option<String>)> {
        let found = imports(text.as_bytes(), "shop.mail").unwrap();
        found.into_iter().map(|it| (it.module, it.names.map(|names| names.join(" ")))).collect()
    }

    fn from(module: &str, names: &str) -> (String, Option<String>) {
        (module.to_owned(), Some(names.to_owned()))
    }

    fn module(name: &str) -> (String, Option<String>) {
        (name.to_owned(), None)
    }

    #[test]
    fn every_spelling_of_an_import_is_found() {
        assert_eq!(of("import a.b, c as d\n"), [module("a.b"), module("c")]);
        assert_eq!(of("x = 1; import a\r\n"), [module("a")]);
        assert_eq!(of("from a.b import c\n"), [from("a.b", "c")]);
        assert_eq!(of("  from a . b import c, d as e # f\n"), [from("a.b", "c d as e")]);
        assert_eq!(of("from a import (b,\n  # no\n  c,\n)\nd"), [from("a", "b c")]);
        assert_eq!(of("from a import b, \\\n  c\nd\n"), [from("a", "b c")]);
        assert_eq!(of("from a \\\r\n import b"), [from("a", "b")]);
        assert_eq!(of("from a import *\n"), [from("a", "*")]);
        assert_eq!(of("from a import(b)\n"), [from("a", "b")]);
    }

    #[test]
    fn relative_imports_are_of_the_package() {
        assert_eq!(of("from . import a\n"), [from("shop.mail", "a")]);
        assert_eq!(of("from.b import a\n"), [from("shop.mail.b", "a")]);
        assert_eq!(of("from .. import a\n"), [from("shop", "a")]);
        assert_eq!(of("from ..b import a\n"), [from("shop.b", "a")]);
        assert_eq!(of("from .... import a\n"), []);
    }

    #[test]
    fn what_only_looks_like_one_does_no_harm() {
        assert_eq!(of("reimport = important\n"), []);
        assert_eq!(of("yield from a\nimport b\n"), [module("b")]);
        assert_eq!(of("'from a import b'"), [from("a", "b")]);
    }

    #[test]
    fn what_cannot_be_told_is_left_to_the_parser() {
        assert_eq!(imports("from a import größe\n".as_bytes(), ""), None);
        assert_eq!(imports("from größe import a\n".as_bytes(), ""), None);
        assert_eq!(imports(format!("import ({}", "a, ".repeat(10_000)).as_bytes(), ""), None);
    }
}
