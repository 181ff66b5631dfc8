//! Gives up leases that could not be renewed in time, before another worker can hold them. It asks no store, so that
//! one that blocks or is slow cannot keep it: a beat may come late, the end of trust may not.

use std::sync::Arc;
use std::time::Duration;

use crate::service::Duty;
use crate::worker::Shared;

/// Watches the trust in leases.
pub struct Fence {
    shared: Arc<Shared>,
}

impl Fence {
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        Self { shared }
    }
}

impl Duty for Fence {
    fn name(&self) -> &'static str {
        "fence"
    }

    fn run_once(&mut self) -> Duration {
        let shared = &self.shared;
        let (now, trust) = (shared.clock.monotonic(), shared.config.trust());
        if let Some(moment) = now.checked_sub(trust) {
            shared.lost(&shared.holdings.sent_by(moment));
        }
        // What is claimed from now on can be trusted for so long, so nobody has to wake this duty.
        let oldest = shared.holdings.oldest();
        oldest.map_or(trust, |sent_at| (sent_at + trust).saturating_sub(now).min(trust))
    }
}
