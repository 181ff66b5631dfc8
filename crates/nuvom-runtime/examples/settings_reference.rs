//! Prints docs/reference/configuration.md, from the table of settings.

use std::io::{self, Write};

const ABOVE: &str = "\
# Settings

<!-- Made by `make reference` from crates/nuvom-runtime/src/settings/table.rs. Change it there. -->

The first source that has a setting wins:

1. an argument: an option of the command line, or `nuvom.configure(...)` (there without `NUVOM_`, in lower case);
2. the environment of the process;
3. the project's `.env`;
4. `[tool.nuvom]` in the project's `pyproject.toml` (there also without `NUVOM_`, in lower case);
5. the default.

The project's folder is the nearest one, from the working directory upwards, that holds `.nuvom` or
`pyproject.toml`; relative paths start there, so a client and a worker in different folders of a project meet in
the same store. Everything that is wrong, wherever it was written, is told in one message, with exit code 2.
`nuvom config` shows every value with the source that it came from, `nuvom config get NAME` writes one, and
`nuvom config check` examines all that is set, also what an earlier source keeps from being used.

";

fn main() -> io::Result<()> {
    let page = format!("{ABOVE}{}", nuvom_runtime::settings_reference());
    io::stdout().write_all(page.as_bytes())
}
