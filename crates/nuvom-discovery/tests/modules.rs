//! Names that lead to Nuvom through other modules of the project.
#![allow(clippy::unwrap_used, reason = "helpers of tests fail by panicking, like the tests")]

mod project;

use nuvom_discovery::{ProblemKind, ScanOptions, scan};
use project::{Project, kinds, names, only_task};

fn project(files: &[(&str, &str)]) -> Project {
    let project = Project::new();
    for (file, text) in files {
        project.write(file, text);
    }
    project
}

/// The tasks of `shop/mail.py` beside `shop/app.py`, which passes the decorator on. Neither of the importing files need
/// mention Nuvom.
fn found_by(mail: &str) -> Vec<String> {
    let project = project(&[
        ("shop/__init__.py", ""),
        ("shop/app.py", "from nuvom import task\nimport nuvom as nv\nfast = task(queue='fast')\n"),
        ("shop/mail.py", mail),
    ]);
    let found = project.scan();
    assert_eq!(found.problems, []);
    names(&found).into_iter().map(str::to_owned).collect()
}

#[test]
fn a_decorator_is_followed_through_a_module_that_passes_it_on() {
    for import in [
        "from shop.app import task",
        "from .app import task",
        "from shop.app import task as job; task = job",
        "from shop import app; task = app.task",
        "from . import app; task = app.task",
        "import shop.app; task = shop.app.task",
        "import shop.app as base; task = base.nv.task",
        "from shop.app import nv; task = nv.task",
        "from shop.app import fast as task",
        "from shop.app import *",
        "from .app import *",
    ] {
        assert_eq!(found_by(&format!("{import}\n@task\ndef send(): ...\n")), ["send"], "{import}");
    }
}

#[test]
fn a_name_that_the_module_does_not_pass_on_is_not_nuvoms() {
    for import in ["from shop.app import job as task", "from shop import task", "from other.app import task"]
    {
        let empty: [&str; 0] = [];
        assert_eq!(found_by(&format!("{import}\n@task\ndef send(): ...\n")), empty, "{import}");
    }
}

#[test]
fn options_of_a_decorator_that_was_kept_elsewhere_are_found() {
    let project = project(&[
        ("app.py", "from nuvom import task\nfast = task(queue='fast', retries=2)\n"),
        ("mail.py", "from app import fast\n@fast\ndef send(): ...\n"),
    ]);

    assert_eq!(only_task(project.scan()).options["queue"], "fast");
}

#[test]
fn a_chain_of_modules_is_followed_to_its_end() {
    let project = project(&[
        ("a.py", "from nuvom import task\n"),
        ("b.py", "from a import task as job\n"),
        ("c/__init__.py", "from b import *\n"),
        ("c/d.py", "from . import job\n"),
        ("e.py", "import c.d\n@c.d.job\ndef send(): ...\n"),
    ]);

    assert_eq!(names(&project.scan()), ["send"]);
}

#[test]
fn modules_that_import_each_other_end_the_search() {
    let project = project(&[
        ("a.py", "from b import task\nfrom b import other\nimport nuvom\n"),
        ("b.py", "from a import task\nfrom nuvom import task as other\n"),
        ("c.py", "from a import task, other\n@task\ndef no(): ...\n@other\ndef yes(): ...\n"),
    ]);

    assert_eq!(names(&project.scan()), ["yes"]);
}

#[test]
fn a_star_brings_what_the_module_lists_or_all_but_private_names() {
    let project = project(&[
        ("listed.py", "from nuvom import task as job, task as other\n__all__ = ['job']\n"),
        ("private.py", "from nuvom import task as _job\n"),
        ("a.py", "from listed import *\n@job\ndef yes(): ...\n@other\ndef no(): ...\n"),
        ("b.py", "from private import *\n@_job\ndef never(): ...\n"),
    ]);

    assert_eq!(names(&project.scan()), ["yes"]);
}

#[test]
fn a_star_may_hide_a_name_that_was_nuvoms() {
    let project = project(&[
        ("mine.py", "def task(function): return function\n"),
        ("hidden.py", "from nuvom import task\nfrom mine import *\n@task\ndef no(): ...\n"),
        ("kept.py", "from mine import *\nfrom nuvom import task\n@task\ndef yes(): ...\n"),
    ]);

    assert_eq!(names(&project.scan()), ["yes"]);
}

#[test]
fn a_name_of_a_package_comes_before_a_module_in_it() {
    let project = project(&[
        ("shop/__init__.py", "from nuvom import task as app\n"),
        ("shop/app.py", "def task(f): ...\n"),
        ("mail.py", "from shop import app\n@app\ndef send(): ...\n"),
    ]);

    assert_eq!(names(&project.scan()), ["send"]);
}

#[test]
fn names_are_followed_from_the_given_roots() {
    let project = project(&[
        ("services/api/src/app.py", "from nuvom import task\n"),
        ("services/api/src/mail.py", "from app import task\n@task\ndef send(): ...\n"),
    ]);
    let options = ScanOptions { roots: vec!["services/api/src".into()], ..ScanOptions::default() };

    let found = scan(project.root(), &options).unwrap();

    assert_eq!(only_task(found).module, "mail");
}

#[test]
fn of_two_files_with_one_name_only_the_one_that_python_imports_has_tasks() {
    let task = |name| format!("from nuvom import task\n@task\ndef {name}(): ...\n");
    let project = Project::with("mail.py", task("first"));
    project.write("src/mail.py", task("second"));
    project.write("shop/__init__.py", task("third"));
    project.write("shop.py", task("fourth"));

    let found = project.scan();

    assert_eq!(names(&found), ["first", "third"]);
    assert_eq!(kinds(&found), [ProblemKind::BadModuleName; 2]);
    assert!(found.problems[1].message.contains("`import mail` reads mail.py"), "{}", found.problems[1]);
}

#[test]
fn a_function_sees_what_the_module_binds_further_down() {
    let project =
        Project::with("tasks.py", "def make():\n    @task\n    def inner(): ...\n\nfrom nuvom import task\n");

    assert_eq!(kinds(&project.scan()), [ProblemKind::NotATask]);
}

#[test]
fn a_name_of_a_function_is_its_own_from_its_first_line() {
    let project = Project::with(
        "tasks.py",
        "from nuvom import task\ndef make(factory):\n    @task\n    def inner(): ...\n    task = factory\n",
    );

    assert_eq!(kinds(&project.scan()), []);
}
