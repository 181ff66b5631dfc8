//! `nuvom backup`: what is copied, under which names, and what is refused.
#![allow(clippy::unwrap_used, reason = "all of this is test code, where a panic is the report")]

mod project;

use std::fs;

use nuvom_core::Outcome;
use project::{Project, Ran, job};

fn with_a_job(settings: &[(&str, &str)]) -> Project {
    let mut project = Project::new();
    for (name, value) in settings {
        project.set(name, value);
    }
    project.ended(job(&project, 1, "add", vec![]), Outcome::Succeeded { result: None });
    project
}

/// What lies in the project's folder and has this in its name.
fn named(project: &Project, part: &str) -> Vec<String> {
    let names = fs::read_dir(project.root()).unwrap().map(|entry| entry.unwrap().file_name());
    let mut found: Vec<String> = names.map(|name| name.into_string().unwrap()).collect();
    found.retain(|name| name.contains(part));
    found.sort();
    found
}

#[track_caller]
fn is_refused(project: &Project, file: &str, code: i32, why: &str) {
    let Ran { code: ended, out, err, .. } = project.run(&["backup", file]);

    assert_eq!((ended, out.as_str()), (code, ""), "{err}");
    assert!(err.contains(why), "{err}");
    assert_eq!(named(project, "partial"), Vec::<String>::new());
}

#[test]
fn a_copy_is_a_store_that_can_be_looked_at() {
    let mut project = with_a_job(&[]);

    let ran = project.run(&["backup", "copy.db"]);

    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.out.contains("copy.db: 1 job, "), "{ran:?}");
    assert!(ran.out.ends_with("from sqlite at ROOT/.nuvom/nuvom.db\n"), "{ran:?}");
    assert_eq!(named(&project, "copy"), ["copy.db"]);
    project.set("NUVOM_SQLITE_PATH", "copy.db");
    assert_eq!(project.json(&["history", "recent", "--json"]).as_array().unwrap().len(), 1);
}

#[test]
fn stores_that_lie_apart_get_a_copy_each_named_after_the_first() {
    let project = with_a_job(&[("NUVOM_SQLITE_RESULT_PATH", "results.db")]);

    let copies = project.json(&["backup", "copy.db", "--json"]);

    assert_eq!(named(&project, "copy"), ["copy.db", "copy.results.db"]);
    assert_eq!((&copies[0]["jobs"], &copies[1]["jobs"]), (&1.into(), &0.into()));
    is_refused(&project, "copy.db", 1, "a copy overwrites nothing");
}

#[test]
fn a_folder_of_files_is_copied_as_a_folder() {
    let mut project = with_a_job(&[("NUVOM_QUEUE_BACKEND", "file"), ("NUVOM_RESULT_BACKEND", "file")]);

    let copies = project.json(&["backup", "copy", "--json"]);

    assert_eq!((&copies[0]["jobs"], &copies[0]["damaged"]), (&1.into(), &0.into()));
    project.set("NUVOM_FILE_DIR", "copy");
    assert_eq!(project.json(&["history", "recent", "--json"]).as_array().unwrap().len(), 1);
}

#[test]
fn what_is_there_is_not_overwritten() {
    let project = with_a_job(&[]);
    project.write("copy.db", "mine");

    is_refused(&project, "copy.db", 1, "a copy overwrites nothing");
    assert_eq!(fs::read(project.root().join("copy.db")).unwrap(), b"mine");
}

#[test]
fn a_copy_is_no_part_of_the_store() {
    let project = with_a_job(&[]);
    is_refused(&project, ".nuvom/nuvom.db", 1, "a copy overwrites nothing");
    is_refused(&project, ".nuvom/nuvom.db-wal2", 2, "a part of the store");

    let project = with_a_job(&[("NUVOM_QUEUE_BACKEND", "file"), ("NUVOM_RESULT_BACKEND", "file")]);
    is_refused(&project, ".nuvom/files/copy", 2, "a part of the store");
    is_refused(&project, ".nuvom/files/waiting/copy", 2, "a part of the store");
}

#[test]
fn a_store_that_is_not_there_is_not_made_and_copied() {
    let project = Project::new();

    is_refused(&project, "copy.db", 1, "there is no store yet");
    assert!(!project.root().join(".nuvom/nuvom.db").exists());
}

#[test]
fn a_folder_that_is_not_there_is_told() {
    is_refused(&with_a_job(&[]), "gone/copy.db", 1, "the folder for the copy is not there");
}

#[test]
fn what_lives_in_the_memory_of_a_process_is_refused_with_the_reason() {
    let mut project = Project::new();
    project.set("NUVOM_QUEUE_BACKEND", "memory");

    is_refused(&project, "copy.db", 1, "cannot be copied by Nuvom");
}
