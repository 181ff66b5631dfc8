//! The values of arguments: can a job carry them, and does the task expect such?

use super::Checker;
use super::rules::Rule;
use crate::linking::{File, LinkedTask, Thing};
use crate::reading::{Argument, Given, Kind, ParameterFacts, Shape, Unsendable};

impl<'f> Checker<'_, 'f> {
    pub(super) fn check_values(&mut self, file: &'f File, arguments: &[&Argument], task: &LinkedTask<'f>) {
        let parameters = &task.function.get().signature.parameters;
        let mut position = 0;
        // Behind a star nobody knows which position it is.
        let mut is_known = true;
        for argument in arguments {
            let (path, parameter) = match &argument.given {
                Given::ByPosition => {
                    let parameter = is_known.then(|| at_position(parameters, position)).flatten();
                    position += 1;
                    (format!("args[{}]", position - 1), parameter)
                }
                Given::ByName(name) => (name.clone(), by_name(parameters, name)),
                Given::Stars => {
                    is_known = false;
                    continue;
                }
                Given::DoubleStars => continue,
            };
            if let Some((path, what)) = self.unsendable(file, &argument.shape, path) {
                let message = format!(
                    "`{path}` is {what}, which no job can carry to another process; pass data, or make it in \
                     the task"
                );
                self.report(file, argument.span, Rule::UnsendableArgument, message);
            } else if let Some(parameter) = parameter {
                self.check_type(file, argument, parameter);
            }
        }
    }

    fn check_type(&mut self, file: &'f File, argument: &Argument, parameter: &ParameterFacts) {
        let (Some(accepts), Some(given)) = (&parameter.accepts, argument.shape.simple_type()) else { return };
        if accepts.iter().any(|asked| given.passes_for(*asked)) {
            return;
        }
        let annotation = parameter.annotation.as_deref().unwrap_or_default();
        let message =
            format!("`{}` is annotated `{annotation}`, and is given {}", parameter.name, given.described());
        self.report(file, argument.span, Rule::ArgumentType, message);
    }

    /// The first part of a value that no job can carry, by its path.
    fn unsendable(&self, file: &'f File, shape: &Shape, path: String) -> Option<(String, &'static str)> {
        match shape {
            Shape::Lambda(_) => Some((path, Unsendable::Lambda.as_str())),
            Shape::Generator => Some((path, Unsendable::Generator.as_str())),
            Shape::Named(meanings) => match self.one(file, meanings)? {
                Thing::Unsendable(what) => Some((path, what.as_str())),
                Thing::Function(function) if function.get().decorators.is_empty() => {
                    Some((path, "a function"))
                }
                Thing::Module(_) => Some((path, Unsendable::Module.as_str())),
                _ => None,
            },
            Shape::List(items) | Shape::Tuple(items) | Shape::Set(items) => {
                let mut items = items.iter().enumerate();
                items.find_map(|(place, item)| self.unsendable(file, item, format!("{path}[{place}]")))
            }
            Shape::Dict(items) => items.iter().find_map(|(key, item)| {
                let key = key.as_ref().map_or("…".to_owned(), |key| format!("'{key}'"));
                self.unsendable(file, item, format!("{path}[{key}]"))
            }),
            _ => None,
        }
    }
}

fn at_position(parameters: &[ParameterFacts], position: usize) -> Option<&ParameterFacts> {
    let mut by_position =
        parameters.iter().filter(|it| matches!(it.kind, Kind::PositionalOnly | Kind::PositionalOrKeyword));
    by_position.nth(position).or_else(|| parameters.iter().find(|it| it.kind == Kind::VarPositional))
}

fn by_name<'p>(parameters: &'p [ParameterFacts], name: &str) -> Option<&'p ParameterFacts> {
    let named = |it: &&ParameterFacts| {
        it.name == name && matches!(it.kind, Kind::PositionalOrKeyword | Kind::KeywordOnly)
    };
    parameters.iter().find(named).or_else(|| parameters.iter().find(|it| it.kind == Kind::VarKeyword))
}
