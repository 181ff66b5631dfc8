//! Hooks: a worker calls `before_job()`, `after_job(result)` and `on_error(exception)`.

use nuvom_core::{Call, Signature};

use super::Checker;
use super::rules::Rule;
use crate::linking::{File, Thing};
use crate::reading::{Argument, Shape, SignatureFacts};

impl<'f> Checker<'_, 'f> {
    pub(super) fn check_hook(&mut self, file: &'f File, name: &str, argument: &'f Argument, given: usize) {
        let (signature, text) = match &argument.shape {
            Shape::Lambda(parameters) => {
                let facts = SignatureFacts { parameters: parameters.clone(), ..SignatureFacts::default() };
                (facts.to_core(), "the lambda".to_owned())
            }
            Shape::Named(meanings) => match self.one(file, meanings) {
                Some(Thing::Function(function)) if function.get().decorators.is_empty() => {
                    let function = function.get();
                    let text = format!("`{}{}`", function.name, function.signature.text);
                    (function.signature.to_core(), text)
                }
                _ => return,
            },
            Shape::None | Shape::Other => return,
            _ => {
                let message = format!("`{name}` of `@task` must be a function");
                return self.report(file, argument.span, Rule::BadOptionValue, message);
            }
        };
        if let Some(reason) = why_not(&signature, given) {
            let called = ["without arguments", "with one argument"][given.min(1)];
            let message =
                format!("a worker calls `{name}` {called}, and {text} cannot be called so: {reason}");
            self.report(file, argument.span, Rule::HookParameters, message);
        }
    }
}

fn why_not(signature: &Signature, given: usize) -> Option<String> {
    let call = Call { positional: given, ..Call::default() };
    signature.misfits(&call).first().map(ToString::to_string)
}
