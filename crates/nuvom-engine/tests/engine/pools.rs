//! A worker with several pools, and what it does about jobs that have lost a holder.

use std::sync::Arc;

use nuvom_core::{JobId, State, TaskName};
use nuvom_engine::{Duty, Executor, Interrupt, Pools, TaskSet};
use nuvom_testkit::builders::{a_job, success};

use crate::support::{Bench, ScriptedExecutor};

fn tasks(names: &[&str]) -> TaskSet {
    let set = TaskSet::default();
    for name in names {
        set.insert(TaskName::new(*name).unwrap());
    }
    set
}

/// A worker with its own pool and one for the task `slow`.
fn with_pool_for_slow(bench: &Bench, slots: usize) -> (Arc<ScriptedExecutor>, Pools) {
    let other = Arc::new(ScriptedExecutor::holding(slots));
    let pools =
        Pools::of(Arc::clone(&bench.executor) as _).with(vec![tasks(&["slow"])], Arc::clone(&other) as _);
    (other, pools)
}

#[test]
fn each_job_runs_in_the_pool_of_its_task() {
    let bench = Bench::with(ScriptedExecutor::holding(2));
    let (other, pools) = with_pool_for_slow(&bench, 2);
    let (quick, slow) = (bench.enqueue(a_job("quick")), bench.enqueue(a_job("slow")));

    bench.duties_with(pools).exchange.run_once();

    assert_eq!(bench.executor.running(), [quick]);
    assert_eq!(other.running(), [slow]);
}

#[test]
fn a_full_pool_keeps_no_other_from_its_jobs() {
    let bench = Bench::with(ScriptedExecutor::holding(1));
    let (other, pools) = with_pool_for_slow(&bench, 1);
    let first = bench.enqueue(a_job("quick"));
    let waiting: Vec<JobId> = (0..5).map(|_| bench.enqueue(a_job("quick"))).collect();
    let slow = bench.enqueue(a_job("slow"));

    bench.duties_with(pools).exchange.run_once();

    assert_eq!((bench.executor.running(), other.running()), (vec![first], vec![slow]));
    assert_eq!(bench.count(&waiting, State::Pending), 5);
}

#[test]
fn a_task_that_becomes_of_another_kind_moves_to_its_pool() {
    let bench = Bench::with(ScriptedExecutor::holding(4));
    let other = Arc::new(ScriptedExecutor::holding(4));
    let set = tasks(&[]);
    let pools = Pools::of(Arc::clone(&bench.executor) as _).with(vec![set.clone()], Arc::clone(&other) as _);
    let mut duties = bench.duties_with(pools);
    bench.enqueue(a_job("slow"));
    duties.exchange.run_once();

    set.insert(TaskName::new("slow").unwrap());
    let later = bench.enqueue(a_job("slow"));
    duties.exchange.run_once();

    assert_eq!((bench.executor.running().len(), other.running()), (1, vec![later]));
}

/// Jobs that have lost so many holders, and one that has not lost any.
fn lost(bench: &Bench, times: u32) -> (Vec<JobId>, JobId) {
    let suspects = bench.enqueue_many(3);
    for _ in 0..times {
        for _ in &suspects {
            bench.claim_elsewhere();
        }
        bench.lose_everything();
    }
    (suspects, bench.enqueue(a_job("add")))
}

#[test]
fn of_jobs_that_lost_two_holders_one_runs_at_a_time_beside_the_others() {
    let bench = Bench::with(ScriptedExecutor::holding(4));
    let (suspects, innocent) = lost(&bench, 2);
    let mut duties = bench.duties();

    duties.exchange.run_once();
    assert_eq!(bench.executor.running(), [innocent, suspects[0]]);

    bench.executor.end(suspects[0], success(b"value"));
    duties.exchange.run_once();
    duties.exchange.run_once();
    assert_eq!(bench.executor.running(), [innocent, suspects[1]]);
}

#[test]
fn a_job_that_lost_its_holder_once_is_no_suspect() {
    let bench = Bench::with(ScriptedExecutor::holding(4));
    lost(&bench, 1);

    bench.duties().exchange.run_once();

    assert_eq!(bench.executor.running().len(), 4);
}

#[test]
fn where_each_attempt_has_its_own_process_suspects_need_not_wait() {
    let bench = Bench::with(ScriptedExecutor::holding(4).isolating());
    lost(&bench, 2);

    bench.duties().exchange.run_once();

    assert_eq!(bench.executor.running().len(), 4);
}

#[test]
fn a_lost_lease_takes_a_job_out_of_the_line_before_it_starts() {
    let bench = Bench::with(ScriptedExecutor::holding(2).starting(1));
    let jobs = bench.enqueue_many(2);
    let mut duties = bench.duties();
    duties.exchange.run_once();
    bench.lose_everything();

    duties.heartbeat.run_once();

    assert_eq!(bench.executor.interrupted.seen(), [(jobs[0], Interrupt::LeaseLost)]);
    assert_eq!(bench.executor.load().queued, 0);
}
