//! `queue list|pause|resume`.

use nuvom_core::ports::QueueCounts;
use nuvom_core::{Error, ErrorKind, QueueName, Timestamp, nearest};
use serde_json::{Value as Json, json};

use crate::arguments::SomeQueues;
use crate::failure::{Failure, OK};
use crate::moments::{age, iso};
use crate::session::Session;
use crate::styled::{Style, Styled};
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

/// Pauses queues, or resumes them.
pub(crate) fn pause(options: &SomeQueues, paused: bool, session: &mut Session<'_>) -> Result<i32, Failure> {
    let opened = session.open()?;
    let stores = &opened.runtime.stores;
    let known = stores.inspect.queues()?;
    let changed = stores.jobs.pause(&options.names, paused)?;
    let is_known = |name: &QueueName| known.iter().any(|queue| queue.queue == *name);
    if options.listing.json {
        let rows = options.names.iter().zip(&changed).map(|(name, changed)| {
            json!({ "queue": name.as_str(), "paused": paused, "changed": changed, "known": is_known(name) })
        });
        session.output.json(&rows.collect::<Json>())?;
    } else {
        let (done, not_done) =
            if paused { ("paused", "was paused already") } else { ("resumed", "was not paused") };
        for (name, changed) in options.names.iter().zip(&changed) {
            session.output.line(&format!("{name}  {}", if *changed { done } else { not_done }))?;
        }
    }
    let Some(strange) = options.names.iter().find(|name| !is_known(name)) else { return Ok(OK) };
    if !paused {
        // To resume by a name that is mistyped must not look like success.
        return Err(unknown(strange, &known, &opened.place).into());
    }
    for name in options.names.iter().filter(|name| !is_known(name)) {
        let meant = nearest(name.as_str(), known.iter().map(|queue| queue.queue.as_str()));
        let meant = meant.map_or_else(String::new, |meant| format!("; did you mean {meant}?"));
        session.output.talk(&format!("Queue {name} has had no jobs yet{meant}"))?;
    }
    Ok(OK)
}

fn as_json(queue: &QueueCounts) -> Json {
    json!({
        "queue": queue.queue.as_str(),
        "pending": queue.pending,
        "running": queue.running,
        "oldest": queue.oldest.map(iso),
        "paused": queue.paused,
        "made_per_minute": queue.pace.map(|pace| pace.made),
        "ended_per_minute": queue.pace.map(|pace| pace.ended),
    })
}

fn table(queues: &[QueueCounts], now: Timestamp) -> Table {
    let mut table = Table::new(&[
        ("QUEUE", Fit::Cut(12)),
        ("WAITING", Fit::Number),
        ("RUNNING", Fit::Number),
        ("OLDEST DUE", Fit::Whole),
        ("ENDED/MIN", Fit::OptionalNumber),
        ("PAUSED", Fit::Whole),
    ]);
    for queue in queues {
        table.row([
            queue.queue.as_str().into(),
            queue.pending.to_string().into(),
            queue.running.to_string().into(),
            queue.oldest.map_or_else(String::new, |oldest| age(oldest, now)).into(),
            queue.pace.map_or_else(String::new, |pace| pace.ended.to_string()).into(),
            Styled::new(Style::Busy, if queue.paused { "yes" } else { "" }),
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
