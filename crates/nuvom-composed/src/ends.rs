//! How attempts end: what is decided is put on record first, and then the line is told. A crash in between has the
//! line give the job out again, and the record says that it is over.

use std::sync::Arc;

use nuvom_core::ports::{Ended, Lined, Receipt, Record, StoredResult, Topic};
use nuvom_core::{
    Attempt, Decision, End, Ending, Held, JobId, Lease, Outcome, Payload, Result, State, Timestamp, Trigger,
    decide,
};

use crate::desk::{Holding, Waiting};
use crate::store::LineStore;

/// What is to be done about one end.
struct Plan {
    holding: Holding,
    after: Record,
    value: Option<Payload>,
}

impl LineStore {
    /// Applies ends. One answer each, in order; after an error all of them can be reported again.
    pub(crate) fn finish(&self, ends: &[End], now: Timestamp) -> Result<Vec<Ended>> {
        let claim = |end: &End| Held { id: end.id, lease: end.lease };
        let holdings: Vec<Option<Holding>> = {
            let mut desk = self.desk();
            ends.iter().map(|end| desk.take(claim(end))).collect()
        };
        let ours = ends.iter().zip(&holdings);
        let known = self.ended_before(ours.filter(|(_, holding)| holding.is_some()).map(|(end, _)| end.id));
        let answers = known.and_then(|known| self.conclude(ends, &holdings, &known, now));
        if answers.is_err() {
            let mut desk = self.desk();
            for holding in holdings.into_iter().flatten() {
                desk.hold(holding);
            }
        }
        answers
    }

    /// Of these jobs, those whose end is on record. Only where a line gives out again what it gave out before can
    /// anyone but the holder have ended them.
    fn ended_before(&self, ids: impl Iterator<Item = JobId>) -> Result<Vec<(JobId, Lease, State)>> {
        let ids: Vec<JobId> = ids.collect();
        if !self.promises.acknowledge || ids.is_empty() {
            return Ok(Vec::new());
        }
        let kept = self.results.get(&ids)?.into_iter().flatten();
        let ended = kept.filter_map(|kept| Some((kept.id, kept.lease, kept.record?.job.state)));
        Ok(ended.filter(|(_, _, state)| state.is_terminal()).collect())
    }

    fn conclude(
        &self,
        ends: &[End],
        holdings: &[Option<Holding>],
        known: &[(JobId, Lease, State)],
        now: Timestamp,
    ) -> Result<Vec<Ended>> {
        let (mut answers, mut plans, mut over) = (Vec::new(), Vec::new(), Vec::new());
        for (end, holding) in ends.iter().zip(holdings) {
            let Some(holding) = holding else {
                answers.push(Ended::Stale);
                continue;
            };
            if let Some((_, lease, state)) = known.iter().find(|(id, ..)| *id == end.id) {
                over.push(holding.receipt);
                answers.push(if *lease == end.lease { Ended::Applied(*state) } else { Ended::Stale });
                continue;
            }
            match plan(end, holding, now) {
                Some(plan) => {
                    answers.push(Ended::Applied(plan.after.job.state));
                    plans.push(plan);
                }
                None => answers.push(Ended::Stale),
            }
        }
        self.keep(&plans)?;
        self.tell_line(plans, over, now)?;
        if answers.iter().any(|answer| matches!(answer, Ended::Applied(state) if state.is_terminal())) {
            self.wakers.call(&[Topic::Ended]);
        }
        Ok(answers)
    }

    /// Puts on record how the attempts ended.
    fn keep(&self, plans: &[Plan]) -> Result<()> {
        let results: Vec<StoredResult> = plans
            .iter()
            .filter(|plan| self.keeps_records || plan.is_end_or_failure())
            .map(|plan| StoredResult {
                id: plan.after.job.id,
                lease: plan.after.job.lease,
                value: plan.value.clone(),
                record: Some(Arc::new(plan.after.clone())),
            })
            .collect();
        if results.is_empty() { Ok(()) } else { self.results.put(&results) }
    }

    /// Tells the line what to forget, and what to give out again.
    fn tell_line(&self, plans: Vec<Plan>, mut over: Vec<Receipt>, now: Timestamp) -> Result<()> {
        let (mut released, mut put, mut later) = (Vec::new(), Vec::new(), Vec::new());
        for Plan { holding, after, .. } in plans {
            let receipt = holding.receipt;
            let delay = after.job.run_at.since(now);
            if after.job.state.is_terminal() {
                over.push(receipt);
            } else if self.promises.release && self.keeps_records {
                released.push((receipt, delay));
            } else if delay.is_zero() || self.promises.delays {
                put.push(Lined { record: after, delay });
                over.push(receipt);
            } else {
                later.push(Waiting { record: after, receipt, since: self.clock.monotonic() });
            }
        }
        if !released.is_empty() {
            self.line.release(&released)?;
            self.wakers.call(&[Topic::Ready]);
        }
        self.put(&put)?;
        self.acknowledge(&over)?;
        let mut desk = self.desk();
        for waiting in later {
            desk.keep_for_later(waiting);
        }
        Ok(())
    }
}

impl Plan {
    /// Whether people want to see it in a store that keeps ends alone.
    fn is_end_or_failure(&self) -> bool {
        let failed = |attempt: &Attempt| matches!(attempt.ending, Ending::Failed | Ending::TimedOut);
        self.after.job.state.is_terminal() || self.after.attempts.last().is_some_and(failed)
    }
}

fn plan(end: &End, holding: &Holding, now: Timestamp) -> Option<Plan> {
    let Decision { transition, attempt } = decide(&holding.record.job, &Trigger::End(end), now).ok()?;
    let mut after = holding.record.clone();
    transition.apply(&mut after.job);
    after.attempts.extend(attempt);
    let value = match &end.outcome {
        Outcome::Succeeded { result } => result.clone(),
        _ => None,
    };
    Some(Plan { holding: holding.clone(), after, value })
}
