//! Every command, over a store full of hostile data, in each form that it has: wide, narrow and coloured.

mod project;

use nuvom_core::{Clock, JobError, Outcome};
use nuvom_testkit::builders::{a_report, a_schedule, queue, task, written};
use project::{Project, assert_harmless, job};
use unicode_width::UnicodeWidthStr;

/// Controls of terminals, forged lines, NUL, hidden and reordered text, signs that combine or are wide.
const TEXT: &str = "\u{1b}[2J\u{1b}]52;c;aGk=\u{7}\u{1b}]0;title\u{1b}\\\u{9b}31m\u{202e}gnp\u{2066}\0\r\n\
    error: forged\n\u{7f}\u{200b}\u{feff}[/red]e\u{301}日本";
/// The same for names, which core keeps free of control characters.
const NAME: &str = "\u{202e}gnp\u{2066}\u{200b}[/red]e\u{301}日本";

/// A line a call; `ID` stands for a job that failed. A command without a line here fails the first test.
const CALLS: &[&[&str]] = &[
    &["discover", "tasks"],
    &["check"],
    &["list", "tasks"],
    &["list", "workers"],
    &["list", "workers", "--json"],
    &["runworker", "--queues", NAME],
    &["runscheduler"],
    &["runtestworker", "run", "job.json"],
    &["runtestworker", "run", "job.json", "--json"],
    &["runtestworker", "run", "unknown.json"],
    &["runtestworker", "run", TEXT],
    &["schedule", "list"],
    &["schedule", "inspect", NAME],
    &["schedule", "preview", NAME],
    &["schedule", "pause", NAME],
    &["schedule", "resume", NAME],
    &["schedule", "trigger", NAME],
    &["schedule", "sync"],
    &["schedule", "cancel", NAME],
    &["inspect", "job", "ID"],
    &["inspect", "job", "ID", "-f", "json"],
    &["inspect", "job", "ID", "--json"],
    &["inspect", "job", "ID", "-f", "raw"],
    &["explain", "ID"],
    &["status", "ID"],
    &["history", "recent"],
    &["history", "recent", "--json"],
    &["history", "recent", "--text", TEXT],
    &["queue", "list"],
    &["queue", "list", "--json"],
    &["queue", "pause", NAME],
    &["queue", "resume", NAME],
    &["queue", "clear", NAME],
    &["cancel", "job", "ID"],
    &["cancel", "jobs", "--task", NAME],
    &["retry", "jobs", "--tag", TEXT],
    &["retry", "jobs", "--queue", NAME],
    &["retry", "job", "ID"],
    &["plugin", "list"],
    &["plugin", "status"],
    &["plugin", "inspect", TEXT],
    &["plugin", "test", TEXT],
    &["plugin", "scaffold", "monitoring", TEXT],
    &["backup", TEXT],
    &["backup", NAME],
    &["backup", "copy.db", "--json"],
    &["doctor"],
    &["doctor", "--json"],
    &["config"],
    &["config", "--json"],
    &["config", "check"],
    &["config", "check", "--json"],
    &["config", "get", TEXT],
    &["config", "get", "environment"],
    &["completions", "bash"],
    &["version"],
];

/// The calls that answer with a table; sentences are broken between words only, and other data must stay whole.
const LISTINGS: &[&[&str]] = &[
    &["discover", "tasks"],
    &["list", "tasks"],
    &["list", "workers"],
    &["schedule", "list"],
    &["history", "recent"],
    &["queue", "list"],
    &["config"],
];

/// What commands end with: done, could not be done, wrong usage or settings, jobs were handed back.
const EXIT_CODES: [i32; 4] = [0, 1, 2, 3];

/// The commands under this one that have none under them, as its help lists them.
fn leaves(project: &Project, path: &[String]) -> Vec<Vec<String>> {
    let args: Vec<&str> = path.iter().map(String::as_str).chain(["--help"]).collect();
    let help = project.run(&args).out;
    let listed = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    let names = listed.take_while(|line| !line.is_empty()).filter_map(|line| {
        let name = line.strip_prefix("  ").filter(|rest| !rest.starts_with(' '))?;
        name.split_whitespace().next().filter(|name| *name != "help")
    });
    let below: Vec<Vec<String>> =
        names.flat_map(|name| leaves(project, &[path, &[name.to_owned()]].concat())).collect();
    if below.is_empty() { vec![path.to_vec()] } else { below }
}

fn attacked() -> (Project, String) {
    let mut project = Project::new();
    let error = JobError { kind: TEXT.into(), message: TEXT.into(), traceback: TEXT.repeat(50) };
    let failed = job(&project, 1, NAME, vec![TEXT.into()])
        .queue(NAME)
        .options(|options| options.tags = vec![TEXT.to_owned()]);
    let id = project.ended(failed, Outcome::Failed { error, retryable: false });
    project.enqueue(job(&project, 2, NAME, vec![TEXT.into()]).queue(NAME));
    let mut schedule = a_schedule(NAME, project.clock.now());
    schedule.definition.task = task(NAME);
    schedule.definition.queue = queue(NAME);
    assert!(project.stores().schedules.commit(&[written(schedule)]).is_ok());
    assert!(project.stores().roster.report(&[a_report(NAME)]).is_ok());
    project.write(&format!("{NAME}.py").replace('/', ""), "from nuvom import task\n@task\ndef f(: ...\n");
    project.write("tasks.py", "from nuvom import task\n@task(tags=[\"\\x1b[2J\\u202e\"])\ndef f(): ...\n");
    project.set("NUVOM_ENVIRONMENT", NAME);
    project.set("NUVOM_SOURCE_ROOTS", &format!(".,{NAME}"));
    let described = |task: &str| serde_json::json!({ "task": task, "args": [TEXT] }).to_string();
    project.write("job.json", described("f"));
    project.write("unknown.json", described(TEXT));
    project.write(".nuvom_plugins.toml", "[plugins]\nmonitoring = [\"\\u001b[2J\\u202e:X\"]\n");
    (project, id.to_string())
}

#[test]
fn every_command_has_a_call_here() {
    let project = Project::new();
    let all = leaves(&project, &[]);

    assert!(all.len() > 20, "{all:?}");
    let is_called = |leaf: &Vec<String>| {
        CALLS.iter().any(|call| call.len() >= leaf.len() && leaf.iter().zip(*call).all(|(a, b)| a == b))
    };
    let missing: Vec<_> = all.iter().filter(|leaf| !is_called(leaf)).collect();
    assert!(missing.is_empty(), "add a line to CALLS for each of {missing:?}");
}

#[test]
fn hostile_data_is_harmless_in_every_command_and_form() {
    for (width, colour) in [(200, false), (80, false), (60, false), (80, true)] {
        let (mut project, id) = attacked();
        project.width = width;
        project.colour = colour;
        for call in CALLS {
            let args: Vec<&str> = call.iter().map(|arg| if *arg == "ID" { &*id } else { arg }).collect();

            let ran = project.run(&args);
            // Without colours not even our own escapes may be there.
            let ran = if colour { ran.without_our_styles() } else { ran };
            assert_harmless(&ran);
            assert!(EXIT_CODES.contains(&ran.code), "{call:?}: {ran:?}");
        }
    }
}

#[test]
fn no_listing_is_wider_than_a_narrow_terminal() {
    for width in [60, 80] {
        let (mut project, _) = attacked();
        project.width = width;
        for call in LISTINGS {
            let ran = project.run(call);

            assert!(!ran.out.is_empty(), "{ran:?}");
            let wider: Vec<&str> = ran.out.lines().filter(|line| line.width() > width).collect();
            assert!(wider.is_empty(), "{call:?} at {width}: {wider:#?}");
        }
    }
}

#[test]
fn colour_changes_no_text() {
    let (plain, id) = attacked();
    let (mut coloured, _) = attacked();
    coloured.colour = true;
    for call in
        [&["history", "recent"][..], &["queue", "list"], &["schedule", "list"], &["inspect", "job", &id]]
    {
        let (plain, coloured) = (plain.run(call), coloured.run(call));

        assert_ne!(plain.out, coloured.out, "{call:?}");
        assert_eq!(plain.out, coloured.without_our_styles().out, "{call:?}");
    }
}

#[cfg(unix)]
#[test]
fn arguments_that_are_no_text_are_refused() {
    use std::ffi::OsString;
    use std::os::unix::ffi::OsStringExt;

    let (project, _) = attacked();
    for call in CALLS {
        let broken = OsString::from_vec(b"caf\xe9\x1b[2J".to_vec());
        let args = call.iter().filter(|arg| **arg != "ID").map(OsString::from).chain([broken]);

        let ran = project.run_with(args.collect());

        assert_harmless(&ran);
        // A path may be no text, so some look for it first.
        assert!([1, 2].contains(&ran.code), "{call:?}: {ran:?}");
    }
}
