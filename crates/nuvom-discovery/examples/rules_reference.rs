//! Writes `rules.md`, the table of the rules of `nuvom check`, and a page a rule into `rules/`, below the folder that
//! it is given.

use std::error::Error;
use std::fs;
use std::path::PathBuf;

use nuvom_discovery::Rule;

const ABOVE: &str = "\
# Rules of `nuvom check`

<!-- Made by `make reference` from crates/nuvom-discovery/src/check/rules.rs. Change it there. -->

A code keeps its meaning for good. NUV0xx are about finding tasks, NUV1xx about their options, NUV2xx about calls that
ask for jobs, NUV3xx about schedules, NUV4xx about jobs in the store (`nuvom check --against-queue`), NUV9xx about the
comments that silence the others. `nuvom check --explain NUV201` prints the page of a rule, and
[a guide](../guides/checking.md) tells how checking fits into a project.

| code | name | what it holds against the code |
| --- | --- | --- |
";

fn main() -> Result<(), Box<dyn Error>> {
    let folder = PathBuf::from(std::env::args_os().nth(1).ok_or("give the folder to write into")?);
    let pages = folder.join("rules");
    fs::create_dir_all(&pages)?;
    fs::write(folder.join("rules.md"), index())?;
    for rule in Rule::ALL {
        fs::write(pages.join(format!("{}.md", rule.code())), page(rule))?;
    }
    Ok(())
}

fn index() -> String {
    let row = |rule: Rule| {
        let text = rule.text();
        format!("| [{code}](rules/{code}.md) | {} | {} |\n", text.name, text.summary, code = text.code)
    };
    ABOVE.to_owned() + &Rule::ALL.map(row).concat()
}

/// The page, with its origin below the title, and the way back below all.
fn page(rule: Rule) -> String {
    let (title, rest) = rule.page().split_once('\n').unwrap_or((rule.page(), ""));
    let origin = format!("crates/nuvom-discovery/rules/{}.md", rule.code());
    format!(
        "{title}\n\n<!-- Made by `make reference` from {origin}. Change it there. -->\n{rest}\n[All rules](../rules.md)\n"
    )
}
