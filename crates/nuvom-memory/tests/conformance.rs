//! The memory backend under the suite that every backend passes.

use std::sync::Arc;

use nuvom_memory::MemoryStore;
use nuvom_testkit::FakeClock;
use nuvom_testkit::conformance::{Harness, Opened};

struct Memory;

impl Harness for Memory {
    fn open(&self) -> Opened {
        let clock = FakeClock::new();
        Opened { stores: MemoryStore::new(Arc::clone(&clock) as _).stores(), clock, keep: Arc::new(()) }
    }
}

nuvom_testkit::conformance_tests!(Memory);
