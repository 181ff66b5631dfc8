//! Data that attacks the terminal of whoever looks at it, through every command that shows data.

mod project;

use nuvom_core::{Clock, HandBack, JobError, Outcome, Rule};
use nuvom_testkit::builders::{a_schedule, payload, queue, task, written};
use project::{Project, assert_harmless, encoded, job, returned};
use rmpv::Value;

/// Colours, the clipboard, the title, eight-bit escapes, reordered text, new lines, hidden text, and the markup
/// of another program, which is not touched.
const CORPUS: &str = "\u{1b}[2J\u{1b}]52;c;aGk=\u{7}\u{1b}]0;title\u{1b}\\\u{9b}31m\u{202e}gnp.exe\u{2066}\r\n\
    error: forged\n\u{7f}\u{200b}\u{feff}[/red]";
/// The same for names, which hold no control characters since core refuses them.
const NAME: &str = "\u{202e}gnp.exe\u{2066}\u{200b}[/red]";

/// A job of which every text that a client, a task or a worker chooses is hostile.
fn attacked(project: &Project) -> String {
    let failed = job(project, 1, NAME, vec![CORPUS.into(), Value::Ext(12, CORPUS.into())])
        .queue(NAME)
        .options(|options| options.tags = vec![CORPUS.to_owned()]);
    let error =
        JobError { kind: CORPUS.to_owned(), message: CORPUS.to_owned(), traceback: CORPUS.to_owned() };
    let id = project.ended(failed, Outcome::Failed { error, retryable: false });
    project.ended(job(project, 2, NAME, vec![]), returned(&CORPUS.into()));
    assert_eq!(queue(NAME).as_str(), NAME);
    id.to_string()
}

#[test]
fn inspect_is_harmless() {
    let project = Project::new();
    let id = attacked(&project);

    let ran = project.run(&["inspect", "job", &id]);

    assert_harmless(&ran);
    assert!(ran.out.contains("\\x1b]52;c;aGk=\\x07"), "{}", ran.out);
    assert!(ran.out.contains("[/red]"), "{}", ran.out);
}

#[test]
fn inspect_for_programs_is_harmless_and_loses_nothing() {
    let project = Project::new();
    let id = attacked(&project);

    let ran = project.run(&["inspect", "job", &id, "-f", "json"]);

    assert_harmless(&ran);
    let shown: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(shown["arguments"]["args"][0], CORPUS);
    assert_eq!(shown["attempts"][0]["error"]["message"], CORPUS);
    assert_eq!(shown["task"], NAME);
    assert_harmless(&project.run(&["inspect", "job", &id, "-f", "raw"]));
}

#[test]
fn history_is_harmless_and_fits_its_width() {
    let mut project = Project::new();
    attacked(&project);

    let narrow = project.run(&["history", "recent"]);
    project.width = 300;
    let wide = project.run(&["history", "recent"]);

    assert_harmless(&narrow);
    assert_harmless(&wide);
    assert!(narrow.out.lines().all(|line| line.chars().count() <= 80), "{}", narrow.out);
    assert_eq!(wide.out.lines().count(), 3);
    assert_harmless(&project.run(&["history", "recent", "--json"]));
}

#[test]
fn an_empty_history_of_a_hostile_name_is_harmless() {
    assert_harmless(&Project::new().run(&["history", "recent", "--task", NAME]));
}

#[test]
fn arguments_that_are_refused_are_shown_harmless() {
    let project = Project::new();

    for args in [
        &["status", CORPUS][..],
        &["inspect", "job", CORPUS],
        &["retry", "job", CORPUS],
        &["cancel", "job", CORPUS],
        &["history", "recent", "--status", CORPUS],
        &["history", "recent", "--task", CORPUS],
        &["runworker", "--queues", CORPUS],
        &["runworker", "--workers", CORPUS],
        &["discover", "tasks", "--root", CORPUS],
        &["runscheduler", "--poll", CORPUS],
        &["schedule", "inspect", CORPUS],
        &["queue", "pause", CORPUS],
        &["queue", "resume", NAME],
        &["schedule", "pause", NAME],
        &["schedule", "resume", NAME],
        &["schedule", "cancel", NAME],
        &["schedule", "trigger", NAME],
        &["schedule", "preview", NAME],
        &["schedule", "preview", CORPUS],
        &["schedule", "preview", "* * * * *", "--zone", CORPUS],
        &["schedule", "preview", "* * * * *", "--count", CORPUS],
        &[CORPUS],
    ] {
        let ran = project.run(args);

        assert_ne!(ran.code, 0, "{args:?}");
        assert_harmless(&ran);
    }
}

#[test]
fn names_in_source_are_shown_harmless() {
    let project = Project::new();
    let source = "from nuvom import task\n@task(name=\"\\u202egnp\\x1b[2J\\u2066\", tags=[\"\\x1b]52;c;aGk=\\x07\"])\n\
        def f(a: \"\u{202e}x\u{2066}\" = 1):\n    \"\"\"\\x1b[2J\u{202e}doc\"\"\"\n";
    project.write("tasks.py", source);
    project.write("\u{202e}broken.py", "from nuvom import task\n@task\ndef (:\n");

    assert_harmless(&project.run(&["discover", "tasks"]));
    assert_harmless(&project.run(&["discover", "tasks", "--json"]));
    assert_harmless(&project.run(&["list", "tasks"]));
    assert_harmless(&project.run(&["list", "tasks", "--json"]));
}

#[test]
fn settings_are_shown_harmless() {
    let mut project = Project::new();
    project.set("NUVOM_SQLITE_PATH", NAME);
    project.set(NAME, "x");
    project.set(&format!("NUVOM_{CORPUS}"), "x");

    assert_harmless(&project.run(&["config"]));
    assert_harmless(&project.run(&["config", "--json"]));
    assert_harmless(&project.run(&["status", "01890a5d-ac96-774b-bcce-b302099a8057"]));
}

#[test]
fn bad_settings_are_shown_harmless() {
    let mut project = Project::new();
    project.set("NUVOM_LEASE_SECS", CORPUS);
    project.write("pyproject.toml", format!("[tool.nuvom]\n\"{NAME}\" = 1\n"));

    let ran = project.run(&["config"]);

    assert_eq!(ran.code, 2);
    assert_harmless(&ran);
}

#[test]
fn a_hostile_manifest_is_refused_harmless() {
    let project = Project::new();
    project.write(".nuvom/manifest.json", format!("{{\"version\": \"{}\"}}", "\\u001b[2J\\u202e"));

    assert_harmless(&project.run(&["list", "tasks"]));
}

#[test]
fn doctor_is_harmless_and_fits_its_width() {
    let project = Project::new();
    attacked(&project);
    let refused = job(&project, 3, NAME, vec![CORPUS.into()]).queue(NAME);
    project.ended(refused, Outcome::HandedBack { reason: HandBack::UnknownTask });
    project.enqueue(job(&project, 4, "send", vec![]).payload(CORPUS.as_bytes()).signature(7));
    assert_harmless(&project.run(&["queue", "pause", NAME]));
    assert_harmless(&project.run(&["queue", "list"]));
    project.write("tasks.py", "from nuvom import task\n\n@task\ndef send(x): ...\n");

    let ran = project.run(&["doctor"]);

    assert_harmless(&ran);
    assert_harmless(&project.run(&["doctor", "--json"]));
    assert!(ran.out.contains("\\u202egnp.exe"), "{}", ran.out);
    assert!(ran.out.lines().all(|line| line.chars().count() <= 80), "{}", ran.out);
}

#[test]
fn schedules_are_harmless_and_fit_their_width() {
    let project = Project::new();
    let now = project.clock.now();
    let call = Value::Array(vec![Value::Array(vec![CORPUS.into()]), Value::Map(vec![])]);
    let mut attack = a_schedule(NAME, now);
    attack.definition.task = task(NAME);
    attack.definition.queue = queue(NAME);
    attack.definition.payload = payload(&encoded(&call));
    // A store may hold what was never checked.
    let mut damaged = a_schedule("damaged", now);
    damaged.definition.rule = Rule::Cron { expression: CORPUS.to_owned(), zone: CORPUS.to_owned() };
    damaged.definition.payload = payload(CORPUS.as_bytes());
    project.stores().schedules.commit(&[written(attack), written(damaged)]).unwrap();

    for id in [NAME, "damaged"] {
        for args in [
            &["schedule", "list"][..],
            &["schedule", "list", "--json"],
            &["schedule", "inspect", id],
            &["schedule", "inspect", id, "--json"],
            &["schedule", "preview", id],
            &["schedule", "preview", id, "--json"],
            &["schedule", "preview", id, "--around-dst"],
            &["schedule", "pause", id],
            &["schedule", "pause", id, "--json"],
            &["schedule", "resume", id],
            &["schedule", "trigger", id],
            &["schedule", "cancel", id],
        ] {
            let ran = project.run(args);

            assert!(!ran.out.is_empty() || !ran.err.is_empty(), "{args:?}");
            assert_harmless(&ran);
        }
    }
}

#[test]
fn a_list_of_hostile_schedules_fits_its_width() {
    let project = Project::new();
    let mut attack = a_schedule(NAME, project.clock.now());
    attack.definition.rule = Rule::Cron { expression: CORPUS.to_owned(), zone: CORPUS.to_owned() };
    project.stores().schedules.commit(&[written(attack)]).unwrap();

    let ran = project.run(&["schedule", "list"]);

    assert_harmless(&ran);
    assert!(ran.out.contains("\\u202egnp"), "{}", ran.out);
    assert!(ran.out.lines().all(|line| line.chars().count() <= 80), "{}", ran.out);
}
