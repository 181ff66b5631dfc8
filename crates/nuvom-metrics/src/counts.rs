//! The counters: what each event adds to them.

use std::collections::{BTreeMap, HashMap};

use nuvom_core::{Ending, Event, QueueName, State, TaskName};

use crate::families::{
    CHILDREN_DIED, CHILDREN_RETIRED, CLAIMS, Family, HAND_BACKS, HOOK_FAILURES, JOBS, LATENESS, LEASES_LOST,
    LOSSES, PRUNED, RENEWALS, RETRIES, RUN, SCHEDULED, SCHEDULES_BROKEN, SLOW_HOOKS, STALE, STORE_CALLS,
    STORE_ERRORS, STUCK, TICKS, WAIT,
};
use crate::histogram::{CALL_BOUNDS, Histogram, JOB_BOUNDS};
use crate::labels::{First, MOST_HOOKS, MOST_QUEUES, MOST_TASKS, OTHER};
use crate::sample::Sample;
use crate::text::bound;

/// Which names of tasks may have series of their own.
pub(crate) type Known = dyn Fn(&TaskName) -> bool + Send + Sync;

/// All that was counted.
pub(crate) struct Counts {
    tasks: HashMap<TaskName, Task>,
    other: Task,
    pub(crate) queues: First<QueueName>,
    claims: u64,
    renewals: u64,
    stale: u64,
    leases_lost: u64,
    pruned: u64,
    children_died: u64,
    children_retired: u64,
    ticks: Ticks,
    /// By store and operation, which come from our own code.
    calls: BTreeMap<(&'static str, &'static str), Calls>,
    /// By plugin and hook.
    hooks: BTreeMap<(String, String), Hook>,
}

struct Task {
    run: Histogram,
    wait: Histogram,
    stuck: u64,
    /// By queue; most tasks have one.
    queues: Vec<(Option<QueueName>, Line)>,
}

/// What became of the jobs of one task in one queue.
#[derive(Default)]
struct Line {
    jobs: [[u64; OUTCOMES.len()]; ENDS.len()],
    retries: [u64; OUTCOMES.len()],
    losses: [u64; 2],
    hand_backs: u64,
    scheduled: u64,
}

/// What a scheduler did.
struct Ticks {
    fired: u64,
    missed: u64,
    skipped: u64,
    broken: u64,
    late: Histogram,
}

struct Calls {
    took: Histogram,
    failed: u64,
}

#[derive(Default)]
struct Hook {
    failed: u64,
    slow: u64,
}

/// The states in which jobs stay.
const ENDS: [State; 3] = [State::Success, State::Failed, State::Cancelled];

/// The outcomes of attempts that were not handed back.
const OUTCOMES: [&str; 5] = ["succeeded", "failed", "timed_out", "cancelled", "lost"];

/// Whose process died.
const HOLDERS: [&str; 2] = ["child", "worker"];
const CHILD: usize = 0;
const WORKER: usize = 1;

const LOST: usize = 4;

/// The place among the outcomes; none for a job that was handed back.
fn place(ending: Option<Ending>) -> Option<usize> {
    match ending {
        None => Some(0),
        Some(Ending::Failed) => Some(1),
        Some(Ending::TimedOut) => Some(2),
        Some(Ending::Cancelled) => Some(3),
        Some(Ending::Lost) => Some(LOST),
        Some(Ending::HandedBack) => None,
    }
}

impl Counts {
    pub(crate) fn new() -> Self {
        Self {
            tasks: HashMap::new(),
            other: Task::new(),
            queues: First::new(MOST_QUEUES),
            claims: 0,
            renewals: 0,
            stale: 0,
            leases_lost: 0,
            pruned: 0,
            children_died: 0,
            children_retired: 0,
            ticks: Ticks { fired: 0, missed: 0, skipped: 0, broken: 0, late: Histogram::new(&CALL_BOUNDS) },
            calls: BTreeMap::new(),
            hooks: BTreeMap::new(),
        }
    }

    pub(crate) fn add(&mut self, event: &Event, known: &Known) {
        match event {
            Event::Claimed { count } => self.claims += *count as u64,
            Event::Ended { task, queue, state, ending, waited, took, .. } => {
                let (task, line) = self.find(task, queue, known);
                match place(*ending) {
                    None => line.hand_backs += 1,
                    Some(outcome) => {
                        if let Some(end) = ENDS.iter().position(|end| end == state) {
                            line.jobs[end][outcome] += 1;
                        } else if outcome != LOST {
                            line.retries[outcome] += 1;
                        }
                        if outcome == LOST {
                            line.losses[CHILD] += 1;
                        } else {
                            task.0.add(*took);
                            task.1.add(*waited);
                        }
                    }
                }
            }
            Event::Reaped { task, queue, state, .. } => {
                let (_, line) = self.find(task, queue, known);
                line.losses[WORKER] += 1;
                if let Some(end) = ENDS.iter().position(|end| end == state) {
                    line.jobs[end][LOST] += 1;
                }
            }
            Event::Stuck { task, .. } => self.task(task, known).stuck += 1,
            Event::Stale { .. } => self.stale += 1,
            Event::LeaseLost { .. } => self.leases_lost += 1,
            Event::Renewed { count } => self.renewals += *count as u64,
            Event::Pruned { count } => self.pruned += *count as u64,
            Event::ChildDied { .. } => self.children_died += 1,
            Event::ChildRetired { .. } => self.children_retired += 1,
            Event::TickFired { task, queue, jobs, missed, skipped, late, .. } => {
                let jobs = *jobs as u64;
                self.find(task, queue, known).1.scheduled += jobs;
                self.ticks.fired += jobs;
                self.ticks.missed += missed;
                self.ticks.skipped += skipped;
                self.ticks.late.add(*late);
            }
            Event::ScheduleBroken { .. } => self.ticks.broken += 1,
            Event::StoreCalled { store, operation, took, failed } => {
                let new = || Calls { took: Histogram::new(&CALL_BOUNDS), failed: 0 };
                let calls = self.calls.entry((store, operation)).or_insert_with(new);
                calls.took.add(*took);
                calls.failed += u64::from(*failed);
            }
            // A call that failed was counted when it was made.
            Event::StoreFailed { .. }
            | Event::WorkerStarted { .. }
            | Event::WorkerStopping { .. }
            | Event::WorkerStopped { .. }
            | Event::PoolFailed { .. }
            | Event::Overrun { .. }
            | Event::Stalled { .. } => {}
        }
    }

    pub(crate) fn hook_failed(&mut self, plugin: &str, hook: &str) {
        self.hook(plugin, hook).failed += 1;
    }

    pub(crate) fn hook_slow(&mut self, plugin: &str, hook: &str) {
        self.hook(plugin, hook).slow += 1;
    }

    fn hook(&mut self, plugin: &str, hook: &str) -> &mut Hook {
        let mut key = (plugin.to_owned(), hook.to_owned());
        if !self.hooks.contains_key(&key) && self.hooks.len() >= MOST_HOOKS {
            key = (OTHER.to_owned(), OTHER.to_owned());
        }
        self.hooks.entry(key).or_default()
    }

    fn task(&mut self, name: &TaskName, known: &Known) -> &mut Task {
        let is_new = !self.tasks.contains_key(name);
        if is_new && self.tasks.len() < MOST_TASKS && name.as_str() != OTHER && known(name) {
            self.tasks.insert(name.clone(), Task::new());
        }
        self.tasks.get_mut(name).unwrap_or(&mut self.other)
    }

    /// The times of a task, run and wait, and its line in a queue.
    fn find(
        &mut self,
        task: &TaskName,
        queue: &QueueName,
        known: &Known,
    ) -> ((&mut Histogram, &mut Histogram), &mut Line) {
        let own = queue.as_str() != OTHER && self.queues.admits(queue);
        let Task { run, wait, queues, .. } = self.task(task, known);
        let label = own.then_some(queue);
        let place = queues.iter().position(|(kept, _)| kept.as_ref() == label).unwrap_or_else(|| {
            queues.push((label.cloned(), Line::default()));
            queues.len() - 1
        });
        ((run, wait), &mut queues[place].1)
    }

    /// The samples of the counters, by family.
    pub(crate) fn samples(&self) -> Vec<(Family, Vec<Sample>)> {
        let tasks = self.by_label();
        let lines = || {
            tasks.iter().flat_map(|(name, task)| {
                let queues = task.queues.iter();
                queues
                    .map(move |(queue, line)| (*name, queue.as_ref().map_or(OTHER, QueueName::as_str), line))
            })
        };
        let mut jobs = Vec::new();
        let (mut retries, mut losses, mut hand_backs) = (Vec::new(), Vec::new(), Vec::new());
        let mut scheduled = Vec::new();
        for (task, queue, line) in lines() {
            let labels = [("task", task), ("queue", queue)];
            for (end, counts) in ENDS.iter().zip(&line.jobs) {
                for (outcome, count) in OUTCOMES.iter().zip(counts).filter(|(_, count)| **count > 0) {
                    jobs.push(total(
                        *count,
                        &[&labels[..], &[("state", end.as_str()), ("outcome", outcome)]],
                    ));
                }
            }
            let told = OUTCOMES.iter().zip(&line.retries).filter(|(_, count)| **count > 0);
            retries
                .extend(told.map(|(outcome, count)| total(*count, &[&labels[..], &[("outcome", outcome)]])));
            let told = HOLDERS.iter().zip(&line.losses).filter(|(_, count)| **count > 0);
            losses.extend(told.map(|(holder, count)| total(*count, &[&labels[..], &[("holder", holder)]])));
            if line.scheduled > 0 {
                scheduled.push(total(line.scheduled, &[&labels[..]]));
            }
            if line.hand_backs > 0 {
                hand_backs.push(total(line.hand_backs, &[&labels[..]]));
            }
        }
        let (mut run, mut wait, mut stuck) = (Vec::new(), Vec::new(), Vec::new());
        for (name, task) in &tasks {
            histogram(&mut run, &task.run, &[("task", name)]);
            histogram(&mut wait, &task.wait, &[("task", name)]);
            if task.stuck > 0 {
                stuck.push(total(task.stuck, &[&[("task", name)]]));
            }
        }
        let (mut took, mut failed) = (Vec::new(), Vec::new());
        for ((store, operation), calls) in &self.calls {
            let labels = [("store", *store), ("operation", *operation)];
            histogram(&mut took, &calls.took, &labels);
            failed.push(total(calls.failed, &[&labels]));
        }
        let (mut hooks_failed, mut hooks_slow) = (Vec::new(), Vec::new());
        for ((plugin, hook), counts) in &self.hooks {
            let labels = [("plugin", plugin.as_str()), ("hook", hook.as_str())];
            hooks_failed.push(total(counts.failed, &[&labels]));
            hooks_slow.push(total(counts.slow, &[&labels]));
        }
        let ticks =
            [("fired", self.ticks.fired), ("missed", self.ticks.missed), ("skipped", self.ticks.skipped)];
        let ticks = ticks.iter().map(|(outcome, count)| total(*count, &[&[("outcome", outcome)]])).collect();
        let mut late = Vec::new();
        histogram(&mut late, &self.ticks.late, &[]);
        let plain = |family, count| (family, vec![total(count, &[])]);
        vec![
            plain(CLAIMS, self.claims),
            (JOBS, jobs),
            (RETRIES, retries),
            (LOSSES, losses),
            (HAND_BACKS, hand_backs),
            (RUN, run),
            (WAIT, wait),
            plain(STALE, self.stale),
            plain(LEASES_LOST, self.leases_lost),
            plain(RENEWALS, self.renewals),
            (STUCK, stuck),
            plain(PRUNED, self.pruned),
            plain(CHILDREN_DIED, self.children_died),
            plain(CHILDREN_RETIRED, self.children_retired),
            (STORE_CALLS, took),
            (STORE_ERRORS, failed),
            (HOOK_FAILURES, hooks_failed),
            (SLOW_HOOKS, hooks_slow),
            (TICKS, ticks),
            (SCHEDULED, scheduled),
            (LATENESS, late),
            plain(SCHEDULES_BROKEN, self.ticks.broken),
        ]
    }

    /// The tasks by the label under which they are told.
    fn by_label(&self) -> BTreeMap<&str, &Task> {
        let mut tasks: BTreeMap<&str, &Task> =
            self.tasks.iter().map(|(name, task)| (name.as_str(), task)).collect();
        if !self.other.is_empty() {
            tasks.insert(OTHER, &self.other);
        }
        tasks
    }
}

impl Task {
    fn new() -> Self {
        let times = Histogram::new(&JOB_BOUNDS);
        Self { run: times, wait: times, stuck: 0, queues: Vec::new() }
    }

    fn is_empty(&self) -> bool {
        self.queues.is_empty() && self.stuck == 0
    }
}

fn total(count: u64, labels: &[&[(&'static str, &str)]]) -> Sample {
    Sample { suffix: "_total", labels: owned(labels.iter().copied().flatten()), value: count as f64 }
}

fn histogram(samples: &mut Vec<Sample>, values: &Histogram, labels: &[(&'static str, &str)]) {
    for (upper, count) in values.cumulated() {
        let mut labels = owned(labels);
        labels.push(("le", bound(upper)));
        samples.push(Sample { suffix: "_bucket", labels, value: count as f64 });
    }
    samples.push(Sample { suffix: "_count", labels: owned(labels), value: values.count() as f64 });
    samples.push(Sample { suffix: "_sum", labels: owned(labels), value: values.sum() });
}

fn owned<'a>(labels: impl IntoIterator<Item = &'a (&'static str, &'a str)>) -> Vec<(&'static str, String)> {
    labels.into_iter().map(|(name, value)| (*name, (*value).to_owned())).collect()
}
