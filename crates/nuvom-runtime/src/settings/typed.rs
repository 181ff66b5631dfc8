//! The settings as the types that the engine, the stores and the client take.

use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::time::Duration;

use nuvom_core::{JobOptions, QueueBound, Retention, RetryPolicy, TimeoutPolicy};

use super::Settings;
use super::kind::Value;
use super::table;
use super::table::USUAL_ROOTS;

impl Settings {
    /// The name of the backend where jobs wait.
    pub fn queue_backend(&self) -> &str {
        self.text("NUVOM_QUEUE_BACKEND")
    }

    /// The name of the backend where results are kept.
    pub fn result_backend(&self) -> &str {
        self.text("NUVOM_RESULT_BACKEND")
    }

    /// The name of the backend where schedules are kept.
    pub fn scheduler_backend(&self) -> &str {
        self.text("NUVOM_SCHEDULER_BACKEND")
    }

    /// The database file of jobs and schedules.
    pub fn sqlite_queue_path(&self) -> &Path {
        self.path("NUVOM_SQLITE_QUEUE_PATH")
    }

    /// The database file of results.
    pub fn sqlite_result_path(&self) -> &Path {
        self.path("NUVOM_SQLITE_RESULT_PATH")
    }

    /// Whether an accepted job must survive a loss of power in the sqlite backend.
    pub fn sqlite_survives_power_loss(&self) -> bool {
        self.choice("NUVOM_SQLITE_DURABILITY") == "full"
    }

    /// The folder of the file backend.
    pub fn file_dir(&self) -> &Path {
        self.path("NUVOM_FILE_DIR")
    }

    /// Whether what the file backend accepts has to survive a loss of power.
    pub fn files_survive_power_loss(&self) -> bool {
        self.choice("NUVOM_FILE_DURABILITY") == "full"
    }

    /// Whether the file backend opens a folder on a network, or of another machine.
    pub fn forces_file_dir(&self) -> bool {
        self.choice("NUVOM_FILE_FORCE") == "true"
    }

    /// The file of the manifest.
    pub fn manifest_path(&self) -> &Path {
        self.path("NUVOM_MANIFEST_PATH")
    }

    /// Where discovery keeps what it learned for its next look: beside the manifest.
    pub fn discovery_cache_path(&self) -> PathBuf {
        self.manifest_path().with_file_name("discovery.cache")
    }

    /// The folders from which modules are imported, relative to the project; none for the usual ones.
    pub fn source_roots(&self) -> Vec<String> {
        let named = self.text("NUVOM_SOURCE_ROOTS");
        let roots = named.split(',').map(str::trim).filter(|_| named != USUAL_ROOTS);
        roots.filter(|root| !root.is_empty()).map(str::to_owned).collect()
    }

    /// How many jobs a worker runs at the same time; at least 1.
    pub fn max_workers(&self) -> usize {
        self.number("NUVOM_MAX_WORKERS") as usize
    }

    /// Whether a worker runs jobs in child processes rather than on threads.
    pub fn runs_in_processes(&self) -> bool {
        self.choice("NUVOM_POOL") == "process"
    }

    /// How many jobs of `async def` tasks run at once on an event loop; at least 1.
    pub fn max_coroutines(&self) -> usize {
        self.number("NUVOM_MAX_COROUTINES") as usize
    }

    /// A child process that was given so many jobs is replaced; none means never.
    pub fn max_jobs_per_child(&self) -> Option<u64> {
        Some(self.number("NUVOM_MAX_JOBS_PER_CHILD")).filter(|most| *most > 0)
    }

    /// A child process with more memory than this, in bytes, is replaced; none means never.
    pub fn max_rss(&self) -> Option<u64> {
        Some(self.number("NUVOM_MAX_RSS")).filter(|most| *most > 0)
    }

    /// How long an attempt may go on after it was told to end.
    pub fn timeout_grace(&self) -> Duration {
        self.span("NUVOM_TIMEOUT_GRACE_SECS")
    }

    /// A worker of which a part gives no sign of life for so long ends itself.
    pub fn watchdog(&self) -> Duration {
        self.span("NUVOM_WATCHDOG_SECS")
    }

    /// The most jobs that a worker claims at once; at least 1.
    pub fn batch_size(&self) -> usize {
        self.number("NUVOM_BATCH_SIZE") as usize
    }

    /// The time limit of an attempt, unless its task says otherwise; none means no limit.
    pub fn job_timeout(&self) -> Option<Duration> {
        Some(self.span("NUVOM_JOB_TIMEOUT_SECS")).filter(|span| !span.is_zero())
    }

    /// What a passed time limit does, unless the task says otherwise.
    pub fn timeout_policy(&self) -> TimeoutPolicy {
        match self.choice("NUVOM_TIMEOUT_POLICY") {
            "retry" => TimeoutPolicy::Retry,
            "ignore" => TimeoutPolicy::Ignore,
            _ => TimeoutPolicy::Fail,
        }
    }

    /// The wait before the next attempt, unless the task says otherwise.
    pub fn retry_delay(&self) -> Duration {
        self.span("NUVOM_RETRY_DELAY_SECS")
    }

    /// How long a silent worker keeps its jobs.
    pub fn lease(&self) -> Duration {
        self.span("NUVOM_LEASE_SECS")
    }

    /// How often a worker renews its leases; at most a third of the lease.
    pub fn beat(&self) -> Duration {
        self.span("NUVOM_BEAT_SECS")
    }

    /// How often a worker looks for jobs whose lease has run out.
    pub fn reap(&self) -> Duration {
        self.span("NUVOM_REAP_SECS")
    }

    /// The most jobs that producers may bring to wait in a queue; none means no limit.
    pub fn queue_bound(&self) -> Option<QueueBound> {
        QueueBound::new(self.number("NUVOM_QUEUE_MAXSIZE"))
    }

    /// The loss that ends a job as FAILED.
    pub fn max_losses(&self) -> NonZeroU32 {
        NonZeroU32::MIN.saturating_add(self.number("NUVOM_MAX_LOSSES").saturating_sub(1) as u32)
    }

    /// How long a stopping worker lets running jobs finish.
    pub fn stop_grace(&self) -> Duration {
        self.span("NUVOM_STOP_GRACE_SECS")
    }

    /// The largest encoded arguments of a job, in bytes.
    pub fn max_args_bytes(&self) -> usize {
        self.number("NUVOM_MAX_ARGS_BYTES") as usize
    }

    /// The largest encoded result of a job, in bytes.
    pub fn max_result_bytes(&self) -> usize {
        self.number("NUVOM_MAX_RESULT_BYTES") as usize
    }

    /// How long a scheduler sleeps at most.
    pub fn scheduler_poll(&self) -> Duration {
        self.span("NUVOM_SCHEDULER_POLL_SECS")
    }

    /// The most schedules that are fired in one commit; at least 1.
    pub fn scheduler_batch(&self) -> usize {
        self.number("NUVOM_SCHEDULER_BATCH") as usize
    }

    /// By how much a scheduler may wake up late.
    pub fn scheduler_jitter(&self) -> Duration {
        self.span("NUVOM_SCHEDULER_JITTER_SECS")
    }

    /// How long ended jobs are kept.
    pub fn retention(&self) -> Retention {
        Retention {
            done: self.span("NUVOM_RETENTION_DAYS"),
            failed: self.span("NUVOM_RETENTION_FAILED_DAYS"),
        }
    }

    /// The least important log lines that are shown, as Python's `logging` names it.
    pub fn log_level(&self) -> &'static str {
        self.choice("NUVOM_LOG_LEVEL")
    }

    /// How log lines look: `plain` or `json`.
    pub fn log_format(&self) -> &'static str {
        self.choice("NUVOM_LOG_FORMAT")
    }

    /// A word for this deployment, for logs and metrics.
    pub fn environment(&self) -> &str {
        self.text("NUVOM_ENVIRONMENT")
    }

    /// The address at which the Prometheus plugin serves.
    pub(super) fn prometheus_host(&self) -> &str {
        self.text("NUVOM_PROMETHEUS_HOST")
    }

    /// How arguments and results are encoded; always `msgpack` for now.
    pub fn serialization_backend(&self) -> &'static str {
        self.choice("NUVOM_SERIALIZATION_BACKEND")
    }

    /// The options of a job whose task says nothing.
    pub fn job_options(&self) -> JobOptions {
        JobOptions {
            max_losses: self.max_losses(),
            retry: RetryPolicy { delay: self.retry_delay(), ..RetryPolicy::default() },
            timeout: self.job_timeout(),
            timeout_policy: self.timeout_policy(),
            ..JobOptions::default()
        }
    }

    fn text(&self, name: &str) -> &str {
        match self.value(name) {
            Value::Text(text) => text,
            other => wrong_kind(name, other),
        }
    }

    fn path(&self, name: &str) -> &Path {
        match self.value(name) {
            Value::Path(path) => path,
            other => wrong_kind(name, other),
        }
    }

    fn span(&self, name: &str) -> Duration {
        match self.value(name) {
            Value::Seconds(span) | Value::Days(span) => *span,
            other => wrong_kind(name, other),
        }
    }

    fn number(&self, name: &str) -> u64 {
        match self.value(name) {
            Value::Count(number) | Value::Bytes(number) => *number,
            other => wrong_kind(name, other),
        }
    }

    fn choice(&self, name: &str) -> &'static str {
        match self.value(name) {
            Value::Choice(word) => word,
            other => wrong_kind(name, other),
        }
    }

    fn value(&self, name: &str) -> &Value {
        let position =
            table::position(name).expect("a test calls every getter, so each name is in the table");
        &self.values[position].0
    }
}

/// A getter and the table disagree: a defect of this crate, found by the test below.
fn wrong_kind(name: &str, value: &Value) -> ! {
    unreachable!("{name} is asked for as another kind than {value:?}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Project;

    #[test]
    fn defaults_reach_every_getter_as_the_kind_that_the_table_names() {
        let settings = Settings::load(&Project::at(Path::new("/nowhere/at/all")), [], []).unwrap();

        assert_eq!(settings.queue_backend(), "sqlite");
        assert_eq!(settings.result_backend(), "sqlite");
        assert_eq!(settings.scheduler_backend(), "sqlite");
        assert!(settings.sqlite_queue_path().ends_with(".nuvom/nuvom.db"));
        assert!(settings.sqlite_result_path().ends_with(".nuvom/nuvom.db"));
        assert!(settings.sqlite_survives_power_loss());
        assert!(settings.file_dir().ends_with(".nuvom/files"));
        assert!(settings.files_survive_power_loss() && !settings.forces_file_dir());
        assert!(settings.manifest_path().ends_with(".nuvom/manifest.json"));
        assert_eq!((settings.max_workers(), settings.batch_size()), (4, 1000));
        assert_eq!((settings.runs_in_processes(), settings.max_coroutines()), (false, 100));
        assert_eq!((settings.max_jobs_per_child(), settings.max_rss()), (None, None));
        assert_eq!(
            (settings.timeout_grace(), settings.watchdog()),
            (Duration::from_secs(5), Duration::from_mins(1))
        );
        assert_eq!(settings.lease(), Duration::from_secs(30));
        assert_eq!(settings.beat(), Duration::from_secs(10));
        assert_eq!(settings.reap(), Duration::from_secs(5));
        assert_eq!(settings.stop_grace(), Duration::from_secs(25));
        assert_eq!((settings.max_args_bytes(), settings.max_result_bytes()), (1 << 20, 8 << 20));
        assert_eq!((settings.log_level(), settings.log_format()), ("INFO", "plain"));
        assert_eq!((settings.environment(), settings.serialization_backend()), ("dev", "msgpack"));
    }

    #[test]
    fn defaults_are_those_of_the_rules_in_core() {
        let settings = Settings::load(&Project::at(Path::new("/nowhere/at/all")), [], []).unwrap();

        assert_eq!(settings.job_options(), JobOptions::default());
        assert_eq!(settings.retention(), Retention::default());
    }
}
