//! Workers are listed as they say of themselves, by every process alike, until they leave or nobody has heard of them
//! for long; whoever has died is silent, and not gone.

use std::time::Duration;

use nuvom_core::ports::{Listed, Roster};
use nuvom_core::{FORGOTTEN_AFTER, SILENT_AFTER_BEATS, WorkerReport, WorkerStatus};

use super::Harness;
use super::bench::{Bench, MANY, just_under};
use crate::builders::{a_report, queue, worker};

pub fn a_report_is_listed_whole(harness: &dyn Harness) {
    let Some(bench) = Bench::in_fake_time(harness, |can| can.roster) else { return };
    let mut report = a_report("worker-1");
    report.queues = vec![queue("mail"), queue("größe, 'x'")];
    (report.host, report.pool) = ("alpha".into(), "threads, event loop".into());
    (report.pid, report.slots, report.busy, report.stuck) = (u32::MAX, 104, 3, 2);
    report.is_stopping = true;
    report.beat = Duration::from_micros(1_500_001);

    say(&bench, std::slice::from_ref(&report));

    let Listed { now, workers } = list(&bench);
    assert_eq!((workers.len(), &workers[0].report), (1, &report));
    assert_eq!((workers[0].seen_at, now), (bench.now(), bench.now()));
}

pub fn nobody_is_listed_before_the_first_report(harness: &dyn Harness) {
    let Some(bench) = Bench::promising(harness, |can| can.roster) else { return };

    assert!(list(&bench).workers.is_empty());
}

pub fn a_later_report_replaces_the_one_before(harness: &dyn Harness) {
    let Some(bench) = Bench::in_fake_time(harness, |can| can.roster) else { return };
    say(&bench, &[WorkerReport { busy: 1, queues: vec![queue("mail")], ..a_report("worker-1") }]);
    bench.advance(Duration::from_secs(10));

    say(&bench, &[WorkerReport { busy: 4, ..a_report("worker-1") }]);

    let workers = list(&bench).workers;
    assert_eq!((workers.len(), workers[0].report.busy, workers[0].report.queues.len()), (1, 4, 0));
    assert_eq!(workers[0].seen_at, bench.now());
}

pub fn workers_are_listed_by_name(harness: &dyn Harness) {
    let Some(bench) = Bench::promising(harness, |can| can.roster) else { return };

    say(&bench, &["b", "c", "a"].map(a_report));

    assert_eq!(names(&bench), ["a", "b", "c"]);
}

pub fn whoever_leaves_is_not_listed_any_more(harness: &dyn Harness) {
    let Some(bench) = Bench::promising(harness, |can| can.roster) else { return };
    say(&bench, &["a", "b", "c"].map(a_report));

    bench.roster().leave(&[worker("a"), worker("c")]).unwrap();

    assert_eq!(names(&bench), ["b"]);
}

pub fn whoever_was_never_there_can_leave(harness: &dyn Harness) {
    let Some(bench) = Bench::promising(harness, |can| can.roster) else { return };
    say(&bench, &[a_report("a")]);

    bench.roster().leave(&[worker("b")]).unwrap();
    bench.roster().leave(&[]).unwrap();
    say(&bench, &[]);

    assert_eq!(names(&bench), ["a"]);
}

pub fn a_worker_without_a_sign_for_three_beats_is_silent_and_still_listed(harness: &dyn Harness) {
    let Some(bench) = Bench::in_fake_time(harness, |can| can.roster) else { return };
    let report = a_report("worker-1");
    say(&bench, std::slice::from_ref(&report));
    let silent_after = report.beat * SILENT_AFTER_BEATS;

    bench.advance(just_under(silent_after));
    let before = status(&list(&bench));
    bench.advance(Duration::from_micros(1));
    let after = status(&list(&bench));

    assert_eq!((before, after), (vec![WorkerStatus::Running], vec![WorkerStatus::Silent]));
}

pub fn a_silent_worker_that_reports_again_runs_again(harness: &dyn Harness) {
    let Some(bench) = Bench::in_fake_time(harness, |can| can.roster) else { return };
    say(&bench, &[a_report("worker-1")]);
    bench.advance(Duration::from_hours(1));

    say(&bench, &[a_report("worker-1")]);

    assert_eq!(status(&list(&bench)), [WorkerStatus::Running]);
}

pub fn whoever_was_not_heard_of_for_long_is_forgotten_at_a_report_of_another(harness: &dyn Harness) {
    let Some(bench) = Bench::in_fake_time(harness, |can| can.roster) else { return };
    say(&bench, &[a_report("old")]);
    bench.advance(Duration::from_micros(1));
    say(&bench, &[a_report("older by less")]);

    bench.advance(FORGOTTEN_AFTER);
    let before = names(&bench);
    say(&bench, &[a_report("new")]);

    assert_eq!(before, ["old", "older by less"]);
    assert_eq!(names(&bench), ["new", "older by less"]);
}

pub fn names_of_workers_are_data(harness: &dyn Harness) {
    let Some(bench) = Bench::promising(harness, |can| can.roster) else { return };
    let hostile =
        ["'; DROP TABLE workers; --", "../../etc/passwd", "A/b", "CON", "a/b", "\u{202e}x", "größe"];
    let mut long = a_report(&"€".repeat(200));
    long.host = "line\nbreak\u{1b}[31m".into();

    say(&bench, &hostile.map(a_report));
    say(&bench, std::slice::from_ref(&long));

    let listed = list(&bench).workers;
    let mut expected: Vec<&str> = hostile.into_iter().chain([long.worker.as_str()]).collect();
    expected.sort_unstable();
    let found: Vec<&str> = listed.iter().map(|listed| listed.report.worker.as_str()).collect();
    assert_eq!(found, expected);
    assert!(listed.iter().any(|listed| listed.report == long));
    bench.roster().leave(&hostile.map(worker)).unwrap();
    assert_eq!(names(&bench), [long.worker.as_str()]);
}

pub fn many_workers_are_listed(harness: &dyn Harness) {
    let Some(bench) = Bench::promising(harness, |can| can.roster) else { return };
    let reports: Vec<WorkerReport> = (0..MANY).map(|number| a_report(&format!("w{number:05}"))).collect();

    say(&bench, &reports);

    let listed = list(&bench).workers;
    assert!(listed.iter().map(|listed| &listed.report).eq(&reports));
}

pub fn two_processes_see_the_workers_of_each_other(harness: &dyn Harness) {
    let Some(here) = Bench::promising(harness, |can| can.roster && can.cross_process) else { return };
    let there = here.beside(harness);

    say(&here, &[a_report("here")]);
    say(&there, &[a_report("there")]);

    assert_eq!(names(&here), ["here", "there"]);
    assert_eq!(names(&there), ["here", "there"]);
    here.roster().leave(&[worker("there")]).unwrap();
    assert_eq!(names(&there), ["here"]);
}

pub fn a_report_changes_no_job(harness: &dyn Harness) {
    let Some(bench) = Bench::promising(harness, |can| can.roster && can.records) else { return };
    let running = bench.running(crate::builders::a_job("add"));

    say(&bench, &[a_report("worker-1")]);
    bench.roster().leave(&[worker("worker-1")]).unwrap();

    assert_eq!(bench.job(running.id), running);
}

fn say(bench: &Bench, reports: &[WorkerReport]) {
    bench.roster().report(reports).unwrap();
}

fn list(bench: &Bench) -> Listed {
    let roster: &dyn Roster = bench.roster();
    roster.list_workers().unwrap()
}

fn names(bench: &Bench) -> Vec<String> {
    list(bench).workers.iter().map(|listed| listed.report.worker.to_string()).collect()
}

fn status(listed: &Listed) -> Vec<WorkerStatus> {
    listed.workers.iter().map(|worker| worker.status(listed.now)).collect()
}
