//! Names that were asked for, and that nothing has: told when nothing was found.

use nuvom_core::nearest;
use nuvom_discovery::Manifest;

use crate::arguments::Which;
use crate::failure::Failure;
use crate::session::{Opened, Session};

/// Tells that there are no such jobs, and which of the names that were asked for is not known.
pub(crate) fn nothing_found(
    which: &Which,
    opened: &Opened,
    session: &mut Session<'_>,
) -> Result<(), Failure> {
    session.output.talk(&format!("No such jobs in {}.", opened.place))?;
    // Without a manifest nothing can be said of tasks, and that it is missing is for other commands to tell.
    if let Ok(manifest) = Manifest::load(opened.runtime.settings.manifest_path()) {
        let known: Vec<&str> = manifest.tasks().iter().map(|task| task.name.as_str()).collect();
        for name in which.task.iter().map(nuvom_core::TaskName::as_str).filter(|name| !known.contains(name)) {
            session.output.talk(&format!("The manifest has no task {name}{}", meant(name, &known)))?;
        }
    }
    if !which.queue.is_empty() {
        let queues = opened.runtime.stores.inspect.queues()?;
        let known: Vec<&str> = queues.iter().map(|queue| queue.queue.as_str()).collect();
        for name in which.queue.iter().map(nuvom_core::QueueName::as_str).filter(|name| !known.contains(name))
        {
            session.output.talk(&format!("No queue {name} has had a job{}", meant(name, &known)))?;
        }
    }
    Ok(())
}

fn meant(name: &str, known: &[&str]) -> String {
    nearest(name, known.iter().copied())
        .map_or_else(|| ".".to_owned(), |meant| format!("; did you mean {meant}?"))
}
