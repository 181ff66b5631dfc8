//! Who is told of which change, inside one process.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::{Subscription, Topic, Waker};

/// The registered wakers of a store.
#[derive(Default)]
pub struct Wakers {
    listeners: Mutex<Listeners>,
}

/// Who listens; guarded only while the list is read or changed, never while a waker runs.
#[derive(Default)]
struct Listeners {
    last_key: u64,
    by_key: BTreeMap<u64, (Topic, Waker)>,
}

impl Wakers {
    /// Calls `waker` at each change of this topic until the subscription is dropped.
    pub fn subscribe(self: &Arc<Self>, topic: Topic, waker: Waker) -> Subscription {
        let mut listeners = self.listeners();
        listeners.last_key += 1;
        let key = listeners.last_key;
        listeners.by_key.insert(key, (topic, waker));
        Subscription::new(Registration { wakers: Arc::clone(self), key })
    }

    /// Calls everyone who listens to one of these topics.
    pub fn call(&self, changed: &[Topic]) {
        if changed.is_empty() {
            return;
        }
        let called: Vec<Waker> = {
            let listeners = self.listeners();
            let listening = listeners.by_key.values().filter(|(topic, _)| changed.contains(topic));
            listening.map(|(_, waker)| Arc::clone(waker)).collect()
        };
        for waker in called {
            waker();
        }
    }

    fn listeners(&self) -> MutexGuard<'_, Listeners> {
        self.listeners.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for Wakers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Wakers").field("listeners", &self.listeners().by_key.len()).finish_non_exhaustive()
    }
}

/// Ends a registration when it is dropped.
struct Registration {
    wakers: Arc<Wakers>,
    key: u64,
}

impl Drop for Registration {
    fn drop(&mut self) {
        let removed = self.wakers.listeners().by_key.remove(&self.key);
        // What the waker owns may itself hold a subscription, so it is dropped when the lock is free again.
        drop(removed);
    }
}
