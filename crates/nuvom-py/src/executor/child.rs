//! A child of a worker: its tasks run on the main thread and on an event loop, its orders come from a pipe.

use std::sync::Arc;
use std::time::Duration;

use nuvom_engine::{Served, serve};
use pyo3::prelude::*;

use super::coroutines::LoopExecutor;
use super::pipes;
use super::threads::ThreadExecutor;

/// A stuck attempt is told before its process is killed for it, so that its stack is known.
const EARLIER: f64 = 0.7;

/// What a worker tells its children of itself.
#[derive(FromPyObject)]
pub(crate) struct Terms {
    #[pyo3(item)]
    coroutines: usize,
    #[pyo3(item)]
    max_result_bytes: usize,
    #[pyo3(item)]
    grace_secs: f64,
    #[pyo3(item)]
    fence_secs: f64,
    #[pyo3(item)]
    fence_grace_secs: f64,
    #[pyo3(item)]
    measures: bool,
}

/// Serves a worker over these two descriptors until it closes them; ends the process then.
#[pyfunction]
pub(crate) fn serve_child(py: Python<'_>, input: i64, output: i64, terms: Terms) -> PyResult<()> {
    let grace = Duration::from_secs_f64(terms.grace_secs.clamp(0.0, 1e9));
    let earlier = grace.mul_f64(EARLIER);
    let (line, slot) = ThreadExecutor::on_this_thread(py, terms.max_result_bytes, earlier)?;
    let together = LoopExecutor::new(py, terms.coroutines, terms.max_result_bytes, earlier, false)?;
    let served = Served {
        line: Arc::new(line),
        together: Arc::new(together),
        fence: Duration::from_secs_f64(terms.fence_secs.clamp(0.01, 1e9)),
        fence_grace: Duration::from_secs_f64(terms.fence_grace_secs.clamp(0.0, 1e9)),
        measures: terms.measures,
    };
    let (input, output) = (pipes::file(input), pipes::file(output));
    std::thread::Builder::new().name("nuvom-child".into()).spawn(move || serve(&served, input, output))?;
    slot.call_method0(py, "serve").map(drop)
}
