//! What a check found: a rule, a place, and words for whoever wrote it.

use std::fmt;

use serde::ser::{Serialize, SerializeStruct, Serializer};

use super::rules::Rule;
use crate::problem::{Problem, ProblemKind};
use crate::reading::Span;

/// One finding.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// The file, relative to the project, with forward slashes.
    pub file: String,
    /// Where in it; none for all of it.
    pub span: Option<Span>,
    /// The rule that is broken.
    pub rule: Rule,
    /// What is wrong and what to do, as a sentence without its final full stop.
    pub message: String,
}

impl From<Problem> for Finding {
    fn from(problem: Problem) -> Self {
        let rule = match problem.kind {
            ProblemKind::SyntaxError => Rule::SyntaxError,
            ProblemKind::Unreadable => Rule::UnreadableFile,
            ProblemKind::NotATask => Rule::NotATask,
            ProblemKind::DuplicateName => Rule::DuplicateName,
            ProblemKind::BadModuleName => Rule::BadModuleName,
            ProblemKind::BadIgnoreRule => Rule::BadIgnoreRule,
        };
        let span = problem.line.map(|line| {
            let column = problem.column.unwrap_or(1);
            Span { line, column, end_line: line, end_column: column }
        });
        Self { file: problem.file, span, rule, message: problem.message }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if let Some(span) = self.span {
            write!(f, ":{}:{}", span.line, span.column)?;
        }
        write!(f, ": {} {}", self.rule.code(), self.message)
    }
}

impl Serialize for Finding {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut finding = serializer.serialize_struct("Finding", 8)?;
        finding.serialize_field("code", self.rule.code())?;
        finding.serialize_field("name", self.rule.text().name)?;
        finding.serialize_field("file", &self.file)?;
        finding.serialize_field("line", &self.span.map(|span| span.line))?;
        finding.serialize_field("column", &self.span.map(|span| span.column))?;
        finding.serialize_field("end_line", &self.span.map(|span| span.end_line))?;
        finding.serialize_field("end_column", &self.span.map(|span| span.end_column))?;
        finding.serialize_field("message", &self.message)?;
        finding.end()
    }
}
