//! The suite as a program runs it: case by case, with a verdict each.

use std::any::Any;
use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::Harness;

/// One case of the suite.
#[derive(Debug, Clone, Copy)]
pub struct Case {
    /// What it is about, such as `claim`.
    pub topic: &'static str,
    /// Its claim, such as `a_claimed_job_is_not_claimed_again`.
    pub name: &'static str,
    /// Panics if the claim does not hold.
    pub run: fn(&dyn Harness),
}

/// What came of a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Its claim holds.
    Holds,
    /// The backend does not promise what it is about.
    NotPromised,
    /// Its claim does not hold; this is what was seen.
    Fails(String),
}

thread_local! {
    static PROMISED: Cell<bool> = const { Cell::new(true) };
}

/// Notes that the case at work needs a promise that the backend does not give.
pub(super) fn note_not_promised() {
    PROMISED.set(false);
}

impl Case {
    /// Runs it. A panic is its way to say that the claim does not hold; the caller may want to silence the panic hook.
    pub fn judge(&self, harness: &dyn Harness) -> Verdict {
        PROMISED.set(true);
        match catch_unwind(AssertUnwindSafe(|| (self.run)(harness))) {
            Ok(()) if PROMISED.get() => Verdict::Holds,
            Ok(()) => Verdict::NotPromised,
            Err(panic) => Verdict::Fails(words(&*panic)),
        }
    }
}

fn words(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("it panicked").to_owned()
}
