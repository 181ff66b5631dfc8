//! The worker: its duties, put together, and its end.

use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use nuvom_core::ports::{Stores, Subscription, Topic};
use nuvom_core::{Clock, End, Error, ErrorKind, Event, EventSink, HandBack, Held, JobId, Outcome, Result};

use crate::completer::Completer;
use crate::config::WorkerConfig;
use crate::duties::{Exchange, Heartbeat, Pruner, Reaper};
use crate::executor::{Executor, Interrupt, Outcomes};
use crate::holdings::Holdings;
use crate::service::{Service, Waking};

/// A notice can be missed between a look and the wait for the next, so that wait is short.
const LOOK: Duration = Duration::from_millis(20);

/// What the duties of one worker have in common.
pub(crate) struct Shared {
    pub(crate) config: WorkerConfig,
    pub(crate) stores: Stores,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) executor: Arc<dyn Executor>,
    pub(crate) events: Arc<dyn EventSink>,
    pub(crate) completer: Arc<Completer>,
    pub(crate) holdings: Arc<Holdings>,
    exchange: Waking,
    ending: Arc<Mutex<Ending>>,
    progress: Condvar,
    /// Set when no later call can succeed: the file was deleted or replaced, or is damaged.
    store_is_gone: AtomicBool,
}

/// How far the worker has come with its end.
#[derive(Debug)]
struct Ending {
    phase: Phase,
    /// Whether the exchange has seen that the worker stops. Before, a claim may still be under way.
    settled: bool,
    /// Jobs that had started and were cut off.
    handed_back: HashSet<JobId>,
}

/// Hears of each end before the completer does, and counts the attempts that the stop cut off.
struct Ends {
    completer: Arc<Completer>,
    holdings: Arc<Holdings>,
    ending: Arc<Mutex<Ending>>,
}

impl Outcomes for Ends {
    fn ended(&self, end: End, more: bool) {
        self.holdings.ended(std::iter::once(Held { id: end.id, lease: end.lease }));
        if let Outcome::HandedBack { reason: HandBack::Stop } = end.outcome {
            let mut ending = lock(&self.ending);
            if matches!(ending.phase, Phase::Cutting(_)) {
                ending.handed_back.insert(end.id);
            }
        }
        self.completer.ended(end, more);
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Running,
    /// Claims nothing more; running jobs may finish until then.
    Draining(Instant),
    /// Running jobs have been interrupted; they have until then to end.
    Cutting(Instant),
}

impl Shared {
    /// Whether the exchange may claim; it asks anew for each claim.
    pub(crate) fn is_claiming(&self) -> bool {
        let mut ending = self.lock();
        if ending.phase == Phase::Running {
            return true;
        }
        ending.settled = true;
        drop(ending);
        self.progressed();
        false
    }

    /// Reports jobs as handed back.
    pub(crate) fn hand_back(&self, held: impl Iterator<Item = Held> + Clone, reason: HandBack) {
        self.holdings.ended(held.clone());
        let ends: Vec<End> = held
            .map(|held| End { id: held.id, lease: held.lease, outcome: Outcome::HandedBack { reason } })
            .collect();
        self.completer.add(ends);
    }

    /// Whether an error of the store is one that time does not mend.
    pub(crate) fn judge(&self, error: &Error) {
        if matches!(error.kind(), ErrorKind::Corrupt | ErrorKind::Foreign) {
            self.store_is_gone.store(true, Ordering::Release);
            self.progressed();
        }
    }

    pub(crate) fn store_failed(&self, duty: &'static str, error: Error) {
        self.events.emit(vec![Event::StoreFailed { duty, error }]);
    }

    /// Tells whoever waits for the worker's end that the store has taken ends.
    pub(crate) fn progressed(&self) {
        self.progress.notify_all();
    }

    /// Forgets old jobs, and their results where those are kept apart; answers how many.
    pub(crate) fn prune(&self, limit: usize) -> Result<usize> {
        let gone = self.stores.jobs.prune(&self.config.retention, limit)?;
        if !self.stores.joint_results && !gone.is_empty() {
            self.stores.results.delete(&gone)?;
        }
        Ok(gone.len())
    }

    fn lock(&self) -> MutexGuard<'_, Ending> {
        lock(&self.ending)
    }
}

fn lock(ending: &Mutex<Ending>) -> MutexGuard<'_, Ending> {
    ending.lock().unwrap_or_else(PoisonError::into_inner)
}

/// How a worker ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// All that it had started ended.
    Drained,
    /// So many jobs had started, and went back to their queues.
    HandedBack(usize),
}

/// The duties of a worker before they get their threads: tests run them one by one.
pub struct Duties {
    /// Claims and finishes.
    pub exchange: Exchange,
    /// Keeps leases alive.
    pub heartbeat: Heartbeat,
    /// Finds expired leases.
    pub reaper: Reaper,
    /// Forgets old jobs.
    pub pruner: Pruner,
    shared: Arc<Shared>,
    waking: Waking,
    subscriptions: Vec<Subscription>,
}

impl Duties {
    /// Starts the executor and puts the duties around it.
    pub fn assemble(
        config: WorkerConfig,
        stores: Stores,
        clock: Arc<dyn Clock>,
        executor: Arc<dyn Executor>,
        events: Arc<dyn EventSink>,
    ) -> Self {
        let exchange = Waking::new();
        let completer = Arc::new(Completer::new(exchange.clone()));
        let ending = Ending { phase: Phase::Running, settled: false, handed_back: HashSet::new() };
        let shared = Arc::new(Shared {
            config,
            stores,
            clock,
            executor,
            events,
            completer: Arc::clone(&completer),
            holdings: Arc::default(),
            exchange: exchange.clone(),
            ending: Arc::new(Mutex::new(ending)),
            progress: Condvar::new(),
            store_is_gone: AtomicBool::new(false),
        });
        let (holdings, ending) = (Arc::clone(&shared.holdings), Arc::clone(&shared.ending));
        shared.executor.start(Arc::new(Ends { completer, holdings, ending }));
        let (waking, urgent) = (Waking::new(), Arc::new(AtomicBool::new(false)));
        let subscriptions = subscribe(&shared, &exchange, &waking, &urgent);
        Self {
            exchange: Exchange::new(Arc::clone(&shared)),
            heartbeat: Heartbeat::new(Arc::clone(&shared), urgent),
            reaper: Reaper::new(Arc::clone(&shared)),
            pruner: Pruner::new(Arc::clone(&shared)),
            shared,
            waking,
            subscriptions,
        }
    }

    /// Gives each duty its thread.
    pub fn start(self) -> Result<Worker> {
        let Self { exchange, heartbeat, reaper, pruner, shared, waking, subscriptions } = self;
        let wakings = [shared.exchange.clone(), waking, Waking::new(), Waking::new()];
        let [exchange_waking, heartbeat_waking, reaper_waking, pruner_waking] = wakings.clone();
        let services = vec![
            Service::start(exchange, exchange_waking)?,
            Service::start(heartbeat, heartbeat_waking)?,
            Service::start(reaper, reaper_waking)?,
            Service::start(pruner, pruner_waking)?,
        ];
        shared.events.emit(vec![Event::WorkerStarted { worker: shared.config.worker.clone() }]);
        Ok(Worker {
            shared,
            services: Mutex::new(services),
            wakings: wakings.into(),
            _subscriptions: subscriptions,
        })
    }
}

/// Claims and runs jobs until it is told to stop.
pub struct Worker {
    shared: Arc<Shared>,
    services: Mutex<Vec<Service>>,
    wakings: Vec<Waking>,
    _subscriptions: Vec<Subscription>,
}

impl Worker {
    /// Starts to claim.
    pub fn start(
        config: WorkerConfig,
        stores: Stores,
        clock: Arc<dyn Clock>,
        executor: Arc<dyn Executor>,
        events: Arc<dyn EventSink>,
    ) -> Result<Self> {
        Duties::assemble(config, stores, clock, executor, events).start()
    }

    /// First request to stop: claims nothing more, hands back what has not started, lets the rest finish for
    /// the grace period. Does not wait.
    pub fn drain(&self) {
        let mut ending = self.shared.lock();
        if ending.phase != Phase::Running {
            return;
        }
        ending.phase = Phase::Draining(Instant::now() + self.shared.config.stop_grace);
        drop(ending);
        let (worker, running) = (self.shared.config.worker.clone(), self.shared.executor.load().running);
        self.shared.events.emit(vec![Event::WorkerStopping { worker, running }]);
        self.shared.exchange.wake();
        self.shared.progressed();
    }

    /// Second request to stop: interrupts what runs. Does not wait.
    pub fn cut(&self) {
        self.drain();
        let mut ending = self.shared.lock();
        if matches!(ending.phase, Phase::Cutting(_)) {
            return;
        }
        ending.phase = Phase::Cutting(Instant::now() + self.shared.config.cut_grace);
        drop(ending);
        self.shared.executor.interrupt(&self.shared.holdings.all(), Interrupt::Stop);
        self.shared.progressed();
    }

    /// Whether a duty broke or the store is gone for good: the worker stops rather than look alive.
    pub fn is_broken(&self) -> bool {
        self.shared.store_is_gone.load(Ordering::Acquire) || self.wakings.iter().any(Waking::is_broken)
    }

    /// Waits, once a stop was asked for, until everything has ended or gone back, and ends all threads.
    pub fn wait(&self) -> Exit {
        self.wait_until_idle();
        self.shared.executor.close();
        let mut services = self.services.lock().unwrap_or_else(PoisonError::into_inner);
        services.iter().for_each(Service::stop);
        // A duty ends after the call to the store that it is in; one that hangs there is left behind.
        let limit = Duration::from_secs(5);
        services.iter_mut().for_each(|service| {
            service.join(limit);
        });
        let first = !services.is_empty();
        services.clear();
        let handed_back = self.shared.lock().handed_back.len();
        if first {
            let worker = self.shared.config.worker.clone();
            self.shared.events.emit(vec![Event::WorkerStopped { worker, handed_back }]);
        }
        if handed_back == 0 { Exit::Drained } else { Exit::HandedBack(handed_back) }
    }

    /// Waits through the phases; returns when nothing is held, or nothing more can be done about it.
    fn wait_until_idle(&self) {
        let shared = &self.shared;
        let mut given_up = None;
        loop {
            let Ending { phase, settled, .. } = *shared.lock();
            if settled && shared.holdings.len() == 0 && shared.completer.is_empty() {
                return;
            }
            let now = Instant::now();
            match phase {
                Phase::Running if self.is_broken() => self.cut(),
                Phase::Draining(deadline) if now >= deadline => self.cut(),
                Phase::Cutting(deadline) if now >= deadline => {
                    // What still runs cannot be interrupted. It goes back, and what it may yet return is void.
                    let last = *given_up.get_or_insert_with(|| {
                        let held = shared.holdings.all();
                        shared.lock().handed_back.extend(held.iter().map(|held| held.id));
                        shared.hand_back(held.into_iter(), HandBack::Stop);
                        now + shared.config.cut_grace
                    });
                    if now >= last {
                        // The store cannot be reached: the leases run out by themselves.
                        return;
                    }
                }
                _ => {}
            }
            self.pause(given_up);
        }
    }

    fn pause(&self, given_up: Option<Instant>) {
        let ending = self.shared.lock();
        let deadline = match ending.phase {
            Phase::Running => None,
            Phase::Draining(deadline) => Some(deadline),
            Phase::Cutting(deadline) => Some(given_up.unwrap_or(deadline)),
        };
        let span = match deadline {
            None => Duration::from_millis(200),
            Some(deadline) => deadline.saturating_duration_since(Instant::now()).min(LOOK),
        };
        drop(self.shared.progress.wait_timeout(ending, span));
    }
}

/// A store that cannot wake us is one that we ask now and then; it is told, and no reason not to start.
fn subscribe(
    shared: &Arc<Shared>,
    exchange: &Waking,
    heartbeat: &Waking,
    urgent: &Arc<AtomicBool>,
) -> Vec<Subscription> {
    let jobs = &shared.stores.jobs;
    let (exchange, heartbeat, urgent) = (exchange.clone(), heartbeat.clone(), Arc::clone(urgent));
    let cancel_requested = move || {
        urgent.store(true, Ordering::Release);
        heartbeat.wake();
    };
    let wanted = [
        jobs.subscribe(Topic::Ready, Arc::new(move || exchange.wake())),
        jobs.subscribe(Topic::CancelRequested, Arc::new(cancel_requested)),
    ];
    wanted
        .into_iter()
        .filter_map(|subscribed| subscribed.map_err(|error| shared.store_failed("start", error)).ok())
        .collect()
}
