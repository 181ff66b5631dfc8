//! The table of metrics: a row each. The text for Prometheus, the snapshot and the reference page are made from it.

/// How a metric behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Only grows.
    Counter,
    /// Goes up and down.
    Gauge,
    /// Counts values by size.
    Histogram,
    /// Says something by its labels; its value is 1.
    Info,
}

impl Kind {
    /// The word of `OpenMetrics`.
    pub fn as_str(self) -> &'static str {
        match self {
            Kind::Counter => "counter",
            Kind::Gauge => "gauge",
            Kind::Histogram => "histogram",
            Kind::Info => "info",
        }
    }
}

/// One metric, with all its series.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Family {
    /// Its name, without what `OpenMetrics` appends to the samples of its kind.
    pub name: &'static str,
    /// How it behaves.
    pub kind: Kind,
    /// The names of its labels.
    pub labels: &'static [&'static str],
    /// What it says, as one sentence.
    pub help: &'static str,
}

impl Family {
    /// The unit, which is the end of the name.
    pub fn unit(&self) -> Option<&'static str> {
        self.name.ends_with("_seconds").then_some("seconds")
    }

    /// The name under which one asks for it.
    pub fn asked_as(&self) -> String {
        let suffix = match self.kind {
            Kind::Counter => "_total",
            Kind::Info => "_info",
            Kind::Histogram => "_bucket",
            Kind::Gauge => "",
        };
        format!("{}{suffix}", self.name)
    }
}

const fn row(name: &'static str, kind: Kind, labels: &'static [&'static str], help: &'static str) -> Family {
    Family { name, kind, labels, help }
}

use Kind::{Counter, Gauge, Histogram, Info};

pub(crate) const WORKER: Family =
    row("nuvom_worker", Info, &["worker", "version", "environment"], "The worker that is asked.");
pub(crate) const STARTED: Family =
    row("nuvom_worker_start_time_seconds", Gauge, &[], "When its metrics began, in seconds since 1970.");
pub(crate) const HEALTHY: Family = row(
    "nuvom_worker_healthy",
    Gauge,
    &[],
    "1 while the worker can go on; 0 if it is broken, stalled or gone.",
);
pub(crate) const CLAIMS: Family = row("nuvom_claims", Counter, &[], "Jobs that the worker claimed.");
pub(crate) const JOBS: Family = row(
    "nuvom_jobs",
    Counter,
    &["task", "queue", "state", "outcome"],
    "Jobs that came to their end, by the state in which they stay and the outcome of the last attempt.",
);
pub(crate) const RETRIES: Family = row(
    "nuvom_retries",
    Counter,
    &["task", "queue", "outcome"],
    "Attempts that failed and are followed by another.",
);
pub(crate) const LOSSES: Family = row(
    "nuvom_losses",
    Counter,
    &["task", "queue", "holder"],
    "Attempts whose process died: a child of this worker, or another worker whose lease ran out.",
);
pub(crate) const HAND_BACKS: Family =
    row("nuvom_hand_backs", Counter, &["task", "queue"], "Claims that went back to their queue unharmed.");
pub(crate) const RUN: Family = row(
    "nuvom_job_run_seconds",
    Histogram,
    &["task"],
    "From an attempt's claim to the store's answer to its end.",
);
pub(crate) const WAIT: Family = row(
    "nuvom_job_wait_seconds",
    Histogram,
    &["task"],
    "From the time at which a job might have run to its claim, by the store's clock.",
);
pub(crate) const STALE: Family = row(
    "nuvom_stale_ends",
    Counter,
    &[],
    "Outcomes that were dropped because another worker had taken the job over.",
);
pub(crate) const LEASES_LOST: Family =
    row("nuvom_leases_lost", Counter, &[], "Jobs that were still running when their lease was gone.");
pub(crate) const RENEWALS: Family = row("nuvom_lease_renewals", Counter, &[], "Leases that were extended.");
pub(crate) const STUCK: Family = row(
    "nuvom_stuck_attempts",
    Counter,
    &["task"],
    "Attempts that were told to end, did not, and cannot be made to.",
);
pub(crate) const PRUNED: Family =
    row("nuvom_pruned_jobs", Counter, &[], "Ended jobs that were removed after their retention.");
pub(crate) const CHILDREN_DIED: Family =
    row("nuvom_children_died", Counter, &[], "Child processes that ended when they should not have.");
pub(crate) const CHILDREN_RETIRED: Family =
    row("nuvom_children_retired", Counter, &[], "Child processes that were replaced because of age or size.");
pub(crate) const STORE_CALLS: Family = row(
    "nuvom_store_call_seconds",
    Histogram,
    &["store", "operation"],
    "How long the worker's calls to its stores took.",
);
pub(crate) const STORE_ERRORS: Family = row(
    "nuvom_store_errors",
    Counter,
    &["store", "operation"],
    "Calls to stores that were answered with an error.",
);
pub(crate) const HOOK_FAILURES: Family =
    row("nuvom_hook_failures", Counter, &["plugin", "hook"], "Hooks of plugins that raised.");
pub(crate) const SLOW_HOOKS: Family =
    row("nuvom_slow_hooks", Counter, &["plugin", "hook"], "Hooks of plugins that took too long.");
pub(crate) const TICKS: Family = row(
    "nuvom_schedule_ticks",
    Counter,
    &["outcome"],
    "Ticks of schedules that this scheduler fired: those that made a job, were missed, or were skipped.",
);
pub(crate) const SCHEDULED: Family =
    row("nuvom_scheduled_jobs", Counter, &["task", "queue"], "Jobs that this scheduler made.");
pub(crate) const LATENESS: Family = row(
    "nuvom_schedule_late_seconds",
    Histogram,
    &[],
    "How long after its tick a schedule was fired by this scheduler.",
);
pub(crate) const SCHEDULES_BROKEN: Family = row(
    "nuvom_schedules_broken",
    Counter,
    &[],
    "Schedules that make no jobs because their rule or record cannot be read.",
);
pub(crate) const POOL_SLOTS: Family =
    row("nuvom_pool_slots", Gauge, &["pool"], "How many attempts can run at once.");
pub(crate) const POOL_RUNNING: Family =
    row("nuvom_pool_running", Gauge, &["pool"], "Attempts that run in those slots.");
pub(crate) const POOL_QUEUED: Family =
    row("nuvom_pool_queued", Gauge, &["pool"], "Jobs that are claimed and have not started.");
pub(crate) const POOL_STUCK: Family =
    row("nuvom_pool_stuck", Gauge, &["pool"], "Attempts that are stuck now; they have no slot any more.");
pub(crate) const QUEUES_READ: Family = row(
    "nuvom_queues_readable",
    Gauge,
    &[],
    "1 if the store answered when it was last asked for its queues; with 0 the two below are missing.",
);
pub(crate) const DEPTH: Family = row(
    "nuvom_queue_jobs",
    Gauge,
    &["queue", "state"],
    "Jobs of the whole store that wait, due or not, and that run.",
);
pub(crate) const OLDEST: Family = row(
    "nuvom_queue_oldest_seconds",
    Gauge,
    &["queue"],
    "For how long the oldest waiting job of the whole store has been due.",
);

/// Every metric, in the order in which they are told.
pub const FAMILIES: &[Family] = &[
    WORKER,
    STARTED,
    HEALTHY,
    CLAIMS,
    JOBS,
    RETRIES,
    LOSSES,
    HAND_BACKS,
    RUN,
    WAIT,
    STALE,
    LEASES_LOST,
    RENEWALS,
    STUCK,
    PRUNED,
    CHILDREN_DIED,
    CHILDREN_RETIRED,
    STORE_CALLS,
    STORE_ERRORS,
    HOOK_FAILURES,
    SLOW_HOOKS,
    TICKS,
    SCHEDULED,
    LATENESS,
    SCHEDULES_BROKEN,
    POOL_SLOTS,
    POOL_RUNNING,
    POOL_QUEUED,
    POOL_STUCK,
    QUEUES_READ,
    DEPTH,
    OLDEST,
];

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn no_name_occurs_twice_and_none_carries_the_suffix_of_its_kind() {
        let names: HashSet<_> = FAMILIES.iter().map(|family| family.name).collect();

        assert_eq!(names.len(), FAMILIES.len());
        assert!(names.iter().all(|name| name.starts_with("nuvom_")));
        assert!(names.iter().all(|name| !name.ends_with("_total") && !name.ends_with("_info")));
    }

    #[test]
    fn every_help_is_one_short_sentence() {
        assert!(FAMILIES.iter().all(|family| family.help.ends_with('.') && family.help.len() <= 110));
    }
}
