//! Groups what many jobs have in common, so that a queue of any length makes a short answer.

use std::collections::BTreeMap;

use nuvom_core::{Job, JobId, Misfit, Timestamp};
use nuvom_discovery::{FoundTask, Rule};

use super::code::{Code, Fault, Verdict};
use super::words::{fix, message, parameters, place};
use super::{Break, ByState, Changed, Gate};

/// Ids that are told of each group.
const SAMPLES: usize = 3;
/// Names of parameters that are told of each task: with `**kwargs`, every job may have had others.
const MOST_NAMES: usize = 20;

/// Looks at jobs one by one.
pub(crate) struct Judge<'a> {
    code: &'a Code<'a>,
    now: Timestamp,
    gate: Gate,
    groups: BTreeMap<String, BTreeMap<Cause, Group<'a>>>,
}

/// Why jobs of a task do not fit, as far as it sets groups apart.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Cause {
    Gone,
    Missing(String),
    Unknown(String),
    /// Of many names, those that are not told one by one.
    UnknownMore,
    PositionalOnly(String),
    Doubled(String),
    TooMany,
    Unreadable,
}

/// What the jobs of a group have in common, and how many they are.
#[derive(Debug, Default)]
pub(super) struct Group<'a> {
    pub(super) count: u64,
    pub(super) by_state: ByState,
    pub(super) samples: Vec<JobId>,
    /// The task that all of them were made for, if the last discovery saw it.
    pub(super) made_for: Option<&'a FoundTask>,
    /// Most arguments by position that one of them gives, and how many the task takes.
    pub(super) positional: (usize, usize),
    /// Why the first of them cannot be read.
    pub(super) reason: String,
}

impl<'a> Judge<'a> {
    pub(crate) fn new(code: &'a Code<'a>, now: Timestamp) -> Self {
        Self { code, now, gate: Gate::default(), groups: BTreeMap::new() }
    }

    /// How many jobs were looked at.
    pub(crate) fn jobs(&self) -> u64 {
        self.gate.jobs
    }

    pub(crate) fn look(&mut self, job: &Job) {
        self.gate.jobs += 1;
        match self.code.verdict(job) {
            Verdict::Fits => {}
            Verdict::Unknown => self.gate.unchecked += 1,
            Verdict::Breaks(faults) => {
                self.gate.broken += 1;
                let task = self.code.task(job.task.as_str()).map_or(job.task.as_str(), |task| &task.name);
                let groups = self.groups.entry(task.to_owned()).or_default();
                for fault in faults {
                    let group = groups.entry(cause(&fault, groups)).or_default();
                    group.add(job, &fault, self.code.made_for(job), self.now);
                }
            }
        }
    }

    /// What was found.
    pub(crate) fn gate(self) -> Gate {
        let Self { code, mut gate, groups, .. } = self;
        for (task, groups) in groups {
            let start = gate.breaks.len();
            gate.breaks.extend(groups.into_iter().map(|(cause, group)| broken(code, &task, &cause, group)));
            gate.breaks[start..].sort_by_key(|it| it.rule);
        }
        gate
    }
}

impl<'a> Group<'a> {
    fn add(&mut self, job: &Job, fault: &Fault, made_for: Option<&'a FoundTask>, now: Timestamp) {
        // One that was made for something else is enough for nothing to be certain of all.
        self.made_for = if self.count == 0 { made_for } else { self.made_for.and(made_for) };
        self.count += 1;
        self.by_state.count(job, now);
        if self.samples.len() < SAMPLES {
            self.samples.push(job.id);
        }
        match fault {
            Fault::Misfit(Misfit::TooMany { given, taken }) => {
                self.positional = (self.positional.0.max(*given), *taken);
            }
            Fault::Unreadable(reason) if self.reason.is_empty() => self.reason.clone_from(reason),
            _ => {}
        }
    }
}

impl Cause {
    fn rule(&self) -> Rule {
        match self {
            Cause::Gone => Rule::TaskGone,
            Cause::Missing(_) => Rule::ParameterAdded,
            Cause::Unknown(_) | Cause::UnknownMore | Cause::PositionalOnly(_) | Cause::Doubled(_) => {
                Rule::ParameterGone
            }
            Cause::TooMany => Rule::TooManyArguments,
            Cause::Unreadable => Rule::UnreadableJob,
        }
    }

    fn detail(&self, group: &Group<'_>) -> Option<String> {
        match self {
            Cause::Missing(name)
            | Cause::Unknown(name)
            | Cause::PositionalOnly(name)
            | Cause::Doubled(name) => Some(name.clone()),
            Cause::Unreadable => Some(group.reason.clone()),
            Cause::Gone | Cause::UnknownMore | Cause::TooMany => None,
        }
    }
}

fn cause(fault: &Fault, groups: &BTreeMap<Cause, Group<'_>>) -> Cause {
    let cause = match fault {
        Fault::Gone => Cause::Gone,
        Fault::Unreadable(_) => Cause::Unreadable,
        Fault::Misfit(Misfit::Missing(name)) => Cause::Missing(name.clone()),
        Fault::Misfit(Misfit::Unknown(name)) => Cause::Unknown(name.clone()),
        Fault::Misfit(Misfit::PositionalOnly(name)) => Cause::PositionalOnly(name.clone()),
        Fault::Misfit(Misfit::Doubled(name)) => Cause::Doubled(name.clone()),
        Fault::Misfit(Misfit::TooMany { .. }) => Cause::TooMany,
    };
    let is_one_more = matches!(cause, Cause::Unknown(_)) && !groups.contains_key(&cause);
    let names = || groups.keys().filter(|cause| matches!(cause, Cause::Unknown(_))).count();
    if is_one_more && names() >= MOST_NAMES { Cause::UnknownMore } else { cause }
}

fn broken<'a>(code: &Code<'a>, name: &str, cause: &Cause, group: Group<'a>) -> Break {
    let task = code.task(name);
    let heir = if *cause == Cause::Gone { code.heir(name) } else { None };
    let signature = group.made_for.zip(task).map(|(before, now)| Changed {
        before: parameters(before).to_owned(),
        now: parameters(now).to_owned(),
    });
    Break {
        rule: cause.rule(),
        task: name.to_owned(),
        detail: cause.detail(&group),
        message: message(name, cause, &group, heir),
        fix: fix(name, cause, &group, heir),
        place: place(task, heir),
        count: group.count,
        by_state: group.by_state,
        samples: group.samples,
        signature,
    }
}
