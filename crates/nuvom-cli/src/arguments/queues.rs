//! Queues.

use clap::{Args, Subcommand};
use nuvom_core::QueueName;

use super::{Listing, queue};

#[derive(Debug, Subcommand)]
pub(crate) enum Queues {
    /// List the queues that have had jobs or are paused
    List(Listing),
    /// Have all workers take no jobs from queues until they are resumed
    Pause(SomeQueues),
    /// Have workers take jobs from paused queues again
    Resume(SomeQueues),
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
pub(crate) struct SomeQueues {
    /// The queues
    #[arg(value_name = "NAME", required = true, value_parser = queue)]
    pub(crate) names: Vec<QueueName>,
    #[command(flatten)]
    pub(crate) listing: Listing,
}
