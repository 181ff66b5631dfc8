//! Prints docs/reference/metrics.md, from the table of metrics.

use std::fmt::Write as _;
use std::io::{self, Write};

use nuvom_metrics::{FAMILIES, Kind, MOST_HOOKS, MOST_QUEUES, MOST_TASKS, OTHER};

const ABOVE: &str = "\
# Metrics

<!-- Made by `make reference` from the table in `crates/nuvom-metrics/src/families.rs`. Change it there. -->

What a worker with a monitoring plugin tells (see [the guide](../guides/monitoring.md)). Names are those under which
Prometheus keeps the samples; a histogram has `_count` and `_sum` beside its `_bucket`. Counters begin at zero with each
worker, so ask for their `rate` or `increase`.

";

fn main() -> io::Result<()> {
    let mut page = ABOVE.to_owned();
    page.push_str("| metric | kind | labels | meaning |\n| --- | --- | --- | --- |\n");
    for family in FAMILIES {
        let labels: Vec<String> = family.labels.iter().map(|label| format!("`{label}`")).collect();
        let (name, kind, labels) = (family.asked_as(), family.kind.as_str(), labels.join(", "));
        // A String takes everything.
        let _ = writeln!(page, "| `{name}` | {kind} | {labels} | {} |", family.help);
    }
    page.push_str(&below());
    io::stdout().write_all(page.as_bytes())
}

fn below() -> String {
    let gauges = FAMILIES.iter().filter(|family| family.kind == Kind::Gauge);
    let of_store: Vec<String> = gauges
        .filter(|family| family.name.starts_with("nuvom_queue_"))
        .map(|family| format!("`{}`", family.name))
        .collect();
    format!(
        "
`outcome` is how the last attempt ended: `succeeded`, `failed`, `timed_out`, `cancelled` or `lost`. A job whose
`timeout_policy` is `ignore` ends as SUCCESS, `timed_out`.

An attempt's run begins with its claim, so it includes the moment in which a busy worker holds a job that waits for a
free slot: 50 ms of work ahead, about. Attempts that were handed back or lost have neither run nor wait.

{} are numbers of the whole store,
and the same from every worker: take their `max`, not their `sum`. The store is asked for them at most once a second,
and only when somebody looks.

**Labels are bounded.** Only names of tasks that the worker's code registers, and of those {MOST_TASKS}, have series of
their own; {MOST_QUEUES} queues and {MOST_HOOKS} hooks do. All others are counted as `{OTHER}`: whoever may enqueue cannot
fill the memory of a worker or of Prometheus with names. Arguments, results and errors are never labels.
",
        of_store.join(" and ")
    )
}
