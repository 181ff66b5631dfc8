//! Workers, as `list workers`, `doctor` and `explain` tell of them.
#![allow(clippy::unwrap_used, reason = "all of this is test code, where a panic is the report")]

mod project;

use std::time::Duration;

use nuvom_core::{Clock, JobId, WorkerReport};
use nuvom_testkit::builders::{a_report, queue};
use project::{Project, Ran, job};
use serde_json::{Value as Json, json};

/// A worker that started an hour ago.
fn up(project: &Project, name: &str) -> WorkerReport {
    WorkerReport { started_at: project.clock.now() - Duration::from_hours(1), ..a_report(name) }
}

fn say(project: &Project, reports: &[WorkerReport]) {
    project.stores().roster.report(reports).unwrap();
}

/// Three workers: one at work, one that stops, one that has gone silent.
fn three(project: &Project) {
    say(project, &[up(project, "beta-7-c0ffee")]);
    project.clock.advance(Duration::from_mins(5));
    let queues = vec![queue("mail"), queue("reports")];
    say(
        project,
        &[
            WorkerReport { busy: 2, queues, ..up(project, "alpha-8-c0ffee") },
            WorkerReport {
                is_stopping: true,
                stuck: 1,
                pool: "threads, event loop".into(),
                slots: 104,
                ..up(project, "alpha-9-c0ffee")
            },
        ],
    );
    project.clock.advance(Duration::from_secs(4));
}

#[test]
fn workers_are_listed_those_at_work_first() {
    let project = Project::new();
    three(&project);

    let ran = project.run(&["list", "workers"]);

    assert_eq!(
        ran.out,
        "WORKER          STATE     SERVES      BUSY            POOL        UP   SEEN\n\
         alpha-8-c0ffee  running   mail, rep…  2/4             threads     1 h  4 s ago\n\
         alpha-9-c0ffee  stopping  all         0/104, 1 stuck  threads, …  1 h  4 s ago\n\
         beta-7-c0ffee   silent    all         0/4             threads     1 h  5 min ago\n"
    );
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
}

#[test]
fn a_list_of_workers_fits_into_eighty_columns() {
    let project = Project::new();
    three(&project);

    let ran = project.run(&["list", "workers"]);

    assert!(ran.out.lines().all(|line| line.chars().count() <= 80), "{}", ran.out);
}

#[test]
fn workers_are_listed_for_programs() {
    let project = Project::new();
    say(&project, &[WorkerReport { busy: 1, queues: vec![queue("mail")], ..a_report("worker-1") }]);

    let listed = project.json(&["list", "workers", "--json"]);

    assert_eq!(
        listed,
        json!([{
            "name": "worker-1",
            "status": "running",
            "queues": ["mail"],
            "busy": 1,
            "slots": 4,
            "stuck": 0,
            "pool": "threads",
            "host": "alpha",
            "pid": 7,
            "version": "0.12.0",
            "started_at": "2026-01-01T00:00:00.000000Z",
            "seen_at": "2026-01-01T00:00:00.000000Z",
        }])
    );
}

#[test]
fn where_no_worker_runs_it_is_said_how_to_start_one() {
    let project = Project::new();

    let ran = project.run(&["list", "workers"]);

    assert_eq!((ran.code, ran.out.as_str()), (0, ""));
    assert_eq!(
        ran.err,
        "No worker runs in sqlite at ROOT/.nuvom/nuvom.db. Start one by `nuvom runworker`.\n"
    );
    assert_eq!(project.json(&["list", "workers", "--json"]), json!([]));
}

#[test]
fn a_hostile_worker_is_harmless_in_a_list() {
    let project = Project::new();
    let report = WorkerReport {
        pool: "\u{1b}[2J\nerror: forged".into(),
        host: "\u{1b}]0;title\u{7}\u{202e}".into(),
        ..a_report("\u{202e}gnp.exe\u{200b}")
    };
    say(&project, &[report]);
    project.clock.advance(Duration::from_mins(1));

    for args in [&["list", "workers"][..], &["list", "workers", "--json"], &["doctor"], &["doctor", "--json"]]
    {
        let ran = project.run(args);

        let hostile = |sign: char| (sign.is_control() && sign != '\n') || "\u{202e}\u{200b}".contains(sign);
        assert!(!ran.out.contains(hostile) && !ran.err.contains(hostile), "{ran:?}");
        assert!(!ran.out.lines().any(|line| line.starts_with("error: forged")), "{ran:?}");
    }
}

/// The check of this name, if there is one.
fn check(project: &Project, name: &str) -> Option<Json> {
    let Ran { out, .. } = project.run(&["doctor", "--json"]);
    let report: Json = serde_json::from_str(&out).unwrap();
    report["checks"].as_array().unwrap().iter().find(|check| check["name"] == name).cloned()
}

#[test]
fn the_doctor_tells_of_workers_that_have_gone_silent() {
    let project = Project::new();
    three(&project);

    let silent = check(&project, "silent").unwrap();

    assert_eq!(
        (&silent["status"], &silent["found"]),
        (&json!("warning"), &json!("1 worker has gone silent"))
    );
    assert_eq!(silent["details"], json!(["beta-7-c0ffee: process 7 on alpha, last heard of 5 min ago"]));
    assert!(check(&Project::new(), "silent").is_none());
}

#[test]
fn the_doctor_counts_those_at_work() {
    let project = Project::new();
    three(&project);

    let workers = check(&project, "workers").unwrap();

    assert_eq!(workers["found"], "1 worker, 0 jobs run, 0 due jobs wait");
}

#[test]
fn the_doctor_tells_whether_nobody_is_there_or_nobody_takes_anything() {
    let project = Project::new();
    project.enqueue(job(&project, 1, "add", vec![]));
    project.clock.advance(Duration::from_mins(2));
    let alone = check(&project, "workers").unwrap();
    say(&project, &[a_report("worker-1")]);
    let idle = check(&project, "workers").unwrap();

    let rest = "1 due job waits, for up to 2 min, and nothing runs";
    assert_eq!(alone["found"], format!("no worker runs: {rest}"));
    assert_eq!(alone["fix"], "Start one by `nuvom runworker`");
    assert_eq!(idle["found"], format!("1 worker, but none takes anything: {rest}"));
    assert!(idle["fix"].as_str().unwrap().contains("nuvom list workers"));
}

#[test]
fn the_doctor_names_queues_that_no_worker_serves() {
    let project = Project::new();
    project.enqueue(job(&project, 1, "add", vec![]).queue("mail").priority(9));
    project.clock.advance(Duration::from_mins(2));
    project.enqueue(job(&project, 2, "add", vec![]).priority(0));
    project.claim();
    say(&project, &[WorkerReport { queues: vec![queue("default")], ..a_report("worker-1") }]);

    let workers = check(&project, "workers").unwrap();

    let told = "queue `mail`: the oldest job is due for 2 min, and no worker serves it";
    assert_eq!(workers["details"], json!([told]));
}

fn explained(project: &Project, id: JobId) -> String {
    project.run(&["explain", &id.to_string()]).out.replace('\n', " ")
}

#[test]
fn a_due_job_is_explained_by_the_workers_that_serve_its_queue() {
    let project = Project::new();
    let id = project.enqueue(job(&project, 1, "add", vec![]).queue("mail"));
    say(&project, &[WorkerReport { queues: vec![queue("other")], ..a_report("worker-1") }]);

    let nobody = explained(&project, id);
    let busy = WorkerReport { queues: vec![queue("mail")], busy: 3, ..a_report("worker-2") };
    say(&project, &[busy, WorkerReport { busy: 1, ..a_report("worker-3") }]);
    let served = explained(&project, id);
    project.clock.advance(Duration::from_mins(1));
    let died = explained(&project, id);

    let alone = "No worker runs that serves this queue: start one by `nuvom runworker`.";
    assert!(nobody.contains(alone), "{nobody}");
    assert!(served.contains("2 workers serve this queue, and 4 of 8 slots are busy;"), "{served}");
    assert!(died.contains(alone), "{died}");
}
