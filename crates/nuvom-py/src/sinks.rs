//! Who hears of a worker's events: the log, which takes them, and before it those who only look at them.

use std::sync::Arc;

use nuvom_core::{Event, EventSink};
use nuvom_metrics::Metrics;

use crate::events::LogEvents;

/// Looks at events, on a thread of the engine: it must return soon and not wait for Python.
pub(crate) trait Listener: Send + Sync {
    /// What happened, in order.
    fn hear(&self, events: &[Event]);
}

impl Listener for Metrics {
    fn hear(&self, events: &[Event]) {
        self.count(events);
    }
}

/// The log and all listeners.
pub(crate) struct Sinks {
    pub(crate) listeners: Vec<Arc<dyn Listener>>,
    pub(crate) log: Arc<LogEvents>,
}

impl EventSink for Sinks {
    fn emit(&self, events: Vec<Event>) {
        for listener in &self.listeners {
            listener.hear(&events);
        }
        self.log.emit(events);
    }
}
