//! Writes a decided transition, under the guard on which it was decided.

use nuvom_core::{Attempt, Decision, Job, JobId, Lease, Transition};
use rusqlite::params;

use crate::link::Write;
use crate::statements::{
    CANCEL, CLAIM, FAIL, FORGET_ATTEMPTS, FORGET_RESULT, GIVE_UP, HAND_BACK, KEEP_ATTEMPT, RECOVER, REMOVE,
    RENEW, REQUEST_CANCEL, RETRY_LATER, REVIVE, SUCCEED,
};

impl Write<'_> {
    /// Writes a decision about this record and keeps the attempt that it ended. The transaction has held the
    /// write lock since the record was read, so the guard matches.
    pub(crate) fn decided(&self, job: &Job, decision: &Decision) -> rusqlite::Result<()> {
        self.apply(job.id, job.lease, &decision.transition)?;
        match &decision.attempt {
            Some(attempt) => self.keep_attempt(job.id, attempt),
            None => Ok(()),
        }
    }

    /// Writes a transition; answers whether its guard matched.
    pub(crate) fn apply(&self, id: JobId, lease: Lease, transition: &Transition) -> rusqlite::Result<bool> {
        let id = id.as_bytes();
        let lease = lease.0;
        let changed = match transition {
            Transition::Claim { lease, lease_until, worker, started_at } => {
                self.prepare(CLAIM)?.execute(params![
                    id,
                    lease.0,
                    lease_until.as_micros(),
                    worker.as_str(),
                    started_at.as_micros()
                ])
            }
            // The statement answers with the flag, so that it counts no changes; the caller asks for it there.
            Transition::Renew { lease_until } => {
                self.prepare(RENEW)?.exists(params![id, lease, lease_until.as_micros()]).map(usize::from)
            }
            Transition::Succeed { ended_at } => {
                self.prepare(SUCCEED)?.execute(params![id, lease, ended_at.as_micros()])
            }
            Transition::RetryLater { failures, run_at } => {
                self.prepare(RETRY_LATER)?.execute(params![id, lease, run_at.as_micros(), failures])
            }
            Transition::Fail { failures, ended_at } => {
                self.prepare(FAIL)?.execute(params![id, lease, ended_at.as_micros(), failures])
            }
            Transition::HandBack { handbacks, run_at } => {
                self.prepare(HAND_BACK)?.execute(params![id, lease, run_at.as_micros(), handbacks])
            }
            Transition::Recover { losses, run_at } => {
                self.prepare(RECOVER)?.execute(params![id, lease, run_at.as_micros(), losses])
            }
            Transition::GiveUp { losses, ended_at } => {
                self.prepare(GIVE_UP)?.execute(params![id, lease, ended_at.as_micros(), losses])
            }
            Transition::RequestCancel => self.prepare(REQUEST_CANCEL)?.execute(params![id, lease]),
            Transition::Cancel { losses, ended_at } => {
                self.prepare(CANCEL)?.execute(params![id, lease, ended_at.as_micros(), losses])
            }
            Transition::Revive { max_attempts, max_losses, run_at } => self
                .prepare(REVIVE)?
                .execute(params![id, lease, run_at.as_micros(), max_attempts.get(), max_losses.get()]),
            Transition::Remove => {
                self.prepare(FORGET_ATTEMPTS)?.execute([id])?;
                self.prepare(FORGET_RESULT)?.execute([id])?;
                self.prepare(REMOVE)?.execute(params![id, lease])
            }
        }?;
        Ok(changed > 0)
    }

    fn keep_attempt(&self, id: JobId, attempt: &Attempt) -> rusqlite::Result<()> {
        self.prepare(KEEP_ATTEMPT)?.execute(params![
            id.as_bytes(),
            attempt.lease.0,
            attempt.number,
            attempt.ending.as_str(),
            attempt.error.kind,
            attempt.error.message,
            attempt.error.traceback,
            attempt.worker.as_ref().map(nuvom_core::WorkerName::as_str),
            attempt.started_at.map(nuvom_core::Timestamp::as_micros),
            attempt.ended_at.as_micros()
        ])?;
        Ok(())
    }
}
