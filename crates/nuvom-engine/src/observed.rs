//! Stores that tell of each call: how long it took, and whether it failed. The one place where calls are measured;
//! nothing is decided here, and every answer is handed on as it is.

use std::sync::Arc;
use std::time::Duration;

use nuvom_core::ports::{
    Agenda, Cancelled, Claim, Committed, Damaged, Enqueued, Exchanged, Filter, Inspect, JobStore, Listed,
    Page, QueueCounts, Reaped, Renewal, ResultCapability, ResultStore, Revived, Roster, ScheduleStore,
    StoredResult, Stores, Subscription, Topic, Waker,
};
use nuvom_core::{
    Attempt, Capability, Clock, End, Event, EventSink, Held, Job, JobId, NewJob, QueueBound, QueueName,
    Result, Retention, Schedule, ScheduleChange, ScheduleId, State, Timestamp, WorkerName, WorkerReport,
};

/// The same stores, each call of which is told to `events` once it was answered.
pub fn observed(stores: &Stores, clock: Arc<dyn Clock>, events: Arc<dyn EventSink>) -> Stores {
    let joint_results = stores.joint_results;
    let observed = Arc::new(Observed { stores: stores.clone(), clock, events });
    Stores {
        jobs: Arc::clone(&observed) as _,
        inspect: Arc::clone(&observed) as _,
        results: Arc::clone(&observed) as _,
        schedules: Arc::clone(&observed) as _,
        roster: observed,
        joint_results,
    }
}

struct Observed {
    stores: Stores,
    clock: Arc<dyn Clock>,
    events: Arc<dyn EventSink>,
}

impl Observed {
    fn jobs<T>(&self, operation: &'static str, call: impl FnOnce(&dyn JobStore) -> Result<T>) -> Result<T> {
        self.time("jobs", operation, || call(&*self.stores.jobs))
    }

    fn inspect<T>(&self, operation: &'static str, call: impl FnOnce(&dyn Inspect) -> Result<T>) -> Result<T> {
        self.time("inspect", operation, || call(&*self.stores.inspect))
    }

    fn results<T>(
        &self,
        operation: &'static str,
        call: impl FnOnce(&dyn ResultStore) -> Result<T>,
    ) -> Result<T> {
        self.time("results", operation, || call(&*self.stores.results))
    }

    fn schedules<T>(
        &self,
        operation: &'static str,
        call: impl FnOnce(&dyn ScheduleStore) -> Result<T>,
    ) -> Result<T> {
        self.time("schedules", operation, || call(&*self.stores.schedules))
    }

    fn roster<T>(&self, operation: &'static str, call: impl FnOnce(&dyn Roster) -> Result<T>) -> Result<T> {
        self.time("roster", operation, || call(&*self.stores.roster))
    }

    fn time<T>(
        &self,
        store: &'static str,
        operation: &'static str,
        call: impl FnOnce() -> Result<T>,
    ) -> Result<T> {
        let called_at = self.clock.monotonic();
        let answer = call();
        let took = self.clock.monotonic().saturating_sub(called_at);
        let failed = answer.is_err();
        self.events.emit(vec![Event::StoreCalled { store, operation, took, failed }]);
        answer
    }
}

impl JobStore for Observed {
    fn capability(&self) -> Capability {
        self.stores.jobs.capability()
    }

    fn enqueue_within(&self, jobs: &[NewJob], bound: Option<QueueBound>) -> Result<Vec<Enqueued>> {
        self.jobs("enqueue", |store| store.enqueue_within(jobs, bound))
    }

    fn exchange(&self, ends: &[End], claim: Option<&Claim>) -> Result<Exchanged> {
        self.jobs("exchange", |store| store.exchange(ends, claim))
    }

    fn renew(&self, held: &[Held], lease_for: Duration) -> Result<Vec<Renewal>> {
        self.jobs("renew", |store| store.renew(held, lease_for))
    }

    fn reap(&self, limit: usize) -> Result<Vec<Reaped>> {
        self.jobs("reap", |store| store.reap(limit))
    }

    fn cancel(&self, ids: &[JobId]) -> Result<Vec<Cancelled>> {
        self.jobs("cancel", |store| store.cancel(ids))
    }

    fn retry(&self, ids: &[JobId]) -> Result<Vec<Revived>> {
        self.jobs("retry", |store| store.retry(ids))
    }

    fn pause(&self, queues: &[QueueName], paused: bool) -> Result<Vec<bool>> {
        self.jobs("pause", |store| store.pause(queues, paused))
    }

    fn prune(&self, retention: &Retention, limit: usize) -> Result<Vec<JobId>> {
        self.jobs("prune", |store| store.prune(retention, limit))
    }

    fn subscribe(&self, topic: Topic, waker: Waker) -> Result<Subscription> {
        self.jobs("subscribe", |store| store.subscribe(topic, waker))
    }
}

impl Inspect for Observed {
    fn jobs(&self, ids: &[JobId]) -> Result<Vec<Option<Job>>> {
        self.inspect("jobs", |store| store.jobs(ids))
    }

    fn states(&self, ids: &[JobId]) -> Result<Vec<Option<State>>> {
        self.inspect("states", |store| store.states(ids))
    }

    fn attempts(&self, id: JobId) -> Result<Vec<Attempt>> {
        self.inspect("attempts", |store| store.attempts(id))
    }

    fn list(&self, filter: &Filter, page: &Page) -> Result<Vec<Job>> {
        self.inspect("list", |store| store.list(filter, page))
    }

    fn count(&self, filter: &Filter) -> Result<[u64; 5]> {
        self.inspect("count", |store| store.count(filter))
    }

    fn queues(&self) -> Result<Vec<QueueCounts>> {
        self.inspect("queues", |store| store.queues())
    }

    fn damaged(&self) -> Result<Vec<Damaged>> {
        self.inspect("damaged", |store| store.damaged())
    }
}

impl ResultStore for Observed {
    fn result_capability(&self) -> ResultCapability {
        self.stores.results.result_capability()
    }

    fn put(&self, results: &[StoredResult]) -> Result<()> {
        self.results("put", |store| store.put(results))
    }

    fn get(&self, ids: &[JobId]) -> Result<Vec<Option<StoredResult>>> {
        self.results("get", |store| store.get(ids))
    }

    fn list_results(&self, page: &Page) -> Result<Vec<StoredResult>> {
        self.results("list_results", |store| store.list_results(page))
    }

    fn delete(&self, ids: &[JobId]) -> Result<()> {
        self.results("delete", |store| store.delete(ids))
    }
}

impl ScheduleStore for Observed {
    fn commit(&self, changes: &[ScheduleChange]) -> Result<Vec<Committed>> {
        self.schedules("commit", |store| store.commit(changes))
    }

    fn find(&self, ids: &[ScheduleId]) -> Result<Vec<Option<Schedule>>> {
        self.schedules("find", |store| store.find(ids))
    }

    fn list_schedules(&self, after: Option<&ScheduleId>, limit: usize) -> Result<Vec<Schedule>> {
        self.schedules("list_schedules", |store| store.list_schedules(after, limit))
    }

    fn agenda(&self, limit: usize) -> Result<Agenda> {
        self.schedules("agenda", |store| store.agenda(limit))
    }

    fn run_out(&self, before: Timestamp, limit: usize) -> Result<Vec<Schedule>> {
        self.schedules("run_out", |store| store.run_out(before, limit))
    }

    fn subscribe_to_schedules(&self, waker: Waker) -> Result<Subscription> {
        self.schedules("subscribe_to_schedules", |store| store.subscribe_to_schedules(waker))
    }
}

impl Roster for Observed {
    fn report(&self, reports: &[WorkerReport]) -> Result<()> {
        self.roster("report", |store| store.report(reports))
    }

    fn leave(&self, workers: &[WorkerName]) -> Result<()> {
        self.roster("leave", |store| store.leave(workers))
    }

    fn list_workers(&self) -> Result<Listed> {
        self.roster("list_workers", |store| store.list_workers())
    }
}
