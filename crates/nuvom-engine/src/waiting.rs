//! Waiting for jobs to end, for clients: woken by the store, with a slow look as the safety net.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use nuvom_core::ports::{Inspect, Stores, Subscription, Topic};
use nuvom_core::{JobId, Result, State};

use crate::service::{Duty, Service, Waking};

/// How long a waiting client sleeps when nobody wakes it.
const POLL: Duration = Duration::from_millis(500);

/// Called with the state in which a job ended, or `None` if there is no such job.
pub type Callback = Box<dyn FnOnce(Result<Option<State>>) + Send>;

/// All that waits in one process.
pub struct Waits {
    stores: Stores,
    changes: Arc<Changes>,
    callbacks: Arc<Callbacks>,
    /// The thread that serves callbacks; it starts with the first.
    service: Mutex<Option<Service>>,
    _subscription: Option<Subscription>,
}

#[derive(Default)]
struct Changes {
    count: Mutex<u64>,
    changed: Condvar,
}

#[derive(Default)]
struct Callbacks {
    waiting: Mutex<HashMap<JobId, Vec<Callback>>>,
    waking: Waking,
}

impl Waits {
    /// Prepares to wait on these stores.
    pub fn new(stores: Stores) -> Self {
        let changes = Arc::new(Changes::default());
        let callbacks = Arc::new(Callbacks::default());
        let (told, served) = (Arc::clone(&changes), Arc::clone(&callbacks));
        let ended = move || {
            *lock(&told.count) += 1;
            told.changed.notify_all();
            if !lock(&served.waiting).is_empty() {
                served.waking.wake();
            }
        };
        // Without a subscription the slow look still finds every end.
        let subscription = stores.jobs.subscribe(Topic::Ended, Arc::new(ended)).ok();
        Self { stores, changes, callbacks, service: Mutex::default(), _subscription: subscription }
    }

    /// Waits until the job has ended, but not beyond `deadline`; answers its state as last seen, `None` if
    /// there is no such job. Returns early, with the state of the moment, when `give_up` says so: it is asked
    /// at least ten times a second.
    pub fn wait(
        &self,
        id: JobId,
        deadline: Option<Instant>,
        give_up: &mut dyn FnMut() -> bool,
    ) -> Result<Option<State>> {
        const ASK: Duration = Duration::from_millis(100);
        let mut looked = Instant::now();
        let mut seen = *lock(&self.changes.count);
        let mut state = self.look(id)?;
        loop {
            let now = Instant::now();
            if state.is_none_or(State::is_terminal) || deadline.is_some_and(|end| now >= end) || give_up() {
                return Ok(state);
            }
            let left = deadline.map_or(ASK, |end| end.saturating_duration_since(now).min(ASK));
            let count = lock(&self.changes.count);
            let waited = self.changes.changed.wait_timeout_while(count, left, |count| *count == seen);
            let count = *waited.unwrap_or_else(PoisonError::into_inner).0;
            if count != seen || looked.elapsed() >= POLL {
                seen = count;
                looked = Instant::now();
                state = match self.look(id) {
                    // The store may be back at the next look; the caller has set its own limit.
                    Err(error) if error.kind().is_transient() => state,
                    looked => looked?,
                };
            }
        }
    }

    /// Calls back, on a thread of this process, when the job has ended.
    pub fn call_back(&self, id: JobId, callback: Callback) -> Result<()> {
        lock(&self.callbacks.waiting).entry(id).or_default().push(callback);
        let mut service = lock(&self.service);
        if service.is_none() {
            let duty = CallBack {
                inspect: Arc::clone(&self.stores.inspect),
                callbacks: Arc::clone(&self.callbacks),
            };
            *service = Some(Service::start(duty, self.callbacks.waking.clone())?);
        }
        drop(service);
        self.callbacks.waking.wake();
        Ok(())
    }

    fn look(&self, id: JobId) -> Result<Option<State>> {
        Ok(self.stores.inspect.states(&[id])?.pop().flatten())
    }
}

struct CallBack {
    inspect: Arc<dyn Inspect>,
    callbacks: Arc<Callbacks>,
}

impl Duty for CallBack {
    fn name(&self) -> &'static str {
        "waits"
    }

    fn run_once(&mut self) -> Duration {
        let ids: Vec<JobId> = lock(&self.callbacks.waiting).keys().copied().collect();
        if ids.is_empty() {
            return Duration::MAX;
        }
        let states = match self.inspect.states(&ids) {
            Ok(states) => states,
            // It may be back at the next look; the callers have their own limits.
            Err(error) if error.kind().is_transient() => return POLL,
            Err(error) => {
                let message = error.to_string();
                for callback in std::mem::take(&mut *lock(&self.callbacks.waiting)).into_values().flatten() {
                    tell(callback, Err(nuvom_core::Error::new(error.kind(), message.clone())));
                }
                return Duration::MAX;
            }
        };
        for (id, state) in ids.into_iter().zip(states) {
            if state.is_none_or(State::is_terminal) {
                let callbacks = lock(&self.callbacks.waiting).remove(&id);
                for callback in callbacks.into_iter().flatten() {
                    tell(callback, Ok(state));
                }
            }
        }
        POLL
    }
}

/// A callback that panics is its owner's defect, which the panic has reported; the others are called all the same.
fn tell(callback: Callback, state: Result<Option<State>>) {
    let _ = catch_unwind(AssertUnwindSafe(|| callback(state)));
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
