//! The suite that every backend passes, over a database in a folder of its own.

#![allow(clippy::unwrap_used, reason = "all of this is test code, where a panic is the report")]

use std::any::Any;
use std::sync::Arc;

use nuvom_sqlite::{Durability, SqliteStore};
use nuvom_testkit::FakeClock;
use nuvom_testkit::conformance::{Harness, Opened};
use tempfile::TempDir;

struct Sqlite;

impl Harness for Sqlite {
    fn open(&self) -> Opened {
        open(Arc::new(tempfile::tempdir().unwrap()), FakeClock::new())
    }

    fn reopen(&self, clock: &Arc<FakeClock>, keep: &Arc<dyn Any + Send + Sync>) -> Option<Opened> {
        let folder = Arc::clone(keep).downcast::<TempDir>().ok()?;
        Some(open(folder, Arc::clone(clock)))
    }
}

fn open(folder: Arc<TempDir>, clock: Arc<FakeClock>) -> Opened {
    let path = folder.path().join("nuvom.db");
    let store = SqliteStore::open(path, Durability::Process, Arc::clone(&clock) as _).unwrap();
    Opened { stores: store.stores(), clock, keep: folder }
}

nuvom_testkit::conformance_tests!(Sqlite);

#[test]
fn no_call_that_does_not_reach_the_store_loses_a_job() {
    nuvom_testkit::sweep::calls_that_do_not_arrive(&Sqlite);
}

#[test]
fn no_call_whose_answer_is_lost_loses_a_job() {
    nuvom_testkit::sweep::answers_that_are_lost(&Sqlite);
}
