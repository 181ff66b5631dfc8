//! Jobs: one, several, or all that are like this.

use clap::{Args, Subcommand, ValueEnum};
use nuvom_core::{QueueName, State, TaskName, nearest};

use super::{Listing, queue};
use crate::short_id::ShortId;
use crate::since::Since;

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
    /// The same as --format json
    #[arg(long, conflicts_with = "format")]
    pub(crate) json: bool,
    /// Show also what `password`, `token` and the like hold
    #[arg(long)]
    pub(crate) show_secrets: bool,
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

#[derive(Debug, Args)]
pub(crate) struct Jobs {
    /// Ids of jobs, or their beginnings
    #[arg(required = true, value_name = "ID")]
    pub(crate) ids: Vec<ShortId>,
}

/// Which jobs; what is left out does not restrict.
#[derive(Debug, Default, Args)]
pub(crate) struct Which {
    /// In this state; several are separated by commas
    #[arg(short, long, value_name = "STATE", value_delimiter = ',', value_parser = state)]
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

fn task(text: &str) -> nuvom_core::Result<TaskName> {
    TaskName::new(text)
}

fn state(text: &str) -> Result<State, String> {
    State::parse(text).ok_or_else(|| {
        let names = State::ALL.map(|state| state.as_str().to_ascii_lowercase());
        let meant = nearest(text, names.iter().map(String::as_str));
        let meant = meant.map_or_else(String::new, |meant| format!("; did you mean {meant}?"));
        format!("a state is one of {}{meant}", names.join(", "))
    })
}
