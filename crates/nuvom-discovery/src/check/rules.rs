//! The rules, one row each: a code that never changes its meaning, a name, and what it holds against the code.

use serde::Serialize;

/// A rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Rule {
    /// NUV001
    SyntaxError,
    /// NUV002
    UnreadableFile,
    /// NUV003
    NotATask,
    /// NUV004
    DuplicateName,
    /// NUV005
    BadModuleName,
    /// NUV006
    BadIgnoreRule,
    /// NUV101
    UnknownOption,
    /// NUV102
    BadOptionValue,
    /// NUV103
    HookParameters,
    /// NUV201
    MissingArgument,
    /// NUV202
    UnexpectedArgument,
    /// NUV203
    DoubledArgument,
    /// NUV204
    ArgumentType,
    /// NUV205
    UnsendableArgument,
    /// NUV206
    MapElement,
    /// NUV301
    InvalidCron,
    /// NUV302
    UnknownZone,
    /// NUV303
    ScheduleKind,
    /// NUV304
    BadInterval,
    /// NUV401
    TaskGone,
    /// NUV402
    ParameterAdded,
    /// NUV403
    ParameterGone,
    /// NUV404
    TooManyArguments,
    /// NUV405
    UnreadableJob,
    /// NUV901
    UnknownCode,
}

/// What is written about a rule.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct RuleText {
    /// Its code.
    pub code: &'static str,
    /// Its name, in words joined by hyphens.
    pub name: &'static str,
    /// What it holds against the code, in one sentence.
    pub summary: &'static str,
}

impl Rule {
    /// All rules, by code.
    pub const ALL: [Rule; 25] = [
        Rule::SyntaxError,
        Rule::UnreadableFile,
        Rule::NotATask,
        Rule::DuplicateName,
        Rule::BadModuleName,
        Rule::BadIgnoreRule,
        Rule::UnknownOption,
        Rule::BadOptionValue,
        Rule::HookParameters,
        Rule::MissingArgument,
        Rule::UnexpectedArgument,
        Rule::DoubledArgument,
        Rule::ArgumentType,
        Rule::UnsendableArgument,
        Rule::MapElement,
        Rule::InvalidCron,
        Rule::UnknownZone,
        Rule::ScheduleKind,
        Rule::BadInterval,
        Rule::TaskGone,
        Rule::ParameterAdded,
        Rule::ParameterGone,
        Rule::TooManyArguments,
        Rule::UnreadableJob,
        Rule::UnknownCode,
    ];

    /// What is written about it.
    pub const fn text(self) -> RuleText {
        let (code, name, summary) = match self {
            Rule::SyntaxError => {
                ("NUV001", "syntax-error", "A file that should hold tasks is not valid Python.")
            }
            Rule::UnreadableFile => {
                ("NUV002", "unreadable-file", "A file or folder cannot be read or decoded.")
            }
            Rule::NotATask => {
                ("NUV003", "not-a-task", "Something carries `@task` that no worker could import by name.")
            }
            Rule::DuplicateName => ("NUV004", "duplicate-name", "Two tasks claim one name."),
            Rule::BadModuleName => ("NUV005", "bad-module-name", "A file with tasks cannot be imported."),
            Rule::BadIgnoreRule => {
                ("NUV006", "bad-ignore-rule", "A line of a `.nuvomignore` is not a pattern.")
            }
            Rule::UnknownOption => (
                "NUV101",
                "unknown-option",
                "`@task` or `with_options` is given an option that it does not have.",
            ),
            Rule::BadOptionValue => {
                ("NUV102", "bad-option-value", "An option has a value that would be refused when it runs.")
            }
            Rule::HookParameters => {
                ("NUV103", "hook-parameters", "A hook cannot be called with what a worker gives it.")
            }
            Rule::MissingArgument => {
                ("NUV201", "missing-argument", "A job lacks an argument that its task must have.")
            }
            Rule::UnexpectedArgument => {
                ("NUV202", "unexpected-argument", "A job is given an argument that its task does not take.")
            }
            Rule::DoubledArgument => {
                ("NUV203", "doubled-argument", "A job is given an argument twice, by position and by name.")
            }
            Rule::ArgumentType => {
                ("NUV204", "argument-type", "A literal argument contradicts the annotation of its parameter.")
            }
            Rule::UnsendableArgument => {
                ("NUV205", "unsendable-argument", "An argument is something that no job can carry.")
            }
            Rule::MapElement => {
                ("NUV206", "map-element", "An element given to `map` is not the arguments of a call.")
            }
            Rule::InvalidCron => ("NUV301", "invalid-cron", "A cron expression cannot be understood."),
            Rule::UnknownZone => ("NUV302", "unknown-time-zone", "A time zone does not exist."),
            Rule::ScheduleKind => {
                ("NUV303", "schedule-kind", "A schedule says by none or by several of its ways when to run.")
            }
            Rule::BadInterval => {
                ("NUV304", "bad-interval", "The interval of a schedule is not a positive time.")
            }
            Rule::TaskGone => ("NUV401", "task-gone", "Jobs wait for a task that the code does not have."),
            Rule::ParameterAdded => {
                ("NUV402", "parameter-added", "Jobs lack an argument that their task must have now.")
            }
            Rule::ParameterGone => {
                ("NUV403", "parameter-gone", "Jobs give an argument that their task does not take any more.")
            }
            Rule::TooManyArguments => {
                ("NUV404", "too-many-arguments", "Jobs give more arguments than their task takes now.")
            }
            Rule::UnreadableJob => ("NUV405", "unreadable-job", "The arguments of jobs cannot be read."),
            Rule::UnknownCode => ("NUV901", "unknown-code", "A comment silences a rule that does not exist."),
        };
        RuleText { code, name, summary }
    }

    /// Its code.
    pub const fn code(self) -> &'static str {
        self.text().code
    }

    /// The rule with this code.
    pub fn of_code(code: &str) -> Option<Rule> {
        Rule::ALL.into_iter().find(|rule| rule.code() == code)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_has_a_code_and_a_name_of_its_own_in_order() {
        let codes: Vec<_> = Rule::ALL.iter().map(|rule| rule.code()).collect();
        let mut names: Vec<_> = Rule::ALL.iter().map(|rule| rule.text().name).collect();
        names.sort_unstable();
        names.dedup();

        assert!(codes.windows(2).all(|pair| pair[0] < pair[1]), "{codes:?}");
        assert_eq!(names.len(), Rule::ALL.len());
        assert!(Rule::ALL.iter().all(|rule| Rule::of_code(rule.code()) == Some(*rule)));
    }
}
