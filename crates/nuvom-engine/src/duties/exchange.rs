//! The exchange with the store: hands in the ends of attempts and takes new jobs, in one commit.

use std::sync::Arc;
use std::time::Duration;

use nuvom_core::ports::{Claim, Ended, Exchanged, StoredResult};
use nuvom_core::{End, Error, Event, HandBack, Held, Outcome, Result};

use super::with_jitter;
use crate::dispatcher::{Dispatcher, STALE};
use crate::service::Duty;
use crate::worker::Shared;

/// The first wait after the store could not be reached, and the longest.
const FIRST_BACKOFF: Duration = Duration::from_millis(50);
const LAST_BACKOFF: Duration = Duration::from_secs(5);

/// Claims and finishes.
pub struct Exchange {
    shared: Arc<Shared>,
    dispatcher: Dispatcher,
    backoff: Duration,
    /// When a thread of the executor was last free for another job.
    free_last: Duration,
}

impl Exchange {
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        let now = shared.clock.monotonic();
        let dispatcher = Dispatcher::new(shared.executor.slots(), shared.config.batch, now);
        Self { shared, dispatcher, backoff: FIRST_BACKOFF, free_last: now }
    }

    fn exchange(&mut self) -> Result<Duration, (Error, Vec<End>)> {
        let shared = Arc::clone(&self.shared);
        let mut ends = shared.completer.take();
        let asked_at = shared.clock.monotonic();
        self.dispatcher.saw(ends.len(), asked_at);
        if !ends.is_empty() {
            self.free_last = asked_at;
        }
        let claim = self.claim();
        if let Err(error) = self.store_results_apart(&mut ends) {
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
            shared.holdings.add(&claimed, asked_at);
            shared.executor.submit(claimed);
        }
        if full && self.dispatcher.room(shared.executor.load()) > 0 {
            return Ok(Duration::ZERO);
        }
        let poll = with_jitter(shared.config.poll);
        Ok(next_due_in.map_or(poll, |due| due.min(poll)))
    }

    fn claim(&mut self) -> Option<Claim> {
        let shared = Arc::clone(&self.shared);
        if !shared.is_claiming() {
            let unstarted = shared.executor.recall();
            shared.hand_back(unstarted.iter().map(nuvom_core::Job::held), HandBack::Stop);
            return None;
        }
        let load = shared.executor.load();
        self.recall_what_waits_too_long(load);
        let limit = self.dispatcher.room(load);
        (limit > 0).then(|| Claim {
            worker: shared.config.worker.clone(),
            queues: shared.config.queues.clone(),
            limit,
            shares: Vec::new(),
            lease_for: shared.config.lease,
        })
    }

    /// Jobs that were to start soon but stand behind long ones go back, for workers with free slots.
    fn recall_what_waits_too_long(&mut self, load: crate::Load) {
        let now = self.shared.clock.monotonic();
        if load.queued == 0 || load.running < self.shared.executor.slots() {
            self.free_last = now;
        }
        if now.saturating_sub(self.free_last) > STALE {
            let unstarted = self.shared.executor.recall();
            self.shared.hand_back(unstarted.iter().map(nuvom_core::Job::held), HandBack::Busy);
            self.free_last = now;
        }
    }

    /// With a result store of its own, results are there before the job is finished: never the other way.
    fn store_results_apart(&self, ends: &mut [End]) -> Result<()> {
        if self.shared.stores.joint_results {
            return Ok(());
        }
        let results: Vec<StoredResult> = ends
            .iter()
            .filter_map(|end| match &end.outcome {
                Outcome::Succeeded { result: Some(value) } => {
                    Some(StoredResult { id: end.id, lease: end.lease, value: Arc::clone(value) })
                }
                _ => None,
            })
            .collect();
        if results.is_empty() {
            return Ok(());
        }
        self.shared.stores.results.put(&results)?;
        for end in ends {
            if let Outcome::Succeeded { result } = &mut end.outcome {
                *result = None;
            }
        }
        Ok(())
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
                    attempt: holding.attempt,
                    state: *state,
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
            let finished = self
                .store_results_apart(std::slice::from_mut(&mut end))
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
        match self.exchange() {
            Ok(wait) => {
                self.backoff = FIRST_BACKOFF;
                if self.shared.completer.is_empty() { wait } else { Duration::ZERO }
            }
            Err((error, ends)) => self.recover(error, ends),
        }
    }
}

fn error_of(outcome: Outcome) -> Option<nuvom_core::JobError> {
    match outcome {
        Outcome::Failed { error, .. } | Outcome::TimedOut { error } | Outcome::Lost { error } => Some(error),
        Outcome::Succeeded { .. } | Outcome::Cancelled | Outcome::HandedBack { .. } => None,
    }
}
