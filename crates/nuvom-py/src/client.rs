//! The process-wide runtime: opened on first use, replaced in a forked child, closed at exit.

use std::cell::Cell;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use arc_swap::ArcSwapOption;
use nuvom_engine::Waits;
use nuvom_runtime::Runtime;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;

use crate::backends::{add_named, close_door, names_plugins};
use crate::errors::{OrRaise, exception};

/// An open runtime and what this process waits for.
pub(crate) struct Client {
    /// Tells one runtime of this process from the next.
    pub(crate) number: u64,
    pub(crate) runtime: Runtime,
    waits: OnceLock<Waits>,
    /// What stands around enqueueing; none if no plugin wants to.
    middleware: PyOnceLock<Option<Py<PyAny>>>,
}

impl Client {
    /// The middleware of this process, which is loaded with its first job. A project without plugins pays for one look
    /// at a file.
    pub(crate) fn middleware(&self, py: Python<'_>) -> PyResult<Option<&Py<PyAny>>> {
        let load = || {
            let root = &self.runtime.project.root;
            if !names_plugins(root) {
                return Ok(None);
            }
            let found = py.import("nuvom.plugins.attendance")?.getattr("for_client")?.call1((root,))?;
            Ok::<_, PyErr>((!found.is_none()).then(|| found.unbind()))
        };
        self.middleware.get_or_try_init(py, load).map(Option::as_ref)
    }

    pub(crate) fn waits(&self) -> &Waits {
        self.waits.get_or_init(|| Waits::new(self.runtime.stores.clone()))
    }
}

static CLIENT: ArcSwapOption<Client> = ArcSwapOption::const_empty();
static NUMBERS: AtomicU64 = AtomicU64::new(0);

/// Held while a runtime is opened.
static OPENING: Mutex<()> = Mutex::new(());

thread_local! {
    /// Whether this thread is opening the runtime.
    static OPENS: Cell<bool> = const { Cell::new(false) };
}

/// Guards the settings that the program gave.
static ARGUMENTS: Mutex<Vec<(String, String)>> = Mutex::new(Vec::new());

/// The runtime of this process.
pub(crate) fn client(py: Python<'_>) -> PyResult<Arc<Client>> {
    match CLIENT.load_full() {
        Some(client) => Ok(client),
        None => open(py),
    }
}

fn open(py: Python<'_>) -> PyResult<Arc<Client>> {
    watch_process(py)?;
    if OPENS.get() {
        return Err(exception(
            py,
            "Conflict",
            "a plugin asked for jobs while the backend that it brings was being opened; let it do so later",
        ));
    }
    py.detach(|| {
        // Two threads must not open two runtimes. What a plugin's module does while it is imported here, such as
        // `configure`, must not wait for this lock.
        let _opening = OPENING.lock().unwrap_or_else(PoisonError::into_inner);
        OPENS.set(true);
        let opened = open_once();
        OPENS.set(false);
        opened
    })
    .or_raise(py)
}

fn open_once() -> nuvom_core::Result<Arc<Client>> {
    loop {
        if let Some(client) = CLIENT.load_full() {
            return Ok(client);
        }
        let given = given();
        let runtime =
            Runtime::open_among(Path::new("."), given.iter().cloned(), std::env::vars_os(), add_named)?;
        let arguments = arguments();
        // A module that was imported for this may have set others.
        if *arguments == given {
            let number = NUMBERS.fetch_add(1, Ordering::Relaxed);
            let (waits, middleware) = (OnceLock::new(), PyOnceLock::new());
            let client = Arc::new(Client { number, runtime, waits, middleware });
            CLIENT.store(Some(Arc::clone(&client)));
            return Ok(client);
        }
    }
}

/// Asks Python to tell us of a fork and of the end, once.
fn watch_process(py: Python<'_>) -> PyResult<()> {
    static WATCHED: OnceLock<()> = OnceLock::new();
    if WATCHED.set(()).is_err() {
        return Ok(());
    }
    let module = py.import("nuvom._nuvom")?;
    py.import("atexit")?.call_method1("register", (module.getattr("_at_exit")?,))?;
    // Windows has no fork.
    if let Some(register) = py.import("os")?.getattr_opt("register_at_fork")? {
        let named = pyo3::types::PyDict::new(py);
        named.set_item("after_in_child", module.getattr("_after_fork")?)?;
        register.call((), Some(&named))?;
    }
    Ok(())
}

/// Sets the settings that the program gives, above all other sources, and closes the runtime that was opened
/// with others. `None` takes a setting back.
#[pyfunction]
pub(crate) fn configure(py: Python<'_>, settings: Vec<(String, Option<String>)>) {
    py.detach(|| {
        let mut arguments = arguments();
        for (name, value) in settings {
            arguments.retain(|(known, _)| *known != name);
            arguments.extend(value.map(|value| (name, value)));
        }
        drop(CLIENT.swap(None));
    });
}

/// Closes the runtime of this process; the next use opens another.
#[pyfunction]
pub(crate) fn close(py: Python<'_>) {
    py.detach(|| drop(CLIENT.swap(None)));
}

/// At the end of the process: closes the runtime, and sees to it that no thread is in Python when that goes away.
#[pyfunction]
#[pyo3(name = "_at_exit")]
pub(crate) fn at_exit(py: Python<'_>) {
    // A line waits half a second for jobs; longer than that is a call that hangs.
    const PATIENCE: Duration = Duration::from_secs(2);
    py.detach(|| {
        drop(CLIENT.swap(None));
        nuvom_composed::end_waits(PATIENCE);
        close_door(PATIENCE);
    });
}

/// In a forked child: forgets the parent's runtime without closing it. To close its connections here would
/// take away the parent's locks on the database.
#[pyfunction]
#[pyo3(name = "_after_fork")]
pub(crate) fn after_fork() {
    std::mem::forget(CLIENT.swap(None));
}

fn arguments() -> MutexGuard<'static, Vec<(String, String)>> {
    ARGUMENTS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The settings that the program gave.
pub(crate) fn given() -> Vec<(String, String)> {
    arguments().clone()
}
