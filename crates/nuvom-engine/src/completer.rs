//! Collects the ends of attempts until the exchange takes them, so that many share one commit.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use nuvom_core::End;

use crate::executor::Outcomes;
use crate::service::Waking;

/// So many ends are company enough: beyond this, a commit costs next to nothing for each of them.
const COMPANY: usize = 256;

/// An end waits at most this long for company. It is paid only while more jobs follow at once.
const PATIENCE: Duration = Duration::from_millis(1);

/// The ends that the store does not know yet.
#[derive(Debug)]
pub(crate) struct Completer {
    /// Guards the ends and whether they should still wait.
    waiting: Mutex<Waiting>,
    arrived: Condvar,
    exchange: Waking,
}

#[derive(Debug, Default)]
struct Waiting {
    ends: Vec<End>,
    /// Whether the last end came with the word that more follow.
    more: bool,
}

impl Completer {
    pub(crate) fn new(exchange: Waking) -> Self {
        Self { waiting: Mutex::default(), arrived: Condvar::new(), exchange }
    }

    /// Takes what has ended, after a moment's patience if more is coming.
    pub(crate) fn take(&self) -> Vec<End> {
        let waiting = self.lock();
        let lonely =
            |waiting: &mut Waiting| waiting.more && !waiting.ends.is_empty() && waiting.ends.len() < COMPANY;
        let waited = self.arrived.wait_timeout_while(waiting, PATIENCE, lonely);
        let mut waiting = waited.unwrap_or_else(PoisonError::into_inner).0;
        std::mem::take(&mut waiting.ends)
    }

    /// Puts back what the store could not take, in front.
    pub(crate) fn restore(&self, mut ends: Vec<End>) {
        let mut waiting = self.lock();
        ends.append(&mut waiting.ends);
        waiting.ends = ends;
        waiting.more = false;
    }

    /// Adds ends that are not an executor's, such as jobs handed back.
    pub(crate) fn add(&self, ends: Vec<End>) {
        if ends.is_empty() {
            return;
        }
        let mut waiting = self.lock();
        waiting.ends.extend(ends);
        waiting.more = false;
        drop(waiting);
        self.arrived.notify_one();
        self.exchange.wake();
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.lock().ends.is_empty()
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Outcomes for Completer {
    fn ended(&self, end: End, more: bool) {
        let mut waiting = self.lock();
        waiting.ends.push(end);
        waiting.more = more;
        let count = waiting.ends.len();
        drop(waiting);
        // To wake a thread costs more than a short job: only the first end, the last, and a full company do.
        if count == 1 {
            self.exchange.wake();
        } else if !more || count == COMPANY {
            self.arrived.notify_one();
            self.exchange.wake();
        }
    }
}
