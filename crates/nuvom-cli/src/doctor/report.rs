//! The verdicts, and how they look.

use std::io;

use nuvom_core::Error;
use serde_json::{Value as Json, json};

use crate::output::Output;
use crate::styled::{Style, Styled};
use crate::wording::{counted, wrapped};

/// Columns of the verdict and of the name before what was found.
const STATUS: usize = 9;
const NAME: usize = 10;
/// Details that people are told of a check.
const MOST_DETAILS: usize = 10;

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Status {
    Ok,
    /// Worth a look; nothing stands still because of it.
    Warning,
    /// Work is not done, or will not be.
    Problem,
}

/// What one look found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Check {
    pub(crate) name: &'static str,
    pub(crate) status: Status,
    /// What is the case, and what to do about it: sentences without their final full stop.
    pub(crate) found: String,
    pub(crate) fix: Option<String>,
    pub(crate) details: Vec<String>,
}

/// All that was looked at.
#[derive(Debug, Default)]
pub(crate) struct Report {
    pub(crate) checks: Vec<Check>,
    /// Further parts for programs, by name.
    pub(crate) parts: Vec<(&'static str, Json)>,
}

impl Status {
    fn as_str(self) -> &'static str {
        match self {
            Status::Ok => "ok",
            Status::Warning => "warning",
            Status::Problem => "problem",
        }
    }

    fn style(self) -> Style {
        match self {
            Status::Ok => Style::Good,
            Status::Warning => Style::Busy,
            Status::Problem => Style::Bad,
        }
    }
}

impl Check {
    pub(crate) fn new(name: &'static str, status: Status, found: impl Into<String>) -> Self {
        Self { name, status, found: found.into(), fix: None, details: Vec::new() }
    }

    /// A problem that an error tells of: its first line is what was found, further ones are details.
    pub(crate) fn of_error(name: &'static str, error: &Error) -> Self {
        let text = error.to_string();
        let hint = error.next_step().map(|hint| format!(". {hint}"));
        let text = hint.as_deref().and_then(|hint| text.strip_suffix(hint)).unwrap_or(&text);
        let mut lines = text.lines().map(|line| line.trim().trim_start_matches("- ").to_owned());
        let found = lines.next().unwrap_or_default();
        Self {
            fix: error.next_step().map(str::to_owned),
            details: lines.collect(),
            ..Self::new(name, Status::Problem, found.trim_end_matches(':'))
        }
    }

    pub(crate) fn fix(mut self, fix: impl Into<String>) -> Self {
        self.fix = Some(fix.into());
        self
    }

    pub(crate) fn details(mut self, details: impl IntoIterator<Item = String>) -> Self {
        self.details.extend(details);
        self
    }

    fn json(&self) -> Json {
        json!({
            "name": self.name,
            "status": self.status.as_str(),
            "found": self.found,
            "fix": self.fix,
            "details": self.details,
        })
    }
}

impl Report {
    /// How many checks have this verdict.
    pub(crate) fn count(&self, status: Status) -> u64 {
        self.checks.iter().filter(|check| check.status == status).count() as u64
    }

    pub(crate) fn json(&self) -> Json {
        let mut json = json!({
            "problems": self.count(Status::Problem),
            "warnings": self.count(Status::Warning),
            "checks": self.checks.iter().map(Check::json).collect::<Json>(),
        });
        for (name, part) in &self.parts {
            json[*name] = part.clone();
        }
        json
    }

    pub(crate) fn render(&self, output: &mut Output<'_>) -> io::Result<()> {
        self.checks.iter().try_for_each(|check| render(check, output))?;
        let told = match (self.count(Status::Problem), self.count(Status::Warning)) {
            (0, 0) => "Nothing is wrong.".to_owned(),
            (0, warnings) => format!("No problem, {}.", counted(warnings, "warning")),
            (problems, 0) => format!("{}.", counted(problems, "problem")),
            (problems, warnings) => {
                format!("{}, {}.", counted(problems, "problem"), counted(warnings, "warning"))
            }
        };
        output.talk(&told)
    }
}

fn render(check: &Check, output: &mut Output<'_>) -> io::Result<()> {
    let width = output.width.saturating_sub(STATUS + NAME);
    let mut lines = wrapped(&check.found, width).into_iter();
    output.pieces(&[
        Styled::new(check.status.style(), format!("{:STATUS$}", check.status.as_str())),
        Styled::new(Style::Heading, format!("{:NAME$}", check.name)),
        lines.next().unwrap_or_default().into(),
    ])?;
    lines.try_for_each(|line| hanging("", &[line], output))?;
    for detail in check.details.iter().take(MOST_DETAILS) {
        hanging("- ", &wrapped(detail, width.saturating_sub(2)), output)?;
    }
    match check.details.len().saturating_sub(MOST_DETAILS) {
        0 => {}
        more => hanging("- ", &[format!("and {more} more; --json has them all")], output)?,
    }
    match &check.fix {
        Some(fix) => hanging("fix: ", &wrapped(fix, width.saturating_sub(5)), output),
        None => Ok(()),
    }
}

fn hanging(title: &str, lines: &[String], output: &mut Output<'_>) -> io::Result<()> {
    for (number, line) in lines.iter().enumerate() {
        let title = if number == 0 { title.to_owned() } else { " ".repeat(title.len()) };
        output.pieces(&[
            " ".repeat(STATUS + NAME).into(),
            Styled::new(Style::Dim, title),
            line.as_str().into(),
        ])?;
    }
    Ok(())
}
