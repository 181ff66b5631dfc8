//! What holds for one caller holds for many at once: each job has one holder, each end one winner.

use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Barrier, Mutex};

use nuvom_core::ports::{Cancelled, Committed, Ended, Enqueued, Filter};
use nuvom_core::{End, JobId, QueueBound, State};

use super::Harness;
use super::bench::{Bench, LEASE, end_of, ids, ids_of_new, wish};
use super::fire::fire_one;
use crate::builders::{a_schedule, jobs, queue, success, written};

/// More than this machine has cores, so that threads are also cut off in the middle.
const THREADS: usize = 6;
/// Enough for every thread to meet every other.
const JOBS: usize = 300;

pub fn a_job_is_claimed_by_one_worker_only(harness: &dyn Harness) {
    let bench = Bench::open(harness);
    bench.jobs().enqueue(&jobs("add", JOBS)).unwrap();

    let mut claimed = at_once(|_| claim_until_empty(&bench)).concat();
    claimed.extend(claim_until_empty(&bench));

    assert_eq!(claimed.len(), JOBS);
    assert_eq!(claimed.into_iter().collect::<HashSet<_>>().len(), JOBS);
}

pub fn workers_that_finish_while_they_claim_run_every_job_once(harness: &dyn Harness) {
    let bench = Bench::open(harness);
    bench.jobs().enqueue(&jobs("add", JOBS)).unwrap();

    let mut finished: usize = at_once(|_| work_until_empty(&bench)).iter().sum();
    finished += work_until_empty(&bench);

    assert_eq!(finished, JOBS);
    assert_eq!(bench.inspect().count(&Filter::default()).unwrap(), [0, 0, JOBS as u64, 0, 0]);
}

pub fn an_id_is_accepted_from_one_client_only(harness: &dyn Harness) {
    let Some(bench) = Bench::promising(harness, |can| can.records) else { return };
    let batch = jobs("add", JOBS);

    let answers = at_once(|_| bench.jobs().enqueue(&batch).unwrap()).concat();

    assert_eq!(answers.iter().filter(|answer| **answer == Enqueued::New).count(), JOBS);
    assert_eq!(bench.inspect().count(&Filter::default()).unwrap(), [JOBS as u64, 0, 0, 0, 0]);
}

pub fn many_clients_fill_a_queue_up_to_its_bound_and_not_beyond(harness: &dyn Harness) {
    let Some(bench) = Bench::promising(harness, |can| can.records) else { return };
    let bound = QueueBound::new(JOBS as u64);
    let batches: Vec<_> = (0..THREADS).map(|_| jobs("add", JOBS / 2)).collect();

    let entered = at_once(|thread| {
        let enter = |job| bench.jobs().enqueue_within(std::slice::from_ref(job), bound);
        batches[thread].iter().filter(|job| enter(job).is_ok()).count()
    });

    assert_eq!(entered.iter().sum::<usize>(), JOBS);
    assert_eq!(bench.inspect().count(&Filter::default()).unwrap(), [JOBS as u64, 0, 0, 0, 0]);
}

pub fn a_finish_and_a_reaper_never_both_win(harness: &dyn Harness) {
    let Some(bench) = Bench::in_fake_time(harness, |can| can.leases) else { return };
    bench.jobs().enqueue(&jobs("add", JOBS)).unwrap();
    let running = bench.claim_up_to(JOBS);
    bench.advance(LEASE);

    let (applied, reaped) = (Mutex::new(HashSet::new()), Mutex::new(HashSet::new()));
    at_once(|thread| {
        if thread % 2 == 0 {
            reap_until_empty(&bench, &reaped);
        } else {
            for job in &running {
                if bench.end(job, success(b"12")) == Ended::Applied(State::Success) {
                    assert!(applied.lock().unwrap().insert(job.id), "{} ended twice", job.id);
                }
            }
        }
    });

    let (applied, reaped) = (applied.into_inner().unwrap(), reaped.into_inner().unwrap());
    assert!(applied.is_disjoint(&reaped));
    assert_eq!(applied.len() + reaped.len(), JOBS);
    assert!(bench.results().get(&Vec::from_iter(reaped)).unwrap().iter().all(Option::is_none));
}

pub fn a_lost_job_is_reaped_by_one_reaper_only(harness: &dyn Harness) {
    let Some(bench) = Bench::in_fake_time(harness, |can| can.leases) else { return };
    bench.jobs().enqueue(&jobs("add", JOBS)).unwrap();
    let running = bench.claim_up_to(JOBS);
    bench.advance(LEASE);

    let reaped = Mutex::new(HashSet::new());
    at_once(|_| reap_until_empty(&bench, &reaped));

    let records = bench.inspect().jobs(&ids(&running)).unwrap();
    assert_eq!(reaped.into_inner().unwrap().len(), JOBS);
    assert!(records.into_iter().flatten().all(|job| job.losses == 1));
}

pub fn a_cancelled_job_was_never_claimed(harness: &dyn Harness) {
    let Some(bench) = Bench::promising(harness, |can| can.records) else { return };
    let batch = jobs("add", JOBS);
    bench.jobs().enqueue(&batch).unwrap();

    let answers = at_once(|thread| {
        if thread % 2 == 0 {
            (claim_until_empty(&bench), Vec::new())
        } else {
            let all = ids_of_new(&batch);
            (Vec::new(), all.into_iter().rev().filter(|id| bench.cancel(*id) == Cancelled::Done).collect())
        }
    });

    let (claimed, cancelled): (Vec<_>, Vec<_>) = answers.into_iter().unzip();
    let (claimed, cancelled) = (claimed.concat(), cancelled.concat());
    let unique: HashSet<JobId> = claimed.iter().chain(&cancelled).copied().collect();
    assert_eq!((claimed.len() + cancelled.len(), unique.len()), (JOBS, JOBS));
}

pub fn no_claim_that_begins_after_a_pause_takes_from_its_queue(harness: &dyn Harness) {
    let Some(bench) = Bench::promising(harness, |can| can.pausing && can.records) else { return };
    bench.jobs().enqueue(&jobs("add", JOBS)).unwrap();
    let queues = [queue("default")];
    let is_paused = AtomicBool::new(false);

    let claimed_late = at_once(|thread| {
        if thread == 0 {
            let paused = bench.jobs().pause(&queues, true);
            is_paused.store(true, Ordering::SeqCst);
            assert_eq!(paused.unwrap(), [true]);
            return 0;
        }
        loop {
            let is_late = is_paused.load(Ordering::SeqCst);
            let claimed = bench.claim_up_to(1).len();
            if is_late {
                return claimed;
            }
        }
    });

    assert_eq!(claimed_late, [0; THREADS]);
    bench.jobs().pause(&queues, false).unwrap();
    let [pending, running, ..] = bench.inspect().count(&Filter::default()).unwrap();
    assert_eq!((claim_until_empty(&bench).len() as u64, pending + running), (pending, JOBS as u64));
}

pub fn a_tick_is_fired_by_one_scheduler_only(harness: &dyn Harness) {
    let Some(bench) = Bench::promising(harness, |can| can.records) else { return };
    let (schedule, tick) = (a_schedule("report", bench.now()), bench.now());
    bench.schedules().commit(&[written(schedule.clone())]).unwrap();

    let answers = at_once(|_| bench.schedules().commit(&[fire_one(&schedule, tick)]).unwrap());

    assert_eq!(answers.concat().into_iter().filter(|answer| *answer == Committed::Done).count(), 1);
    assert_eq!(bench.inspect().count(&Filter::default()).unwrap(), [1, 0, 0, 0, 0]);
}

pub fn two_openings_never_claim_the_same_job(harness: &dyn Harness) {
    let Some(bench) = Bench::promising(harness, |can| can.cross_process) else { return };
    let other = bench.beside(harness);
    bench.jobs().enqueue(&jobs("add", JOBS)).unwrap();

    let mut claimed =
        at_once(|thread| claim_until_empty(if thread % 2 == 0 { &bench } else { &other })).concat();
    claimed.extend(claim_until_empty(&bench));

    assert_eq!(claimed.len(), JOBS);
    assert_eq!(claimed.into_iter().collect::<HashSet<_>>().len(), JOBS);
}

/// Runs the same on several threads that start together.
fn at_once<T: Send>(run: impl Fn(usize) -> T + Sync) -> Vec<T> {
    let (start, run) = (Barrier::new(THREADS), &run);
    std::thread::scope(|scope| {
        let start = &start;
        let begin = |thread| {
            move || {
                start.wait();
                run(thread)
            }
        };
        let threads: Vec<_> = (0..THREADS).map(|thread| scope.spawn(begin(thread))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    })
}

fn claim_until_empty(bench: &Bench) -> Vec<JobId> {
    let batches = std::iter::from_fn(|| Some(bench.claim_up_to(3)).filter(|jobs| !jobs.is_empty()));
    batches.flat_map(|jobs| ids(&jobs)).collect()
}

fn work_until_empty(bench: &Bench) -> usize {
    let (mut ends, mut finished) = (Vec::<End>::new(), 0);
    loop {
        let answer = bench.exchange(&ends, Some(&wish(3)));
        finished += answer.ended.iter().filter(|end| **end == Ended::Applied(State::Success)).count();
        ends = answer.claimed.iter().map(|job| end_of(job, success(b"12"))).collect();
        if ends.is_empty() {
            return finished;
        }
    }
}

fn reap_until_empty(bench: &Bench, reaped: &Mutex<HashSet<JobId>>) {
    let batches = std::iter::from_fn(|| {
        let batch = bench.jobs().reap(5).unwrap();
        Some(batch).filter(|batch| !batch.is_empty())
    });
    for lost in batches.flatten() {
        assert!(reaped.lock().unwrap().insert(lost.held.id), "{} reaped twice", lost.held.id);
    }
}
