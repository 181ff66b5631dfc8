//! `schedule preview`: when a schedule or a cron expression is due, days of changed clocks included.

use std::time::Duration;

use jiff::tz::TimeZone;
use nuvom_core::{Rule, ScheduleId, Timestamp};
use nuvom_cron::{Cron, Place, Transition, transitions_around, zone};
use serde_json::{Value as Json, json};

use super::timetable;
use crate::arguments::PreviewSchedule;
use crate::failure::{Failure, OK};
use crate::moments::{age, iso, local, span, utc};
use crate::output::Output;
use crate::session::Session;
use crate::styled::{Style, Styled};
use crate::table::{Fit, Table};

/// Changes of a zone's clocks that are looked at, besides the last one.
const COMING: usize = 2;

/// A tick, with why it is where it is.
struct Shown {
    tick: Timestamp,
    place: Place,
}

/// Shows the next ticks of a schedule or an expression.
pub(super) fn show(options: &PreviewSchedule, session: &mut Session<'_>) -> Result<i32, Failure> {
    let count = usize::from(options.count);
    // An id has no blanks, unless someone went out of their way; a cron expression has, or begins with an @.
    if !options.what.contains(' ') && !options.what.starts_with('@') {
        return show_schedule(options, count, session);
    }
    let (cron, zone) = (Cron::parse(&options.what)?, zone(&options.zone)?);
    let now = session.clock.now();
    if options.around_dst {
        return around_changes(&cron, (&options.zone, &zone), now, options.listing.json, &mut session.output);
    }
    let ticks = ticks(&cron, &zone, now, |ticks, _| ticks.len() < count);
    told(&ticks, &zone, now, options.listing.json, &mut session.output)
}

fn show_schedule(options: &PreviewSchedule, count: usize, session: &mut Session<'_>) -> Result<i32, Failure> {
    let opened = session.open()?;
    let timetable = timetable(&opened);
    let schedule = timetable.get(&ScheduleId::new(&options.what)?)?;
    let now = opened.now();
    let (name, cron) = match &schedule.definition.rule {
        Rule::Cron { expression, zone } => (zone.as_str(), Some(Cron::parse(expression)?)),
        _ => (options.zone.as_str(), None),
    };
    let zone = zone(name)?;
    if let Some(cron) = cron.as_ref().filter(|_| options.around_dst) {
        return around_changes(cron, (name, &zone), now, options.listing.json, &mut session.output);
    }
    let place = |tick| cron.as_ref().map_or(Place::Plain, |cron| cron.place(&zone, tick));
    let ticks = timetable.upcoming(&schedule, count)?.into_iter();
    let ticks: Vec<Shown> = ticks.map(|tick| Shown { tick, place: place(tick) }).collect();
    told(&ticks, &zone, now, options.listing.json, &mut session.output)
}

fn ticks(
    cron: &Cron,
    zone: &TimeZone,
    after: Timestamp,
    wanted: impl Fn(&[Shown], Timestamp) -> bool,
) -> Vec<Shown> {
    let (mut found, mut last) = (Vec::new(), after);
    while let Some(tick) = cron.next(zone, last).filter(|tick| wanted(&found, *tick)) {
        found.push(Shown { tick, place: cron.place(zone, tick) });
        last = tick;
    }
    found
}

fn told(
    ticks: &[Shown],
    zone: &TimeZone,
    now: Timestamp,
    json: bool,
    output: &mut Output<'_>,
) -> Result<i32, Failure> {
    if json {
        output.json(&as_json(ticks, zone))?;
    } else if ticks.is_empty() {
        output.talk("It is never due again.")?;
    } else {
        output.table(&table(ticks, zone, now))?;
    }
    Ok(OK)
}

fn as_json(ticks: &[Shown], zone: &TimeZone) -> Json {
    let row = |shown: &Shown| json!({ "at": iso(shown.tick), "local": local(shown.tick, zone), "note": shown.place.as_str() });
    ticks.iter().map(row).collect()
}

fn table(ticks: &[Shown], zone: &TimeZone, now: Timestamp) -> Table {
    let noted = ticks.iter().any(|shown| shown.place != Place::Plain);
    let mut columns = vec![("LOCAL TIME", Fit::Whole), ("UTC", Fit::Whole), ("FROM NOW", Fit::Optional)];
    columns.extend(noted.then_some(("NOTE", Fit::Cut(10))));
    let mut table = Table::new(&columns);
    for Shown { tick, place } in ticks {
        let mut row = vec![Styled::from(local(*tick, zone)), utc(*tick).into(), age(*tick, now).into()];
        row.extend(noted.then(|| Styled::new(Style::Busy, place.as_str())));
        table.row(row);
    }
    table
}

/// The ticks around the last change of a zone's clocks and the next ones.
fn around_changes(
    cron: &Cron,
    (name, zone): (&str, &TimeZone),
    now: Timestamp,
    json: bool,
    output: &mut Output<'_>,
) -> Result<i32, Failure> {
    let changes = transitions_around(zone, now, COMING);
    let around: Vec<(Transition, Vec<Shown>)> =
        changes.into_iter().map(|change| (change, around(cron, zone, change))).collect();
    if json {
        let row = |(change, ticks): &(Transition, Vec<Shown>)| json!({ "change": iso(change.at), "by_secs": change.by_secs, "ticks": as_json(ticks, zone) });
        output.json(&around.iter().map(row).collect::<Json>())?;
        return Ok(OK);
    }
    if around.is_empty() {
        output.talk(&format!("Clocks in {name} are not changed."))?;
    }
    for (number, (change, ticks)) in around.iter().enumerate() {
        if number > 0 {
            output.line("")?;
        }
        let by = span(Duration::from_secs(u64::from(change.by_secs.unsigned_abs())));
        let way = if change.by_secs > 0 { "forward" } else { "back" };
        let heading = format!("{name}: clocks go {way} {by} to {}", local(change.at, zone));
        output.pieces(&[Styled::new(Style::Heading, heading)])?;
        output.table(&table(ticks, zone, now))?;
    }
    Ok(OK)
}

/// The ticks of the hours around a change or, of an expression that is due more rarely, the nearest ones.
fn around(cron: &Cron, zone: &TimeZone, change: Transition) -> Vec<Shown> {
    /// Longest window in which all ticks are shown, each side.
    const NEAR: Duration = Duration::from_hours(3);
    const DAYS: Duration = Duration::from_hours(36);
    const MOST: usize = 40;
    let within = |span: Duration| {
        ticks(cron, zone, change.at - span, |found, tick| found.len() < MOST && tick <= change.at + span)
    };
    let near = within(NEAR);
    if near.len() > 2 { near } else { within(DAYS) }
}
