//! What people and clients ask, and that asking changes nothing.

use std::time::Duration;

use nuvom_core::ports::{Filter, Pace, Page};
use nuvom_core::{JobId, State};

use super::Harness;
use super::bench::{Bench, MANY, ids, ids_of_new};
use crate::builders::{a_job, a_job_id, failure, jobs, queue, success, task};

pub fn records_come_in_the_order_asked(harness: &dyn Harness) {
    let Some(bench) = Bench::promising(harness, |can| can.records) else { return };
    let first = bench.enqueue(a_job("first"));
    let second = bench.enqueue(a_job("second"));

    let answers = bench.inspect().jobs(&[second, a_job_id(), first, second]).unwrap();

    let tasks: Vec<_> =
        answers.iter().map(|job| job.as_ref().map(|job| job.task.as_str().to_owned())).collect();
    let expected = [Some("second"), None, Some("first"), Some("second")].map(|task| task.map(str::to_owned));
    assert_eq!(tasks, expected);
}

pub fn states_come_in_the_order_asked(harness: &dyn Harness) {
    let Some(bench) = Bench::promising(harness, |can| can.records) else { return };
    let failed = bench.ended(a_job("add"), failure("boom"));
    let done = bench.ended(a_job("add"), success(b"12"));
    let running = bench.running(a_job("add")).id;
    let waiting = bench.enqueue(a_job("add"));

    let answers = bench.inspect().states(&[waiting, done, a_job_id(), running, failed, done]).unwrap();

    let expected = [
        Some(State::Pending),
        Some(State::Success),
        None,
        Some(State::Running),
        Some(State::Failed),
        Some(State::Success),
    ];
    assert_eq!(answers, expected);
}

pub fn nothing_asked_is_fine(harness: &dyn Harness) {
    let bench = Bench::open(harness);

    assert!(bench.inspect().jobs(&[]).unwrap().is_empty());
    assert!(bench.inspect().states(&[]).unwrap().is_empty());
}

pub fn an_empty_store_has_answers(harness: &dyn Harness) {
    let Some(bench) = Bench::promising(harness, |can| can.records) else { return };

    assert!(list(&bench, &Filter::default(), None, 10).is_empty());
    assert_eq!(bench.inspect().count(&Filter::default()).unwrap(), [0; 5]);
    assert!(bench.inspect().queues().unwrap().is_empty());
    assert!(bench.attempts(a_job_id()).is_empty());
}

pub fn many_are_asked_in_one_batch(harness: &dyn Harness) {
    let Some(bench) = Bench::promising(harness, |can| can.records) else { return };
    let batch = jobs("add", MANY);
    bench.jobs().enqueue(&batch).unwrap();

    let states = bench.inspect().states(&ids_of_new(&batch)).unwrap();
    let records = bench.inspect().jobs(&ids_of_new(&batch)).unwrap();

    assert_eq!(states, vec![Some(State::Pending); MANY]);
    assert_eq!(records.into_iter().flatten().map(|job| job.id).collect::<Vec<_>>(), ids_of_new(&batch));
}

pub fn a_listing_shows_the_newest_first(harness: &dyn Harness) {
    let Some(bench) = Bench::promising(harness, |can| can.records) else { return };
    let (old, middle, new) = (a_job("add").build(), a_job("add").build(), a_job("add").build());
    bench.jobs().enqueue(&[middle.clone(), new.clone(), old.clone()]).unwrap();

    let listed = list(&bench, &Filter::default(), None, 10);

    assert_eq!(listed, [new.id, middle.id, old.id]);
}

pub fn pages_follow_one_another_without_gap_or_repeat(harness: &dyn Harness) {
    let Some(bench) = Bench::promising(harness, |can| can.records) else { return };
    let batch = jobs("add", 5);
    bench.jobs().enqueue(&batch).unwrap();
    let all = Filter::default();

    let first = list(&bench, &all, None, 2);
    let second = list(&bench, &all, first.last().copied(), 2);
    let third = list(&bench, &all, second.last().copied(), 2);
    let fourth = list(&bench, &all, third.last().copied(), 2);

    let newest_first: Vec<JobId> = ids_of_new(&batch).into_iter().rev().collect();
    assert_eq!([first, second, third].concat(), newest_first);
    assert!(fourth.is_empty());
}

pub fn a_page_may_begin_at_a_job_that_is_gone(harness: &dyn Harness) {
    let Some(bench) = Bench::promising(harness, |can| can.records) else { return };
    let older = bench.enqueue(a_job("add"));
    let gone = a_job_id();
    bench.enqueue(a_job("add"));

    let listed = list(&bench, &Filter::default(), Some(gone), 10);

    assert_eq!(listed, [older]);
}

pub fn a_page_of_nothing_is_empty(harness: &dyn Harness) {
    let bench = Bench::open(harness);
    bench.enqueue(a_job("add"));

    assert!(list(&bench, &Filter::default(), None, 0).is_empty());
}

pub fn a_filter_restricts_by_state(harness: &dyn Harness) {
    let Some(bench) = Bench::promising(harness, |can| can.records) else { return };
    let failed = bench.ended(a_job("add"), failure("boom"));
    bench.ended(a_job("add"), success(b"12"));
    let waiting = bench.enqueue(a_job("add"));
    let filter = Filter { states: vec![State::Failed, State::Pending], ..Filter::default() };

    assert_eq!(list(&bench, &filter, None, 10), [waiting, failed]);
    assert_eq!(bench.inspect().count(&filter).unwrap(), [1, 0, 0, 1, 0]);
}

pub fn a_filter_restricts_by_task(harness: &dyn Harness) {
    let Some(bench) = Bench::promising(harness, |can| can.records) else { return };
    let add = bench.enqueue(a_job("add"));
    let mail = bench.enqueue(a_job("mail"));
    bench.enqueue(a_job("report"));
    let filter = Filter { tasks: vec![task("mail"), task("add"), task("none")], ..Filter::default() };

    assert_eq!(list(&bench, &filter, None, 10), [mail, add]);
    assert_eq!(bench.inspect().count(&filter).unwrap(), [2, 0, 0, 0, 0]);
}

pub fn a_filter_restricts_by_queue(harness: &dyn Harness) {
    let Some(bench) = Bench::promising(harness, |can| can.records) else { return };
    let a = bench.enqueue(a_job("add").queue("a"));
    bench.enqueue(a_job("add").queue("b"));
    let c = bench.enqueue(a_job("add").queue("c"));
    let filter = Filter { queues: vec![queue("a"), queue("c")], ..Filter::default() };

    assert_eq!(list(&bench, &filter, None, 10), [c, a]);
    assert_eq!(bench.inspect().count(&filter).unwrap(), [2, 0, 0, 0, 0]);
}

pub fn the_parts_of_a_filter_hold_together(harness: &dyn Harness) {
    let Some(bench) = Bench::promising(harness, |can| can.records) else { return };
    bench.ended(a_job("add").queue("a"), failure("boom"));
    bench.enqueue(a_job("mail").queue("a"));
    bench.enqueue(a_job("add").queue("b"));
    let wanted = bench.enqueue(a_job("add").queue("a"));
    let newer = bench.enqueue(a_job("add").queue("a"));
    let filter = Filter { states: vec![State::Pending], tasks: vec![task("add")], queues: vec![queue("a")] };

    assert_eq!(list(&bench, &filter, Some(newer), 10), [wanted]);
    assert_eq!(bench.inspect().count(&filter).unwrap(), [2, 0, 0, 0, 0]);
}

pub fn counts_come_in_the_order_of_the_states(harness: &dyn Harness) {
    let Some(bench) = Bench::promising(harness, |can| can.records) else { return };
    bench.ended(a_job("add"), success(b"12"));
    bench.ended(a_job("add"), failure("boom"));
    bench.ended(a_job("add"), failure("boom"));
    bench.running(a_job("add"));
    let cancelled = bench.enqueue(a_job("add"));
    bench.cancel(cancelled);
    bench.jobs().enqueue(&jobs("add", 4)).unwrap();

    assert_eq!(bench.inspect().count(&Filter::default()).unwrap(), [4, 1, 1, 2, 1]);
}

pub fn queues_tell_what_waits_and_runs_in_them(harness: &dyn Harness) {
    let Some(bench) = Bench::in_fake_time(harness, |can| can.delays && can.records) else { return };
    bench.running(a_job("add").queue("b"));
    bench.ended(a_job("add").queue("c"), success(b"12"));
    bench.enqueue(a_job("add").queue("a").due_in(Duration::from_mins(1)));
    bench.enqueue(a_job("add").queue("a").priority(9).due_at(bench.now() - Duration::from_secs(5)));

    let queues = bench.inspect().queues().unwrap();

    let oldest = Some(bench.now() - Duration::from_secs(5));
    let told =
        queues.into_iter().map(|told| (told.queue, told.pending, told.running, told.oldest, told.paused));
    let expected =
        [(queue("a"), 2, 0, oldest, false), (queue("b"), 0, 1, None, false), (queue("c"), 0, 0, None, false)];
    assert_eq!(told.collect::<Vec<_>>(), expected);
}

pub fn queues_tell_how_fast_jobs_come_and_go(harness: &dyn Harness) {
    let Some(bench) = Bench::in_fake_time(harness, |can| can.records) else { return };
    let pace = |bench: &Bench| {
        let queues = bench.inspect().queues().unwrap();
        queues.into_iter().map(|told| told.pace).collect::<Option<Vec<Pace>>>()
    };
    bench.ended(a_job("add").queue("a"), success(b"12"));
    bench.advance(Duration::from_secs(30));
    bench.ended(a_job("add").queue("a"), failure("boom"));
    bench.running(a_job("add").queue("b"));

    // Where there is no quick way to tell, nothing is told.
    let Some(at_first) = pace(&bench) else { return };
    bench.advance(Duration::from_secs(31));
    let later = pace(&bench);

    assert_eq!(at_first, [Pace { made: 2, ended: 2 }, Pace { made: 1, ended: 0 }]);
    assert_eq!(later.unwrap().iter().map(|pace| pace.ended).collect::<Vec<_>>(), [1, 0]);
}

pub fn attempts_come_oldest_first(harness: &dyn Harness) {
    let bench = Bench::open(harness);
    let id = bench.ended(a_job("add"), failure("first"));
    bench.retry(id);
    bench.end(&bench.claim(), failure("second"));

    let told: Vec<_> = bench
        .attempts(id)
        .into_iter()
        .map(|attempt| (attempt.lease.0, attempt.number, attempt.error.message))
        .collect();

    assert_eq!(told, [(1, 1, "first".to_owned()), (2, 2, "second".to_owned())]);
}

fn list(bench: &Bench, filter: &Filter, before: Option<JobId>, limit: usize) -> Vec<JobId> {
    ids(&bench.inspect().list(filter, &Page { before, limit }).unwrap())
}
