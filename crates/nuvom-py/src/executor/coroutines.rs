//! The executor port on an event loop: many attempts of `async def` tasks at once, in one thread.

use std::collections::HashMap;
use std::ffi::c_long;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use nuvom_core::{End, Event, Held, Job};
use nuvom_engine::{Duty, Executor, Interrupt, Load, Outcomes, Service, Waking};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;

use super::attempt::Coroutines;
use super::current::{self, CurrentJob};
use super::limits::{Enforcer, Limited, Limits};
use super::pool::Pool;
use super::slot::raise_in;
use super::tasks::Tasks;
use super::watch::{Due, Reason, Watch};

pub(super) struct Shared {
    pub(super) pool: Pool,
    pub(super) limits: Limits,
    pub(super) count: usize,
    pub(super) grace: Duration,
    pub(super) replaces: bool,
    pub(super) tasks: Tasks,
    pub(super) outcomes: OnceLock<Arc<dyn Outcomes>>,
    /// Guards the attempts that run; not held while Python runs.
    pub(super) running: Mutex<HashMap<Held, Running>>,
    /// The loop that takes new jobs: an `EventLoop` of `nuvom.execution.event_loop`. Started with the first job.
    pub(super) event_loop: Mutex<Option<Py<PyAny>>>,
    /// Attempts whose interruption was asked for; raised by the thread that enforces limits, which may wait for the
    /// GIL.
    wanted: Mutex<Vec<Held>>,
    pub(super) waking: Waking,
    pub(super) closed: AtomicBool,
}

pub(super) struct Running {
    pub(super) watch: Watch,
    /// The `asyncio.Task`, once there is one, and its `EventLoop`.
    pub(super) task: Option<(Py<PyAny>, Py<PyAny>)>,
    /// The thread in which an interruption was raised that may still be under way.
    pub(super) raised_in: Option<c_long>,
}

/// Runs coroutines.
pub(crate) struct LoopExecutor {
    shared: Arc<Shared>,
    services: Mutex<Vec<Service>>,
}

impl LoopExecutor {
    /// Runs at most so many at once. The loop starts with the first job.
    pub(crate) fn new(
        py: Python<'_>,
        count: usize,
        max_result_bytes: usize,
        grace: Duration,
        replaces: bool,
    ) -> PyResult<Self> {
        let shared = Arc::new(Shared {
            pool: Pool::default(),
            limits: Limits::new(),
            count,
            grace,
            replaces,
            tasks: Tasks::new(py, max_result_bytes)?,
            outcomes: OnceLock::new(),
            running: Mutex::default(),
            event_loop: Mutex::default(),
            wanted: Mutex::default(),
            waking: Waking::new(),
            closed: AtomicBool::new(false),
        });
        Ok(Self { shared, services: Mutex::default() })
    }
}

impl Shared {
    /// Takes the next job. It is always either in the pool or among those that run, so that whoever interrupts
    /// finds it.
    pub(super) fn begin(&self) -> Option<(Job, CurrentJob)> {
        let mut running = self.lock();
        let job = (self.pool.running() < self.count).then(|| self.pool.take()).flatten()?;
        let cancel_requested = Arc::new(AtomicBool::new(false));
        let current = CurrentJob::of(&job, Arc::clone(&cancel_requested));
        let watch = Watch::new(&job, self.grace, Instant::now(), cancel_requested);
        if let Some(moment) = watch.next() {
            self.limits.expect(moment);
        }
        running.insert(job.held(), Running { watch, task: None, raised_in: None });
        Some((job, current))
    }

    pub(super) fn ended(&self, end: End, more: bool) {
        if let Some(outcomes) = self.outcomes.get() {
            outcomes.ended(end, more);
        }
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, HashMap<Held, Running>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn event_loop(&self) -> MutexGuard<'_, Option<Py<PyAny>>> {
        self.event_loop.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The loop for new jobs.
    fn running_loop(self: &Arc<Self>, py: Python<'_>) -> PyResult<Py<PyAny>> {
        if let Some(running) = self.event_loop().as_ref() {
            return Ok(running.clone_ref(py));
        }
        let module = py.import("nuvom.execution.event_loop")?;
        current::found_on_loops(py, module.getattr("current")?.unbind());
        let source = Py::new(py, Coroutines(Arc::clone(self)))?;
        let started = module.getattr("EventLoop")?.call1((source,))?.unbind();
        *self.event_loop() = Some(started.clone_ref(py));
        Ok(started)
    }

    /// Interrupts an attempt: a coroutine that waits is cancelled; in one that runs at this moment, and perhaps
    /// blocks its loop, the exception is raised. The loop needs the GIL to go on, so it is still where we saw it.
    fn raise(&self, py: Python<'_>, held: Held, reason: Reason) {
        let task = self.lock().get(&held).and_then(|running| {
            running.task.as_ref().map(|(task, event_loop)| (task.clone_ref(py), event_loop.clone_ref(py)))
        });
        let Some((task, event_loop)) = task else { return };
        if let Err(error) = self.raise_in_task(py, held, reason, task.bind(py), event_loop.bind(py)) {
            error.write_unraisable(py, None);
        }
    }

    fn raise_in_task(
        &self,
        py: Python<'_>,
        held: Held,
        reason: Reason,
        task: &Bound<'_, PyAny>,
        event_loop: &Bound<'_, PyAny>,
    ) -> PyResult<()> {
        let thread: c_long = event_loop.getattr("thread_id")?.extract()?;
        // From here to the interruption no Python code runs in this thread that could let another one go on.
        let current = current_task(py)?.call1((event_loop.getattr("loop")?,))?;
        if current.is(task) {
            if let Some(running) = self.lock().get_mut(&held) {
                running.raised_in = Some(thread);
                raise_in(py, thread, reason);
            }
            return Ok(());
        }
        event_loop.call_method1("cancel", (task, reason.exception())).map(drop)
    }

    /// Notes an attempt that cannot be ended. If it blocks its loop, new jobs get another loop.
    fn give_up(&self, py: Python<'_>, held: Held) {
        let found = self.lock().get(&held).and_then(|running| {
            running.task.as_ref().map(|(task, event_loop)| (task.clone_ref(py), event_loop.clone_ref(py)))
        });
        let told = found.as_ref().and_then(|(task, event_loop)| {
            let told = event_loop.call_method1(py, "place_of", (task,));
            told.and_then(|told| told.extract::<(bool, String)>(py)).ok()
        });
        let (blocks, stack) = told.unwrap_or_default();
        let mut lock = self.lock();
        let Some(running) = lock.get_mut(&held) else { return };
        running.watch.give_up(stack.clone());
        let task = running.watch.task().clone();
        drop(lock);
        let Some(outcomes) = self.outcomes.get() else { return };
        if self.replaces {
            self.pool.done();
            if blocks {
                let mut current = self.event_loop();
                if let (Some(known), Some((_, blocked))) = (&*current, &found)
                    && known.is(blocked)
                {
                    *current = None;
                }
            }
            self.waking.wake();
            outcomes.has_room();
        }
        outcomes.tell(Event::Stuck { id: held.id, lease: held.lease, task, stack });
    }
}

/// `asyncio.current_task`, which is not written in Python.
fn current_task(py: Python<'_>) -> PyResult<&Bound<'_, PyAny>> {
    static CURRENT_TASK: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let find = || Ok::<_, PyErr>(py.import("asyncio")?.getattr("current_task")?.unbind());
    CURRENT_TASK.get_or_try_init(py, find).map(|function| function.bind(py))
}

struct Loops(Arc<Shared>);

impl Limited for Loops {
    fn limits(&self) -> &Limits {
        &self.0.limits
    }

    fn enforce(&self, py: Python<'_>, now: Instant) -> Option<Instant> {
        for held in std::mem::take(&mut *self.0.wanted.lock().unwrap_or_else(PoisonError::into_inner)) {
            let reason = self.0.lock().get(&held).and_then(|running| running.watch.interrupted());
            if let Some(reason) = reason {
                self.0.raise(py, held, reason);
            }
        }
        let due: Vec<(Held, Due)> = {
            let running = self.0.lock();
            running.iter().map(|(held, running)| (*held, running.watch.due(now))).collect()
        };
        for (held, due) in due {
            match due {
                Due::Later(_) => {}
                Due::Interrupt => {
                    let first = self
                        .0
                        .lock()
                        .get_mut(&held)
                        .is_some_and(|running| running.watch.interrupt(Reason::TimeLimit, now));
                    if first {
                        self.0.raise(py, held, Reason::TimeLimit);
                    }
                }
                Due::Urge => {
                    let reason = self.0.lock().get_mut(&held).and_then(|running| {
                        running.watch.urge(now);
                        running.watch.interrupted()
                    });
                    if let Some(reason) = reason {
                        self.0.raise(py, held, reason);
                    }
                }
                Due::Stuck => self.0.give_up(py, held),
            }
        }
        self.0.lock().values().filter_map(|running| running.watch.next()).min()
    }
}

impl LoopExecutor {
    /// A worker without such jobs has no threads for them.
    fn start_services(&self) {
        let mut services = self.services.lock().unwrap_or_else(PoisonError::into_inner);
        if services.is_empty() && !self.shared.closed.load(Ordering::Acquire) {
            let loops = Enforcer(Arc::new(Loops(Arc::clone(&self.shared))));
            let feed = Service::start(Feed(Arc::clone(&self.shared)), self.shared.waking.clone());
            services.extend(feed);
            services.extend(Service::start(loops, self.shared.limits.waking.clone()));
        }
    }
}

/// Tells the loop that there are jobs, so that the engine's own threads never wait for the GIL.
struct Feed(Arc<Shared>);

impl Duty for Feed {
    fn name(&self) -> &'static str {
        "loop"
    }

    fn run_once(&mut self) -> Duration {
        let shared = &self.0;
        if shared.pool.queued() > 0 && !shared.closed.load(Ordering::Acquire) {
            Python::attach(|py| {
                let woken = shared.running_loop(py).and_then(|running| running.call_method0(py, "wake"));
                if let Err(error) = woken {
                    error.write_unraisable(py, None);
                }
            });
        }
        Duration::MAX
    }
}

impl Executor for LoopExecutor {
    fn name(&self) -> &'static str {
        "event loop"
    }

    fn start(&self, outcomes: Arc<dyn Outcomes>) {
        let _ = self.shared.outcomes.set(outcomes);
    }

    fn slots(&self) -> usize {
        self.shared.count
    }

    fn load(&self) -> Load {
        Load { queued: self.shared.pool.queued(), running: self.shared.pool.running() }
    }

    fn submit(&self, jobs: Vec<Job>) {
        self.shared.pool.submit(jobs);
        self.start_services();
        self.shared.waking.wake();
    }

    fn recall(&self) -> Vec<Job> {
        self.shared.pool.recall()
    }

    fn interrupt(&self, held: &[Held], why: Interrupt) {
        let (now, reason) = (Instant::now(), Reason::Engine(why));
        let (withdrawn, ours): (Vec<Held>, Vec<Held>) = {
            let mut running = self.shared.lock();
            let withdrawn = self.shared.pool.withdraw(held);
            let wanted = held.iter().filter(|claim| {
                let running = running.get_mut(claim);
                running.is_some_and(|running| {
                    let first = running.watch.interrupt(reason, now);
                    if let Some(moment) = running.watch.next() {
                        self.shared.limits.expect(moment);
                    }
                    first
                })
            });
            let ours = wanted.copied().collect();
            (withdrawn, ours)
        };
        for claim in withdrawn {
            self.shared.ended(why.unstarted(claim), false);
        }
        if !ours.is_empty() {
            self.shared.wanted.lock().unwrap_or_else(PoisonError::into_inner).extend(ours);
            self.shared.limits.expect(now);
        }
    }

    fn close(&self) -> bool {
        self.shared.closed.store(true, Ordering::Release);
        self.shared.pool.close();
        for mut service in std::mem::take(&mut *self.services.lock().unwrap_or_else(PoisonError::into_inner))
        {
            service.join(Duration::from_secs(1));
        }
        Python::attach(|py| {
            let running = self.shared.event_loop().take();
            let closed = running.map(|running| running.call_method0(py, "close")?.is_truthy(py));
            let left: Vec<Running> = self.shared.lock().drain().map(|(_, running)| running).collect();
            left.is_empty() && closed.is_none_or(|closed| matches!(closed, Ok(true)))
        })
    }

    fn stuck(&self) -> Vec<End> {
        self.shared.lock().values().filter_map(|running| running.watch.end_if_stuck()).collect()
    }

    fn services(&self) -> Vec<(&'static str, Waking)> {
        vec![("loop", self.shared.waking.clone()), ("loop limits", self.shared.limits.waking.clone())]
    }
}
