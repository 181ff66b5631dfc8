//! `plugin list|status|inspect|test|scaffold`.

use std::path::Path;

use serde_json::Value as Json;

use crate::arguments::{Listing, Plugin};
use crate::failure::{ERROR, Failure, OK};
use crate::output::Output;
use crate::session::Session;
use crate::styled::{Style, Styled};
use crate::table::{Fit, Table};
use crate::wording::counted;

/// Asks the host, and shows what it answers.
pub(crate) fn run(command: Plugin, session: &mut Session<'_>) -> Result<i32, Failure> {
    match command {
        Plugin::List(Listing { json }) => {
            let found = ask("list", Vec::new(), session)?;
            let columns = [
                ("KIND", "kind", Fit::Whole),
                ("TARGET", "target", Fit::Cut(24)),
                ("FROM", "from", Fit::Cut(12)),
                ("ORIGIN", "origin", Fit::Cut(12)),
            ];
            rows(&found, &columns, json, &mut session.output)
        }
        Plugin::Status(Listing { json }) => {
            let found = ask("status", Vec::new(), session)?;
            let columns = [
                ("KIND", "kind", Fit::Whole),
                ("NAME", "name", Fit::Cut(16)),
                ("STATE", "state", Fit::Whole),
                ("WHY", "why", Fit::Cut(24)),
            ];
            rows(&found, &columns, json, &mut session.output)
        }
        Plugin::Inspect(options) => {
            let found = ask("inspect", vec![options.name], session)?;
            inspected(&found, options.listing.json, &mut session.output)
        }
        Plugin::Test(options) => {
            let arguments = vec![options.target, options.kind.unwrap_or_default()];
            let found = ask("test", arguments, session)?;
            tested(&found, options.listing.json, &mut session.output)
        }
        Plugin::Scaffold(options) => {
            let folder = session.folder.join(&options.folder).display().to_string();
            let found = ask("scaffold", vec![options.kind, options.name, folder], session)?;
            for path in items(&found["files"]).iter().map(text) {
                let from_here = Path::new(&path).strip_prefix(&session.folder).map(Path::display);
                let shown = from_here.map_or_else(|_| path.clone(), |path| path.to_string());
                session.output.line(&format!("wrote {shown}"))?;
            }
            Ok(OK)
        }
    }
}

fn ask(verb: &str, arguments: Vec<String>, session: &mut Session<'_>) -> Result<Json, Failure> {
    let configured = session.configure(Vec::new())?;
    Ok(session.host.plugins(&configured.project, verb, arguments)?)
}

fn rows(
    found: &Json,
    columns: &[(&'static str, &str, Fit)],
    json: bool,
    output: &mut Output<'_>,
) -> Result<i32, Failure> {
    if json {
        output.json(found)?;
        return Ok(OK);
    }
    if items(found).is_empty() {
        output.talk("The project names no plugins: .nuvom_plugins.toml is where it would.")?;
        return Ok(OK);
    }
    let headings: Vec<_> = columns.iter().map(|(title, _, fit)| (*title, *fit)).collect();
    let mut table = Table::new(&headings);
    for row in items(found) {
        table.row(columns.iter().map(|(_, key, _)| Styled::from(text(&row[*key]))));
    }
    output.table(&table)?;
    Ok(OK)
}

fn inspected(found: &Json, json: bool, output: &mut Output<'_>) -> Result<i32, Failure> {
    if json {
        output.json(found)?;
        return Ok(OK);
    }
    let mut table = Table::new(&[("", Fit::Whole), ("", Fit::Cut(30))]);
    for (key, value) in found.as_object().into_iter().flatten().filter(|(key, _)| *key != "promises") {
        let words = match value {
            Json::Array(words) => words.iter().map(text).collect::<Vec<_>>().join(", "),
            other => text(other),
        };
        table.row([Styled::new(Style::Dim, key.replace('_', " ")), words.into()]);
    }
    output.table(&table)?;
    promises(found, output)
}

fn promises(found: &Json, output: &mut Output<'_>) -> Result<i32, Failure> {
    let promised = items(&found["promises"]);
    if !promised.is_empty() {
        let mut table = Table::new(&[("PROMISE", Fit::Whole), ("HOLDS", Fit::Whole)]);
        for promise in promised {
            let held = if promise[1] == Json::Bool(true) { "yes" } else { "no" };
            table.row([Styled::from(text(&promise[0])), held.into()]);
        }
        output.table(&table)?;
    }
    Ok(OK)
}

fn tested(found: &Json, json: bool, output: &mut Output<'_>) -> Result<i32, Failure> {
    let verdicts =
        |verdict: &'static str| items(&found["cases"]).iter().filter(move |case| case["verdict"] == verdict);
    let failed = verdicts("fails").count();
    let code = if failed == 0 { OK } else { ERROR };
    if json {
        output.json(found)?;
        return Ok(code);
    }
    promises(found, output)?;
    for case in verdicts("fails") {
        output.line(&format!("fails: {}", text(&case["case"])))?;
        for line in text(&case["seen"]).lines() {
            output.line(&format!("  {line}"))?;
        }
    }
    let (held, passed_over) = (verdicts("holds").count(), verdicts("not promised").count());
    output.line(&format!(
        "{}: {} {}, {} {}, {passed_over} not promised",
        text(&found["target"]),
        counted(held as u64, "case"),
        if held == 1 { "holds" } else { "hold" },
        failed,
        if failed == 1 { "fails" } else { "fail" },
    ))?;
    Ok(code)
}

fn items(value: &Json) -> &[Json] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn text(value: &Json) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
