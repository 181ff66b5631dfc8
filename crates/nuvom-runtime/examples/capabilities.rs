//! Prints docs/reference/capabilities.md, from what each backend says of itself.

use std::io::{self, Write};

use nuvom_core::Capability;
use nuvom_file::{FileStore, Options};
use nuvom_memory::MemoryStore;
use nuvom_runtime::SystemClock;
use nuvom_sqlite::{Durability, SqliteStore};

const ABOVE: &str = "\
# What each backend promises

<!-- Made by `make reference` from the backends themselves. Change it there. -->

Promises are data: the conformance suite picks its cases by them, and no code asks for a backend's name.

";

const BELOW: &str = "
*sqlite* is one file in WAL mode, on a local disk: several processes of one machine share it, and a network file
system is no place for it. Without a clock of its own it goes by the larger of the machine's clock and the latest
time it has stored, so a clock that steps back stops nothing.

*file* is a folder in which each job is a file that people can read, on a local disk as well. It needs no database
and is slower than one; docs/guides/file-backend.md tells when to use it.

*memory* lives in one process and ends with it: for tests, notebooks, and `nuvom.Worker` beside its client.

With a result store other than the queue's, \"joint results\" no longer holds: the result is written first and
then the finish, so a job is never finished without its result, but a result may be written that is then void.
";

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("nuvom.db");
    let sqlite = SqliteStore::open(file, Durability::Full, SystemClock::new())?.stores().jobs.capability();
    let files = FileStore::open(folder.path().join("files"), Options::default(), SystemClock::new())?;
    let files = files.stores().jobs.capability();
    let memory = MemoryStore::new(SystemClock::new()).stores().jobs.capability();
    io::stdout().write_all(page(&[("sqlite", sqlite), ("file", files), ("memory", memory)]).as_bytes())?;
    Ok(())
}

fn page(backends: &[(&str, Capability)]) -> String {
    let mut lines = vec![line("promise", "meaning", backends.iter().map(|(name, _)| *name))];
    lines.push(line("---", "---", backends.iter().map(|_| ":-:")));
    let rows = backends[0].1.rows();
    for (index, (promise, _, meaning)) in rows.into_iter().enumerate() {
        let kept =
            backends.iter().map(|(_, capability)| if capability.rows()[index].1 { "yes" } else { "no" });
        lines.push(line(promise, meaning, kept));
    }
    format!("{ABOVE}{}\n{BELOW}", lines.join("\n"))
}

fn line<'a>(promise: &str, meaning: &str, cells: impl Iterator<Item = &'a str>) -> String {
    let cells: Vec<&str> = cells.collect();
    format!("| {promise} | {} | {meaning} |", cells.join(" | "))
}
