//! Queues.

use clap::{Args, Subcommand};
use nuvom_core::QueueName;

use super::{Listing, queue};

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
