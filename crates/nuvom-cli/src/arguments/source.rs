//! The source: discovery, checks, what was found; and lists.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::Listing;

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
    /// List the workers: what they serve, and how busy they are
    Workers(Listing),
}
