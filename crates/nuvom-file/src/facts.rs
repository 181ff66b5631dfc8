//! What the index knows of a job: enough to find it in every order that is asked for, and no arguments.

use std::borrow::Cow;

use nuvom_core::{Job, JobId, Lease, State, Timestamp};
use serde::Deserialize;

/// The facts of one job.
#[derive(Debug, Clone)]
pub(crate) struct Facts<'a> {
    pub(crate) id: JobId,
    pub(crate) state: State,
    pub(crate) queue: Cow<'a, str>,
    pub(crate) task: Cow<'a, str>,
    pub(crate) priority: u8,
    pub(crate) run_at: Timestamp,
    pub(crate) lease: Lease,
    pub(crate) lease_until: Option<Timestamp>,
    pub(crate) ended_at: Option<Timestamp>,
    pub(crate) losses: u32,
    pub(crate) max_losses: u32,
    pub(crate) cancel_requested: bool,
    pub(crate) signature: Option<u64>,
}

impl<'a> Facts<'a> {
    /// Those of a record.
    pub(crate) fn of(job: &'a Job) -> Self {
        Self {
            id: job.id,
            state: job.state,
            queue: Cow::Borrowed(job.queue.as_str()),
            task: Cow::Borrowed(job.task.as_str()),
            priority: job.priority.get(),
            run_at: job.run_at,
            lease: job.lease,
            lease_until: job.lease_until,
            ended_at: job.ended_at,
            losses: job.losses,
            max_losses: job.max_losses.get(),
            cancel_requested: job.cancel_requested,
            signature: job.signature.map(nuvom_core::SignatureHash::to_bits),
        }
    }

    /// Those of a record as text, without looking at what the index does not need.
    pub(crate) fn read(line: &'a [u8]) -> Option<Self> {
        #[derive(Deserialize)]
        struct Line<'a> {
            #[serde(borrow)]
            id: Cow<'a, str>,
            #[serde(borrow)]
            state: Cow<'a, str>,
            #[serde(borrow)]
            queue: Cow<'a, str>,
            #[serde(borrow)]
            task: Cow<'a, str>,
            priority: u8,
            run_at: i64,
            #[serde(default)]
            lease: u64,
            #[serde(default)]
            lease_until: Option<i64>,
            #[serde(default)]
            ended_at: Option<i64>,
            #[serde(default)]
            losses: u32,
            max_losses: u32,
            #[serde(default)]
            cancel_requested: bool,
            #[serde(default)]
            signature: Option<u64>,
        }
        let line: Line<'a> = serde_json::from_slice(line).ok()?;
        Some(Self {
            id: line.id.parse().ok()?,
            state: State::parse(&line.state)?,
            queue: line.queue,
            task: line.task,
            priority: line.priority,
            run_at: Timestamp::from_micros(line.run_at),
            lease: Lease(line.lease),
            lease_until: line.lease_until.map(Timestamp::from_micros),
            ended_at: line.ended_at.map(Timestamp::from_micros),
            losses: line.losses,
            max_losses: line.max_losses,
            cancel_requested: line.cancel_requested,
            signature: line.signature,
        })
    }
}
