//! What `.schedule` is told about times.

use super::Checker;
use super::rules::Rule;
use crate::linking::File;
use crate::reading::{Argument, Given, RuleMaker, Shape, Span};

/// The ways to say when, of which a schedule has one.
const WAYS: &[&str] = &["at", "in_", "interval", "cron"];

impl<'f> Checker<'_, 'f> {
    pub(super) fn check_schedule(&mut self, file: &'f File, span: Span, own: &[&Argument], is_open: bool) {
        let given = |name: &str| own.iter().find(|argument| argument.name() == Some(name)).copied();
        let ways: Vec<&str> = WAYS
            .iter()
            .copied()
            .filter(|way| given(way).is_some_and(|it| !matches!(it.shape, Shape::None)))
            .collect();
        match &*ways {
            [] if !is_open => {
                let message = "a schedule needs one of `at`, `in_`, `interval` and `cron`".to_owned();
                self.report(file, span, Rule::ScheduleKind, message);
            }
            [] | [_] => {}
            several => {
                let several = several.join("`, `");
                let message =
                    format!("a schedule takes one of `at`, `in_`, `interval` and `cron`, not `{several}`");
                self.report(file, span, Rule::ScheduleKind, message);
            }
        }
        if let Some(argument) = given("interval") {
            self.check_interval(file, argument);
        }
        self.check_cron(file, given("cron"), given("timezone_name"));
    }

    /// What `every` and `cron` are told in `@task(schedule=…)`.
    pub(super) fn check_rule(&mut self, file: &'f File, maker: RuleMaker, said: &[Argument]) {
        let named = |name: &str| said.iter().find(|argument| argument.name() == Some(name));
        let placed =
            |place: usize| said.iter().take_while(|argument| argument.given == Given::ByPosition).nth(place);
        match maker {
            RuleMaker::Every => {
                if let Some(argument) = placed(0).or(named("interval")) {
                    self.check_interval(file, argument);
                }
            }
            RuleMaker::Cron => {
                let (expression, zone) =
                    (placed(0).or(named("expression")), placed(1).or(named("timezone_name")));
                self.check_cron(file, expression, zone);
            }
        }
    }

    fn check_interval(&mut self, file: &'f File, argument: &Argument) {
        let least = nuvom_core::MIN_INTERVAL.as_secs_f64();
        let is_bad = match argument.shape.number() {
            Some(seconds) => seconds < least,
            None => matches!(argument.shape, Shape::Text(_) | Shape::Bool(_) | Shape::Bytes),
        };
        if is_bad {
            let message = format!("`interval` is a number of seconds, {least} or more, or a timedelta");
            self.report(file, argument.span, Rule::BadInterval, message);
        }
    }

    fn check_cron(&mut self, file: &'f File, expression: Option<&Argument>, zone: Option<&Argument>) {
        if let Some(Argument { shape: Shape::Text(expression), span, .. }) = expression
            && let Err(error) = nuvom_cron::Cron::parse(expression)
        {
            self.report(file, *span, Rule::InvalidCron, error.message().to_owned());
        }
        if let Some(Argument { shape: Shape::Text(zone), span, .. }) = zone
            && let Err(error) = nuvom_cron::zone(zone)
        {
            let hint = error.next_step().map(|hint| format!("; {hint}")).unwrap_or_default();
            self.report(file, *span, Rule::UnknownZone, format!("{}{hint}", error.message()));
        }
    }
}
