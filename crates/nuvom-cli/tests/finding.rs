//! Finding jobs by what is known of them, explaining them, and changing many at once.
#![allow(clippy::unwrap_used, reason = "all of this is test code, where a panic is the report")]

mod project;

use std::time::Duration;

use nuvom_core::{Clock, JobError, JobId, Outcome, State};
use nuvom_testkit::builders::final_failure;
use project::{LEASE, Project, job, returned};
use serde_json::json;

/// Ids of which some begin alike: the first digits are the time, the last ones the number.
fn several(project: &Project, count: u8) -> Vec<JobId> {
    (1..=count).map(|number| project.enqueue(job(project, number, "add", vec![number.into()]))).collect()
}

fn state(project: &Project, id: JobId) -> Option<State> {
    project.stores().inspect.states(&[id]).unwrap()[0]
}

fn listed(project: &Project, filters: &[&str]) -> Vec<String> {
    let arguments: Vec<&str> = ["history", "recent", "--json"].iter().chain(filters).copied().collect();
    let found = project.json(&arguments);
    found.as_array().unwrap().iter().map(|job| job["id"].as_str().unwrap().to_owned()).collect()
}

fn texts(ids: &[JobId]) -> Vec<String> {
    ids.iter().map(ToString::to_string).collect()
}

#[test]
fn a_job_is_found_by_as_much_of_its_id_as_no_other_has() {
    let project = Project::new();
    let first = several(&project, 1)[0].to_string();

    for beginning in [&first[..], &first[..13], &first[..4], &first.replace('-', "").to_uppercase()[..20]] {
        assert_eq!(project.run(&["status", beginning]).out, "PENDING\n", "{beginning}");
    }
    assert_eq!(project.run(&["inspect", "job", &first[..8]]).code, 0);
    assert_eq!(project.run(&["cancel", "job", &first[..8]]).out, format!("{first}  cancelled\n"));
}

#[test]
fn a_beginning_that_several_jobs_share_or_none_has_is_told() {
    let project = Project::new();
    let ids = several(&project, 2);

    let several = project.run(&["status", &ids[0].to_string()[..13]]);
    let none = project.run(&["status", "ffff"]);

    assert_eq!(several.code, 2);
    assert!(
        several.err.contains(&ids[0].to_string()) && several.err.contains("type more"),
        "{}",
        several.err
    );
    assert_eq!(none.code, 1);
    assert!(none.err.contains("no job in sqlite at ROOT/.nuvom/nuvom.db"), "{}", none.err);
}

/// One failed with a tag in the queue `mail`, an hour later one that succeeded, then one that waits.
fn three(project: &Project) -> Vec<JobId> {
    let raised = Outcome::Failed {
        error: JobError {
            kind: "ValueError".into(),
            message: "no such User".into(),
            traceback: String::new(),
        },
        retryable: false,
    };
    let failed = job(project, 1, "send", vec!["ann".into()]).queue("mail");
    let failed = failed.options(|options| options.tags = vec!["urgent".into(), "eu".into()]);
    let mut ids = vec![project.ended(failed, raised)];
    project.clock.advance(Duration::from_hours(1));
    ids.push(project.ended(job(project, 2, "add", vec![5.into()]), returned(&12.into())));
    ids.push(project.enqueue(job(project, 3, "add", vec!["Bob".into()])));
    ids
}

#[test]
fn history_is_filtered_by_all_that_people_know() {
    let project = Project::new();
    let ids = texts(&three(&project));
    let newest_first: Vec<String> = ids.iter().rev().cloned().collect();

    assert_eq!(listed(&project, &[]), newest_first);
    assert_eq!(listed(&project, &["--queue", "mail"]), ids[..1]);
    assert_eq!(listed(&project, &["--tag", "eu", "--tag", "urgent"]), ids[..1]);
    assert!(listed(&project, &["--tag", "eu", "--tag", "us"]).is_empty());
    assert_eq!(listed(&project, &["--text", "bob"]), ids[2..]);
    assert_eq!(listed(&project, &["--text", "such user"]), ids[..1]);
    assert_eq!(listed(&project, &["--text", "ADD"]), newest_first[..2]);
    assert_eq!(listed(&project, &["--since", "30m"]), newest_first[..2]);
    assert_eq!(listed(&project, &["--until", "30m"]), ids[..1]);
    assert_eq!(listed(&project, &["--since", "2h", "--text", "a", "--limit", "1"]), ids[2..]);
    assert_eq!(listed(&project, &["--status", "success", "--task", "add"]), ids[1..2]);
}

#[test]
fn a_time_that_is_none_is_a_usage_error() {
    let ran = Project::new().run(&["history", "recent", "--since", "yesterday"]);

    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("2h"), "{}", ran.err);
}

#[test]
fn many_jobs_are_changed_only_after_they_were_counted_and_agreed_on() {
    let mut project = Project::new();
    let ids = several(&project, 3);

    let asked = project.run(&["cancel", "jobs", "--task", "add"]);
    assert_eq!((asked.code, asked.out.as_str()), (2, ""));
    assert_eq!(
        asked.err,
        "3 jobs in sqlite at ROOT/.nuvom/nuvom.db would be cancelled. Nothing was changed; --yes does it.\n"
    );
    project.answer = Some("n");
    assert_eq!(project.run(&["cancel", "jobs"]).code, 2);
    assert_eq!(state(&project, ids[0]), Some(State::Pending));

    project.answer = Some("y");
    let agreed = project.run(&["cancel", "jobs"]);
    assert_eq!((agreed.code, agreed.out.as_str()), (0, "3 jobs cancelled\n"));
    assert!(agreed.err.contains("Go on? [y/N]") && agreed.err.contains("3 of 3 jobs"), "{}", agreed.err);
    assert!(ids.iter().all(|id| state(&project, *id) == Some(State::Cancelled)));
}

#[test]
fn failed_jobs_are_run_again_by_the_same_filters_in_batches() {
    let project = Project::new();
    for number in 1..=3 {
        project.ended(job(&project, number, "send", vec![]), final_failure("no"));
    }
    let other = project.ended(job(&project, 4, "add", vec![]), final_failure("no"));

    let ran = project.run(&["retry", "jobs", "--task", "send", "--yes"]);

    assert_eq!((ran.code, ran.out.as_str(), ran.err.as_str()), (0, "3 jobs run again\n", ""));
    assert_eq!(state(&project, other), Some(State::Failed));
    assert!(project.run(&["retry", "jobs", "--task", "send", "--yes"]).err.starts_with("No such jobs in"));
}

/// How many jobs a command on many says that it would change.
fn meant(project: &Project, command: &str, filters: &[&str]) -> u32 {
    let arguments: Vec<&str> = [command, "jobs"].iter().chain(filters).copied().collect();
    let asked = project.run(&arguments);
    if asked.err.starts_with("No such jobs in") {
        return 0;
    }
    assert!(asked.err.ends_with("Nothing was changed; --yes does it.\n"), "{asked:?}");
    asked.err.split(' ').next().unwrap().parse().unwrap()
}

#[test]
fn many_jobs_are_meant_by_the_filters_of_the_history_alone_and_together_on_each_store() {
    let fits: [&[&str]; 7] = [
        &["--status", "failed"],
        &["--task", "send"],
        &["--queue", "mail"],
        &["--tag", "eu"],
        &["--text", "NO SUCH user"],
        &["--since", "2h"],
        &["--until", "30m"],
    ];
    let misses: [&[&str]; 7] = [
        &["--status", "cancelled"],
        &["--task", "add"],
        &["--queue", "default"],
        &["--tag", "us"],
        &["--text", "bob"],
        &["--since", "30m"],
        &["--until", "2h"],
    ];
    for backend in ["sqlite", "file"] {
        let mut project = Project::new();
        project.set("NUVOM_QUEUE_BACKEND", backend);
        three(&project);

        let retried = |filters: &[&str]| meant(&project, "retry", filters);
        assert_eq!(fits.map(retried), [1; 7], "{backend}");
        assert_eq!(retried(&fits.concat()), 1, "{backend}");
        for (place, miss) in misses.into_iter().enumerate() {
            let mut filters = fits;
            filters[place] = miss;
            assert_eq!(retried(&filters.concat()), 0, "{backend} {miss:?}");
        }
        let waits = ["--text", "bob", "--since", "30m", "--task", "add"];
        assert_eq!(meant(&project, "cancel", &waits), 1, "{backend}");
        assert_eq!(meant(&project, "cancel", &["--tag", "eu"]), 0, "{backend}");
    }
}

#[test]
fn none_of_many_jobs_is_left_out_where_those_between_are_not_meant() {
    let project = Project::new();
    let tagged = |number: u16| {
        let tags = if number.is_multiple_of(10) { vec![] } else { vec!["eu".into()] };
        let [high, low] = number.to_be_bytes();
        let id = JobId::from_time(project.clock.now(), [0, 0, 0, 0, 0, 0, 0, 0, high, low]);
        job(&project, 0, "add", vec![]).id(id).options(|options| options.tags = tags).into()
    };
    let jobs: Vec<_> = (0..900).map(tagged).collect();
    project.stores().jobs.enqueue(&jobs).unwrap();

    let ran = project.run(&["cancel", "jobs", "--tag", "eu", "--yes"]);

    assert_eq!(ran.out, "810 jobs cancelled\n");
    assert_eq!(listed(&project, &["--status", "pending", "--limit", "900"]).len(), 90);
}

#[test]
fn a_state_that_a_command_cannot_change_is_refused_and_nothing_is_changed() {
    let project = Project::new();
    three(&project);

    let retried = project.run(&["retry", "jobs", "--status", "failed,success", "--yes"]);
    let cancelled = project.run(&["cancel", "jobs", "--status", "failed", "--yes"]);

    assert_eq!((retried.code, retried.out.as_str()), (2, ""));
    assert_eq!(
        retried.err,
        "error: jobs that are SUCCESS cannot be run again. Only those that are FAILED or CANCELLED can.\n"
    );
    assert_eq!((cancelled.code, cancelled.out.as_str()), (2, ""));
    assert!(cancelled.err.contains("Only those that are PENDING or RUNNING can"), "{}", cancelled.err);
}

#[test]
fn a_queue_is_cleared_and_one_that_is_mistyped_is_not_taken_for_empty() {
    let project = Project::new();
    let mail = project.enqueue(job(&project, 1, "send", vec![]).queue("mail"));
    let other = project.enqueue(job(&project, 2, "add", vec![]));

    let mistyped = project.run(&["queue", "clear", "male", "--yes"]);
    assert_eq!(mistyped.code, 1);
    assert!(mistyped.err.contains("Did you mean mail?"), "{}", mistyped.err);
    assert_eq!(project.run(&["queue", "clear", "mail", "--yes"]).out, "1 job cancelled\n");

    assert_eq!(
        [state(&project, mail), state(&project, other)],
        [Some(State::Cancelled), Some(State::Pending)]
    );
}

#[test]
fn queues_are_listed_with_what_waits_and_runs() {
    let project = Project::new();
    project.enqueue(job(&project, 1, "send", vec![]).queue("mail"));
    project.clock.advance(Duration::from_mins(2));
    project.claim();
    several(&project, 2);
    project.clock.advance(Duration::from_mins(5));

    assert_eq!(
        project.run(&["queue", "list"]).out,
        "QUEUE    WAITING  RUNNING  OLDEST DUE  ENDED/MIN  PAUSED\n\
         default        2        0  5 min ago           0\n\
         mail           0        1                      0\n"
    );
    assert_eq!(project.json(&["queue", "list", "--json"])[1]["running"], json!(1));
}

#[test]
fn queues_are_listed_with_their_pace_and_whether_they_are_paused() {
    let project = Project::new();
    project.ended(job(&project, 1, "send", vec![]).queue("mail"), returned(&1.into()));
    project.ended(job(&project, 2, "send", vec![]).queue("mail"), final_failure("no such user"));
    project.run(&["queue", "pause", "mail", "later"]);

    assert_eq!(
        project.run(&["queue", "list"]).out,
        "QUEUE  WAITING  RUNNING  OLDEST DUE  ENDED/MIN  PAUSED\n\
         later        0        0                      0  yes\n\
         mail         0        0                      2  yes\n"
    );
    assert_eq!(
        project.json(&["queue", "list", "--json"])[1],
        json!({
            "queue": "mail", "pending": 0, "running": 0, "oldest": null,
            "paused": true, "made_per_minute": 2, "ended_per_minute": 2,
        })
    );
}

#[test]
fn a_store_that_has_no_quick_way_to_tell_the_pace_leaves_it_open() {
    let mut project = Project::new();
    project.set("NUVOM_QUEUE_BACKEND", "file");
    project.set("NUVOM_RESULT_BACKEND", "file");
    project.enqueue(job(&project, 1, "send", vec![]).queue("mail"));
    project.run(&["queue", "pause", "mail"]);

    let shown = project.run(&["queue", "list"]).out;
    assert_eq!(shown.lines().nth(1).unwrap(), "mail         1        0  0 s ago                yes");
    assert_eq!(project.json(&["queue", "list", "--json"])[0]["ended_per_minute"], json!(null));
}

#[test]
fn queues_are_paused_and_resumed_by_name() {
    let project = Project::new();
    let id = project.enqueue(job(&project, 1, "send", vec![]).queue("mail"));
    project.enqueue(job(&project, 2, "add", vec![]));

    let paused = project.run(&["queue", "pause", "mail", "default"]);
    assert_eq!(
        (paused.code, paused.out.as_str(), paused.err.as_str()),
        (0, "mail  paused\ndefault  paused\n", "")
    );
    assert_eq!(project.run(&["queue", "pause", "mail"]).out, "mail  was paused already\n");
    assert_eq!(project.run(&["queue", "resume", "mail"]).out, "mail  resumed\n");
    assert_eq!(project.claim().id, id);
    assert_eq!(
        project.json(&["queue", "resume", "mail", "default", "--json"]),
        json!([
            { "queue": "mail", "paused": false, "changed": false, "known": true },
            { "queue": "default", "paused": false, "changed": true, "known": true },
        ])
    );
}

#[test]
fn a_queue_that_has_had_no_jobs_is_paused_and_may_be_mistyped() {
    let project = Project::new();
    project.enqueue(job(&project, 1, "send", vec![]).queue("mail"));

    let mistyped = project.run(&["queue", "pause", "male"]);
    let later = project.run(&["queue", "pause", "night-shift"]);

    assert_eq!((mistyped.code, mistyped.out.as_str()), (0, "male  paused\n"));
    assert_eq!(mistyped.err, "Queue male has had no jobs yet; did you mean mail?\n");
    assert_eq!((later.code, later.err.as_str()), (0, "Queue night-shift has had no jobs yet\n"));
    let resumed = project.run(&["queue", "resume", "mial", "male"]);
    assert_eq!((resumed.code, resumed.out.as_str()), (1, "mial  was not paused\nmale  resumed\n"));
    assert!(resumed.err.contains("Did you mean mail?"), "{}", resumed.err);
}

fn explained(project: &Project, id: JobId) -> String {
    let ran = project.run(&["explain", &id.to_string()]);
    assert_eq!(ran.code, 0, "{ran:?}");
    ran.out.replace('\n', " ")
}

#[test]
fn a_job_is_explained_wherever_it_is() {
    let project = Project::new();
    let waits = project.enqueue(job(&project, 1, "add", vec![]));
    let later = project.enqueue(job(&project, 2, "add", vec![]).due_in(Duration::from_hours(3)));
    assert!(explained(&project, waits).contains("waits for a free slot"));
    assert!(explained(&project, later).starts_with("It is due in 3 h"));

    let runs = project.claim().id;
    assert!(explained(&project, runs).starts_with("It runs on w1 for 0 s, attempt 1 of 1."));
    project.clock.advance(LEASE * 2);
    assert!(explained(&project, runs).contains("gone silent"));

    let failed = project.ended(job(&project, 3, "send", vec![]), final_failure("no such user"));
    let told = explained(&project, failed);
    assert!(
        told.contains("failed for good") && told.contains("no such user") && told.contains("nuvom retry job"),
        "{told}"
    );
    let done = project.ended(job(&project, 4, "add", vec![]), returned(&1.into()));
    assert!(explained(&project, done).starts_with("It succeeded 0 s ago after 1 attempt"));
    project.stores().jobs.cancel(&[later]).unwrap();
    assert!(explained(&project, later).starts_with("It was cancelled"));
    assert_eq!(project.json(&["explain", "--json", &done.to_string()])["state"], json!("SUCCESS"));
}

#[test]
fn a_job_in_a_paused_queue_is_explained_with_what_would_move_it() {
    let project = Project::new();
    let waits = project.enqueue(job(&project, 1, "add", vec![]).queue("mail"));
    let later =
        project.enqueue(job(&project, 2, "add", vec![]).queue("mail").due_in(Duration::from_hours(3)));
    project.run(&["queue", "pause", "mail"]);

    for (id, due) in [(waits, "It has been due for 0 s, and"), (later, "It is due in 3 h, but")] {
        let told = explained(&project, id);
        assert!(told.starts_with(due), "{told}");
        assert!(
            told.contains("its queue mail is paused") && told.contains("`nuvom queue resume mail`"),
            "{told}"
        );
    }
}

#[test]
fn shells_are_taught_the_commands() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let ran = Project::new().run(&["completions", shell]);

        assert_eq!((ran.code, ran.err.as_str()), (0, ""));
        assert!(ran.out.contains("runworker") && ran.out.contains("nuvom"), "{shell}");
    }
}
