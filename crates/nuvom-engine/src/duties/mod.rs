//! What a worker does besides running tasks, one duty a file. Each has a `run_once` that tests call directly.

mod exchange;
mod fence;
mod heartbeat;
mod pruner;
mod reaper;
mod roster;
mod scheduler;
mod watchdog;

pub use exchange::Exchange;
pub use fence::Fence;
pub use heartbeat::Heartbeat;
pub use pruner::Pruner;
pub use reaper::Reaper;
pub use roster::RosterDuty;
pub use scheduler::Ticker;
pub use watchdog::Watchdog;

use std::time::Duration;

/// A span lengthened or shortened by up to a tenth, so that workers started together drift apart.
fn with_jitter(span: Duration) -> Duration {
    span.mul_f64(0.9 + 0.2 * fastrand::f64())
}
