//! The result port: the encoded values of jobs that succeeded.

use crate::{JobId, Lease, Payload, Result};

/// Where results are kept. When it is the job store itself, results arrive there with the finish.
pub trait ResultStore: Send + Sync {
    /// Keeps values, replacing older ones of the same job with a lower or equal lease.
    fn put(&self, results: &[StoredResult]) -> Result<()>;

    /// The values kept for these jobs, in order.
    fn get(&self, ids: &[JobId]) -> Result<Vec<Option<StoredResult>>>;

    /// Forgets values.
    fn delete(&self, ids: &[JobId]) -> Result<()>;
}

/// A value with the claim that it belongs to: one written by a holder that lost its job is recognised.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredResult {
    /// The job.
    pub id: JobId,
    /// The lease under which it was computed.
    pub lease: Lease,
    /// The encoded value.
    pub value: Payload,
}
