//! The result port: how jobs ended, kept beside their queue or together with it.

use std::sync::Arc;

use super::Page;
use crate::{Attempt, Job, JobId, Lease, Payload, Result};

/// Where results are kept. When it is the job store itself, results arrive there with the finish.
pub trait ResultStore: Send + Sync {
    /// What this store promises.
    fn result_capability(&self) -> ResultCapability {
        ResultCapability { fenced: true, deletes: true, keeps_records: true, wants_records: false }
    }

    /// Keeps what is known of jobs, replacing what is kept of the same job under a lower or equal lease.
    fn put(&self, results: &[StoredResult]) -> Result<()>;

    /// What is kept of these jobs, in order.
    fn get(&self, ids: &[JobId]) -> Result<Vec<Option<StoredResult>>>;

    /// What is kept with a record, newest first by id: the history of queues that keep none.
    fn list_results(&self, page: &Page) -> Result<Vec<StoredResult>>;

    /// Forgets what is kept.
    fn delete(&self, ids: &[JobId]) -> Result<()>;
}

/// The promises of a result store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "a table of promises, each of which is independent")]
pub struct ResultCapability {
    /// What a holder with a higher lease wrote is never replaced by one with a lower lease.
    pub fenced: bool,
    /// What is kept can be forgotten, so that retention holds.
    pub deletes: bool,
    /// A record comes back as it was, also of a job that has not ended. Without this, ends alone are kept.
    pub keeps_records: bool,
    /// It is told how every attempt ended, with the record of the job, although its queue keeps that, too.
    pub wants_records: bool,
}

/// What is kept of a job, with the claim that it belongs to: one written by a holder that lost its job is recognised.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredResult {
    /// The job.
    pub id: JobId,
    /// The lease under which it was written.
    pub lease: Lease,
    /// The encoded value, if there is one.
    pub value: Option<Payload>,
    /// The job itself, where its queue keeps no records or the result store wants them.
    pub record: Option<Arc<Record>>,
}

impl StoredResult {
    /// A value without a record.
    pub fn of_value(id: JobId, lease: Lease, value: Payload) -> Self {
        Self { id, lease, value: Some(value), record: None }
    }
}

/// All that is known of a job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// The job as it is, or was when it was written down.
    pub job: Job,
    /// Its attempts that did not succeed, oldest first.
    pub attempts: Vec<Attempt>,
}
