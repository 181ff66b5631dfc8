//! The options of `@task` and `with_options`, as far as they are literals. The rows repeat what the Python face checks
//! when it runs; a test holds the two against each other.

use nuvom_core::nearest;

use super::Checker;
use super::rules::Rule;
use crate::linking::{File, LinkedTask};
use crate::reading::{Argument, Given, Request, Shape, SimpleType};

/// What a value of an option must be.
#[derive(Debug, Clone, Copy)]
enum Expected {
    Name,
    Names,
    Count,
    Seconds,
    Priority,
    Text,
    Flag,
    OneOf(&'static [&'static str]),
    Exceptions,
    Moment,
    /// What `every` or `cron` makes.
    Rule,
    /// A function that is called with so many arguments.
    Hook(usize),
}

/// An option: its name, what it must be, and whether one job can have its own.
type Row = (&'static str, Expected, bool);

const OPTIONS: &[Row] = &[
    ("name", Expected::Name, false),
    ("retries", Expected::Count, true),
    ("retry_delay_secs", Expected::Seconds, true),
    ("retry_backoff", Expected::OneOf(&["constant", "exponential"]), true),
    ("retry_on", Expected::Exceptions, false),
    ("timeout_secs", Expected::Seconds, true),
    ("timeout_policy", Expected::OneOf(&["fail", "retry", "ignore"]), true),
    ("store_result", Expected::Flag, true),
    ("queue", Expected::Name, true),
    ("priority", Expected::Priority, true),
    ("on_lost", Expected::OneOf(&["retry", "fail"]), true),
    ("run_in", Expected::OneOf(&["thread", "process"]), false),
    ("schedule", Expected::Rule, false),
    ("tags", Expected::Names, true),
    ("description", Expected::Text, false),
    ("category", Expected::Text, false),
    ("aliases", Expected::Names, false),
    ("before_job", Expected::Hook(0), false),
    ("after_job", Expected::Hook(1), false),
    ("on_error", Expected::Hook(1), false),
];

/// What `with_options` takes besides.
const OF_JOBS: &[Row] = &[("in_", Expected::Seconds, true), ("at", Expected::Moment, true)];

/// A name is kept in stores.
const MAX_NAME_CHARS: usize = nuvom_core::MAX_NAME_CHARS;
const MAX_COUNT: i64 = 1_000_000;
const MAX_SECONDS: f64 = 1e9;

impl<'f> Checker<'_, 'f> {
    pub(super) fn check_options(&mut self, task: &LinkedTask<'f>) {
        // A decorator that was kept elsewhere is told of once; its options stand where it was made.
        let file = task.options_file;
        for argument in task.options {
            self.check_option(file, "@task", argument, &|name| OPTIONS.iter().find(|row| row.0 == name));
            if let Shape::Rule(maker, said) = &argument.shape
                && argument.name() == Some("schedule")
            {
                self.check_rule(file, *maker, said);
                self.check_scheduled_call(file, argument.span, task);
            }
        }
    }

    pub(super) fn check_job_options(&mut self, file: &'f File, request: &'f Request) {
        let own = || OPTIONS.iter().filter(|row| row.2).chain(OF_JOBS);
        for argument in &request.arguments {
            self.check_option(file, "with_options", argument, &|name| own().find(|row| row.0 == name));
        }
        let is_given = |it: &Argument, name| it.name() == Some(name) && !matches!(it.shape, Shape::None);
        let given = |name| request.arguments.iter().any(|argument| is_given(argument, name));
        if given("in_") && given("at") {
            let message = "`with_options` takes `in_` or `at`, not both".to_owned();
            self.report(file, request.span, Rule::BadOptionValue, message);
        }
    }

    fn check_option(
        &mut self,
        file: &'f File,
        place: &str,
        argument: &'f Argument,
        find: &dyn Fn(&str) -> Option<&'static Row>,
    ) {
        let name = match &argument.given {
            Given::ByName(name) => name,
            Given::ByPosition => {
                let message = format!("`{place}` takes its options by keyword");
                return self.report(file, argument.span, Rule::UnknownOption, message);
            }
            Given::Stars | Given::DoubleStars => return,
        };
        let Some((_, expected, _)) = find(name) else {
            let message = if OPTIONS.iter().any(|row| row.0 == name) {
                format!("`{name}` belongs to the task, so `{place}` cannot change it for a job")
            } else {
                format!("`{place}` has no option `{name}`{}", did_you_mean(name, find))
            };
            return self.report(file, argument.span, Rule::UnknownOption, message);
        };
        match expected {
            Expected::Hook(given) => self.check_hook(file, name, argument, *given),
            expected if expected.refuses(&argument.shape) => {
                let message = format!("`{name}` of `{place}` must be {}", expected.words());
                self.report(file, argument.span, Rule::BadOptionValue, message);
            }
            _ => {}
        }
    }
}

impl Expected {
    /// Whether the value is certainly none of these. `None` leaves an option out.
    fn refuses(self, shape: &Shape) -> bool {
        match shape {
            Shape::None | Shape::Named(_) | Shape::Other => return false,
            Shape::Of(_) | Shape::FormattedText if self.may_be(shape) => return false,
            _ => {}
        }
        let is_accepted = match self {
            Expected::Name => matches!(shape, Shape::Text(text) if is_name(text)),
            Expected::Names => match shape {
                Shape::List(items) | Shape::Tuple(items) => {
                    !items.iter().any(|item| matches!(item, Shape::None) || Expected::Name.refuses(item))
                }
                _ => false,
            },
            Expected::Count => {
                matches!(shape, Shape::Int(digits) if digits.parse().is_ok_and(|it: i64| (0..=MAX_COUNT).contains(&it)))
            }
            Expected::Priority => {
                matches!(shape, Shape::Int(digits) if digits.parse().is_ok_and(|it: i64| (0..=9).contains(&it)))
            }
            Expected::Seconds => shape.number().is_some_and(|it| (0.0..=MAX_SECONDS).contains(&it)),
            Expected::Text => matches!(shape, Shape::Text(_)),
            Expected::Flag => matches!(shape, Shape::Bool(_)),
            Expected::OneOf(words) => matches!(shape, Shape::Text(text) if words.contains(&text.as_str())),
            Expected::Exceptions => match shape {
                Shape::Tuple(items) => {
                    items.iter().all(|item| matches!(item, Shape::Named(_) | Shape::Other))
                }
                _ => false,
            },
            Expected::Rule => matches!(shape, Shape::Rule(..)),
            Expected::Moment | Expected::Hook(_) => false,
        };
        !is_accepted
    }

    /// Whether a value of which only the type is known may be right.
    fn may_be(self, shape: &Shape) -> bool {
        match self {
            Expected::Name | Expected::Text | Expected::OneOf(_) => matches!(shape, Shape::FormattedText),
            Expected::Names => matches!(shape, Shape::Of(SimpleType::List | SimpleType::Tuple)),
            Expected::Exceptions => matches!(shape, Shape::Of(SimpleType::Tuple)),
            // A whole number of which the digits are not kept is beyond all that is accepted.
            Expected::Count
            | Expected::Seconds
            | Expected::Priority
            | Expected::Flag
            | Expected::Moment
            | Expected::Rule
            | Expected::Hook(_) => false,
        }
    }

    fn words(self) -> String {
        match self {
            Expected::Name => "a name of 1 to 200 printable characters".to_owned(),
            Expected::Names => "a list of names".to_owned(),
            Expected::Count => "a whole number, 0 or more".to_owned(),
            Expected::Seconds => "seconds, 0 or more".to_owned(),
            Expected::Priority => "a whole number from 0 (first) to 9 (last)".to_owned(),
            Expected::Text => "text".to_owned(),
            Expected::Flag => "True or False".to_owned(),
            Expected::OneOf(words) => {
                let words: Vec<_> = words.iter().map(|word| format!("'{word}'")).collect();
                format!("one of {}", words.join(", "))
            }
            Expected::Exceptions => "an exception class or a tuple of them".to_owned(),
            Expected::Moment => "a datetime".to_owned(),
            Expected::Rule => "every(…) or cron(…)".to_owned(),
            Expected::Hook(_) => "a function".to_owned(),
        }
    }
}

fn is_name(text: &str) -> bool {
    (1..=MAX_NAME_CHARS).contains(&text.chars().count()) && text.chars().all(is_printable)
}

/// What Python's `str.isprintable` says of a letter, if its Unicode is as new as ours. Rust leaves the same letters
/// unescaped, but for quotes and backslashes, and for accents at the start of a text, so the letter stands behind
/// another one here.
fn is_printable(letter: char) -> bool {
    matches!(letter, '"' | '\'' | '\\') || format!("x{letter}").escape_debug().nth(1) == Some(letter)
}

/// The option that was probably meant.
fn did_you_mean(name: &str, find: &dyn Fn(&str) -> Option<&'static Row>) -> String {
    let known = OPTIONS.iter().chain(OF_JOBS).map(|row| row.0).filter(|name| find(name).is_some());
    nearest(name, known).map(|near| format!("; did you mean `{near}`?")).unwrap_or_default()
}
