//! Observed stores: every call is told, and its answer is the store's.

use std::sync::Arc;

use nuvom_core::{ErrorKind, Event, State};
use nuvom_engine::{Duty, observed};
use nuvom_testkit::builders::{a_job, success};
use nuvom_testkit::faulty::Fault;

use crate::support::{BEAT, Bench, ScriptedExecutor};

/// A bench whose worker's stores are observed.
fn bench() -> Bench {
    let mut bench = Bench::with(ScriptedExecutor::holding(1));
    bench.stores = observed(&bench.stores, Arc::clone(&bench.clock) as _, Arc::clone(&bench.events) as _);
    bench
}

fn calls(bench: &Bench) -> Vec<(&'static str, &'static str, bool)> {
    let told = bench.events.seen().into_iter();
    told.filter_map(|event| match event {
        Event::StoreCalled { store, operation, failed, .. } => Some((store, operation, failed)),
        _ => None,
    })
    .collect()
}

#[test]
fn each_call_is_told_with_its_port_and_method() {
    let bench = bench();
    let mut duties = bench.duties();
    bench.events.seen();

    duties.exchange.run_once();
    duties.reaper.run_once();
    duties.pruner.run_once();
    bench.stores.inspect.queues().unwrap();
    bench.stores.results.get(&[]).unwrap();
    bench.stores.schedules.agenda(1).unwrap();
    duties.roster.run_once();

    let expected = [
        ("jobs", "exchange", false),
        ("jobs", "reap", false),
        ("jobs", "prune", false),
        ("inspect", "queues", false),
        ("results", "get", false),
        ("schedules", "agenda", false),
        ("roster", "report", false),
    ];
    assert_eq!(calls(&bench), expected);
}

#[test]
fn a_call_that_fails_is_told_as_failed_and_fails_as_it_would() {
    let bench = bench();
    bench.faults.set(|_| Fault::Before(ErrorKind::Unavailable));

    let error = bench.stores.inspect.queues().unwrap_err();

    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert_eq!(calls(&bench), [("inspect", "queues", true)]);
}

#[test]
fn a_worker_does_its_work_over_observed_stores() {
    let bench = bench();
    let job = bench.enqueue(a_job("add"));
    let mut duties = bench.duties();
    duties.exchange.run_once();
    bench.executor.end(job, success(b"value"));

    duties.exchange.run_once();

    assert_eq!(bench.state(job), State::Success);
}

#[test]
fn the_renewal_of_leases_is_told_with_their_number() {
    let bench = bench();
    bench.clock.advance(BEAT);
    bench.enqueue(a_job("add"));
    let mut duties = bench.duties();
    duties.exchange.run_once();
    bench.clock.advance(BEAT);
    bench.events.seen();

    duties.heartbeat.run_once();

    let renewed =
        bench.events.seen().into_iter().filter(|event| matches!(event, Event::Renewed { count: 1 }));
    assert_eq!(renewed.count(), 1);
}
