//! The one lifecycle of everything that runs: a duty is called again and again on a thread of its own, sleeps
//! as long as it says unless it is woken, and ends when it is stopped.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{Builder, JoinHandle};
use std::time::{Duration, Instant};

use nuvom_core::{Error, ErrorKind, Result};

/// Something to be done again and again.
pub trait Duty: Send + 'static {
    /// Its name, which its thread carries.
    fn name(&self) -> &'static str;

    /// Does it once; answers how long it may sleep until the next time.
    fn run_once(&mut self) -> Duration;

    /// What it does last, on its thread, when it was stopped.
    fn end(&mut self) {}
}

/// Wakes a service. Cheap to clone; to wake one that has ended does nothing.
#[derive(Debug, Clone, Default)]
pub struct Waking(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    /// Guards what a sleeping service wants to know.
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    woken: bool,
    phase: Phase,
    runs: u64,
    busy: bool,
}

/// A sign of life, as a watchdog sees it: one that is the same at every look is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Life {
    /// How often the duty has begun to run.
    pub(crate) runs: u64,
    /// Whether it runs now.
    pub(crate) busy: bool,
    /// Whether it will not run again.
    pub(crate) ended: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Phase {
    #[default]
    Going,
    Stopping,
    Ended,
    /// The duty panicked: it will not run again.
    Broken,
}

impl Waking {
    /// A waking for a service that is still to be started with it.
    pub fn new() -> Self {
        Self::default()
    }

    /// Has the duty run again soon.
    pub fn wake(&self) {
        let mut state = self.lock();
        if !state.woken {
            state.woken = true;
            self.0.changed.notify_all();
        }
    }

    /// Whether the duty panicked.
    pub fn is_broken(&self) -> bool {
        self.lock().phase == Phase::Broken
    }

    /// What the duty is doing.
    pub(crate) fn life(&self) -> Life {
        let state = self.lock();
        let ended = matches!(state.phase, Phase::Ended | Phase::Broken);
        Life { runs: state.runs, busy: state.busy, ended }
    }

    fn runs_now(&self) {
        let mut state = self.lock();
        state.runs += 1;
        state.busy = true;
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sleeps; answers whether to go on.
    fn sleep(&self, span: Duration) -> bool {
        let mut state = self.lock();
        state.busy = false;
        if !state.woken && state.phase == Phase::Going && !span.is_zero() {
            let asleep = |state: &mut State| !state.woken && state.phase == Phase::Going;
            let waited = self.0.changed.wait_timeout_while(state, span, asleep);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        state.woken = false;
        state.phase == Phase::Going
    }
}

/// A duty on its thread.
#[derive(Debug)]
pub struct Service {
    waking: Waking,
    thread: Option<JoinHandle<()>>,
}

impl Service {
    /// Starts the duty at once.
    pub fn start(duty: impl Duty, waking: Waking) -> Result<Self> {
        let name = duty.name();
        let own = waking.clone();
        let thread =
            Builder::new().name(format!("nuvom-{name}")).spawn(move || run(duty, &own)).map_err(|error| {
                Error::new(ErrorKind::Unavailable, "a thread could not be started").caused_by(error)
            })?;
        Ok(Self { waking, thread: Some(thread) })
    }

    /// Asks it to end after what it is doing. Asking twice is fine.
    pub fn stop(&self) {
        let mut state = self.waking.lock();
        if state.phase == Phase::Going {
            state.phase = Phase::Stopping;
        }
        drop(state);
        self.waking.0.changed.notify_all();
    }

    /// Stops it and waits until it has ended, but no longer than `limit`; answers whether it has.
    pub fn join(&mut self, limit: Duration) -> bool {
        self.stop();
        let deadline = Instant::now() + limit;
        let mut state = self.waking.lock();
        while matches!(state.phase, Phase::Going | Phase::Stopping) {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return false;
            }
            let waited = self.waking.0.changed.wait_timeout(state, left);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        drop(state);
        // The thread has said that it ended; a panic of the duty was caught and is kept in its life.
        self.thread.take().is_none_or(|thread| thread.join().is_ok())
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        self.stop();
    }
}

fn run(mut duty: impl Duty, waking: &Waking) {
    let worked = catch_unwind(AssertUnwindSafe(|| {
        loop {
            waking.runs_now();
            let span = duty.run_once();
            if !waking.sleep(span) {
                return duty.end();
            }
        }
    }));
    // Whatever the duty holds, such as a database connection, is gone before anyone hears of the end.
    drop(duty);
    let mut state = waking.lock();
    state.phase = if worked.is_ok() { Phase::Ended } else { Phase::Broken };
    drop(state);
    waking.0.changed.notify_all();
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{Sender, channel};

    use super::*;

    struct Counting {
        ran: Sender<()>,
        sleep: Duration,
    }

    impl Duty for Counting {
        fn name(&self) -> &'static str {
            "counting"
        }

        fn run_once(&mut self) -> Duration {
            let _ = self.ran.send(());
            self.sleep
        }
    }

    const LONG: Duration = Duration::from_hours(1);
    const LIMIT: Duration = Duration::from_secs(10);

    #[test]
    fn a_sleeping_duty_runs_when_it_is_woken() {
        let (ran, runs) = channel();
        let waking = Waking::new();
        let mut service = Service::start(Counting { ran, sleep: LONG }, waking.clone()).unwrap();
        runs.recv_timeout(LIMIT).unwrap();

        waking.wake();

        runs.recv_timeout(LIMIT).unwrap();
        assert!(service.join(LIMIT));
    }

    #[test]
    fn a_duty_that_wants_no_sleep_runs_again_by_itself() {
        let (ran, runs) = channel();
        let mut service = Service::start(Counting { ran, sleep: Duration::ZERO }, Waking::new()).unwrap();

        assert_eq!(runs.iter().take(3).count(), 3);

        assert!(service.join(LIMIT));
    }

    #[test]
    fn stopping_twice_is_fine() {
        let (ran, _runs) = channel();
        let mut service = Service::start(Counting { ran, sleep: LONG }, Waking::new()).unwrap();

        assert!(service.join(LIMIT));
        assert!(service.join(LIMIT));
    }

    #[test]
    fn two_hundred_starts_and_stops_leave_no_thread_behind() {
        let (ran, _runs) = channel();

        let joined = (0..200).all(|_| {
            let duty = Counting { ran: ran.clone(), sleep: LONG };
            Service::start(duty, Waking::new()).unwrap().join(LIMIT)
        });

        assert!(joined);
    }

    struct Leaving(Sender<&'static str>);

    impl Duty for Leaving {
        fn name(&self) -> &'static str {
            "leaving"
        }

        fn run_once(&mut self) -> Duration {
            let _ = self.0.send("run");
            LONG
        }

        fn end(&mut self) {
            let _ = self.0.send("end");
        }
    }

    #[test]
    fn what_a_duty_does_last_is_done_when_it_is_stopped() {
        let (did, done) = channel();
        let mut service = Service::start(Leaving(did), Waking::new()).unwrap();

        assert!(service.join(LIMIT));

        assert_eq!(done.iter().collect::<Vec<_>>(), ["run", "end"]);
    }

    struct Panicking;

    impl Duty for Panicking {
        fn name(&self) -> &'static str {
            "panicking"
        }

        fn run_once(&mut self) -> Duration {
            panic!("a defect");
        }
    }

    #[test]
    fn a_panic_of_a_duty_is_caught_and_told() {
        let waking = Waking::new();
        let mut service = Service::start(Panicking, waking.clone()).unwrap();

        assert!(service.join(LIMIT));
        assert!(waking.is_broken());
    }
}
