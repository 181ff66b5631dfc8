//! `runtestworker run`: what a file of a job is held against before the host runs it.

mod project;

use project::Project;
use serde_json::json;

/// A project whose manifest has the task `add`, known as `plus`, too.
fn with_a_task() -> Project {
    let project = Project::new();
    project.write(
        "tasks.py",
        "from nuvom import task\n@task(aliases=[\"plus\"])\ndef add(x: int, y: int) -> int: ...\n",
    );
    assert_eq!(project.run(&["discover", "tasks"]).code, 0);
    project
}

#[test]
fn a_test_worker_hands_the_job_of_a_file_to_the_host_with_a_store_of_its_own() {
    let mut project = with_a_task();
    project.set("NUVOM_QUEUE_BACKEND", "file");
    project.write("jobs/one.json", r#"{"func_name": "plus", "args": [5, 7]}"#);

    let ran = project.run(&["runtestworker", "run", "jobs/one.json"]);

    assert_eq!(ran.code, 1, "{ran:?}");
    let tried = project.host.tried.borrow();
    let tried = tried.as_ref().unwrap();
    assert_eq!((tried.task.as_str(), tried.settings.queue_backend()), ("plus", "memory"));
    assert_eq!(tried.settings.result_backend(), "memory");
    assert!(!project.root().join(".nuvom/files").exists());
}

#[test]
fn a_test_worker_reads_standard_input_and_answers_programs() {
    let mut project = with_a_task();
    project.input = r#"{"task": "add", "args": [5, 7]}"#.to_owned();

    let ran = project.run(&["runtestworker", "run", "-", "--json"]);

    assert_eq!((ran.code, ran.err.as_str()), (1, ""));
    let said: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(
        (&said["task"], &said["state"], &said["enqueued"]),
        (&json!("add"), &json!("FAILED"), &json!(1))
    );
    assert_eq!(said["attempts"][0]["error"]["message"], json!(project.input));
}

#[test]
fn a_test_worker_refuses_a_file_that_cannot_be_used_before_it_asks_the_host() {
    let mut project = with_a_task();
    project.set("NUVOM_MAX_ARGS_BYTES", "64");
    project.write("large.json", format!(r#"{{"task": "add", "args": ["{}"]}}"#, "x".repeat(64)));
    project.write("broken.json", "{\"task\": \"add\",\n\"args\": [5,, 7]}");
    project.write("other.json", r#"{"task": "ad"}"#);
    let cases = [
        ("none.json", "error: none.json cannot be read: No such file or directory"),
        (".", "error: . is a folder, expected a file of JSON"),
        ("large.json", "error: large.json is larger than 64 bytes, the limit of a job's arguments"),
        ("broken.json", "error: broken.json, line 2, column 12: this is not JSON: expected value"),
        ("other.json", "error: other.json: no task is named \"ad\". Did you mean add?"),
    ];

    for (file, told) in cases {
        let ran = project.run(&["runtestworker", "run", file]);

        assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{file}");
        assert!(ran.err.starts_with(told), "{}", ran.err);
    }
    assert!(project.host.tried.borrow().is_none());
}

#[test]
fn a_test_worker_without_a_manifest_says_how_to_make_one() {
    let project = Project::new();
    project.write("job.json", r#"{"task": "add"}"#);

    let ran = project.run(&["runtestworker", "run", "job.json"]);

    assert_eq!(ran.code, 1);
    assert!(ran.err.contains("nuvom discover tasks"), "{}", ran.err);
}
