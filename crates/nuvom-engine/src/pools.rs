//! The pools of a worker: which executor runs a job, and how many jobs of which kind there is room for.

use std::collections::{HashSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::Duration;

use nuvom_core::ports::{Share, Tasks};
use nuvom_core::{End, Held, Job, SignatureHash, TaskName};

use crate::executor::{Executor, Interrupt, Load, Outcomes};
use crate::others::LeftToOthers;
use crate::service::Waking;

/// Tasks of one kind. Cheap to clone, and all clones change together.
#[derive(Debug, Clone, Default)]
pub struct TaskSet(Arc<RwLock<Arc<HashSet<TaskName>>>>);

impl TaskSet {
    /// Adds a task.
    pub fn insert(&self, task: TaskName) {
        Arc::make_mut(&mut self.0.write().unwrap_or_else(PoisonError::into_inner)).insert(task);
    }

    /// Removes a task.
    pub fn remove(&self, task: &TaskName) {
        if self.now().contains(task) {
            Arc::make_mut(&mut self.0.write().unwrap_or_else(PoisonError::into_inner)).remove(task);
        }
    }

    /// The tasks as they are now.
    pub fn now(&self) -> Arc<HashSet<TaskName>> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Several executors, each for the tasks of its kind.
pub struct Pools {
    /// The first takes what no other does.
    all: Vec<Pool>,
    suspects: Mutex<Suspects>,
    /// What the code here cannot run.
    left: LeftToOthers,
}

/// What a pool is doing, for people.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PoolState {
    /// What it is called.
    pub name: &'static str,
    /// How many attempts can run in it at once.
    pub slots: usize,
    /// What it has to do.
    pub load: Load,
    /// How many attempts in it are stuck.
    pub stuck: usize,
}

struct Pool {
    tasks: Vec<TaskSet>,
    executor: Arc<dyn Executor>,
}

/// Jobs that lost their holder more than once. One of them may be what takes processes down, so in a process where it would
/// take others along only one runs at a time: if it is the culprit, it dies alone among them.
#[derive(Default)]
struct Suspects {
    runs: Option<Held>,
    waiting: VecDeque<(usize, Job)>,
}

impl<E: Executor + 'static> From<Arc<E>> for Pools {
    fn from(main: Arc<E>) -> Self {
        Self::of(main)
    }
}

impl Pools {
    /// One executor, for all tasks.
    pub fn of(main: Arc<dyn Executor>) -> Self {
        Self {
            all: vec![Pool { tasks: Vec::new(), executor: main }],
            suspects: Mutex::default(),
            left: LeftToOthers::default(),
        }
    }

    /// With another one, for these tasks.
    #[must_use]
    pub fn with(mut self, tasks: Vec<TaskSet>, executor: Arc<dyn Executor>) -> Self {
        self.all.push(Pool { tasks, executor });
        self
    }

    pub(crate) fn start(&self, outcomes: &Arc<dyn Outcomes>) {
        self.each().for_each(|executor| executor.start(Arc::clone(outcomes)));
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.all.len()
    }

    /// Which one runs this task.
    pub(crate) fn place(&self, task: &TaskName) -> usize {
        let runs = |pool: &Pool| pool.tasks.iter().any(|set| set.now().contains(task));
        self.all.iter().skip(1).position(runs).map_or(0, |place| place + 1)
    }

    /// How many attempts can run at once in this place; none where there are no tasks.
    pub(crate) fn slots(&self, place: usize) -> usize {
        let pool = &self.all[place];
        let serves = place == 0 || pool.tasks.iter().any(|set| !set.now().is_empty());
        if serves { pool.executor.slots() } else { 0 }
    }

    /// What the one in this place has to do, suspects that wait for their turn included.
    pub(crate) fn load(&self, place: usize) -> Load {
        let mut load = self.all[place].executor.load();
        load.queued += self.suspects().waiting.iter().filter(|(pool, _)| *pool == place).count();
        load
    }

    /// What each one that has tasks is doing.
    pub(crate) fn states(&self) -> Vec<PoolState> {
        let all = self.all.iter().enumerate();
        all.map(|(place, pool)| {
            let stuck = pool.executor.stuck().len();
            PoolState { name: pool.executor.name(), slots: self.slots(place), load: self.load(place), stuck }
        })
        .filter(|pool| pool.slots > 0)
        .collect()
    }

    pub(crate) fn running(&self) -> usize {
        self.each().map(|executor| executor.load().running).sum()
    }

    /// The shares of a claim, from the room that each pool has.
    pub(crate) fn shares(&self, rooms: &[usize], now: Duration) -> Vec<Share> {
        let sets: Vec<_> = self.all.iter().map(Pool::tasks).collect();
        let mut shares = self.left.shares(now);
        if sets.iter().any(|tasks| !tasks.is_empty()) {
            let others = Arc::new(sets.iter().flat_map(|tasks| tasks.iter().cloned()).collect());
            shares.push(Share { tasks: Tasks::AllBut(others), suspects: false, limit: rooms[0] });
            let others = sets.iter().zip(rooms).skip(1).filter(|(tasks, _)| !tasks.is_empty());
            shares.extend(others.map(|(tasks, room)| Share {
                tasks: Tasks::Only(Arc::clone(tasks)),
                suspects: false,
                limit: *room,
            }));
        }
        if let Some(tasks) = self.tasks_together(&sets) {
            let suspects = self.suspects();
            let limit = usize::from(suspects.runs.is_none() && suspects.waiting.is_empty());
            shares.push(Share { tasks, suspects: true, limit });
        }
        shares
    }

    /// The tasks whose attempts share a process, if there are any.
    fn tasks_together(&self, sets: &[Arc<HashSet<TaskName>>]) -> Option<Tasks> {
        let main = self.all[0].executor.isolates();
        let unlike = self.all.iter().zip(sets).skip(1).filter(|(pool, _)| pool.executor.isolates() != main);
        let unlike: HashSet<_> = unlike.flat_map(|(_, tasks)| tasks.iter().cloned()).collect();
        match main {
            false => Some(Tasks::AllBut(Arc::new(unlike))),
            true if unlike.is_empty() => None,
            true => Some(Tasks::Only(Arc::new(unlike))),
        }
    }

    /// Gives each job to the pool that runs it; a suspect waits for its turn.
    pub(crate) fn submit(&self, jobs: Vec<Job>) {
        if self.all.len() == 1 && jobs.iter().all(|job| !job.is_suspect()) {
            return self.all[0].executor.submit(jobs);
        }
        let mut each = vec![Vec::new(); self.all.len()];
        for job in jobs {
            let place = self.place(&job.task);
            if job.is_suspect() && !self.all[place].executor.isolates() {
                self.suspects().waiting.push_back((place, job));
            } else {
                each[place].push(job);
            }
        }
        for (pool, jobs) in self.all.iter().zip(each) {
            if !jobs.is_empty() {
                pool.executor.submit(jobs);
            }
        }
        self.next_suspect();
    }

    /// Notes that an attempt is over, or was given back.
    pub(crate) fn over(&self, held: Held) {
        let mut suspects = self.suspects();
        if suspects.runs == Some(held) {
            suspects.runs = None;
            drop(suspects);
            self.next_suspect();
        }
    }

    /// Notes that the code here cannot run jobs of this task; or only those that were made for this signature.
    pub(crate) fn leave_to_others(&self, task: TaskName, signature: Option<SignatureHash>, now: Duration) {
        self.left.add(task, signature, now);
    }

    fn next_suspect(&self) {
        let mut suspects = self.suspects();
        if suspects.runs.is_none()
            && let Some((place, job)) = suspects.waiting.pop_front()
        {
            suspects.runs = Some(job.held());
            drop(suspects);
            self.all[place].executor.submit(vec![job]);
        }
    }

    /// Gives back all that has not started in this place.
    pub(crate) fn recall(&self, place: usize) -> Vec<Job> {
        let mut recalled = self.all[place].executor.recall();
        let mut suspects = self.suspects();
        if recalled.iter().any(|job| suspects.runs == Some(job.held())) {
            suspects.runs = None;
        }
        let (here, elsewhere) = suspects.waiting.drain(..).partition(|(pool, _)| *pool == place);
        suspects.waiting = elsewhere;
        let here: VecDeque<(usize, Job)> = here;
        recalled.extend(here.into_iter().map(|(_, job)| job));
        recalled
    }

    pub(crate) fn recall_all(&self) -> Vec<Job> {
        (0..self.len()).flat_map(|place| self.recall(place)).collect()
    }

    /// Asks attempts to end; answers the ends of suspects whose turn has not come, and never will.
    pub(crate) fn interrupt(&self, held: &[Held], why: Interrupt) -> Vec<End> {
        if held.is_empty() {
            return Vec::new();
        }
        let mut unstarted = Vec::new();
        self.suspects().waiting.retain(|(_, job)| {
            let keep = !held.contains(&job.held());
            if !keep {
                unstarted.push(why.unstarted(job.held()));
            }
            keep
        });
        self.each().for_each(|executor| executor.interrupt(held, why));
        unstarted
    }

    pub(crate) fn close(&self) -> bool {
        self.each().filter(|executor| !executor.close()).count() == 0
    }

    /// The ends to be reported of attempts that cannot be ended.
    pub(crate) fn stuck(&self) -> Vec<End> {
        self.each().flat_map(Executor::stuck).collect()
    }

    /// Whether a pool has as many stuck attempts as it has slots.
    pub(crate) fn is_overrun(&self) -> bool {
        self.each().any(|executor| {
            let stuck = executor.stuck().len();
            stuck > 0 && stuck >= executor.slots()
        })
    }

    pub(crate) fn failure(&self) -> Option<String> {
        self.each().find_map(Executor::failure)
    }

    pub(crate) fn services(&self) -> Vec<(&'static str, Waking)> {
        self.each().flat_map(Executor::services).collect()
    }

    fn each(&self) -> impl Iterator<Item = &dyn Executor> {
        self.all.iter().map(|pool| &*pool.executor)
    }

    fn suspects(&self) -> MutexGuard<'_, Suspects> {
        self.suspects.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Pool {
    fn tasks(&self) -> Arc<HashSet<TaskName>> {
        match &*self.tasks {
            [one] => one.now(),
            sets => {
                Arc::new(sets.iter().flat_map(|set| set.now().iter().cloned().collect::<Vec<_>>()).collect())
            }
        }
    }
}
