//! The jobs that wait for a thread. Its lock is held for a few instructions and never while Python runs.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use nuvom_core::{Held, Job};

/// A line of jobs, and the threads that wait at its end.
#[derive(Default)]
pub(crate) struct Pool {
    line: Mutex<Line>,
    changed: Condvar,
    running: AtomicUsize,
}

#[derive(Default)]
struct Line {
    jobs: VecDeque<Job>,
    closed: bool,
}

impl Pool {
    pub(crate) fn submit(&self, jobs: Vec<Job>) {
        let count = jobs.len();
        self.lock().jobs.extend(jobs);
        // Each notice may start a thread that then waits for the GIL, so no more are told than have work.
        for _ in 0..count {
            self.changed.notify_one();
        }
    }

    /// Sleeps until there is a job; answers false when there will be none.
    pub(crate) fn await_job(&self) -> bool {
        let idle = |line: &mut Line| line.jobs.is_empty() && !line.closed;
        let line = self.changed.wait_while(self.lock(), idle).unwrap_or_else(PoisonError::into_inner);
        !line.closed || !line.jobs.is_empty()
    }

    /// The next job, which counts as running until `done`; with it, whether more wait.
    pub(crate) fn take(&self) -> Option<Job> {
        let job = self.lock().jobs.pop_front();
        if job.is_some() {
            self.running.fetch_add(1, Ordering::Relaxed);
        }
        job
    }

    /// Ends what `take` began; answers whether more wait.
    pub(crate) fn done(&self) -> bool {
        self.running.fetch_sub(1, Ordering::Relaxed);
        !self.lock().jobs.is_empty()
    }

    /// Takes out those of these claims that have not started.
    pub(crate) fn withdraw(&self, held: &[Held]) -> Vec<Held> {
        let mut withdrawn = Vec::new();
        self.lock().jobs.retain(|job| {
            let keep = !held.contains(&job.held());
            if !keep {
                withdrawn.push(job.held());
            }
            keep
        });
        withdrawn
    }

    pub(crate) fn recall(&self) -> Vec<Job> {
        self.lock().jobs.drain(..).collect()
    }

    pub(crate) fn close(&self) {
        self.lock().closed = true;
        self.changed.notify_all();
    }

    pub(crate) fn queued(&self) -> usize {
        self.lock().jobs.len()
    }

    pub(crate) fn running(&self) -> usize {
        self.running.load(Ordering::Relaxed)
    }

    fn lock(&self) -> MutexGuard<'_, Line> {
        self.line.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
