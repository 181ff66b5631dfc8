//! The bench that engine tests stand on: a store, a clock, a scripted executor and the events of a worker.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use nuvom_core::ports::{Cancelled, Claim, StoredResult, Stores};
use nuvom_core::{
    Attempt, End, Event, EventSink, HandBack, Held, Job, JobId, NewJob, Outcome, Retention, State,
};
use nuvom_engine::{Duties, Executor, Interrupt, Load, Outcomes, Pools, Worker, WorkerConfig};
use nuvom_memory::MemoryStore;
use nuvom_testkit::faulty::{Faults, faulty};
use nuvom_testkit::{FakeClock, Probe, builders};

pub(crate) const LEASE: Duration = Duration::from_secs(30);
pub(crate) const BEAT: Duration = Duration::from_secs(10);

/// So long that nothing happens in a test because it has passed: whatever moves was woken.
pub(crate) const NEVER: Duration = Duration::from_hours(1);

/// So short that a stop goes on to its next phase at once.
pub(crate) const AT_ONCE: Duration = Duration::from_millis(1);

pub(crate) fn config() -> WorkerConfig {
    WorkerConfig {
        worker: builders::worker("worker-1"),
        host: "alpha".into(),
        queues: Vec::new(),
        lease: LEASE,
        beat: BEAT,
        reap: Duration::from_secs(5),
        batch: 100,
        poll: NEVER,
        retention: Retention::default(),
        prune: NEVER,
        // It bounds the longest sleep, which is not to be seen here either.
        watchdog: 4 * NEVER,
        stop_grace: NEVER,
        cut_grace: NEVER,
    }
}

/// The longest time that is shorter than this one, as stores count.
pub(crate) fn just_under(span: Duration) -> Duration {
    span.saturating_sub(Duration::from_micros(1))
}

/// A store with its clock, a worker's executor and its events.
pub(crate) struct Bench {
    pub(crate) clock: Arc<FakeClock>,
    pub(crate) stores: Stores,
    /// The same store without faults, to arrange and to look.
    pub(crate) truth: Stores,
    pub(crate) faults: Arc<Faults>,
    pub(crate) executor: Arc<ScriptedExecutor>,
    pub(crate) events: Arc<Events>,
    pub(crate) config: WorkerConfig,
}

impl Bench {
    pub(crate) fn with(executor: ScriptedExecutor) -> Self {
        let clock = FakeClock::new();
        let truth = MemoryStore::new(Arc::clone(&clock) as _).stores();
        let (stores, faults) = faulty(truth.clone());
        let (executor, events) = (Arc::new(executor), Arc::default());
        Self { clock, stores, truth, faults, executor, events, config: config() }
    }

    /// A bench whose results have a store of their own.
    pub(crate) fn with_results_apart(executor: ScriptedExecutor) -> Self {
        let mut bench = Self::with(executor);
        bench.truth.results = MemoryStore::new(Arc::clone(&bench.clock) as _).stores().results;
        bench.truth.joint_results = false;
        (bench.stores, bench.faults) = faulty(bench.truth.clone());
        bench
    }

    pub(crate) fn duties(&self) -> Duties {
        self.duties_with(Arc::clone(&self.executor))
    }

    /// The duties of a worker with these pools.
    pub(crate) fn duties_with(&self, pools: impl Into<Pools>) -> Duties {
        let (clock, events) = (Arc::clone(&self.clock), Arc::clone(&self.events));
        Duties::assemble(self.config.clone(), self.stores.clone(), clock, pools, events)
    }

    pub(crate) fn worker(&self) -> Worker {
        self.duties().start().unwrap()
    }

    pub(crate) fn enqueue(&self, job: impl Into<NewJob>) -> JobId {
        let job = job.into();
        self.truth.jobs.enqueue(std::slice::from_ref(&job)).unwrap();
        job.id
    }

    pub(crate) fn enqueue_many(&self, count: usize) -> Vec<JobId> {
        let jobs = builders::jobs("add", count);
        self.truth.jobs.enqueue(&jobs).unwrap();
        jobs.iter().map(|job| job.id).collect()
    }

    pub(crate) fn job(&self, id: JobId) -> Job {
        self.truth.inspect.jobs(&[id]).unwrap().remove(0).expect("the job is known")
    }

    pub(crate) fn state(&self, id: JobId) -> State {
        self.job(id).state
    }

    pub(crate) fn states(&self, ids: &[JobId]) -> Vec<State> {
        self.truth.inspect.states(ids).unwrap().into_iter().flatten().collect()
    }

    pub(crate) fn count(&self, ids: &[JobId], state: State) -> usize {
        self.states(ids).into_iter().filter(|found| *found == state).count()
    }

    pub(crate) fn attempts(&self, id: JobId) -> Vec<Attempt> {
        self.truth.inspect.attempts(id).unwrap()
    }

    pub(crate) fn result(&self, id: JobId) -> Option<StoredResult> {
        self.truth.results.get(&[id]).unwrap().remove(0)
    }

    pub(crate) fn cancel(&self, id: JobId) -> Cancelled {
        self.truth.jobs.cancel(&[id]).unwrap().remove(0)
    }

    /// Claims the next job as another worker would.
    pub(crate) fn claim_elsewhere(&self) -> Job {
        let worker = builders::worker("worker-2");
        let claim = Claim { worker, queues: Vec::new(), limit: 1, shares: Vec::new(), lease_for: LEASE };
        self.truth.jobs.exchange(&[], Some(&claim)).unwrap().claimed.remove(0)
    }

    /// Lets every lease run out and gives the jobs back to their queue.
    pub(crate) fn lose_everything(&self) {
        self.clock.advance(LEASE);
        self.truth.jobs.reap(1_000).unwrap();
    }
}

/// Keeps events for tests to wait for.
#[derive(Default)]
pub(crate) struct Events(Probe<Event>);

impl EventSink for Events {
    fn emit(&self, events: Vec<Event>) {
        let signal = self.0.signal();
        for event in events {
            signal.send(event).unwrap();
        }
    }
}

impl Events {
    /// All events since the last look.
    pub(crate) fn seen(&self) -> Vec<Event> {
        self.0.seen()
    }

    /// Waits for an event, passing over others.
    pub(crate) fn expect<T>(&self, moment: &str, wanted: impl Fn(&Event) -> Option<T>) -> T {
        loop {
            if let Some(found) = wanted(&self.0.expect(moment)) {
                return found;
            }
        }
    }

    /// Waits until so many attempts have ended.
    pub(crate) fn expect_ends(&self, count: usize) {
        for _ in 0..count {
            self.expect("an end", |event| matches!(event, Event::Ended { .. }).then_some(()));
        }
    }

    /// Waits until a job has ended, and answers its state.
    pub(crate) fn expect_end(&self, job: JobId) -> State {
        self.expect("the end of a job", |event| match event {
            Event::Ended { id, state, .. } if *id == job => Some(*state),
            _ => None,
        })
    }
}

/// What a scripted executor does with a job when it starts: an outcome ends it at once, none lets it run
/// until the test ends it.
type Script = dyn Fn(&Job) -> Option<Outcome> + Send + Sync;

/// What a running attempt answers to an interrupt: none goes on as if nothing had happened.
type Answer = dyn Fn(Interrupt) -> Option<Outcome> + Send + Sync;

/// Runs nothing: attempts start, run and end as the test says.
pub(crate) struct ScriptedExecutor {
    slots: usize,
    threads: usize,
    script: Box<Script>,
    answer: Box<Answer>,
    isolates: bool,
    /// Guards what was submitted and has not ended.
    desk: Mutex<Desk>,
    pub(crate) started: Probe<JobId>,
    pub(crate) interrupted: Probe<(JobId, Interrupt)>,
    pub(crate) closed: Closed,
}

/// Whether the executor was closed.
#[derive(Default)]
pub(crate) struct Closed {
    closed: Mutex<bool>,
    changed: Condvar,
}

impl Closed {
    fn tell(&self) {
        *self.closed.lock().unwrap() = true;
        self.changed.notify_all();
    }

    /// Waits for it, but not longer than this.
    pub(crate) fn wait(&self, limit: Duration) {
        let closed = self.closed.lock().unwrap();
        drop(self.changed.wait_timeout_while(closed, limit, |closed| !*closed).unwrap());
    }
}

#[derive(Default)]
struct Desk {
    queued: VecDeque<Job>,
    running: Vec<Job>,
    stuck: Vec<End>,
    outcomes: Option<Arc<dyn Outcomes>>,
}

impl ScriptedExecutor {
    /// Attempts run until the test ends them, and end unharmed when they are interrupted.
    pub(crate) fn holding(slots: usize) -> Self {
        Self::scripted(slots, |_| None)
    }

    /// Every attempt succeeds at once.
    pub(crate) fn succeeding(slots: usize) -> Self {
        Self::scripted(slots, |_| Some(builders::success(b"value")))
    }

    pub(crate) fn scripted(
        slots: usize,
        script: impl Fn(&Job) -> Option<Outcome> + Send + Sync + 'static,
    ) -> Self {
        let obey = |why| match why {
            Interrupt::Cancel => Some(Outcome::Cancelled),
            Interrupt::LeaseLost | Interrupt::Stop => Some(Outcome::HandedBack { reason: HandBack::Stop }),
        };
        Self {
            slots,
            threads: slots,
            script: Box::new(script),
            answer: Box::new(obey),
            isolates: false,
            desk: Mutex::default(),
            started: Probe::new(),
            interrupted: Probe::new(),
            closed: Closed::default(),
        }
    }

    /// Attempts cannot be interrupted.
    pub(crate) fn stubborn(mut self) -> Self {
        self.answer = Box::new(|_| None);
        self
    }

    /// Each attempt has a process of its own.
    pub(crate) fn isolating(mut self) -> Self {
        self.isolates = true;
        self
    }

    /// Declares a running attempt stuck: this is what is to be reported if the worker goes away.
    pub(crate) fn gets_stuck(&self, id: JobId, outcome: Outcome) {
        let mut desk = self.desk();
        let job = desk.running.iter().find(|job| job.id == id).expect("the attempt runs");
        let end = End { id, lease: job.lease, outcome };
        desk.stuck.push(end);
    }

    /// Fewer attempts start than there are slots, as if the system were slow to start them.
    pub(crate) fn starting(mut self, threads: usize) -> Self {
        self.threads = threads;
        self
    }

    /// Ends a running attempt.
    pub(crate) fn end(&self, id: JobId, outcome: Outcome) {
        self.finish(id, outcome, false);
        self.go_on();
    }

    /// Ends all that runs.
    pub(crate) fn end_all(&self, outcome: &Outcome) {
        for id in self.running() {
            self.end(id, outcome.clone());
        }
    }

    pub(crate) fn running(&self) -> Vec<JobId> {
        self.desk().running.iter().map(|job| job.id).collect()
    }

    /// Starts what waits while threads are free.
    fn go_on(&self) {
        loop {
            let mut desk = self.desk();
            if desk.running.len() == self.threads {
                return;
            }
            let Some(job) = desk.queued.pop_front() else { return };
            desk.running.push(job.clone());
            let more = !desk.queued.is_empty();
            drop(desk);
            let _ = self.started.signal().send(job.id);
            if let Some(outcome) = (self.script)(&job) {
                self.finish(job.id, outcome, more);
            }
        }
    }

    fn finish(&self, id: JobId, outcome: Outcome, more: bool) {
        let mut desk = self.desk();
        let place = desk.running.iter().position(|job| job.id == id).expect("the attempt runs");
        let job = desk.running.swap_remove(place);
        let outcomes = Arc::clone(desk.outcomes.as_ref().expect("the executor was started"));
        drop(desk);
        outcomes.ended(End { id, lease: job.lease, outcome }, more);
    }

    fn desk(&self) -> MutexGuard<'_, Desk> {
        self.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Executor for ScriptedExecutor {
    fn start(&self, outcomes: Arc<dyn Outcomes>) {
        self.desk().outcomes = Some(outcomes);
    }

    fn slots(&self) -> usize {
        self.slots
    }

    fn load(&self) -> Load {
        let desk = self.desk();
        Load { queued: desk.queued.len(), running: desk.running.len() }
    }

    fn submit(&self, jobs: Vec<Job>) {
        self.desk().queued.extend(jobs);
        self.go_on();
    }

    fn recall(&self) -> Vec<Job> {
        self.desk().queued.drain(..).collect()
    }

    fn isolates(&self) -> bool {
        self.isolates
    }

    fn stuck(&self) -> Vec<End> {
        self.desk().stuck.clone()
    }

    fn interrupt(&self, held: &[Held], why: Interrupt) {
        // Whoever would do it has gone.
        if *self.closed.closed.lock().unwrap() {
            return;
        }
        for claim in held {
            let waiting = self.desk().queued.iter().position(|job| job.held() == *claim);
            if let Some(place) = waiting {
                self.desk().queued.remove(place);
                let outcomes = Arc::clone(self.desk().outcomes.as_ref().expect("the executor was started"));
                outcomes.ended(why.unstarted(*claim), false);
            }
            let runs = self.desk().running.iter().any(|job| job.held() == *claim);
            if !runs {
                continue;
            }
            let _ = self.interrupted.signal().send((claim.id, why));
            if let Some(outcome) = (self.answer)(why) {
                self.finish(claim.id, outcome, false);
            }
        }
    }

    fn close(&self) -> bool {
        self.closed.tell();
        self.desk().running.is_empty()
    }
}
