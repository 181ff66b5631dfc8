//! A scan that rests on the last one finds what a fresh one would.
#![allow(clippy::unwrap_used, reason = "helpers of tests fail by panicking, like the tests")]

mod project;

use std::fs;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use nuvom_discovery::{Scan, ScanOptions, scan};
use project::{Project, names, task};

fn cache_of(project: &Project) -> PathBuf {
    project.path(".nuvom/discovery.cache")
}

fn cached_scan(project: &Project) -> Scan {
    let options = ScanOptions { cache: Some(cache_of(project)), ..ScanOptions::default() };
    scan(project.root(), &options).unwrap()
}

/// Writes a file that was last changed so long ago that its time can be believed.
fn write_old(project: &Project, file: &str, text: &str) {
    project.write(file, text);
    let old = SystemTime::now() - Duration::from_mins(10);
    fs::File::options().write(true).open(project.path(file)).unwrap().set_modified(old).unwrap();
}

#[test]
fn a_second_scan_finds_the_same_and_writes_nothing() {
    let project = Project::new();
    write_old(&project, "app.py", "from nuvom import task\n");
    write_old(&project, "mail.py", "from app import task\n@task\ndef send(to): ...\n");
    write_old(&project, "broken.py", "from nuvom import (\n");
    write_old(&project, "other.py", "x = 1\n");
    let first = cached_scan(&project);
    let written = fs::metadata(cache_of(&project)).unwrap().modified().unwrap();

    let second = cached_scan(&project);

    assert_eq!(names(&first), ["send"]);
    assert_eq!(second, first);
    assert_eq!(second, project.scan());
    assert_eq!(fs::metadata(cache_of(&project)).unwrap().modified().unwrap(), written);
}

#[test]
fn unchanged_files_are_not_read_again() {
    let project = Project::new();
    write_old(&project, "mail.py", &task("send"));
    let stamp = fs::metadata(project.path("mail.py")).unwrap().modified().unwrap();
    cached_scan(&project);

    // Same length and same time: only its bytes would tell.
    project.write("mail.py", task("sent"));
    fs::File::options().write(true).open(project.path("mail.py")).unwrap().set_modified(stamp).unwrap();

    assert_eq!(names(&cached_scan(&project)), ["send"]);
}

#[test]
fn what_changed_came_and_went_is_seen() {
    let project = Project::new();
    write_old(&project, "a.py", &task("a"));
    write_old(&project, "b.py", &task("b"));
    cached_scan(&project);

    project.write("a.py", task("changed"));
    fs::remove_file(project.path("b.py")).unwrap();
    project.write("c.py", task("c"));
    let found = cached_scan(&project);

    assert_eq!(names(&found), ["changed", "c"]);
    assert_eq!(found, cached_scan(&project));
}

#[test]
fn a_module_that_begins_to_pass_the_decorator_on_changes_files_that_stayed() {
    let project = Project::new();
    write_old(&project, "other/app.py", "from nuvom import task\n");
    write_old(&project, "shop/app.py", "from celery import task\n");
    write_old(&project, "mail.py", "from shop.app import task\n@task\ndef send(): ...\n");
    assert_eq!(names(&cached_scan(&project)), [] as [&str; 0]);

    project.write("shop/app.py", "from nuvom import task\n");

    assert_eq!(names(&cached_scan(&project)), ["send"]);
}

#[test]
fn a_file_that_was_just_written_is_read_again_though_its_time_is_the_same() {
    let project = Project::with("mail.py", task("send"));
    let stamp = fs::metadata(project.path("mail.py")).unwrap().modified().unwrap();
    cached_scan(&project);

    project.write("mail.py", task("sent"));
    fs::File::options().write(true).open(project.path("mail.py")).unwrap().set_modified(stamp).unwrap();

    assert_eq!(names(&cached_scan(&project)), ["sent"]);
}

#[test]
fn a_damaged_cache_is_as_good_as_none() {
    let project = Project::new();
    write_old(&project, "mail.py", &task("send"));
    cached_scan(&project);
    let good = fs::read(cache_of(&project)).unwrap();

    for at in (0..good.len()).step_by(7) {
        let mut bad = good.clone();
        bad[at] ^= 0x55;
        fs::write(cache_of(&project), &bad).unwrap();
        assert_eq!(names(&cached_scan(&project)), ["send"]);
        fs::write(cache_of(&project), &good[..at]).unwrap();
        assert_eq!(names(&cached_scan(&project)), ["send"]);
    }
}

#[test]
fn a_cache_that_cannot_be_written_is_no_obstacle() {
    let project = Project::with("mail.py", task("send"));
    let options = ScanOptions { cache: Some(project.path("mail.py/cache")), ..ScanOptions::default() };

    assert_eq!(names(&scan(project.root(), &options).unwrap()), ["send"]);
}
