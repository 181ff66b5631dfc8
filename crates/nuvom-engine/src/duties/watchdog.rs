//! Looks whether the other duties give signs of life. A worker that only looks alive is worse than one that ended.

use std::sync::Arc;
use std::time::Duration;

use nuvom_core::Event;

use crate::service::{Duty, Life, Waking};
use crate::worker::Shared;

/// So many looks in a row must find the same before it counts. Time alone would not do: a process that was paused
/// finds that much of it has passed, and nothing wrong.
const LOOKS: u32 = 10;

/// Ends a worker that does not work.
pub struct Watchdog {
    shared: Arc<Shared>,
    watched: Vec<Watched>,
}

struct Watched {
    name: &'static str,
    waking: Waking,
    /// Whether it should run often, so that a long sleep is as suspect as a long call.
    restless: bool,
    last: Option<Life>,
    same: u32,
}

impl Watchdog {
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        Self { shared, watched: Vec::new() }
    }

    /// Has it watch a service that may sleep as long as it likes, but not stay in one call.
    pub fn watch(&mut self, name: &'static str, waking: Waking) {
        self.watched.push(Watched { name, waking, restless: false, last: None, same: 0 });
    }

    /// Has it watch a service that should not sleep long either: no longer than `WorkerConfig::longest_sleep`.
    pub fn watch_closely(&mut self, name: &'static str, waking: Waking) {
        self.watched.push(Watched { name, waking, restless: true, last: None, same: 0 });
    }
}

impl Duty for Watchdog {
    fn name(&self) -> &'static str {
        "watchdog"
    }

    fn run_once(&mut self) -> Duration {
        let limit = self.shared.config.watchdog;
        for watched in &mut self.watched {
            if watched.is_silent() && self.shared.stall() {
                self.shared.events.emit(vec![Event::Stalled { duty: watched.name, silent_for: limit }]);
            }
        }
        limit / LOOKS
    }
}

impl Watched {
    fn is_silent(&mut self) -> bool {
        let life = self.waking.life();
        let same = self.last == Some(life) && (life.busy || self.restless) && !life.ended;
        self.same = if same { self.same + 1 } else { 0 };
        self.last = Some(life);
        self.same >= LOOKS
    }
}
