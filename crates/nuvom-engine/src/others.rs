//! Jobs that only workers of another version can run, and that are left to those for a while.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use nuvom_core::ports::{Share, Tasks};
use nuvom_core::{SignatureHash, TaskName};

/// Long enough that such a worker finds the job first when it is due again, short enough for a task that is
/// registered later.
const LEFT_TO_OTHERS: Duration = Duration::from_secs(30);

/// All jobs of a task; or, of these, those that were made for one signature.
type Kind = (TaskName, Option<SignatureHash>);

/// What is left to others, and until when, on the monotonic clock.
#[derive(Debug, Default)]
pub(crate) struct LeftToOthers(Mutex<HashMap<Kind, Duration>>);

impl LeftToOthers {
    /// Leaves jobs alone from now on.
    pub(crate) fn add(&self, task: TaskName, signature: Option<SignatureHash>, now: Duration) {
        self.lock().insert((task, signature), now + LEFT_TO_OTHERS);
    }

    /// The shares of a claim that keep it from them: mostly none.
    pub(crate) fn shares(&self, now: Duration) -> Vec<Share> {
        let mut left = self.lock();
        left.retain(|_, until| *until > now);
        let (mut tasks, mut signatures) = (HashSet::new(), HashMap::<_, HashSet<_>>::new());
        for (task, signature) in left.keys() {
            match signature {
                None => drop(tasks.insert(task.clone())),
                Some(hash) => drop(signatures.entry(task.clone()).or_default().insert(*hash)),
            }
        }
        let tasks = (!tasks.is_empty()).then(|| Tasks::Only(Arc::new(tasks)));
        let signatures = (!signatures.is_empty()).then(|| Tasks::MadeFor(Arc::new(signatures)));
        let none = |tasks| Share { tasks, suspects: false, limit: 0 };
        tasks.into_iter().chain(signatures).map(none).collect()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Kind, Duration>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
