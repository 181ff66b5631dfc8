//! The children together: what waits for them, what they report, and what becomes of what they had.

use std::collections::VecDeque;
use std::io::BufReader;
use std::process::{Child as Process, ChildStdout};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use nuvom_core::{End, Event, HandBack, Held, Job, Outcome};

use super::child::{Child, Stage};
use super::desk::Estate;
use super::executor::ChildCommand;
use super::wire::{Lane, Report, read_frame};
use super::{death, group};
use crate::executor::Outcomes;
use crate::service::Waking;

/// The wait before a child is started again that died before it was ready, and its limit.
const FIRST_RESTART: Duration = Duration::from_millis(100);
const LAST_RESTART: Duration = Duration::from_secs(5);

/// The death of a child that we killed.
const KILLED: &str = "it was killed, because a job in it did not end when it was asked to";

/// When so many in a row die before they are ready, none ever will be.
const HOPELESS: u32 = 6;

/// What the children of a worker have in common.
pub(super) struct Crew {
    pub(super) command: ChildCommand,
    pub(super) outcomes: OnceLock<Arc<dyn Outcomes>>,
    pub(super) waking: Waking,
    /// Guards the children and what waits for them; never held while something is reported.
    state: Mutex<State>,
    pub(super) changed: Condvar,
}

#[derive(Default)]
pub(super) struct State {
    pub(super) line: VecDeque<Job>,
    pub(super) together: VecDeque<Job>,
    pub(super) children: Vec<Child>,
    /// Whether children are wanted at all yet.
    pub(super) wanted: bool,
    /// How many were started, ever.
    pub(super) started: u64,
    /// What comes back from children goes back to the store, not to another child.
    pub(super) recalling: bool,
    pub(super) closing: bool,
    pub(super) restart_at: Option<Instant>,
    /// How many in a row died before they were ready, and how the last did.
    pub(super) stillborn: u32,
    pub(super) last_death: String,
}

impl Crew {
    pub(super) fn new(command: ChildCommand) -> Self {
        let state = State { wanted: command.warm, ..State::default() };
        Self {
            command,
            outcomes: OnceLock::new(),
            waking: Waking::new(),
            state: Mutex::new(state),
            changed: Condvar::new(),
        }
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Why no child will ever be ready, if so.
    pub(super) fn failure(&self) -> Option<String> {
        let state = self.lock();
        (state.stillborn >= HOPELESS)
            .then(|| format!("child processes end before they can run a job: {}", state.last_death))
    }

    /// Hands waiting jobs to children that have room, to the idlest first.
    pub(super) fn feed(&self, state: &mut State) {
        let now = Instant::now();
        for lane in [Lane::Line, Lane::Together] {
            while !state.waiting(lane).is_empty() {
                let coroutines = self.command.coroutines;
                let children = state.children.iter_mut();
                let idlest = children
                    .filter(|child| child.room(lane, coroutines, now) > 0)
                    .min_by_key(|child| child.desk.len(lane));
                let Some(child) = idlest else { break };
                let (number, room) = (child.number, child.room(lane, coroutines, now));
                let waiting = state.waiting(lane);
                let share = room.min(waiting.len().div_ceil(self.command.children));
                let jobs: Vec<Job> = waiting.drain(..share).collect();
                if let Some(child) = state.child(number) {
                    child.give(lane, jobs, now, self.command.fence());
                    if self.command.max_jobs.is_some_and(|most| child.jobs >= most) {
                        child.wears_out();
                    }
                }
            }
        }
        self.waking.wake();
    }

    /// Reads what one child reports until it dies.
    pub(super) fn listen(&self, number: u64, mut reports: BufReader<ChildStdout>) {
        while let Ok(Some(report)) = read_frame::<Report>(&mut reports) {
            let more = !reports.buffer().is_empty();
            match report {
                Report::Ready => self.became_ready(number),
                Report::Ended(claim, outcome) => self.ended(number, outcome.into_end(claim), more),
                Report::Returned(claims) => {
                    self.returned(number, claims.into_iter().map(Held::from).collect());
                }
                Report::Stuck(claim, stack) => {
                    if let Some(child) = self.lock().child(number) {
                        child.desk.is_at(claim.into(), stack);
                    }
                }
                Report::Memory(bytes) => self.measured(number, bytes),
            }
        }
        self.died(number);
    }

    fn became_ready(&self, number: u64) {
        let mut state = self.lock();
        state.stillborn = 0;
        if let Some(child) = state.child(number) {
            child.stage = Stage::Ready;
        }
        // Its place is taken: now one that is worn may go.
        let worn = state.children.iter_mut().find(|child| child.stage == Stage::Worn);
        let retired = worn.map(|child| {
            child.stage = Stage::Retiring;
            child.recall();
            if child.desk.is_empty() {
                child.dismiss();
            }
            Event::ChildRetired { pid: child.process.id(), jobs: child.jobs, rss: child.rss }
        });
        self.feed(&mut state);
        drop(state);
        self.changed.notify_all();
        if let Some(outcomes) = self.outcomes.get() {
            if let Some(retired) = retired {
                outcomes.tell(retired);
            }
            outcomes.has_room();
        }
    }

    fn measured(&self, number: u64, bytes: u64) {
        let most = self.command.max_rss;
        if let Some(child) = self.lock().child(number) {
            child.rss = Some(bytes);
            if most.is_some_and(|most| bytes > most) {
                child.wears_out();
            }
        }
        self.waking.wake();
    }

    fn ended(&self, number: u64, end: End, more: bool) {
        let mut state = self.lock();
        let held = Held { id: end.id, lease: end.lease };
        let known = state.child(number).and_then(|child| {
            let known = child.desk.remove(held, Instant::now());
            if child.stage == Stage::Retiring && child.desk.is_empty() {
                child.dismiss();
            }
            known
        });
        if state.waiting_anywhere() {
            self.feed(&mut state);
        }
        drop(state);
        if known.is_some()
            && let Some(outcomes) = self.outcomes.get()
        {
            outcomes.ended(end, more);
        }
    }

    fn returned(&self, number: u64, claims: Vec<Held>) {
        let mut state = self.lock();
        let mut jobs = Vec::new();
        if let Some(child) = state.child(number) {
            child.recalled = false;
            jobs.extend(claims.into_iter().filter_map(|held| child.desk.remove(held, Instant::now())));
            if child.stage == Stage::Retiring && child.desk.is_empty() {
                child.dismiss();
            }
        }
        let unstarted = self.put_back(&mut state, jobs);
        drop(state);
        self.report(unstarted);
    }

    /// Deals with what a dead child had.
    fn died(&self, number: u64) {
        let mut state = self.lock();
        let Some(at) = state.children.iter().position(|child| child.number == number) else { return };
        let mut child = state.children.remove(at);
        let pid = child.process.id();
        let told_to_end = child.stage == Stage::Retiring && child.desk.is_empty();
        let died = bury(&mut child.process);
        let death = child.killed_at.map_or(died, |_| KILLED.to_owned());
        if child.stage == Stage::Starting && !state.closing {
            let wait = FIRST_RESTART.saturating_mul(1 << state.stillborn.min(6)).min(LAST_RESTART);
            state.stillborn = state.stillborn.saturating_add(1);
            state.restart_at = Some(Instant::now() + wait);
            state.last_death.clone_from(&death);
        }
        let Estate { mut ends, unstarted, lost } = child.desk.estate(&death, child.killed_at);
        ends.extend(self.put_back(&mut state, unstarted));
        let told = !told_to_end && !state.closing;
        drop(state);
        self.changed.notify_all();
        self.waking.wake();
        self.report(ends);
        if told && let Some(outcomes) = self.outcomes.get() {
            outcomes.tell(Event::ChildDied { pid, death, lost });
        }
    }

    /// Jobs that have not started go to another child; when all are recalled, back to their queue.
    fn put_back(&self, state: &mut State, jobs: Vec<Job>) -> Vec<End> {
        if state.recalling || state.closing {
            return jobs.iter().map(unharmed).collect();
        }
        for job in jobs.into_iter().rev() {
            state.line.push_front(job);
        }
        self.feed(state);
        Vec::new()
    }

    pub(super) fn report(&self, ends: Vec<End>) {
        let Some(outcomes) = self.outcomes.get() else { return };
        let last = ends.len().saturating_sub(1);
        for (index, end) in ends.into_iter().enumerate() {
            outcomes.ended(end, index < last);
        }
    }
}

impl State {
    pub(super) fn waiting(&mut self, lane: Lane) -> &mut VecDeque<Job> {
        match lane {
            Lane::Line => &mut self.line,
            Lane::Together => &mut self.together,
        }
    }

    fn waiting_anywhere(&self) -> bool {
        !self.line.is_empty() || !self.together.is_empty()
    }

    pub(super) fn child(&mut self, number: u64) -> Option<&mut Child> {
        self.children.iter_mut().find(|child| child.number == number)
    }
}

/// Ends what is left of a process whose reports have ended; answers how it died.
fn bury(process: &mut Process) -> String {
    // While it has not been waited for, its number cannot belong to another one.
    group::kill_rest(process);
    death::describe(process.wait().ok())
}

fn unharmed(job: &Job) -> End {
    End { id: job.id, lease: job.lease, outcome: Outcome::HandedBack { reason: HandBack::Stop } }
}
