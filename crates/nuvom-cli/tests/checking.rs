//! `check`, and what `discover tasks` tells beside the manifest.
#![allow(clippy::unwrap_used, reason = "helpers of tests fail by panicking, like the tests")]

mod project;

use project::{Project, job};
use serde_json::{Value as Json, json};

const TASKS: &str = "from nuvom import task\n\n@task\ndef add(x: int, y: int = 2): ...\n";

/// A project with a task and a call of it that lacks an argument.
fn wrong() -> Project {
    let project = Project::new();
    project.write("shop/tasks.py", TASKS);
    project.write("views.py", "from shop.tasks import add\n\nadd.delay()\n");
    project
}

#[test]
fn findings_are_lines_on_stdout_and_exit_code_one() {
    let ran = wrong().run(&["check"]);

    assert_eq!(ran.code, 1);
    assert_eq!(
        ran.out,
        "views.py:3:1: NUV201 the argument `x` is missing; the task is `add(x: int, y: int = 2)`\n"
    );
    assert!(ran.err.starts_with("1 finding in 2 files, 1 task and 1 followed call."), "{}", ran.err);
}

#[test]
fn a_clean_project_is_exit_code_zero() {
    let project = Project::new();
    project.write("tasks.py", TASKS);

    let ran = project.run(&["check"]);

    assert_eq!((ran.code, ran.out.as_str()), (0, ""));
    assert!(ran.err.starts_with("Nothing is wrong in 1 file"), "{}", ran.err);
}

#[test]
fn findings_are_told_of_the_named_files_and_folders_alone() {
    let project = wrong();

    assert_eq!(project.run(&["check", "shop"]).code, 0);
    assert_eq!(project.run(&["check", "shop", "views.py"]).code, 1);
    assert_eq!(project.run(&["check", "."]).code, 1);
    let missing = project.run(&["check", "nothing.py"]);
    assert_eq!(missing.code, 1);
    assert!(missing.err.contains("there is no such file or folder"), "{}", missing.err);
    let outside = project.run(&["check", ".."]);
    assert_eq!(outside.code, 2);
    assert!(outside.err.contains("this is not inside the project"), "{}", outside.err);
}

#[test]
fn findings_are_json_for_programs() {
    for args in [&["check", "--json"][..], &["check", "--format", "json"]] {
        let ran = wrong().run(args);

        let report: Json = serde_json::from_str(&ran.out).unwrap();
        assert_eq!(ran.code, 1);
        assert_eq!((&report["files"], &report["tasks"], &report["calls"]), (&json!(2), &json!(1), &json!(1)));
        let finding = &report["findings"][0];
        assert_eq!(finding["code"], "NUV201");
        assert_eq!(finding["name"], "missing-argument");
        assert_eq!((&finding["line"], &finding["column"]), (&json!(3), &json!(1)));
        assert_eq!((&finding["end_line"], &finding["end_column"]), (&json!(3), &json!(12)));
    }
}

#[test]
fn findings_are_sarif_for_code_scanning() {
    let project = wrong();
    project.write("a b/ä.py", "from shop.tasks import add\nadd.delay(1, 2, 3)\n");

    let log: Json = serde_json::from_str(&project.run(&["check", "--format", "sarif"]).out).unwrap();

    let run = &log["runs"][0];
    assert_eq!(log["version"], "2.1.0");
    let rules: Vec<&str> = run["tool"]["driver"]["rules"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["id"].as_str().unwrap())
        .collect();
    assert_eq!(rules, ["NUV201", "NUV202"]);
    let place = |result: &Json| result["locations"][0]["physicalLocation"].clone();
    let (first, second) = (&run["results"][0], &run["results"][1]);
    assert_eq!(place(first)["artifactLocation"]["uri"], "a%20b/%C3%A4.py");
    assert_eq!((&first["ruleId"], &first["ruleIndex"]), (&json!("NUV202"), &json!(1)));
    let region = json!({"startLine": 3, "startColumn": 1, "endLine": 3, "endColumn": 12});
    assert_eq!(place(second)["region"], region);
}

#[test]
fn a_rule_is_explained_and_a_wrong_code_is_answered_with_the_nearest() {
    let project = Project::new();

    let page = project.run(&["check", "--explain", "nuv201"]);
    let wrong = project.run(&["check", "--explain", "NUV21"]);

    assert!(page.out.starts_with("# NUV201: missing-argument\n"), "{}", page.out);
    assert_eq!(wrong.code, 2);
    assert!(wrong.err.contains("Did you mean NUV201?"), "{}", wrong.err);
}

#[test]
fn check_writes_no_manifest() {
    let project = wrong();

    project.run(&["check"]);

    assert!(!project.root().join(".nuvom/manifest.json").exists());
}

#[test]
fn the_gate_holds_waiting_jobs_against_the_code() {
    let project = Project::new();
    project.write("tasks.py", TASKS);
    project.enqueue(job(&project, 1, "add", vec![1.into()]));
    assert_eq!(project.run(&["check", "--against-queue"]).code, 0);

    project.write("tasks.py", TASKS.replace("y: int = 2", "y: int").replace("x: int", "x: int, w: int"));
    project.enqueue(job(&project, 2, "gone", vec![]));
    let ran = project.run(&["check", "--against-queue"]);
    let report: Json =
        serde_json::from_str(&project.run(&["check", "--against-queue", "--json"]).out).unwrap();

    assert_eq!(ran.code, 1);
    assert!(ran.out.contains("NUV401") && ran.out.contains("NUV402"), "{}", ran.out);
    let codes: Vec<&str> =
        report["breaks"].as_array().unwrap().iter().map(|it| it["code"].as_str().unwrap()).collect();
    assert_eq!(codes, ["NUV402", "NUV402", "NUV401"]);
    assert_eq!(project.run(&["check", "--against-queue", "--format", "sarif"]).code, 2);
}

#[test]
fn a_stale_manifest_is_told_by_the_exit_code_and_left_as_it_is() {
    let project = Project::new();
    project.write("tasks.py", TASKS);
    let missing = project.run(&["discover", "tasks", "--check"]);
    assert!(!project.root().join(".nuvom/manifest.json").exists());
    project.run(&["discover", "tasks"]);
    let fresh = project.run(&["discover", "tasks", "--check"]);
    project.write("tasks.py", TASKS.replace("y: int = 2", "y: str"));

    let stale = project.run(&["discover", "tasks", "--check"]);

    assert_eq!((missing.code, fresh.code, stale.code), (1, 0, 1));
    assert!(stale.err.contains("add: (x: int, y: int = 2) is now (x: int, y: str)\n"), "{}", stale.err);
    assert_eq!(project.run(&["discover", "tasks", "--check"]).code, 1);
}

#[test]
fn a_change_that_no_call_feels_is_told_as_such() {
    let project = Project::new();
    project.write("tasks.py", TASKS);
    project.run(&["discover", "tasks"]);
    project.write("tasks.py", TASKS.replace("y: int = 2", "y: float = 3"));

    let ran = project.run(&["discover", "tasks"]);

    assert!(ran.err.contains("is now (x: int, y: float = 3) (calls stay as they are)"), "{}", ran.err);
}

#[test]
fn patterns_decide_what_is_read_and_explain_says_so() {
    let project = Project::new();
    project.write("build/made.py", TASKS);
    project.write("old.py", TASKS.replace("add", "old"));

    let usual = project.json(&["discover", "tasks", "--json"]);
    let chosen = project.json(&["discover", "tasks", "--include", "build/", "--exclude", "old.py", "--json"]);
    let explained = project.run(&["discover", "tasks", "--explain", "build/made.py"]);
    let included = project.run(&["discover", "tasks", "--include", "build/", "--explain", "build/made.py"]);

    assert_eq!((&usual["tasks"][0]["name"], &chosen["tasks"][0]["name"]), (&json!("old"), &json!("add")));
    assert_eq!((explained.code, included.code), (1, 0));
    assert!(explained.out.starts_with("build/made.py: out: its folder `build/`"), "{}", explained.out);
    assert!(included.out.contains("in: "), "{}", included.out);
}

#[test]
fn modules_are_named_from_the_roots_that_the_settings_name() {
    let mut project = Project::new();
    project.write("api/src/mail.py", TASKS);
    project.set("NUVOM_SOURCE_ROOTS", "api/src, libs");

    assert_eq!(project.json(&["discover", "tasks", "--json"])["tasks"][0]["module"], "mail");
}
