//! The suite that every backend passes: its cases are picked by what the line promises.

use std::sync::Arc;

use nuvom_composed::LineStore;
use nuvom_core::ports::LinePromises;
use nuvom_memory::MemoryStore;
use nuvom_testkit::FakeClock;
use nuvom_testkit::conformance::{Harness, Opened};

use crate::queue::{BARE, FULL, Queue};

struct Lined(LinePromises);

impl Harness for Lined {
    fn open(&self) -> Opened {
        let clock = FakeClock::new();
        let beside = MemoryStore::new(Arc::clone(&clock) as _).stores();
        let line = Queue::new(self.0, Arc::clone(&clock) as _);
        let store = LineStore::new(line, beside.results, Some(beside.roster), Arc::clone(&clock) as _);
        Opened { stores: store.stores(beside.schedules), clock, keep: Arc::new(()) }
    }
}

mod bare {
    use super::{BARE, Lined};

    nuvom_testkit::conformance_tests!(Lined(BARE));
}

mod full {
    use super::{FULL, Lined};

    nuvom_testkit::conformance_tests!(Lined(FULL));
}
