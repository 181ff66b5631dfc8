//! How commands look in each form: on a wide and on a narrow terminal, with colours, and in a pipe. The snapshots are
//! files beside this one; `SNAPSHOTS=write cargo test -p nuvom-cli --test forms` writes them anew, for a look at the
//! difference.
#![allow(clippy::unwrap_used, reason = "all of this is test code, where a panic is the report")]

mod project;

use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

use jiff::tz::TimeZone;
use nuvom_core::{Clock, JobError, Outcome, WorkerReport};
use nuvom_testkit::builders::{a_report, a_schedule, payload, queue, task, written};
use project::{Project, encoded, job, returned};
use rmpv::Value;

/// What each form asks for.
const FORMS: [(&str, usize, bool, bool); 5] = [
    ("wide", 160, true, false),
    ("narrow", 80, true, false),
    ("narrowest", 60, true, false),
    ("coloured", 80, true, true),
    ("piped", 80, false, false),
];

/// A shop at work: jobs in every state, a paused queue, schedules, workers.
fn shop() -> (Project, String, String) {
    let mut project = Project::new();
    project.zone = TimeZone::get("Europe/Berlin").unwrap();
    project.write(
        "tasks.py",
        "from nuvom import task\n\n\n@task(queue=\"mail\", retries=2, tags=[\"post\"])\n\
         def send(to: str, copies: int = 1) -> str:\n    \"\"\"Sends a letter.\"\"\"\n    return to\n\n\n\
         @task(timeout_secs=3600)\ndef yearly_report_of_all_departments(year: int, *, departments: list[str]) -> str:\n    \
         \"\"\"Writes the report that everybody waits for, with all its appendices and none of its errors.\"\"\"\n    return \"\"\n",
    );
    assert_eq!(project.run(&["discover", "tasks"]).code, 0);
    project.ended(job(&project, 1, "send", vec!["ann".into()]).queue("mail"), returned(&Value::from("ann")));
    project.ended(
        job(&project, 2, "yearly_report_of_all_departments", vec![2025.into()]),
        returned(&Value::from("報告書 🚀 ".repeat(12))),
    );
    let traceback = "Traceback (most recent call last):\n  File \"/usr/lib/python3.11/smtplib.py\", line 341, in connect\n    \
                     self.sock = self._get_socket(host, port)\n  File \"tasks.py\", line 7, in send\n    post(to)\n\
                     ConnectionRefusedError: [Errno 111] Connection refused\n";
    let error = JobError {
        kind: "ConnectionRefusedError".into(),
        message: "[Errno 111] Connection refused".into(),
        traceback: traceback.into(),
    };
    let failed = project.ended(
        job(&project, 3, "send", vec!["ben".into()]).queue("mail"),
        Outcome::Failed { error, retryable: false },
    );
    project.clock.advance(Duration::from_hours(30));
    project.enqueue(job(&project, 4, "yearly_report_of_all_departments", vec![2026.into()]));
    project.claim();
    for number in 5..10 {
        project.enqueue(job(&project, number, "send", vec!["cleo".into()]).queue("mail"));
    }
    let waiting = project.enqueue(job(&project, 10, "send", vec!["dora".into()]).queue("mail"));
    project.run(&["queue", "pause", "mail"]);
    for (id, runs) in [("nightly", 12_345), ("task/send", 7)] {
        let mut schedule = a_schedule(id, project.clock.now() + Duration::from_mins(40));
        schedule.definition.task = task("send");
        let call = Value::Array(vec![Value::Array(vec!["all".into()]), Value::Map(vec![])]);
        schedule.definition.payload = payload(&encoded(&call));
        schedule.runs = runs;
        assert!(project.stores().schedules.commit(&[written(schedule)]).is_ok());
    }
    let started_at = project.clock.now() - Duration::from_hours(50);
    let reports = [
        WorkerReport {
            busy: 1,
            started_at,
            queues: vec![queue("mail"), queue("default")],
            ..a_report("web-1-4711-c0ffee")
        },
        WorkerReport { stuck: 1, started_at, ..a_report("web-2-4712-c0ffee") },
    ];
    project.stores().roster.report(&reports).unwrap();
    project.clock.advance(Duration::from_secs(4));
    (project, failed.to_string(), waiting.to_string())
}

/// Compares a command in all its forms with its snapshot.
fn looks_as_recorded(name: &str, args: &[&str]) {
    let (mut project, failed, waiting) = shop();
    let args: Vec<&str> = args
        .iter()
        .map(|arg| {
            if *arg == "FAILED" {
                &*failed
            } else if *arg == "WAITING" {
                &*waiting
            } else {
                arg
            }
        })
        .collect();
    let mut told = format!("$ nuvom {}\n", args.join(" "));
    for (form, width, cuts, colour) in FORMS {
        (project.width, project.cuts, project.colour) = (width, cuts, colour);
        let ran = project.run(&args);
        write!(told, "\n--- {form}\n{}", ran.out.replace('\u{1b}', "\\e")).unwrap();
        if !ran.err.is_empty() {
            write!(told, "--- stderr\n{}", ran.err).unwrap();
        }
        writeln!(told, "--- exit code {}", ran.code).unwrap();
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/forms/{name}.txt"));
    if std::env::var_os("SNAPSHOTS").is_some_and(|wish| wish == "write") {
        std::fs::write(&path, &told).unwrap();
    }
    let recorded = std::fs::read_to_string(&path).unwrap_or_default();
    pretty(&told, &recorded, name);
}

/// Line by line, so that a failure shows the first that differs.
fn pretty(told: &str, recorded: &str, name: &str) {
    for (number, (told, recorded)) in told.lines().zip(recorded.lines()).enumerate() {
        assert_eq!(told, recorded, "line {} of {name}", number + 1);
    }
    assert_eq!(told.lines().count(), recorded.lines().count(), "the lines of {name}");
}

macro_rules! forms {
    ($($name:ident: $args:expr;)*) => {
        $(
            #[test]
            fn $name() {
                looks_as_recorded(stringify!($name), &$args);
            }
        )*
    };
}

forms! {
    history: ["history", "recent"];
    inspect: ["inspect", "job", "FAILED"];
    explain: ["explain", "WAITING"];
    status: ["status", "FAILED"];
    queues: ["queue", "list"];
    workers: ["list", "workers"];
    tasks: ["list", "tasks"];
    schedules: ["schedule", "list"];
    a_schedule_alone: ["schedule", "inspect", "nightly"];
    retry: ["retry", "jobs", "--queue", "mail"];
    doctor: ["doctor"];
    nothing_found: ["history", "recent", "--task", "snd", "--queue", "mial"];
}

#[test]
fn on_a_terminal_no_listing_is_wider_than_it() {
    let (mut project, failed, waiting) = shop();
    for width in [80, 100, 120, 200] {
        project.width = width;
        for call in [
            &["history", "recent"][..],
            &["queue", "list"],
            &["list", "workers"],
            &["list", "tasks"],
            &["schedule", "list"],
            &["explain", &waiting],
            &["doctor"],
            &["status", &failed],
        ] {
            let out = project.run(call).out;
            let widest = out.lines().map(unicode_width::UnicodeWidthStr::width).max();
            assert!(widest <= Some(width), "{call:?} at {width}:\n{out}");
        }
    }
}

#[test]
fn what_a_pipe_gets_is_whole_whatever_the_width() {
    let (mut project, _, _) = shop();
    project.cuts = false;
    let result = "報告書 🚀 ".repeat(12);
    for width in [40, 80, 200] {
        project.width = width;

        let history = project.run(&["history", "recent"]).out;
        let tasks = project.run(&["list", "tasks"]).out;

        assert!(!history.contains('…') && history.contains(&result), "{history}");
        assert!(tasks.contains("none of its errors."), "{tasks}");
    }
}
