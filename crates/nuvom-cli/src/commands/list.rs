//! `list tasks`.

use nuvom_discovery::{FoundTask, Manifest};

use crate::arguments::Listing;
use crate::failure::{Failure, OK};
use crate::session::Session;
use crate::styled::{Style, Styled};
use crate::table::{Fit, Table};

/// Lists the tasks of the manifest.
pub(crate) fn tasks(options: &Listing, session: &mut Session<'_>) -> Result<i32, Failure> {
    let configured = session.configure(Vec::new())?;
    let manifest = Manifest::load(configured.settings.manifest_path())?;
    let output = &mut session.output;
    if options.json {
        output.json(&manifest.tasks())?;
        return Ok(OK);
    }
    if manifest.tasks().is_empty() {
        output.talk(
            "The manifest holds no tasks. Mark a function with `@task` and run `nuvom discover tasks`.",
        )?;
        return Ok(OK);
    }
    let mut table = Table::new(&[
        ("TASK", Fit::Cut(24)),
        ("PLACE", Fit::Cut(20)),
        ("SIGNATURE", Fit::Last(16)),
        ("OPTIONS", Fit::Optional),
        ("DOC", Fit::Optional),
    ]);
    for task in manifest.tasks() {
        table.row([
            task.name.as_str().into(),
            format!("{}:{}", task.file, task.line).into(),
            task.signature.as_str().into(),
            options_of(task).into(),
            Styled::new(Style::Dim, task.doc.as_deref().unwrap_or_default()),
        ]);
    }
    output.table(&table)?;
    Ok(OK)
}

/// The options that are literals, as they are written.
fn options_of(task: &FoundTask) -> String {
    let aliases = (!task.aliases.is_empty()).then(|| format!("aliases={}", task.aliases.join(",")));
    let options = task.options.iter().map(|(name, value)| format!("{name}={value}"));
    options.chain(aliases).collect::<Vec<_>>().join(" ")
}
