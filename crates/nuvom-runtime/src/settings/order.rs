//! Every setting, from every pair of sources: the earlier one is used, and named as the origin.

use std::ffi::OsString;
use std::fs;
use std::path::Path;

use super::kind::Kind;
use super::table::{Row, TABLE};
use super::{Entry, Origin, Settings};
use crate::Project;

/// The order in which sources are asked.
const ORDER: [Origin; 5] =
    [Origin::Argument, Origin::Environment, Origin::DotEnv, Origin::Pyproject, Origin::Default];

/// A text that this kind takes; others for other numbers, as far as there are others.
fn sample(kind: Kind, number: u8) -> String {
    let few = f64::from(number) / 4.0;
    match kind {
        Kind::Text | Kind::Path => format!("sample-{number}"),
        Kind::Seconds { least, .. } | Kind::Days { least, .. } => (least + few).to_string(),
        Kind::Count { least, .. } | Kind::Bytes { least, .. } => (least + u64::from(number)).to_string(),
        Kind::Choice(words) => words[usize::from(number) % words.len()].to_owned(),
    }
}

/// The setting as people read it, in a project where two sources have it.
fn entry_of(row: &Row, given: [(Origin, String); 2]) -> Entry {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let write = |file: &str, text: String| fs::write(folder.path().join(file), text).expect("it is ours");
    let short = row.name.trim_start_matches("NUVOM_").to_lowercase();
    let mut arguments: Vec<(String, String)> = Vec::new();
    let mut environment: Vec<(OsString, OsString)> = Vec::new();
    for (origin, text) in given {
        match origin {
            Origin::Argument => arguments.push((row.name.to_owned(), text)),
            Origin::Environment => environment.push((row.name.into(), text.into())),
            Origin::DotEnv => write(".env", format!("{}='{text}'\n", row.name)),
            Origin::Pyproject => write("pyproject.toml", format!("[tool.nuvom]\n{short} = '{text}'\n")),
            Origin::Default => {}
        }
    }
    let settings =
        Settings::load(&Project::at(folder.path()), arguments, environment).expect("samples are good");
    let mut entry =
        settings.entries().into_iter().find(|entry| entry.name == row.name).expect("it is listed");
    entry.value = entry.value.replace(&folder.path().display().to_string(), "/project");
    entry
}

#[test]
fn of_every_two_sources_the_earlier_one_has_the_say_for_every_setting() {
    let pairs =
        || (0..ORDER.len()).flat_map(|later| (0..later).map(move |earlier| (ORDER[earlier], ORDER[later])));
    assert_eq!(pairs().count(), 10);

    for row in TABLE {
        for (earlier, later) in pairs() {
            let [wins, loses] = [1, 2].map(|number| sample(row.kind, number));

            let entry = entry_of(row, [(later, loses), (earlier, wins.clone())]);

            let expected = row.kind.parse(&wins, Path::new("/project")).map(|value| value.to_string());
            assert_eq!(
                (Some(entry.value), entry.origin),
                (expected, earlier),
                "{}: {earlier:?} and {later:?}",
                row.name
            );
        }
    }
}

#[test]
fn the_two_samples_of_a_kind_differ_wherever_it_has_two_values() {
    let alike = TABLE.iter().filter(|row| sample(row.kind, 1) == sample(row.kind, 2));

    assert!(alike.map(|row| row.name).eq(["NUVOM_SERIALIZATION_BACKEND"]));
}
