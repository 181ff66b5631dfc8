//! Wakes whoever enforces time limits when the next one passes. A job with a limit like the others' wakes nobody.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use nuvom_engine::{Duty, Waking};
use pyo3::prelude::*;

/// When something has to be looked at next.
pub(crate) struct Limits {
    started: Instant,
    /// Microseconds from `started` to the moment for which the enforcer is awake anyway.
    next: AtomicU64,
    pub(super) waking: Waking,
}

impl Limits {
    pub(super) fn new() -> Self {
        Self { started: Instant::now(), next: AtomicU64::new(u64::MAX), waking: Waking::new() }
    }

    /// Makes sure that the enforcer is awake at this moment.
    pub(super) fn expect(&self, moment: Instant) {
        let micros = self.micros(moment);
        if micros < self.next.load(Ordering::Acquire) {
            self.next.fetch_min(micros, Ordering::AcqRel);
            self.waking.wake();
        }
    }

    fn micros(&self, moment: Instant) -> u64 {
        u64::try_from(moment.saturating_duration_since(self.started).as_micros()).unwrap_or(u64::MAX)
    }
}

/// Something whose attempts have limits.
pub(super) trait Limited: Send + Sync + 'static {
    fn limits(&self) -> &Limits;

    /// Does what is due; answers when something is next.
    fn enforce(&self, py: Python<'_>, now: Instant) -> Option<Instant>;
}

/// The duty of enforcing.
pub(super) struct Enforcer<L>(pub(super) Arc<L>);

impl<L: Limited> Duty for Enforcer<L> {
    fn name(&self) -> &'static str {
        "limits"
    }

    fn run_once(&mut self) -> Duration {
        let limits = self.0.limits();
        let (now, next) = (Instant::now(), limits.next.load(Ordering::Acquire));
        if next == u64::MAX {
            return Duration::MAX;
        }
        let early = Duration::from_micros(next).saturating_sub(now.duration_since(limits.started));
        if !early.is_zero() {
            return early;
        }
        // Only now is there anything to look at, and only now is the GIL worth taking.
        limits.next.store(u64::MAX, Ordering::Release);
        let Some(next) = Python::attach(|py| self.0.enforce(py, now)) else { return Duration::ZERO };
        limits.next.fetch_min(limits.micros(next), Ordering::AcqRel);
        next.saturating_duration_since(Instant::now())
    }
}
