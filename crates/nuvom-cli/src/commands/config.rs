//! `config`.

use serde_json::{Value as Json, json};

use crate::failure::{Failure, OK};
use crate::session::Session;
use crate::styled::{Style, Styled};
use crate::table::{Fit, Table};
use nuvom_runtime::{Entry, Origin};

/// Shows every setting with its value and origin.
pub(crate) fn show(json: bool, session: &mut Session<'_>) -> Result<i32, Failure> {
    let entries = session.configure(Vec::new())?.settings.entries();
    if json {
        session.output.json(&entries.iter().map(entry).collect::<Json>())?;
        return Ok(OK);
    }
    let mut table = Table::new(&[
        ("SETTING", Fit::Whole),
        ("VALUE", Fit::Cut(20)),
        ("FROM", Fit::Whole),
        ("MEANING", Fit::Optional),
    ]);
    for entry in entries {
        let style = if entry.origin == Origin::Default { Style::Dim } else { Style::Plain };
        table.row([
            entry.name.into(),
            entry.value.into(),
            Styled::new(style, entry.origin.as_str()),
            Styled::new(Style::Dim, entry.doc),
        ]);
    }
    session.output.table(&table)?;
    Ok(OK)
}

fn entry(entry: &Entry) -> Json {
    json!({
        "name": entry.name,
        "value": entry.value,
        "origin": entry.origin.as_str(),
        "accepts": entry.accepts,
        "doc": entry.doc,
    })
}
