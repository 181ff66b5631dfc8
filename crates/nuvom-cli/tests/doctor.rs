//! `doctor`: each thing that can be wrong, on a real project with a real store.
#![allow(clippy::unwrap_used, reason = "all of this is test code, where a panic is the report")]

mod project;

use std::time::Duration;

use nuvom_core::{JobError, JobId, Outcome};
use nuvom_testkit::builders::{final_failure, other_signature, unknown_task};
use project::{LEASE, Project, Ran, job};
use serde_json::Value as Json;

const TASKS: &str = "from nuvom import task\n\n\n@task\ndef send(to: str): ...\n";

/// A project in order: its source, and the manifest of it.
fn in_order() -> Project {
    let project = Project::new();
    project.write("tasks.py", TASKS);
    assert_eq!(project.run(&["discover", "tasks"]).code, 0);
    project
}

/// The hash of the signature that the manifest has for `send`.
fn signature(project: &Project) -> u64 {
    let hash = project.json(&["list", "tasks", "--json"])[0]["signature_hash"].as_str().unwrap().to_owned();
    u64::from_str_radix(&hash, 16).unwrap()
}

/// Lets the job that is due be claimed and given back like this.
fn given_back(project: &Project, outcome: Outcome) {
    let held = project.claim().held();
    let end = nuvom_core::End { id: held.id, lease: held.lease, outcome };
    project.stores().jobs.exchange(&[end], None).unwrap();
}

/// The answer for programs, whatever the exit code.
fn json(ran: &Ran) -> Json {
    serde_json::from_str(&ran.out).unwrap()
}

/// Verdict and finding of the one check of this name.
fn check(ran: &Ran, name: &str) -> (String, String) {
    let report = json(ran);
    let mut checks = report["checks"].as_array().unwrap().iter().filter(|check| check["name"] == name);
    let found = checks.next().unwrap_or_else(|| panic!("{name} in {report}"));
    assert!(checks.next().is_none(), "{report}");
    (found["status"].as_str().unwrap().to_owned(), found["found"].as_str().unwrap().to_owned())
}

fn fix(ran: &Ran, name: &str) -> String {
    let report = json(ran);
    let check = report["checks"].as_array().unwrap().iter().find(|check| check["name"] == name).unwrap();
    check["fix"].as_str().unwrap().to_owned()
}

fn doctor(project: &Project) -> Ran {
    let ran = project.run(&["doctor", "--json"]);
    let problems = json(&ran)["problems"].as_u64().unwrap();
    assert_eq!(ran.code, i32::from(problems > 0), "{ran:?}");
    ran
}

#[test]
fn a_project_in_order_has_nothing_wrong() {
    let project = in_order();

    let ran = project.run(&["doctor"]);

    assert_eq!(
        ran.out,
        "ok       settings  of the project at ROOT\n\
         ok       stores    sqlite at ROOT/.nuvom/nuvom.db\n\
         ok       manifest  as the source stands\n\
         ok       tasks     1 task in 1 file\n\
         ok       workers   0 jobs run, 0 due jobs wait\n\
         ok       leases    no job is held by a worker that has gone silent\n\
         ok       refused   no job waits that workers do not accept\n\
         ok       code      There are no jobs that could meet the code\n"
    );
    assert_eq!((ran.code, ran.err.as_str()), (0, "Nothing is wrong.\n"));
}

#[test]
fn programs_get_the_same_with_counts() {
    let project = in_order();
    project.enqueue(job(&project, 1, "send", vec!["ann".into()]));

    let report = json(&doctor(&project));

    assert_eq!((&report["problems"], &report["warnings"]), (&0.into(), &0.into()));
    assert_eq!(report["gate"]["jobs"], 1);
    assert_eq!((&report["refused"], &report["complete"]), (&Json::Array(vec![]), &true.into()));
}

#[test]
fn doctor_changes_nothing_of_the_manifest() {
    let project = Project::new();
    project.write("tasks.py", TASKS);

    let ran = doctor(&project);

    assert_eq!(check(&ran, "manifest"), ("problem".into(), check(&ran, "manifest").1));
    assert!(check(&ran, "manifest").1.starts_with("there is no manifest yet"), "{ran:?}");
    assert_eq!(fix(&ran, "manifest"), "Run `nuvom discover tasks`");
    assert!(!project.root().join(".nuvom/manifest.json").exists());
}

#[test]
fn wrong_settings_are_all_told_and_end_the_look() {
    let mut project = Project::new();
    project.set("NUVOM_LEASE_SECS", "ten");
    project.set("NUVOM_MAX_WORKERS", "none");

    let ran = project.run(&["doctor"]);

    assert_eq!(ran.code, 1);
    assert!(
        ran.out.starts_with("problem  settings  the settings cannot be used, for 2 reasons\n"),
        "{ran:?}"
    );
    assert!(ran.out.contains("- NUVOM_LEASE_SECS = \"ten\" (environment)"), "{ran:?}");
    assert!(!ran.out.contains("stores"), "{ran:?}");
    assert_eq!(ran.err, "1 problem.\n");
}

#[test]
fn a_warning_about_settings_is_a_warning() {
    let mut project = in_order();
    project.set("NUVOM_LEASE_SEC", "3");

    let ran = doctor(&project);

    assert_eq!(check(&ran, "settings").0, "warning");
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
}

#[test]
fn a_store_that_cannot_be_opened_does_not_hide_the_rest() {
    let project = in_order();
    project.write(".nuvom/nuvom.db", "This is a diary, and not a database. ".repeat(100));

    let ran = doctor(&project);

    assert_eq!(check(&ran, "stores").0, "problem");
    assert!(check(&ran, "stores").1.contains("this file is not an SQLite database"), "{ran:?}");
    assert_eq!(check(&ran, "tasks").0, "ok");
    assert!(!ran.out.contains("\"leases\""), "{ran:?}");
}

#[test]
fn a_store_of_one_process_is_no_problem_by_itself() {
    let mut project = in_order();
    project.set("NUVOM_QUEUE_BACKEND", "memory");

    let ran = doctor(&project);

    assert_eq!((ran.code, check(&ran, "stores").0.as_str()), (0, "warning"));
}

#[test]
fn a_manifest_that_lacks_a_task_is_a_problem_and_another_option_is_none() {
    let project = in_order();
    project.write("tasks.py", TASKS.replace("@task", "@task(retries=2)"));
    let other = doctor(&project);
    project.write("tasks.py", format!("{TASKS}\n\n@task\ndef report(): ...\n"));
    let new = doctor(&project);
    project.write("tasks.py", format!("# A line more.\n{TASKS}"));
    let moved = doctor(&project);

    assert_eq!(check(&other, "manifest").0, "warning");
    assert_eq!(
        check(&new, "manifest"),
        ("problem".into(), "the source has changed since: 1 added, 0 changed, 0 removed".into())
    );
    assert_eq!(json(&new)["checks"][2]["details"][0], "`report` is new");
    assert_eq!(check(&moved, "manifest").0, "ok");
}

#[test]
fn what_discovery_cannot_read_is_told() {
    let project = in_order();
    project.write("broken.py", "from nuvom import task\n\n@task\ndef broken(:\n");

    let ran = doctor(&project);

    assert_eq!(
        check(&ran, "tasks"),
        ("problem".into(), "1 task in 2 files, and 1 problem of discovery".into())
    );
    assert!(ran.out.contains("broken.py:4"), "{ran:?}");
}

#[test]
fn due_jobs_and_nobody_at_work_is_a_problem_after_a_minute() {
    let project = in_order();
    project.enqueue(job(&project, 1, "send", vec!["ann".into()]));
    project.clock.advance(Duration::from_mins(1));
    let patient = doctor(&project);
    project.clock.advance(Duration::from_mins(1));
    let late = doctor(&project);

    assert_eq!(check(&patient, "workers"), ("ok".into(), "0 jobs run, 1 due job waits".into()));
    assert_eq!(
        check(&late, "workers"),
        ("problem".into(), "no worker runs: 1 due job waits, for up to 2 min, and nothing runs".into())
    );
}

#[test]
fn a_queue_in_which_nothing_runs_is_worth_a_look() {
    let project = in_order();
    project.enqueue(job(&project, 1, "send", vec!["ann".into()]).queue("mail").priority(9));
    project.clock.advance(Duration::from_mins(2));
    project.enqueue(job(&project, 2, "send", vec!["ann".into()]).priority(0));
    project.claim();

    let ran = doctor(&project);

    assert_eq!(check(&ran, "workers").0, "warning");
    assert!(ran.out.contains("queue `mail`: the oldest job is due for 2 min"), "{ran:?}");
}

#[test]
fn jobs_that_wait_in_a_paused_queue_are_told_and_no_worker_is_missed_for_them() {
    let project = in_order();
    project.enqueue(job(&project, 1, "send", vec!["ann".into()]).queue("mail"));
    project.enqueue(job(&project, 2, "send", vec!["ann".into()]).queue("mail"));
    project.run(&["queue", "pause", "mail", "empty"]);
    project.clock.advance(Duration::from_mins(2));

    let ran = doctor(&project);

    assert_eq!(check(&ran, "workers"), ("ok".into(), "0 jobs run, 0 due jobs wait".into()));
    assert_eq!(check(&ran, "paused"), ("warning".into(), "2 jobs wait in a queue that is paused".into()));
    assert_eq!(fix(&ran, "paused"), "`nuvom queue resume mail` has workers take them again");
}

#[test]
fn jobs_of_the_silent_are_a_problem_once_every_reaper_is_late() {
    let project = in_order();
    let id = project.enqueue(job(&project, 1, "send", vec!["ann".into()]));
    project.claim();
    project.clock.advance(LEASE + Duration::from_secs(5));
    let soon = doctor(&project);
    project.clock.advance(Duration::from_mins(1));
    let late = doctor(&project);

    assert_eq!(check(&soon, "leases").0, "ok");
    assert_eq!(
        check(&late, "leases"),
        (
            "problem".into(),
            "1 job is held by workers that have gone silent; the first lease ended 1 min ago".into()
        )
    );
    assert!(late.out.contains(&id.to_string()));
}

#[test]
fn a_job_that_was_refused_once_may_meet_its_version_yet() {
    let project = in_order();
    project.enqueue(job(&project, 1, "new_task", vec![]));
    given_back(&project, unknown_task());

    let ran = doctor(&project);

    assert_eq!(
        check(&ran, "refused"),
        (
            "warning".into(),
            "1 job of `new_task` waits, refused by workers that do not know the task (UnknownTask), up to 1 time \
             in a row, last by w1; next tried in 5 s"
                .into()
        )
    );
    assert_eq!(json(&ran)["refused"][0]["workers"][0], "w1");
}

#[test]
fn jobs_that_are_refused_again_and_again_are_a_problem() {
    let project = in_order();
    let ids: Vec<JobId> =
        (1..=5).map(|number| project.enqueue(job(&project, number, "new_task", vec![]))).collect();
    for _ in 0..ids.len() {
        given_back(&project, unknown_task());
    }
    project.clock.advance(Duration::from_secs(5));
    given_back(&project, unknown_task());

    let ran = doctor(&project);

    let group = &json(&ran)["refused"][0];
    assert_eq!(check(&ran, "refused").0, "problem");
    assert_eq!((&group["task"], &group["kind"]), (&"new_task".into(), &"UnknownTask".into()));
    assert_eq!((&group["count"], &group["refusals"]), (&5.into(), &2.into()));
    assert_eq!(group["samples"].as_array().unwrap().len(), 3);
    assert!(fix(&ran, "refused").starts_with("The code as it stands does not take them either"), "{ran:?}");
    let shown = project.run(&["doctor"]).out;
    assert!(shown.contains("- and 2 more"), "{shown}");
    assert!(shown.lines().all(|line| line.chars().count() <= 80), "{shown}");
}

#[test]
fn what_the_code_here_takes_needs_a_worker_with_it() {
    let project = in_order();
    project.enqueue(job(&project, 1, "send", vec!["ann".into()]).signature(signature(&project)));
    given_back(&project, other_signature());

    let ran = doctor(&project);

    assert!(check(&ran, "refused").1.contains("have another signature (OtherSignature)"), "{ran:?}");
    assert!(fix(&ran, "refused").starts_with("The code as it stands takes them"), "{ran:?}");
    assert_eq!(check(&ran, "code").0, "ok");
}

#[test]
fn a_refusal_that_nobody_came_back_to_is_a_problem() {
    let project = in_order();
    project.enqueue(job(&project, 1, "send", vec!["ann".into()]));
    given_back(&project, other_signature());
    project.clock.advance(Duration::from_mins(3));

    let ran = doctor(&project);

    assert_eq!(check(&ran, "refused").0, "problem");
    assert!(check(&ran, "refused").1.ends_with("; due for 2 min"), "{ran:?}");
}

#[test]
fn an_exception_with_such_a_name_is_no_refusal() {
    let project = in_order();
    let error = JobError::new("UnknownTask", "raised by the task");
    let raises = job(&project, 1, "send", vec!["ann".into()]).retries(2);
    project.ended(raises, Outcome::Failed { error, retryable: true });

    assert_eq!(check(&doctor(&project), "refused").0, "ok");
}

#[test]
fn jobs_that_do_not_fit_the_code_are_told_in_short() {
    let project = in_order();
    project.enqueue(job(&project, 1, "send", vec![]));

    let ran = doctor(&project);

    assert_eq!(
        check(&ran, "code"),
        ("problem".into(), "1 of 1 job does not fit the code, for 1 reason".into())
    );
    assert!(fix(&ran, "code").starts_with("`nuvom check --against-queue`"), "{ran:?}");
    assert_eq!(json(&ran)["gate"]["breaks"][0]["code"], "NUV402");
}

#[test]
fn failed_jobs_that_do_not_fit_wait_for_nobody() {
    let project = in_order();
    project.ended(job(&project, 1, "send", vec![]), final_failure("no such user"));

    let ran = doctor(&project);

    assert_eq!((ran.code, check(&ran, "code").0.as_str()), (0, "warning"));
}

#[cfg(unix)]
#[test]
fn what_other_users_could_read_is_told() {
    use std::fs::{Permissions, set_permissions};
    use std::os::unix::fs::PermissionsExt;
    let project = in_order();
    set_permissions(project.root().join(".nuvom"), Permissions::from_mode(0o755)).unwrap();

    let (status, found) = check(&doctor(&project), "privacy");

    assert!(found.ends_with(".nuvom is open to other users: its mode is 0755"), "{found}");
    assert_eq!(status, "warning");
}

#[test]
fn programs_learn_the_versions_of_what_a_report_was_made_with() {
    let report = json(&doctor(&in_order()));

    assert_eq!(report["versions"], serde_json::json!({"nuvom": "1.2.3", "python": "3.14.0"}));
}
