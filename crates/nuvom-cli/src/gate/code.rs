//! One job against the code: is there its task, and does that take its arguments?

use std::collections::HashMap;

use nuvom_core::{Call, Job, Misfit, Signature, SignatureHash, nearest};
use nuvom_discovery::{FoundTask, Manifest};

use crate::payload::{self, MAX_BYTES, Value};

/// The tasks as the code stands, and as the last discovery left them.
pub(crate) struct Code<'a> {
    tasks: Tasks<'a>,
    last: Tasks<'a>,
}

/// What becomes of a job when the code gets it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It runs.
    Fits,
    /// Nobody can tell without running the code.
    Unknown,
    /// It does not, for these reasons.
    Breaks(Vec<Fault>),
}

/// One reason why a job would not run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Fault {
    Gone,
    Misfit(Misfit),
    Unreadable(String),
}

/// A task that took the place of one that is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Heir<'a> {
    /// The same function under another name.
    Renamed(&'a FoundTask),
    /// A name so near that it may be meant.
    Near(&'a FoundTask),
}

impl<'a> Code<'a> {
    /// The code with these tasks, and what the last manifest had.
    pub(crate) fn new(tasks: &'a [FoundTask], last: Option<&'a Manifest>) -> Self {
        Self { tasks: Tasks::new(tasks), last: Tasks::new(last.map_or(&[], Manifest::tasks)) }
    }

    /// The task that a job of this name would run.
    pub(crate) fn task(&self, name: &str) -> Option<&'a FoundTask> {
        self.tasks.get(name).map(|known| known.task)
    }

    /// What becomes of a job. Its arguments are only decoded if it was made for another signature, or for one that
    /// is not known.
    pub(crate) fn verdict(&self, job: &Job) -> Verdict {
        let Some(known) = self.tasks.get(job.task.as_str()) else {
            return Verdict::Breaks(vec![Fault::Gone]);
        };
        let Some((signature, hash)) = &known.signature else { return Verdict::Unknown };
        if job.signature == Some(*hash) {
            return Verdict::Fits;
        }
        // Such a payload is not decoded here, which says nothing of whether a worker can.
        if job.payload.len() > MAX_BYTES {
            return Verdict::Unknown;
        }
        match faults(signature, &job.payload) {
            faults if faults.is_empty() => Verdict::Fits,
            faults => Verdict::Breaks(faults),
        }
    }

    /// The task that this job was made for, as the last discovery saw it; none if it had another signature by then.
    pub(super) fn made_for(&self, job: &Job) -> Option<&'a FoundTask> {
        let known = self.last.get(job.task.as_str())?;
        let (_, hash) = known.signature.as_ref()?;
        (job.signature == Some(*hash)).then_some(known.task)
    }

    /// Who took the place of a task that is gone.
    pub(super) fn heir(&self, gone: &str) -> Option<Heir<'a>> {
        let renamed = self.last.get(gone).and_then(|last| {
            let same = |task: &&FoundTask| {
                (&task.module, &task.function) == (&last.task.module, &last.task.function)
            };
            self.tasks.known.iter().map(|known| known.task).find(same)
        });
        let near = || nearest(gone, self.tasks.names()).and_then(|name| self.task(name));
        renamed.map(Heir::Renamed).or_else(|| near().map(Heir::Near))
    }
}

/// Tasks by every name that leads to them.
struct Tasks<'a> {
    known: Vec<Known<'a>>,
    places: HashMap<&'a str, usize>,
}

struct Known<'a> {
    task: &'a FoundTask,
    signature: Option<(Signature, SignatureHash)>,
}

impl<'a> Tasks<'a> {
    fn new(tasks: &'a [FoundTask]) -> Self {
        let signature = |task: &FoundTask| {
            task.call_signature().map(|signature| {
                let hash = signature.hash();
                (signature, hash)
            })
        };
        let known = tasks.iter().map(|task| Known { task, signature: signature(task) }).collect();
        let mut places = HashMap::new();
        for (place, task) in tasks.iter().enumerate() {
            places.entry(task.name.as_str()).or_insert(place);
        }
        // After all names: a name is stronger than another task's alias.
        for (place, task) in tasks.iter().enumerate() {
            for alias in &task.aliases {
                places.entry(alias.as_str()).or_insert(place);
            }
        }
        Self { known, places }
    }

    fn get(&self, name: &str) -> Option<&Known<'a>> {
        self.places.get(name).map(|place| &self.known[*place])
    }

    /// In an order that does not change from run to run.
    fn names(&self) -> impl Iterator<Item = &'a str> {
        let of_task = |task: &'a FoundTask| {
            std::iter::once(task.name.as_str()).chain(task.aliases.iter().map(String::as_str))
        };
        self.known.iter().flat_map(move |known| of_task(known.task))
    }
}

/// Why the call in a payload does not fit.
fn faults(signature: &Signature, payload: &[u8]) -> Vec<Fault> {
    let arguments = match payload::arguments(payload) {
        Ok(arguments) => arguments,
        Err(reason) => return vec![Fault::Unreadable(reason.reason)],
    };
    let names = arguments.keywords.iter().map(|(name, _)| match name {
        Value::Text(name) => Some(name.as_str()),
        _ => None,
    });
    let Some(keywords) = names.collect::<Option<Vec<&str>>>() else {
        return vec![Fault::Unreadable("the name of an argument is no text".to_owned())];
    };
    let call = Call { positional: arguments.positional.len(), keywords: &keywords, ..Call::default() };
    let misfits = signature.misfits(&call);
    // Who gives by name what goes by position only does not lack it: that is one mistake, not two.
    let is_given = |misfit: &Misfit| matches!(misfit, Misfit::Missing(name) if misfits.contains(&Misfit::PositionalOnly(name.clone())));
    misfits.iter().filter(|misfit| !is_given(misfit)).cloned().map(Fault::Misfit).collect()
}
