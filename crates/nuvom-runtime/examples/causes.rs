//! Prints a part of docs/reference/errors.md: why attempts end that no exception of their task has ended.

use std::fmt::Write as _;
use std::io::{self, Write};

use nuvom_core::Cause;

fn main() -> io::Result<()> {
    let mut table = String::from("| `kind` | meaning |\n| --- | --- |\n");
    for cause in Cause::ALL {
        // A String takes everything.
        let _ = writeln!(table, "| `{}` | {} |", cause.as_str(), cause.meaning());
    }
    io::stdout().write_all(table.as_bytes())
}
