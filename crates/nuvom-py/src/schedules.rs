//! What `task.schedule` and `nuvom.scheduler` do: schedules written, read and changed.

use std::num::NonZeroU64;
use std::time::Duration;

use nuvom_core::{Definition, Error, ErrorKind, Misfire, Overlap, Rule, Schedule, ScheduleId, Timestamp};
use nuvom_cron::{CALENDAR, civil};
use nuvom_runtime::{Timetable, Written};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyTuple};

use crate::blueprint::Blueprint;
use crate::client::{Client, client};
use crate::codec::look_at_arguments;
use crate::errors::OrRaise;

/// A time as Python says it: microseconds since 1970, or a date and time without a zone.
#[derive(FromPyObject)]
enum Moment {
    Micros(i64),
    Local(String),
}

/// What a program says of a schedule, checked by `nuvom.scheduler` as far as its types go.
#[derive(FromPyObject)]
pub(crate) struct Plan {
    #[pyo3(item, default)]
    at: Option<Moment>,
    #[pyo3(item, default)]
    in_secs: Option<f64>,
    #[pyo3(item, default)]
    interval_secs: Option<f64>,
    #[pyo3(item, default)]
    cron: Option<String>,
    #[pyo3(item)]
    timezone_name: String,
    #[pyo3(item, default)]
    misfire: Option<String>,
    #[pyo3(item, default)]
    overlap: Option<String>,
    #[pyo3(item, default)]
    starts_at: Option<Moment>,
    #[pyo3(item, default)]
    ends_at: Option<Moment>,
    #[pyo3(item, default)]
    max_runs: Option<NonZeroU64>,
    #[pyo3(item, default)]
    jitter_secs: Option<f64>,
}

impl Plan {
    /// The definition, but for what its task says. `now` is the store's time.
    pub(crate) fn read(&self, call: Definition, now: Timestamp) -> nuvom_core::Result<Definition> {
        let zone = &self.timezone_name;
        nuvom_cron::zone(zone)?;
        let time = |moment: &Option<Moment>| moment.as_ref().map(|moment| moment.read(zone)).transpose();
        let rule = if let Some(at) = time(&self.at)? {
            Rule::Once(at)
        } else if let Some(secs) = self.in_secs {
            Rule::Once(now + seconds("in_", secs)?)
        } else if let Some(secs) = self.interval_secs {
            Rule::Every(seconds("interval", secs)?)
        } else if let Some(expression) = &self.cron {
            nuvom_cron::Cron::parse(expression)?;
            Rule::Cron { expression: expression.clone(), zone: zone.clone() }
        } else {
            return Err(Error::new(ErrorKind::Invalid, "a schedule needs one of at, in_, interval and cron"));
        };
        let word = |name: &'static str, word: &str| {
            Error::new(ErrorKind::Invalid, format!("there is no {name} \"{}\"", word.escape_debug()))
        };
        let misfire = |given: &String| Misfire::parse(given).ok_or_else(|| word("misfire", given));
        let overlap = |given: &String| Overlap::parse(given).ok_or_else(|| word("overlap", given));
        let definition = Definition {
            rule,
            starts_at: time(&self.starts_at)?,
            ends_at: time(&self.ends_at)?,
            max_runs: self.max_runs,
            jitter: self.jitter_secs.map(|secs| seconds("jitter", secs)).transpose()?.unwrap_or_default(),
            misfire: self.misfire.as_ref().map(misfire).transpose()?.unwrap_or_default(),
            overlap: self.overlap.as_ref().map(overlap).transpose()?.unwrap_or_default(),
            ..call
        };
        definition.check()?;
        Ok(definition)
    }
}

impl Moment {
    fn read(&self, zone: &str) -> nuvom_core::Result<Timestamp> {
        match self {
            Moment::Micros(micros) => Ok(Timestamp::from_micros(*micros)),
            Moment::Local(text) => civil(text, zone),
        }
    }
}

fn seconds(name: &'static str, value: f64) -> nuvom_core::Result<Duration> {
    Duration::try_from_secs_f64(value).map_err(|_| {
        Error::new(ErrorKind::Invalid, "expected a number of seconds, 0 or more").with(name, value)
    })
}

fn timetable(client: &Client) -> Timetable {
    Timetable::new(&client.runtime.stores, CALENDAR.clone())
}

/// Writes a schedule under an id, or under one of its own; answers the id, and whether it was "added", "changed" or the
/// "same" before.
#[pyfunction]
pub(crate) fn write_schedule(
    py: Python<'_>,
    blueprint: &Bound<'_, Blueprint>,
    args: &Bound<'_, PyTuple>,
    kwargs: Option<&Bound<'_, PyDict>>,
    id: Option<&str>,
    plan: Plan,
) -> PyResult<(String, &'static str)> {
    let client = client(py)?;
    let call = blueprint.get().call(&client, args, kwargs)?;
    let id = match id {
        Some(id) => ScheduleId::new(id).or_raise(py)?,
        None => ScheduleId::new(client.runtime.ids.next().to_string()).or_raise(py)?,
    };
    let written = py.detach(|| {
        let timetable = timetable(&client);
        let definition = plan.read(call, timetable.now()?)?;
        timetable.write(&id, &definition)
    });
    Ok((id.as_str().to_owned(), word(written.or_raise(py)?)))
}

/// Makes the schedules that stand in the code what these say; answers what was or would be done, by id.
#[pyfunction]
pub(crate) fn sync_schedules(
    py: Python<'_>,
    declared: Vec<(String, Py<Blueprint>, Plan)>,
    retires: bool,
    is_dry: bool,
) -> PyResult<Vec<(String, &'static str)>> {
    let client = client(py)?;
    let timetable = timetable(&client);
    let now = py.detach(|| timetable.now()).or_raise(py)?;
    let mut wanted = Vec::with_capacity(declared.len());
    for (id, blueprint, plan) in declared {
        let call = blueprint.get().call(&client, &PyTuple::empty(py), None)?;
        let definition = plan.read(Definition { is_declared: true, ..call }, now).or_raise(py)?;
        wanted.push((ScheduleId::new(id).or_raise(py)?, definition));
    }
    let done = py.detach(|| timetable.sync(&wanted, retires, is_dry)).or_raise(py)?;
    Ok(done.into_iter().map(|(id, written)| (id.as_str().to_owned(), word(written))).collect())
}

fn word(written: Written) -> &'static str {
    match written {
        Written::Added => "added",
        Written::Changed => "changed",
        Written::Same => "same",
        Written::Retired => "retired",
    }
}

/// The record of a schedule as a dict; times are seconds since the Unix epoch.
#[pyfunction]
pub(crate) fn schedule_record<'py>(py: Python<'py>, id: &str) -> PyResult<Bound<'py, PyDict>> {
    let client = client(py)?;
    let id = ScheduleId::new(id).or_raise(py)?;
    let schedule = py.detach(|| timetable(&client).get(&id)).or_raise(py)?;
    record(py, &schedule)
}

/// The records of all schedules, by id.
#[pyfunction]
pub(crate) fn schedule_records(py: Python<'_>) -> PyResult<Bound<'_, PyList>> {
    let client = client(py)?;
    let all = py.detach(|| timetable(&client).all()).or_raise(py)?;
    let list = PyList::empty(py);
    for schedule in &all {
        list.append(record(py, schedule)?)?;
    }
    Ok(list)
}

fn record<'py>(py: Python<'py>, schedule: &Schedule) -> PyResult<Bound<'py, PyDict>> {
    let definition = &schedule.definition;
    let (args, kwargs, undecodable) = look_at_arguments(py, &definition.payload)?;
    let (at, interval, cron, zone) = match &definition.rule {
        Rule::Once(at) => (Some(*at), None, None, None),
        Rule::Every(interval) => (None, Some(interval.as_secs_f64()), None, None),
        Rule::Cron { expression, zone } => (None, None, Some(expression), Some(zone)),
    };
    let record = PyDict::new(py);
    record.set_item("id", schedule.id.as_str())?;
    record.set_item("task", definition.task.as_str())?;
    record.set_item("at", epoch(at))?;
    record.set_item("interval_secs", interval)?;
    record.set_item("cron", cron)?;
    record.set_item("timezone_name", zone)?;
    record.set_item("misfire", definition.misfire.as_str())?;
    record.set_item("overlap", definition.overlap.as_str())?;
    record.set_item("starts_at", epoch(definition.starts_at))?;
    record.set_item("ends_at", epoch(definition.ends_at))?;
    record.set_item("max_runs", definition.max_runs.map(NonZeroU64::get))?;
    record.set_item("jitter_secs", definition.jitter.as_secs_f64())?;
    record.set_item("declared", definition.is_declared)?;
    record.set_item("queue", definition.queue.as_str())?;
    record.set_item("priority", definition.priority.get())?;
    record.set_item("args", args)?;
    record.set_item("kwargs", kwargs)?;
    record.set_item("undecodable", undecodable)?;
    record.set_item("next_run_at", epoch(schedule.next_tick))?;
    record.set_item("paused", schedule.is_paused)?;
    record.set_item("runs", schedule.runs)?;
    record.set_item("skipped", schedule.skipped)?;
    record.set_item("last_run_at", epoch(schedule.last_tick))?;
    record.set_item("last_job", schedule.last_job.map(|id| id.to_string()))?;
    record.set_item("created_at", epoch(Some(schedule.created_at)))?;
    record.set_item("changed_at", epoch(Some(schedule.changed_at)))?;
    Ok(record)
}

fn epoch(time: Option<Timestamp>) -> Option<f64> {
    time.map(|time| time.as_micros() as f64 / 1e6)
}

/// Stops a schedule from making jobs; answers whether it made any until now.
#[pyfunction]
pub(crate) fn pause_schedule(py: Python<'_>, id: &str) -> PyResult<bool> {
    change(py, id, Timetable::pause)
}

/// Has a schedule make jobs again; answers whether it was paused.
#[pyfunction]
pub(crate) fn resume_schedule(py: Python<'_>, id: &str) -> PyResult<bool> {
    change(py, id, Timetable::resume)
}

/// Removes a schedule; answers whether it was there.
#[pyfunction]
pub(crate) fn cancel_schedule(py: Python<'_>, id: &str) -> PyResult<bool> {
    change(py, id, Timetable::remove)
}

/// Has a schedule be due at this time next, in microseconds since 1970.
#[pyfunction]
pub(crate) fn reschedule(py: Python<'_>, id: &str, next_micros: i64) -> PyResult<()> {
    change(py, id, |timetable, id| timetable.reschedule(id, Timestamp::from_micros(next_micros)))
}

/// Has a schedule make a job now; answers the job's id.
#[pyfunction]
pub(crate) fn trigger_schedule(py: Python<'_>, id: &str) -> PyResult<String> {
    let client = client(py)?;
    let job = client.runtime.ids.next();
    change(py, id, |timetable, id| timetable.trigger(id, job))?;
    Ok(job.to_string())
}

fn change<T: Send>(
    py: Python<'_>,
    id: &str,
    change: impl FnOnce(&Timetable, &ScheduleId) -> nuvom_core::Result<T> + Send,
) -> PyResult<T> {
    let client = client(py)?;
    let id = ScheduleId::new(id).or_raise(py)?;
    py.detach(|| change(&timetable(&client), &id)).or_raise(py)
}

/// The next `count` times at which a schedule is due, in seconds since the Unix epoch.
#[pyfunction]
pub(crate) fn preview_schedule(py: Python<'_>, id: &str, count: usize) -> PyResult<Vec<f64>> {
    let client = client(py)?;
    let id = ScheduleId::new(id).or_raise(py)?;
    let ticks = py.detach(|| {
        let timetable = timetable(&client);
        timetable.upcoming(&timetable.get(&id)?, count)
    });
    Ok(ticks.or_raise(py)?.into_iter().filter_map(|tick| epoch(Some(tick))).collect())
}

/// The first `count` times after `after` at which a cron expression is due in a zone; all in microseconds since 1970.
#[pyfunction]
pub(crate) fn cron_ticks(
    py: Python<'_>,
    expression: &str,
    timezone_name: &str,
    after: i64,
    count: usize,
) -> PyResult<Vec<i64>> {
    let ticks = py.detach(|| {
        let (mut ticks, mut last) = (Vec::new(), Timestamp::from_micros(after));
        while ticks.len() < count {
            let Some(tick) = CALENDAR.next(expression, timezone_name, last)? else { break };
            ticks.push(tick.as_micros());
            last = tick;
        }
        Ok(ticks)
    });
    ticks.or_raise(py)
}
