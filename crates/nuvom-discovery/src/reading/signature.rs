//! The signature of a function as its author wrote it, brought onto one line.

use ruff_python_ast::StmtFunctionDef;
use ruff_python_ast::token::{TokenKind, Tokens};
use ruff_text_size::{Ranged, TextRange};

/// Parameters and return annotation: `(x: int, y: int = 2) -> int`.
pub(super) fn signature_of(function: &StmtFunctionDef, text: &str, tokens: &Tokens) -> String {
    let mut signature = on_one_line(function.parameters.range(), text, tokens);
    if let Some(returns) = &function.returns {
        signature.push_str(" -> ");
        signature.push_str(&on_one_line(returns.range(), text, tokens));
    }
    signature
}

/// A stretch of source on one line. Drops comments and line breaks, and with them the comma before a bracket that had its own line.
pub(super) fn on_one_line(range: TextRange, text: &str, tokens: &Tokens) -> String {
    let mut line = String::new();
    let mut end_of_last = range.start();
    let mut last = None;
    for token in tokens.in_range(range) {
        let kind = token.kind();
        if matches!(kind, TokenKind::Comment | TokenKind::NonLogicalNewline) {
            continue;
        }
        let gap = &text[TextRange::new(end_of_last, token.start())];
        if gap.contains(['\n', '\r']) && kind == TokenKind::Rpar && token.end() == range.end() {
            line.truncate(line.trim_end_matches(',').len());
        } else if !gap.is_empty() && !(gap.contains(['\n', '\r']) && (opens(last) || closes(kind))) {
            line.push(' ');
        }
        // Only a string over several lines has line breaks inside a token.
        line.push_str(&text[token.range()].replace("\r\n", "\n").replace(['\n', '\r'], "\\n"));
        end_of_last = token.end();
        last = Some(kind);
    }
    line
}

fn opens(kind: Option<TokenKind>) -> bool {
    matches!(kind, Some(TokenKind::Lpar | TokenKind::Lsqb | TokenKind::Lbrace))
}

fn closes(kind: TokenKind) -> bool {
    matches!(kind, TokenKind::Rpar | TokenKind::Rsqb | TokenKind::Rbrace)
}

#[cfg(test)]
mod tests {
    use ruff_python_ast::Stmt;
    use ruff_python_parser::parse_module;

    use super::*;

    fn signature(source: &str) -> String {
        let parsed = parse_module(source).unwrap();
        let Some(Stmt::FunctionDef(function)) = parsed.syntax().body.first() else {
            panic!("the source starts with a function")
        };
        signature_of(function, source, parsed.tokens())
    }

    #[test]
    fn a_signature_on_one_line_is_kept_as_it_stands() {
        assert_eq!(
            signature("def f(a, /, b: int=1, *c, d: 'T' = (1,), **e) -> list[int]: ..."),
            "(a, /, b: int=1, *c, d: 'T' = (1,), **e) -> list[int]"
        );
    }

    #[test]
    fn a_signature_over_several_lines_is_joined() {
        let source =
            "def f(\n    a: int,  # the first\n    b: dict[\n        str, int\n    ] = {},\n) -> None: ...";

        assert_eq!(signature(source), "(a: int, b: dict[str, int] = {}) -> None");
    }

    #[test]
    fn a_tuple_keeps_its_comma() {
        assert_eq!(signature("def f(a=(\n    1,\n)): ..."), "(a=(1,))");
    }

    #[test]
    fn a_line_break_inside_a_string_is_written_out() {
        assert_eq!(signature("def f(a='''x\r\ny'''): ..."), "(a='''x\\ny''')");
    }

    #[test]
    fn a_line_joined_by_a_backslash_is_joined() {
        assert_eq!(signature("def f(a, \\\n    b): ..."), "(a, b)");
    }

    #[test]
    fn no_parameters_and_no_annotation_are_a_pair_of_brackets() {
        assert_eq!(signature("def f(): ..."), "()");
    }
}
