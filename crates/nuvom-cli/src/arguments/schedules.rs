//! Schedules.

use clap::{Args, Subcommand};
use nuvom_core::ScheduleId;

use super::Listing;

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

fn schedule(text: &str) -> nuvom_core::Result<ScheduleId> {
    ScheduleId::new(text)
}
