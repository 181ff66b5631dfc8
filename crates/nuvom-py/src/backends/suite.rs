//! The suite that every backend passes, over a backend written in Python.

use std::any::Any;
use std::panic::{set_hook, take_hook};
use std::sync::{Arc, Mutex, PoisonError};

use nuvom_composed::{LineStore, SplitSchedules};
use nuvom_conformance::FakeClock;
use nuvom_conformance::conformance::{CASES, Case, Harness, Opened, Verdict};
use nuvom_core::ports::{Line, ResultStore, Stores};
use nuvom_memory::MemoryStore;
use pyo3::prelude::*;

use super::line::PythonLine;
use super::results::PythonResults;
use super::schedules::PythonSchedules;
use crate::errors::exception;

/// What a case is about that no queue of a plugin, or no result backend, has anything to do with.
const NOT_OF_QUEUES: &[&str] = &["results", "ends", "schedules", "fire", "roster"];
const OF_RESULTS: &[&str] = &["results", "ends"];
const OF_SCHEDULES: &[&str] = &["schedules", "fire"];

/// What a backend of a plugin can be.
#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Queue,
    Results,
    Schedules,
}

impl Kind {
    fn of(name: &str) -> Self {
        match name {
            "queue_backend" => Self::Queue,
            "scheduler_backend" => Self::Schedules,
            _ => Self::Results,
        }
    }
}

/// A backend under test: a callable that makes one, and what it is.
struct Made {
    make: Py<PyAny>,
    kind: Kind,
}

impl Made {
    fn backend<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.make.bind(py).call0()
    }

    fn opened(&self, py: Python<'_>) -> PyResult<Opened> {
        let clock = FakeClock::new();
        let beside = MemoryStore::new(Arc::clone(&clock) as _).stores();
        let backend = self.backend(py)?;
        match self.kind {
            Kind::Queue => drop(backend.call_method0("clear")?),
            Kind::Schedules => {
                for envelope in backend.call_method0("list")?.try_iter()? {
                    backend.call_method1("cancel", (envelope?.getattr("id")?,))?;
                }
            }
            Kind::Results => {}
        }
        self.adapted(&backend, &clock, Arc::new(Beside(beside)))
    }

    /// A backend with what is beside it: built-in stores in memory, which outlive it as another process's would.
    fn adapted(
        &self,
        backend: &Bound<'_, PyAny>,
        clock: &Arc<FakeClock>,
        beside: Arc<Beside>,
    ) -> PyResult<Opened> {
        let clock = Arc::clone(clock);
        let mut stores = beside.0.clone();
        if self.kind == Kind::Schedules {
            let schedules = Arc::new(PythonSchedules::new(backend, Arc::clone(&clock) as _));
            stores.schedules = Arc::new(SplitSchedules { schedules, jobs: Arc::clone(&stores.jobs) });
            return Ok(Opened { stores, clock, keep: beside });
        }
        if self.kind == Kind::Queue {
            let line = Arc::new(PythonLine::new(backend)?);
            let store = LineStore::new(line, stores.results, Some(stores.roster), Arc::clone(&clock) as _);
            return Ok(Opened { stores: store.stores(stores.schedules), clock, keep: beside });
        }
        stores.results = Arc::new(PythonResults::new(backend)?);
        stores.joint_results = false;
        Ok(Opened { stores, clock, keep: beside })
    }
}

/// What is beside a backend under test.
struct Beside(Stores);

impl Harness for Made {
    fn reopen(&self, clock: &Arc<FakeClock>, keep: &Arc<dyn Any + Send + Sync>) -> Option<Opened> {
        let beside = Arc::clone(keep).downcast::<Beside>().ok()?;
        Python::attach(|py| self.backend(py).and_then(|backend| self.adapted(&backend, clock, beside)).ok())
    }

    fn open(&self) -> Opened {
        // A case says by a panic what went wrong; so does a backend that cannot even be made.
        Python::attach(|py| self.opened(py).unwrap_or_else(|raised| panic!("it cannot be made: {raised}")))
    }
}

/// The cases for a kind of backend, as `topic::claim`.
#[pyfunction]
pub(crate) fn conformance_cases(kind: &str) -> Vec<String> {
    cases(Kind::of(kind)).map(|case| format!("{}::{}", case.topic, case.name)).collect()
}

fn cases(kind: Kind) -> impl Iterator<Item = &'static Case> {
    CASES.iter().filter(move |case| match kind {
        Kind::Queue => !NOT_OF_QUEUES.contains(&case.topic),
        Kind::Results => OF_RESULTS.contains(&case.topic),
        Kind::Schedules => OF_SCHEDULES.contains(&case.topic),
    })
}

/// Judges one case over the backend that `make()` makes: "holds", "not promised" or "fails", and what was seen.
#[pyfunction]
pub(crate) fn judge_case(
    py: Python<'_>,
    kind: &str,
    make: Py<PyAny>,
    case: &str,
) -> PyResult<(&'static str, String)> {
    let about = Kind::of(kind);
    let Some(case) = cases(about).find(|known| case == format!("{}::{}", known.topic, known.name)) else {
        return Err(exception(py, "NotFound", &format!("there is no case {case} for a {kind}")));
    };
    let harness = Made { make, kind: about };
    Ok(match py.detach(|| quietly(|| case.judge(&harness))) {
        Verdict::Holds => ("holds", String::new()),
        Verdict::NotPromised => ("not promised", String::new()),
        Verdict::Fails(seen) => ("fails", seen),
    })
}

/// What a backend promises beyond its contract, as names and whether each holds.
#[pyfunction]
pub(crate) fn backend_promises(
    kind: &str,
    backend: &Bound<'_, PyAny>,
) -> PyResult<Vec<(&'static str, bool)>> {
    if Kind::of(kind) == Kind::Schedules {
        return Ok(Vec::new());
    }
    if Kind::of(kind) == Kind::Results {
        let promises = PythonResults::new(backend)?.result_capability();
        return Ok(vec![("forgets what is too old", promises.deletes)]);
    }
    let promises = PythonLine::new(backend)?.promises();
    Ok(vec![
        ("durable", promises.durable),
        ("cross-process", promises.cross_process),
        ("acknowledges", promises.acknowledge),
        ("extends", promises.extend),
        ("takes back", promises.release),
        ("delays", promises.delays),
        ("priorities", promises.priorities),
        ("queues", promises.queues),
        ("counts deliveries", promises.deliveries),
    ])
}

/// Runs what may panic without a report of the panic on standard error: the verdict tells of it.
fn quietly<T>(run: impl FnOnce() -> T) -> T {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _guard = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let hook = take_hook();
    set_hook(Box::new(|_| {}));
    let answer = run();
    set_hook(hook);
    answer
}
