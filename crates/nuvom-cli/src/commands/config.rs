//! `config`, `config check` and `config get`.

use serde_json::{Value as Json, json};

use crate::arguments::{Config, GetSetting, Listing, OfSettings};
use crate::failure::{Failure, OK, USAGE};
use crate::session::Session;
use crate::styled::{Style, Styled};
use crate::table::{Fit, Table};
use crate::wording::counted;
use nuvom_runtime::{Entry, Origin, Problem, Project, Review, Settings};

/// Shows the settings, examines them, or writes one.
pub(crate) fn run(options: Config, session: &mut Session<'_>) -> Result<i32, Failure> {
    match options.wanted {
        None => show(options.listing.json, session),
        Some(OfSettings::Check(Listing { json })) => check(json, session),
        Some(OfSettings::Get(options)) => get(&options, session),
    }
}

/// Shows every setting with its value and origin.
fn show(json: bool, session: &mut Session<'_>) -> Result<i32, Failure> {
    let entries = session.configure(Vec::new())?.settings.entries();
    if json {
        session.output.json(&entries.iter().map(entry).collect::<Json>())?;
        return Ok(OK);
    }
    let mut table = Table::new(&[
        ("SETTING", Fit::Whole),
        ("VALUE", Fit::Cut(15)),
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

/// Examines what is set without opening any of it.
fn check(json: bool, session: &mut Session<'_>) -> Result<i32, Failure> {
    let project = Project::find(&session.folder);
    let mut review = Settings::review(&project, session.environment.clone());
    session.backends(&project, &review.settings).review(&mut review);
    let code = if review.problems().is_empty() { OK } else { USAGE };
    if json {
        session.output.json(&verdict(&review))?;
        return Ok(code);
    }
    for warning in &review.warnings {
        session.output.talk(&format!("warning: {warning}"))?;
    }
    review.result()?;
    let entries = review.settings.entries();
    let given = entries.iter().filter(|entry| entry.origin != Origin::Default).count();
    let given = counted(given as u64, "setting");
    session.output.line(&format!("Nothing is wrong: {given} given, the others as they are by default."))?;
    Ok(code)
}

fn get(options: &GetSetting, session: &mut Session<'_>) -> Result<i32, Failure> {
    let settings = session.configure(Vec::new())?.settings;
    session.output.line(&settings.shown(&options.name, options.show_secrets)?)?;
    Ok(OK)
}

fn verdict(review: &Review) -> Json {
    let problem = |problem: &Problem| {
        json!({
            "setting": problem.setting,
            "origin": problem.origin.as_str(),
            "message": problem.message,
        })
    };
    json!({
        "problems": review.problems().iter().map(problem).collect::<Json>(),
        "warnings": review.warnings,
    })
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
