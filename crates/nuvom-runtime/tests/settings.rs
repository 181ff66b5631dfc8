//! The settings of a project on disk: which source wins, and what is said about bad ones.
#![allow(clippy::unwrap_used, reason = "all of this is test code, where a panic is the report")]

use std::ffi::OsString;
use std::fs;
use std::path::Path;
use std::time::Duration;

use nuvom_core::ErrorKind;
use nuvom_runtime::{Origin, Project, Review, Settings};
use tempfile::TempDir;

/// A project whose sources a test fills.
struct Sources {
    folder: TempDir,
    arguments: Vec<(String, String)>,
    environment: Vec<(OsString, OsString)>,
}

impl Sources {
    fn empty() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), arguments: Vec::new(), environment: Vec::new() }
    }

    fn argument(mut self, name: &str, value: &str) -> Self {
        self.arguments.push((name.to_owned(), value.to_owned()));
        self
    }

    fn environment(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.into(), value.into()));
        self
    }

    fn dotenv(self, text: &str) -> Self {
        fs::write(self.root().join(".env"), text).unwrap();
        self
    }

    fn pyproject(self, text: &str) -> Self {
        fs::write(self.root().join("pyproject.toml"), text).unwrap();
        self
    }

    fn root(&self) -> &Path {
        self.folder.path()
    }

    fn load(&self) -> nuvom_core::Result<Settings> {
        Settings::load(&Project::at(self.root()), self.arguments.clone(), self.environment.clone())
    }

    fn review(&self) -> Review {
        Settings::review(&Project::at(self.root()), self.environment.clone())
    }

    fn lease(&self) -> (Duration, Option<Origin>) {
        let settings = self.load().unwrap();
        (settings.lease(), settings.origin("NUVOM_LEASE_SECS"))
    }

    fn refusal(&self) -> String {
        let error = self.load().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid);
        error.to_string()
    }
}

#[test]
fn an_argument_wins_over_everything() {
    let sources = Sources::empty()
        .argument("lease_secs", "11")
        .environment("NUVOM_LEASE_SECS", "12")
        .dotenv("NUVOM_LEASE_SECS=13")
        .pyproject("[tool.nuvom]\nlease_secs = 14");

    assert_eq!(sources.lease(), (Duration::from_secs(11), Some(Origin::Argument)));
}

#[test]
fn the_environment_wins_over_files() {
    let sources = Sources::empty()
        .environment("NUVOM_LEASE_SECS", "12")
        .dotenv("NUVOM_LEASE_SECS=13")
        .pyproject("[tool.nuvom]\nlease_secs = 14");

    assert_eq!(sources.lease(), (Duration::from_secs(12), Some(Origin::Environment)));
}

#[test]
fn dotenv_wins_over_pyproject() {
    let sources = Sources::empty().dotenv("NUVOM_LEASE_SECS=13").pyproject("[tool.nuvom]\nlease_secs = 14");

    assert_eq!(sources.lease(), (Duration::from_secs(13), Some(Origin::DotEnv)));
}

#[test]
fn pyproject_wins_over_the_default() {
    let sources = Sources::empty().pyproject("[tool.nuvom]\nlease_secs = 14");

    assert_eq!(sources.lease(), (Duration::from_secs(14), Some(Origin::Pyproject)));
}

#[test]
fn an_empty_environment_value_is_not_set() {
    let sources = Sources::empty().environment("NUVOM_LEASE_SECS", "").dotenv("NUVOM_LEASE_SECS=");

    assert_eq!(sources.lease(), (Duration::from_secs(30), Some(Origin::Default)));
}

#[test]
fn beat_and_reap_follow_the_lease() {
    let settings = Sources::empty().argument("NUVOM_LEASE_SECS", "12").load().unwrap();

    assert_eq!(settings.beat(), Duration::from_secs(4));
    assert_eq!(settings.reap(), Duration::from_secs(2));
}

#[test]
fn the_paths_of_sqlite_follow_the_common_one_and_start_at_the_root() {
    let sources = Sources::empty().dotenv("NUVOM_SQLITE_PATH=data/jobs.db");

    let settings = sources.load().unwrap();

    assert_eq!(settings.sqlite_queue_path(), sources.root().join("data/jobs.db"));
    assert_eq!(settings.sqlite_result_path(), sources.root().join("data/jobs.db"));
}

#[test]
fn everything_that_is_wrong_is_told_at_once() {
    let sources = Sources::empty()
        .argument("max_workers", "0")
        .environment("NUVOM_LEASE_SECS", "ten")
        .dotenv("NUVOM_LOG_FROMAT=json\nNUVOM_LOG_LEVEL=DEBG")
        .pyproject("[tool.nuvom]\nlease_sec = 3\nbatch_size = [1]");

    assert_eq!(
        sources.refusal(),
        "the settings cannot be used, for 6 reasons:\
         \n  - NUVOM_LOG_FROMAT (.env): there is no such setting; did you mean NUVOM_LOG_FORMAT?\
         \n  - lease_sec (pyproject.toml): there is no such setting; did you mean lease_secs?\
         \n  - NUVOM_MAX_WORKERS = \"0\" (argument): expected a whole number from 1 to 10000\
         \n  - NUVOM_BATCH_SIZE = \"a list\" (pyproject.toml): expected a whole number from 1 to 100000\
         \n  - NUVOM_LEASE_SECS = \"ten\" (environment): expected seconds from 0.1 to 86400\
         \n  - NUVOM_LOG_LEVEL = \"DEBG\" (.env): expected one of DEBUG, INFO, WARNING, ERROR, CRITICAL; \
         did you mean DEBUG?"
    );
}

#[test]
fn a_beat_above_a_third_of_the_lease_is_refused() {
    let sources = Sources::empty().environment("NUVOM_BEAT_SECS", "11");

    assert_eq!(
        sources.refusal(),
        "the settings cannot be used: NUVOM_BEAT_SECS = \"11\" (environment): expected at most 10, a third of \
         NUVOM_LEASE_SECS, so that one late beat does not cost a job"
    );
}

#[test]
fn a_bad_lease_is_not_reported_again_as_a_bad_beat() {
    let sources = Sources::empty().argument("lease_secs", "-1").argument("beat_secs", "5");

    assert!(!sources.refusal().contains("BEAT"));
}

#[test]
fn a_bad_value_that_an_argument_replaces_is_no_problem() {
    let sources = Sources::empty().argument("lease_secs", "9").dotenv("NUVOM_LEASE_SECS=ten");

    assert_eq!(sources.lease().0, Duration::from_secs(9));
}

#[test]
fn a_review_finds_bad_values_that_another_source_keeps_from_being_used() {
    let sources = Sources::empty()
        .environment("NUVOM_LEASE_SECS", "9")
        .dotenv("NUVOM_LEASE_SECS=ten\nNUVOM_LOG_LEVEL=INFO")
        .pyproject("[tool.nuvom]\nlease_secs = -1\nlog_level = \"LOUD\"");

    let review = sources.review();

    let found: Vec<_> = review.problems().iter().map(|problem| problem.message.as_str()).collect();
    assert_eq!(
        found,
        [
            "NUVOM_LEASE_SECS = \"ten\" (.env; not used, as the environment has another): expected seconds from 0.1 \
             to 86400",
            "NUVOM_LEASE_SECS = \"-1\" (pyproject.toml; not used, as the environment has another): expected seconds \
             from 0.1 to 86400",
            "NUVOM_LOG_LEVEL = \"LOUD\" (pyproject.toml; not used, as the .env has another): expected one of DEBUG, \
             INFO, WARNING, ERROR, CRITICAL",
        ]
    );
    assert!(sources.load().is_ok());
}

#[test]
fn a_review_tells_all_that_loading_refuses_and_which_setting_it_is() {
    let sources = Sources::empty()
        .environment("NUVOM_BEAT_SECS", "11")
        .dotenv("NUVOM_LOG_FROMAT=json")
        .pyproject("tool.nuvom = 3");

    let review = sources.review();

    let places: Vec<_> =
        review.problems().iter().map(|found| (found.setting.as_deref(), found.origin)).collect();
    assert_eq!(
        places,
        [
            (Some("NUVOM_LOG_FROMAT"), Origin::DotEnv),
            (None, Origin::Pyproject),
            (Some("NUVOM_BEAT_SECS"), Origin::Environment),
        ]
    );
    assert_eq!(review.result().unwrap_err().to_string(), sources.refusal());
}

#[test]
fn a_review_of_defaults_has_nothing_to_say() {
    let review = Sources::empty().review();

    assert_eq!((review.problems(), review.warnings.len()), (&[][..], 0));
}

#[test]
fn a_review_warns_of_what_can_be_used_and_then_surprises() {
    let sources = Sources::empty()
        .environment("NUVOM_LEASE_SEC", "3")
        .dotenv("NUVOM_PROMETHEUS_HOST=0.0.0.0\nNUVOM_WATCHDOG_SECS=5")
        .pyproject("[tool.nuvom]\nsource_roots = \".,lib\"");

    let review = sources.review();

    let beginnings = [
        "NUVOM_LEASE_SEC is set in the environment, but there is no such setting",
        "NUVOM_PROMETHEUS_HOST = 0.0.0.0 (.env): whoever reaches that address reads the metrics",
        "NUVOM_WATCHDOG_SECS = 5 (.env): a store that is only busy may take 30 s",
        "NUVOM_SOURCE_ROOTS = .,lib (pyproject.toml): there is no folder \"lib\"",
    ];
    assert_eq!(review.warnings.len(), beginnings.len(), "{:?}", review.warnings);
    let told = review.warnings.iter().zip(beginnings);
    assert!(told.clone().all(|(told, beginning)| told.starts_with(beginning)), "{:?}", review.warnings);
    assert!(review.result().is_ok());
}

#[test]
fn one_value_is_asked_for_by_its_whole_or_short_name_in_any_case_of_letters() {
    let settings = Sources::empty().dotenv("NUVOM_LEASE_SECS=12.5").load().unwrap();

    for name in ["NUVOM_LEASE_SECS", "nuvom_lease_secs", "LEASE_SECS", "lease_secs", "Lease_Secs"] {
        assert_eq!(settings.shown(name, false).unwrap(), "12.5");
    }
    assert_eq!(
        settings.shown("lease_sec", false).unwrap_err().to_string(),
        "there is no setting lease_sec. Did you mean NUVOM_LEASE_SECS?"
    );
}

#[test]
fn the_value_of_a_secret_is_shown_whole_only_to_who_asks_for_it() {
    let settings =
        Sources::empty().environment("NUVOM_ENVIRONMENT", "postgres://nuvom:hunter2@db/jobs").load().unwrap();

    assert_eq!(settings.shown("environment", false).unwrap(), "postgres://***@db/jobs");
    assert_eq!(settings.shown("environment", true).unwrap(), "postgres://nuvom:hunter2@db/jobs");
}

#[test]
fn an_unknown_name_in_the_environment_is_only_a_warning() {
    let settings = Sources::empty().environment("NUVOM_LEASE_SEC", "3").load().unwrap();

    assert_eq!(
        settings.warnings(),
        [
            "NUVOM_LEASE_SEC is set in the environment, but there is no such setting; did you mean NUVOM_LEASE_SECS?"
        ]
    );
}

#[test]
fn names_of_other_programs_are_nobodys_business() {
    let settings = Sources::empty().environment("PATH", "/bin").dotenv("DATABASE_URL=x").load().unwrap();

    assert!(settings.warnings().is_empty());
}

#[test]
fn a_value_with_control_characters_is_shown_escaped() {
    let sources = Sources::empty().environment("NUVOM_LOG_LEVEL", "\u{1b}]52;c;aGk=\u{7}");

    assert!(sources.refusal().contains("\\u{1b}]52;c;aGk=\\u{7}"));
}

#[test]
fn a_password_never_reaches_a_message_or_a_listing() {
    let wrong = Sources::empty().environment("NUVOM_LOG_LEVEL", "postgres://nuvom:hunter2@db/jobs");
    let listed = Sources::empty().environment("NUVOM_ENVIRONMENT", "postgres://nuvom:hunter2@db/jobs");

    assert!(wrong.refusal().contains("postgres://***@db/jobs"));
    assert!(!format!("{:?}", listed.load().unwrap().entries()).contains("hunter2"));
}

#[test]
fn a_dotenv_counts_in_the_folder_of_the_project_and_neither_below_nor_above_it() {
    let above = tempfile::tempdir().unwrap();
    let (root, below) = (above.path().join("project"), above.path().join("project/below"));
    fs::create_dir_all(&below).unwrap();
    fs::write(root.join("pyproject.toml"), "").unwrap();
    fs::write(above.path().join(".env"), "NUVOM_LEASE_SECS=11\nNUVOM_MAX_WORKERS=11").unwrap();
    fs::write(root.join(".env"), "NUVOM_LEASE_SECS=12").unwrap();
    fs::write(below.join(".env"), "NUVOM_LEASE_SECS=13\nNUVOM_BATCH_SIZE=13").unwrap();

    let settings = Settings::load(&Project::find(&below), [], []).unwrap();

    assert_eq!(settings.lease(), Duration::from_secs(12));
    assert_eq!(settings.origin("NUVOM_MAX_WORKERS"), Some(Origin::Default));
    assert_eq!(settings.origin("NUVOM_BATCH_SIZE"), Some(Origin::Default));
}

#[test]
fn a_folder_called_dotenv_is_a_virtual_environment_and_says_nothing() {
    let sources = Sources::empty();
    fs::create_dir(sources.root().join(".env")).unwrap();

    assert!(sources.load().unwrap().warnings().is_empty());
}

#[cfg(unix)]
#[test]
fn a_dotenv_that_anyone_may_write_is_ignored_with_a_warning() {
    use std::os::unix::fs::PermissionsExt;
    let sources = Sources::empty().dotenv("NUVOM_LEASE_SECS=13");
    fs::set_permissions(sources.root().join(".env"), fs::Permissions::from_mode(0o666)).unwrap();

    let settings = sources.load().unwrap();

    assert_eq!(settings.lease(), Duration::from_secs(30));
    assert!(settings.warnings()[0].contains("any user of this machine may write it"));
}

#[cfg(unix)]
#[test]
fn a_value_that_is_not_utf_8_is_refused() {
    use std::os::unix::ffi::OsStringExt;
    let mut sources = Sources::empty();
    sources.environment.push(("NUVOM_SQLITE_PATH".into(), OsString::from_vec(vec![0xff])));

    assert!(sources.refusal().contains("NUVOM_SQLITE_PATH = \"bytes that are not UTF-8\" (environment)"));
}

#[test]
fn the_process_environment_is_never_changed() {
    Sources::empty().dotenv("NUVOM_PLANTED=1\nPLANTED_BY_DOTENV=1").load().unwrap_err();

    assert!(std::env::var_os("PLANTED_BY_DOTENV").is_none());
}
