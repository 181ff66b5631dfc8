//! Prints docs/reference/commands.md, from the definitions of the commands.

use std::io::{self, Write};

const ABOVE: &str = "\
# Commands

<!-- Made by `make reference` from crates/nuvom-cli/src/arguments. Change it there. -->

`nuvom COMMAND --help` tells the same at the prompt. A job is meant by as much of the beginning of its id as no other job has.

";

fn main() -> io::Result<()> {
    let page = format!("{ABOVE}{}", nuvom_cli::commands_reference());
    io::stdout().write_all(page.as_bytes())
}
