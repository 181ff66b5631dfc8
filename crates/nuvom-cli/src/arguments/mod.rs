//! The commands and options, as clap reads them. Nothing is opened or read here, so `--help` is quick.

use clap::{Args, Parser, Subcommand};
use nuvom_core::QueueName;

mod backup;
mod config;
mod jobs;
mod plugins;
mod queues;
mod reference;
mod schedules;
mod source;
mod workers;

pub(crate) use backup::BackUp;
pub(crate) use config::{Config, GetSetting, OfSettings};
pub(crate) use jobs::{
    Format, History, Inspect, InspectJob, ManyJobs, OnJobs, OneJob, OneJobListed, Recent, Which,
};
pub(crate) use plugins::Plugin;
pub(crate) use queues::{ClearQueue, Queues, SomeQueues};
pub use reference::commands_reference;
pub(crate) use schedules::{OneSchedule, PreviewSchedule, Schedules, SyncSchedules};
pub(crate) use source::{Check, Discover, DiscoverTasks, List, Report, Source};
pub(crate) use workers::{Runscheduler, Runtestworker, Runworker, TestJob};

const AFTER_HELP: &str = "\
Data goes to stdout, everything else to stderr.

Exit codes:
  0  done
  1  it could not be done
  2  the command or the settings are wrong
  3  a worker stopped before some of its jobs were done, and handed them back
  4  a worker ended while some of its jobs could not be ended
  5  a worker ended because a part of it gave no sign of life

Settings come from options, the environment (NUVOM_…), the project's .env and
[tool.nuvom] in pyproject.toml, in this order; `nuvom config` shows them with
their origin.";

/// Background work that you can trust.
#[derive(Debug, Parser)]
#[command(name = "nuvom", arg_required_else_help = true, after_help = AFTER_HELP)]
pub(crate) struct Arguments {
    /// Show the version
    #[arg(short = 'V', long)]
    pub(crate) version: bool,
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Find tasks in the source, without running it
    #[command(subcommand)]
    Discover(Discover),
    /// Hold the code, or the waiting jobs, against the tasks
    Check(Check),
    /// List the tasks that discovery found, or the workers
    #[command(subcommand)]
    List(List),
    /// Run jobs until stopped
    Runworker(Runworker),
    /// Make the jobs of schedules until stopped, and run none
    Runscheduler(Runscheduler),
    /// Run one job here and now, without a queue, to try its task
    #[command(subcommand)]
    Runtestworker(Runtestworker),
    /// Schedules: what there are, when they are due, how to stop them
    #[command(subcommand)]
    Schedule(Schedules),
    /// Show everything about a job
    #[command(subcommand)]
    Inspect(Inspect),
    /// Say why a job is where it is, and what would move it
    Explain(OneJobListed),
    /// Show the state of a job, in one word
    Status(OneJob),
    /// Look back on jobs
    #[command(subcommand)]
    History(History),
    /// Run jobs again that failed or were cancelled
    #[command(subcommand)]
    Retry(OnJobs),
    /// End jobs before they are done
    #[command(subcommand)]
    Cancel(OnJobs),
    /// Queues: what waits in them, and how to pause or empty one
    #[command(subcommand)]
    Queue(Queues),
    /// Plugins: what there is, whether it works, and how to begin one
    #[command(subcommand)]
    Plugin(Plugin),
    /// Copy jobs, results and schedules while workers run
    Backup(BackUp),
    /// Find out what is wrong, and what to do about it
    Doctor(Listing),
    /// Show every setting, with its value and where it comes from
    Config(Config),
    /// Write what makes a shell complete commands and options
    Completions(Completions),
    /// Show the version of Nuvom and of what it runs on
    Version(Listing),
}

#[derive(Debug, Args)]
pub(crate) struct Completions {
    /// The shell
    #[arg(value_enum)]
    pub(crate) shell: clap_complete::Shell,
}

#[derive(Debug, Args)]
pub(crate) struct Listing {
    /// Write JSON
    #[arg(long)]
    pub(crate) json: bool,
}

fn queue(text: &str) -> nuvom_core::Result<QueueName> {
    QueueName::new(text)
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use nuvom_core::State;

    use super::*;

    #[test]
    fn the_definitions_agree_with_each_other() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn several_states_can_be_asked_for() {
        let arguments =
            Arguments::try_parse_from(["nuvom", "history", "recent", "--status", "failed,CANCELLED"])
                .unwrap();

        let Some(Command::History(History::Recent(recent))) = arguments.command else { panic!("history") };
        assert_eq!(recent.which.status, [State::Failed, State::Cancelled]);
    }
}
