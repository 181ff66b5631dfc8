//! Copies of stores.

use std::path::PathBuf;

use clap::Args;

use super::Listing;

#[derive(Debug, Args)]
pub(crate) struct BackUp {
    /// Where to write the copy; nothing must be there
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    #[command(flatten)]
    pub(crate) listing: Listing,
}
