//! The commands about jobs, against a real store with jobs in every state.
#![allow(clippy::unwrap_used, reason = "all of this is test code, where a panic is the report")]

mod project;

use std::sync::Arc;
use std::time::Duration;

use jiff::tz::TimeZone;
use nuvom_core::{HandBack, JobError, JobId, JobOptions, Outcome};
use nuvom_testkit::builders::{final_failure, lost, success_without_value};
use project::{LEASE, Project, extension, job, returned};
use rmpv::Value;
use serde_json::json;

/// A failure with a traceback of two lines.
fn raised() -> Outcome {
    Outcome::Failed {
        error: JobError {
            kind: "ValueError".into(),
            message: "no such user".into(),
            traceback: "Traceback (most recent call last):\n  File \"tasks.py\", line 3".into(),
        },
        retryable: true,
    }
}

/// One job in every state, oldest first, two seconds apart or more.
fn in_every_state(project: &Project) -> Vec<JobId> {
    let add = job(project, 1, "add", vec![5.into(), 7.into()]);
    let mut ids = vec![project.ended(add, returned(&12.into()))];
    ids.push(project.ended(job(project, 2, "mail.send", vec!["ann".into()]), raised()));
    let cancelled = project.enqueue(job(project, 3, "add", vec![]));
    project.stores().jobs.cancel(&[cancelled]).unwrap();
    ids.push(cancelled);
    project.clock.advance(Duration::from_secs(1));
    ids.push(project.enqueue(job(project, 4, "report", vec![])));
    project.claim();
    project.clock.advance(Duration::from_secs(1));
    ids.push(project.enqueue(job(project, 5, "report", vec![]).due_in(Duration::from_mins(10))));
    ids
}

fn text(id: &JobId) -> String {
    id.to_string()
}

#[test]
fn history_lists_jobs_newest_first_within_eighty_columns() {
    let project = Project::new();
    let ids = in_every_state(&project);

    let ran = project.run(&["history", "recent"]);

    assert_eq!(
        ran.out,
        format!(
            "ID                                    STATE      TASK       AGE      OUTCOME\n\
             {}  PENDING    report     0 s ago\n\
             {}  RUNNING    report     1 s ago\n\
             {}  CANCELLED  add        2 s ago\n\
             {}  FAILED     mail.send  4 s ago  ValueError…\n\
             {}  SUCCESS    add        6 s ago  12\n",
            ids[4], ids[3], ids[2], ids[1], ids[0]
        )
    );
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    assert!(ran.out.lines().all(|line| line.chars().count() <= 80));
}

#[test]
fn history_has_more_to_tell_where_there_is_room() {
    let mut project = Project::new();
    in_every_state(&project);
    project.width = 140;

    let out = project.run(&["history", "recent", "--status", "failed"]).out;

    assert!(out.contains("ValueError: no such user  2026-01-01 00:00:02Z  2 s"), "{out}");
}

#[test]
fn history_can_be_narrowed() {
    let project = Project::new();
    let ids = in_every_state(&project);

    let of_task = project.json(&["history", "recent", "--json", "--task", "report", "--task", "mail.send"]);
    let of_states = project.json(&["history", "recent", "--json", "--status", "success,CANCELLED"]);
    let newest = project.json(&["history", "recent", "--json", "--limit", "1"]);

    let listed = |found: &serde_json::Value| -> Vec<String> {
        found.as_array().unwrap().iter().map(|job| job["id"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(listed(&of_task), [&ids[4], &ids[3], &ids[1]].map(text));
    assert_eq!(listed(&of_states), [&ids[2], &ids[0]].map(text));
    assert_eq!(listed(&newest), [text(&ids[4])]);
}

#[test]
fn history_for_programs_carries_result_and_error() {
    let project = Project::new();
    in_every_state(&project);

    let jobs = project.json(&["history", "recent", "--json"]);

    assert_eq!(jobs[4]["result"], json!({"value": 12}));
    assert_eq!(jobs[4]["error"], json!(null));
    assert_eq!(jobs[3]["error"]["message"], json!("no such user"));
    assert_eq!(jobs[3]["created_at"], json!("2026-01-01T00:00:02.000000Z"));
}

#[test]
fn programs_are_told_for_which_signature_a_job_was_made() {
    let project = Project::new();
    let known = project.enqueue(job(&project, 1, "add", vec![]).signature(0xab));
    let unknown = project.enqueue(job(&project, 2, "add", vec![]));

    let inspected = [known, unknown]
        .map(|id| project.json(&["inspect", "job", &text(&id), "--format", "json"])["signature"].clone());
    let listed = project.json(&["history", "recent", "--json"]);

    assert_eq!(inspected, [json!("00000000000000ab"), json!(null)]);
    assert_eq!([&listed[1]["signature"], &listed[0]["signature"]], inspected.each_ref());
}

#[test]
fn an_empty_history_says_where_it_looked() {
    let project = Project::new();

    let ran = project.run(&["history", "recent"]);

    assert_eq!((ran.code, ran.out.as_str()), (0, ""));
    assert_eq!(ran.err, "No such jobs in sqlite at ROOT/.nuvom/nuvom.db.\n");
    assert_eq!(project.json(&["history", "recent", "--json"]), json!([]));
}

#[test]
fn status_is_one_word() {
    let project = Project::new();
    let ids = in_every_state(&project);

    let said: Vec<String> = ids.iter().map(|id| project.run(&["status", &text(id)]).out).collect();

    assert_eq!(said, ["SUCCESS\n", "FAILED\n", "CANCELLED\n", "RUNNING\n", "PENDING\n"]);
}

#[test]
fn inspect_shows_a_job_that_succeeded() {
    let project = Project::new();
    let id = project.ended(job(&project, 1, "add", vec![5.into(), 7.into()]), returned(&12.into()));
    project.clock.advance(Duration::from_secs(3));

    let ran = project.run(&["inspect", "job", &text(&id)]);

    assert_eq!(
        ran.out,
        format!(
            "Job        {id}\n\
             Task       add\n\
             State      SUCCESS\n\
             Queue      default, priority 5\n\
             Attempts   1 of 1 used\n\
             Created    2026-01-01 00:00:00Z (5 s ago)\n\
             Started    2026-01-01 00:00:00Z (5 s ago)\n\
             Ended      2026-01-01 00:00:02Z (3 s ago)\n\
             Took       2 s\n\
             Worker     w1\n\
             Arguments  (5, 7)\n\
             Result     12\n"
        )
    );
}

#[test]
fn people_read_times_as_their_clocks_show_them_and_programs_in_utc() {
    let mut project = Project::new();
    let id = project.ended(job(&project, 1, "add", vec![5.into(), 7.into()]), returned(&12.into()));
    project.zone = TimeZone::get("Asia/Kolkata").unwrap();
    project.width = 160;

    let (inspected, listed) =
        (project.run(&["inspect", "job", &text(&id)]), project.run(&["history", "recent"]));
    let record = project.json(&["inspect", "job", &text(&id), "-f", "json"]);

    assert!(inspected.out.contains("Ended      2026-01-01 05:30:02 +05:30 ("), "{}", inspected.out);
    assert!(listed.out.contains("2026-01-01 05:30:00 +05:30"), "{}", listed.out);
    assert_eq!(record["ended_at"], "2026-01-01T00:00:02.000000Z");
}

#[test]
fn a_time_that_is_said_without_a_zone_is_one_of_the_users_clocks() {
    let mut project = Project::new();
    project.enqueue(job(&project, 1, "add", vec![5.into(), 7.into()]));
    project.zone = TimeZone::get("Asia/Kolkata").unwrap();

    let found =
        |since| project.json(&["history", "recent", "--json", "--since", since]).as_array().unwrap().len();

    assert_eq!((found("2026-01-01 05:30"), found("2026-01-01 05:31"), found("2026-01-01 00:00Z")), (1, 0, 1));
}

#[test]
fn inspect_shows_why_a_job_is_tried_again() {
    let project = Project::new();
    let id = project.ended(job(&project, 1, "mail.send", vec!["ann".into()]).retries(2), raised());

    let ran = project.run(&["inspect", "job", &text(&id)]);

    assert_eq!(
        ran.out,
        format!(
            "Job        {id}\n\
             Task       mail.send\n\
             State      PENDING  retrying, due in 5 s\n\
             Queue      default, priority 5\n\
             Attempts   1 of 3 used\n\
             Created    2026-01-01 00:00:00Z (2 s ago)\n\
             Due        2026-01-01 00:00:07Z (in 5 s)\n\
             Started    2026-01-01 00:00:00Z (2 s ago)\n\
             Worker     w1\n\
             Arguments  ('ann')\n\
             \n\
             Attempt 1 failed 2026-01-01 00:00:02Z (0 s ago) on w1\n\
             \x20 ValueError: no such user\n\
             \x20 | Traceback (most recent call last):\n\
             \x20 |   File \"tasks.py\", line 3\n"
        )
    );
}

#[test]
fn inspect_counts_losses_and_hand_backs() {
    let project = Project::new();
    let id = project.ended(job(&project, 1, "add", vec![]), Outcome::HandedBack { reason: HandBack::Stop });
    let held = project.claim().held();
    let end = nuvom_core::End { id, lease: held.lease, outcome: lost() };
    project.stores().jobs.exchange(&[end], None).unwrap();

    let out = project.run(&["inspect", "job", &text(&id)]).out;

    assert!(out.contains("Attempts   0 of 1 used, 1 lost, 1 handed back"), "{out}");
}

#[test]
fn inspect_tells_what_a_running_job_waits_for() {
    let project = Project::new();
    let id = project.enqueue(job(&project, 1, "add", vec![]));
    project.claim();
    project.stores().jobs.cancel(&[id]).unwrap();

    let asked = project.run(&["inspect", "job", &text(&id)]).out;
    project.clock.advance(LEASE);
    let silent = project.run(&["inspect", "job", &text(&id)]).out;

    assert!(asked.contains("State      RUNNING  its worker was asked to end it"), "{asked}");
    assert!(silent.contains("State      RUNNING  its worker has gone silent"), "{silent}");
}

#[test]
fn inspect_tells_of_a_job_that_is_stuck() {
    let project = Project::new();
    let limit = JobOptions { timeout: Some(Duration::from_secs(3)), ..JobOptions::default() };
    let mut new = job(&project, 1, "add", vec![]).build();
    new.options = Arc::new(limit);
    let id = project.enqueue(new);
    project.claim();

    project.clock.advance(Duration::from_secs(12));
    let in_time = project.run(&["inspect", "job", &text(&id)]).out;
    project.clock.advance(Duration::from_secs(2));
    let stuck = project.run(&["inspect", "job", &text(&id)]).out;

    assert!(!in_time.contains("stuck"), "{in_time}");
    assert!(stuck.contains("State      RUNNING  stuck: past its time limit"), "{stuck}");
}

#[test]
fn inspect_for_programs_decodes_what_python_wrote() {
    let project = Project::new();
    let values = vec![
        extension(1, &Value::Array(vec![1.into(), Value::Nil])),
        Value::Ext(4, b"2026-01-01T00:00:00+01:00[Europe/Berlin]".to_vec()),
        Value::Ext(8, b"1.50".to_vec()),
        Value::Binary(vec![0, 255]),
    ];
    let id = project.ended(job(&project, 1, "add", values), returned(&Value::Nil));

    let shown = project.json(&["inspect", "job", &text(&id), "-f", "json"]);
    let said = project.run(&["inspect", "job", &text(&id)]).out;

    let args = json!([[1, null], "2026-01-01T00:00:00+01:00[Europe/Berlin]", "1.50", "00ff"]);
    assert_eq!(shown["arguments"], json!({"args": args, "kwargs": {}}));
    assert_eq!(shown["result"], json!({"value": null}));
    assert_eq!(shown["attempts"], json!([]));
    assert_eq!(shown["options"]["timeout_secs"], json!(300.0));
    let call =
        "((1, None), datetime('2026-01-01T00:00:00+01:00[Europe/Berlin]'), Decimal('1.50'), b'\\x00\\xff')";
    assert!(said.contains(call), "{said}");
}

#[test]
fn inspect_raw_has_the_stored_bytes() {
    let project = Project::new();
    let id = project.ended(job(&project, 1, "add", vec![5.into()]), returned(&12.into()));

    let shown = project.json(&["inspect", "job", &text(&id), "-f", "raw"]);

    assert_eq!(shown["arguments_hex"], json!("0192910580"));
    assert_eq!(shown["result_hex"], json!("010c"));
}

#[test]
fn a_payload_that_cannot_be_decoded_is_shown_as_such() {
    let project = Project::new();
    let broken = job(&project, 1, "add", vec![]).payload(b"\x01\x92");
    let result = Outcome::Succeeded { result: Some(b"\x02rest"[..].into()) };
    let id = project.ended(broken, result);

    let said = project.run(&["inspect", "job", &text(&id)]);
    let shown = project.json(&["inspect", "job", &text(&id), "-f", "json"]);
    let listed = project.run(&["history", "recent"]);

    assert!(said.out.contains("Arguments  <undecodable: cut off, 2 bytes>"), "{}", said.out);
    assert!(
        said.out.contains("<undecodable: format 2, and this Nuvom knows format 1, 5 bytes>"),
        "{}",
        said.out
    );
    assert_eq!(shown["arguments"], json!({"undecodable": "cut off", "bytes": 2}));
    assert_eq!((said.code, listed.code), (0, 0));
}

#[test]
fn a_success_without_a_kept_value_is_not_shown_as_none() {
    let project = Project::new();
    let id = project.ended(job(&project, 1, "add", vec![]), success_without_value());

    let said = project.run(&["inspect", "job", &text(&id)]).out;
    let shown = project.json(&["inspect", "job", &text(&id), "-f", "json"]);

    assert!(said.contains("Result     not kept"), "{said}");
    assert_eq!(shown["result"], json!(null));
}

#[test]
fn results_with_a_store_of_their_own_are_found() {
    let mut project = Project::new();
    project.set("NUVOM_SQLITE_RESULT_PATH", "results.db");
    let id = project.ended(job(&project, 1, "add", vec![]), success_without_value());
    let lease = project.stores().inspect.jobs(&[id]).unwrap()[0].as_ref().unwrap().lease;
    let value = project::encoded(&12.into()).into();
    project.stores().results.put(&[nuvom_core::ports::StoredResult::of_value(id, lease, value)]).unwrap();

    assert!(project.run(&["inspect", "job", &text(&id)]).out.contains("Result     12"));
}

#[test]
fn retry_lets_jobs_that_ended_badly_wait_again() {
    let project = Project::new();
    let failed = project.ended(job(&project, 1, "add", vec![]), final_failure("no"));

    let ran = project.run(&["retry", "job", &text(&failed)]);

    assert_eq!((ran.code, ran.out), (0, format!("{failed}  waits to run again\n")));
    assert_eq!(project.run(&["status", &text(&failed)]).out, "PENDING\n");
}

#[test]
fn retry_refuses_others_and_says_why() {
    let project = Project::new();
    let ids = in_every_state(&project);
    let unknown = "01890a5d-ac96-774b-bcce-b302099a8057";

    let ran = project.run(&["retry", "job", &text(&ids[0]), unknown, &text(&ids[1])]);

    assert_eq!(ran.code, 1);
    assert_eq!(ran.out, format!("{}  waits to run again\n", ids[1]));
    assert!(ran.err.contains(&format!("job {} is SUCCESS; only one that failed", ids[0])), "{}", ran.err);
    assert!(ran.err.contains(&format!("there is no job {unknown} in sqlite at ROOT")), "{}", ran.err);
}

#[test]
fn cancel_says_what_came_of_each() {
    let project = Project::new();
    let ids = in_every_state(&project);

    let ran = project.run(&["cancel", "job", &text(&ids[4]), &text(&ids[3]), &text(&ids[0])]);

    assert_eq!(ran.code, 1);
    assert_eq!(ran.out, format!("{}  cancelled\n{}  runs; its worker was asked to end it\n", ids[4], ids[3]));
    assert_eq!(ran.err, format!("error: job {} had already ended: SUCCESS\n", ids[0]));
}

#[test]
fn colours_appear_only_when_they_are_wanted() {
    let mut project = Project::new();
    let ids = in_every_state(&project);
    let plain = project.run(&["status", &text(&ids[1])]).out;
    project.colour = true;

    let coloured = project.run(&["status", &text(&ids[1])]).out;

    assert_eq!(plain, "FAILED\n");
    assert_eq!(coloured, "\u{1b}[31mFAILED\u{1b}[0m\n");
}

/// A job that was given secrets and returned one.
fn with_secrets(project: &Project) -> JobId {
    let login = Value::Map(vec![("user".into(), "ann".into()), ("password".into(), "hunter2".into())]);
    let keywords = Value::Map(vec![("api_key".into(), "hunter2".into()), ("retries".into(), 3.into())]);
    let call = Value::Array(vec![Value::Array(vec![login.clone()]), keywords]);
    let job = job(project, 1, "sign_in", vec![]).payload(&project::encoded(&call));
    project.ended(job, returned(&Value::Array(vec![login])))
}

#[test]
fn what_names_say_is_secret_is_hidden_from_those_who_look_at_jobs() {
    let project = Project::new();
    let id = text(&with_secrets(&project));

    let shown = project.run(&["inspect", "job", &id]).out;
    let told = [
        shown.clone(),
        project.run(&["inspect", "job", &id, "-f", "json"]).out,
        project.run(&["history", "recent"]).out,
        project.run(&["history", "recent", "--json"]).out,
        project.run(&["status", &id]).out,
    ];

    assert_eq!(told.map(|out| out.contains("hunter2")), [false; 5]);
    assert!(
        shown.contains("({'user': 'ann', 'password': <hidden>}, api_key=<hidden>, retries=3)"),
        "{shown}"
    );
    assert!(shown.contains("[{'user': 'ann', 'password': <hidden>}]"), "{shown}");
}

#[test]
fn secrets_cannot_be_searched_for_either() {
    let project = Project::new();
    with_secrets(&project);

    let found = |text: &str| project.run(&["history", "recent", "--json", "--text", text]).out;

    assert!(!found("hunter").contains("sign_in"));
    assert!(found("api_key").contains("sign_in"));
}

#[test]
fn secrets_are_shown_to_who_asks_for_them() {
    let project = Project::new();
    let id = text(&with_secrets(&project));

    let table = project.run(&["inspect", "job", &id, "--show-secrets"]).out;
    let json = project.run(&["inspect", "job", &id, "--show-secrets", "-f", "json"]).out;

    assert_eq!([table.matches("hunter2").count(), json.matches("hunter2").count()], [3, 3]);
}
