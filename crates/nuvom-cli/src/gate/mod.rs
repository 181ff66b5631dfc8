//! The gate before a deployment: the jobs of a store, held against the code as it stands. Nothing is run or changed.

mod code;
mod json;
mod judge;
mod rendering;
#[cfg(test)]
mod tests;
mod words;

use nuvom_core::ports::Inspect;
use nuvom_core::{Job, JobId, Result, State, Timestamp};
use nuvom_discovery::{FoundTask, Manifest, Rule};

use crate::pages::each_job;

pub(crate) use code::{Code, Verdict};
pub(crate) use judge::Judge;
pub(crate) use rendering::{render, summary};

/// The states from which a job may still meet the code: what runs can come back by a failure, a loss or a stop, and
/// what failed by `nuvom retry job`. In the order in which jobs go through them, so that one which moves on meanwhile
/// is seen twice rather than never.
pub(crate) const STATES: [State; 3] = [State::Pending, State::Running, State::Failed];

/// How jobs fit the code.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Gate {
    /// The jobs that were looked at.
    pub(crate) jobs: u64,
    /// Those of them about which nothing can be told.
    pub(crate) unchecked: u64,
    /// Those of them that do not fit.
    pub(crate) broken: u64,
    /// By task, then rule.
    pub(crate) breaks: Vec<Break>,
}

/// Jobs of one task that do not fit it for one reason. A job with several is counted in each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Break {
    pub(crate) rule: Rule,
    /// As the code calls it; as the jobs do, if it is gone.
    pub(crate) task: String,
    /// What the reason is about, such as a parameter.
    pub(crate) detail: Option<String>,
    pub(crate) count: u64,
    pub(crate) by_state: ByState,
    /// The newest of each state, waiting ones first.
    pub(crate) samples: Vec<JobId>,
    /// Parameters before and now, where all of the jobs were made for what the last manifest has.
    pub(crate) signature: Option<Changed>,
    /// What is wrong, and what to do: sentences without their final full stop.
    pub(crate) message: String,
    pub(crate) fix: String,
    /// File and line of the task's `def`.
    pub(crate) place: Option<(String, u32)>,
}

/// Parameters before and now, as written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Changed {
    pub(crate) before: String,
    pub(crate) now: String,
}

/// Jobs by what they are doing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct ByState {
    pub(crate) waiting: u64,
    /// Waiting, and not due yet.
    pub(crate) scheduled: u64,
    pub(crate) running: u64,
    pub(crate) failed: u64,
}

impl Break {
    /// Whether some of its jobs run, or will, without anyone asking for it.
    pub(crate) fn is_pressing(&self) -> bool {
        self.by_state.failed < self.count
    }
}

impl ByState {
    fn count(&mut self, job: &Job, now: Timestamp) {
        let counter = match job.state {
            State::Pending if job.run_at > now => &mut self.scheduled,
            State::Pending => &mut self.waiting,
            State::Running => &mut self.running,
            State::Success | State::Failed | State::Cancelled => &mut self.failed,
        };
        *counter += 1;
    }
}

/// Holds every job that waits, runs or failed against the code. `progress` hears now and then how many were looked
/// at.
pub(crate) fn against(
    inspect: &dyn Inspect,
    tasks: &[FoundTask],
    last: Option<&Manifest>,
    now: Timestamp,
    progress: &mut dyn FnMut(u64),
) -> Result<Gate> {
    const OFTEN: u64 = 10_000;
    let code = Code::new(tasks, last);
    let mut judge = Judge::new(&code, now);
    for state in STATES {
        each_job(inspect, state, u64::MAX, |job| {
            judge.look(job);
            if judge.jobs().is_multiple_of(OFTEN) {
                progress(judge.jobs());
            }
            Ok(())
        })?;
    }
    Ok(judge.gate())
}
