//! Removes ended jobs that are older than their retention, a few at a time.

use std::sync::Arc;
use std::time::Duration;

use nuvom_core::Event;

use super::with_jitter;
use crate::service::Duty;
use crate::worker::Shared;

/// Removed in one commit.
const LIMIT: usize = 500;

/// Left to others between two commits when there is much to remove.
const BREATH: Duration = Duration::from_millis(50);

/// Forgets old jobs.
pub struct Pruner {
    shared: Arc<Shared>,
}

impl Pruner {
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        Self { shared }
    }
}

impl Duty for Pruner {
    fn name(&self) -> &'static str {
        "pruner"
    }

    fn run_once(&mut self) -> Duration {
        match self.shared.prune(LIMIT) {
            Ok(0) => with_jitter(self.shared.config.prune),
            Ok(count) => {
                self.shared.events.emit(vec![Event::Pruned { count }]);
                if count == LIMIT { BREATH } else { with_jitter(self.shared.config.prune) }
            }
            Err(error) => {
                self.shared.store_failed("pruner", error);
                with_jitter(self.shared.config.prune)
            }
        }
    }
}
