//! Calls that ask for a task: do they give what it takes?

use nuvom_core::{Call, Misfit};

use super::Checker;
use super::rules::Rule;
use crate::linking::{File, LinkedTask};
use crate::reading::{Argument, Given, Method, Request, Shape, SimpleType, Span};

/// What `.schedule` keeps for itself.
const OF_SCHEDULE: &[&str] = &[
    "at",
    "in_",
    "interval",
    "cron",
    "timezone_name",
    "id",
    "misfire",
    "overlap",
    "starts_at",
    "ends_at",
    "max_runs",
    "jitter",
];

impl<'f> Checker<'_, 'f> {
    pub(super) fn check_request(&mut self, file: &'f File, request: &'f Request, task: &LinkedTask<'f>) {
        let arguments: Vec<&Argument> = request.arguments.iter().collect();
        match request.method {
            Method::WithOptions => self.check_job_options(file, request),
            Method::Map => self.check_map(file, request, task),
            Method::Schedule => {
                let (own, rest): (Vec<_>, Vec<_>) = arguments.into_iter().partition(|argument| {
                    matches!(&argument.given, Given::ByName(name) if OF_SCHEDULE.contains(&name.as_str()))
                });
                let is_open = rest.iter().any(|argument| argument.given == Given::DoubleStars);
                self.check_schedule(file, request.span, &own, is_open);
                self.check_call(file, request.span, &rest, task);
            }
            Method::Delay | Method::Adelay | Method::Submit => {
                self.check_call(file, request.span, &arguments, task);
            }
        }
    }

    /// A schedule in the code calls its task without arguments.
    pub(super) fn check_scheduled_call(&mut self, file: &'f File, span: Span, task: &LinkedTask<'f>) {
        self.check_call(file, span, &[], task);
    }

    /// Whether these arguments make a call of the task.
    fn check_call(&mut self, file: &'f File, span: Span, arguments: &[&Argument], task: &LinkedTask<'f>) {
        let Some(signature) = &task.signature else { return };
        let keywords: Vec<&str> = arguments.iter().filter_map(|argument| argument.name()).collect();
        let call = Call {
            positional: arguments.iter().filter(|it| it.given == Given::ByPosition).count(),
            keywords: &keywords,
            open_positional: arguments.iter().any(|it| it.given == Given::Stars),
            open_keywords: arguments.iter().any(|it| it.given == Given::DoubleStars),
        };
        for misfit in signature.misfits(&call) {
            let (rule, at) = match &misfit {
                Misfit::Missing(_) => (Rule::MissingArgument, None),
                Misfit::Doubled(name) => (Rule::DoubledArgument, named(arguments, name)),
                Misfit::Unknown(name) | Misfit::PositionalOnly(name) => {
                    (Rule::UnexpectedArgument, named(arguments, name))
                }
                Misfit::TooMany { taken, .. } => {
                    let mut given = arguments.iter().filter(|it| it.given == Given::ByPosition);
                    (Rule::UnexpectedArgument, given.nth(*taken).map(|it| it.span))
                }
            };
            let message = format!("{}; the task is `{}{}`", misfit, task.found.name, task.found.signature);
            self.report(file, at.unwrap_or(span), rule, message);
        }
        self.check_values(file, arguments, task);
    }

    /// `map` takes one iterable, of which each element holds the arguments of a call.
    fn check_map(&mut self, file: &'f File, request: &'f Request, task: &LinkedTask<'f>) {
        let [argument] = &*request.arguments else {
            let is_open =
                request.arguments.iter().any(|it| matches!(it.given, Given::Stars | Given::DoubleStars));
            if !is_open {
                let given = request.arguments.len();
                let message = format!(
                    "`map` takes one iterable of calls, such as `[(1, 2), (3, 4)]`, and gets {given} arguments"
                );
                self.report(file, request.span, Rule::MapElement, message);
            }
            return;
        };
        let (Shape::List(elements) | Shape::Tuple(elements)) = &argument.shape else {
            if argument.given == Given::ByPosition
                && argument.shape.simple_type().is_some_and(SimpleType::is_scalar)
            {
                let message = "`map` takes an iterable of calls, such as `[(1, 2), (3, 4)]`".to_owned();
                self.report(file, argument.span, Rule::MapElement, message);
            }
            return;
        };
        for (place, element) in elements.iter().enumerate() {
            let made: Vec<Argument> = match element {
                Shape::List(items) | Shape::Tuple(items) => {
                    items.iter().map(|shape| argument.with(Given::ByPosition, shape.clone())).collect()
                }
                Shape::Dict(items) => {
                    let named = items
                        .iter()
                        .map(|(key, shape)| Some(argument.with(Given::ByName(key.clone()?), shape.clone())));
                    let Some(named) = named.collect() else { continue };
                    named
                }
                other => {
                    if let Some(kind) =
                        other.simple_type().filter(|kind| kind.is_scalar() && *kind != SimpleType::Bytes)
                    {
                        let message = format!(
                            "element {} is of type {kind}; each must hold the arguments of one call, as a list, a \
                             tuple or a mapping: `[(1,), (2,)]`",
                            place + 1
                        );
                        self.report(file, argument.span, Rule::MapElement, message);
                        return;
                    }
                    continue;
                }
            };
            let before = self.findings.len();
            self.check_call(file, argument.span, &made.iter().collect::<Vec<_>>(), task);
            for finding in &mut self.findings[before..] {
                finding.message = format!("element {}: {}", place + 1, finding.message);
            }
        }
    }
}

fn named(arguments: &[&Argument], name: &str) -> Option<Span> {
    arguments.iter().find(|argument| argument.name() == Some(name)).map(|argument| argument.span)
}
