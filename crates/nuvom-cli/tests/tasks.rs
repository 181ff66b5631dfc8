//! The commands about tasks: what discovery found, and what changed.

mod project;

use project::Project;
use serde_json::json;

const TASKS: &str = "from nuvom import task\n\n\
    @task(retries=2)\ndef add(x: int, y: int) -> int:\n    \"\"\"Adds.\"\"\"\n    return x + y\n\n\n\
    @task\ndef report(): ...\n";

#[test]
fn discover_writes_the_manifest_and_shows_what_is_new() {
    let project = Project::new();
    project.write("shop/tasks.py", TASKS);

    let ran = project.run(&["discover", "tasks"]);

    assert_eq!(
        ran.out,
        "   TASK    PLACE             SIGNATURE\n\
         +  add     shop/tasks.py:4   (x: int, y: int) -> int\n\
         +  report  shop/tasks.py:10  ()\n"
    );
    assert_eq!(
        ran.err,
        "2 tasks in 1 file: 2 added, 0 changed, 0 removed.\nManifest: ROOT/.nuvom/manifest.json\n"
    );
    assert_eq!(ran.code, 0);
    assert!(project.root().join(".nuvom/manifest.json").is_file());
}

#[test]
fn discover_marks_what_changed_and_what_is_gone() {
    let project = Project::new();
    project.write("tasks.py", TASKS);
    project.run(&["discover", "tasks"]);
    project.write("tasks.py", TASKS.replace("retries=2", "retries=3").replace("report", "summary"));

    let ran = project.run(&["discover", "tasks"]);

    assert_eq!(
        ran.out,
        "   TASK     PLACE        SIGNATURE\n\
         ~  add      tasks.py:4   (x: int, y: int) -> int\n\
         +  summary  tasks.py:10  ()\n\
         -  report   gone\n"
    );
    assert!(ran.err.starts_with("2 tasks in 1 file: 1 added, 1 changed, 1 removed."), "{}", ran.err);
}

#[test]
fn discover_again_changes_nothing() {
    let project = Project::new();
    project.write("tasks.py", TASKS);
    project.run(&["discover", "tasks"]);
    let before = std::fs::metadata(project.root().join(".nuvom/manifest.json")).unwrap().modified().unwrap();

    let ran = project.run(&["discover", "tasks"]);

    let after = std::fs::metadata(project.root().join(".nuvom/manifest.json")).unwrap().modified().unwrap();
    assert!(ran.err.starts_with("2 tasks in 1 file, as before."), "{}", ran.err);
    assert_eq!(before, after);
}

#[test]
fn discover_tells_of_a_file_that_is_no_python_and_finds_the_rest() {
    let project = Project::new();
    project.write("tasks.py", TASKS);
    project.write("broken.py", "from nuvom import task\n@task\ndef (:\n");

    let ran = project.run(&["discover", "tasks"]);

    assert_eq!(ran.code, 0);
    assert!(ran.err.contains("problem: broken.py:3:"), "{}", ran.err);
    assert!(ran.out.contains("add"));
}

#[test]
fn two_tasks_of_one_name_are_an_error() {
    let project = Project::new();
    project.write("a.py", TASKS);
    project.write("b.py", TASKS);

    let ran = project.run(&["discover", "tasks"]);

    assert_eq!(ran.code, 1);
    assert!(ran.err.contains("problem: b.py:4: the task name `add`"), "{}", ran.err);
}

#[test]
fn discover_for_programs_is_one_document() {
    let project = Project::new();
    project.write("tasks.py", TASKS);
    project.write("broken.py", "from nuvom import task\n@task\ndef (:\n");

    let found = project.json(&["discover", "tasks", "--json"]);

    assert_eq!(found["tasks"][0]["options"], json!({"retries": 2}));
    assert_eq!(found["changes"], json!({"added": ["add", "report"], "removed": [], "changed": []}));
    assert_eq!(found["problems"][0]["kind"], json!("syntax_error"));
    assert_eq!(found["files"], json!(2));
}

#[test]
fn another_folder_can_be_the_project() {
    let project = Project::new();
    project.write("other/tasks.py", TASKS);

    let ran = project.run(&["discover", "tasks", "--root", "other"]);

    assert!(ran.out.contains("add     tasks.py:4"), "{}", ran.out);
    assert!(project.root().join("other/.nuvom/manifest.json").is_file());
}

#[test]
fn a_folder_that_is_not_there_is_an_error() {
    let ran = Project::new().run(&["discover", "tasks", "--root", "nowhere"]);

    assert_eq!(ran.code, 1);
    assert!(ran.err.starts_with("error: cannot open the project folder (during discover"), "{}", ran.err);
}

#[test]
fn list_shows_the_manifest() {
    let project = Project::new();
    project.write("tasks.py", TASKS);
    project.run(&["discover", "tasks"]);

    let ran = project.run(&["list", "tasks"]);
    let listed = project.json(&["list", "tasks", "--json"]);

    assert_eq!(
        ran.out,
        "TASK    PLACE        SIGNATURE                OPTIONS    DOC\n\
         add     tasks.py:4   (x: int, y: int) -> int  retries=2  Adds.\n\
         report  tasks.py:10  ()\n"
    );
    assert_eq!(listed[1]["name"], json!("report"));
}

#[test]
fn list_fits_eighty_columns_whatever_the_names() {
    let project = Project::new();
    let long = format!(
        "from nuvom import task\n@task(name=\"{}\")\ndef f({}): ...\n",
        "n".repeat(150),
        "a".repeat(90)
    );
    project.write(&format!("{}.py", "module_".repeat(12)), long);
    project.run(&["discover", "tasks"]);

    let out = project.run(&["list", "tasks"]).out;

    assert!(out.lines().all(|line| line.chars().count() <= 80), "{out}");
    assert!(out.contains('…'));
}

#[test]
fn without_a_manifest_list_says_how_to_get_one() {
    let ran = Project::new().run(&["list", "tasks"]);

    assert_eq!((ran.code, ran.out.as_str()), (1, ""));
    assert!(ran.err.ends_with("Run `nuvom discover tasks`\n"), "{}", ran.err);
}

#[test]
fn a_cut_manifest_is_an_error_for_list_and_replaced_by_discover() {
    let project = Project::new();
    project.write("tasks.py", TASKS);
    project.write(".nuvom/manifest.json", "{\"version\": 1, \"tas");

    let listed = project.run(&["list", "tasks"]);
    let discovered = project.run(&["discover", "tasks"]);

    assert_eq!(listed.code, 1);
    assert!(listed.err.contains("the manifest is cut off or garbled"), "{}", listed.err);
    assert_eq!(discovered.code, 0);
    assert!(discovered.err.starts_with("warning: the manifest is cut off or garbled; it is replaced"));
    assert_eq!(project.run(&["list", "tasks"]).code, 0);
}

#[test]
fn a_manifest_of_another_version_is_named_as_such() {
    let project = Project::new();
    project.write(".nuvom/manifest.json", "{\"version\": 7, \"tasks\": []}");

    let ran = project.run(&["list", "tasks"]);

    assert_eq!(ran.code, 1);
    assert!(ran.err.contains("the manifest has the format version 7"), "{}", ran.err);
}
