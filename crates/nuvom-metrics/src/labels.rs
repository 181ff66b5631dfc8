//! Label values that cannot grow without bound: what names a series comes from code or is one of the first so many.

use std::collections::HashSet;
use std::hash::Hash;

/// The label of all that has none of its own.
pub const OTHER: &str = "other";

/// So many tasks have series of their own, which is more than projects have, and still within what Prometheus takes
/// from one process.
pub const MOST_TASKS: usize = 1_000;

/// So many queues.
pub const MOST_QUEUES: usize = 100;

/// So many hooks of plugins.
pub const MOST_HOOKS: usize = 200;

/// The first so many values.
#[derive(Debug)]
pub(crate) struct First<T> {
    most: usize,
    known: HashSet<T>,
}

impl<T: Eq + Hash + Clone> First<T> {
    pub(crate) fn new(most: usize) -> Self {
        Self { most, known: HashSet::new() }
    }

    /// Whether this is one of them, or becomes one.
    pub(crate) fn admits(&mut self, value: &T) -> bool {
        if self.known.contains(value) {
            return true;
        }
        self.known.len() < self.most && self.known.insert(value.clone())
    }
}
