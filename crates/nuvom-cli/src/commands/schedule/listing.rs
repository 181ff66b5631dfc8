//! `schedule list` and `schedule inspect`.

use nuvom_core::Schedule;
use serde_json::Value as Json;

use super::{record, timetable};
use crate::arguments::OneSchedule;
use crate::failure::{Failure, OK};
use crate::moments::{Here, span};
use crate::output::Output;
use crate::payload;
use crate::session::Session;
use crate::styled::{Style, Styled};
use crate::table::{Fit, Table};

/// Ticks to come that are shown with a schedule.
const COMING: usize = 3;

/// The width of the names before values.
const NAMES: usize = 11;

/// Longest part of arguments that is shown to people, in characters.
const SHOWN: usize = 4_000;

/// Lists all schedules, by id.
pub(super) fn list(json: bool, session: &mut Session<'_>) -> Result<i32, Failure> {
    let opened = session.open()?;
    let all = timetable(&opened).all()?;
    if json {
        session.output.json(&all.iter().map(record::json).collect::<Json>())?;
    } else if all.is_empty() {
        session.output.talk(&format!(
            "No schedules in {}: `task.schedule(…)` or @task(schedule=…) makes one.",
            opened.place
        ))?;
    } else {
        session.output.table(&table(&all, &opened.here()))?;
    }
    Ok(OK)
}

fn table(all: &[Schedule], here: &Here) -> Table {
    let mut table = Table::new(&[
        ("SCHEDULE", Fit::Cut(36)),
        ("STATE", Fit::Whole),
        ("TASK", Fit::Optional),
        ("WHEN", Fit::Last(12)),
        ("NEXT", Fit::Whole),
        ("RUNS", Fit::OptionalNumber),
        ("SKIPPED", Fit::OptionalNumber),
        ("AT", Fit::Optional),
    ]);
    for schedule in all {
        let next = schedule.next_tick.filter(|_| !schedule.is_paused);
        table.row([
            schedule.id.as_str().into(),
            record::state(schedule),
            schedule.definition.task.as_str().into(),
            record::rule(&schedule.definition, here).into(),
            next.map_or_else(String::new, |next| here.age(next)).into(),
            schedule.runs.to_string().into(),
            schedule.skipped.to_string().into(),
            next.map_or_else(String::new, |next| here.at(next)).into(),
        ]);
    }
    table
}

/// Shows everything about a schedule.
pub(super) fn inspect(options: &OneSchedule, session: &mut Session<'_>) -> Result<i32, Failure> {
    let opened = session.open()?;
    let timetable = timetable(&opened);
    let schedule = timetable.get(&options.id)?;
    if options.listing.json {
        session.output.json(&record::json(&schedule))?;
        return Ok(OK);
    }
    // A rule that cannot be followed any more is shown as it is: to look at it is how to find out.
    let coming = timetable.upcoming(&schedule, COMING);
    let here = opened.here();
    show(&schedule, &here, &mut session.output)?;
    match coming {
        Ok(ticks) if ticks.is_empty() => field(&mut session.output, "Next", "none; it has run out")?,
        Ok(ticks) => {
            for (number, tick) in ticks.into_iter().enumerate() {
                let name = if number == 0 { "Next" } else { "" };
                field(&mut session.output, name, here.with_age(tick))?;
            }
        }
        Err(error) => field(&mut session.output, "Next", Styled::new(Style::Bad, error.to_string()))?,
    }
    Ok(OK)
}

fn show(schedule: &Schedule, here: &Here, output: &mut Output<'_>) -> Result<(), Failure> {
    let definition = &schedule.definition;
    let call = match payload::arguments(&definition.payload) {
        Ok(arguments) => payload::call(&arguments, SHOWN),
        Err(reason) => reason.to_string(),
    };
    field(output, "Schedule", schedule.id.as_str())?;
    field(output, "Task", definition.task.as_str())?;
    field(output, "State", record::state(schedule))?;
    field(output, "When", record::rule(definition, here))?;
    if let Some(start) = definition.starts_at {
        field(output, "Starts", here.with_age(start))?;
    }
    if let Some(end) = definition.ends_at {
        field(output, "Ends", here.with_age(end))?;
    }
    if !definition.jitter.is_zero() {
        field(output, "Jitter", format!("each job starts up to {} later", span(definition.jitter)))?;
    }
    field(output, "Missed", record::misfire(definition.misfire))?;
    field(output, "Overlap", record::overlap(definition.overlap))?;
    field(output, "Queue", format!("{}, priority {}", definition.queue, definition.priority.get()))?;
    field(output, "From", if definition.is_declared { "the code of its task" } else { "a program" })?;
    let most = definition.max_runs.map_or_else(String::new, |most| format!(" of {most}"));
    field(output, "Runs", format!("{}{most}, {} skipped", schedule.runs, schedule.skipped))?;
    if let Some(last) = schedule.last_tick {
        field(output, "Last", here.with_age(last))?;
    }
    if let Some(job) = schedule.last_job {
        field(output, "Last job", job.to_string())?;
    }
    field(output, "Arguments", call)?;
    Ok(())
}

fn field(output: &mut Output<'_>, name: &str, value: impl Into<Styled>) -> std::io::Result<()> {
    output.pieces(&[Styled::new(Style::Heading, format!("{name:NAMES$}")), value.into()])
}
