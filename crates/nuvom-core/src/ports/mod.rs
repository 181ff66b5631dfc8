//! The ports: what the engine asks of a store. All are blocking, object-safe and take batches.

use std::sync::Arc;

mod backup;
mod calendar;
mod claim;
mod inspect;
mod jobs;
mod line;
mod pace;
mod results;
mod roster;
mod schedules;
mod wake;
mod wakers;

pub use backup::{Backup, Copied};
pub use calendar::Calendar;
pub use claim::{Claim, LOOK_PAST, Room, Share, Tasks};
pub use inspect::{Damaged, Filter, Inspect, Page, QueueCounts};
pub use jobs::{Cancelled, Ended, Enqueued, Exchanged, JobStore, Reaped, Renewal, Revived};
pub use line::{Line, LinePromises, Lined, Receipt, Taken};
pub use pace::{PACE_LOOK, PACE_SPAN, Pace, Tally};
pub use results::{Record, ResultCapability, ResultStore, StoredResult};
pub use roster::{Listed, Roster};
pub use schedules::{Agenda, Committed, ScheduleStore};
pub use wake::{Subscription, Topic, Waker};
pub use wakers::Wakers;

/// The stores that a client or a worker uses together.
#[derive(Clone)]
pub struct Stores {
    /// Where jobs wait and change state.
    pub jobs: Arc<dyn JobStore>,
    /// What is asked about them.
    pub inspect: Arc<dyn Inspect>,
    /// Where results are kept.
    pub results: Arc<dyn ResultStore>,
    /// Where schedules are kept.
    pub schedules: Arc<dyn ScheduleStore>,
    /// Where workers are listed.
    pub roster: Arc<dyn Roster>,
    /// Whether results reach their store with the finish, in one operation of the job store.
    pub joint_results: bool,
}

impl std::fmt::Debug for Stores {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Stores").field("joint_results", &self.joint_results).finish_non_exhaustive()
    }
}
