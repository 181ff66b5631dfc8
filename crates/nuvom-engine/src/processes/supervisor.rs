//! Keeps the children in number, in time and in work.

use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::child::{Child, Stage};
use super::crew::{Crew, State};
use super::desk::PATIENCE;
use crate::service::Duty;

/// The wait before the system is asked again for a process that it would not give.
const REFUSED: Duration = Duration::from_secs(5);

/// The duty.
pub(super) struct Supervisor {
    crew: Arc<Crew>,
    beat_at: Instant,
}

impl Supervisor {
    pub(super) fn new(crew: Arc<Crew>) -> Self {
        Self { crew, beat_at: Instant::now() }
    }

    /// Starts children until there are enough: one for each slot, and one more for each that is worn and may
    /// only go when its replacement is ready.
    fn start_missing(&self, state: &mut State, now: Instant) {
        if state.closing || !state.wanted || state.restart_at.is_some_and(|at| at > now) {
            return;
        }
        state.restart_at = None;
        let staying =
            |state: &State| state.children.iter().filter(|child| child.stage != Stage::Retiring).count();
        let worn = state.children.iter().filter(|child| child.stage == Stage::Worn).count();
        while staying(state) < self.crew.command.children + worn {
            state.started += 1;
            match start(&self.crew, state.started) {
                Ok(child) => state.children.push(child),
                Err(error) => {
                    // Out of processes or memory: it is tried again.
                    state.last_death = error.to_string();
                    state.restart_at = Some(now + REFUSED);
                    return;
                }
            }
        }
    }
}

fn start(crew: &Arc<Crew>, number: u64) -> std::io::Result<Child> {
    let mut command = Command::new(&crew.command.program);
    command.args(&crew.command.arguments).envs(crew.command.environment.iter().cloned());
    command.env("NUVOM_CHILD_NUMBER", number.to_string());
    let (mut child, reports) = Child::start(number, &mut command, crew.command.grace)?;
    let listener = Arc::clone(crew);
    let thread = std::thread::Builder::new().name(format!("nuvom-child-{number}-reports"));
    if let Err(error) = thread.spawn(move || listener.listen(number, reports)) {
        child.kill(Instant::now());
        let _ = child.process.wait();
        return Err(error);
    }
    Ok(child)
}

impl Duty for Supervisor {
    fn name(&self) -> &'static str {
        "children"
    }

    fn run_once(&mut self) -> Duration {
        let now = Instant::now();
        let beats = now >= self.beat_at;
        if beats {
            self.beat_at = now + self.crew.command.beat();
        }
        let mut state = self.crew.lock();
        self.start_missing(&mut state, now);
        let restart = state.restart_at.map(|at| at.saturating_duration_since(now));
        let mut next = restart.unwrap_or(Duration::MAX);
        let mut busy = false;
        for child in &mut state.children {
            busy |= !child.desk.is_empty();
            child.end_what_outlives_it();
            if beats && !child.desk.is_empty() {
                child.beat();
            }
            match child.desk.kill_at() {
                Some(at) if at <= now => child.kill(now),
                Some(at) => next = next.min(at - now),
                None => {}
            }
            if let Some(since) = child.desk.blocked_since()
                && !child.recalled
            {
                let age = now.saturating_duration_since(since);
                if age >= PATIENCE {
                    child.recall();
                } else {
                    next = next.min(PATIENCE.saturating_sub(age));
                }
            }
        }
        if busy { next.min(self.beat_at.saturating_duration_since(now)) } else { next }
    }
}
