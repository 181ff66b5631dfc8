//! The commands and options, as clap reads them. Nothing is opened or read here, so `--help` is quick.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use nuvom_core::{QueueName, ScheduleId, State, TaskName};

use crate::short_id::ShortId;
use crate::since::Since;

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
    /// List what discovery found
    #[command(subcommand)]
    List(List),
    /// Run jobs until stopped
    Runworker(Runworker),
    /// Make the jobs of schedules until stopped, and run none
    Runscheduler(Runscheduler),
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
    /// Queues: what waits and runs in them, and how to empty one
    #[command(subcommand)]
    Queue(Queues),
    /// Plugins: what there is, whether it works, and how to begin one
    #[command(subcommand)]
    Plugin(Plugin),
    /// Find out what is wrong, and what to do about it
    Doctor(Listing),
    /// Show every setting, with its value and where it comes from
    Config(Listing),
    /// Write what makes a shell complete commands and options
    Completions(Completions),
    /// Show the version of Nuvom and of what it runs on
    Version(Listing),
}

#[derive(Debug, Subcommand)]
pub(crate) enum Plugin {
    /// List what the project names and what is installed, loading none of it
    List(Listing),
    /// Load what the project names, and tell what works
    Status(Listing),
    /// Show everything about a plugin
    Inspect(OnePlugin),
    /// Hold a backend to the suite that every backend passes
    Test(TestPlugin),
    /// Write a plugin that works as it is, with its test
    Scaffold(Scaffold),
}

#[derive(Debug, Args)]
pub(crate) struct OnePlugin {
    /// Its name or target
    pub(crate) name: String,
    #[command(flatten)]
    pub(crate) listing: Listing,
}

#[derive(Debug, Args)]
pub(crate) struct TestPlugin {
    /// What to test, as `package.module:Name`
    pub(crate) target: String,
    /// What it is, where its methods do not show it
    #[arg(long)]
    pub(crate) kind: Option<String>,
    #[command(flatten)]
    pub(crate) listing: Listing,
}

#[derive(Debug, Args)]
pub(crate) struct Scaffold {
    /// `queue_backend`, `result_backend`, `scheduler_backend`, `middleware`,
    /// `lifecycle_hook` or `monitoring`
    pub(crate) kind: String,
    /// Its name, such as `my_queue`
    pub(crate) name: String,
    /// Where to write it
    #[arg(long, value_name = "DIR", default_value = ".")]
    pub(crate) folder: PathBuf,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Discover {
    /// Find tasks and write the manifest
    Tasks(DiscoverTasks),
}

#[derive(Debug, Args)]
pub(crate) struct DiscoverTasks {
    #[command(flatten)]
    pub(crate) source: Source,
    /// Only tell whether the manifest is up to date
    #[arg(long, conflicts_with_all = ["watch", "explain"])]
    pub(crate) check: bool,
    /// Go on, and look again whenever the source changes
    #[arg(long, conflicts_with_all = ["explain"])]
    pub(crate) watch: bool,
    /// Say why a file or folder is read or not
    #[arg(long, value_name = "PATH")]
    pub(crate) explain: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) listing: Listing,
}

/// Which source is read.
#[derive(Debug, Default, Args)]
pub(crate) struct Source {
    /// The project's folder [default: found from here up]
    #[arg(long, value_name = "DIR")]
    pub(crate) root: Option<PathBuf>,
    /// Read also what this pattern matches, as in .gitignore
    #[arg(long, value_name = "PATTERN")]
    pub(crate) include: Vec<String>,
    /// Leave out what this pattern matches, as in .gitignore
    #[arg(long, value_name = "PATTERN")]
    pub(crate) exclude: Vec<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Check {
    /// Tell only of these files and folders
    #[arg(value_name = "PATH")]
    pub(crate) paths: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) source: Source,
    /// How to write what was found
    #[arg(long, value_enum, default_value_t = Report::Text)]
    pub(crate) format: Report,
    /// The same as --format json
    #[arg(long, conflicts_with = "format")]
    pub(crate) json: bool,
    /// Hold every waiting and failed job against the code instead
    #[arg(long, conflicts_with = "paths")]
    pub(crate) against_queue: bool,
    /// Show the page of a rule
    #[arg(long, value_name = "CODE", exclusive = true)]
    pub(crate) explain: Option<String>,
}

/// How findings are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Report {
    /// A line each, for people and editors
    Text,
    /// For programs
    Json,
    /// For code scanning: SARIF 2.1.0
    Sarif,
}

#[derive(Debug, Subcommand)]
pub(crate) enum List {
    /// List the tasks of the manifest
    Tasks(Listing),
}

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
    #[arg(long, value_name = "SECS")]
    pub(crate) poll: Option<String>,
    /// Schedules a commit [default: NUVOM_SCHEDULER_BATCH]
    #[arg(long, value_name = "N")]
    pub(crate) batch: Option<String>,
    /// Random delay [default: NUVOM_SCHEDULER_JITTER_SECS]
    #[arg(long, value_name = "SECS")]
    pub(crate) jitter: Option<String>,
    /// Log lines to show [default: NUVOM_LOG_LEVEL]
    #[arg(long, value_name = "LEVEL")]
    pub(crate) log_level: Option<String>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Schedules {
    /// List all schedules
    List(Listing),
    /// Show everything about a schedule
    Inspect(OneSchedule),
    /// Have a schedule make no jobs until it is resumed
    Pause(OneSchedule),
    /// Have a paused schedule make jobs again, from its next time on
    Resume(OneSchedule),
    /// Remove a schedule; jobs that it made stay
    Cancel(OneSchedule),
    /// Have a schedule make a job now
    Trigger(OneSchedule),
    /// Show when a schedule or a cron expression is due
    Preview(PreviewSchedule),
    /// Make the schedules what @task(schedule=…) says in the code
    Sync(SyncSchedules),
}

#[derive(Debug, Args)]
pub(crate) struct OneSchedule {
    /// The schedule's id
    #[arg(value_parser = schedule)]
    pub(crate) id: ScheduleId,
    #[command(flatten)]
    pub(crate) listing: Listing,
}

#[derive(Debug, Args)]
pub(crate) struct PreviewSchedule {
    /// The id of a schedule, or a cron expression in quotes
    #[arg(value_name = "ID|EXPR")]
    pub(crate) what: String,
    /// The time zone of an expression
    #[arg(long, value_name = "ZONE", default_value = "UTC")]
    pub(crate) zone: String,
    /// Show the days on which the zone's clocks are changed
    #[arg(long)]
    pub(crate) around_dst: bool,
    /// How many times to show
    #[arg(short = 'n', long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u16).range(1..=1_000))]
    pub(crate) count: u16,
    #[command(flatten)]
    pub(crate) listing: Listing,
}

#[derive(Debug, Args)]
pub(crate) struct SyncSchedules {
    /// Only show what would be done
    #[arg(long)]
    pub(crate) dry_run: bool,
    #[command(flatten)]
    pub(crate) listing: Listing,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Inspect {
    /// Show the record of a job, its attempts, arguments and result
    Job(InspectJob),
}

#[derive(Debug, Args)]
pub(crate) struct InspectJob {
    /// The job's id, or the beginning of it
    pub(crate) id: ShortId,
    /// How to show it
    #[arg(short, long, value_enum, default_value_t = Format::Table)]
    pub(crate) format: Format,
}

/// How one job is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people
    Table,
    /// For programs, with arguments and result decoded
    Json,
    /// For programs, with the stored bytes in hexadecimal
    Raw,
}

#[derive(Debug, Args)]
pub(crate) struct OneJob {
    /// The job's id, or the beginning of it
    pub(crate) id: ShortId,
}

#[derive(Debug, Args)]
pub(crate) struct OneJobListed {
    /// The job's id, or the beginning of it
    pub(crate) id: ShortId,
    #[command(flatten)]
    pub(crate) listing: Listing,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Queues {
    /// List the queues that have had jobs
    List(Listing),
    /// Cancel all jobs that wait in a queue
    Clear(ClearQueue),
}

#[derive(Debug, Args)]
pub(crate) struct ClearQueue {
    /// The queue
    #[arg(value_parser = queue)]
    pub(crate) name: QueueName,
    /// Do not ask
    #[arg(long)]
    pub(crate) yes: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Completions {
    /// The shell
    #[arg(value_enum)]
    pub(crate) shell: clap_complete::Shell,
}

#[derive(Debug, Subcommand)]
pub(crate) enum OnJobs {
    /// These jobs
    Job(Jobs),
    /// All jobs that are like this
    Jobs(ManyJobs),
}

#[derive(Debug, Args)]
pub(crate) struct ManyJobs {
    #[command(flatten)]
    pub(crate) which: Which,
    /// Do not ask
    #[arg(long)]
    pub(crate) yes: bool,
}

/// Which jobs; what is left out does not restrict.
#[derive(Debug, Default, Args)]
pub(crate) struct Which {
    /// In this state; several are separated by commas
    #[arg(long, value_name = "STATE", value_delimiter = ',', value_parser = state)]
    pub(crate) status: Vec<State>,
    /// Of this task; may be given several times
    #[arg(long, value_name = "NAME", value_parser = task)]
    pub(crate) task: Vec<TaskName>,
    /// In this queue; may be given several times
    #[arg(long, value_name = "NAME", value_parser = queue)]
    pub(crate) queue: Vec<QueueName>,
    /// With this tag; of several, with all
    #[arg(long, value_name = "TAG")]
    pub(crate) tag: Vec<String>,
    /// With this text in task, arguments or errors
    #[arg(long, value_name = "TEXT")]
    pub(crate) text: Option<String>,
    /// Made at most so long ago (2h, 3d), or since a date
    #[arg(long, value_name = "TIME")]
    pub(crate) since: Option<Since>,
    /// Made before this time
    #[arg(long, value_name = "TIME")]
    pub(crate) until: Option<Since>,
}

#[derive(Debug, Args)]
pub(crate) struct Jobs {
    /// Ids of jobs, or their beginnings
    #[arg(required = true, value_name = "ID")]
    pub(crate) ids: Vec<ShortId>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum History {
    /// List jobs, newest first
    Recent(Recent),
}

#[derive(Debug, Args)]
pub(crate) struct Recent {
    /// At most so many
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u16).range(1..=10_000))]
    pub(crate) limit: u16,
    #[command(flatten)]
    pub(crate) which: Which,
    #[command(flatten)]
    pub(crate) listing: Listing,
}

#[derive(Debug, Args)]
pub(crate) struct Listing {
    /// Write JSON
    #[arg(long)]
    pub(crate) json: bool,
}

fn schedule(text: &str) -> nuvom_core::Result<ScheduleId> {
    ScheduleId::new(text)
}

fn queue(text: &str) -> nuvom_core::Result<QueueName> {
    QueueName::new(text)
}

fn task(text: &str) -> nuvom_core::Result<TaskName> {
    TaskName::new(text)
}

fn state(text: &str) -> Result<State, String> {
    State::parse(text).ok_or_else(|| {
        let names = State::ALL.map(|state| state.as_str().to_ascii_lowercase()).join(", ");
        format!("a state is one of {names}")
    })
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

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
