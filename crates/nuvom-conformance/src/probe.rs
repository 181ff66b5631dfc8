//! Waiting for a moment instead of sleeping past it.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use nuvom_core::ports::Waker;

/// How long a test waits for something that must happen: so long that only a defect reaches it.
pub const PATIENCE: Duration = Duration::from_secs(10);

/// Receives signals of something that happened on another thread.
#[derive(Debug)]
pub struct Probe<T = ()> {
    sender: Sender<T>,
    receiver: Mutex<Receiver<T>>,
}

impl<T> Probe<T> {
    /// A probe that has seen nothing.
    pub fn new() -> Self {
        let (sender, receiver) = channel();
        Self { sender, receiver: Mutex::new(receiver) }
    }

    /// What signals this probe, from any thread.
    pub fn signal(&self) -> Sender<T> {
        self.sender.clone()
    }

    /// The next signal; panics with the name of the moment when none comes in [`PATIENCE`].
    pub fn expect(&self, moment: &str) -> T {
        self.expect_within(PATIENCE, moment)
    }

    /// The next signal; panics with the name of the moment when none comes in time.
    pub fn expect_within(&self, timeout: Duration, moment: &str) -> T {
        let receiver = self.receiver.lock().unwrap_or_else(PoisonError::into_inner);
        receiver.recv_timeout(timeout).unwrap_or_else(|_| panic!("waited {timeout:?} in vain for {moment}"))
    }

    /// The signals that came and were not asked for yet.
    pub fn seen(&self) -> Vec<T> {
        self.receiver.lock().unwrap_or_else(PoisonError::into_inner).try_iter().collect()
    }
}

impl Probe<()> {
    /// A waker that signals this probe.
    pub fn waker(&self) -> Waker {
        let sender = self.signal();
        // The probe may be gone first; a wake that nobody waits for is no error.
        Arc::new(move || {
            let _ = sender.send(());
        })
    }
}

impl<T> Default for Probe<T> {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signal_from_another_thread_is_seen() {
        let probe = Probe::new();
        let signal = probe.signal();

        let sender = std::thread::spawn(move || signal.send(7).unwrap());

        assert_eq!(probe.expect("the number"), 7);
        sender.join().unwrap();
    }

    #[test]
    #[should_panic(expected = "for the end of the world")]
    fn a_moment_that_never_comes_is_named() {
        Probe::<()>::new().expect_within(Duration::ZERO, "the end of the world");
    }
}
