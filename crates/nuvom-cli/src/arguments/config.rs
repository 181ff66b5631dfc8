//! Settings.

use clap::{Args, Subcommand};

use super::Listing;

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct Config {
    #[command(flatten)]
    pub(crate) listing: Listing,
    #[command(subcommand)]
    pub(crate) wanted: Option<OfSettings>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum OfSettings {
    /// Examine all that is set, used or not, and tell all that is wrong
    Check(Listing),
    /// Write the value of one setting, and nothing else
    Get(GetSetting),
}

#[derive(Debug, Args)]
#[expect(clippy::doc_markdown, reason = "clap prints these lines as they stand")]
pub(crate) struct GetSetting {
    /// Its name, such as lease_secs or NUVOM_LEASE_SECS
    pub(crate) name: String,
    /// Write the user and password of a URL, too
    #[arg(long)]
    pub(crate) show_secrets: bool,
}
