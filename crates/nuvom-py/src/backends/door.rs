//! The way into Python for threads of the engine that call backends. At the end of the process it is closed: a thread that
//! is inside Python while the interpreter goes away takes the process down with it.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use nuvom_core::{Error, ErrorKind, Result};

struct Door {
    closed: bool,
    inside: usize,
}

/// Guards who is inside.
static DOOR: Mutex<Door> = Mutex::new(Door { closed: false, inside: 0 });
static LEFT: Condvar = Condvar::new();

/// Somebody inside; leaves when it is dropped.
pub(super) struct Inside;

/// Goes in, unless the door is closed.
pub(super) fn enter() -> Result<Inside> {
    let mut door = lock();
    if door.closed {
        return Err(Error::new(
            ErrorKind::Unavailable,
            "the process ends, so its backend is not called any more",
        ));
    }
    door.inside += 1;
    Ok(Inside)
}

/// Lets nobody in any more, and waits until those inside have left, at most so long. The caller must not hold the GIL.
pub(crate) fn close(limit: Duration) {
    let mut door = lock();
    door.closed = true;
    let waited = LEFT.wait_timeout_while(door, limit, |door| door.inside > 0);
    drop(waited.unwrap_or_else(PoisonError::into_inner));
}

impl Drop for Inside {
    fn drop(&mut self) {
        lock().inside -= 1;
        LEFT.notify_all();
    }
}

fn lock() -> MutexGuard<'static, Door> {
    DOOR.lock().unwrap_or_else(PoisonError::into_inner)
}
