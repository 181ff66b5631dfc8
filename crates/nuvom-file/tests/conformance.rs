//! The suite that every backend passes, over a folder of its own.

#![allow(clippy::unwrap_used, reason = "all of this is test code, where a panic is the report")]

use std::any::Any;
use std::sync::Arc;

use nuvom_file::{Durability, FileStore, Options};
use nuvom_testkit::FakeClock;
use nuvom_testkit::conformance::{Harness, Opened};
use tempfile::TempDir;

struct Files;

impl Harness for Files {
    fn open(&self) -> Opened {
        open(Arc::new(tempfile::tempdir().unwrap()), FakeClock::new())
    }

    fn reopen(&self, clock: &Arc<FakeClock>, keep: &Arc<dyn Any + Send + Sync>) -> Option<Opened> {
        let folder = Arc::clone(keep).downcast::<TempDir>().ok()?;
        Some(open(folder, Arc::clone(clock)))
    }
}

fn open(folder: Arc<TempDir>, clock: Arc<FakeClock>) -> Opened {
    let options = Options { durability: Durability::Process, ..Options::default() };
    let store = FileStore::open(folder.path().join("files"), options, Arc::clone(&clock) as _).unwrap();
    Opened { stores: store.stores(), clock, keep: folder }
}

nuvom_testkit::conformance_tests!(Files);

#[test]
fn no_call_that_does_not_reach_the_store_loses_a_job() {
    nuvom_testkit::sweep::calls_that_do_not_arrive(&Files);
}

#[test]
fn no_call_whose_answer_is_lost_loses_a_job() {
    nuvom_testkit::sweep::answers_that_are_lost(&Files);
}
