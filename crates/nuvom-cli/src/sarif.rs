//! Findings as SARIF 2.1.0, the format that code scanning reads:
//! <https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html>.

use std::fmt::Write;

use nuvom_discovery::{Finding, Rule, Span};
use serde_json::{Value, json};

/// A log of one run.
pub(crate) fn log(findings: &[Finding]) -> Value {
    let mut rules: Vec<Rule> = findings.iter().map(|finding| finding.rule).collect();
    rules.sort_unstable();
    rules.dedup();
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "nuvom check",
                "version": env!("CARGO_PKG_VERSION"),
                "rules": rules.iter().map(|rule| descriptor(*rule)).collect::<Vec<_>>(),
            }},
            "columnKind": "unicodeCodePoints",
            "results": findings.iter().map(|finding| result(finding, &rules)).collect::<Vec<_>>(),
        }],
    })
}

fn descriptor(rule: Rule) -> Value {
    let text = rule.text();
    json!({
        "id": text.code,
        "name": text.name,
        "shortDescription": {"text": text.summary},
        "help": {"text": rule.page(), "markdown": rule.page()},
        "defaultConfiguration": {"level": "error"},
    })
}

fn result(finding: &Finding, rules: &[Rule]) -> Value {
    let mut place = json!({"artifactLocation": {"uri": uri(&finding.file)}});
    if let Some(span) = finding.span {
        place["region"] = region(span);
    }
    json!({
        "ruleId": finding.rule.code(),
        "ruleIndex": rules.iter().position(|rule| *rule == finding.rule),
        "level": "error",
        "message": {"text": finding.message},
        "locations": [{"physicalLocation": place}],
    })
}

fn region(span: Span) -> Value {
    json!({
        "startLine": span.line,
        "startColumn": span.column,
        "endLine": span.end_line,
        "endColumn": span.end_column,
    })
}

/// A path as a relative reference of RFC 3986.
fn uri(path: &str) -> String {
    let mut uri = String::with_capacity(path.len());
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            uri.push(byte as char);
        } else {
            // A text takes whatever is written to it.
            let _ = write!(uri, "%{byte:02X}");
        }
    }
    uri
}
