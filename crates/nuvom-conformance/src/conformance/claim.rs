//! A worker gets the most urgent jobs that are due, each for itself and for a limited time.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use nuvom_core::ports::{Claim, Share, Tasks};
use nuvom_core::{Lease, NewJob, State, TaskName};

use super::Harness;
use super::bench::{Bench, LEASE, MANY, ids, ids_of_new, wish, wish_from};
use crate::builders::{a_job, handed_back, jobs, worker};

pub fn a_claim_answers_the_record_as_it_is_kept(harness: &dyn Harness) {
    let bench = Bench::open(harness);

    let claimed = bench.running(a_job("mail"));

    let kept = bench.job(claimed.id);
    assert_eq!((claimed.state, claimed.lease), (State::Running, Lease(1)));
    assert_eq!(claimed.worker, Some(worker("worker-1")));
    assert_eq!((kept.state, kept.lease, kept.worker), (claimed.state, claimed.lease, claimed.worker));
    assert_eq!((kept.lease_until, kept.started_at), (claimed.lease_until, claimed.started_at));
}

pub fn a_lease_runs_from_the_claim(harness: &dyn Harness) {
    let Some(bench) = Bench::in_fake_time(harness, |can| can.leases) else { return };

    let claimed = bench.running(a_job("mail"));

    assert_eq!(claimed.started_at, Some(bench.now()));
    assert_eq!(claimed.lease_until, Some(bench.now() + LEASE));
}

pub fn a_claimed_job_is_not_claimed_again(harness: &dyn Harness) {
    let bench = Bench::open(harness);
    bench.running(a_job("mail"));

    let second = bench.claim_up_to(10);

    assert!(second.is_empty());
}

pub fn every_claim_of_a_job_has_a_higher_lease(harness: &dyn Harness) {
    let bench = Bench::open(harness);
    let first = bench.running(a_job("mail"));
    bench.end(&first, handed_back());

    let second = bench.claim();

    assert_eq!((second.id, second.lease), (first.id, Lease(2)));
}

pub fn a_claim_takes_no_more_than_its_limit(harness: &dyn Harness) {
    let bench = Bench::open(harness);
    bench.jobs().enqueue(&jobs("mail", 5)).unwrap();

    assert_eq!(bench.claim_up_to(0).len(), 0);
    assert_eq!(bench.claim_up_to(2).len(), 2);
    assert_eq!(bench.claim_up_to(9).len(), 3);
}

pub fn the_lowest_priority_number_goes_first(harness: &dyn Harness) {
    let Some(bench) = Bench::promising(harness, |can| can.priorities) else { return };
    let last = bench.enqueue(a_job("mail").priority(9));
    let middle = bench.enqueue(a_job("mail"));
    let first = bench.enqueue(a_job("mail").priority(0));

    let claimed = bench.claim_up_to(3);

    assert_eq!(ids(&claimed), [first, middle, last]);
}

pub fn within_a_priority_the_earlier_due_goes_first(harness: &dyn Harness) {
    let Some(bench) = Bench::promising(harness, |can| can.delays) else { return };
    let second = bench.enqueue(a_job("mail").due_at(bench.now() - Duration::from_secs(10)));
    let first = bench.enqueue(a_job("mail").due_at(bench.now() - Duration::from_secs(20)));

    let claimed = bench.claim_up_to(2);

    assert_eq!(ids(&claimed), [first, second]);
}

pub fn among_equals_the_older_id_goes_first(harness: &dyn Harness) {
    let Some(bench) = Bench::in_fake_time(harness, |can| can.priorities) else { return };
    let older = a_job("mail").build();
    let newer = a_job("mail").build();
    bench.enqueue(newer.clone());
    bench.enqueue(older.clone());

    let claimed = bench.claim_up_to(2);

    assert_eq!(ids(&claimed), [older.id, newer.id]);
}

pub fn urgency_counts_before_age(harness: &dyn Harness) {
    let Some(bench) = Bench::promising(harness, |can| can.priorities && can.delays) else { return };
    let old = bench.enqueue(a_job("mail").due_at(bench.now() - Duration::from_hours(1)));
    let urgent = bench.enqueue(a_job("mail").priority(1));

    let claimed = bench.claim_up_to(2);

    assert_eq!(ids(&claimed), [urgent, old]);
}

pub fn a_job_for_later_waits_for_its_time(harness: &dyn Harness) {
    let Some(bench) = Bench::in_fake_time(harness, |can| can.delays && can.records) else { return };
    let id = bench.enqueue(a_job("mail").due_in(Duration::from_mins(1)));

    bench.advance(Duration::from_secs(59));
    let early = bench.exchange(&[], Some(&wish(1)));
    bench.advance(Duration::from_secs(1));
    let due = bench.exchange(&[], Some(&wish(1)));

    assert!(early.claimed.is_empty());
    assert_eq!(early.next_due_in, Some(Duration::from_secs(1)));
    assert_eq!(ids(&due.claimed), [id]);
    assert_eq!(due.next_due_in, None);
}

pub fn urgent_jobs_for_later_do_not_hide_what_is_due(harness: &dyn Harness) {
    let Some(bench) = Bench::promising(harness, |can| can.priorities && can.delays) else { return };
    let for_later = |_| a_job("mail").priority(0).due_in(Duration::from_hours(1)).build();
    let later: Vec<NewJob> = (0..300).map(for_later).collect();
    bench.jobs().enqueue(&later).unwrap();
    let due = bench.enqueue(a_job("mail").priority(9));

    let claimed = bench.claim_up_to(10);

    assert_eq!(ids(&claimed), [due]);
}

pub fn a_claim_that_leaves_room_tells_when_the_next_job_is_due(harness: &dyn Harness) {
    let Some(bench) = Bench::in_fake_time(harness, |can| can.delays && can.records) else { return };
    bench.enqueue(a_job("mail").due_in(Duration::from_secs(90)));
    bench.enqueue(a_job("mail").priority(9).due_in(Duration::from_secs(40)));
    let due = bench.enqueue(a_job("mail"));

    let answer = bench.exchange(&[], Some(&wish(10)));

    assert_eq!(ids(&answer.claimed), [due]);
    assert_eq!(answer.next_due_in, Some(Duration::from_secs(40)));
}

pub fn the_next_due_job_of_another_queue_is_not_told(harness: &dyn Harness) {
    let Some(bench) = Bench::in_fake_time(harness, |can| can.delays && can.records) else { return };
    bench.enqueue(a_job("mail").queue("a").due_in(Duration::from_secs(10)));
    bench.enqueue(a_job("mail").queue("b").due_in(Duration::from_secs(20)));

    let of_b = bench.exchange(&[], Some(&wish_from(&["b"], 1)));
    let of_none = bench.exchange(&[], Some(&wish_from(&["c"], 1)));

    assert_eq!(of_b.next_due_in, Some(Duration::from_secs(20)));
    assert_eq!(of_none.next_due_in, None);
}

pub fn a_full_claim_reports_no_wait_while_more_is_due(harness: &dyn Harness) {
    let Some(bench) = Bench::promising(harness, |can| can.delays) else { return };
    bench.jobs().enqueue(&jobs("mail", 2)).unwrap();
    bench.enqueue(a_job("mail").due_in(Duration::from_hours(1)));

    let answer = bench.exchange(&[], Some(&wish(1)));

    assert_eq!(answer.claimed.len(), 1);
    assert!(answer.next_due_in.is_none_or(|wait| wait.is_zero()), "{:?}", answer.next_due_in);
}

pub fn nothing_waiting_means_no_next_due(harness: &dyn Harness) {
    let bench = Bench::open(harness);
    bench.running(a_job("mail"));

    let answer = bench.exchange(&[], Some(&wish(1)));

    assert!(answer.claimed.is_empty());
    assert_eq!(answer.next_due_in, None);
}

pub fn only_the_named_queues_are_served(harness: &dyn Harness) {
    let Some(bench) = Bench::promising(harness, |can| can.records) else { return };
    let a = bench.enqueue(a_job("mail").queue("a"));
    bench.enqueue(a_job("mail").queue("b"));
    let c = bench.enqueue(a_job("mail").queue("c"));

    let claimed = bench.exchange(&[], Some(&wish_from(&["c", "a", "empty"], 10))).claimed;

    assert_eq!(sorted(ids(&claimed)), [a, c]);
}

pub fn no_named_queue_means_all(harness: &dyn Harness) {
    let bench = Bench::open(harness);
    let a = bench.enqueue(a_job("mail").queue("a"));
    let b = bench.enqueue(a_job("mail").queue("b"));

    let claimed = bench.claim_up_to(10);

    assert_eq!(sorted(ids(&claimed)), [a, b]);
}

pub fn a_queue_named_twice_is_served_once(harness: &dyn Harness) {
    let Some(bench) = Bench::promising(harness, |can| can.records) else { return };
    let first = bench.enqueue(a_job("mail").queue("a"));
    let second = bench.enqueue(a_job("mail").queue("a"));

    let claimed = bench.exchange(&[], Some(&wish_from(&["a", "a"], 2))).claimed;

    assert_eq!(sorted(ids(&claimed)), [first, second]);
}

pub fn priorities_count_across_queues(harness: &dyn Harness) {
    let Some(bench) = Bench::promising(harness, |can| can.priorities) else { return };
    let last = bench.enqueue(a_job("mail").queue("a").priority(7));
    let second = bench.enqueue(a_job("mail").queue("b").priority(3));
    let first = bench.enqueue(a_job("mail").queue("a").priority(1));

    let claimed = bench.exchange(&[], Some(&wish_from(&["a", "b"], 10))).claimed;

    assert_eq!(ids(&claimed), [first, second, last]);
}

pub fn an_exchange_of_nothing_is_fine(harness: &dyn Harness) {
    let bench = Bench::open(harness);
    let id = bench.enqueue(a_job("mail"));

    let answer = bench.exchange(&[], None);

    assert!(answer.ended.is_empty() && answer.claimed.is_empty());
    assert_eq!(bench.state(id), Some(State::Pending));
}

pub fn many_jobs_are_claimed_in_one_batch_in_order(harness: &dyn Harness) {
    let Some(bench) = Bench::in_fake_time(harness, |can| can.priorities) else { return };
    let batch = jobs("mail", MANY);
    bench.jobs().enqueue(&batch).unwrap();

    let claimed = bench.claim_up_to(MANY + 1);

    assert_eq!(ids(&claimed), ids_of_new(&batch));
}

fn sorted<T: Ord>(mut values: Vec<T>) -> Vec<T> {
    values.sort();
    values
}

pub fn a_claim_passes_over_jobs_that_it_has_no_room_for(harness: &dyn Harness) {
    let Some(bench) = Bench::promising(harness, |can| can.records) else { return };
    bench.jobs().enqueue(&jobs("slow", 20)).unwrap();
    let quick = bench.enqueue(a_job("quick"));

    let claimed = bench.exchange(&[], Some(&Claim { shares: vec![only("slow", 2)], ..wish(5) })).claimed;

    let tasks: Vec<&str> = claimed.iter().map(|job| job.task.as_str()).collect();
    assert_eq!(tasks, ["slow", "slow", "quick"]);
    assert_eq!(claimed[2].id, quick);
}

pub fn a_share_of_all_but_some_tasks_leaves_those_alone(harness: &dyn Harness) {
    let bench = Bench::open(harness);
    bench.enqueue(a_job("slow"));
    bench.enqueue(a_job("quick"));
    let others = Tasks::AllBut(Arc::new(HashSet::from([task("slow")])));
    let none = Share { tasks: others, suspects: false, limit: 0 };

    let claimed = bench.exchange(&[], Some(&Claim { shares: vec![none], ..wish(5) })).claimed;

    assert_eq!(claimed.iter().map(|job| job.task.as_str()).collect::<Vec<_>>(), ["slow"]);
}

pub fn jobs_that_lost_their_holder_twice_can_be_limited_apart(harness: &dyn Harness) {
    let Some(bench) = Bench::in_fake_time(harness, |can| can.leases) else { return };
    bench.jobs().enqueue(&jobs("mail", 3)).unwrap();
    for _ in 0..2 {
        bench.claim_up_to(3);
        bench.advance(LEASE);
        assert_eq!(bench.jobs().reap(10).unwrap().len(), 3);
    }
    bench.jobs().enqueue(&jobs("mail", 2)).unwrap();
    let all = Tasks::AllBut(Arc::default());
    let suspects = Share { tasks: all, suspects: true, limit: 1 };

    let claimed = bench.exchange(&[], Some(&Claim { shares: vec![suspects], ..wish(5) })).claimed;

    assert_eq!(claimed.iter().map(|job| job.losses).collect::<Vec<_>>(), [2, 0, 0]);
}

pub fn what_is_passed_over_hides_no_other_queue_or_priority(harness: &dyn Harness) {
    let Some(bench) = Bench::promising(harness, |can| can.priorities && can.records) else { return };
    bench.enqueue(a_job("slow").priority(0));
    let low = bench.enqueue(a_job("quick").priority(9));
    let apart = bench.enqueue(a_job("quick").queue("apart"));

    let claimed = bench.exchange(&[], Some(&Claim { shares: vec![only("slow", 0)], ..wish(1) })).claimed;
    let next = bench.exchange(&[], Some(&Claim { shares: vec![only("slow", 0)], ..wish(1) })).claimed;

    assert_eq!(ids(&claimed), [apart]);
    assert_eq!(ids(&next), [low]);
}

fn only(name: &str, limit: usize) -> Share {
    Share { tasks: Tasks::Only(Arc::new(HashSet::from([task(name)]))), suspects: false, limit }
}

fn task(name: &str) -> TaskName {
    TaskName::new(name).unwrap()
}
