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
fn config_shows_every_setting_with_its_origin() {
    let mut project = Project::new();
    project.set("NUVOM_LEASE_SECS", "12");
    project.write(".env", "NUVOM_LOG_LEVEL=debug\n");
    project.write("pyproject.toml", "[tool.nuvom]\nmax_workers = 2\n");

    let out = project.run(&["config"]).out;

    let line = |name: &str| out.lines().find(|line| line.starts_with(name)).unwrap().split_whitespace();
    assert!(line("NUVOM_LEASE_SECS ").eq(["NUVOM_LEASE_SECS", "12", "environment"]), "{out}");
    assert!(line("NUVOM_BEAT_SECS ").eq(["NUVOM_BEAT_SECS", "4", "default"]), "{out}");
    assert!(line("NUVOM_LOG_LEVEL ").eq(["NUVOM_LOG_LEVEL", "DEBUG", ".env"]), "{out}");
    assert!(line("NUVOM_MAX_WORKERS ").eq(["NUVOM_MAX_WORKERS", "2", "pyproject.toml"]), "{out}");
}

#[test]
fn config_names_the_source_that_is_used_for_every_setting() {
    let mut project = Project::new();
    let defaults = project.json(&["config", "--json"]);
    let defaults = defaults.as_array().unwrap();
    let given: Vec<(&str, &str)> = defaults
        .iter()
        .map(|entry| (entry["name"].as_str().unwrap(), entry["value"].as_str().unwrap()))
        .collect();
    let origins = |project: &Project| -> Vec<String> {
        let listed = project.json(&["config", "--json"]);
        let mut origins: Vec<String> = listed
            .as_array()
            .unwrap()
            .iter()
            .map(|entry| entry["origin"].as_str().unwrap().to_owned())
            .collect();
        assert_eq!(origins.len(), given.len());
        origins.dedup();
        origins
    };
    assert!(given.len() > 30);
    assert_eq!(origins(&project), ["default"]);

    let short = |name: &str| name.trim_start_matches("NUVOM_").to_lowercase();
    let pyproject: Vec<_> =
        given.iter().map(|(name, value)| format!("{} = '{value}'", short(name))).collect();
    project.write("pyproject.toml", format!("[tool.nuvom]\n{}", pyproject.join("\n")));
    assert_eq!(origins(&project), ["pyproject.toml"]);

    let dotenv: Vec<_> = given.iter().map(|(name, value)| format!("{name}='{value}'")).collect();
    project.write(".env", dotenv.join("\n"));
    assert_eq!(origins(&project), [".env"]);

    for (name, value) in &given {
        project.set(name, value);
    }
    assert_eq!(origins(&project), ["environment"]);
}

#[test]
fn config_fits_eighty_columns_and_explains_where_there_is_room() {
    let mut project = Project::new();
    project.set("NUVOM_ENVIRONMENT", &"e".repeat(200));
    let narrow = project.run(&["config"]).out;
    project.width = 400;
    let wide = project.run(&["config"]).out;

    assert!(narrow.lines().all(|line| line.chars().count() <= 80), "{narrow}");
    assert!(wide.contains("How long a silent worker keeps its jobs"), "{wide}");
}

#[test]
fn config_hides_what_may_be_a_password() {
    let mut project = Project::new();
    project.set("NUVOM_ENVIRONMENT", "postgres://nuvom:hunter2@db/jobs");

    let shown = project.run(&["config"]).out + &project.run(&["config", "--json"]).out;

    assert!(shown.contains("postgres://***@db/jobs"), "{shown}");
    assert!(!shown.contains("hunter2"));
}

#[test]
fn all_bad_settings_are_told_at_once() {
    let mut project = Project::new();
    project.set("NUVOM_LEASE_SECS", "ten");
    project.write(".env", "NUVOM_LOG_LEVLE=debug\n");

    let ran = project.run(&["config"]);

    assert_eq!((ran.code, ran.out.as_str()), (2, ""));
    assert_eq!(
        ran.err,
        "error: the settings cannot be used, for 2 reasons:\n\
         \x20 - NUVOM_LOG_LEVLE (.env): there is no such setting; did you mean NUVOM_LOG_LEVEL?\n\
         \x20 - NUVOM_LEASE_SECS = \"ten\" (environment): expected seconds from 0.1 to 86400\n"
    );
}

#[test]
fn config_check_says_in_one_line_that_nothing_is_wrong_and_makes_nothing() {
    let mut project = Project::new();
    project.set("NUVOM_LEASE_SECS", "12");

    let ran = project.run(&["config", "check"]);

    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    assert_eq!(ran.out, "Nothing is wrong: 1 setting given, the others as they are by default.\n");
    assert!(!project.root().join(".nuvom").exists());
}

#[test]
fn config_check_tells_all_that_is_wrong_in_one_message_after_the_warnings() {
    let mut project = Project::new();
    project.set("NUVOM_LEASE_SECS", "9");
    project.set("NUVOM_BEAT_SECS", "5");
    project.set("NUVOM_QUEUE_BACKEND", "sqlit");
    project.write(".env", "NUVOM_LEASE_SECS=ten\nNUVOM_PROMETHEUS_HOST=0.0.0.0\n");

    let ran = project.run(&["config", "check"]);

    assert_eq!((ran.code, ran.out.as_str()), (2, ""));
    let (warning, error) = ran.err.split_once('\n').unwrap();
    assert!(warning.starts_with("warning: NUVOM_PROMETHEUS_HOST = 0.0.0.0 (.env): "), "{warning}");
    assert_eq!(
        error,
        "error: the settings cannot be used, for 3 reasons:\n\
         \x20 - NUVOM_BEAT_SECS = \"5\" (environment): expected at most 3, a third of NUVOM_LEASE_SECS, so that one \
         late beat does not cost a job\n\
         \x20 - NUVOM_LEASE_SECS = \"ten\" (.env; not used, as the environment has another): expected seconds from \
         0.1 to 86400\n\
         \x20 - NUVOM_QUEUE_BACKEND = \"sqlit\" (environment): expected one that keeps jobs: sqlite, file, memory; \
         did you mean sqlite?\n"
    );
}

#[test]
fn config_check_tells_programs_the_same_with_the_same_exit_code() {
    let mut project = Project::new();
    project.set("NUVOM_LEASE_SEC", "9");
    project.write(".env", "NUVOM_LEASE_SECS=ten\n");

    let ran = project.run(&["config", "check", "--json"]);

    assert_eq!((ran.code, ran.err.as_str()), (2, ""));
    let said: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(
        said["problems"],
        json!([{
            "setting": "NUVOM_LEASE_SECS",
            "origin": ".env",
            "message": "NUVOM_LEASE_SECS = \"ten\" (.env): expected seconds from 0.1 to 86400",
        }])
    );
    assert_eq!(said["warnings"].as_array().map(Vec::len), Some(1));
}

#[test]
fn config_check_passes_where_there_are_only_warnings() {
    let mut project = Project::new();
    project.set("NUVOM_RESULT_BACKEND", "memory");

    let ran = project.run(&["config", "check"]);

    assert_eq!(ran.code, 0);
    assert!(ran.err.starts_with("warning: NUVOM_RESULT_BACKEND = memory (environment): "), "{}", ran.err);
}

#[test]
fn config_get_writes_one_value_alone() {
    let mut project = Project::new();
    project.set("NUVOM_ENVIRONMENT", "postgres://nuvom:hunter2@db/jobs");

    let ran = project.run(&["config", "get", "nuvom_sqlite_path"]);
    let hidden = project.run(&["config", "get", "ENVIRONMENT"]);
    let shown = project.run(&["config", "get", "--show-secrets", "ENVIRONMENT"]);

    assert_eq!((ran.code, ran.out.as_str(), ran.err.as_str()), (0, "ROOT/.nuvom/nuvom.db\n", ""));
    assert_eq!(hidden.out, "postgres://***@db/jobs\n");
    assert_eq!(shown.out, "postgres://nuvom:hunter2@db/jobs\n");
}

#[test]
fn config_get_of_no_setting_is_a_usage_error_with_the_nearest_name() {
    let ran = Project::new().run(&["config", "get", "lease"]);

    assert_eq!((ran.code, ran.out.as_str()), (2, ""));
    assert_eq!(ran.err, "error: there is no setting lease. `nuvom config` lists all\n");
    let near = Project::new().run(&["config", "get", "lease_sec"]);
    assert_eq!(near.err, "error: there is no setting lease_sec. Did you mean NUVOM_LEASE_SECS?\n");
}

#[test]
fn a_warning_about_settings_is_talk() {
    let mut project = Project::new();
    project.set("NUVOM_LEASE_SEC", "3");

    let ran = project.run(&["config", "--json"]);

    assert_eq!(ran.code, 0);
    assert!(ran.err.starts_with("warning: NUVOM_LEASE_SEC is set in the environment"), "{}", ran.err);
    assert!(serde_json::from_str::<serde_json::Value>(&ran.out).is_ok());
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
