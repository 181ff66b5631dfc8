//! A store that fails when a test says so. It passes every call on to the store behind it, and asks a rule
//! before it does: what goes wrong is said where it is tested, not here.

use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use nuvom_core::ports::{
    Agenda, Cancelled, Claim, Committed, Damaged, Enqueued, Exchanged, Filter, Inspect, JobStore, Listed,
    Page, QueueCounts, Reaped, Renewal, ResultCapability, ResultStore, Revived, Roster, ScheduleStore,
    StoredResult, Stores, Subscription, Topic, Waker,
};
use nuvom_core::{
    Attempt, Capability, End, Error, ErrorKind, Held, Job, JobId, NewJob, QueueBound, QueueName, Result,
    Retention, Schedule, ScheduleChange, ScheduleId, State, Timestamp, WorkerName, WorkerReport,
};

/// A call to a port, as a rule sees it.
#[derive(Debug, Clone, Copy)]
pub struct Call<'a> {
    /// Its number among all calls to these stores, from 1.
    pub number: usize,
    /// The method.
    pub method: Method,
    /// The ends of an exchange.
    pub ends: &'a [End],
    /// The limit of an exchange's claim.
    pub limit: Option<usize>,
}

/// The methods of the ports that can fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "they are named after the methods")]
pub enum Method {
    Enqueue,
    Exchange,
    Renew,
    Reap,
    Cancel,
    Retry,
    Pause,
    Prune,
    Subscribe,
    Jobs,
    States,
    Attempts,
    List,
    Count,
    Queues,
    Damaged,
    Put,
    Get,
    ListResults,
    Delete,
    Commit,
    Find,
    ListSchedules,
    Agenda,
    RunOut,
    Report,
    Leave,
    ListWorkers,
}

/// What goes wrong with a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Fault {
    /// Nothing.
    #[default]
    None,
    /// It fails, and the store behind never heard of it.
    Before(ErrorKind),
    /// The store behind did it, and the answer was lost on the way.
    After(ErrorKind),
}

type Rule = dyn Fn(&Call<'_>) -> Fault + Send + Sync;

/// Says what fails. It also counts, and a rule may do more than decide: note the call, or hold it up.
pub struct Faults {
    calls: AtomicUsize,
    rule: Mutex<Arc<Rule>>,
}

impl Faults {
    /// From now on this rule decides. It runs on the thread of the call, which waits for it.
    pub fn set(&self, rule: impl Fn(&Call<'_>) -> Fault + Send + Sync + 'static) {
        *self.rule.lock().unwrap_or_else(PoisonError::into_inner) = Arc::new(rule);
    }

    /// From now on nothing fails.
    pub fn heal(&self) {
        self.set(|_| Fault::None);
    }

    /// From now on every call of this method fails.
    pub fn fail(&self, method: Method, kind: ErrorKind) {
        self.set(move |call| if call.method == method { Fault::Before(kind) } else { Fault::None });
    }

    /// How many calls were made.
    pub fn calls(&self) -> usize {
        self.calls.load(Ordering::SeqCst)
    }

    fn meet<T>(
        &self,
        method: Method,
        (ends, limit): (&[End], Option<usize>),
        go_on: impl FnOnce() -> Result<T>,
    ) -> Result<T> {
        let number = self.calls.fetch_add(1, Ordering::SeqCst) + 1;
        let rule = Arc::clone(&self.rule.lock().unwrap_or_else(PoisonError::into_inner));
        match rule(&Call { number, method, ends, limit }) {
            Fault::None => go_on(),
            Fault::Before(kind) => Err(injected(kind)),
            Fault::After(kind) => {
                go_on()?;
                Err(injected(kind))
            }
        }
    }
}

impl Default for Faults {
    fn default() -> Self {
        Self { calls: AtomicUsize::new(0), rule: Mutex::new(Arc::new(|_| Fault::None)) }
    }
}

impl fmt::Debug for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Faults").field("calls", &self.calls).finish_non_exhaustive()
    }
}

fn injected(kind: ErrorKind) -> Error {
    Error::new(kind, "the test wanted this call to fail")
}

/// These stores, failing by a rule that the test sets; until it does, nothing fails.
pub fn faulty(stores: Stores) -> (Stores, Arc<Faults>) {
    let faults = Arc::new(Faults::default());
    let joint_results = stores.joint_results;
    let store = Arc::new(FaultyStore { inner: stores, faults: Arc::clone(&faults) });
    let stores = Stores {
        jobs: Arc::clone(&store) as _,
        inspect: Arc::clone(&store) as _,
        results: Arc::clone(&store) as _,
        schedules: Arc::clone(&store) as _,
        roster: store,
        joint_results,
    };
    (stores, faults)
}

struct FaultyStore {
    inner: Stores,
    faults: Arc<Faults>,
}

impl FaultyStore {
    fn pass<T>(&self, method: Method, go_on: impl FnOnce(&Stores) -> Result<T>) -> Result<T> {
        self.faults.meet(method, (&[], None), || go_on(&self.inner))
    }
}

impl JobStore for FaultyStore {
    fn capability(&self) -> Capability {
        self.inner.jobs.capability()
    }

    fn enqueue_within(&self, jobs: &[NewJob], bound: Option<QueueBound>) -> Result<Vec<Enqueued>> {
        self.pass(Method::Enqueue, |stores| stores.jobs.enqueue_within(jobs, bound))
    }

    fn exchange(&self, ends: &[End], claim: Option<&Claim>) -> Result<Exchanged> {
        let limit = claim.map(|claim| claim.limit);
        self.faults.meet(Method::Exchange, (ends, limit), || self.inner.jobs.exchange(ends, claim))
    }

    fn renew(&self, held: &[Held], lease_for: Duration) -> Result<Vec<Renewal>> {
        self.pass(Method::Renew, |stores| stores.jobs.renew(held, lease_for))
    }

    fn reap(&self, limit: usize) -> Result<Vec<Reaped>> {
        self.pass(Method::Reap, |stores| stores.jobs.reap(limit))
    }

    fn cancel(&self, ids: &[JobId]) -> Result<Vec<Cancelled>> {
        self.pass(Method::Cancel, |stores| stores.jobs.cancel(ids))
    }

    fn retry(&self, ids: &[JobId]) -> Result<Vec<Revived>> {
        self.pass(Method::Retry, |stores| stores.jobs.retry(ids))
    }

    fn pause(&self, queues: &[QueueName], paused: bool) -> Result<Vec<bool>> {
        self.pass(Method::Pause, |stores| stores.jobs.pause(queues, paused))
    }

    fn prune(&self, retention: &Retention, limit: usize) -> Result<Vec<JobId>> {
        self.pass(Method::Prune, |stores| stores.jobs.prune(retention, limit))
    }

    fn subscribe(&self, topic: Topic, waker: Waker) -> Result<Subscription> {
        self.pass(Method::Subscribe, |stores| stores.jobs.subscribe(topic, waker))
    }
}

impl Inspect for FaultyStore {
    fn jobs(&self, ids: &[JobId]) -> Result<Vec<Option<Job>>> {
        self.pass(Method::Jobs, |stores| stores.inspect.jobs(ids))
    }

    fn states(&self, ids: &[JobId]) -> Result<Vec<Option<State>>> {
        self.pass(Method::States, |stores| stores.inspect.states(ids))
    }

    fn attempts(&self, id: JobId) -> Result<Vec<Attempt>> {
        self.pass(Method::Attempts, |stores| stores.inspect.attempts(id))
    }

    fn list(&self, filter: &Filter, page: &Page) -> Result<Vec<Job>> {
        self.pass(Method::List, |stores| stores.inspect.list(filter, page))
    }

    fn count(&self, filter: &Filter) -> Result<[u64; 5]> {
        self.pass(Method::Count, |stores| stores.inspect.count(filter))
    }

    fn queues(&self) -> Result<Vec<QueueCounts>> {
        self.pass(Method::Queues, |stores| stores.inspect.queues())
    }

    fn damaged(&self) -> Result<Vec<Damaged>> {
        self.pass(Method::Damaged, |stores| stores.inspect.damaged())
    }
}

impl ResultStore for FaultyStore {
    fn put(&self, results: &[StoredResult]) -> Result<()> {
        self.pass(Method::Put, |stores| stores.results.put(results))
    }

    fn get(&self, ids: &[JobId]) -> Result<Vec<Option<StoredResult>>> {
        self.pass(Method::Get, |stores| stores.results.get(ids))
    }

    fn result_capability(&self) -> ResultCapability {
        self.inner.results.result_capability()
    }

    fn list_results(&self, page: &Page) -> Result<Vec<StoredResult>> {
        self.pass(Method::ListResults, |stores| stores.results.list_results(page))
    }

    fn delete(&self, ids: &[JobId]) -> Result<()> {
        self.pass(Method::Delete, |stores| stores.results.delete(ids))
    }
}

impl ScheduleStore for FaultyStore {
    fn commit(&self, changes: &[ScheduleChange]) -> Result<Vec<Committed>> {
        self.pass(Method::Commit, |stores| stores.schedules.commit(changes))
    }

    fn find(&self, ids: &[ScheduleId]) -> Result<Vec<Option<Schedule>>> {
        self.pass(Method::Find, |stores| stores.schedules.find(ids))
    }

    fn list_schedules(&self, after: Option<&ScheduleId>, limit: usize) -> Result<Vec<Schedule>> {
        self.pass(Method::ListSchedules, |stores| stores.schedules.list_schedules(after, limit))
    }

    fn agenda(&self, limit: usize) -> Result<Agenda> {
        self.pass(Method::Agenda, |stores| stores.schedules.agenda(limit))
    }

    fn run_out(&self, before: Timestamp, limit: usize) -> Result<Vec<Schedule>> {
        self.pass(Method::RunOut, |stores| stores.schedules.run_out(before, limit))
    }

    fn subscribe_to_schedules(&self, waker: Waker) -> Result<Subscription> {
        self.pass(Method::Subscribe, |stores| stores.schedules.subscribe_to_schedules(waker))
    }
}

impl Roster for FaultyStore {
    fn report(&self, reports: &[WorkerReport]) -> Result<()> {
        self.pass(Method::Report, |stores| stores.roster.report(reports))
    }

    fn leave(&self, workers: &[WorkerName]) -> Result<()> {
        self.pass(Method::Leave, |stores| stores.roster.leave(workers))
    }

    fn list_workers(&self) -> Result<Listed> {
        self.pass(Method::ListWorkers, |stores| stores.roster.list_workers())
    }
}
