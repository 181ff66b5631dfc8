//! Comments that keep findings quiet: `# nuvom: ignore` and `# nuvom: ignore[NUV201, NUV204]`.

use ruff_python_ast::token::{TokenKind, Tokens};
use ruff_text_size::{Ranged, TextRange};

use super::facts::{Silenced, Span};

/// The comments of a file; `span_of` tells where a stretch of its text is.
pub(super) fn silenced(text: &str, tokens: &Tokens, span_of: impl Fn(TextRange) -> Span) -> Vec<Silenced> {
    if !text.contains("nuvom:") {
        return Vec::new();
    }
    let comments = tokens.iter().filter(|token| token.kind() == TokenKind::Comment);
    comments
        .filter_map(|token| {
            let codes = codes(&text[token.range()])?;
            let span = span_of(token.range());
            Some(Silenced { line: span.line, span, codes })
        })
        .collect()
}

/// The codes that a comment names; it may stand behind another one, as in `# noqa  # nuvom: ignore`.
fn codes(comment: &str) -> Option<Vec<String>> {
    comment.split('#').find_map(|part| {
        let rest = part.trim().strip_prefix("nuvom:")?.trim_start().strip_prefix("ignore")?;
        if rest.is_empty() || rest.starts_with(char::is_whitespace) {
            return Some(Vec::new());
        }
        let (named, _) = rest.strip_prefix('[')?.split_once(']')?;
        let codes: Vec<String> = named.split(',').map(|code| code.trim().to_ascii_uppercase()).collect();
        (!codes.iter().any(String::is_empty)).then_some(codes)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_comment_names_codes_or_means_all() {
        assert_eq!(codes("# nuvom: ignore"), Some(vec![]));
        assert_eq!(codes("#nuvom:ignore-this"), None);
        assert_eq!(codes("# nuvom: ignore see above"), Some(vec![]));
        assert_eq!(codes("# nuvom: ignore[NUV201]"), Some(vec!["NUV201".into()]));
        assert_eq!(
            codes("# noqa: E501  # nuvom: ignore[nuv201, NUV204]"),
            Some(vec!["NUV201".into(), "NUV204".into()])
        );
    }

    #[test]
    fn other_comments_say_nothing() {
        assert_eq!(codes("# nuvom: ignored"), None);
        assert_eq!(codes("# nuvom: ignore[]"), None);
        assert_eq!(codes("# nuvom: ignore[NUV201"), None);
        assert_eq!(codes("# about nuvom: ignore it"), None);
    }
}
