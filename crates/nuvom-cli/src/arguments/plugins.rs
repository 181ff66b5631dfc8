//! Plugins.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::Listing;

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
