//! `list workers`: which workers there are, what they serve and how busy they are.

use nuvom_core::ports::Listed;
use nuvom_core::{Error, ErrorKind, ListedWorker, QueueName, Timestamp, WorkerStatus};
use serde_json::{Value as Json, json};

use crate::failure::{Failure, OK};
use crate::moments::{age, iso, span};
use crate::session::Session;
use crate::styled::{Style, Styled};
use crate::table::{Fit, Table};

/// Lists the workers, those at work first.
pub(crate) fn list(json: bool, session: &mut Session<'_>) -> Result<i32, Failure> {
    let opened = session.open()?;
    let stores = &opened.runtime.stores;
    if !stores.jobs.capability().roster {
        return Err(no_roster(&opened.place).into());
    }
    let Listed { now, mut workers } = stores.roster.list_workers()?;
    workers.sort_by_key(|worker| WorkerStatus::ALL.iter().position(|status| *status == worker.status(now)));
    if json {
        session.output.json(&workers.iter().map(|worker| as_json(worker, now)).collect::<Json>())?;
    } else if workers.is_empty() {
        session
            .output
            .talk(&format!("No worker runs in {}. Start one by `nuvom runworker`.", opened.place))?;
    } else {
        session.output.table(&table(&workers, now))?;
    }
    Ok(OK)
}

fn no_roster(place: &str) -> Error {
    Error::new(
        ErrorKind::Unsupported,
        format!("{place} keeps no roster, so nobody can say which workers there are"),
    )
    .hint("With NUVOM_RESULT_BACKEND=sqlite the workers of such a queue are listed beside their results")
}

fn as_json(worker: &ListedWorker, now: Timestamp) -> Json {
    let report = &worker.report;
    json!({
        "name": report.worker.as_str(),
        "status": worker.status(now).as_str(),
        "queues": report.queues.iter().map(QueueName::as_str).collect::<Vec<_>>(),
        "busy": report.busy,
        "slots": report.slots,
        "stuck": report.stuck,
        "pool": report.pool,
        "host": report.host,
        "pid": report.pid,
        "version": report.version,
        "started_at": iso(report.started_at),
        "seen_at": iso(worker.seen_at),
    })
}

fn table(workers: &[ListedWorker], now: Timestamp) -> Table {
    let mut table = Table::new(&[
        ("WORKER", Fit::Cut(24)),
        ("STATE", Fit::Whole),
        ("SERVES", Fit::Last(8)),
        ("BUSY", Fit::Whole),
        ("POOL", Fit::Last(7)),
        ("UP", Fit::Last(8)),
        ("SEEN", Fit::Whole),
    ]);
    for worker in workers {
        let report = &worker.report;
        let status = worker.status(now);
        let until = if status == WorkerStatus::Silent { worker.seen_at } else { now };
        table.row([
            report.worker.as_str().into(),
            Styled::new(style(status), status.as_str()),
            serves(&report.queues).into(),
            busy(worker).into(),
            report.pool.as_str().into(),
            span(until.since(report.started_at)).into(),
            age(worker.seen_at.min(now), now).into(),
        ]);
    }
    table
}

fn style(status: WorkerStatus) -> Style {
    match status {
        WorkerStatus::Running => Style::Good,
        WorkerStatus::Stopping => Style::Busy,
        WorkerStatus::Silent => Style::Bad,
    }
}

fn serves(queues: &[QueueName]) -> String {
    match queues {
        [] => "all".to_owned(),
        queues => queues.iter().map(QueueName::as_str).collect::<Vec<_>>().join(", "),
    }
}

fn busy(worker: &ListedWorker) -> String {
    let report = &worker.report;
    let stuck = if report.stuck > 0 { format!(", {} stuck", report.stuck) } else { String::new() };
    format!("{}/{}{stuck}", report.busy, report.slots)
}
