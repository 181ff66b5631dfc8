//! `queue list`.

use nuvom_core::ports::QueueCounts;
use nuvom_core::{Error, ErrorKind, QueueName, Timestamp, nearest};
use serde_json::{Value as Json, json};

use crate::failure::{Failure, OK};
use crate::moments::{age, iso};
use crate::session::Session;
use crate::table::{Fit, Table};

/// Lists the queues, with what waits and runs in them.
pub(crate) fn list(json: bool, session: &mut Session<'_>) -> Result<i32, Failure> {
    let opened = session.open()?;
    let queues = opened.runtime.stores.inspect.queues()?;
    if json {
        session.output.json(&queues.iter().map(as_json).collect::<Json>())?;
    } else if queues.is_empty() {
        session.output.talk(&format!("No queue in {} has had a job.", opened.place))?;
    } else {
        session.output.table(&table(&queues, opened.now()))?;
    }
    Ok(OK)
}

fn as_json(queue: &QueueCounts) -> Json {
    json!({
        "queue": queue.queue.as_str(),
        "pending": queue.pending,
        "running": queue.running,
        "oldest": queue.oldest.map(iso),
    })
}

fn table(queues: &[QueueCounts], now: Timestamp) -> Table {
    let mut table = Table::new(&[
        ("QUEUE", Fit::Cut(12)),
        ("WAITING", Fit::Whole),
        ("RUNNING", Fit::Whole),
        ("OLDEST DUE", Fit::Whole),
    ]);
    for queue in queues {
        table.row([
            queue.queue.as_str().into(),
            queue.pending.to_string().into(),
            queue.running.to_string().into(),
            queue.oldest.map_or_else(String::new, |oldest| age(oldest, now)).into(),
        ]);
    }
    table
}

/// That there is no such queue, with the one that may have been meant.
pub(crate) fn unknown(name: &QueueName, queues: &[QueueCounts], place: &str) -> Error {
    let error = Error::new(ErrorKind::NotFound, format!("no queue {name} in {place} has had a job"));
    match nearest(name.as_str(), queues.iter().map(|queue| queue.queue.as_str())) {
        Some(meant) => error.hint(format!("Did you mean {meant}?")),
        None => error.hint("`nuvom queue list` shows those that have"),
    }
}
