//! The worker: its duties, put together, and its end.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use nuvom_core::ports::{Stores, Subscription, Topic};
use nuvom_core::{Clock, End, Error, ErrorKind, Event, EventSink, HandBack, Held, Outcome, Result};

use crate::completer::Completer;
use crate::config::WorkerConfig;
use crate::duties::{Exchange, Fence, Heartbeat, Pruner, Reaper, RosterDuty, Watchdog};
use crate::executor::{Interrupt, Outcomes};
use crate::holdings::Holdings;
use crate::pools::{PoolState, Pools};
use crate::results_apart::Failing;
use crate::service::{Service, Waking};
use crate::stop::{self, Ending, Ends, Exit, Phase};

/// What the duties of one worker have in common.
pub(crate) struct Shared {
    pub(crate) config: WorkerConfig,
    pub(crate) stores: Stores,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) pools: Arc<Pools>,
    pub(crate) events: Arc<dyn EventSink>,
    pub(crate) completer: Arc<Completer>,
    pub(crate) holdings: Arc<Holdings>,
    exchange: Waking,
    roster: Waking,
    ending: Arc<Mutex<Ending>>,
    pub(crate) progress: Condvar,
    /// Set when no later call can succeed: the file was deleted or replaced, or is damaged.
    store_is_gone: AtomicBool,
    stalled: AtomicBool,
    pub(crate) failing_results: Failing,
    /// Held from forgetting lost claims to the interruption of their attempts.
    losing: Mutex<()>,
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

    /// Whether a stop has begun.
    pub(crate) fn is_stopping(&self) -> bool {
        self.lock().phase != Phase::Running
    }

    /// Whether a stop has come to its end, and nothing waits any longer.
    pub(crate) fn is_cutting(&self) -> bool {
        matches!(self.lock().phase, Phase::Cutting(_))
    }

    /// Whether holdings keep their jobs, since the result store wants to be told of them.
    pub(crate) fn keeps_jobs(&self) -> bool {
        !self.stores.joint_results && self.stores.results.result_capability().wants_records
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

    /// Notes that a part of the worker gives no sign of life; answers whether that is news.
    pub(crate) fn stall(&self) -> bool {
        let first = !self.stalled.swap(true, Ordering::AcqRel);
        self.progressed();
        first
    }

    pub(crate) fn interrupt(&self, held: &[Held], why: Interrupt) {
        let unstarted = self.pools.interrupt(held, why);
        self.holdings.ended(unstarted.iter().map(|end| Held { id: end.id, lease: end.lease }));
        self.completer.add(unstarted);
    }

    /// Interrupts what is held no more. What the store says is lost may only have ended since it was asked; the
    /// exchange knows of those.
    pub(crate) fn lost(&self, lost: &[Held]) {
        let _guard = self.losing();
        let lost = self.holdings.remove_running(lost);
        if lost.is_empty() {
            return;
        }
        let events = lost.iter().map(|claim| Event::LeaseLost { id: claim.id, lease: claim.lease });
        self.events.emit(events.collect());
        self.interrupt(&lost, Interrupt::LeaseLost);
    }

    /// Keeps the worker from its end until attempts whose claims were forgotten as lost have been interrupted: they may
    /// run elsewhere already.
    fn losing(&self) -> MutexGuard<'_, ()> {
        self.losing.lock().unwrap_or_else(PoisonError::into_inner)
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

    pub(crate) fn lock(&self) -> MutexGuard<'_, Ending> {
        self.ending.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The duties of a worker before they get their threads: tests run them one by one.
pub struct Duties {
    /// Claims and finishes.
    pub exchange: Exchange,
    /// Keeps leases alive.
    pub heartbeat: Heartbeat,
    /// Gives up leases that could not be renewed.
    pub fence: Fence,
    /// Finds expired leases.
    pub reaper: Reaper,
    /// Forgets old jobs.
    pub pruner: Pruner,
    /// Says that the worker lives, and what it does.
    pub roster: RosterDuty,
    /// Looks after the others.
    pub watchdog: Watchdog,
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
        pools: impl Into<Pools>,
        events: Arc<dyn EventSink>,
    ) -> Self {
        let exchange = Waking::new();
        let completer = Arc::new(Completer::new(exchange.clone()));
        let shared = Arc::new(Shared {
            config,
            stores,
            clock,
            pools: Arc::new(pools.into()),
            events,
            completer: Arc::clone(&completer),
            holdings: Arc::default(),
            exchange: exchange.clone(),
            roster: Waking::new(),
            ending: Arc::default(),
            progress: Condvar::new(),
            store_is_gone: AtomicBool::new(false),
            stalled: AtomicBool::new(false),
            failing_results: Failing::default(),
            losing: Mutex::default(),
        });
        let outcomes: Arc<dyn Outcomes> = Arc::new(Ends {
            completer,
            holdings: Arc::clone(&shared.holdings),
            ending: Arc::clone(&shared.ending),
            pools: Arc::downgrade(&shared.pools),
            exchange: exchange.clone(),
            events: Arc::clone(&shared.events),
            clock: Arc::clone(&shared.clock),
        });
        shared.pools.start(&outcomes);
        let (waking, urgent) = (Waking::new(), Arc::new(AtomicBool::new(false)));
        let subscriptions = subscribe(&shared, &exchange, &waking, &urgent);
        Self {
            exchange: Exchange::new(Arc::clone(&shared)),
            heartbeat: Heartbeat::new(Arc::clone(&shared), urgent),
            fence: Fence::new(Arc::clone(&shared)),
            reaper: Reaper::new(Arc::clone(&shared)),
            pruner: Pruner::new(Arc::clone(&shared)),
            roster: RosterDuty::new(Arc::clone(&shared)),
            watchdog: Watchdog::new(Arc::clone(&shared)),
            shared,
            waking,
            subscriptions,
        }
    }

    /// Gives each duty its thread.
    pub fn start(self) -> Result<Worker> {
        let Self {
            exchange,
            heartbeat,
            fence,
            reaper,
            pruner,
            mut roster,
            mut watchdog,
            shared,
            waking,
            subscriptions,
        } = self;
        let [fence_waking, reaper_waking, pruner_waking, watchdog_waking] =
            std::array::from_fn(|_| Waking::new());
        watchdog.watch_closely("exchange", shared.exchange.clone());
        watchdog.watch("heartbeat", waking.clone());
        watchdog.watch("fence", fence_waking.clone());
        watchdog.watch("reaper", reaper_waking.clone());
        for (name, waking) in shared.pools.services() {
            watchdog.watch(name, waking);
        }
        let mut wakings = Vec::new();
        let mut noted = |waking: Waking| {
            wakings.push(waking.clone());
            waking
        };
        roster.enter();
        let services = vec![
            Service::start(exchange, noted(shared.exchange.clone()))?,
            Service::start(heartbeat, noted(waking))?,
            Service::start(fence, noted(fence_waking))?,
            Service::start(reaper, noted(reaper_waking))?,
            Service::start(pruner, noted(pruner_waking))?,
            // Not noted: one that breaks is no reason to end a worker.
            Service::start(roster, shared.roster.clone())?,
            Service::start(watchdog, noted(watchdog_waking))?,
        ];
        shared.events.emit(vec![Event::WorkerStarted { worker: shared.config.worker.clone() }]);
        Ok(Worker { shared, services: Mutex::new(services), wakings, _subscriptions: subscriptions })
    }
}

/// Claims and runs jobs until it is told to stop.
pub struct Worker {
    pub(crate) shared: Arc<Shared>,
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
        pools: impl Into<Pools>,
        events: Arc<dyn EventSink>,
    ) -> Result<Self> {
        Duties::assemble(config, stores, clock, pools, events).start()
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
        let (worker, running) = (self.shared.config.worker.clone(), self.shared.pools.running());
        self.shared.events.emit(vec![Event::WorkerStopping { worker, running }]);
        self.shared.exchange.wake();
        self.shared.roster.wake();
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
        self.shared.interrupt(&self.shared.holdings.all(), Interrupt::Stop);
        // Whatever it waits for, such as a result store, it waits no longer.
        self.shared.exchange.wake();
        self.shared.progressed();
    }

    /// Whether it cannot go on: a duty broke, the store is gone for good, or nothing can be run.
    pub fn is_broken(&self) -> bool {
        self.shared.store_is_gone.load(Ordering::Acquire)
            || self.wakings.iter().any(Waking::is_broken)
            || self.shared.pools.failure().is_some()
    }

    /// Whether the watchdog found that a part of it gives no sign of life.
    pub fn is_stalled(&self) -> bool {
        self.shared.stalled.load(Ordering::Acquire)
    }

    /// What each of its pools is doing.
    pub fn pools(&self) -> Vec<PoolState> {
        self.shared.pools.states()
    }

    /// Waits, once a stop was asked for, until everything has ended or gone back, and ends all threads. A worker
    /// that cannot go on stops by itself.
    pub fn wait(&self) -> Exit {
        stop::wait_until_idle(self);
        drop(self.shared.losing());
        self.shared.pools.close();
        let mut services = self.services.lock().unwrap_or_else(PoisonError::into_inner);
        services.iter().for_each(Service::stop);
        // A duty ends after the call to the store that it is in; one that hangs there is left behind.
        let limit = Duration::from_secs(5);
        services.iter_mut().for_each(|service| {
            service.join(limit);
        });
        let first = !services.is_empty();
        services.clear();
        let Ending { handed_back, stuck, .. } = &*self.shared.lock();
        let (handed_back, stuck) = (handed_back.len(), *stuck);
        if first {
            let worker = self.shared.config.worker.clone();
            self.shared.events.emit(vec![Event::WorkerStopped { worker, handed_back }]);
        }
        match (self.is_stalled(), stuck, handed_back) {
            (true, ..) => Exit::Stalled,
            (false, 0, 0) => Exit::Drained,
            (false, 0, _) => Exit::HandedBack(handed_back),
            (false, ..) => Exit::Stuck(stuck),
        }
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
