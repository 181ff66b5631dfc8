//! The end of a worker: how far it has come, and the wait through its phases.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

use nuvom_core::{Clock, End, Event, EventSink, HandBack, Held, JobId, Outcome};

use crate::completer::Completer;
use crate::executor::Outcomes;
use crate::holdings::Holdings;
use crate::pools::Pools;
use crate::service::Waking;
use crate::worker::{Shared, Worker};

/// A notice can be missed between a look and the wait for the next, so that wait is short.
const LOOK: Duration = Duration::from_millis(20);

/// How often a worker looks whether it can go on.
const CHECKUP: Duration = Duration::from_millis(200);

/// How a worker ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// All that it had started ended.
    Drained,
    /// So many jobs had started, and went back to their queues.
    HandedBack(usize),
    /// So many attempts could not be ended, and were given up as past their limit.
    Stuck(usize),
    /// A part of it gave no sign of life.
    Stalled,
}

/// How far the worker has come with its end.
#[derive(Debug, Default)]
pub(crate) struct Ending {
    pub(crate) phase: Phase,
    /// Whether the exchange has seen that the worker stops. Before, a claim may still be under way.
    pub(crate) settled: bool,
    /// Jobs that had started and were cut off.
    pub(crate) handed_back: HashSet<JobId>,
    /// Attempts that were given up because nothing could end them.
    pub(crate) stuck: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Phase {
    #[default]
    Running,
    /// Claims nothing more; running jobs may finish until then.
    Draining(Instant),
    /// Running jobs have been interrupted; they have until then to end.
    Cutting(Instant),
}

/// Hears of each end before the completer does, and counts the attempts that the stop cut off.
pub(crate) struct Ends {
    pub(crate) completer: Arc<Completer>,
    pub(crate) holdings: Arc<Holdings>,
    pub(crate) ending: Arc<Mutex<Ending>>,
    /// Weak, for the pools hold their executors, and those hold this.
    pub(crate) pools: Weak<Pools>,
    pub(crate) exchange: Waking,
    pub(crate) events: Arc<dyn EventSink>,
    pub(crate) clock: Arc<dyn Clock>,
}

impl Outcomes for Ends {
    fn ended(&self, end: End, more: bool) {
        let held = Held { id: end.id, lease: end.lease };
        self.holdings.ended(std::iter::once(held));
        if let Outcome::HandedBack { reason: HandBack::Stop } = end.outcome {
            let mut ending = lock(&self.ending);
            if matches!(ending.phase, Phase::Cutting(_)) {
                ending.handed_back.insert(end.id);
            }
        }
        // Before the exchange hears of it and asks for the next ones.
        if let Some(pools) = self.pools.upgrade() {
            pools.over(held);
            if let Outcome::HandedBack { reason } = end.outcome
                && matches!(reason, HandBack::UnknownTask | HandBack::OtherSignature)
                && let Some((task, signature)) = self.holdings.task(held)
            {
                let signature = signature.filter(|_| reason == HandBack::OtherSignature);
                pools.leave_to_others(task, signature, self.clock.monotonic());
            }
        }
        self.completer.ended(end, more);
    }

    fn has_room(&self) {
        self.exchange.wake();
    }

    fn tell(&self, event: Event) {
        self.events.emit(vec![event]);
    }
}

fn lock(ending: &Mutex<Ending>) -> MutexGuard<'_, Ending> {
    ending.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Waits through the phases; returns when nothing is held, or nothing more can be done about it.
pub(crate) fn wait_until_idle(worker: &Worker) {
    let shared = &worker.shared;
    let mut given_up = None;
    loop {
        let (phase, settled) = {
            let ending = shared.lock();
            (ending.phase, ending.settled)
        };
        if settled && shared.holdings.len() == 0 && shared.completer.is_empty() {
            return;
        }
        let now = Instant::now();
        match phase {
            Phase::Running if worker.is_broken() || worker.is_stalled() => {
                if let Some(reason) = shared.pools.failure() {
                    shared.events.emit(vec![Event::PoolFailed { reason }]);
                }
                worker.cut();
            }
            Phase::Running if shared.pools.is_overrun() => {
                shared.events.emit(vec![Event::Overrun { stuck: shared.pools.stuck().len() }]);
                worker.drain();
            }
            Phase::Draining(deadline) if now >= deadline => worker.cut(),
            Phase::Draining(_) if settled && only_stuck_are_left(shared) => give_up_stuck(shared),
            Phase::Cutting(deadline) if now >= deadline => {
                // What still runs cannot be interrupted. It goes back, and what it may yet return is void.
                let last = *given_up.get_or_insert_with(|| {
                    give_up_stuck(shared);
                    let held = shared.holdings.running();
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
        pause(shared, given_up);
    }
}

fn only_stuck_are_left(shared: &Shared) -> bool {
    let stuck: HashSet<JobId> = shared.pools.stuck().iter().map(|end| end.id).collect();
    shared.holdings.running().iter().all(|held| stuck.contains(&held.id))
}

/// Attempts that nothing can end count as what they are, past their limit; their threads end with the process.
fn give_up_stuck(shared: &Shared) {
    let running: HashSet<Held> = shared.holdings.running().into_iter().collect();
    let still_held = |end: &End| running.contains(&Held { id: end.id, lease: end.lease });
    let ends: Vec<End> = shared.pools.stuck().into_iter().filter(still_held).collect();
    if ends.is_empty() {
        return;
    }
    shared.holdings.ended(ends.iter().map(|end| Held { id: end.id, lease: end.lease }));
    shared.lock().stuck += ends.len();
    shared.completer.add(ends);
}

fn pause(shared: &Shared, given_up: Option<Instant>) {
    let ending = shared.lock();
    let deadline = match ending.phase {
        Phase::Running => None,
        Phase::Draining(deadline) => Some(deadline),
        Phase::Cutting(deadline) => Some(given_up.unwrap_or(deadline)),
    };
    let span = match deadline {
        None => CHECKUP,
        Some(deadline) => deadline.saturating_duration_since(Instant::now()).min(LOOK),
    };
    drop(shared.progress.wait_timeout(ending, span));
}
