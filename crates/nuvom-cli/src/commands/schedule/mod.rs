//! `schedule list|inspect|pause|resume|cancel|trigger|preview|sync`.

use nuvom_core::{Result as CoreResult, ScheduleId};
use nuvom_cron::CALENDAR;
use nuvom_runtime::{JobIds, Timetable};
use serde_json::{Value as Json, json};

use crate::arguments::{Listing, OneSchedule, Schedules, SyncSchedules};
use crate::failure::{Failure, OK};
use crate::output::Output;
use crate::session::{Opened, Session};
use crate::styled::Styled;
use crate::table::{Fit, Table};

mod listing;
mod preview;
mod record;

/// Runs one of the commands on schedules.
pub(crate) fn run(command: Schedules, session: &mut Session<'_>) -> Result<i32, Failure> {
    match command {
        Schedules::List(Listing { json }) => listing::list(json, session),
        Schedules::Inspect(options) => listing::inspect(&options, session),
        Schedules::Pause(options) => {
            change(&options, ("paused", "was paused already"), Timetable::pause, session)
        }
        Schedules::Resume(options) => {
            change(&options, ("resumed", "was not paused"), Timetable::resume, session)
        }
        Schedules::Cancel(options) => change(
            &options,
            ("cancelled", "does not exist"),
            // To cancel by a name that is mistyped must not look like success.
            |timetable, id| timetable.get(id).and_then(|_| timetable.remove(id)),
            session,
        ),
        Schedules::Trigger(options) => trigger(&options, session),
        Schedules::Preview(options) => preview::show(&options, session),
        Schedules::Sync(options) => sync(&options, session),
    }
}

fn timetable(opened: &Opened) -> Timetable {
    Timetable::new(&opened.runtime.stores, CALENDAR.clone())
}

fn change(
    options: &OneSchedule,
    (done, not_done): (&str, &str),
    change: impl FnOnce(&Timetable, &ScheduleId) -> CoreResult<bool>,
    session: &mut Session<'_>,
) -> Result<i32, Failure> {
    let opened = session.open()?;
    let changed = change(&timetable(&opened), &options.id)?;
    if options.listing.json {
        session.output.json(&json!({ "id": options.id.as_str(), "changed": changed }))?;
    } else {
        let what = if changed { done } else { not_done };
        session.output.line(&format!("{}  {what}", options.id))?;
    }
    Ok(OK)
}

fn trigger(options: &OneSchedule, session: &mut Session<'_>) -> Result<i32, Failure> {
    let opened = session.open()?;
    let job = JobIds::new(opened.runtime.clock.clone()).next();
    timetable(&opened).trigger(&options.id, job)?;
    if options.listing.json {
        session.output.json(&json!({ "id": options.id.as_str(), "job": job.to_string() }))?;
    } else {
        session.output.line(&format!("{}  made job {job}", options.id))?;
    }
    Ok(OK)
}

fn sync(options: &SyncSchedules, session: &mut Session<'_>) -> Result<i32, Failure> {
    let configured = session.configure(Vec::new())?;
    let project = configured.project.clone();
    // What is written into the memory of this process would be gone with it, and must not be told as done.
    session.open_configured(configured)?;
    let done = session.host.sync_schedules(&project, options.dry_run)?;
    if options.listing.json {
        session.output.json(&done)?;
        return Ok(OK);
    }
    synced(&done, options.dry_run, &mut session.output)
}

fn synced(done: &Json, is_dry: bool, output: &mut Output<'_>) -> Result<i32, Failure> {
    let rows = done.as_array().map_or(&[][..], Vec::as_slice);
    if rows.is_empty() {
        output.talk("The schedules are what the code says.")?;
        return Ok(OK);
    }
    let mut table =
        Table::new(&[("SCHEDULE", Fit::Cut(20)), (if is_dry { "WOULD BE" } else { "WAS" }, Fit::Whole)]);
    for row in rows {
        let word = |key: &str| Styled::from(row[key].as_str().unwrap_or_default());
        table.row([word("id"), word("done")]);
    }
    output.table(&table)?;
    Ok(OK)
}
