//! Waiting at the line while a worker is idle, so that nobody has to keep asking it. What comes is set aside for the
//! next claim. A job of another process is noticed at once where the line itself can be waited at.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use nuvom_core::ports::{Line, Lined, Taken, Topic};
use nuvom_core::{Error, ErrorKind, QueueName, Result};

use crate::store::LineStore;

/// One wait at the line: short enough that a stop is soon noticed.
const WAIT: Duration = Duration::from_millis(500);

/// Between two looks at a line that answers at once instead of waiting, or that fails.
const PAUSE: Duration = Duration::from_millis(50);

/// What nobody had room for is given back to the line after so long: another worker may have some.
const STALE: Duration = Duration::from_secs(2);

/// The thread that waits, and what it waits for.
#[derive(Debug, Default)]
pub(crate) struct Waiter {
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    /// Guards who wants jobs.
    wish: Mutex<Wish>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct Wish {
    /// From these queues; none while nobody has room.
    queues: Option<Vec<QueueName>>,
    /// How many workers of this process listen.
    listeners: usize,
    /// Whether the thread runs.
    running: bool,
}

impl Waiter {
    /// Notes whether a worker has room for more jobs than it got.
    pub(crate) fn wants(&self, wants: bool, queues: &[QueueName]) {
        let mut wish = self.shared.lock();
        let news = wants && wish.queues.is_none();
        wish.queues = wants.then(|| queues.to_vec());
        drop(wish);
        if news {
            self.shared.changed.notify_all();
        }
    }

    /// Has the line watched for one worker more.
    pub(crate) fn join(&self, store: &Weak<LineStore>, waits: bool) -> Result<()> {
        let mut wish = self.shared.lock();
        wish.listeners += 1;
        if wish.running || !waits {
            return Ok(());
        }
        let (shared, store) = (Arc::clone(&self.shared), Weak::clone(store));
        let started =
            std::thread::Builder::new().name("nuvom-line".to_owned()).spawn(move || wait(&shared, &store));
        let thread = started.map_err(|error| {
            Error::new(ErrorKind::Unavailable, "no thread can be started to wait at the queue")
                .caused_by(error)
        })?;
        let mut threads = THREADS.lock().unwrap_or_else(PoisonError::into_inner);
        threads.retain(|thread| !thread.is_finished());
        threads.push(thread);
        wish.running = true;
        Ok(())
    }

    /// Notes that a worker has ended; answers whether it was the last.
    pub(crate) fn leave(&self) -> bool {
        let mut wish = self.shared.lock();
        wish.listeners -= 1;
        let last = wish.listeners == 0;
        if last {
            wish.queues = None;
        }
        drop(wish);
        self.shared.changed.notify_all();
        last
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Wish> {
        self.wish.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sleeps until somebody has room, at most so long; answers from which queues, or none if nobody has. An error means
    /// that no worker is left.
    fn next_wish(&self, pause: Duration) -> Result<Option<Vec<QueueName>>, NobodyListens> {
        let idle = |wish: &mut Wish| wish.listeners > 0 && wish.queues.is_none();
        let waited = self.changed.wait_timeout_while(self.lock(), pause, idle);
        let mut wish = waited.unwrap_or_else(PoisonError::into_inner).0;
        if wish.listeners == 0 {
            wish.running = false;
            return Err(NobodyListens);
        }
        Ok(wish.queues.clone())
    }

    fn sleep(&self, pause: Duration) {
        let listened = |wish: &mut Wish| wish.listeners > 0;
        let _ = self.changed.wait_timeout_while(self.lock(), pause, listened);
    }
}

struct NobodyListens;

/// The threads that wait at lines. Whoever drops a worker cannot join its thread: it may hold the GIL, which a line in
/// Python needs to return. So they end by themselves, and the end of the process waits for them.
static THREADS: Mutex<Vec<JoinHandle<()>>> = Mutex::new(Vec::new());

static ENDING: AtomicBool = AtomicBool::new(false);

/// Waits, at the end of a process and without the GIL, until no thread is at a line any more, at most so long.
pub fn end_waits(limit: Duration) {
    ENDING.store(true, Ordering::Release);
    let deadline = Instant::now() + limit;
    let threads = std::mem::take(&mut *THREADS.lock().unwrap_or_else(PoisonError::into_inner));
    for thread in threads {
        while !thread.is_finished() && Instant::now() < deadline {
            std::thread::sleep(PAUSE / 10);
        }
    }
}

fn wait(shared: &Shared, store: &Weak<LineStore>) {
    while let Ok(wish) = shared.next_wish(WAIT)
        && !ENDING.load(Ordering::Acquire)
    {
        let Some(line) = store.upgrade().map(|store| Arc::clone(&store.line)) else { return };
        if let Some(queues) = wish {
            wait_once(shared, &*line, &queues, store);
        }
        if let Some(store) = store.upgrade() {
            let before = store.clock.monotonic().saturating_sub(STALE);
            let stale = store.desk().take_stale(before);
            // A line that cannot be reached gives them out again by itself, if it promises to.
            let _ = store.give_back(stale);
        }
    }
}

fn wait_once(shared: &Shared, line: &dyn Line, queues: &[QueueName], store: &Weak<LineStore>) {
    let asked = Instant::now();
    let taken = line.take(1, queues, WAIT);
    let Some(store) = store.upgrade() else {
        put_back(line, taken.unwrap_or_default());
        return;
    };
    match taken {
        Ok(taken) if !taken.is_empty() => {
            let now = store.now();
            if let Ok(waiting) = store.received(taken, now) {
                let mut desk = store.desk();
                for waiting in waiting {
                    desk.set_aside(waiting);
                }
            }
            // Until the worker says again that it has room.
            shared.lock().queues = None;
            if shared.lock().listeners == 0 {
                let unclaimed = store.desk().take_unclaimed();
                let _ = store.give_back(unclaimed);
            }
            store.wakers.call(&[Topic::Ready]);
        }
        Ok(_) if asked.elapsed() >= WAIT / 2 => {}
        // It does not wait, or fails; whatever is wrong, the worker's own look will tell.
        Ok(_) | Err(_) => shared.sleep(PAUSE),
    }
}

/// Nobody is left to claim these. A line that acknowledges gives them out again by itself.
fn put_back(line: &dyn Line, taken: Vec<Taken>) {
    if !line.promises().acknowledge && !taken.is_empty() {
        let lined = taken.into_iter().map(|taken| Lined { record: taken.record, delay: Duration::ZERO });
        let _ = line.put(&lined.collect::<Vec<_>>());
    }
}
