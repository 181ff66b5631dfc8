//! `config`: what is shown of the settings, examined, and written for scripts.

mod project;

use project::Project;
use serde_json::json;

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
