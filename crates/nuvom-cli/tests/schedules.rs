//! The commands about schedules, against a real store and a clock that stands still: how their answers are laid out.
#![allow(clippy::unwrap_used, reason = "all of this is test code, where a panic is the report")]

mod project;

use std::num::NonZeroU64;
use std::time::Duration;

use nuvom_core::{Clock, Misfire, Overlap, Rule, Schedule, Timestamp};
use nuvom_testkit::builders::{a_schedule, payload, queue, written};
use project::{Project, encoded};
use rmpv::Value;
use serde_json::json;

const HOUR: Duration = Duration::from_hours(1);

/// A schedule that was written now and calls its task with "ann".
fn schedule(project: &Project, id: &str, next_tick: Timestamp) -> Schedule {
    let mut made = a_schedule(id, next_tick);
    let call = Value::Array(vec![Value::Array(vec!["ann".into()]), Value::Map(vec![])]);
    made.definition.payload = payload(&encoded(&call));
    (made.created_at, made.changed_at) = (project.clock.now(), project.clock.now());
    made
}

/// One of each kind, in each state.
fn several(project: &Project) -> Vec<Schedule> {
    let now = project.clock.now();
    let hourly = schedule(project, "hourly", now + HOUR);
    let mut once = schedule(project, "once", now + Duration::from_mins(5));
    once.definition.rule = Rule::Once(now + Duration::from_mins(5));
    let mut weekly = schedule(project, "weekly-report-of-everything", now + 90 * HOUR);
    weekly.definition.rule =
        Rule::Cron { expression: "0 9 * * MON".to_owned(), zone: "Europe/Berlin".to_owned() };
    weekly.definition.is_declared = true;
    let mut paused = schedule(project, "paused", now + HOUR);
    paused.is_paused = true;
    let mut ended = schedule(project, "ended", now);
    (ended.next_tick, ended.runs, ended.skipped) = (None, 12, 3);
    let all = vec![hourly, once, weekly, paused, ended];
    let changes: Vec<_> = all.iter().cloned().map(written).collect();
    project.stores().schedules.commit(&changes).unwrap();
    all
}

fn fits(text: &str, width: usize) -> bool {
    text.lines().all(|line| line.chars().count() <= width)
}

#[test]
fn a_list_fits_eighty_columns() {
    let project = Project::new();
    several(&project);

    let ran = project.run(&["schedule", "list"]);

    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    assert!(fits(&ran.out, 80), "{}", ran.out);
    let first_words: Vec<Vec<&str>> =
        ran.out.lines().map(|line| line.split_whitespace().take(2).collect()).collect();
    assert_eq!(
        first_words,
        [
            ["SCHEDULE", "STATE"],
            ["ended", "ended"],
            ["hourly", "active"],
            ["once", "active"],
            ["paused", "paused"],
            ["weekly-report-of-everything", "active"]
        ],
        "{}",
        ran.out
    );
    assert!(ran.out.contains("every 1 h") && ran.out.contains("in 5 min"), "{}", ran.out);
}

#[test]
fn a_list_has_more_to_tell_where_there_is_room() {
    let mut project = Project::new();
    several(&project);
    project.width = 160;

    let out = project.run(&["schedule", "list"]).out;

    assert!(fits(&out, 160), "{out}");
    assert!(out.contains("0 9 * * MON (Europe/Berlin)"), "{out}");
    assert!(out.contains("once at 2026-01-01 00:05:00Z"), "{out}");
    assert!(
        out.lines().any(|line| line.contains("12") && line.contains('3') && line.starts_with("ended")),
        "{out}"
    );
}

#[test]
fn a_narrow_list_keeps_which_and_when() {
    let mut project = Project::new();
    several(&project);
    project.width = 60;

    let out = project.run(&["schedule", "list"]).out;

    assert!(fits(&out, 60), "{out}");
    assert!(out.contains("in 3 d"), "{out}");
}

#[test]
fn an_empty_list_says_where_it_looked() {
    let project = Project::new();

    let ran = project.run(&["schedule", "list"]);

    assert_eq!((ran.code, ran.out.as_str()), (0, ""));
    assert!(ran.err.starts_with("No schedules in sqlite at ROOT/.nuvom/nuvom.db"), "{}", ran.err);
    assert_eq!(project.json(&["schedule", "list", "--json"]), json!([]));
}

#[test]
fn inspect_lines_up_what_it_tells() {
    let project = Project::new();
    let now = project.clock.now();
    let mut made = schedule(&project, "report", now + HOUR);
    made.definition.starts_at = Some(now);
    made.definition.ends_at = Some(now + 3 * HOUR);
    made.definition.max_runs = NonZeroU64::new(9);
    made.definition.jitter = Duration::from_secs(30);
    made.definition.misfire = Misfire::Skip;
    made.definition.overlap = Overlap::Skip;
    made.definition.queue = queue("mail");
    (made.runs, made.skipped, made.last_tick) = (2, 1, Some(now));
    project.stores().schedules.commit(&[written(made)]).unwrap();

    let ran = project.run(&["schedule", "inspect", "report"]);

    assert_eq!(
        ran.out,
        "Schedule   report\n\
         Task       report\n\
         State      active\n\
         When       every 1 h\n\
         Starts     2026-01-01 00:00:00Z (0 s ago)\n\
         Ends       2026-01-01 03:00:00Z (in 3 h)\n\
         Jitter     each job starts up to 30 s later\n\
         Missed     none for missed ticks (skip)\n\
         Overlap    none while the last has not ended (skip)\n\
         Queue      mail, priority 5\n\
         From       a program\n\
         Runs       2 of 9, 1 skipped\n\
         Last       2026-01-01 00:00:00Z (0 s ago)\n\
         Arguments  ('ann')\n\
         Next       2026-01-01 01:00:00Z (in 1 h)\n           2026-01-01 02:00:00Z (in 2 h)\n           \
         2026-01-01 03:00:00Z (in 3 h)\n"
    );
    assert!(fits(&ran.out, 80));
}

#[test]
fn inspect_shows_a_rule_that_cannot_be_followed() {
    let project = Project::new();
    let mut made = schedule(&project, "report", project.clock.now() + HOUR);
    made.definition.rule = Rule::Cron { expression: "0 9 * * *".to_owned(), zone: "Mars/Olympus".to_owned() };
    project.stores().schedules.commit(&[written(made)]).unwrap();

    let ran = project.run(&["schedule", "inspect", "report"]);

    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.out.contains("0 9 * * * (Mars/Olympus)"), "{}", ran.out);
    assert!(ran.out.contains("there is no time zone"), "{}", ran.out);
}

#[test]
fn a_preview_shows_local_time_and_utc() {
    let project = Project::new();

    let ran = project.run(&["schedule", "preview", "0 9 * * MON", "--zone", "Europe/Berlin", "-n", "2"]);

    assert_eq!(
        ran.out,
        "LOCAL TIME                  UTC                   FROM NOW\n\
         2026-01-05 09:00:00 +01:00  2026-01-05 08:00:00Z  in 4 d\n\
         2026-01-12 09:00:00 +01:00  2026-01-12 08:00:00Z  in 11 d\n"
    );
}

#[test]
fn the_days_of_changed_clocks_fit_eighty_columns_and_say_why() {
    let project = Project::new();
    let asked = ["schedule", "preview", "30 2 * * *", "--zone", "Europe/Berlin", "--around-dst"];

    let ran = project.run(&asked);
    let told = project.json(&[&asked[..], &["--json"]].concat());

    assert!(fits(&ran.out, 80), "{}", ran.out);
    let headings: Vec<&str> = ran.out.lines().filter(|line| line.starts_with("Europe/Berlin")).collect();
    assert_eq!(
        headings,
        [
            "Europe/Berlin: clocks go back 1 h to 2025-10-26 02:00:00 +01:00",
            "Europe/Berlin: clocks go forward 1 h to 2026-03-29 03:00:00 +02:00",
            "Europe/Berlin: clocks go back 1 h to 2026-10-25 02:00:00 +01:00"
        ]
    );
    let of_spring: Vec<&str> =
        told[1]["ticks"].as_array().unwrap().iter().map(|tick| tick["local"].as_str().unwrap()).collect();
    assert_eq!(
        of_spring,
        ["2026-03-28 02:30:00 +01:00", "2026-03-29 03:00:00 +02:00", "2026-03-30 02:30:00 +02:00"]
    );
    assert_ne!(told[1]["ticks"][1]["note"], json!(""));
}

#[test]
fn a_trigger_names_the_job_it_made() {
    let project = Project::new();
    several(&project);

    let job = project.json(&["schedule", "trigger", "paused", "--json"])["job"].as_str().unwrap().to_owned();

    let shown = project.json(&["inspect", "job", &job, "--format", "json"]);
    assert_eq!((&shown["task"], &shown["state"]), (&json!("report"), &json!("PENDING")));
    assert_eq!(shown["schedule"], json!("paused"));
    assert_eq!(project.json(&["schedule", "inspect", "paused", "--json"])["last_job"], json!(null));
}

#[test]
fn sync_of_a_store_that_lives_in_one_process_is_refused() {
    let mut project = Project::new();
    project.set("NUVOM_QUEUE_BACKEND", "memory");

    let ran = project.run(&["schedule", "sync"]);

    assert_eq!((ran.code, ran.out.as_str()), (2, ""));
    assert!(ran.err.contains("Set NUVOM_QUEUE_BACKEND"), "{}", ran.err);
}

#[test]
fn sync_tells_what_was_and_what_would_be_done() {
    let project = Project::new();

    assert_eq!(project.run(&["schedule", "sync"]).out, "SCHEDULE     WAS\ntask/report  changed\n");
    assert_eq!(
        project.run(&["schedule", "sync", "--dry-run"]).out,
        "SCHEDULE     WOULD BE\ntask/report  added\n"
    );
}
