//! A scheduler: the duty that fires ticks on its thread, woken by changes.

use std::sync::Arc;
use std::time::Duration;

use nuvom_core::ports::{Calendar, Stores, Subscription};
use nuvom_core::{Clock, Event, EventSink, Result};

use crate::duties::Ticker;
use crate::service::{Service, Waking};

/// What a scheduler is told. There are no defaults here: they exist once, in the settings.
#[derive(Debug, Clone)]
pub struct SchedulerConfig {
    /// The most schedules that are fired in one commit.
    pub batch: usize,
    /// How long it sleeps at most, so that a wall clock that was set is noticed, and a change that woke nobody.
    pub poll: Duration,
    /// By how much it may wake up late, so that many schedulers do not all ask at the same moment.
    pub jitter: Duration,
    /// How long schedules that have run out are kept.
    pub keep_run_out: Duration,
}

/// Fires ticks until it is told to stop.
pub struct Scheduler {
    service: Service,
    waking: Waking,
    _subscription: Option<Subscription>,
}

impl std::fmt::Debug for Scheduler {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Scheduler").finish_non_exhaustive()
    }
}

impl Scheduler {
    /// Starts to fire.
    pub fn start(
        config: SchedulerConfig,
        stores: Stores,
        clock: Arc<dyn Clock>,
        calendar: Arc<dyn Calendar>,
        events: Arc<dyn EventSink>,
    ) -> Result<Self> {
        let waking = Waking::new();
        let woken = waking.clone();
        let subscribed = stores.schedules.subscribe_to_schedules(Arc::new(move || woken.wake()));
        // A store that cannot wake us is one that we ask now and then; it is told, and no reason not to start.
        let subscription = subscribed
            .map_err(|error| events.emit(vec![Event::StoreFailed { duty: "scheduler", error }]))
            .ok();
        let ticker = Ticker::new(config, stores, clock, calendar, events);
        let service = Service::start(ticker, waking.clone())?;
        Ok(Self { service, waking, _subscription: subscription })
    }

    /// Whether it broke, and fires nothing any more.
    pub fn is_broken(&self) -> bool {
        self.waking.is_broken()
    }

    /// Asks it to end after the fire that it is in.
    pub fn stop(&self) {
        self.service.stop();
    }

    /// Stops it and waits until it has ended, but no longer than `limit`; answers whether it has.
    pub fn join(&mut self, limit: Duration) -> bool {
        self.service.join(limit)
    }
}
