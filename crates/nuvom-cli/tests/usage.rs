//! What the command line does with what it cannot do: usage, settings, stores, streams.
#![allow(clippy::unwrap_used, reason = "all of this is test code, where a panic is the report")]

mod project;

use std::io;
use std::sync::Arc;

use nuvom_cli::{Surroundings, run_in};
use project::Project;
use serde_json::json;

const AN_ID: &str = "01890a5d-ac96-774b-bcce-b302099a8057";

#[test]
fn help_is_data_and_documents_the_exit_codes() {
    let ran = Project::new().run(&["--help"]);

    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    assert!(ran.out.contains("Exit codes:\n  0  done"), "{}", ran.out);
    assert!(ran.out.contains("runworker"));
    assert!(!ran.out.contains('\u{1b}'));
}

#[test]
fn help_fits_eighty_columns() {
    let project = Project::new();

    let help = [
        &["--help"][..],
        &["runworker", "--help"],
        &["runscheduler", "--help"],
        &["schedule", "--help"],
        &["schedule", "preview", "--help"],
        &["schedule", "sync", "--help"],
        &["discover", "tasks", "--help"],
        &["check", "--help"],
        &["inspect", "job", "--help"],
        &["history", "recent", "--help"],
        &["doctor", "--help"],
    ]
    .map(|args| project.run(args).out)
    .concat();

    assert!(help.lines().all(|line| line.chars().count() <= 80), "{help}");
}

#[test]
fn help_opens_nothing() {
    let project = Project::new();

    project.run(&["history", "recent", "--help"]);

    assert!(!project.root().join(".nuvom").exists());
}

#[test]
fn a_command_that_does_not_exist_is_a_usage_error_with_a_guess() {
    let ran = Project::new().run(&["histroy"]);

    assert_eq!((ran.code, ran.out.as_str()), (2, ""));
    assert!(ran.err.contains("'history'"), "{}", ran.err);
}

#[test]
fn what_is_mistyped_below_a_command_is_a_usage_error_with_a_guess() {
    for (args, meant) in [
        (&["queue", "puase", "mail"][..], "'pause'"),
        (&["schedule", "resmue", "nightly"], "'resume'"),
        (&["history", "recent", "--statsu", "failed"], "'--status'"),
        (&["history", "recent", "--status", "faild"], "did you mean failed?"),
        (&["inspect", "job", "0123", "-f", "jsn"], "'json'"),
    ] {
        let ran = Project::new().run(args);

        assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{ran:?}");
        assert!(ran.err.contains(meant), "{ran:?}");
    }
}

#[test]
fn no_command_is_a_usage_error() {
    let ran = Project::new().run(&[]);

    assert_eq!((ran.code, ran.out.as_str()), (2, ""));
    assert!(ran.err.contains("\nUsage: nuvom"), "{}", ran.err);
}

#[test]
fn version_names_what_it_runs_on() {
    let project = Project::new();

    assert_eq!(project.run(&["version"]).out, "nuvom 1.2.3\npython 3.14.0\n");
    assert_eq!(project.run(&["--version"]).out, "nuvom 1.2.3\npython 3.14.0\n");
    assert_eq!(project.json(&["version", "--json"]), json!({"nuvom": "1.2.3", "python": "3.14.0"}));
}

#[test]
fn something_that_is_no_id_is_a_usage_error() {
    let ran = Project::new().run(&["status", "../../etc/passwd"]);

    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("this is not a job id"), "{}", ran.err);
}

#[test]
fn an_unknown_job_is_an_error_that_says_where_was_looked() {
    let project = Project::new();

    let status = project.run(&["status", AN_ID]);
    let inspect = project.run(&["inspect", "job", AN_ID, "-f", "json"]);

    assert_eq!((status.code, status.out.as_str()), (1, ""));
    assert!(
        status.err.starts_with(&format!("error: there is no job {AN_ID} in sqlite at ROOT/.nuvom/nuvom.db"))
    );
    assert_eq!((inspect.code, inspect.out.as_str()), (1, ""));
}

#[test]
fn an_unknown_backend_is_a_configuration_error_with_those_that_exist() {
    let mut project = Project::new();
    project.set("NUVOM_QUEUE_BACKEND", "sqlit");

    let ran = project.run(&["history", "recent"]);

    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("can be sqlite, file, memory; did you mean sqlite?"), "{}", ran.err);
}

#[test]
fn a_backend_of_one_process_has_nothing_to_show() {
    let mut project = Project::new();
    project.set("NUVOM_QUEUE_BACKEND", "memory");

    let ran = project.run(&["status", AN_ID]);

    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("lives inside one process"), "{}", ran.err);
}

#[test]
fn a_file_that_is_no_database_is_left_as_it_is() {
    let project = Project::new();
    project.write(".nuvom/nuvom.db", "This is a diary, and not a database. ".repeat(100));

    let ran = project.run(&["history", "recent"]);

    assert_eq!(ran.code, 1);
    assert!(ran.err.contains("this file is not an SQLite database"), "{}", ran.err);
    let kept = std::fs::read_to_string(project.root().join(".nuvom/nuvom.db")).unwrap();
    assert!(kept.starts_with("This is a diary"));
}

#[test]
fn a_database_of_a_newer_nuvom_is_left_as_it_is() {
    let project = Project::new();
    project.stores();
    // The schema's number stands in bytes 60 to 63 of the file, once the log has been written into it.
    let path = project.root().join(".nuvom/nuvom.db");
    let mut bytes = std::fs::read(&path).unwrap();
    bytes[60..64].copy_from_slice(&99_u32.to_be_bytes());
    std::fs::write(&path, bytes).unwrap();

    let ran = project.run(&["history", "recent"]);

    assert_eq!(ran.code, 1);
    assert!(ran.err.contains("the database has schema 99"), "{}", ran.err);
}

#[test]
fn runworker_hands_checked_settings_to_the_host_and_its_exit_code_back() {
    let project = Project::new();

    let args = ["runworker", "--workers", "7", "--queues", "mail,default", "--log-level", "debug"];
    let ran = project.run(&args);

    let asked = project.host.asked.borrow();
    let asked = asked.as_ref().unwrap();
    assert_eq!(ran.code, nuvom_cli::HANDED_BACK);
    assert_eq!(asked.settings.max_workers(), 7);
    assert_eq!(asked.settings.log_level(), "DEBUG");
    assert_eq!(
        asked.queues.iter().map(nuvom_core::QueueName::as_str).collect::<Vec<_>>(),
        ["mail", "default"]
    );
    assert_eq!(asked.project.root, project.root());
}

#[test]
fn runworker_on_a_backend_of_one_process_is_refused_with_the_way_out() {
    let mut project = Project::new();
    project.set("NUVOM_QUEUE_BACKEND", "memory");

    let ran = project.run(&["runworker"]);

    assert_eq!(ran.code, nuvom_cli::USAGE);
    assert!(ran.err.contains("with nuvom.Worker()"), "{}", ran.err);
    assert!(project.host.asked.borrow().is_none());
}

#[test]
fn runworker_with_a_bad_option_never_reaches_the_host() {
    let project = Project::new();

    let ran = project.run(&["runworker", "--workers", "0"]);

    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("NUVOM_MAX_WORKERS = \"0\" (argument)"), "{}", ran.err);
    assert!(project.host.asked.borrow().is_none());
}

/// A stream that fails like this.
struct Broken(io::ErrorKind);

impl io::Write for Broken {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        Err(self.0.into())
    }

    fn flush(&mut self) -> io::Result<()> {
        Err(self.0.into())
    }
}

fn config_into(stdout: Broken) -> (i32, String) {
    let project = Project::new();
    let mut err = Vec::new();
    let surroundings = Surroundings {
        folder: project.root().to_owned(),
        environment: Vec::new(),
        clock: Arc::clone(&project.clock) as _,
        input: Box::new(io::empty()),
        stdout: Box::new(stdout),
        stderr: Box::new(&mut err),
        width: 80,
        cuts: true,
        colour: false,
        zone: Some(jiff::tz::TimeZone::UTC),
        answer: None,
    };
    let code = run_in(vec!["nuvom".into(), "config".into()], &project.host, surroundings);
    (code, String::from_utf8(err).unwrap())
}

#[test]
fn a_reader_that_has_seen_enough_ends_it_quietly() {
    assert_eq!(config_into(Broken(io::ErrorKind::BrokenPipe)), (0, String::new()));
}

#[test]
fn output_that_cannot_be_written_is_an_error() {
    let (code, err) = config_into(Broken(io::ErrorKind::StorageFull));

    assert_eq!(code, 1);
    assert!(err.starts_with("error: the output cannot be written"), "{err}");
}
