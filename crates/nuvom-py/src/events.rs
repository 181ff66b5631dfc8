//! Events of the engine as records of Python's `logging`, in batches, on a thread of their own: neither a slow
//! handler nor the GIL holds the engine up.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use nuvom_core::{Ending, Event, EventSink, State};
use nuvom_engine::{Duty, Service, Waking};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};

use crate::last_resort;

/// Events that are kept while the log is behind; beyond, the oldest are counted and dropped.
const KEPT: usize = 10_000;

/// Hands events to `nuvom.log.report`.
pub(crate) struct LogEvents {
    /// Guards the events that were not reported yet.
    waiting: Mutex<Waiting>,
    waking: Waking,
    service: Mutex<Option<Service>>,
    report: Py<PyAny>,
    last_resort: Option<u8>,
}

#[derive(Default)]
struct Waiting {
    events: Vec<Event>,
    dropped: usize,
    ends: [Ends; 2],
}

/// Sorts of ends of which there can be very many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sort {
    Succeeded,
    Failed,
}

impl Sort {
    const ALL: [Sort; 2] = [Sort::Succeeded, Sort::Failed];

    fn of(event: &Event) -> Option<Self> {
        match event {
            Event::Ended { state: State::Success, .. } => Some(Sort::Succeeded),
            Event::Ended { ending: Some(Ending::Failed | Ending::TimedOut), .. } => Some(Sort::Failed),
            _ => None,
        }
    }

    /// More than this in a second are told by their number.
    fn few(self) -> u64 {
        match self {
            Sort::Succeeded => 20,
            Sort::Failed => 100,
        }
    }

    /// Whether none is told alone in a second after one with too many. Of failures the first are worth their lines
    /// every second.
    fn goes_quiet(self) -> bool {
        self == Sort::Succeeded
    }

    /// The event that tells how many there were besides those that were told.
    fn summary(self) -> &'static str {
        match self {
            Sort::Succeeded => "jobs_done",
            Sort::Failed => "jobs_failed",
        }
    }
}

/// Ends of one sort in about a second: told one by one while they are few, beyond that by their number.
struct Ends {
    since: Instant,
    told: u64,
    untold: u64,
    /// Whether the second before had too many to tell.
    is_busy: bool,
}

impl Default for Ends {
    fn default() -> Self {
        Self { since: Instant::now(), told: 0, untold: 0, is_busy: false }
    }
}

impl Ends {
    /// Whether one more is told by itself.
    fn tells(&mut self, sort: Sort) -> bool {
        if !self.is_counting() {
            self.since = Instant::now();
        }
        let tells = !self.is_busy && self.told < sort.few();
        if tells {
            self.told += 1;
        } else {
            self.untold += 1;
        }
        tells
    }

    /// Whether there is anything to count, so that the second's end matters.
    fn is_counting(&self) -> bool {
        self.told + self.untold > 0 || self.is_busy
    }

    /// Ends the second, if it is over or `now`; answers what was not told in it.
    fn end(&mut self, sort: Sort, now: bool) -> Option<Summary> {
        let span = self.since.elapsed();
        if !now && span < WINDOW {
            return None;
        }
        let (count, all) = (self.untold, self.told + self.untold);
        *self = Self { is_busy: sort.goes_quiet() && all > sort.few(), ..Self::default() };
        (count > 0).then_some(Summary { sort, count, span })
    }
}

/// How many ends were not told by themselves, in which time.
struct Summary {
    sort: Sort,
    count: u64,
    span: Duration,
}

/// How long a stop waits for the log.
const PATIENCE: Duration = Duration::from_secs(3);

/// How long ends are counted for one line.
const WINDOW: Duration = Duration::from_secs(1);

impl LogEvents {
    /// A worker that stalls ends its process with `last_resort`, should nothing else end it.
    pub(crate) fn start(py: Python<'_>, last_resort: Option<u8>) -> PyResult<Arc<Self>> {
        let report = py.import("nuvom.log")?.getattr("report")?.unbind();
        let waking = Waking::new();
        let log = Arc::new(Self {
            waiting: Mutex::default(),
            waking: waking.clone(),
            service: Mutex::default(),
            report,
            last_resort,
        });
        let service = Service::start(Report(Arc::clone(&log)), waking).ok();
        *log.service.lock().unwrap_or_else(PoisonError::into_inner) = service;
        Ok(log)
    }

    /// Reports what is left and ends the thread. A log that takes nothing any more, such as a pipe that nobody reads,
    /// is left after a while: it must not hold up the stop of a worker.
    pub(crate) fn flush(&self) {
        let service = self.service.lock().unwrap_or_else(PoisonError::into_inner).take();
        if service.is_none_or(|mut service| service.join(PATIENCE)) {
            self.report(true);
        }
    }

    /// Tells what has happened; answers whether there are ends that are still to be told, or may become too many.
    fn report(&self, is_last: bool) -> bool {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let (events, dropped) = (std::mem::take(&mut waiting.events), std::mem::take(&mut waiting.dropped));
        let summaries: Vec<Summary> =
            Sort::ALL.iter().filter_map(|sort| waiting.ends[*sort as usize].end(*sort, is_last)).collect();
        let counts = waiting.is_counting();
        drop(waiting);
        if !events.is_empty() || dropped > 0 || !summaries.is_empty() {
            Python::attach(|py| {
                let told = records(py, events, &summaries);
                if let Err(error) = told.and_then(|records| self.report.call1(py, (records, dropped))) {
                    error.write_unraisable(py, None);
                }
            });
        }
        counts
    }
}

impl Waiting {
    fn is_counting(&self) -> bool {
        self.ends.iter().any(Ends::is_counting)
    }
}

impl EventSink for LogEvents {
    fn emit(&self, events: Vec<Event>) {
        if let (Some(code), Some(Event::Stalled { duty, .. })) =
            (self.last_resort, events.iter().find(|event| matches!(event, Event::Stalled { .. })))
        {
            last_resort::prepare(duty, code);
        }
        let mut notable = events.into_iter().filter(is_notable).peekable();
        if notable.peek().is_none() {
            return;
        }
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let (was_counting, before) = (waiting.is_counting(), waiting.events.len());
        for event in notable {
            if Sort::of(&event).is_none_or(|sort| waiting.ends[sort as usize].tells(sort)) {
                waiting.events.push(event);
            }
        }
        let is_news = waiting.events.len() > before || !was_counting;
        let excess = waiting.events.len().saturating_sub(KEPT);
        waiting.events.drain(..excess);
        waiting.dropped += excess;
        drop(waiting);
        // What is only counted is told when its second is over.
        if is_news {
            self.waking.wake();
        }
    }
}

/// What a log tells.
fn is_notable(event: &Event) -> bool {
    !matches!(event, Event::Claimed { .. } | Event::Renewed { .. } | Event::StoreCalled { .. })
}

struct Report(Arc<LogEvents>);

impl Duty for Report {
    fn name(&self) -> &'static str {
        "log"
    }

    fn run_once(&mut self) -> Duration {
        if self.0.report(false) { WINDOW } else { Duration::MAX }
    }
}

fn records<'py>(py: Python<'py>, events: Vec<Event>, summaries: &[Summary]) -> PyResult<Bound<'py, PyList>> {
    let list = PyList::empty(py);
    for event in events {
        list.append(record(py, event)?)?;
    }
    for Summary { sort, count, span } in summaries {
        let fields = PyDict::new(py);
        fields.set_item("count", count)?;
        fields.set_item("rate", *count as f64 / span.as_secs_f64().max(1e-3))?;
        fields.set_item("took_secs", span.as_secs_f64())?;
        list.append((sort.summary(), fields))?;
    }
    Ok(list)
}

fn record(py: Python<'_>, event: Event) -> PyResult<(&'static str, Bound<'_, PyDict>)> {
    let fields = PyDict::new(py);
    let name = match event {
        Event::WorkerStarted { worker } => {
            fields.set_item("worker", worker.as_str())?;
            "worker_started"
        }
        Event::WorkerStopping { worker, running } => {
            fields.set_item("worker", worker.as_str())?;
            fields.set_item("running", running)?;
            "worker_stopping"
        }
        Event::WorkerStopped { worker, handed_back } => {
            fields.set_item("worker", worker.as_str())?;
            fields.set_item("handed_back", handed_back)?;
            "worker_stopped"
        }
        Event::Ended { id, task, queue, attempt, state, ending, took, error, .. } => {
            fields.set_item("job_id", id.to_string())?;
            fields.set_item("task", task.as_str())?;
            fields.set_item("queue", queue.as_str())?;
            fields.set_item("attempt", attempt)?;
            fields.set_item("state", state.as_str())?;
            fields.set_item("outcome", ending.map_or("succeeded", nuvom_core::Ending::as_str))?;
            fields.set_item("took_secs", took.as_secs_f64())?;
            if let Some(error) = error {
                fields.set_item("kind", error.kind)?;
                fields.set_item("message", error.message)?;
                fields.set_item("traceback", error.traceback)?;
            }
            "ended"
        }
        Event::Stale { id, lease } => {
            fields.set_item("job_id", id.to_string())?;
            fields.set_item("lease", lease.0)?;
            "stale"
        }
        Event::LeaseLost { id, lease } => {
            fields.set_item("job_id", id.to_string())?;
            fields.set_item("lease", lease.0)?;
            "lease_lost"
        }
        Event::Reaped { id, lease, task, queue, state } => {
            fields.set_item("job_id", id.to_string())?;
            fields.set_item("lease", lease.0)?;
            fields.set_item("task", task.as_str())?;
            fields.set_item("queue", queue.as_str())?;
            fields.set_item("state", state.as_str())?;
            "reaped"
        }
        Event::Stuck { id, lease, task, stack } => {
            fields.set_item("job_id", id.to_string())?;
            fields.set_item("lease", lease.0)?;
            fields.set_item("task", task.as_str())?;
            fields.set_item("stack", stack)?;
            "stuck"
        }
        Event::ChildDied { pid, death, lost } => {
            fields.set_item("pid", pid)?;
            fields.set_item("death", death)?;
            fields.set_item("lost", lost)?;
            "child_died"
        }
        Event::ChildRetired { pid, jobs, rss } => {
            fields.set_item("pid", pid)?;
            fields.set_item("jobs", jobs)?;
            fields.set_item("rss", rss)?;
            "child_retired"
        }
        Event::PoolFailed { reason } => {
            fields.set_item("message", reason)?;
            "pool_failed"
        }
        Event::Overrun { stuck } => {
            fields.set_item("stuck", stuck)?;
            "overrun"
        }
        Event::Stalled { duty, silent_for } => {
            fields.set_item("duty", duty)?;
            fields.set_item("silent_secs", silent_for.as_secs_f64())?;
            "stalled"
        }
        Event::Pruned { count } => {
            fields.set_item("count", count)?;
            "pruned"
        }
        // Metrics count these; as lines of a log they would be too many.
        Event::Claimed { .. } | Event::Renewed { .. } | Event::StoreCalled { .. } => "counted",
        event @ (Event::TickFired { .. } | Event::ScheduleBroken { .. }) => of_schedule(&fields, event)?,
        Event::StoreFailed { duty, error } => {
            fields.set_item("duty", duty)?;
            fields.set_item("message", error.to_string())?;
            "store_failed"
        }
    };
    Ok((name, fields))
}

/// What is told of schedules.
fn of_schedule(fields: &Bound<'_, PyDict>, event: Event) -> PyResult<&'static str> {
    match event {
        Event::TickFired { schedule, task, queue, tick, jobs, missed, skipped, late } => {
            fields.set_item("schedule", schedule.as_str())?;
            fields.set_item("task", task.as_str())?;
            fields.set_item("queue", queue.as_str())?;
            fields.set_item("tick", tick.as_micros() as f64 / 1e6)?;
            fields.set_item("jobs", jobs)?;
            fields.set_item("missed", missed)?;
            fields.set_item("skipped", skipped)?;
            fields.set_item("late_secs", late.as_secs_f64())?;
            Ok("tick_fired")
        }
        Event::ScheduleBroken { schedule, error } => {
            fields.set_item("schedule", schedule.as_str())?;
            fields.set_item("message", error.to_string())?;
            Ok("schedule_broken")
        }
        _ => Ok("other"),
    }
}
