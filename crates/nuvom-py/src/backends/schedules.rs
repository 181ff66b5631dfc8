//! A scheduler backend written in Python as a schedule store. It keeps envelopes by id and tells which are due; the whole
//! schedule travels in the metadata of its envelope.

use std::sync::{Arc, Mutex, PoisonError};

use nuvom_core::ports::{Agenda, Committed, ScheduleStore, Subscription, Waker};
use nuvom_core::{Clock, Error, ErrorKind, Result, Rule, Schedule, ScheduleChange, ScheduleId, Timestamp};
use nuvom_record::{schedule_from_bytes, schedule_to_bytes};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};

use super::door;
use super::faults::fault;
use crate::codec::decode_arguments;

/// Under which an envelope's metadata hold the schedule.
const RECORD: &str = "nuvom";

/// A scheduler backend of a plugin.
pub(crate) struct PythonSchedules {
    backend: Py<PyAny>,
    clock: Arc<dyn Clock>,
    /// A change is a look and a write. Between processes nothing keeps two apart; there the ids of a tick's jobs do.
    changing: Mutex<()>,
}

impl PythonSchedules {
    pub(crate) fn new(backend: &Bound<'_, PyAny>, clock: Arc<dyn Clock>) -> Self {
        Self { backend: backend.clone().unbind(), clock, changing: Mutex::default() }
    }

    fn ask<T>(&self, method: &'static str, call: impl FnOnce(&Bound<'_, PyAny>) -> PyResult<T>) -> Result<T> {
        let _inside = door::enter()?;
        Python::attach(|py| {
            let backend = self.backend.bind(py);
            call(backend).map_err(|raised| fault(py, backend, method, &raised))
        })
    }

    fn get(&self, id: &ScheduleId) -> Result<Option<Schedule>> {
        let kept = self.ask("get", |backend| {
            let envelope = backend.call_method1("get", (id.as_str(),))?;
            if envelope.is_none() { Ok(None) } else { record_in(&envelope).map(Some) }
        })?;
        kept.flatten().map(|text| schedule_from_bytes(text.as_bytes())).transpose()
    }

    fn all(&self) -> Result<Vec<Schedule>> {
        let texts = self.ask("list", |backend| records_in(&backend.call_method0("list")?))?;
        // What others keep there is not ours to read.
        let mut all: Vec<Schedule> = texts
            .into_iter()
            .filter_map(|(_, text)| text)
            .map(|text| schedule_from_bytes(text.as_bytes()))
            .collect::<Result<_>>()?;
        all.sort_by(|one, other| one.id.cmp(&other.id));
        Ok(all)
    }

    fn apply(&self, change: &ScheduleChange) -> Result<Committed> {
        let known = self.get(&change.id)?;
        let is_nothing = known.is_none() && change.then.is_none();
        if is_nothing || known.as_ref().map(|schedule| schedule.changed_at) != change.seen {
            return Ok(Committed::Passed);
        }
        let id = change.id.as_str();
        let Some(then) = &change.then else {
            self.ask("cancel", |backend| backend.call_method1("cancel", (id,)).map(drop))?;
            return Ok(Committed::Done);
        };
        self.ask("enqueue", |backend| {
            let wish = wish(backend.py(), then)?;
            backend.call_method1("enqueue", (wish,)).map(drop)
        })?;
        if known.is_some_and(|known| known.last_tick != then.last_tick) {
            self.ask("ack_dispatched", |backend| backend.call_method1("ack_dispatched", (id,)).map(drop))?;
        }
        Ok(Committed::Done)
    }
}

impl ScheduleStore for PythonSchedules {
    fn commit(&self, changes: &[ScheduleChange]) -> Result<Vec<Committed>> {
        let _guard = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
        if changes.iter().any(|change| !change.jobs.is_empty()) {
            return Err(Error::new(ErrorKind::Internal, "a scheduler backend of a plugin keeps no jobs"));
        }
        changes.iter().map(|change| self.apply(change)).collect()
    }

    fn find(&self, ids: &[ScheduleId]) -> Result<Vec<Option<Schedule>>> {
        ids.iter().map(|id| self.get(id)).collect()
    }

    fn list_schedules(&self, after: Option<&ScheduleId>, limit: usize) -> Result<Vec<Schedule>> {
        let mut all = self.all()?;
        all.retain(|schedule| after.is_none_or(|after| schedule.id > *after));
        all.truncate(limit);
        Ok(all)
    }

    fn agenda(&self, limit: usize) -> Result<Agenda> {
        let now = self.clock.now();
        let texts = self.ask("due", |backend| {
            records_in(&backend.call_method1("due", (now.as_micros() as f64 / 1e6,))?)
        })?;
        let (mut due, mut unreadable) = (Vec::new(), Vec::new());
        for (id, text) in texts {
            match text.as_deref().map(|text| schedule_from_bytes(text.as_bytes())) {
                Some(Ok(schedule)) => due.push(schedule),
                Some(Err(error)) => unreadable.push((ScheduleId::new(id)?, error.to_string())),
                None => unreadable
                    .push((ScheduleId::new(id)?, "its envelope has no metadata of Nuvom".to_owned())),
            }
        }
        let is_due = |it: &Schedule| !it.is_paused && it.next_tick.is_some_and(|tick| tick <= now);
        due.retain(is_due);
        due.sort_by(|one, other| (one.next_tick, &one.id).cmp(&(other.next_tick, &other.id)));
        let left = due.split_off(limit.min(due.len()));
        let coming = self.all()?.into_iter().filter(|it| !it.is_paused && !is_due(it));
        let next_tick = left.into_iter().chain(coming).filter_map(|schedule| schedule.next_tick).min();
        Ok(Agenda { now, due, next_tick, unreadable })
    }

    fn run_out(&self, before: Timestamp, limit: usize) -> Result<Vec<Schedule>> {
        let mut all = self.all()?;
        all.retain(|schedule| schedule.next_tick.is_none() && schedule.changed_at < before);
        all.sort_by_key(|schedule| schedule.changed_at);
        all.truncate(limit);
        Ok(all)
    }

    fn subscribe_to_schedules(&self, _waker: Waker) -> Result<Subscription> {
        // It cannot wake anybody: schedulers look now and then.
        Ok(Subscription::new(()))
    }
}

/// The schedule in the metadata of an envelope, as text.
fn record_in(envelope: &Bound<'_, PyAny>) -> PyResult<Option<String>> {
    let metadata = envelope.getattr("metadata")?;
    match metadata.call_method1("get", (RECORD,))? {
        record if record.is_none() => Ok(None),
        record => record.extract().map(Some),
    }
}

fn records_in(envelopes: &Bound<'_, PyAny>) -> PyResult<Vec<(String, Option<String>)>> {
    let envelopes = envelopes.try_iter()?;
    let read = |envelope: Bound<'_, PyAny>| Ok((envelope.getattr("id")?.extract()?, record_in(&envelope)?));
    envelopes.map(|envelope| read(envelope?)).collect()
}

/// The schedule as the contract takes it.
fn wish<'py>(py: Python<'py>, schedule: &Schedule) -> PyResult<Bound<'py, PyAny>> {
    let definition = &schedule.definition;
    let named = PyDict::new(py);
    // For those who look; what counts is in the metadata.
    if let Ok((args, kwargs)) = decode_arguments(py, &definition.payload) {
        named.set_item("args", PyList::new(py, args.iter())?)?;
        named.set_item("kwargs", kwargs)?;
    }
    let (kind, interval, cron, zone) = match &definition.rule {
        Rule::Once(_) => ("one_off", None, None, "UTC"),
        Rule::Every(interval) => ("interval", Some(interval.as_secs_f64()), None, "UTC"),
        Rule::Cron { expression, zone } => ("cron", None, Some(expression.as_str()), zone.as_str()),
    };
    let metadata = PyDict::new(py);
    metadata.set_item(RECORD, String::from_utf8_lossy(&schedule_to_bytes(schedule)).as_ref())?;
    named.set_item("id", schedule.id.as_str())?;
    named.set_item("schedule_type", kind)?;
    named.set_item("interval_secs", interval)?;
    named.set_item("cron_expr", cron)?;
    named.set_item("timezone", zone)?;
    named.set_item("priority", definition.priority.get())?;
    named.set_item("metadata", metadata)?;
    let next = schedule.next_tick.filter(|_| !schedule.is_paused);
    if let Some(next) = next {
        let datetime = py.import("datetime")?;
        let utc = datetime.getattr("timezone")?.getattr("utc")?;
        let seconds = next.as_micros() as f64 / 1e6;
        named.set_item(
            "next_run",
            datetime.getattr("datetime")?.call_method1("fromtimestamp", (seconds, utc))?,
        )?;
    }
    let reference = py.import("nuvom.scheduler.models")?.getattr("ScheduledTaskReference")?;
    reference.call((definition.task.as_str(),), Some(&named))
}
