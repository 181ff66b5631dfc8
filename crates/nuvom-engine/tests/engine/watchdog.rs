//! A worker that only looks alive, and one whose attempts cannot be ended.

use std::sync::Mutex;
use std::sync::mpsc::channel;
use std::time::Duration;

use nuvom_core::{Ending, ErrorKind, Event, JobError, Outcome, State};
use nuvom_engine::{Duty, Exit, Service, Waking};
use nuvom_testkit::PATIENCE;
use nuvom_testkit::builders::{a_job, success};
use nuvom_testkit::faulty::{Fault, Method};

use crate::support::{Bench, NEVER, ScriptedExecutor};

/// A duty that is in one call until the test lets it go.
struct Hung(std::sync::mpsc::Sender<()>, std::sync::mpsc::Receiver<()>);

impl Duty for Hung {
    fn name(&self) -> &'static str {
        "hung"
    }

    fn run_once(&mut self) -> Duration {
        let _ = self.0.send(());
        let _ = self.1.recv();
        Duration::MAX
    }
}

#[test]
fn a_service_that_never_comes_back_from_a_call_is_told_once() {
    let bench = Bench::with(ScriptedExecutor::holding(1));
    let mut duties = bench.duties();
    let ((entered, inside), (release, held)) = (channel(), channel());
    let waking = Waking::new();
    let _service = Service::start(Hung(entered, held), waking.clone()).unwrap();
    inside.recv_timeout(PATIENCE).unwrap();
    duties.watchdog.watch("hung", waking);

    for _ in 0..30 {
        duties.watchdog.run_once();
    }

    let stalled =
        bench.events.seen().into_iter().filter(|event| matches!(event, Event::Stalled { duty: "hung", .. }));
    assert_eq!(stalled.count(), 1);
    release.send(()).unwrap();
}

#[test]
fn a_service_that_sleeps_is_no_cause_for_alarm() {
    let bench = Bench::with(ScriptedExecutor::holding(1));
    let mut duties = bench.duties();
    duties.watchdog.watch("asleep", Waking::new());

    for _ in 0..30 {
        duties.watchdog.run_once();
    }

    assert!(bench.events.seen().is_empty());
}

#[test]
fn one_that_should_not_sleep_long_is_watched_while_it_sleeps() {
    let bench = Bench::with(ScriptedExecutor::holding(1));
    let mut duties = bench.duties();
    duties.watchdog.watch_closely("asleep", Waking::new());

    for _ in 0..30 {
        duties.watchdog.run_once();
    }

    assert!(matches!(bench.events.seen()[..], [Event::Stalled { duty: "asleep", .. }]));
}

#[test]
fn a_worker_that_stalls_ends_by_itself_and_says_so() {
    let mut bench = Bench::with(ScriptedExecutor::holding(1));
    bench.config.watchdog = Duration::from_millis(10);
    bench.config.cut_grace = Duration::from_millis(1);
    let (release, held) = channel::<()>();
    let held = Mutex::new(held);
    // A store that does not come back from a call.
    bench.faults.set(move |call| {
        if call.method == Method::Exchange {
            let _ = held.lock().unwrap().recv();
        }
        Fault::None
    });
    let worker = bench.worker();

    bench.events.expect("the end of its patience", |event| {
        matches!(event, Event::Stalled { duty: "exchange", .. }).then_some(())
    });
    drop(release);

    assert_eq!(worker.wait(), Exit::Stalled);
}

/// A worker whose watchdog expects a sign of life in three of these.
const THIRD: Duration = Duration::from_millis(100);

#[test]
fn a_worker_with_nothing_to_do_gives_signs_of_life_more_often_than_its_watchdog_asks_for_them() {
    let mut bench = Bench::with(ScriptedExecutor::holding(1));
    bench.config.watchdog = 3 * THIRD;

    let sleep = bench.duties().exchange.run_once();

    assert_eq!((bench.config.poll, sleep), (NEVER, THIRD));
}

#[test]
fn a_worker_whose_store_is_away_is_not_ended_for_waiting_for_it() {
    let mut bench = Bench::with(ScriptedExecutor::holding(1));
    bench.config.watchdog = 3 * THIRD;
    bench.faults.fail(Method::Exchange, ErrorKind::Unavailable);
    let mut duties = bench.duties();

    let sleeps: Vec<Duration> = (0..10).map(|_| duties.exchange.run_once()).collect();

    assert_eq!(sleeps.iter().max(), Some(&THIRD));
}

#[test]
fn a_watchdog_that_is_patient_changes_no_sleep() {
    let mut bench = Bench::with(ScriptedExecutor::holding(1));
    bench.config.poll = Duration::from_secs(1);

    let sleep = bench.duties().exchange.run_once();

    assert!(sleep >= Duration::from_millis(900), "{sleep:?}");
}

fn timed_out() -> Outcome {
    Outcome::TimedOut { error: JobError::new("TimeLimitReached", "it ran too long") }
}

#[test]
fn as_many_stuck_attempts_as_slots_end_the_worker_and_count_as_timed_out() {
    let bench = Bench::with(ScriptedExecutor::holding(1).stubborn());
    let job = bench.enqueue(a_job("add"));
    let worker = bench.worker();
    bench.executor.started.expect("the start of the job");

    bench.executor.gets_stuck(job, timed_out());

    assert_eq!(worker.wait(), Exit::Stuck(1));
    assert_eq!((bench.state(job), bench.attempts(job)[0].ending), (State::Failed, Ending::TimedOut));
    assert!(bench.events.seen().iter().any(|event| matches!(event, Event::Overrun { stuck: 1 })));
}

#[test]
fn a_stop_does_not_wait_for_what_is_stuck() {
    let bench = Bench::with(ScriptedExecutor::holding(2).stubborn());
    let (job, other) = (bench.enqueue(a_job("add")), bench.enqueue(a_job("add")));
    let worker = bench.worker();
    bench.executor.started.expect("the first start");
    bench.executor.started.expect("the second start");
    bench.executor.gets_stuck(job, timed_out());

    worker.drain();
    bench.executor.end(other, success(b"value"));

    assert_eq!(worker.wait(), Exit::Stuck(1));
    assert_eq!((bench.state(job), bench.state(other)), (State::Failed, State::Success));
}

#[test]
fn what_is_stuck_when_a_stop_cuts_counts_as_timed_out_and_the_rest_goes_back() {
    let mut bench = Bench::with(ScriptedExecutor::holding(2).stubborn());
    bench.config.stop_grace = Duration::from_millis(1);
    bench.config.cut_grace = Duration::from_millis(1);
    let (job, other) = (bench.enqueue(a_job("add")), bench.enqueue(a_job("add")));
    let worker = bench.worker();
    bench.executor.started.expect("the first start");
    bench.executor.started.expect("the second start");
    bench.executor.gets_stuck(job, timed_out());

    worker.drain();
    worker.wait();

    assert_eq!((bench.state(job), bench.state(other)), (State::Failed, State::Pending));
    assert_eq!(bench.attempts(other)[0].ending, Ending::HandedBack);
}
