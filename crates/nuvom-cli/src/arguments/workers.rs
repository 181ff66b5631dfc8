//! Processes that run jobs or make them.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use nuvom_core::QueueName;

use super::{Listing, queue};

#[derive(Debug, Args)]
#[expect(clippy::doc_markdown, reason = "clap prints these lines as they stand")]
pub(crate) struct Runworker {
    /// Jobs to run at once [default: NUVOM_MAX_WORKERS]
    #[arg(long, value_name = "N")]
    pub(crate) workers: Option<String>,
    /// Where jobs run: thread or process
    #[arg(long, value_name = "POOL")]
    pub(crate) pool: Option<String>,
    /// Replace a child process after so many jobs
    #[arg(long, value_name = "N")]
    pub(crate) max_jobs_per_child: Option<String>,
    /// Replace a child above this memory, as 500MiB
    #[arg(long, value_name = "SIZE")]
    pub(crate) max_rss: Option<String>,
    /// Queues to serve, as a,b [default: all]
    #[arg(long, value_name = "NAMES", value_delimiter = ',', value_parser = queue)]
    pub(crate) queues: Vec<QueueName>,
    /// Start anew whenever the source changes
    #[arg(long)]
    pub(crate) dev: bool,
    /// Leave schedules to others
    #[arg(long)]
    pub(crate) no_scheduler: bool,
    /// Do not start if a module cannot be loaded
    #[arg(long)]
    pub(crate) strict: bool,
    /// Log lines to show [default: NUVOM_LOG_LEVEL]
    #[arg(long, value_name = "LEVEL")]
    pub(crate) log_level: Option<String>,
}

#[derive(Debug, Args)]
#[expect(clippy::doc_markdown, reason = "clap prints these lines as they stand")]
pub(crate) struct Runscheduler {
    /// Longest sleep [default: NUVOM_SCHEDULER_POLL_SECS]
    #[arg(short, long, value_name = "SECS")]
    pub(crate) poll: Option<String>,
    /// Schedules a commit [default: NUVOM_SCHEDULER_BATCH]
    #[arg(short, long, value_name = "N")]
    pub(crate) batch: Option<String>,
    /// Random delay [default: NUVOM_SCHEDULER_JITTER_SECS]
    #[arg(short, long, value_name = "SECS")]
    pub(crate) jitter: Option<String>,
    /// Log lines to show [default: NUVOM_LOG_LEVEL]
    #[arg(long, value_name = "LEVEL")]
    pub(crate) log_level: Option<String>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Runtestworker {
    /// Run the job that a file describes, as a worker would, and show what
    /// became of it
    Run(TestJob),
}

#[derive(Debug, Args)]
pub(crate) struct TestJob {
    /// A file of JSON, as {"task": "add", "args": [5, 7]}; - is standard input
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// Show also what `password`, `token` and the like hold
    #[arg(long)]
    pub(crate) show_secrets: bool,
    #[command(flatten)]
    pub(crate) listing: Listing,
}
