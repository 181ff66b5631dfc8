//! The exchange with the store: hands in the ends of attempts and takes new jobs, in one commit.

use std::sync::Arc;
use std::time::Duration;

use nuvom_core::ports::{Claim, Ended, Exchanged};
use nuvom_core::{End, Error, Event, HandBack, Held, Outcome, Result};

use super::with_jitter;
use crate::dispatcher::{Dispatcher, STALE};
use crate::results_apart;
use crate::service::Duty;
use crate::worker::Shared;

/// The first wait after the store could not be reached, and the longest.
const FIRST_BACKOFF: Duration = Duration::from_millis(50);
const LAST_BACKOFF: Duration = Duration::from_secs(5);

/// Claims and finishes.
pub struct Exchange {
    shared: Arc<Shared>,
    lanes: Vec<Lane>,
    backoff: Duration,
}

/// What is known of the way of jobs through one pool.
struct Lane {
    dispatcher: Dispatcher,
    /// When it was last free for another job.
    free_last: Duration,
}

impl Exchange {
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        let now = shared.clock.monotonic();
        let lane = || Lane { dispatcher: Dispatcher::new(shared.config.batch, now), free_last: now };
        let lanes = (0..shared.pools.len()).map(|_| lane()).collect();
        Self { shared, lanes, backoff: FIRST_BACKOFF }
    }

    fn exchange(&mut self) -> Result<Duration, (Error, Vec<End>)> {
        let shared = Arc::clone(&self.shared);
        let mut ends = shared.completer.take();
        let asked_at = shared.clock.monotonic();
        self.note_ends(&ends, asked_at);
        let claim = self.claim();
        if let Err(error) = results_apart::store(&shared, &mut ends) {
            return Err((error, ends));
        }
        let exchanged = match shared.stores.jobs.exchange(&ends, claim.as_ref()) {
            Ok(exchanged) => exchanged,
            Err(error) => return Err((error, ends)),
        };
        let Exchanged { ended, claimed, next_due_in } = exchanged;
        self.report(ends, &ended);
        let full = claim.as_ref().is_some_and(|claim| claimed.len() == claim.limit);
        if !claimed.is_empty() {
            shared.events.emit(vec![Event::Claimed { count: claimed.len() }]);
            shared.holdings.add(&claimed, asked_at, |job| shared.pools.place(&job.task), shared.keeps_jobs());
            shared.pools.submit(claimed);
        }
        if full && self.rooms().iter().any(|room| *room > 0) {
            return Ok(Duration::ZERO);
        }
        let poll = with_jitter(shared.config.poll);
        Ok(next_due_in.map_or(poll, |due| due.min(poll)))
    }

    fn note_ends(&mut self, ends: &[End], now: Duration) {
        // What goes back says nothing of how fast jobs end, and must not be claimed ahead again.
        let ran = ends.iter().filter(|end| !matches!(end.outcome, Outcome::HandedBack { .. }));
        let held = ran.clone().map(|end| Held { id: end.id, lease: end.lease });
        let counts = match &*self.lanes {
            [_] => vec![ran.count()],
            lanes => self.shared.holdings.by_pool(held, lanes.len()),
        };
        for (lane, count) in self.lanes.iter_mut().zip(counts) {
            lane.dispatcher.saw(count, now);
            if count > 0 {
                lane.free_last = now;
            }
        }
    }

    fn claim(&mut self) -> Option<Claim> {
        let shared = Arc::clone(&self.shared);
        if !shared.is_claiming() {
            let unstarted = shared.pools.recall_all();
            shared.hand_back(unstarted.iter().map(nuvom_core::Job::held), HandBack::Stop);
            return None;
        }
        self.recall_what_waits_too_long();
        let rooms = self.rooms();
        let limit = rooms.iter().sum::<usize>().min(shared.config.batch);
        (limit > 0).then(|| Claim {
            worker: shared.config.worker.clone(),
            queues: shared.config.queues.clone(),
            limit,
            shares: shared.pools.shares(&rooms, shared.clock.monotonic()),
            lease_for: shared.config.lease,
        })
    }

    /// How many jobs each pool has room for.
    fn rooms(&self) -> Vec<usize> {
        let pools = &self.shared.pools;
        let lanes = self.lanes.iter().enumerate();
        lanes.map(|(place, lane)| lane.dispatcher.room(pools.slots(place), pools.load(place))).collect()
    }

    /// Jobs that were to start soon but stand behind long ones go back, for workers with free slots.
    fn recall_what_waits_too_long(&mut self) {
        let (now, pools) = (self.shared.clock.monotonic(), &self.shared.pools);
        for (place, lane) in self.lanes.iter_mut().enumerate() {
            let load = pools.load(place);
            if load.queued == 0 || load.running < pools.slots(place) {
                lane.free_last = now;
            }
            if now.saturating_sub(lane.free_last) > STALE {
                let unstarted = pools.recall(place);
                self.shared.hand_back(unstarted.iter().map(nuvom_core::Job::held), HandBack::Busy);
                lane.free_last = now;
            }
        }
    }

    fn report(&self, ends: Vec<End>, answers: &[Ended]) {
        if ends.is_empty() {
            return;
        }
        let shared = &self.shared;
        let now = shared.clock.monotonic();
        let held = ends.iter().map(|end| Held { id: end.id, lease: end.lease });
        let holdings = shared.holdings.remove(held);
        let mut events = Vec::with_capacity(ends.len());
        for ((end, answer), holding) in ends.into_iter().zip(answers).zip(holdings) {
            let (id, lease) = (end.id, end.lease);
            events.push(match (answer, holding) {
                (Ended::Applied(state), Some(holding)) => Event::Ended {
                    id,
                    lease,
                    task: holding.task,
                    queue: holding.queue,
                    attempt: holding.attempt,
                    state: *state,
                    ending: end.outcome.ending(),
                    waited: holding.waited,
                    took: now.saturating_sub(holding.claimed_at),
                    error: error_of(end.outcome),
                },
                _ => Event::Stale { id, lease },
            });
        }
        shared.events.emit(events);
        shared.progressed();
    }

    /// A store that cannot be reached gets the same ends later. One that refuses a batch for another reason
    /// gets them one by one, so that a single end cannot hold up the others.
    fn recover(&mut self, error: Error, ends: Vec<End>) -> Duration {
        let transient = error.kind().is_transient();
        self.shared.judge(&error);
        self.shared.store_failed("exchange", error);
        if transient || ends.is_empty() {
            self.shared.completer.restore(ends);
        } else {
            self.finish_one_by_one(ends);
        }
        let wait = with_jitter(self.backoff);
        self.backoff = (self.backoff * 2).min(LAST_BACKOFF);
        wait
    }

    fn finish_one_by_one(&self, ends: Vec<End>) {
        for mut end in ends {
            let finished = results_apart::store(&self.shared, std::slice::from_mut(&mut end))
                .and_then(|()| self.shared.stores.jobs.exchange(std::slice::from_ref(&end), None));
            match finished {
                Ok(exchanged) => self.report(vec![end], &exchanged.ended),
                Err(error) if error.kind().is_transient() => self.shared.completer.restore(vec![end]),
                Err(error) => {
                    // Its lease runs out, and the job is offered again.
                    let held = Held { id: end.id, lease: end.lease };
                    self.shared.holdings.remove(std::iter::once(held));
                    self.shared.store_failed("exchange", error.with("job", end.id));
                }
            }
        }
    }
}

impl Duty for Exchange {
    fn name(&self) -> &'static str {
        "exchange"
    }

    fn run_once(&mut self) -> Duration {
        let wait = match self.exchange() {
            Ok(wait) => {
                self.backoff = FIRST_BACKOFF;
                if self.shared.completer.is_empty() { wait } else { Duration::ZERO }
            }
            Err((error, ends)) => self.recover(error, ends),
        };
        wait.min(self.shared.config.longest_sleep())
    }
}

fn error_of(outcome: Outcome) -> Option<nuvom_core::JobError> {
    match outcome {
        Outcome::Failed { error, .. } | Outcome::TimedOut { error } | Outcome::Lost { error } => Some(error),
        Outcome::Succeeded { .. } | Outcome::Cancelled | Outcome::HandedBack { .. } => None,
    }
}
