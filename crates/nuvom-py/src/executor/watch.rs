//! Until when an attempt may run, and how far it has come with its end.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use nuvom_core::{Cause, End, HandBack, Held, Job, JobError, Outcome, TaskName};
use nuvom_engine::Interrupt;

/// Why an attempt was interrupted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reason {
    TimeLimit,
    Engine(Interrupt),
}

impl Reason {
    /// The exception of `nuvom.errors` that is raised inside the task.
    pub(super) fn exception(self) -> &'static str {
        match self {
            Reason::TimeLimit => "TimeLimitReached",
            Reason::Engine(Interrupt::Cancel) => "CancelRequested",
            Reason::Engine(Interrupt::LeaseLost) => "LeaseLost",
            Reason::Engine(Interrupt::Stop) => "WorkerStopping",
        }
    }
}

/// What is to be done about an attempt now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Due {
    /// Nothing before this moment.
    Later(Option<Instant>),
    /// Its time is over.
    Interrupt,
    /// It was interrupted, and half of its grace is over.
    Urge,
    /// It was interrupted, and its grace is over.
    Stuck,
}

/// One attempt.
pub(super) struct Watch {
    pub(super) held: Held,
    task: TaskName,
    limit: Option<Duration>,
    grace: Duration,
    /// When it has to be looked at again.
    next: Option<Instant>,
    interrupted: Option<Reason>,
    urged: bool,
    stuck: Option<String>,
    cancel_requested: Arc<AtomicBool>,
}

impl Watch {
    pub(super) fn new(job: &Job, grace: Duration, now: Instant, cancel_requested: Arc<AtomicBool>) -> Self {
        let limit = job.options.timeout;
        Self {
            held: job.held(),
            task: job.task.clone(),
            limit,
            grace,
            next: limit.and_then(|limit| now.checked_add(limit)),
            interrupted: None,
            urged: false,
            stuck: None,
            cancel_requested,
        }
    }

    pub(super) fn task(&self) -> &TaskName {
        &self.task
    }

    pub(super) fn next(&self) -> Option<Instant> {
        self.next
    }

    pub(super) fn interrupted(&self) -> Option<Reason> {
        self.interrupted
    }

    pub(super) fn due(&self, now: Instant) -> Due {
        match self.next {
            Some(at) if at <= now && self.interrupted.is_none() => Due::Interrupt,
            Some(at) if at <= now && !self.urged => Due::Urge,
            Some(at) if at <= now => Due::Stuck,
            next => Due::Later(next),
        }
    }

    /// Notes an interruption; answers whether it should be raised. One is enough: a second would cut off what the
    /// task does about the first. Only a stop, which comes last, may follow another.
    pub(super) fn interrupt(&mut self, reason: Reason, now: Instant) -> bool {
        if reason == Reason::Engine(Interrupt::Cancel) {
            self.cancel_requested.store(true, Ordering::Release);
        }
        let stop = Reason::Engine(Interrupt::Stop);
        if self.stuck.is_some() {
            return false;
        }
        if self.interrupted == Some(stop) || (self.interrupted.is_some() && reason != stop) {
            return false;
        }
        self.interrupted = Some(reason);
        self.urged = false;
        self.next = now.checked_add(self.grace / 2);
        true
    }

    /// Notes that half of the grace is over.
    pub(super) fn urge(&mut self, now: Instant) {
        self.urged = true;
        self.next = now.checked_add(self.grace / 2);
    }

    /// Notes that nothing can end it, and where it is.
    pub(super) fn give_up(&mut self, stack: String) {
        self.stuck = Some(stack);
        self.next = None;
    }

    pub(super) fn is_stuck(&self) -> bool {
        self.stuck.is_some()
    }

    /// The end to be reported of a stuck attempt if the worker goes away.
    pub(super) fn end_if_stuck(&self) -> Option<End> {
        let stack = self.stuck.as_ref()?;
        let outcome = match self.interrupted {
            Some(Reason::Engine(Interrupt::Cancel)) => Outcome::Cancelled,
            Some(Reason::Engine(Interrupt::Stop | Interrupt::LeaseLost)) => {
                Outcome::HandedBack { reason: HandBack::Stop }
            }
            Some(Reason::TimeLimit) | None => {
                let message =
                    format!("{}, and nothing could end it but the end of its worker", self.overrun_message());
                let error =
                    JobError { kind: Cause::TimeLimitReached.into(), message, traceback: stack.clone() };
                Outcome::TimedOut { error }
            }
        };
        Some(End { id: self.held.id, lease: self.held.lease, outcome })
    }

    fn overrun_message(&self) -> String {
        let limit = self.limit.unwrap_or_default().as_secs_f64();
        format!("{} ran longer than its limit of {limit} s", self.task)
    }
}
