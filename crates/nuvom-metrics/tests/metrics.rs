//! What is counted is what was told, and names that come with jobs cannot make it grow.
#![allow(clippy::unwrap_used, reason = "all of this is test code, where a panic is the report")]
#![allow(clippy::float_cmp, reason = "counts are whole numbers")]

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;

use nuvom_core::ports::QueueCounts;
use nuvom_core::{Clock, Ending, Error, ErrorKind, Event, Lease, QueueName, Result, State, TaskName};
use nuvom_metrics::{About, FAMILIES, MOST_HOOKS, MOST_QUEUES, Metrics, PoolGauges, Snapshot, Worker};
use nuvom_testkit::{FakeClock, builders};
use proptest::prelude::*;

fn task(name: &str) -> TaskName {
    TaskName::new(name).unwrap()
}

fn ended(name: &str, queue: &str, state: State, ending: Option<Ending>) -> Event {
    Event::Ended {
        id: builders::a_job(name).build().id,
        lease: Lease(1),
        task: task(name),
        queue: QueueName::new(queue).unwrap(),
        attempt: 1,
        state,
        ending,
        waited: Duration::from_millis(20),
        took: Duration::from_secs(2),
        error: None,
    }
}

fn reaped(name: &str, state: State) -> Event {
    let (id, queue) = (builders::a_job(name).build().id, QueueName::new("default").unwrap());
    Event::Reaped { id, lease: Lease(1), task: task(name), queue, state }
}

/// Metrics of a project with the tasks `add` and `send`.
fn metrics() -> Metrics {
    Metrics::new(FakeClock::new(), |task| matches!(task.as_str(), "add" | "send"))
}

fn counted(events: &[Event]) -> Snapshot {
    let metrics = metrics();
    metrics.count(events);
    metrics.snapshot()
}

#[test]
fn an_end_is_counted_by_task_queue_state_and_outcome() {
    let told = counted(&[
        ended("add", "default", State::Success, None),
        ended("add", "default", State::Success, None),
        ended("add", "mail", State::Failed, Some(Ending::TimedOut)),
        ended("send", "mail", State::Cancelled, Some(Ending::Cancelled)),
    ]);

    let add = |queue, state, outcome| {
        let labels = [("task", "add"), ("queue", queue), ("state", state), ("outcome", outcome)];
        told.sum("nuvom_jobs_total", &labels)
    };
    assert_eq!(add("default", "SUCCESS", "succeeded"), 2.0);
    assert_eq!(add("mail", "FAILED", "timed_out"), 1.0);
    assert_eq!(told.sum("nuvom_jobs_total", &[("task", "send"), ("state", "CANCELLED")]), 1.0);
    assert_eq!(told.sum("nuvom_jobs_total", &[]), 4.0);
}

#[test]
fn an_attempt_that_is_followed_by_another_is_no_end() {
    let told = counted(&[
        ended("add", "default", State::Pending, Some(Ending::Failed)),
        ended("add", "default", State::Pending, Some(Ending::HandedBack)),
        ended("add", "default", State::Pending, Some(Ending::Lost)),
        reaped("add", State::Pending),
    ]);

    assert_eq!(told.sum("nuvom_jobs_total", &[]), 0.0);
    assert_eq!(told.sum("nuvom_retries_total", &[("outcome", "failed")]), 1.0);
    assert_eq!(told.sum("nuvom_hand_backs_total", &[("task", "add")]), 1.0);
    assert_eq!(told.sum("nuvom_losses_total", &[("holder", "child")]), 1.0);
    assert_eq!(told.sum("nuvom_losses_total", &[("holder", "worker")]), 1.0);
}

#[test]
fn the_last_loss_of_a_job_is_its_end() {
    let told =
        counted(&[ended("add", "default", State::Failed, Some(Ending::Lost)), reaped("send", State::Failed)]);

    let lost = [("state", "FAILED"), ("outcome", "lost")];
    assert_eq!(told.sum("nuvom_jobs_total", &lost), 2.0);
    assert_eq!(told.sum("nuvom_losses_total", &[]), 2.0);
}

#[test]
fn run_and_wait_are_counted_by_size_for_attempts_that_came_to_an_end() {
    let told = counted(&[
        ended("add", "default", State::Success, None),
        ended("add", "default", State::Pending, Some(Ending::Failed)),
        ended("add", "default", State::Pending, Some(Ending::HandedBack)),
    ]);

    let add = [("task", "add")];
    assert_eq!(told.sum("nuvom_job_run_seconds_count", &add), 2.0);
    assert_eq!(told.sum("nuvom_job_run_seconds_sum", &add), 4.0);
    assert_eq!(told.sum("nuvom_job_run_seconds_bucket", &[("task", "add"), ("le", "1.0")]), 0.0);
    assert_eq!(told.sum("nuvom_job_run_seconds_bucket", &[("task", "add"), ("le", "2.5")]), 2.0);
    assert_eq!(told.sum("nuvom_job_wait_seconds_bucket", &[("task", "add"), ("le", "0.025")]), 2.0);
    assert_eq!(told.sum("nuvom_job_wait_seconds_bucket", &[("task", "add"), ("le", "0.01")]), 0.0);
}

#[test]
fn other_events_add_to_their_counters() {
    let id = builders::a_job("add").build().id;
    let told = counted(&[
        Event::Claimed { count: 7 },
        Event::Renewed { count: 3 },
        Event::Pruned { count: 2 },
        Event::Stale { id, lease: Lease(1) },
        Event::LeaseLost { id, lease: Lease(1) },
        Event::Stuck { id, lease: Lease(1), task: task("add"), stack: String::new() },
        Event::ChildDied { pid: 1, death: "killed".to_owned(), lost: 1 },
        Event::ChildRetired { pid: 2, jobs: 3, rss: None },
    ]);

    let total = |name: &str| told.sum(&format!("nuvom_{name}_total"), &[]);
    assert_eq!([total("claims"), total("lease_renewals"), total("pruned_jobs")], [7.0, 3.0, 2.0]);
    assert_eq!([total("stale_ends"), total("leases_lost"), total("stuck_attempts")], [1.0; 3]);
    assert_eq!([total("children_died"), total("children_retired")], [1.0; 2]);
}

#[test]
fn a_call_to_a_store_is_counted_with_its_time_and_its_error() {
    let call = |failed| Event::StoreCalled {
        store: "jobs",
        operation: "exchange",
        took: Duration::from_millis(3),
        failed,
    };
    let told = counted(&[call(false), call(true)]);

    let exchange = [("store", "jobs"), ("operation", "exchange")];
    assert_eq!(told.sum("nuvom_store_call_seconds_count", &exchange), 2.0);
    assert_eq!(told.sum("nuvom_store_errors_total", &exchange), 1.0);
}

#[test]
fn a_fired_tick_is_counted_with_its_jobs_and_what_was_missed() {
    let fired = |jobs, missed, skipped| Event::TickFired {
        schedule: builders::schedule_id("nightly"),
        task: task("add"),
        queue: QueueName::new("default").unwrap(),
        tick: FakeClock::new().now(),
        jobs,
        missed,
        skipped,
        late: Duration::from_millis(2),
    };
    let error = Error::new(ErrorKind::Invalid, "no rule");

    let broken = Event::ScheduleBroken { schedule: builders::schedule_id("nightly"), error };
    let told = counted(&[fired(1, 5, 0), fired(0, 0, 2), broken]);

    let ticks = |outcome| told.sum("nuvom_schedule_ticks_total", &[("outcome", outcome)]);
    assert_eq!([ticks("fired"), ticks("missed"), ticks("skipped")], [1.0, 5.0, 2.0]);
    assert_eq!(told.sum("nuvom_scheduled_jobs_total", &[("task", "add"), ("queue", "default")]), 1.0);
    assert_eq!(told.sum("nuvom_schedule_late_seconds_count", &[]), 2.0);
    assert_eq!(told.sum("nuvom_schedules_broken_total", &[]), 1.0);
}

#[test]
fn ten_thousand_names_that_no_code_knows_share_one_series() {
    let events: Vec<Event> = (0..10_000)
        .map(|number| ended(&format!("name-{number}"), &format!("queue-{number}"), State::Success, None))
        .collect();
    let before = counted(&events[..1]).len();

    let told = counted(&events);

    assert_eq!(told.sum("nuvom_jobs_total", &[("task", "other")]), 10_000.0);
    assert!(told.len() <= before + MOST_QUEUES, "{} series", told.len());
}

#[test]
fn a_name_that_looks_like_the_rest_is_counted_with_the_rest() {
    let metrics = Metrics::new(FakeClock::new(), |_| true);

    metrics
        .count(&[ended("other", "other", State::Success, None), ended("add", "other", State::Success, None)]);

    let told = metrics.snapshot();
    assert_eq!(told.sum("nuvom_jobs_total", &[("task", "other"), ("queue", "other")]), 1.0);
    assert_eq!(told.sum("nuvom_jobs_total", &[("queue", "other")]), 2.0);
}

#[test]
fn hooks_are_counted_by_plugin_and_not_without_bound() {
    let metrics = metrics();
    metrics.hook_failed("audit", "before_job");
    metrics.hook_slow("audit", "before_job");
    (0..1_000).for_each(|number| metrics.hook_failed(&number.to_string(), "after_job"));

    let told = metrics.snapshot();
    let audit = [("plugin", "audit"), ("hook", "before_job")];
    assert_eq!(told.sum("nuvom_hook_failures_total", &audit), 1.0);
    assert_eq!(told.sum("nuvom_slow_hooks_total", &audit), 1.0);
    assert_eq!(told.sum("nuvom_hook_failures_total", &[]), 1_001.0);
    let rest = 1_001 - MOST_HOOKS;
    assert_eq!(told.sum("nuvom_hook_failures_total", &[("plugin", "other")]), rest as f64);
}

/// A worker whose store has these queues, or fails.
struct Scripted {
    queues: Result<Vec<QueueCounts>, ErrorKind>,
    asked: AtomicUsize,
    healthy: bool,
}

impl Worker for Scripted {
    fn pools(&self) -> Vec<PoolGauges> {
        vec![PoolGauges { name: "threads", slots: 4, running: 3, queued: 2, stuck: 1 }]
    }

    fn queues(&self) -> Result<Vec<QueueCounts>> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        self.queues.clone().map_err(|kind| Error::new(kind, "no answer"))
    }

    fn is_healthy(&self) -> bool {
        self.healthy
    }
}

/// Metrics that look at such a worker, with its clock.
fn watching(queues: Result<Vec<QueueCounts>, ErrorKind>) -> (Metrics, Arc<Scripted>, Arc<FakeClock>) {
    let clock = FakeClock::new();
    let metrics = Metrics::new(Arc::clone(&clock) as _, |_| true);
    let worker = Arc::new(Scripted { queues, asked: AtomicUsize::new(0), healthy: true });
    let about = About { worker: "w-1".to_owned(), version: "1.2".to_owned(), environment: "prod".to_owned() };
    let watched: Arc<dyn Worker> = Arc::clone(&worker) as _;
    metrics.watch(about, Arc::downgrade(&watched));
    (metrics, worker, clock)
}

fn queue(name: &str, pending: u64, clock: &FakeClock) -> QueueCounts {
    let oldest = Some(clock.now());
    QueueCounts {
        queue: QueueName::new(name).unwrap(),
        pending,
        running: 1,
        oldest,
        paused: false,
        pace: None,
    }
}

#[test]
fn the_worker_is_told_with_its_pools() {
    let (metrics, _worker, _) = watching(Ok(Vec::new()));

    let told = metrics.snapshot();

    let info = [("worker", "w-1"), ("version", "1.2"), ("environment", "prod")];
    assert_eq!(told.sum("nuvom_worker_info", &info), 1.0);
    assert_eq!(told.sum("nuvom_worker_healthy", &[]), 1.0);
    let pool = |what: &str| told.sum(&format!("nuvom_pool_{what}"), &[("pool", "threads")]);
    assert_eq!([pool("slots"), pool("running"), pool("queued"), pool("stuck")], [4.0, 3.0, 2.0, 1.0]);
}

#[test]
fn a_worker_that_is_gone_is_not_healthy() {
    let (metrics, worker, _) = watching(Ok(Vec::new()));
    drop(worker);

    assert!(!metrics.is_healthy());
    assert_eq!(metrics.snapshot().sum("nuvom_worker_healthy", &[]), 0.0);
}

#[test]
fn queues_are_told_with_their_depth_and_the_age_of_their_oldest_job() {
    let clock = FakeClock::new();
    let (metrics, _worker, own) = watching(Ok(vec![queue("mail", 5, &clock)]));
    own.advance(Duration::from_secs(90));

    let told = metrics.snapshot();

    assert_eq!(told.sum("nuvom_queue_jobs", &[("queue", "mail"), ("state", "waiting")]), 5.0);
    assert_eq!(told.sum("nuvom_queue_jobs", &[("queue", "mail"), ("state", "running")]), 1.0);
    assert_eq!(told.sum("nuvom_queue_oldest_seconds", &[("queue", "mail")]), 90.0);
    assert_eq!(told.sum("nuvom_queues_readable", &[]), 1.0);
}

#[test]
fn many_queues_are_told_as_a_bounded_number_that_still_adds_up() {
    let clock = FakeClock::new();
    let queues = (0..5_000).map(|number| queue(&format!("q{number}"), 2, &clock)).collect();
    let (metrics, _worker, _) = watching(Ok(queues));

    let told = metrics.snapshot();

    assert_eq!(told.sum("nuvom_queue_jobs", &[("state", "waiting")]), 10_000.0);
    assert!(told.len() < 4 * MOST_QUEUES, "{} series", told.len());
}

#[test]
fn the_store_is_asked_at_most_once_a_second() {
    let (metrics, worker, clock) = watching(Ok(Vec::new()));

    (0..10).for_each(|_| drop(metrics.snapshot()));
    assert_eq!(worker.asked.load(Ordering::Relaxed), 1);

    clock.advance(Duration::from_secs(1));
    metrics.snapshot();
    assert_eq!(worker.asked.load(Ordering::Relaxed), 2);
}

#[test]
fn a_store_that_does_not_answer_is_told_and_spoils_nothing_else() {
    let (metrics, _worker, _) = watching(Err(ErrorKind::Unavailable));
    metrics.count(&[ended("add", "default", State::Success, None)]);

    let told = metrics.snapshot();

    assert_eq!(told.sum("nuvom_queues_readable", &[]), 0.0);
    assert_eq!(told.sum("nuvom_queue_jobs", &[]), 0.0);
    assert_eq!(told.sum("nuvom_jobs_total", &[]), 1.0);
}

#[test]
fn before_there_is_a_worker_there_are_metrics_already() {
    let metrics = metrics();

    let page = metrics.openmetrics();

    assert!(page.contains("\nnuvom_worker_healthy 0\n"), "{page}");
    assert!(page.ends_with("# EOF\n"));
    assert_eq!(page.lines().filter(|line| line.starts_with("# TYPE ")).count(), FAMILIES.len());
    let nobody: Weak<Scripted> = Weak::new();
    metrics.watch(About::default(), nobody);
    assert!(!metrics.is_healthy());
}

fn any_event() -> impl Strategy<Value = Event> {
    let tasks = prop_oneof![Just("add"), Just("send"), Just("unknown")];
    let ends = prop_oneof![
        Just((State::Success, None)),
        Just((State::Success, Some(Ending::TimedOut))),
        Just((State::Failed, Some(Ending::Failed))),
        Just((State::Failed, Some(Ending::Lost))),
        Just((State::Pending, Some(Ending::Failed))),
        Just((State::Pending, Some(Ending::Lost))),
        Just((State::Pending, Some(Ending::HandedBack))),
        Just((State::Cancelled, Some(Ending::Cancelled))),
    ];
    (tasks, prop_oneof![Just("default"), Just("mail")], ends)
        .prop_map(|(task, queue, (state, ending))| ended(task, queue, state, ending))
}

proptest! {
    /// Every end is told once: as the end of its job, a retry, a loss that is repeated, or a hand-back.
    #[test]
    fn counters_add_up_to_the_events(events in prop::collection::vec(any_event(), 0..200)) {
        let told = counted(&events);

        let is = |wanted: fn(State, Option<Ending>) -> bool| {
            let found = events.iter().filter(|event| {
                matches!(event, Event::Ended { state, ending, .. } if wanted(*state, *ending))
            });
            found.count() as f64
        };
        prop_assert_eq!(told.sum("nuvom_jobs_total", &[]), is(|state, _| state.is_terminal()));
        let retried = |state, ending| state == State::Pending && ending == Some(Ending::Failed);
        prop_assert_eq!(told.sum("nuvom_retries_total", &[]), is(retried));
        prop_assert_eq!(told.sum("nuvom_losses_total", &[]), is(|_, ending| ending == Some(Ending::Lost)));
        let handed_back = |_, ending| ending == Some(Ending::HandedBack);
        prop_assert_eq!(told.sum("nuvom_hand_backs_total", &[]), is(handed_back));
        let ran = |_, ending| !matches!(ending, Some(Ending::HandedBack | Ending::Lost));
        prop_assert_eq!(told.sum("nuvom_job_run_seconds_count", &[]), is(ran));
        prop_assert_eq!(told.sum("nuvom_job_wait_seconds_count", &[]), is(ran));
    }
}
