//! Being told that something changed, so that nobody has to keep asking.

use std::any::Any;
use std::fmt;
use std::sync::Arc;

/// What changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Topic {
    /// Jobs became claimable, or will at a time not known before.
    Ready,
    /// Jobs ended.
    Ended,
    /// The end of a running job was asked for.
    CancelRequested,
    /// Schedules were written, paused, resumed or removed.
    Schedules,
}

impl Topic {
    /// All topics.
    pub const ALL: [Topic; 4] = [Topic::Ready, Topic::Ended, Topic::CancelRequested, Topic::Schedules];
}

/// What to call on a change. It runs on a thread of the store: it must return at once.
pub type Waker = Arc<dyn Fn() + Send + Sync>;

/// Keeps a waker registered until it is dropped.
pub struct Subscription(#[expect(dead_code, reason = "held for its Drop")] Box<dyn Any + Send + Sync>);

impl Subscription {
    /// Wraps whatever ends the registration when dropped.
    pub fn new(guard: impl Any + Send + Sync) -> Self {
        Self(Box::new(guard))
    }
}

impl fmt::Debug for Subscription {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Subscription")
    }
}
