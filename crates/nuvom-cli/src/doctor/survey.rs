//! One walk through the queue, of which all checks of it live.

use std::collections::HashSet;
use std::time::Duration;

use nuvom_core::ports::{Inspect, QueueCounts};
use nuvom_core::{Job, JobId, QueueName, Result, State, Timestamp};

use super::refused::Refused;
use crate::gate::{Code, Gate, Judge, STATES};
use crate::pages::each_job;

/// Jobs of a state that are looked at: enough for any queue that is in order, and a matter of a second.
const MOST: u64 = 100_000;
/// Ids that are told.
pub(super) const SAMPLES: usize = 3;

/// What the queue holds.
#[derive(Debug)]
pub(crate) struct Survey {
    pub(crate) now: Timestamp,
    pub(crate) gate: Gate,
    pub(crate) refused: Refused,
    /// Jobs that wait and are due, in queues that are not paused.
    pub(crate) due: u64,
    /// Jobs that run under a lease that holds.
    pub(crate) held: u64,
    pub(crate) silent: Silent,
    pub(crate) queues: Vec<QueueCounts>,
    /// Whether all of it was looked at.
    pub(crate) all: bool,
}

/// Jobs whose lease has run out, and that no reaper has taken from their holder.
#[derive(Debug, Default)]
pub(crate) struct Silent {
    pub(crate) count: u64,
    pub(crate) samples: Vec<JobId>,
    /// The end of the lease that ran out first.
    pub(crate) since: Option<Timestamp>,
}

impl Survey {
    /// Looks at the queue. A lease counts as forgotten when it ended `overdue` ago.
    pub(crate) fn of(
        inspect: &dyn Inspect,
        code: &Code<'_>,
        now: Timestamp,
        overdue: Duration,
    ) -> Result<Survey> {
        let mut judge = Judge::new(code, now);
        let (mut refused, mut silent) = (Refused::default(), Silent::default());
        let (mut due, mut held, mut all) = (0, 0, true);
        let queues = inspect.queues()?;
        let paused: HashSet<&QueueName> =
            queues.iter().filter(|queue| queue.paused).map(|queue| &queue.queue).collect();
        for state in STATES {
            let walked = each_job(inspect, state, MOST, |job| {
                judge.look(job);
                match state {
                    State::Pending => {
                        due += u64::from(job.run_at <= now && !paused.contains(&job.queue));
                        refused.look(inspect, code, job, now)?;
                    }
                    State::Running if job.lease_until.is_some_and(|until| until + overdue < now) => {
                        silent.add(job);
                    }
                    State::Running => held += 1,
                    State::Success | State::Failed | State::Cancelled => {}
                }
                Ok(())
            })?;
            all &= walked.all;
        }
        Ok(Survey { now, gate: judge.gate(), refused, due, held, silent, queues, all })
    }
}

impl Silent {
    fn add(&mut self, job: &Job) {
        self.count += 1;
        if self.samples.len() < SAMPLES {
            self.samples.push(job.id);
        }
        self.since = [self.since, job.lease_until].into_iter().flatten().min();
    }
}
