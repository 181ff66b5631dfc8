//! The settings: a row each. Parsing, `nuvom config` and the reference page are made from it.

use super::kind::Kind;

/// The folders from which modules are imported, unless a project names its own.
pub(super) const USUAL_ROOTS: &str = ".,src";

/// How every setting's name begins.
pub(super) const PREFIX: &str = "NUVOM_";

/// One setting.
pub(super) struct Row {
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    pub(super) fallback: Fallback,
    pub(super) doc: &'static str,
}

/// What holds when a setting is given nowhere.
pub(super) enum Fallback {
    /// This, read as if a user had written it.
    Text(&'static str),
    /// What another setting says.
    Same(&'static str),
    /// A part of what another setting says.
    Fraction { of: &'static str, divisor: u32 },
}

use Fallback::{Fraction, Same, Text};

const MIB: u64 = 1024 * 1024;

const fn row(name: &'static str, kind: Kind, fallback: Fallback, doc: &'static str) -> Row {
    Row { name, kind, fallback, doc }
}

/// Every setting. One that another falls back on stands before it.
pub(super) static TABLE: &[Row] = &[
    row("NUVOM_QUEUE_BACKEND", Kind::Text, Text("sqlite"), "The backend where jobs wait."),
    row(
        "NUVOM_RESULT_BACKEND",
        Kind::Text,
        Same("NUVOM_QUEUE_BACKEND"),
        "The backend where results are kept.",
    ),
    row(
        "NUVOM_SCHEDULER_BACKEND",
        Kind::Text,
        Same("NUVOM_QUEUE_BACKEND"),
        "The backend where schedules are kept.",
    ),
    row("NUVOM_SQLITE_PATH", Kind::Path, Text(".nuvom/nuvom.db"), "The database file of the sqlite backend."),
    row(
        "NUVOM_SQLITE_QUEUE_PATH",
        Kind::Path,
        Same("NUVOM_SQLITE_PATH"),
        "A database file of its own for jobs and schedules.",
    ),
    row(
        "NUVOM_SQLITE_RESULT_PATH",
        Kind::Path,
        Same("NUVOM_SQLITE_PATH"),
        "A database file of its own for results; a result and its finish are then two operations.",
    ),
    row(
        "NUVOM_SQLITE_DURABILITY",
        Kind::Choice(&["full", "process"]),
        Text("full"),
        "What an accepted job survives: `full` a loss of power, `process` only the death of processes.",
    ),
    row("NUVOM_FILE_DIR", Kind::Path, Text(".nuvom/files"), "The folder of the file backend."),
    row(
        "NUVOM_FILE_DURABILITY",
        Kind::Choice(&["full", "process"]),
        Text("full"),
        "As NUVOM_SQLITE_DURABILITY, for the file backend.",
    ),
    row(
        "NUVOM_FILE_FORCE",
        Kind::Choice(&["false", "true"]),
        Text("false"),
        "Opens a folder of files that lies on a network, or belonged to another machine.",
    ),
    row(
        "NUVOM_MANIFEST_PATH",
        Kind::Path,
        Text(".nuvom/manifest.json"),
        "Where discovery keeps what it found.",
    ),
    row(
        "NUVOM_SOURCE_ROOTS",
        Kind::Text,
        Text(USUAL_ROOTS),
        "The folders that modules are imported from, as `api/src,libs`; `src` only if it is no package.",
    ),
    // Few jobs are bound by the processor alone; four in flight use a small machine and drown none.
    row(
        "NUVOM_MAX_WORKERS",
        Kind::Count { least: 1, most: 10_000 },
        Text("4"),
        "How many jobs a worker runs at the same time.",
    ),
    row(
        "NUVOM_POOL",
        Kind::Choice(&["thread", "process"]),
        Text("thread"),
        "Where a worker runs jobs: on threads of its own, or in child processes.",
    ),
    // Coroutines mostly wait; a hundred that do so cost a few megabytes.
    row(
        "NUVOM_MAX_COROUTINES",
        Kind::Count { least: 1, most: 100_000 },
        Text("100"),
        "How many jobs of `async def` tasks run at once on an event loop.",
    ),
    row(
        "NUVOM_MAX_JOBS_PER_CHILD",
        Kind::Count { least: 0, most: 1_000_000_000 },
        Text("0"),
        "A child process that was given so many jobs is replaced; 0 is never.",
    ),
    row(
        "NUVOM_MAX_RSS",
        Kind::Bytes { least: 0, most: 1024 * 1024 * MIB },
        Text("0"),
        "A child process with more memory than this is replaced; 0 is never.",
    ),
    // One commit for a thousand jobs costs hardly more than for one, and holds the write lock for milliseconds.
    row(
        "NUVOM_BATCH_SIZE",
        Kind::Count { least: 1, most: 100_000 },
        Text("1000"),
        "The most jobs that a worker claims at once.",
    ),
    row(
        "NUVOM_JOB_TIMEOUT_SECS",
        Kind::Seconds { least: 0.0, most: 31_536_000.0 },
        Text("300"),
        "The time limit of an attempt, unless its task says otherwise; 0 is no limit.",
    ),
    row(
        "NUVOM_TIMEOUT_POLICY",
        Kind::Choice(&["fail", "retry", "ignore"]),
        Text("fail"),
        "What a passed time limit does, unless the task says otherwise.",
    ),
    // Time to close a file or a connection; a task that ignores its end should not hold its slot for long.
    row(
        "NUVOM_TIMEOUT_GRACE_SECS",
        Kind::Seconds { least: 0.01, most: 86_400.0 },
        Text("5"),
        "How long an attempt may go on after it was told to end.",
    ),
    row(
        "NUVOM_RETRY_DELAY_SECS",
        Kind::Seconds { least: 0.0, most: 31_536_000.0 },
        Text("5"),
        "The wait before the next attempt, unless the task says otherwise.",
    ),
    // At 3 s a busy machine loses jobs that run well; at 300 s a dead worker's jobs wait for five minutes.
    row(
        "NUVOM_LEASE_SECS",
        Kind::Seconds { least: 0.1, most: 86_400.0 },
        Text("30"),
        "How long a silent worker keeps its jobs before others take them.",
    ),
    // Three beats a lease: one may be lost and one late.
    row(
        "NUVOM_BEAT_SECS",
        Kind::Seconds { least: 0.01, most: 28_800.0 },
        Fraction { of: "NUVOM_LEASE_SECS", divisor: 3 },
        "How often a worker renews its leases; at most a third of the lease.",
    ),
    row(
        "NUVOM_REAP_SECS",
        Kind::Seconds { least: 0.01, most: 86_400.0 },
        Fraction { of: "NUVOM_LEASE_SECS", divisor: 6 },
        "How often a worker looks for jobs whose lease has run out.",
    ),
    row(
        "NUVOM_QUEUE_MAXSIZE",
        Kind::Count { least: 0, most: 1_000_000_000 },
        Text("0"),
        "The most jobs that may wait in a queue: `.delay` of one more raises `QueueFull`; 0 is no limit.",
    ),
    row(
        "NUVOM_MAX_LOSSES",
        Kind::Count { least: 1, most: 1_000 },
        Text("3"),
        "How many workers a job may take down with it before it fails.",
    ),
    // Most supervisors kill after 30 s; this leaves them time to see an orderly end.
    row(
        "NUVOM_STOP_GRACE_SECS",
        Kind::Seconds { least: 0.0, most: 86_400.0 },
        Text("25"),
        "How long a stopping worker lets running jobs finish.",
    ),
    // Above the longest wait for a busy store, far below the patience of people.
    row(
        "NUVOM_WATCHDOG_SECS",
        Kind::Seconds { least: 0.1, most: 86_400.0 },
        Text("60"),
        "A worker of which a part gives no sign of life for so long ends itself.",
    ),
    row(
        "NUVOM_MAX_ARGS_BYTES",
        Kind::Bytes { least: 64, most: 1024 * MIB },
        Text("1MiB"),
        "The largest encoded arguments of a job; pass a reference to larger data.",
    ),
    row(
        "NUVOM_MAX_RESULT_BYTES",
        Kind::Bytes { least: 64, most: 1024 * MIB },
        Text("8MiB"),
        "The largest encoded result of a job.",
    ),
    // Ticks and changes wake it; this is for a clock that was set, and for a machine that slept.
    row(
        "NUVOM_SCHEDULER_POLL_SECS",
        Kind::Seconds { least: 0.01, most: 3_600.0 },
        Text("10"),
        "How long a scheduler sleeps at most; ticks and changed schedules wake it earlier.",
    ),
    row(
        "NUVOM_SCHEDULER_BATCH",
        Kind::Count { least: 1, most: 10_000 },
        Text("500"),
        "The most schedules that a scheduler fires in one commit.",
    ),
    row(
        "NUVOM_SCHEDULER_JITTER_SECS",
        Kind::Seconds { least: 0.0, most: 60.0 },
        Text("0"),
        "By how much a scheduler may be late, so that many do not ask at the same moment.",
    ),
    row(
        "NUVOM_RETENTION_DAYS",
        Kind::Days { least: 0.0, most: 36_500.0 },
        Text("7"),
        "How long jobs that succeeded or were cancelled are kept.",
    ),
    row(
        "NUVOM_RETENTION_FAILED_DAYS",
        Kind::Days { least: 0.0, most: 36_500.0 },
        Text("30"),
        "How long jobs that failed are kept.",
    ),
    row(
        "NUVOM_LOG_LEVEL",
        Kind::Choice(&["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"]),
        Text("INFO"),
        "The least important log lines that are shown.",
    ),
    row("NUVOM_LOG_FORMAT", Kind::Choice(&["plain", "json"]), Text("plain"), "How log lines look."),
    row(
        "NUVOM_ENVIRONMENT",
        Kind::Text,
        Text("dev"),
        "A word for this deployment, such as `dev` or `prod`, for logs and metrics.",
    ),
    row(
        "NUVOM_PROMETHEUS_HOST",
        Kind::Text,
        Text("127.0.0.1"),
        "The address at which the Prometheus plugin serves; anything but loopback lets others read along.",
    ),
    // 9090 to 9100 are taken by Prometheus and its exporters.
    row(
        "NUVOM_PROMETHEUS_PORT",
        Kind::Count { least: 0, most: 65_535 },
        Text("9150"),
        "The port at which the Prometheus plugin serves; 0 takes any free one.",
    ),
    row(
        "NUVOM_SERIALIZATION_BACKEND",
        Kind::Choice(&["msgpack"]),
        Text("msgpack"),
        "How arguments and results are encoded.",
    ),
];

/// The row of this setting.
pub(super) fn position(name: &str) -> Option<usize> {
    TABLE.iter().position(|row| row.name == name)
}

/// Every name.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    TABLE.iter().map(|row| row.name)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_name_begins_with_the_prefix_and_occurs_once() {
        let names: HashSet<_> = names().collect();

        assert_eq!(names.len(), TABLE.len());
        assert!(names.iter().all(|name| name.starts_with(PREFIX)));
    }

    #[test]
    fn every_doc_is_one_short_sentence() {
        assert!(TABLE.iter().all(|row| row.doc.ends_with('.') && row.doc.len() <= 100));
    }

    #[test]
    fn every_default_is_a_value_that_a_user_could_write() {
        let texts = TABLE.iter().filter_map(|row| match row.fallback {
            Text(text) => Some((row, text)),
            Same(_) | Fraction { .. } => None,
        });

        assert!(
            texts.into_iter().all(|(row, text)| row.kind.parse(text, std::path::Path::new("/")).is_some())
        );
    }

    #[test]
    fn a_setting_stands_behind_the_one_that_it_falls_back_on() {
        let in_order = |(place, row): (usize, &Row)| match row.fallback {
            Text(_) => true,
            Same(other) | Fraction { of: other, .. } => position(other).is_some_and(|other| other < place),
        };

        assert!(TABLE.iter().enumerate().all(in_order));
    }
}
