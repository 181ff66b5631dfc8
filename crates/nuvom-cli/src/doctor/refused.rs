//! Waiting jobs that workers gave back because their code cannot run them. Nobody keeps a list of the workers that are
//! alive; but a job that was given back again and again is one that none of them accepts.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use nuvom_core::ports::Inspect;
use nuvom_core::{Attempt, Ending, Job, JobId, Result, Timestamp, WorkerName};
use serde_json::{Value as Json, json};

use super::survey::SAMPLES;
use crate::gate::{Code, Verdict};
use crate::moments::iso;

/// Jobs whose attempts are read, and attempts that are read of all of them: a job that waits for long may have
/// thousands.
const MOST_JOBS: u64 = 5_000;
const MOST_ATTEMPTS: usize = 200_000;
/// Of one job, only the last refusals tell who is at work now.
const LAST: usize = 5;
/// A job that is due for so long was not even looked at by a worker that can run it.
const OVERDUE: Duration = Duration::from_mins(1);

/// The refused jobs, grouped by task and reason.
#[derive(Debug, Default)]
pub(crate) struct Refused {
    groups: BTreeMap<(String, Kind), Group>,
    jobs: u64,
    attempts: usize,
    /// Jobs that were given back for whatever reason, and were not looked at any more.
    pub(crate) unread: u64,
}

/// Why a worker gave a job back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    UnknownTask,
    OtherSignature,
}

/// Refused jobs of one task.
#[derive(Debug)]
pub(crate) struct Group {
    pub(crate) count: u64,
    pub(crate) samples: Vec<JobId>,
    /// Who refused them of late.
    pub(crate) workers: BTreeSet<WorkerName>,
    /// Most refusals in a row of one of them.
    pub(crate) refusals: usize,
    /// When the first of them is due.
    pub(crate) next: Timestamp,
    pub(crate) is_overdue: bool,
    /// How many of them the code as it stands would run, and would not.
    pub(crate) fits: u64,
    pub(crate) breaks: u64,
}

impl Kind {
    /// The word that attempts carry.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Kind::UnknownTask => "UnknownTask",
            Kind::OtherSignature => "OtherSignature",
        }
    }

    fn of(attempt: &Attempt) -> Option<Kind> {
        let kinds = [Kind::UnknownTask, Kind::OtherSignature];
        // A task may raise an exception with such a name.
        let is_ours = attempt.ending == Ending::HandedBack;
        kinds.into_iter().find(|kind| is_ours && kind.as_str() == attempt.error.kind)
    }
}

impl Refused {
    pub(crate) fn groups(&self) -> impl Iterator<Item = (&str, Kind, &Group)> {
        self.groups.iter().map(|((task, kind), group)| (task.as_str(), *kind, group))
    }

    pub(super) fn look(
        &mut self,
        inspect: &dyn Inspect,
        code: &Code<'_>,
        job: &Job,
        now: Timestamp,
    ) -> Result<()> {
        if job.handbacks == 0 {
            return Ok(());
        }
        if self.jobs >= MOST_JOBS || self.attempts >= MOST_ATTEMPTS {
            self.unread += 1;
            return Ok(());
        }
        let attempts = inspect.attempts(job.id)?;
        self.jobs += 1;
        self.attempts += attempts.len();
        let Some(kind) = attempts.last().and_then(Kind::of) else { return Ok(()) };
        let refusals: Vec<&Attempt> =
            attempts.iter().rev().take_while(|attempt| Kind::of(attempt) == Some(kind)).collect();
        let group = self.groups.entry((job.task.as_str().to_owned(), kind)).or_insert_with(|| Group {
            count: 0,
            samples: Vec::new(),
            workers: BTreeSet::new(),
            refusals: 0,
            next: job.run_at,
            is_overdue: false,
            fits: 0,
            breaks: 0,
        });
        group.count += 1;
        if group.samples.len() < SAMPLES {
            group.samples.push(job.id);
        }
        group.workers.extend(refusals.iter().take(LAST).filter_map(|attempt| attempt.worker.clone()));
        group.refusals = group.refusals.max(refusals.len());
        group.next = group.next.min(job.run_at);
        group.is_overdue |= job.run_at + OVERDUE < now;
        match code.verdict(job) {
            Verdict::Fits => group.fits += 1,
            Verdict::Breaks(_) => group.breaks += 1,
            Verdict::Unknown => {}
        }
        Ok(())
    }

    pub(crate) fn json(&self) -> Json {
        let group = |(task, kind, group): (&str, Kind, &Group)| {
            json!({
                "task": task,
                "kind": kind.as_str(),
                "count": group.count,
                "samples": group.samples.iter().map(ToString::to_string).collect::<Json>(),
                "workers": group.workers.iter().map(WorkerName::as_str).collect::<Json>(),
                "refusals": group.refusals,
                "next_at": iso(group.next),
                "fits_the_code": group.fits,
                "breaks_the_code": group.breaks,
            })
        };
        self.groups().map(group).collect()
    }
}

impl Group {
    /// Whether it is more than a deployment on its way: once, a job may well meet a worker of the other version.
    pub(crate) fn is_stranded(&self) -> bool {
        self.refusals > 1 || self.is_overdue
    }
}
